"""A lock's parts, and how what the engine decides gets to them."""

import asyncio
import logging
from collections.abc import Callable, Coroutine, Mapping
from dataclasses import dataclass
from typing import Any, cast

from .engine.effects import (
    BeginEnrolment,
    DeleteTemplates,
    DriveBolt,
    Effect,
    EndEnrolment,
    Hush,
    Light,
    Look,
    PhoneTold,
    Radio,
    Say,
    Screen,
    Sound,
    StopBolt,
    TrustModule,
)
from .engine.inputs import EnrolFailed, Input, MotorOutcome, MotorStopped, PartFault, SpeechEnded
from .hardware.absent import PARTS
from .hardware.ports import (
    Bolt,
    CardReader,
    Contacts,
    FaceReader,
    Inside,
    Keypad,
    Port,
    PortBusy,
    Power,
    Radios,
    Reading,
    Sounder,
    TemplateReader,
    Trusting,
)
from .hardware.trouble import advice
from .wire.words import CredentialType, Part, Trouble

_LOG = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Ports:
    """A lock's parts."""

    keypad: Keypad
    sounder: Sounder
    bolt: Bolt
    contacts: Contacts
    power: Power
    fingerprint: TemplateReader | None = None
    card: CardReader | None = None
    face: FaceReader | None = None
    palm_vein: TemplateReader | None = None
    radios: Radios | None = None
    inside: Inside | None = None

    def named(self) -> Mapping[str, Port]:
        """Every part that is there, by its port."""
        parts: Mapping[str, Port | None] = {
            "bolt": self.bolt,
            "contacts": self.contacts,
            "power": self.power,
            "keypad": self.keypad,
            "sounder": self.sounder,
            "fingerprint": self.fingerprint,
            "card": self.card,
            "face": self.face,
            "palm_vein": self.palm_vein,
            "radios": self.radios,
            "inside": self.inside,
        }
        return {name: part for name, part in parts.items() if part is not None}

    def all(self) -> tuple[Port, ...]:
        """Every part."""
        return tuple(self.named().values())

    def reader(self, kind: CredentialType) -> TemplateReader | None:
        """Who finds and learns templates of a kind."""
        match kind:
            case CredentialType.FINGERPRINT:
                return self.fingerprint
            case CredentialType.FACE:
                return self.face
            case CredentialType.PALM_VEIN:
                return self.palm_vein
            case _:
                return None


class PartControl:
    """Starts, tells and stops a lock's parts. A driver's defect takes no other part along."""

    def __init__(self, lock_id: str, ports: Ports, put: Callable[[Input], None]) -> None:
        self._id = lock_id
        self._ports = ports
        self._put = put
        self._tasks: set[asyncio.Task[None]] = set()

    @property
    def shows_codes(self) -> bool:
        """Whether people inside can be shown a pairing code."""
        return self._ports.inside is not None

    def show_code(self, code: str | None) -> None:
        """Show a pairing code inside, or no longer."""
        if self._ports.inside is not None:
            self._ports.inside.show_code(code)

    async def start(self) -> None:
        """Let them report."""
        for name, port in self._ports.named().items():
            try:
                await port.start(self._heard)
            except Exception:  # noqa: BLE001 - the rest of the door comes up
                _LOG.exception("The %s of lock %s could not be started", name, self._id)
                for part in PARTS[name]:
                    self._put(PartFault(part, Trouble.INTERNAL))

    def _heard(self, reading: Reading) -> None:
        """On to the lock; of what does not work the log says what to do about it."""
        if isinstance(reading, PartFault) and reading.reason in set(Trouble):
            _LOG.warning("The %s of lock %s does not work. %s", reading.part, self._id, advice(reading.reason))
        self._put(reading)

    async def stop(self) -> None:
        """Leave them safe."""
        for port in self._ports.all():
            try:
                await port.stop()
            except Exception:  # noqa: BLE001 - whatever it is, the other parts must be made safe too
                _LOG.exception("A part of lock %s could not be stopped", self._id)

    def tell(self, effect: Effect) -> None:
        """Hand an effect to its part, if it is one for a part. Where that fails, whoever waits for it is told so."""
        try:
            self._hand_over(effect)
        except Exception:  # noqa: BLE001 - a driver's defect must not take the rest of the lock along
            _LOG.exception("A part of lock %s failed at %s", self._id, type(effect).__name__)
            if isinstance(effect, DriveBolt):
                self._put(MotorStopped(effect.run, MotorOutcome.FAULT))
            elif isinstance(effect, Say):
                self._put(SpeechEnded())

    def _hand_over(self, effect: Effect) -> None:
        ports = self._ports
        match effect:
            case DriveBolt():
                ports.bolt.drive(effect)
            case StopBolt():
                ports.bolt.halt()
            case Light():
                ports.keypad.light(effect)
            case Sound():
                ports.sounder.sound(effect)
            case Say():
                ports.sounder.say(effect)
            case Hush():
                ports.sounder.hush()
            case TrustModule(part):
                self._trust(part)
            case BeginEnrolment() | EndEnrolment() | DeleteTemplates():
                self._to_reader(effect)
            case _:
                self._hand_over_if_there(effect)

    def _hand_over_if_there(self, effect: Effect) -> None:
        """To the parts that a lock may lack."""
        ports = self._ports
        match effect:
            case Screen(view) if ports.inside is not None:
                ports.inside.show(view)
            case Look(_, on) if ports.face is not None:
                ports.face.look(on)
            case Radio() if ports.radios is not None:
                ports.radios.switch(effect)
            case PhoneTold() if ports.radios is not None:
                ports.radios.tell_phone(effect)

    def _trust(self, part: Part) -> None:
        for name, port in self._ports.named().items():
            if part in PARTS[name] and hasattr(port, "trust"):
                cast("Trusting", port).trust()

    def _to_reader(self, effect: BeginEnrolment | EndEnrolment | DeleteTemplates) -> None:
        reader = self._ports.reader(effect.type)
        if reader is None:
            # The model has such a reader, and this lock was built without it.
            if not isinstance(effect, DeleteTemplates):
                self._put(EnrolFailed(effect.type, "fault"))
            return
        match effect:
            case BeginEnrolment():
                self._spawn(self._begin(reader, effect))
            case EndEnrolment():
                self._spawn(reader.cancel())
            case DeleteTemplates():
                self._spawn(reader.delete(effect.slots))

    async def _begin(self, reader: TemplateReader, effect: BeginEnrolment) -> None:
        try:
            await reader.enrol(effect.slot, effect.steps)
        except PortBusy:
            self._put(EnrolFailed(effect.type, "fault"))
        except Exception:
            self._put(EnrolFailed(effect.type, "fault"))
            raise

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        # Eager, so that the part knows before the next thing happens at the door.
        task = asyncio.Task(work, loop=asyncio.get_running_loop(), eager_start=True)
        self._tasks.add(task)
        task.add_done_callback(self._spawned)

    def _spawned(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            _LOG.error("A part of lock %s failed", self._id, exc_info=error)
