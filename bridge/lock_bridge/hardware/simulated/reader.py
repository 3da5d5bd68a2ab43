"""A module that learns and finds templates, whatever it looks at; its memory outlasts power and service."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from typing import ClassVar, Final, override

from lock_bridge.clock import Handle as Timer
from lock_bridge.hardware.ports import (
    BiometricSeen,
    EnrolDone,
    EnrolFailed,
    EnrolRetry,
    EnrolStep,
    Inventory,
    PartBack,
    PartReplaced,
    PortBusy,
)
from lock_bridge.wire.words import CredentialType, Part

from .part import SimulatedPart, Site

PATIENCE_MS: Final = 60_000
"""How long a module waits for the next touch or pose."""


@dataclass(slots=True)
class Learning:
    """What a module is learning: whose, in the order in which it was taken in."""

    slot: int
    steps: int
    taken: list[str] = field(default_factory=list)
    patience: Timer | None = None
    lift: Timer | None = None

    def end(self) -> None:
        """Forget the timers."""
        for timer in (self.patience, self.lift):
            if timer is not None:
                timer.cancel()
        self.patience = self.lift = None


class SimulatedReader(SimulatedPart):
    """A template reader; each kind of it says when it takes something in."""

    kind: ClassVar[CredentialType]
    part: ClassVar[Part]
    front = True

    def __init__(self, site: Site) -> None:
        super().__init__(site)
        self.learning: Learning | None = None
        self._to_forget: set[int] = set()

    async def enrol(self, slot: int, steps: int) -> None:
        """Begin to learn into `slot` with `steps` touches or poses. Raises `PortBusy` when already learning."""
        if self.learning is not None:
            raise PortBusy(f"the {self.part} reader is learning already")
        if not self.works(self.part) or self.is_exchanged:
            self.tell(EnrolFailed(self.kind, "fault"))
            return
        self.learning = Learning(slot, steps)
        self.be_patient(self.learning)
        self._site.changed()

    async def cancel(self) -> None:
        """End learning with `EnrolFailed("cancelled")`; nothing stays in the slot."""
        self.fail("cancelled")

    async def delete(self, slots: Collection[int]) -> None:
        """Forget slots; those that cannot be reached now are forgotten at the module's return."""
        self._to_forget.update(slots)
        if self.works(self.part) and not self.is_exchanged:
            self._forget()

    def exchange(self, holds: str) -> None:
        """Put another module in its place, with `holds` enrolled in the first slot."""
        self.fail("fault")
        self._templates.clear()
        self._templates[0] = holds
        self._site.world.exchanged.add(self.part)
        self._site.keep()
        self.tell_levels((self.part,))
        self._site.changed()

    def trust(self) -> None:
        """Take the module that is there as the right one: empty it, and serve it."""
        if self.is_exchanged:
            self._templates.clear()
            self._site.world.exchanged.discard(self.part)
            self._site.keep()
            self.tell(PartBack(self.part), self.part)
            self.tell_levels((self.part,))
            self._site.changed()

    @property
    def is_exchanged(self) -> bool:
        """Whether the module is not the one that was there before, and nobody has said to trust it."""
        return self.part in self._site.world.exchanged

    def find(self, whose: str | None) -> None:
        """Say which slot it matches; None: nothing that can be matched. A module that is not trusted is not heard."""
        if not self.is_exchanged:
            self.tell(BiometricSeen(self.kind, None if whose is None else self.slot_of(whose)), self.part)

    def take(self, learning: Learning, whose: str) -> bool:
        """Take in one touch or pose of the enrolment under way; whether more of them are wanted."""
        self.be_patient(learning)
        if not learning.taken and self.slot_of(whose) is not None:
            self.fail("duplicate")
            return False
        learning.taken.append(whose)
        self.tell(EnrolStep(self.kind, len(learning.taken)))
        if self.learning is not learning:
            return False  # whoever heard of the step has ended the learning
        if len(learning.taken) < learning.steps:
            return True
        if len(set(learning.taken)) > 1:
            self.fail("mismatch")
        else:
            self._store(learning, whose)
        return False

    def retry(self, learning: Learning, reason: str) -> None:
        """Say that a touch or pose did not count."""
        self.be_patient(learning)
        self.tell(EnrolRetry(self.kind, reason))

    def fail(self, reason: str) -> None:
        """Give up what is being learnt, if anything is."""
        if self.learning is not None:
            self.learning.end()
            self.learning = None
            self.tell(EnrolFailed(self.kind, reason))
            self._site.changed()

    def be_patient(self, learning: Learning) -> None:
        """Wait anew for the next touch or pose."""
        learning.end()
        learning.patience = self._site.clock.call_later(PATIENCE_MS, lambda: self.fail("timeout"))

    def slot_of(self, whose: str) -> int | None:
        """Where it is stored."""
        return next((slot for slot, held in sorted(self._templates.items()) if held == whose), None)

    @override
    def tell_levels(self, parts: Iterable[Part]) -> None:
        if self.works(self.part) and self._site.profile.limits(self.kind) is not None:
            if self.is_exchanged:
                self.tell(PartReplaced(self.part))
                return
            self._forget()
            self.tell(Inventory(self.kind, frozenset(self._templates)))

    @override
    def go_quiet(self) -> None:
        if self.learning is not None:
            self.learning.end()
            self.learning = None

    @override
    def on_unplug(self, part: Part) -> None:
        self.fail("fault")

    @property
    def _templates(self) -> dict[int, str]:
        return self._site.world.held(self.kind)

    def _store(self, learning: Learning, whose: str) -> None:
        learning.end()
        self.learning = None
        self._templates[learning.slot] = whose
        self._to_forget.discard(learning.slot)
        self._site.keep()
        self.tell(EnrolDone(self.kind, learning.slot))
        self._site.changed()

    def _forget(self) -> None:
        if gone := self._to_forget & self._templates.keys():
            for slot in gone:
                del self._templates[slot]
            self._site.keep()
        self._to_forget.clear()
