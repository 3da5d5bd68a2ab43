"""The ports: what the bridge may ask of a part, what the part reports, and how its failures look.

Rules for every driver:
- `start(report)` returns once the part is being served, also when it does not answer yet. Then
  `PartFault(part, reason)` is reported, the driver keeps trying with back-off, and `PartBack(part)` follows.
- No method raises for a part that is away; what is asked of it before its start holds from then on.
- Reports are called on the event loop, in the order in which things happened.
- Levels (bolt, door, tamper, power) are reported at start, at each change, and after each return of the part.
- `stop()` leaves the part safe: motor off, lights off.
- A driver of an attached part is `Attached` too: it says how it is, and what answers there. Reasons are `Trouble`s.
- A reader whose module has an identity (`Trusting`) remembers it, and reports `PartReplaced` when another one answers:
  from then on it reports nothing that the module says, until `trust` or until the former one is back (`PartBack`).
"""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Literal, Protocol

from lock_bridge.engine.effects import DriveBolt, Light, PhoneTold, Radio, Say, Sound, View
from lock_bridge.engine.inputs import (
    BiometricSeen,
    BoltPosition,
    BoltSeen,
    CardSeen,
    DoorSeen,
    EnrolDone,
    EnrolFailed,
    EnrolRetry,
    EnrolStep,
    Handle,
    HandleSeen,
    InsideHandleUsed,
    Inventory,
    Key,
    KeyDown,
    KeyUp,
    MotorOutcome,
    MotorStopped,
    NearSeen,
    PartBack,
    PartFault,
    PartReplaced,
    PeepholeSeen,
    PhoneActs,
    PhonePairs,
    PowerSeen,
    PrivacySeen,
    RadioSeen,
    Reading,
    SpeechEnded,
    TamperSeen,
)
from lock_bridge.wire.words import Trouble

__all__ = [
    "Attached",
    "BiometricSeen",
    "Bolt",
    "BoltPosition",
    "BoltSeen",
    "CardReader",
    "CardSeen",
    "Contacts",
    "DoorSeen",
    "EnrolDone",
    "EnrolFailed",
    "EnrolRetry",
    "EnrolStep",
    "FaceReader",
    "Handle",
    "HandleSeen",
    "Health",
    "Inside",
    "InsideHandleUsed",
    "Inventory",
    "Key",
    "KeyDown",
    "KeyUp",
    "Keypad",
    "MotorOutcome",
    "MotorStopped",
    "NearSeen",
    "PartBack",
    "PartFault",
    "PartReplaced",
    "PeepholeSeen",
    "PhoneActs",
    "PhonePairs",
    "Port",
    "PortBusy",
    "Power",
    "PowerSeen",
    "PrivacySeen",
    "RadioSeen",
    "Radios",
    "Reading",
    "Report",
    "Ring",
    "RingLight",
    "Sounder",
    "SpeechEnded",
    "TamperSeen",
    "TemplateReader",
    "Trusting",
]

type Report = Callable[[Reading], None]


@dataclass(frozen=True, slots=True)
class Health:
    """How an attached part is: `words` say what answers there (never a secret), or what went wrong."""

    state: Literal["starting", "served", "trouble", "replaced"]
    trouble: Trouble | None = None
    words: str = ""


class PortBusy(Exception):
    """The part does something else that cannot be interrupted."""


class Port(Protocol):
    """What every driver can do."""

    async def start(self, report: Report) -> None:
        """Serve the part and report what it says until `stop`."""

    async def stop(self) -> None:
        """Leave the part safe and release it."""


class Attached(Port, Protocol):
    """A real part, as `lock-bridge hardware test` looks at it."""

    @property
    def health(self) -> Health:
        """How it is now: starting, served (and what answers), in trouble (and why), or replaced."""


class Trusting(Protocol):
    """A part whose module has an identity."""

    def trust(self) -> None:
        """Take the module that answers now as the right one: an administrator has said so.

        Whatever is enrolled in it is deleted first, for it may be a stranger's; then `PartBack` and `Inventory` follow.
        """


class Keypad(Port, Protocol):
    """Keys with lights, front and rear. Reports `KeyDown`, `KeyUp`; at start those of the rear that are down."""

    def light(self, light: Light) -> None:
        """Show exactly these lights."""


