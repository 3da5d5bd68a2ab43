"""One open line to a PN532: a command, its acknowledgement, its answer, and never two at a time."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, override

from lock_bridge.hardware.doubt import DisturbedError, NoAnswerError
from lock_bridge.hardware.serial_port import SerialPort, UnpluggedError
from lock_bridge.hardware.trouble import PartError

from .commands import Command
from .frames import ACK, Counters, Frame, FrameParser, Kind, build


@dataclass(frozen=True, slots=True, kw_only=True)
class Timing:
    """How long things take, in seconds."""

    first: float = 1.5
    """The first acknowledgement after the opening: USB adapters on a Pi have been seen to take a second for it."""

    acknowledge: float = 0.25
    """The chip takes 15 ms."""

    answer: float = 0.5
    """A look with two tries takes 30 ms."""

    gap: float = 0.05
    """Silence that ends a frame which began: more than all of its bytes take."""

    quiet: float = 0.05
    """Silence after which a line counts as drained."""

    opening: float = 5.0
    """For ports behind a network; a local one opens at once."""

    poll: float = 0.2
    """Between two looks for a card."""

    heartbeat: float = 10.0
    """Between two comparisons of who answers."""


class Link(SerialPort):
    """Sends commands and takes their answers."""

    def __init__(self, timing: Timing, changed: Callable[[], None]) -> None:
        """`changed` is called when the port went away."""
        super().__init__(gap_s=timing.gap, opening_s=timing.opening)
        self.sample = bytearray()
        """The first bytes since it was last cleared: by them another kind of device is known."""
        self._timing = timing
        self._changed = changed
        self._parser = FrameParser()
        self._take: Callable[[Frame], bool] | None = None
        self._abandon: Callable[[PartError], None] | None = None
        self._patience = timing.first

    @property
    def counters(self) -> Counters:
        """What has come over this line."""
        return self._parser.counters

    async def ask[T](self, command: Command[T]) -> T:
        """Send a command and wait for its answer; it counts only if nothing else has come meanwhile.

        Raises `NoAnswerError`, `DisturbedError` or `UnpluggedError`.
        """
        if self._take is not None:
            raise RuntimeError("One command at a time.")
        before = self.counters.disturbances
        patience, self._patience = self._patience, self._timing.acknowledge
        future: asyncio.Future[T] = self._loop.create_future()
        acknowledged = False

        def abandon(error: PartError) -> None:
            if not future.done():
                future.set_exception(error)

        try:
            async with asyncio.timeout(patience) as limit:

                def take(frame: Frame) -> bool:
                    """Whether the frame belongs here: first an acknowledgement, then an answer, each once."""
                    nonlocal acknowledged
                    if future.done() or limit.expired():
                        return False
                    match frame.kind:
                        case Kind.ACK if not acknowledged:
                            acknowledged = True
                            limit.reschedule(self._loop.time() + self._timing.answer)
                            return True
                        case Kind.ANSWER if acknowledged and (value := command.answer(frame.data)) is not None:
                            future.set_result(value)
                            return True
                        case Kind.NACK | Kind.ERROR:
                            future.set_exception(DisturbedError(f"the chip could not take {command.code.name}"))
                            return True
                    return False

                self._take, self._abandon = take, abandon
                self.write(build(command.payload))
                answer = await future
        except TimeoutError as error:
            self.counters.unanswered += 1
            what = f"no answer to {command.code.name}"
            disturbed = self.counters.disturbances != before
            raise (DisturbedError(f"{what}, but noise") if disturbed else NoAnswerError(what)) from error
        finally:
            self._take = self._abandon = None
        if self.counters.disturbances != before:
            raise DisturbedError("noise on the line")
        return answer

    async def settle(self) -> None:
        """Wake the chip, end what it does, and put all that may still come behind us."""
        self.write(_WAKE + ACK)
        await self.drained(self._timing.quiet)

    @override
    def received(self, data: bytes) -> bool:
        self.sample += data[: _SAMPLE - len(self.sample)]
        self._sort(self._parser.feed(data))
        return self._parser.pending

    @override
    def silent(self) -> None:
        self._sort(self._parser.silence())

    @override
    def went_away(self, error: UnpluggedError) -> None:
        if self._abandon is not None:
            self._abandon(error)
        self._changed()

    def _sort(self, frames: list[Frame]) -> None:
        for frame in frames:
            wanted = self._take is not None and self._take(frame)
            self.counters.unexpected += not wanted


_WAKE: Final = b"\x55\x55" + bytes(14)
"""The first bytes end the chip's sleep, and at this rate the others take as long as that needs."""

_SAMPLE: Final = 64
