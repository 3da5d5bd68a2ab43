"""The fingerprint reader with its templates, and the card reader."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final, override

from lock_bridge.clock import Handle as Timer
from lock_bridge.hardware.ports import (
    BiometricSeen,
    CardSeen,
    EnrolDone,
    EnrolFailed,
    EnrolRetry,
    EnrolStep,
    Inventory,
    PortBusy,
)
from lock_bridge.wire.words import CredentialType, Part

from .part import SimulatedPart, Site

LIFT_MS: Final = 2_000
"""A finger that stays this long after its touch has been taken is asked to be lifted."""

PATIENCE_MS: Final = 60_000
"""How long the module waits for the next touch."""


class Touch(StrEnum):
    """How a finger lies on the glass: as it should, smeared, or for too short a time to be read."""

    GOOD = "good"
    BADLY = "badly"
    BRIEFLY = "briefly"


@dataclass(slots=True)
class _Learning:
    slot: int
    steps: int
    taken: list[str] = field(default_factory=list)
    patience: Timer | None = None
    lift: Timer | None = None

    def end(self) -> None:
        for timer in (self.patience, self.lift):
            if timer is not None:
                timer.cancel()
        self.patience = self.lift = None


class SimulatedFingerprintReader(SimulatedPart):
    """A module with a memory of its own, which outlasts power and service. A finger counts once for each touch."""

    parts = (Part.FINGERPRINT,)

    def __init__(self, site: Site) -> None:
        super().__init__(site)
        self._finger: str | None = None
        self._learning: _Learning | None = None
        self._to_forget: set[int] = set()

    async def enrol(self, slot: int, steps: int) -> None:
        """Begin to learn into `slot` with `steps` touches. Raises `PortBusy` when already learning."""
        if self._learning is not None:
            raise PortBusy("the fingerprint reader is learning already")
        if not self.works(Part.FINGERPRINT):
            self.tell(EnrolFailed(CredentialType.FINGERPRINT, "fault"))
            return
        self._learning = _Learning(slot, steps)
        self._be_patient(self._learning)

    async def cancel(self) -> None:
        """End learning with `EnrolFailed("cancelled")`; nothing stays in the slot."""
        self._fail("cancelled")

    async def delete(self, slots: Collection[int]) -> None:
        """Forget slots; those that cannot be reached now are forgotten at the module's return."""
        self._to_forget.update(slots)
        if self.works(Part.FINGERPRINT):
            self._forget()

    @property
    def touched(self) -> bool:
        """Whether a finger lies on the glass."""
        return self._finger is not None

    def touch(self, finger: str, touch: Touch = Touch.GOOD) -> None:
        """Lay a finger on the glass; `lift` takes it away."""
        if self._finger is not None:
            return
        self._finger = finger
        self._site.changed()
        if not self.works(Part.FINGERPRINT):
            return
        if self._learning is not None:
            self._learn(self._learning, finger, touch)
        elif touch is not Touch.BRIEFLY:
            self.tell(BiometricSeen(CredentialType.FINGERPRINT, self._slot_of(finger) if touch is Touch.GOOD else None))

    def lift(self) -> None:
        """Take the finger away."""
        self._finger = None
        self._site.changed()
        if self._learning is not None and self._learning.lift is not None:
            self._learning.lift.cancel()
            self._learning.lift = None

    @override
    def tell_levels(self, parts: Iterable[Part]) -> None:
        if self.works(Part.FINGERPRINT):
            self._forget()
            self.tell(Inventory(CredentialType.FINGERPRINT, frozenset(self._site.world.templates)))

    @override
    def go_quiet(self) -> None:
        if self._learning is not None:
            self._learning.end()
            self._learning = None

    @override
    def on_unplug(self, part: Part) -> None:
        self._fail("fault")

    def _learn(self, learning: _Learning, finger: str, touch: Touch) -> None:
        self._be_patient(learning)
        if touch is not Touch.GOOD:
            self.tell(EnrolRetry(CredentialType.FINGERPRINT, "short" if touch is Touch.BRIEFLY else "messy"))
            return
        if not learning.taken and self._slot_of(finger) is not None:
            self._fail("duplicate")
            return
        learning.taken.append(finger)
        self.tell(EnrolStep(CredentialType.FINGERPRINT, len(learning.taken)))
        if self._learning is not learning:
            return  # whoever heard of the step has ended the learning
        if len(learning.taken) < learning.steps:
            learning.lift = self._site.clock.call_later(
                LIFT_MS, lambda: self.tell(EnrolRetry(CredentialType.FINGERPRINT, "lift"))
            )
        elif len(set(learning.taken)) > 1:
            self._fail("mismatch")
        else:
            self._store(learning, finger)

    def _store(self, learning: _Learning, finger: str) -> None:
        learning.end()
        self._learning = None
        self._site.world.templates[learning.slot] = finger
        self._to_forget.discard(learning.slot)
        self._site.keep()
        self.tell(EnrolDone(CredentialType.FINGERPRINT, learning.slot))

    def _fail(self, reason: str) -> None:
        if self._learning is not None:
            self._learning.end()
            self._learning = None
            self.tell(EnrolFailed(CredentialType.FINGERPRINT, reason))

    def _be_patient(self, learning: _Learning) -> None:
        learning.end()
        learning.patience = self._site.clock.call_later(PATIENCE_MS, lambda: self._fail("timeout"))

    def _forget(self) -> None:
        if gone := self._to_forget & self._site.world.templates.keys():
            for slot in gone:
                del self._site.world.templates[slot]
            self._site.keep()
        self._to_forget.clear()

    def _slot_of(self, finger: str) -> int | None:
        return next((slot for slot, held in sorted(self._site.world.templates.items()) if held == finger), None)


class SimulatedCardReader(SimulatedPart):
    """Reads the number of a card that comes near."""

    parts = (Part.CARD,)

    def present(self, uid: bytes) -> None:
        """Hold a card to the reader for a moment."""
        self.tell(CardSeen(uid), Part.CARD)
