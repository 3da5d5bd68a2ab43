"""One open line to a module: a command, its answer, and never two at a time."""

import asyncio
import logging
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Final, override

from .commands import Answer, Command, Parameters, Status, read_parameters, verify_password
from .faults import DisturbedError, DoubtError, ModuleError, NoAnswerError, RestartedError, Trouble, UnpluggedError
from .frames import DEFAULT_ADDRESS, Counters, Frame, FrameParser, FrameType, build


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


class Link(asyncio.Protocol):
    """Sends commands and takes their answers. Raises `UnpluggedError` once the port is gone."""

    def __init__(self, timing: Timing, changed: Callable[[], None], *, address: int = DEFAULT_ADDRESS) -> None:
        """`changed` is called when something came that nobody asked for, and when the port went away."""
        self.ready = asyncio.Event()
        self._timing = timing
        self._address = address
        self._changed = changed
        self._parser = FrameParser(address)
        self._loop = asyncio.get_running_loop()
        self._transport: asyncio.Transport | None = None
        self._closed = asyncio.Event()
        self._lost: UnpluggedError | None = None
        self._offer: Callable[[bytes], bool] | None = None
        self._abandon: Callable[[ModuleError], None] | None = None
        self._gap: asyncio.TimerHandle | None = None
        self._heard = 0

    @property
    def counters(self) -> Counters:
        """What has come over this line."""
        return self._parser.counters

    async def open(self, url: str, baudrate: int) -> None:
        """Open the port for this process alone. Raises `OSError`, or `ModuleError` for settings that no port has."""
        # Imported here so that a bridge without serial parts never loads it.
        import serialx

        _keep_bytes_out_of_the_log()
        try:
            async with asyncio.timeout(self._timing.opening):
                await serialx.create_serial_connection(self._loop, lambda: self, url, baudrate=baudrate)
        except (serialx.SerialException, ValueError) as error:
            raise ModuleError(str(error), Trouble.SETTINGS) from error

    async def close(self) -> None:
        """Give the port back."""
        if self._gap is not None:
            self._gap.cancel()
        if self._transport is None:
            return
        self._transport.abort()
        async with asyncio.timeout(self._timing.opening):
            await self._closed.wait()

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

        def abandon(error: ModuleError) -> None:
            if not future.done():
                future.set_exception(error)

        self._offer, self._abandon = offer, abandon
        try:
            self._write(build(command.payload, address=self._address))
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
        try:
            return await self._fence(password)
        except DoubtError:
            # A busy or starting module loses a command, and a USB adapter may take a second after its opening.
            pass
        try:
            return await self._fence(password)
        except NoAnswerError as error:
            raise ModuleError("the module is silent") from error

    @override
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        if not isinstance(transport, asyncio.Transport):
            raise TypeError("a serial transport reads and writes")
        self._transport = transport

    @override
    def connection_lost(self, exc: Exception | None) -> None:
        self._lost = UnpluggedError("the port went away")
        self._closed.set()
        if self._gap is not None:
            self._gap.cancel()
        if self._abandon is not None:
            self._abandon(self._lost)
        self._changed()

    @override
    def data_received(self, data: bytes) -> None:
        self._heard += len(data)
        self._take(lambda: self._parser.feed(data))
        if self._gap is not None:
            self._gap.cancel()
            self._gap = None
        if self._parser.pending:
            self._gap = self._loop.call_later(self._timing.gap, self._silence)

    def _silence(self) -> None:
        self._gap = None
        self._take(self._parser.silence)

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

    def _write(self, data: bytes) -> None:
        if self._lost is not None or self._transport is None:
            raise UnpluggedError("the port is not open")
        self._transport.write(data)

    async def _fence(self, password: int) -> Parameters:
        await self._drain()
        verdict = await self.ask(verify_password(password))
        if verdict.status == Status.WRONG_PASSWORD:
            raise ModuleError("the module refuses the password", Trouble.WRONG_PASSWORD)
        # Any other verdict may be a late answer to something else; with a wrong password nobody gets further.
        parameters = (await self.ask(read_parameters())).value
        if parameters is None:
            raise DisturbedError("no parameters")
        return parameters

    async def _drain(self) -> None:
        """Wait until nothing comes any more."""
        quiet = self._timing.quiet
        with suppress(TimeoutError):
            async with asyncio.timeout(10 * quiet):
                heard = -1
                while heard != self._heard:
                    heard = self._heard
                    await asyncio.sleep(quiet)


_SERIALX: Final = "serialx"


def _keep_bytes_out_of_the_log() -> None:
    """At level DEBUG serialx logs each byte, and the module's password is among them."""
    logger = logging.getLogger(_SERIALX)
    if logger.getEffectiveLevel() < logging.INFO:
        logger.setLevel(logging.INFO)
