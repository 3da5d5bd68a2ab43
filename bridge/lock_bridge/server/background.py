"""Tasks that nobody waits for, but that are held, seen when they fail, and ended with their owner."""

import asyncio
import logging
from collections.abc import Callable, Coroutine
from typing import Any

_LOGGER = logging.getLogger(__name__)


class Background:
    """A handful of such tasks."""

    def __init__(self) -> None:
        self._tasks: set[asyncio.Task[Any]] = set()

    def start(self, work: Coroutine[Any, Any, Any]) -> asyncio.Task[Any]:
        """Run `work`; what of it needs no waiting is done when this returns."""
        task = asyncio.get_running_loop().create_task(work, eager_start=True)
        if task.done():
            self._ended(task)
        else:
            self._tasks.add(task)
            task.add_done_callback(self._ended)
        return task

    def starter(self, work: Callable[[], Coroutine[Any, Any, Any]]) -> Callable[[], None]:
        """A call, such as a timer's, that runs `work`."""

        def start() -> None:
            self.start(work())

        return start

    async def stop(self) -> None:
        """Cancel what still runs, and wait for its end."""
        tasks = [task for task in self._tasks if task is not asyncio.current_task()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _ended(self, task: asyncio.Task[Any]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            _LOGGER.error("Something failed that nobody waited for", exc_info=error)
