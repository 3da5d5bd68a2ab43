"""The glass between enrolments: each finger that is put on it is told of once."""

from enum import Enum, auto
from typing import Final

from lock_bridge.hardware.doubt import DisturbedError
from lock_bridge.hardware.ports import BiometricSeen
from lock_bridge.wire.words import CredentialType

from .commands import Status
from .module import Module

LOOKS_TO_BE_LIFTED: Final = 2
"""So many looks in a row must find the glass empty: a finger that rolls off is missed by one now and then."""


class Sight(Enum):
    """What a look says beside a finger."""

    NOTHING_NEW = auto()
    UNREADABLE = auto()


class Glass:
    """What is known of the finger on it."""

    def __init__(self, touch_pin: bool) -> None:
        """With a touch pin there is nothing to look for until it says so."""
        self._touch_pin = touch_pin
        self._touched = False
        self._told = False
        self._unreadable = False
        self._empty_looks = 0

    @property
    def waits(self) -> bool:
        """There may be something to see, or a finger that is still to be lifted."""
        return not self._touch_pin or self._touched or self._told

    @property
    def told(self) -> bool:
        """The finger that lies there has been told of."""
        return self._told

    def touched(self) -> None:
        """The touch pin says that something lies there."""
        self._touched = True

    def look_again(self) -> None:
        """What lies there now has not been told of."""
        self._told = False

    def after_enrolment(self, *, occupied: bool) -> None:
        """A finger that lies there was put there to be learnt, not to open."""
        self._told = occupied
        self._touched = self._unreadable = False
        self._empty_looks = 0

    async def look(self, module: Module, slots: frozenset[int]) -> BiometricSeen | Sight:
        """See what there is; `slots` are the ones that can match. Raises `PartError`."""
        status = await (module.glimpse() if self._told else module.capture(1))
        if status == Status.NO_FINGER:
            self._empty_looks += 1
            if self._empty_looks >= LOOKS_TO_BE_LIFTED:
                self._touched = self._told = self._unreadable = False
            return Sight.NOTHING_NEW
        self._empty_looks = 0
        if self._told:
            return Sight.NOTHING_NEW
        if status != Status.OK:
            return self._cannot_read(status)
        found = await module.search()
        if found is not None and found.slot not in slots:
            raise DisturbedError("a match in a slot that is empty")
        self._told = True
        return BiometricSeen(CredentialType.FINGERPRINT, None if found is None else found.slot)

    def _cannot_read(self, status: int) -> Sight:
        """A picture that nobody can read is no failed verification: the next look may do better."""
        if self._unreadable or status == Status.IMAGE_FAILED:
            return Sight.NOTHING_NEW
        self._unreadable = True
        return Sight.UNREADABLE
