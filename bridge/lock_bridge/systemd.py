"""What systemd is told: ready, stopping, status, and a sign of life only while everything that matters answers."""

import asyncio
import logging
import os
import socket
from collections.abc import Awaitable, Callable, Mapping, Sequence
from time import monotonic
from typing import Final

_LOG = logging.getLogger(__name__)

MAX_LAG_S: Final = 2.0
"""An event loop that comes back later than this is no longer in time for a door."""

_BEATS: Final = 3
"""Signs of life in one period of the watchdog, so that a slow disk costs one of them and not the service."""


def notify(message: str, environment: Mapping[str, str] = os.environ) -> bool:
    """Tell the service manager, if there is one: `READY=1`, `STOPPING=1`, `STATUS=…`, several on a line each.

    True when it was told. Never raises: nobody's door depends on it.
    """
    address = environment.get("NOTIFY_SOCKET", "")
    if not address:
        return False
    if address.startswith("@"):
        address = "\0" + address[1:]  # one of Linux's abstract addresses
    try:
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as connection:
            connection.setblocking(False)  # a manager that does not read must not hold the loop
            connection.sendto(message.encode(), address)
    except OSError as error:
        _LOG.warning("systemd cannot be told: %s", error)
        return False
    return True


def watchdog_period_s(environment: Mapping[str, str] = os.environ) -> float | None:
    """How long the service manager waits for a sign of life; None: it waits for none."""
    try:
        microseconds = int(environment.get("WATCHDOG_USEC", "0"))
        watched = int(environment.get("WATCHDOG_PID", os.getpid()))
    except ValueError:
        return None
    return microseconds / 1_000_000 if microseconds > 0 and watched == os.getpid() else None


type Check = Callable[[], Awaitable[None]]
"""Returns when what it looks at has answered."""


class Watchdog:
    """Feeds systemd's watchdog, but only after loop, store and motors answered: a timer that ticks proves nothing."""

    def __init__(
        self,
        checks: Sequence[Check],
        *,
        environment: Mapping[str, str] = os.environ,
        time: Callable[[], float] = monotonic,
        sleep: Callable[[float], Awaitable[object]] = asyncio.sleep,
    ) -> None:
        self._checks = tuple(checks)
        self._environment = environment
        self._period_s = (watchdog_period_s(environment) or 0.0) / _BEATS
        self._time = time
        self._sleep = sleep
        self._failing: tuple[str, ...] = ()
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Feed from now on, if systemd waits for it."""
        if self._period_s:
            self._task = asyncio.create_task(self._run())

    async def stop(self) -> None:
        """Feed no more."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
            self._task = None

    async def _run(self) -> None:
        while True:
            due = self._time() + self._period_s
            await self._sleep(self._period_s)
            await self._beat(lag_s=self._time() - due)

    async def _beat(self, lag_s: float) -> None:
        late = ["event loop"] if lag_s >= MAX_LAG_S else []
        answers = await asyncio.gather(*(self._answers(check) for check in self._checks))
        failing = (*late, *(_name(check) for check, ok in zip(self._checks, answers, strict=True) if not ok))
        if failing != self._failing:
            self._tell(failing)
        self._failing = failing
        if not failing:
            notify("WATCHDOG=1", self._environment)

    async def _answers(self, check: Check) -> bool:
        # Half a beat, so that one that does not answer cannot hold up the next.
        try:
            async with asyncio.timeout(self._period_s / 2):
                await check()
        except Exception as error:  # noqa: BLE001 - whatever it is, it did not answer
            _LOG.debug("%s: %s", _name(check), type(error).__name__)
            return False
        return True

    def _tell(self, failing: Sequence[str]) -> None:
        if failing:
            _LOG.error("No answer in time from: %s", ", ".join(failing))
            notify(f"STATUS=No answer from: {', '.join(failing)}", self._environment)
        else:
            _LOG.warning("Everything answers again")
            notify("STATUS=Everything answers", self._environment)


def _name(check: Check) -> str:
    return str(getattr(check, "__qualname__", check))
