"""Who is on which lock, as clients see them: kept current while somebody follows, told as what is other than before."""

import asyncio
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import tzinfo
from itertools import batched
from typing import Final, Protocol

from .clock import Clock, Handle
from .engine import entitlement
from .engine.model import Credential, Instant, User
from .engine.state import LockState
from .snapshot import user_info
from .wire.messages import MAX_PEOPLE, People
from .wire.model import UserInfo
from .wire.words import Refusal

_UNTRUSTED_MS: Final = 5_000
"""How often a clock that cannot be trusted is looked at, where somebody's times hang on it."""

_AT_ONCE: Final = 20
"""So many users are made ready before anything else gets its turn."""


class WithPeople(Protocol):
    """A lock, as far as its people are concerned."""

    @property
    def id(self) -> str:
        """Its id."""

    @property
    def published(self) -> LockState:
        """The state that clients know: never ahead of the disk in what lasts."""

    @property
    def clock(self) -> Clock:
        """The lock's own; a simulated lock may live faster than the house."""

    @property
    def zone(self) -> tzinfo:
        """The house's time zone, for weekly schedules."""


class PeopleView:
    """All people of all locks. Work is put off to the loop's next turn, and done once for all that happened until then.

    What has not changed is known by its identity, so that a renewal costs a microsecond a user.
    """

    def __init__(self, locks: Callable[[], Collection[WithPeople]], tell: Callable[[People], None]) -> None:
        self._locks = locks
        self._tell = tell
        self._pages: dict[str, _Page] = {}
        self._places: dict[str, tuple[str, ...]] = {}
        """The locks of each user (USR-10)."""
        self._followers = 0
        self._outdated: set[str] = set()
        self._soon: asyncio.Handle | None = None

    def follow(self) -> Callable[[], None]:
        """Tell from now on what changes; call the answer to end it. `everybody` says, in the same step, what is now."""
        self._followers += 1
        for lock in self._locks():
            self._wait_for_time(lock)
        return self._left

    def changed(self, lock_id: str) -> None:
        """Something about a lock's people is other than before, or the time has come at which it may be."""
        if self._followers:
            self._outdated.add(lock_id)
            if self._soon is None:
                self._soon = asyncio.get_running_loop().call_soon(self.renew)

    def renew(self) -> None:
        """Tell now what is still to be told."""
        if self._soon is not None:
            self._soon.cancel()
            self._soon = None
        if self._outdated:
            self._renew(())

    def everybody(self) -> tuple[People, ...]:
        """All people of all locks, at most `MAX_PEOPLE` in a message. Who follows already hears first what is new."""
        self._renew({lock.id for lock in self._locks()})
        return tuple(
            People(lock=lock.id, users=users)
            for lock in self._locks()
            for users in batched(self._pages[lock.id].sorted(), MAX_PEOPLE, strict=False)
        )

    def of_lock(self, lock_id: str) -> tuple[UserInfo, ...]:
        """The people of one lock, by number and name."""
        self._renew({lock_id} if self._followers else {lock.id for lock in self._locks()})
        return self._pages[lock_id].sorted()

    async def prepare(self) -> None:
        """Make ready what `everybody` will say, a little at a time: the first client may come to hundreds of people."""
        places = self._places_now()
        for lock in self._locks():
            for some in batched(tuple(lock.published.directory.users.values()), _AT_ONCE, strict=False):
                if self._followers:
                    return  # then it is ready, and what is not has yet to be told
                self._page(lock).look_at(some, lock, places)
                await asyncio.sleep(0)

    def stop(self) -> None:
        """Wait for nothing any more."""
        self._followers = 0
        self._rest()

    def _left(self) -> None:
        self._followers -= 1
        if not self._followers:
            self._rest()

    def _rest(self) -> None:
        self._outdated.clear()
        if self._soon is not None:
            self._soon.cancel()
            self._soon = None
        for page in self._pages.values():
            page.forget_time()

    def _renew(self, wanted: Collection[str]) -> None:
        places = self._places_now()
        moved = {key for key in places.keys() | self._places.keys() if places.get(key) != self._places.get(key)}
        self._places = places
        outdated = self._outdated.union(wanted, *(places.get(user_id, ()) for user_id in moved))
        self._outdated.clear()
        for lock in self._locks():
            if lock.id in outdated:
                users, gone = self._page(lock).renew(lock, places)
                self._wait_for_time(lock)
                if self._followers:
                    for some in batched(users, MAX_PEOPLE, strict=False):
                        self._tell(People(lock=lock.id, users=some))
                    if gone:
                        self._tell(People(lock=lock.id, gone=gone))

    def _wait_for_time(self, lock: WithPeople) -> None:
        if self._followers:
            self._page(lock).wait_for_time(lock, lambda: self.changed(lock.id))

    def _page(self, lock: WithPeople) -> _Page:
        return self._pages.setdefault(lock.id, _Page())

    def _places_now(self) -> dict[str, tuple[str, ...]]:
        places: dict[str, tuple[str, ...]] = {}
        for lock in self._locks():
            for user_id in lock.published.directory.users:
                places[user_id] = (*places.get(user_id, ()), lock.id)
        return places


