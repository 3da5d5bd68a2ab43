"""Learning a face from five sides or from one look, or a palm: all in the module, told step by step."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Final

from lock_bridge.hardware.ports import EnrolRetry, EnrolStep, Report
from lock_bridge.wire.words import CredentialType

from .commands import Result, Sighting
from .dialects import FACE, POSES, SINGLE, Dialect
from .link import Timing
from .module import Module


@dataclass(slots=True)
class Enrolment:
    """Somebody to be learnt."""

    kind: CredentialType
    slot: int
    steps: int
    name: str = field(repr=False)
    cancelled: bool = False
    over: asyncio.Event = field(default_factory=asyncio.Event)


class EnrolmentError(Exception):
    """The enrolment ends; the reason is one of those of `EnrolFailed`."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class Bother:
    """What is wrong with a face or palm for a while: it is covered, or not where it should be."""

    def __init__(self, kind: CredentialType, timing: Timing) -> None:
        self._kind = kind
        self._patience = timing.bother if kind is FACE else timing.far
        self._reason: str | None = None
        self._since = 0.0

    def shows(self, sighting: int, now: float) -> EnrolRetry | None:
        """The module says what it sees; what to say of it."""
        reason = _REASONS.get(sighting)
        if reason != self._reason:
            self._reason, self._since = reason, now
        if reason is None or now - self._since < self._patience:
            return None
        self._since = now
        return None if self._kind is not FACE and reason != "too_far" else EnrolRetry(self._kind, reason)


async def teach(module: Module, enrolment: Enrolment, timing: Timing, report: Report, stop: asyncio.Event) -> int:
    """Take all that is wanted; the module's number of the new user. Raises `EnrolmentError`, `PartError`."""
    kind = enrolment.kind
    poses = _poses(module.dialect, kind, enrolment.steps)
    for step, pose in enumerate(poses, 1):
        user = await _take(module, enrolment, pose, timing, stop)
        report(EnrolStep(kind, step))
        if user is not None:
            return user
    # It has seen all sides and does not call that complete.
    raise EnrolmentError("fault")


async def _take(module: Module, enrolment: Enrolment, pose: int, timing: Timing, stop: asyncio.Event) -> int | None:
    now = asyncio.get_running_loop().time
    seconds = timing.pose if enrolment.kind is FACE else timing.palm
    until = now() + seconds * timing.second
    tries = 0
    while True:
        left = max(1, round((until - now()) / timing.second))
        answer = await module.learn(enrolment.kind, enrolment.name, pose, min(left, seconds), stop)
        if answer is None:
            raise EnrolmentError("cancelled")
        if answer.value is not None:
            user = answer.value.id
            if user is None or user in module.dialect.ids[enrolment.kind]:
                return user
            # A face was before it where a palm was wanted, or the other way round: not what was asked for.
            await module.forget(_other(module.dialect, enrolment.kind), {user})
        elif answer.result not in _AGAIN:
            raise EnrolmentError(_ENDS.get(answer.result, "fault"))
        tries += 1
        if tries == _MOST_TRIES:
            raise EnrolmentError("fault")
        if now() >= until:
            raise EnrolmentError("timeout")


def _poses(dialect: Dialect, kind: CredentialType, steps: int) -> tuple[int, ...]:
    """Five poses are all or nothing; what learns from one look is done after it."""
    return POSES if kind is FACE and dialect.learns_poses and steps >= len(POSES) else (SINGLE,)


def _other(dialect: Dialect, kind: CredentialType) -> CredentialType:
    return next(other for other in dialect.kinds if other is not kind)


_MOST_TRIES: Final = 3
_AGAIN: Final = frozenset({Result.NOT_ALIVE, Result.NO_PICTURE, Result.PICTURE_TOO_LARGE, Result.PICTURE_TOO_SMALL})
"""A look that did not succeed, and the next one may."""

_ENDS: Final[Mapping[int, str]] = MappingProxyType(
    {Result.ENROLLED_ALREADY: "duplicate", Result.TIMEOUT: "timeout", Result.FULL: "no_slot_left"}
)

_REASONS: Final[Mapping[int, str]] = MappingProxyType(
    {
        Sighting.TOO_FAR: "too_far",
        Sighting.TOO_CLOSE: "too_far",
        Sighting.BROW_COVERED: "covered",
        Sighting.EYES_COVERED: "covered",
        Sighting.FACE_COVERED: "covered",
    }
)
"""Not at arm's length is one thing, whether too far or too close (DLM-5)."""