class Sounder(Port, Protocol):
    """Tones and spoken prompts. Reports `SpeechEnded` when all that it was told to say has been said or cut."""

    def sound(self, sound: Sound) -> None:
        """Play a tone; an alarm goes on until its end is asked for."""

    def say(self, say: Say) -> None:
        """Speak a prompt; a later one follows it, an alarm cuts it."""

    def hush(self) -> None:
        """Stop speaking now; what was still to be said is not said."""


class Inside(Port, Protocol):
    """What only people inside see: the place for a pairing code."""

    def show_code(self, code: str | None) -> None:
        """Show a pairing code, or no longer. It must not be seen nor heard from outside."""

    def show(self, view: View) -> None:
        """What the rear's screen shows, where there is one (DLM-13)."""


class TemplateReader(Port, Protocol):
    """Finds and learns fingers, faces or palm veins; templates never leave the module (USR-9).

    Reports `Inventory` at start and return, `BiometricSeen` once for each touch or look, and while it learns
    `EnrolStep`, `EnrolRetry`, then `EnrolDone` or `EnrolFailed`. What is stored already fails as `duplicate`. While it
    learns no `BiometricSeen` comes. Each of these carries the reader's kind.
    """

    async def enrol(self, slot: int, steps: int) -> None:
        """Begin to learn into `slot` with `steps` touches or poses. Raises `PortBusy` when already learning."""

    async def cancel(self) -> None:
        """End learning with `EnrolFailed(kind, "cancelled")`; nothing stays in the slot."""

    async def delete(self, slots: Collection[int]) -> None:
        """Forget slots; those that cannot be reached now are forgotten at the module's return."""


class FaceReader(TemplateReader, Protocol):
    """Looks for a face only while it is told to (VER-5). Reports `NearSeen` as well."""

    def look(self, on: bool) -> None:
        """Look for a face from now on, with the infrared light, or no longer."""


class Radios(Port, Protocol):
    """Wi-Fi and Bluetooth (PWR-3). Reports `RadioSeen`, and while Bluetooth is on `PhonePairs` and `PhoneActs`."""

    def switch(self, radio: Radio) -> None:
        """The radios from now on."""

    def tell_phone(self, told: PhoneTold) -> None:
        """Answer the phone that is waiting."""


class CardReader(Port, Protocol):
    """Reports `CardSeen` once each time that a card comes into the field."""


class Bolt(Port, Protocol):
    """Motor and position sensors. Reports `BoltSeen` and, for each `drive`, exactly one `MotorStopped`."""

    def drive(self, drive: DriveBolt) -> None:
        """Run the motor; a run under way ends first, without a report of its own. Never longer than the limit."""

    def halt(self) -> None:
        """Stop the motor now; the run ends with `MotorStopped(run, stalled)`."""


class Contacts(Port, Protocol):
    """Door contact, handles, knob, tamper switch, and buttons with wires of their own. Reports their levels.

    `DoorSeen`, `HandleSeen`, `InsideHandleUsed`, `TamperSeen`, `PrivacySeen`, `PeepholeSeen`; of the buttons (SET,
    lock, reset, emergency, home, doorbell, leaving-home) `KeyDown` and `KeyUp`, at start those that are down.
    """


class Power(Port, Protocol):
    """Battery and emergency supply. Reports `PowerSeen`."""


@dataclass(frozen=True, slots=True)
class RingLight:
    """How the ring shines (GWY-1); `fast` and `slow` are its flashing."""

    colour: Literal["orange", "white", "blue", "red"]
    rhythm: Literal["solid", "fast", "slow"]


class Ring(Protocol):
    """The bridge's own light ring and function key, one for all its locks (GWY-1, GWY-2)."""

    async def start(self, key: Callable[[bool], None]) -> None:
        """Serve it; `key` is told on the event loop when the function key goes down (True) and comes up."""

    async def stop(self) -> None:
        """Leave it dark and release it."""

    def shine(self, light: RingLight | None) -> None:
        """Shine so from now on; None: dark."""

    def say(self, say: Say) -> None:
        """Speak a prompt."""

    def show_code(self, code: str | None) -> None:
        """Show a pairing code to whoever stands at the bridge, or no longer."""
