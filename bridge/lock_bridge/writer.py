"""What a lock wants kept: written in its order, later if the disk does not take it now, and refused if it may be."""

import logging
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Final, Protocol

from .clock import Clock, Handle
from .engine.effects import CountUse, Durable, SaveLockout, SaveModes, SaveUser, is_refusable
from .engine.inputs import Input, PartBack, PartFault
from .engine.model import Instant, User
from .store import LockData, StoreError
from .wire.words import Part

_LOG = logging.getLogger(__name__)

RETRY_MS: Final = 10_000
"""How often what could not be written is tried again."""

_UNWRITTEN: Final = 1_000
"""What came of so many steps is kept in memory at most while the disk takes nothing; the oldest goes first."""


class Disk(Protocol):
    """Where it is written."""

    async def commit(self, lock_id: str, items: Sequence[Durable], at: Instant) -> None:
        """Write what came about at `at`, the house's time, and tell the journal's listeners. Raises `StoreError`."""

    def user_changed(self, lock_id: str, user: User) -> None:
        """A user is other than before, and that is on disk: her other locks have to know (USR-10)."""

    def user_counted(self, lock_id: str, user: User) -> None:
        """An entry of a user was counted: her other locks count it too, at once (USR-7)."""


class Writer:
    """Writes for one lock. `put` takes what the lock has to hear of it; `retry` asks for `write([], ...)` by and by."""

    def __init__(
        self, lock_id: str, disk: Disk, clock: Clock, put: Callable[[Input], None], retry: Callable[[], None]
    ) -> None:
        self._id = lock_id
        self._disk = disk
        self._clock = clock
        self._put = put
        self._retry = retry
        self._unwritten: deque[_Unwritten] = deque(maxlen=_UNWRITTEN)
        self._due: Handle | None = None

    @property
    def behind(self) -> bool:
        """Whether something could not be written yet."""
        return bool(self._unwritten)

    async def write(self, durable: Sequence[Durable], at: Instant) -> None:
        """Write. Raises what the disk raises if somebody asked for it; all else is written later, or logged."""
        for item in durable:
            if isinstance(item, CountUse) and item.user is not None:
                # Before the disk has it: nobody shall use her last entry at two doors.
                self._disk.user_counted(self._id, item.user)
        try:
            await self._catch_up()
            if durable:
                await self._disk.commit(self._id, durable, at)
        except StoreError as error:
            if any(map(is_refusable, durable)):
                raise
            self._keep_for_later(_Unwritten(tuple(durable), at), error)
        except Exception:
            if any(map(is_refusable, durable)):
                raise
            # A defect, and no disk that may come back: what cannot be written must not hold up what can.
            _LOG.exception("Lock %s could not write", self._id)
        else:
            for item in durable:
                if isinstance(item, SaveUser):
                    self._disk.user_changed(self._id, item.user)

    def amended(self, data: LockData) -> LockData:
        """What the disk would hold by now: `data` with what could not be written yet."""
        for item in (item for late in self._unwritten for item in late.items):
            match item:
                case SaveLockout(record):
                    data = replace(data, lockout=record)
                case SaveModes(modes):
                    data = replace(data, modes=modes)
                case CountUse(user, credential):
                    users = tuple(
                        replace(one, uses_left=user.uses_left) if user is not None and one.id == user.id else one
                        for one in data.users
                    )
                    credentials = tuple(
                        replace(one, uses_left=credential.uses_left, counter=credential.counter)
                        if credential is not None and (one.type, one.number) == (credential.type, credential.number)
                        else one
                        for one in data.credentials
                    )
                    data = replace(data, users=users, credentials=credentials)
        return data

    def forget(self) -> None:
        """Ask for nothing any more: nobody will be there to hear it."""
        if self._due is not None:
            self._due.cancel()
            self._due = None

    async def _catch_up(self) -> None:
        """Write what could not be written, each with the time at which it came about."""
        if not self._unwritten:
            return
        while self._unwritten:
            late = self._unwritten.popleft()
            try:
                await self._disk.commit(self._id, late.items, late.at)
            except StoreError:
                self._unwritten.appendleft(late)
                raise
        self._put(PartBack(Part.STORAGE))

    def _keep_for_later(self, late: _Unwritten, error: StoreError) -> None:
        if not self._unwritten:
            # Once: whoever stands at the door could fill the log otherwise.
            _LOG.error("Lock %s cannot write, and keeps what happens in memory: %s", self._id, error)
        if late.items:
            self._unwritten.append(late)
        if self._due is None:
            self._due = self._clock.call_later(RETRY_MS, self._again)
        self._put(PartFault(Part.STORAGE, "not_written"))

    def _again(self) -> None:
        self._due = None
        if self._unwritten:
            self._retry()


@dataclass(frozen=True, slots=True)
class _Unwritten:
    items: tuple[Durable, ...]
    at: Instant
