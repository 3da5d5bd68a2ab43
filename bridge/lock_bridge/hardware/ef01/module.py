"""A module behind a link: who it is, what it holds, and what it sees, each said only when the line was clean."""

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import groupby
from typing import Final

from lock_bridge.hardware.doubt import DisturbedError, NoAnswerError, RestartedError
from lock_bridge.hardware.trouble import PartError, Trouble

from . import commands
from .commands import SLOTS_PER_PAGE, Answer, Command, Found, Glow, Product, Status
from .link import Link

CLASSIC_BUFFERS: Final = 2
"""ZFM-20/60, AS608, R307 and their like combine two touches."""

LATER_BUFFERS: Final = 6
"""R502, R503 and their like combine up to six. They are the ones that know `READ_PRODUCT`; a classic module that knew
it too would take each buffer above 1 for buffer 2, and combine the first touch with the last: also a right template."""


@dataclass(frozen=True, slots=True)
class Identity:
    """By what a module is told from another one; `product` is None for modules that do not know theirs."""

    system_id: int
    capacity: int
    product: Product | None


class Module:
    """One greeted module. All methods raise `PartError`; after a `DoubtError` it must be greeted again."""

    def __init__(self, link: Link, *, password: int = 0, buffers: int | None = None) -> None:
        self.link = link
        self.finger = False
        """Something lay on the glass at the last look."""

        self._password = password
        self._buffers = buffers
        self._identity: Identity | None = None
        self._ring = True
        self._restarts = self._disturbances = 0

    @property
    def identity(self) -> Identity:
        """Who answered the last greeting."""
        if self._identity is None:
            raise RuntimeError("The module has not been greeted.")
        return self._identity

    @property
    def buffers(self) -> int:
        """How many touches the module itself can combine."""
        if self._buffers is not None:
            return self._buffers
        return CLASSIC_BUFFERS if self.identity.product is None else LATER_BUFFERS

    async def greet(self) -> Identity:
        """Begin to work with the module, or find out whether it is still the same."""
        parameters = await self.link.resynchronise(self._password)
        self._settle()
        if parameters.capacity == 0:
            raise PartError("the module has no library", Trouble.UNSUPPORTED)
        with self._clean():
            product = await self._product()
        self._identity = Identity(parameters.system_id, parameters.capacity, product)
        return self._identity

    async def inventory(self) -> frozenset[int]:
        """The occupied slots."""
        slots: set[int] = set()
        with self._clean():
            for page in range(-(-self.identity.capacity // SLOTS_PER_PAGE)):
                answer = await self._ask(commands.read_index(page))
                if answer.value is None:
                    raise PartError("the module does not tell which slots it holds", Trouble.UNSUPPORTED)
                slots |= answer.value
        return frozenset(slot for slot in slots if slot < self.identity.capacity)

    async def glimpse(self) -> int:
        """Look at the glass: `OK`, `NO_FINGER`, or why there is no picture."""
        with self._clean():
            return await self._image()

    async def capture(self, buffer: int) -> int:
        """Look at the glass and read what lies there into a buffer: `OK`, `NO_FINGER`, or why it could not be read."""
        with self._clean():
            if (image := await self._image()) != Status.OK:
                return image
            return (await self._ask(commands.extract(buffer))).status

    async def search(self) -> Found | None:
        """The template that matches the features in buffer 1."""
        with self._clean():
            answer = await self._ask(commands.search(1, self.identity.capacity))
        if answer.ok:
            return answer.value
        if answer.status not in _NOT_FOUND:
            raise DisturbedError(f"search ended with {answer.status:#04x}")
        return None

    async def matches(self) -> bool:
        """Whether the features read last are of the finger whose touches were combined."""
        with self._clean():
            return (await self._ask(commands.match())).ok

    async def combine(self) -> bool:
        """Make a template of what the buffers hold; False when it is not of one finger."""
        with self._clean():
            return (await self._ask(commands.combine())).ok

    async def store(self, slot: int) -> bool:
        """Keep the combined template; True when the slot is seen to hold one afterwards."""
        with self._clean():
            stored = await self._ask(commands.store(slot))
        return stored.ok and slot in await self.inventory()

    async def forget(self, slots: Collection[int]) -> frozenset[int]:
        """Delete templates; the slots that are occupied afterwards."""
        for first, count in _runs(slots):
            await self._ask(commands.delete(first, count))
        return await self.inventory()

    async def restart(self) -> bool:
        """Start the module anew, so that no touch of an earlier enrolment is left in its buffers; False when it cannot.

        Either way it must be greeted again.
        """
        self._check()
        self.link.ready.clear()
        try:
            if not (await self.link.ask(commands.soft_reset())).ok:
                return False
        except NoAnswerError:
            return False
        await self.link.restarted()
        return True

    async def show(self, glow: Glow) -> None:
        """Light the ring, if there is one; what it cannot show is no fault."""
        if not self._ring:
            return
        try:
            self._ring = (await self.link.ask(commands.ring(glow))).ok
        except NoAnswerError:
            self._ring = False
            raise

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

    async def _ask[T](self, command: Command[T]) -> Answer[T]:
        answer = await self.link.ask(command)
        match answer.status:
            case Status.RECEIVE_ERROR | Status.FAILED:
                raise DisturbedError(f"the module could not take {command.code.name}")
            case Status.PASSWORD_NEEDED:
                raise RestartedError("the module has forgotten that we said the password")
            case Status.WRONG_ADDRESS:
                raise PartError("the module has another address", Trouble.SETTINGS)
        return answer

    async def _image(self) -> int:
        status = (await self._ask(commands.get_image())).status
        self.finger = status != Status.NO_FINGER
        return status

    async def _product(self) -> Product | None:
        """Ask for what older modules do not know: some refuse it, others keep silent.

        One lost or damaged try must not make a module look like another one.
        """
        for _ in range(_TRIES):
            try:
                answer = await self._ask(commands.read_product())
            except NoAnswerError:
                await self.link.resynchronise(self._password)
            except DisturbedError:
                self._check()
            else:
                return answer.value
        return None


_TRIES: Final = 3
_NOT_FOUND: Final = frozenset({Status.NOT_FOUND, Status.EMPTY_LIBRARY})


def _runs(slots: Collection[int]) -> Iterator[tuple[int, int]]:
    """Runs of neighbours, as (first, count)."""
    for _, run in groupby(enumerate(sorted(slots)), key=lambda pair: pair[1] - pair[0]):
        members = [slot for _, slot in run]
        yield members[0], len(members)
