"""A serial port that one driver has for itself: opened, watched for silence, given back."""

import asyncio
import logging
from contextlib import suppress
from typing import override

from .trouble import PartError, Trouble


class UnpluggedError(PartError):
    """The port went away."""

    def __init__(self, what: str = "the port went away") -> None:
        super().__init__(what, Trouble.UNPLUGGED)


class SerialPort(asyncio.Protocol):
    """The bytes of one opening of a port; whoever reads frames from them inherits.

    Every call that fails raises `OSError` or `PartError`.
    """

    def __init__(self, *, gap_s: float = 0.15, opening_s: float = 5.0) -> None:
        """`gap_s` is the silence that ends a frame which began; `opening_s` is for ports behind a network."""
        self.lost: UnpluggedError | None = None
        """Set once the port is away."""
        self.heard = 0
        """Bytes that have come."""
        self._gap_s = gap_s
        self._opening_s = opening_s
        self._loop = asyncio.get_running_loop()
        self._transport: asyncio.Transport | None = None
        self._closed = asyncio.Event()
        self._gap: asyncio.TimerHandle | None = None

    async def open(self, url: str, baudrate: int) -> None:
        """Open a path, or a URL of serialx, for this process alone."""
        # Imported here so that a bridge without serial parts never loads it.
        import serialx

        keep_bytes_out_of_the_log()
        try:
            async with asyncio.timeout(self._opening_s):
                await serialx.create_serial_connection(self._loop, lambda: self, url, baudrate=baudrate)
        except (serialx.SerialException, ValueError) as error:
            raise PartError(str(error), Trouble.SETTINGS) from error

    async def close(self) -> None:
        """Give the port back."""
        self._end_gap()
        if self._transport is None:
            return
        self._transport.abort()
        async with asyncio.timeout(self._opening_s):
            await self._closed.wait()

    def write(self, data: bytes) -> None:
        """Send bytes. Raises `UnpluggedError`."""
        if self.lost is not None or self._transport is None:
            raise UnpluggedError("the port is not open")
        self._transport.write(data)

    async def drained(self, quiet_s: float = 0.1) -> None:
        """Wait until nothing has come for `quiet_s`; a babbling line is given ten times as long."""
        with suppress(TimeoutError):
            async with asyncio.timeout(10 * quiet_s):
                heard = -1
                while heard != self.heard:
                    heard = self.heard
                    await asyncio.sleep(quiet_s)

    def received(self, data: bytes) -> bool:
        """Bytes have come. Returns whether they end within a frame, so that `silent` is wanted."""
        raise NotImplementedError

    def silent(self) -> None:
        """The frame that began has not gone on."""

    def went_away(self, error: UnpluggedError) -> None:
        """The port is gone, by itself or by `close`."""

    @override
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        if not isinstance(transport, asyncio.Transport):
            raise TypeError("a serial transport reads and writes")
        self._transport = transport

    @override
    def connection_lost(self, exc: Exception | None) -> None:
        self.lost = UnpluggedError()
        self._closed.set()
        self._end_gap()
        self.went_away(self.lost)

    @override
    def data_received(self, data: bytes) -> None:
        self.heard += len(data)
        pending = self.received(data)
        self._end_gap()
        if pending:
            self._gap = self._loop.call_later(self._gap_s, self._gap_over)

    def _gap_over(self) -> None:
        self._gap = None
        self.silent()

    def _end_gap(self) -> None:
        if self._gap is not None:
            self._gap.cancel()
            self._gap = None


def keep_bytes_out_of_the_log() -> None:
    """At level DEBUG serialx logs each byte; passwords, card numbers and keys are among them."""
    logger = logging.getLogger("serialx")
    if logger.getEffectiveLevel() < logging.INFO:
        logger.setLevel(logging.INFO)