@dataclass(frozen=True, slots=True)
class _Line:
    """What was known of a user when `info` was made."""

    user: User
    hers: tuple[Credential, ...]
    locks: tuple[str, ...]
    refused: Refusal | None
    lost: tuple[int, ...]
    """Numbers, within `hers`, of those whose template is lost."""
    info: UserInfo
    timed: bool
    """Whether time alone can change `refused`."""


class _Page:
    """The people of one lock."""

    def __init__(self) -> None:
        self._lines: dict[str, _Line] = {}
        self._due: Handle | None = None

    def sorted(self) -> tuple[UserInfo, ...]:
        """Everybody, by number and name."""
        infos = (line.info for line in self._lines.values())
        return tuple(sorted(infos, key=lambda user: (user.number or 0, user.name, user.id)))

    def renew(
        self, lock: WithPeople, places: Mapping[str, tuple[str, ...]]
    ) -> tuple[tuple[UserInfo, ...], tuple[str, ...]]:
        """Take over the lock's people: who is new or other than before, and who is gone."""
        users = lock.published.directory.users
        gone = tuple(user_id for user_id in self._lines if user_id not in users)
        for user_id in gone:
            del self._lines[user_id]
        return self.look_at(users.values(), lock, places), gone

    def look_at(
        self, users: Collection[User], lock: WithPeople, places: Mapping[str, tuple[str, ...]]
    ) -> tuple[UserInfo, ...]:
        """Take over some of the lock's people: who is new or other than before."""
        directory, now, zone = lock.published.directory, lock.clock.now(), lock.zone
        other = []
        for user in users:
            before = self._lines.get(user.id)
            hers, locks = directory.of_user(user.id), places.get(user.id, ())
            lost = _lost(hers, lock.published)
            same = before is not None and before.user is user and before.locks == locks and before.hers == hers
            same = same and before is not None and before.lost == lost
            if before is not None and same and not before.timed:
                continue
            refused = entitlement.standing(user, hers, now, zone)
            if before is not None and same and before.refused is refused:
                continue
            info = user_info(user, hers, locks, refused, tuple(lock.published.lost))
            timed = entitlement.changes_at_ms(user, hers, now) is not None
            self._lines[user.id] = _Line(user, hers, locks, refused, lost, info, timed)
            if before is None or before.info != info:
                other.append(info)
        return tuple(other)

    def wait_for_time(self, lock: WithPeople, due: Callable[[], None]) -> None:
        """Call `due` when time alone may change who may enter."""
        self.forget_time()
        now = lock.clock.now()
        timed = (line for line in self._lines.values() if line.timed)
        changes = (entitlement.changes_at_ms(line.user, line.hers, now) for line in timed)
        if (at := min((one for one in changes if one is not None), default=None)) is not None:
            self._due = lock.clock.call_later(_delay_ms(at, now), due)

    def forget_time(self) -> None:
        """Call nothing any more."""
        if self._due is not None:
            self._due.cancel()
            self._due = None


def _lost(hers: tuple[Credential, ...], state: LockState) -> tuple[int, ...]:
    if not state.lost:
        return ()
    return tuple(place for place, item in enumerate(hers) if (item.type, item.slot) in state.lost)


def _delay_ms(at: int, now: Instant) -> int:
    delay = max(1, at - now.wall_ms)
    return delay if now.trusted else min(delay, _UNTRUSTED_MS)
