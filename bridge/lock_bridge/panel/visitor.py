"""One open page: it is shown the door whenever that changes, and says what its person does there."""

import asyncio
import contextlib
import json
import logging
from collections.abc import Coroutine
from typing import Any, Final

from aiohttp import WSCloseCode, WSMsgType, web

from lock_bridge.hardware.simulated import SimulatedDoor
from lock_bridge.wire.errors import LockBridgeError

from .view import live, model

_LOG = logging.getLogger(__name__)

MESSAGE_MAX: Final = 4_096
_AT_ONCE_MAX: Final = 16
"""Acts of one page that may be under way at the same time; a person has two hands."""
_SEND_S: Final = 10


class Visitor:
    """Sends `{"model"}` once, then `{"look", "world"}`: always the newest, so that a slow page skips what it missed.

    Takes `{"id", "words"}` and answers `{"id", "felt"}` or `{"id", "error"}`. When it goes, so does what it holds.
    """

    def __init__(self, socket: web.WebSocketResponse, door: SimulatedDoor, name: str) -> None:
        self._socket = socket
        self._door = door
        self._name = name
        self._news = asyncio.Event()
        self._acts: set[asyncio.Task[None]] = set()
        self._held: set[tuple[str, ...]] = set()

    async def stay(self) -> None:
        """Serve the page until it goes."""
        unsubscribe = self._door.subscribe(self._news.set)
        self._news.set()
        showing = asyncio.create_task(self._show())
        try:
            await self._listen()
        finally:
            unsubscribe()
            showing.cancel()
            for act in tuple(self._acts):
                act.cancel()
            await asyncio.gather(showing, *self._acts, return_exceptions=True)
            for words in self._held:
                await self._door.act(words)

    async def send_away(self, code: WSCloseCode) -> None:
        """Close the page's connection."""
        with contextlib.suppress(TimeoutError, ConnectionError):
            async with asyncio.timeout(1):
                await self._socket.close(code=code)

    async def _show(self) -> None:
        # The page has just come: what sounded before is no news to it.
        heard = self._door.site.senses.seq
        try:
            await self._send({"model": model(self._door, self._name)})
            while True:
                await self._news.wait()
                self._news.clear()
                seen = live(self._door, heard)
                heard = seen["look"]["seq"]
                await self._send(seen)
        except ConnectionError, TimeoutError:
            await self.send_away(WSCloseCode.GOING_AWAY)

    async def _listen(self) -> None:
        async for message in self._socket:
            given = _read(message.data) if message.type is WSMsgType.TEXT else None
            if given is None:
                await self.send_away(WSCloseCode.POLICY_VIOLATION)
            elif len(self._acts) >= _AT_ONCE_MAX:
                await self._answer(given[0], error="One thing after the other: too much is under way.")
            else:
                self._start(self._act(*given))

    def _start(self, act: Coroutine[Any, Any, None]) -> None:
        # Eager: what takes no time is done now, so keys keep their order and a fast typist is never too much.
        task = asyncio.Task(act, loop=asyncio.get_running_loop(), eager_start=True)
        if not task.done():
            self._acts.add(task)
            task.add_done_callback(self._acts.discard)

    async def _act(self, number: int, words: list[str]) -> None:
        try:
            felt = await self._door.act(words)
        except LockBridgeError as error:
            await self._answer(number, error=str(error))
            return
        except Exception:  # noqa: BLE001 - whatever it is, the page can go on
            _LOG.exception("Something could not be done at the simulated door")
            await self._answer(number, error="That went wrong. The bridge's log says more.")
            return
        self._remember(words)
        await self._answer(number, felt=felt)

    def _remember(self, words: list[str]) -> None:
        """Note what lets go of what is being held."""
        match words:
            case ["down", key]:
                self._held.add(("up", key))
            case ["handle", "lift" | "press"]:
                self._held.add(("handle", "rest"))
            case ["function", "down"]:
                self._held.add(("function", "up"))
            case ["up", _] | ["handle", "rest"] | ["function", "up"]:
                self._held.discard(tuple(words))

    async def _answer(self, number: int, **answer: str | None) -> None:
        with contextlib.suppress(ConnectionError, TimeoutError):
            await self._send({"id": number, **answer})

    async def _send(self, data: dict[str, Any]) -> None:
        async with asyncio.timeout(_SEND_S):
            await self._socket.send_str(json.dumps(data, ensure_ascii=False, separators=(",", ":")))


def _read(text: str) -> tuple[int, list[str]] | None:
    try:
        data = json.loads(text)
    except ValueError, RecursionError:
        return None
    match data:
        case {"id": int(number), "words": [*words], **rest} if not rest and all(
            isinstance(word, str) for word in words
        ):
            return number, words
        case _:
            return None
