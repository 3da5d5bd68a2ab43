"""A module behind a link: who it is, whom it holds, and whom it sees, each said only when the line was clean."""

import asyncio
from collections.abc import Collection, Iterator
from contextlib import contextmanager

from lock_bridge.hardware.doubt import DisturbedError, DoubtError, NoAnswerError, RestartedError
from lock_bridge.hardware.trouble import PartError, Trouble
from lock_bridge.wire.words import CredentialType

from . import commands
from .commands import Answer, Learnt, Match, Result, Status
from .dialects import DIALECTS, NO_MATCH, PALM, Dialect
from .known import Identity, Listing, Users
from .link import Link, Timing


class Module:
    """One greeted module. All methods raise `PartError`; after a `DoubtError` it must be greeted again."""

    def __init__(self, link: Link, timing: Timing, dialect: Dialect | None) -> None:
        """Without a `dialect`, it is the one that the module's version tells."""
        self.link = link
        self._timing = timing
        self._configured = dialect
        self._dialect = dialect
        self._identity: Identity | None = None
        self._restarts = self._disturbances = 0
        self._named_at: int | None = None
        """How often it had started anew when all names were asked for."""
        self._names: Users = {}
        """What it has told since then."""

    @property
    def identity(self) -> Identity:
        """Who answered the last greeting."""
        if self._identity is None:
            raise RuntimeError("The module has not been greeted.")
        return self._identity

    @property
    def dialect(self) -> Dialect:
        """What it understands."""
        if self._dialect is None:
            raise RuntimeError("The module has not been greeted.")
        return self._dialect

    async def greet(self) -> Identity:
        """Begin to work with the module, or find out whether it is still the same. What it was doing ends."""
        await self.link.drained(self._timing.quiet)
        await self.link.ask(commands.reset())
        status = await self.link.ask(commands.get_status())
        if status.value != Status.STANDBY:
            raise NoAnswerError("the module is not ready")
        # Whatever was late is past: it answers in order, and has nothing to do.
        self._settle()
        with self._clean():
            version = (await self.link.ask(commands.version())).value
            serial = (await self.link.ask(commands.serial())).value
        self._dialect = self._recognised(version or "")
        self._identity = Identity(version or "", serial or "")
        return self._identity

    async def listing(self, known: Users) -> Listing:
        """Who is enrolled. At first, and after each start of the module, it is asked for all names, later for new ones.

        What a module cannot be asked for is taken from `known`.
        """
        dialect = self.dialect
        believed = known if not dialect.tells_names else self._names if self._named_at == self._restarts else {}
        users: dict[CredentialType, dict[int, str]] = {kind: {} for kind in dialect.kinds}
        surplus: dict[CredentialType, int] = {}
        with self._clean():
            listed = (await self.link.ask(dialect.list_ids())).value
            if listed is None:
                raise PartError("the module does not tell whom it holds", Trouble.UNSUPPORTED)
            for user in listed:
                kind = next((kind for kind, ids in dialect.ids.items() if user in ids), None)
                if kind is None:
                    raise PartError(f"the module has a user {user}, who cannot be", Trouble.UNSUPPORTED)
                users[kind][user] = believed.get(kind, {}).get(user) or await self._name(user)
            if dialect.lists == "by kind":
                count = (await self.link.ask(dialect.count_palms())).value
                if count is None:
                    raise PartError("the module does not tell how many palms it holds", Trouble.UNSUPPORTED)
                users[PALM] = dict(known.get(PALM, {}))
                surplus[PALM] = count - len(users[PALM])
        self._named_at, self._names = self._restarts, users
        return Listing(users, surplus)

    async def verify(self, stop: asyncio.Event) -> Answer[Match] | None:
        """Look for somebody once; None when it was broken off. With result `UNKNOWN_USER` somebody is not known."""
        seconds = self._timing.look
        with self._clean():
            answer = await self.link.perform(commands.verify(seconds), seconds, stop)
            if answer is not None and answer.result == Result.REJECTED:
                # It says so of strangers, and when it is busy with something else.
                status = await self.link.ask(commands.get_status())
                if status.value != Status.STANDBY:
                    raise DisturbedError("the module is busy with something else")
        if answer is not None and answer.result in NO_MATCH:
            return Answer(Result.UNKNOWN_USER)
        return answer

    async def learn(
        self, kind: CredentialType, name: str, pose: int, seconds: int, stop: asyncio.Event
    ) -> Answer[Learnt] | None:
        """Learn one pose of somebody; None when it was broken off."""
        with self._clean():
            return await self.link.perform(self.dialect.enrol(kind, name, pose, seconds), seconds, stop)

    async def check(self, user: int, name: str) -> bool:
        """Whether a user has this name, as far as the module tells."""
        with self._clean():
            return not self.dialect.tells_names or await self._name(user) == name

    async def forget_poses(self) -> None:
        """Forget what an enrolment that was not completed has taken."""
        if self.dialect.learns_poses:
            await self.link.ask(commands.forget_poses())

    async def forget(self, kind: CredentialType, users: Collection[int]) -> frozenset[int]:
        """Delete users; those that are said to be gone, or not to have been there."""
        gone = set()
        for user in sorted(users):
            answer = await self.link.ask(self.dialect.delete(kind, user), self._timing.delete)
            if answer.ok or answer.result == Result.UNKNOWN_USER:
                gone.add(user)
        return frozenset(gone)

    async def forgets_hidden(self, kind: CredentialType, user: int) -> bool:
        """Delete a user who may be there; whether she was."""
        return (await self.link.ask(self.dialect.delete(kind, user), self._timing.delete)).ok

    async def forget_all(self) -> None:
        """Delete everybody."""
        answer = await self.link.ask(self.dialect.delete_all(), self._timing.delete)
        if not answer.ok:
            raise PartError("the module does not forget whom it holds", Trouble.UNSUPPORTED)

    @contextmanager
    def _clean(self) -> Iterator[None]:
        """What is found out inside counts only if nothing unasked has come over the line since the greeting."""
        self._check()
        yield
        self._check()

    def _settle(self) -> None:
        counters = self.link.counters
        self._restarts, self._disturbances = counters.restarts, counters.disturbances

    def _check(self) -> None:
        counters = self.link.counters
        if counters.restarts != self._restarts:
            raise RestartedError("the module has started anew")
        if counters.disturbances != self._disturbances:
            raise DisturbedError("noise on the line")

    async def _name(self, user: int) -> str:
        if not self.dialect.tells_names:
            return ""
        answer = await self.link.ask(commands.user_info(user))
        if answer.value is None:
            raise DoubtError(f"the module does not know its user {user}", Trouble.GARBLED)
        return answer.value

    def _recognised(self, version: str) -> Dialect:
        told = next(
            (dialect for dialect in DIALECTS.values() if any(mark in version.upper() for mark in dialect.marks)), None
        )
        if self._configured is None and told is None:
            raise PartError(
                f"version {version!r} is of no module that is known: name its dialect in the config",
                Trouble.UNSUPPORTED,
            )
        if self._configured is not None and told not in (None, self._configured):
            raise PartError(f"version {version!r} is not of dialect {self._configured.name}", Trouble.UNSUPPORTED)
        found = self._configured or told
        assert found is not None  # noqa: S101 - one of the two is there
        return found
