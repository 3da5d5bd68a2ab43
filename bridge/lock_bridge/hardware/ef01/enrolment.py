"""Learning a finger: touches, the lifting between them, and one template of them all.

A module with enough buffers combines all touches itself. One with two combines the first two, and each later touch is
compared with the result: that makes the template no better, but proves that it opens for the finger.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Final, Protocol

from lock_bridge.hardware.ports import EnrolRetry, EnrolStep, Report
from lock_bridge.wire.words import CredentialType

from .commands import Colour, Effect, Glow, Status
from .glass import LOOKS_TO_BE_LIFTED
from .link import Timing
from .module import CLASSIC_BUFFERS, Module

FEWEST_STEPS: Final = 2
MOST_STEPS: Final = 6

WAITING: Final = Glow(Effect.BREATHE, Colour.BLUE, speed=100)
TAKEN: Final = Glow(Effect.FLASH, Colour.PURPLE, speed=25, count=1)
AGAIN: Final = Glow(Effect.FLASH, Colour.RED, speed=25, count=2)
DARK: Final = Glow(Effect.OFF, Colour.BLUE)


@dataclass(slots=True)
class Enrolment:
    """A finger to be learnt."""

    slot: int
    steps: int
    cancelled: bool = False
    over: asyncio.Event = field(default_factory=asyncio.Event)


class EnrolmentError(Exception):
    """The enrolment ends; the reason is one of those of `EnrolFailed`."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Teacher:
    """Takes the touches of one enrolment and leaves their template in the module's first buffer."""

    module: Module
    timing: Timing
    report: Report
    light: Callable[[Glow], None]
    pause: Callable[[], Awaitable[None]]
    """Waits for the next look; raises `EnrolmentError` when the enrolment is to end."""

    async def teach(self, steps: int, steady: Steady, *, together: bool, lifted: bool) -> None:
        """Take all touches; the module combines all `together`, or two. Raises `EnrolmentError`, `PartError`.

        A finger that lay there before, so that the glass is not `lifted`, is no touch.
        """
        for step in range(1, steps + 1):
            if step > 1 or not lifted:
                await self._until_lifted(steady)
            await self._touch(step, steady, together=together)
            if step == (steps if together else CLASSIC_BUFFERS) and not await self.module.combine():
                raise EnrolmentError("mismatch")
            self.light(TAKEN)
            self.report(EnrolStep(CredentialType.FINGERPRINT, step))

    async def _touch(self, step: int, steady: Steady, *, together: bool) -> None:
        buffer = step if together else min(step, CLASSIC_BUFFERS)
        mismatches = 0
        until = _now() + self.timing.touch
        self.light(WAITING)
        while True:
            status = await steady(lambda: self.module.capture(buffer))
            if status in _NOTHING_YET:
                if _now() >= until:
                    raise EnrolmentError("timeout")
                await self.pause()
                continue
            if status in _READ:
                if step == 1 and await steady(self.module.search) is not None:
                    raise EnrolmentError("duplicate")
                if together or step <= CLASSIC_BUFFERS or await steady(self.module.matches):
                    return
                status = Status.NO_MATCH
            mismatches += status == Status.NO_MATCH
            if mismatches == _MOST_MISMATCHES:
                raise EnrolmentError("mismatch")
            self.light(AGAIN)
            self.report(EnrolRetry(CredentialType.FINGERPRINT, _RETRY.get(status, "messy")))
            await self._until_lifted(steady)
            self.light(WAITING)
            until = _now() + self.timing.touch

    async def _until_lifted(self, steady: Steady) -> None:
        """Wait for an empty glass; who stays is asked to lift the finger, once."""
        began = _now()
        asked = False
        empty = 0
        while True:
            empty = empty + 1 if await steady(self.module.glimpse) == Status.NO_FINGER else 0
            if empty == LOOKS_TO_BE_LIFTED:
                return
            stayed = _now() - began
            if stayed >= self.timing.touch:
                raise EnrolmentError("timeout")
            if stayed >= self.timing.lift and not asked:
                asked = True
                self.report(EnrolRetry(CredentialType.FINGERPRINT, "lift"))
            await self.pause()


class Steady(Protocol):
    """Carries out a step, and once more when there is doubt about it."""

    async def __call__[T](self, step: Callable[[], Awaitable[T]]) -> T:
        """What the step found out."""


_MOST_MISMATCHES: Final = 3
_NOTHING_YET: Final = frozenset({Status.NO_FINGER, Status.IMAGE_FAILED})
"""A finger that is just coming down gives no picture yet."""

_READ: Final = frozenset({Status.OK, Status.TOO_SIMILAR})
"""Some modules add that a touch is much like the one before; its features are in the buffer all the same."""

_RETRY: Final[Mapping[int, str]] = MappingProxyType({Status.TOO_SMALL: "short", Status.NO_MATCH: "mismatch"})


def _now() -> float:
    return asyncio.get_running_loop().time()
