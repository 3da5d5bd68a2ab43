"""Waiting by a clock, for drivers whose time is the lock's own."""

import asyncio

from lock_bridge.clock import Clock


async def pause(clock: Clock, seconds: float) -> None:
    """Return when so much of the clock's time has gone by."""
    over: asyncio.Future[None] = asyncio.get_running_loop().create_future()
    timer = clock.call_later(round(seconds * 1_000), lambda: None if over.done() else over.set_result(None))
    try:
        await over
    finally:
        timer.cancel()
