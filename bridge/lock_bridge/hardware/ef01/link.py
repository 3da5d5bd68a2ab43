"""One open line to a module: a command, its answer, and never two at a time."""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Final, override

from lock_bridge.hardware.doubt import DisturbedError, DoubtError, NoAnswerError, RestartedError
from lock_bridge.hardware.serial_port import SerialPort, UnpluggedError
from lock_bridge.hardware.trouble import PartError, Trouble

from .commands import Answer, Command, Parameters, Status, read_parameters, verify_password
from .frames import DEFAULT_ADDRESS, Counters, Frame, FrameParser, FrameType, build

_BABBLE: Final = 4
"""So many bytes are more than a plug that is put in: somebody speaks, at another rate."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Timing:
    """How long things take, in seconds."""

    answer: float = 1.0
    """A module answers within 0.5 s; ESPHome waits as long as this."""

    opening: float = 5.0
    """For ports behind a network; a local one opens at once."""

    gap: float = 0.15
    """Silence that ends a frame which began: hundreds of bytes' time at the slowest rate."""

    quiet: float = 0.1
    """Silence after which a line counts as drained; a babbling one is given ten times as long."""

    restart: float = 0.5
    """From a soft reset to the ready byte: 50 to 200 ms by the manuals."""

    poll: float = 0.15
    """Between two looks at the glass."""

    heartbeat: float = 10.0
    """Between two signs of life where a touch pin makes polling needless."""

    touch: float = 20.0
    """How long an enrolment waits for the next touch (as for palm veins, DLM-14)."""

    lift: float = 2.0
    """How long a finger may stay after a step before it is asked to be lifted."""

    backoff_first: float = 0.5
    backoff_longest: float = 30.0


class Link(SerialPort):
    """Sends commands and takes their answers. Raises `UnpluggedError` once the port is gone."""

    def __init__(self, timing: Timing, changed: Callable[[], None], *, address: int = DEFAULT_ADDRESS) -> None:
        """`changed` is called when something came that nobody asked for, and when the port went away."""
        super().__init__(gap_s=timing.gap, opening_s=timing.opening)
        self.ready = asyncio.Event()
        self._timing = timing
        self._address = address
        self._changed = changed
        self._parser = FrameParser(address)
        self._offer: Callable[[bytes], bool] | None = None
        self._abandon: Callable[[PartError], None] | None = None

    @property
    def counters(self) -> Counters:
        """What has come over this line."""
        return self._parser.counters

    async def ask[T](self, command: Command[T]) -> Answer[T]:
        """Send a command and wait for its answer. Raises `NoAnswerError`, `RestartedError`, `UnpluggedError`."""
        if self._offer is not None:
            raise RuntimeError("One command at a time.")
        future: asyncio.Future[Answer[T]] = self._loop.create_future()

        def offer(payload: bytes) -> bool:
            answer = None if future.done() else command.answer(payload)
            if answer is not None:
                future.set_result(answer)
            return answer is not None

        def abandon(error: PartError) -> None:
            if not future.done():
                future.set_exception(error)

        self._offer, self._abandon = offer, abandon
        try:
            self.write(build(command.payload, address=self._address))
            async with asyncio.timeout(self._timing.answer):
                return await future
        except TimeoutError as error:
            self.counters.unanswered += 1
            raise NoAnswerError(f"no answer to {command.code.name}") from error
        finally:
            self._offer = self._abandon = None

    async def restarted(self) -> None:
        """Wait for the ready byte of a module that was told to start anew; some send none."""
        with suppress(TimeoutError):
            async with asyncio.timeout(self._timing.restart):
                await self.ready.wait()

    async def resynchronise(self, password: int) -> Parameters:
        """Put everything behind us that may still come: after this the next answer belongs to the next command.

        A module answers in order, and no other answer looks like that to `READ_PARAMETERS`: what was late is past.
        """
        before = self.heard
        try:
            return await self._fence(password)
        except DoubtError:
            # A busy or starting module loses a command, and a USB adapter may take a second after its opening.
            pass
        try:
            return await self._fence(password)
        except NoAnswerError as error:
            if (heard := self.heard - before) >= _BABBLE:
                raise PartError(f"{heard} bytes came, and no answer among them", Trouble.GARBLED) from error
            raise PartError("the module is silent", Trouble.NO_ANSWER) from error

    @override
    def received(self, data: bytes) -> bool:
        self._take(lambda: self._parser.feed(data))
        return self._parser.pending

    @override
    def silent(self) -> None:
        self._take(self._parser.silence)

    @override
    def went_away(self, error: UnpluggedError) -> None:
        if self._abandon is not None:
            self._abandon(error)
        self._changed()

    def _take(self, parse: Callable[[], list[Frame]]) -> None:
        counters = self.counters
        restarts, disturbances = counters.restarts, counters.disturbances
        for frame in parse():
            wanted = frame.type is FrameType.ANSWER and self._offer is not None and self._offer(frame.payload)
            counters.unexpected += not wanted
        if counters.restarts != restarts:
            self.ready.set()
            if self._abandon is not None:
                self._abandon(RestartedError("the module has started anew"))
        if counters.disturbances != disturbances:
            self._changed()

    async def _fence(self, password: int) -> Parameters:
        await self.drained(self._timing.quiet)
        verdict = await self.ask(verify_password(password))
        if verdict.status == Status.WRONG_PASSWORD:
            raise PartError("the module refuses the password", Trouble.WRONG_PASSWORD)
        # Any other verdict may be a late answer to something else; with a wrong password nobody gets further.
        parameters = (await self.ask(read_parameters())).value
        if parameters is None:
            raise DisturbedError("no parameters")
        return parameters
