"""A thread that does one thing after the other, tells the event loop at once, and tidies up when it is quiet."""

import asyncio
import contextlib
import threading
from collections.abc import Callable
from queue import Empty, SimpleQueue
from typing import Any, Final

from .errors import StoreError

QUIET_S: Final = 0.05
"""So long nothing must have been wanted before there is time for tidying up."""

BUSY: Final = 64
"""Where it is never quiet, tidying up comes after so many pieces of work all the same."""


class WorkThread:
    """Work is done in the order in which it was given. `afterwards` runs when a while has gone by without any."""

    def __init__(self, name: str) -> None:
        self._jobs: SimpleQueue[_Job | None] = SimpleQueue()
        self.ended = False
        self.afterwards: Callable[[], None] = _nothing
        self._untidied = 0
        # A disk that hangs must not keep the process from ending.
        threading.Thread(target=self._run, name=name, daemon=True).start()

    def put[T](self, work: Callable[[], T], lost: Callable[[T], None] | None = None) -> asyncio.Future[T]:
        """Have something done. `lost` gets a result that nobody waits for any more. Raises `StoreError` after `end`."""
        if self.ended:
            raise StoreError("The store is closed.")
        loop = asyncio.get_running_loop()
        future: asyncio.Future[T] = loop.create_future()
        self._jobs.put((work, lost, future, loop))
        return future

    def end(self) -> None:
        """Take nothing more; what was given is still done."""
        self.ended = True
        self._jobs.put(None)

    def _run(self) -> None:
        while (job := self._next()) is not None:
            work, lost, future, loop = job
            try:
                _tell(loop, _succeed, future, lost, work())
            except BaseException as error:  # noqa: BLE001 - it is raised again where the work was wanted
                _tell(loop, _fail, future, error)
            # No piece of work outlives its end here: it may hold what must not linger.
            del job, work, lost, future, loop

    def _next(self) -> _Job | None:
        if 0 < self._untidied < BUSY:
            try:
                job = self._jobs.get(timeout=QUIET_S)
            except Empty:
                pass
            else:
                self._untidied += 1
                return job
        if self._untidied:
            self.afterwards()
        self._untidied = 1
        return self._jobs.get()


type _Job = tuple[Callable[[], Any], Callable[[Any], None] | None, asyncio.Future[Any], asyncio.AbstractEventLoop]


def _tell(loop: asyncio.AbstractEventLoop, how: Callable[..., None], *args: Any) -> None:
    with contextlib.suppress(RuntimeError):  # the loop is closed: nobody waits any more
        loop.call_soon_threadsafe(how, *args)


def _succeed(future: asyncio.Future[Any], lost: Callable[[Any], None] | None, result: Any) -> None:
    if not future.done():
        future.set_result(result)
    elif lost is not None:
        lost(result)


def _fail(future: asyncio.Future[Any], error: BaseException) -> None:
    if not future.done():
        future.set_exception(error)


def _nothing() -> None:
    pass
