"""One open line to a module: a command and its reply, a long task that can be broken off, notes at any time."""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, override

from lock_bridge.hardware.doubt import DisturbedError, NoAnswerError, RestartedError
from lock_bridge.hardware.serial_port import SerialPort, UnpluggedError
from lock_bridge.hardware.trouble import PartError

from .commands import Answer, Code, Command, NoteType, reset
from .frames import Counters, Frame, FrameParser, FrameType, build


@dataclass(frozen=True, slots=True, kw_only=True)
class Timing:
    """How long things take, in seconds."""

    reply: float = 3.0
    """A module answers most commands within 2 s."""

    delete: float = 10.0
    """Forgetting somebody takes up to 5 s."""

    margin: float = 5.0
    """What a task may take beyond the time that it was given."""

    grace: float = 0.5
    """For the reply of a task that was broken off."""

    opening: float = 5.0
    """For ports behind a network; a local one opens at once."""

    gap: float = 0.15
    """Silence that ends a frame which began: pauses within a frame are below 0.1 s."""

    quiet: float = 0.1
    """Silence after which a line counts as drained; a babbling one is given ten times as long."""

    heartbeat: float = 10.0
    """Between two signs of life."""

    pause: float = 0.2
    """Between two looks."""

    second: float = 1.0
    """A second of the module; only one that is played counts faster."""

    look: int = 10
    """How long one look lasts; the module counts it."""

    pose: int = 30
    """How long an enrolment waits for the next pose; the module counts it."""

    palm: int = 20
    """How long it waits for a palm (DLM-14); the module counts it."""

    absent: float = 1.0
    """Nothing has been seen for so long: what is seen then has come anew."""

    near: float = 5.0
    """No face has been seen for so long: whoever was near has gone."""

    bother: float = 3.0
    """A face that is covered or not at arm's length for so long fails an enrolment (DLM-5)."""

    far: float = 1.0
    """A palm that is too far away for so long is asked to come closer (DLM-14)."""

    backoff_first: float = 0.5
    backoff_longest: float = 30.0


class Link(SerialPort):
    """Sends commands and takes their replies. Raises `UnpluggedError` once the port is gone."""

    def __init__(self, timing: Timing, noted: Callable[[bytes], None], changed: Callable[[], None]) -> None:
        """`noted` hears notes; `changed` is called at what nobody asked for, and when the port went away."""
        super().__init__(gap_s=timing.gap, opening_s=timing.opening)
        self._timing = timing
        self._noted = noted
        self._changed = changed
        self._parser = FrameParser()
        self._pending: dict[Code, _Pending] = {}
        self._broken_off: Code | None = None
        self._disturbed = asyncio.Event()

    @property
    def counters(self) -> Counters:
        """What has come over this line."""
        return self._parser.counters

    @property
    def is_owed(self) -> bool:
        """A task was broken off, and its own reply has not come."""
        return self._broken_off is not None

    async def ask[T](self, command: Command[T], seconds: float | None = None) -> Answer[T]:
        """Send a command and wait for its reply. Raises `NoAnswerError`, `RestartedError`, `UnpluggedError`."""
        with self._expected(command) as reply:
            self.write(build(command.code, command.data))
            await asyncio.wait({reply}, timeout=seconds or self._timing.reply)
            return self._result(command, reply)

    async def perform[T](self, command: Command[T], seconds: float, stop: asyncio.Event) -> Answer[T] | None:
        """Have a task done that takes a while; None when it was broken off by `stop`. Raises like `ask`.

        Its own reply, which may still come, is waited for: it must not be taken for that of a later task. At a
        disturbance it raises `DisturbedError`: the reply would not be believed, and may have been what was disturbed.
        """
        with self._expected(command) as reply:
            disturbances = self.counters.disturbances
            self._disturbed.clear()
            self.write(build(command.code, command.data))
            stopping = asyncio.ensure_future(stop.wait())
            noise = asyncio.ensure_future(self._disturbed.wait())
            either: set[asyncio.Future[Any]] = {reply, stopping, noise}
            try:
                longest = seconds * self._timing.second + self._timing.margin
                await asyncio.wait(either, timeout=longest, return_when=asyncio.FIRST_COMPLETED)
            finally:
                stopping.cancel()
                noise.cancel()
            if self.counters.disturbances != disturbances and self.lost is None and not _failed(reply):
                raise DisturbedError("noise on the line")
            if reply.done() or not stop.is_set():
                return self._result(command, reply)
            await self.ask(reset())
            await asyncio.wait({reply}, timeout=self._timing.grace)
            if reply.done():
                self._result(command, reply)
            else:
                self._broken_off = command.code
            return None

    @override
    def received(self, data: bytes) -> bool:
        self._take(lambda: self._parser.feed(data))
        return self._parser.pending

    @override
    def silent(self) -> None:
        self._take(self._parser.silence)

    @override
    def went_away(self, error: UnpluggedError) -> None:
        self._abandon(error)
        self._changed()

    @contextmanager
    def _expected[T](self, command: Command[T]) -> Iterator[asyncio.Future[Answer[T]]]:
        if command.code in self._pending or len(self._pending) > 1:
            raise RuntimeError("One command at a time.")
        pending: _Pending = _Pending(command, self._loop.create_future())
        self._pending[command.code] = pending
        try:
            yield pending.reply
        finally:
            del self._pending[command.code]
            pending.reply.cancel()

    def _result[T](self, command: Command[T], reply: asyncio.Future[Answer[T]]) -> Answer[T]:
        if reply.done():
            return reply.result()
        self.counters.unanswered += 1
        raise NoAnswerError(f"no answer to {command.code.name}")

    def _take(self, parse: Callable[[], list[Frame]]) -> None:
        before = self.counters.disturbances
        for frame in parse():
            match frame.type:
                case FrameType.REPLY:
                    self._reply(frame.data)
                case FrameType.NOTE:
                    self._note(frame.data)
                case FrameType.IMAGE | FrameType.LOG | FrameType.DATA:
                    pass  # nobody has asked for it, and nothing follows from it
        if self.counters.disturbances != before:
            self._disturbed.set()
            self._changed()

    def _reply(self, data: bytes) -> None:
        pending = self._pending.get(data[0])  # type: ignore[call-overload]
        if pending is not None and not pending.reply.done():
            answer = pending.command.answer(data)
            if answer is not None:
                pending.reply.set_result(answer)
                return
        if pending is None and data[0] == self._broken_off:
            self._broken_off = None
            self.counters.late += 1
        else:
            self.counters.unexpected += 1

    def _note(self, data: bytes) -> None:
        if data[0] == NoteType.READY:
            self.counters.restarts += 1
            self._broken_off = None
            self._abandon(RestartedError("the module has started anew"))
        else:
            self._noted(data)

    def _abandon(self, error: PartError) -> None:
        for pending in self._pending.values():
            if not pending.reply.done():
                pending.reply.set_exception(error)
                pending.reply.exception()  # whoever waits still gets it; if nobody does, that is no mistake


def _failed(reply: asyncio.Future[Any]) -> bool:
    return reply.done() and reply.exception() is not None


@dataclass(frozen=True, slots=True)
class _Pending:
    command: Command[Any]
    reply: asyncio.Future[Answer[Any]]
