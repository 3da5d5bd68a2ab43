"""What the service does now and then by itself: keep the latest believed time, and back the store up each night."""

import asyncio
import contextlib
import logging
from pathlib import Path
from typing import Final

from .bridge import Bridge
from .store import StoreError, next_backup, prune_backups
from .timesync import ClockTrust

_LOG = logging.getLogger(__name__)

_FIRST_S: Final = 60
_HOUR_S: Final = 3600
_DAY_MS: Final = 24 * 3600 * 1000

_SEEN: Final = "clock.seen_ms"
_BACKED_UP: Final = "backup.wall_ms"


async def last_seen_ms(bridge: Bridge) -> int:
    """The latest time that was believed before this start."""
    return int(await bridge.store.value(_SEEN) or 0)


class Housekeeping:
    """Works once an hour, and once more at the end."""

    def __init__(self, bridge: Bridge, trust: ClockTrust, backups: Path) -> None:
        self._bridge = bridge
        self._trust = trust
        self._backups = backups
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Work from now on."""
        self._task = asyncio.create_task(self._run())

    async def stop(self) -> None:
        """Keep the time once more, and end."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
        with contextlib.suppress(StoreError):
            await self.keep_time()

    async def keep_time(self) -> None:
        """Write down how late it has been, so that a clock set back is not believed after a restart."""
        if seen := self._trust.seen_ms:
            await self._bridge.store.put_value(_SEEN, str(seen).encode())

    async def back_up(self) -> None:
        """Write a backup if the last one is a day old, and delete the oldest ones."""
        now = self._bridge.clock.now().wall_ms
        last = int(await self._bridge.store.value(_BACKED_UP) or 0)
        if abs(now - last) < _DAY_MS:
            return
        await self._bridge.store.backup(await asyncio.to_thread(next_backup, self._backups, now))
        await self._bridge.store.put_value(_BACKED_UP, str(now).encode())
        await asyncio.to_thread(prune_backups, self._backups)

    async def _run(self) -> None:
        # The first round comes soon: a bridge that is restarted often has its backups too.
        pause_s = _FIRST_S
        while True:
            await asyncio.sleep(pause_s)
            pause_s = _HOUR_S
            try:
                await self.keep_time()
                await self.back_up()
            except Exception:  # noqa: BLE001 - whatever it is, the next round may go well
                _LOG.exception("Housekeeping failed and is tried again in an hour")
