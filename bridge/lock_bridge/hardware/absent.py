"""Stands where a driver could not be built, so that the rest of the door comes up and everybody hears what is wrong."""

from collections.abc import Collection, Mapping, Sequence
from types import MappingProxyType
from typing import Final

from lock_bridge.engine.effects import DriveBolt, Light, PhoneTold, Radio, Say, Sound, View
from lock_bridge.wire.words import CredentialType, Part, Trouble

from .ports import EnrolFailed, Health, MotorOutcome, MotorStopped, PartFault, Report, SpeechEnded

PARTS: Final[Mapping[str, tuple[Part, ...]]] = MappingProxyType(
    {
        "keypad": (Part.KEYPAD,),
        "sounder": (Part.SOUNDER,),
        "fingerprint": (Part.FINGERPRINT,),
        "card": (Part.CARD,),
        "face": (Part.FACE,),
        "palm_vein": (Part.PALM_VEIN,),
        "bolt": (Part.MOTOR, Part.BOLT),
        "contacts": (Part.DOOR, Part.TAMPER),
        "power": (Part.POWER,),
        "radios": (Part.BLUETOOTH,),
        "inside": (),
    }
)
"""The modules behind each port, which fail by these names (FLT-1)."""


class AbsentPart:
    """Every port at once: says once what is wrong, and answers whatever is asked of it."""

    def __init__(self, port: str, trouble: Trouble | None, words: str = "") -> None:
        """No `trouble`: the lock was built without it, and nothing is wrong."""
        self.health = Health("served" if trouble is None else "trouble", trouble, words)
        self._parts: Sequence[Part] = PARTS[port]
        self._kind = _KINDS.get(port)
        self._trouble = trouble
        self._report: Report = lambda _reading: None

    async def start(self, report: Report) -> None:
        self._report = report
        for part in self._parts if self._trouble is not None else ():
            report(PartFault(part, self._trouble or Trouble.INTERNAL))

    async def stop(self) -> None:
        self._report = lambda _reading: None

    def drive(self, drive: DriveBolt) -> None:
        self._report(MotorStopped(drive.run, MotorOutcome.FAULT))

    def halt(self) -> None:
        """Nothing runs."""

    def light(self, light: Light) -> None:
        """It is dark."""

    def sound(self, sound: Sound) -> None:
        """It is silent."""

    def say(self, say: Say) -> None:  # noqa: ARG002 - nobody will hear it, and nothing may wait for its end
        self._report(SpeechEnded())

    def hush(self) -> None:
        """Nothing is being said."""

    async def enrol(self, slot: int, steps: int) -> None:  # noqa: ARG002
        if self._kind is not None:
            self._report(EnrolFailed(self._kind, "fault"))

    async def cancel(self) -> None:
        """Nothing is being learnt."""

    async def delete(self, slots: Collection[int]) -> None:
        """It is told again when there is a module: the engine compares at its start (USR-9)."""

    def look(self, on: bool) -> None:
        """It is blind."""

    def trust(self) -> None:
        """There is nobody to trust."""

    def switch(self, radio: Radio) -> None:
        """There is no radio."""

    def tell_phone(self, told: PhoneTold) -> None:
        """No phone waits."""

    def show_code(self, code: str | None) -> None:
        """There is no display."""

    def show(self, view: View) -> None:
        """There is no screen."""


_KINDS: Final[Mapping[str, CredentialType]] = MappingProxyType(
    {
        "fingerprint": CredentialType.FINGERPRINT,
        "face": CredentialType.FACE,
        "palm_vein": CredentialType.PALM_VEIN,
    }
)
