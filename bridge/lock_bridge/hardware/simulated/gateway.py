"""The bridge's own light ring and function key, beside its simulated doors: one for all of them (GWY-1, GWY-2)."""

import asyncio
from collections.abc import Callable
from typing import Any, Final

from lock_bridge import prompts
from lock_bridge.clock import Clock
from lock_bridge.engine.effects import Say
from lock_bridge.hardware.ports import RingLight

_RHYTHMS: Final = {"solid": "steady", "fast": "flashing fast", "slow": "flashing slowly"}


class SimulatedGateway:
    """The port `Ring`, with a small display for the pairing code. It lives by the bridge's own time, unscaled."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._key: Callable[[bool], None] | None = None
        self._watchers: list[Callable[[], None]] = []
        self._light: RingLight | None = None
        self._code: str | None = None
        self._said: tuple[str, str] | None = None
        self._times_said = 0
        self.held = False
        """Whether somebody holds the function key."""

    async def start(self, key: Callable[[bool], None]) -> None:
        """Serve the ring and its key."""
        self._key = key

    async def stop(self) -> None:
        """Dark and deaf."""
        self._key = None
        self._light = self._code = None
        self._changed()

    def shine(self, light: RingLight | None) -> None:
        """Shine so from now on."""
        self._light = light
        self._changed()

    def say(self, say: Say) -> None:
        """Speak a prompt."""
        language = prompts.spoken_in(say.language)
        self._said = (prompts.text(say.prompt, language), language)
        self._times_said += 1
        self._changed()

    def show_code(self, code: str | None) -> None:
        """Show a pairing code, or no longer."""
        if code != self._code:
            self._code = code
            self._changed()

    def look(self) -> dict[str, Any]:
        """What can be seen of it, and what it said last; `seq` counts what it has said."""
        colour, rhythm = (self._light.colour, self._light.rhythm) if self._light is not None else (None, None)
        text, language = self._said or (None, None)
        said = {"seq": self._times_said, "text": text, "language": language}
        return {"colour": colour, "rhythm": rhythm, "code": self._code, "held": self.held, "said": said}

    def felt(self) -> str:
        """The ring and the display in words."""
        light, code = self._light, self._code
        shines = "is dark" if light is None else f"is {light.colour}, {_RHYTHMS[light.rhythm]}"
        return f"The bridge's ring {shines}.{f' Its display shows {code[:4]} {code[4:]}.' if code else ''}"

    def press(self) -> None:
        """A finger goes down on the function key."""
        if not self.held:
            self.held = True
            self._tell_key()

    def release(self) -> None:
        """The finger comes up."""
        if self.held:
            self.held = False
            self._tell_key()

    async def hold(self, ms: int) -> None:
        """Hold the function key for so long."""
        over: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        timer = self._clock.call_later(ms, lambda: None if over.done() else over.set_result(None))
        self.press()
        try:
            await over
        finally:
            timer.cancel()
            self.release()

    def subscribe(self, watcher: Callable[[], None]) -> Callable[[], None]:
        """Call `watcher` whenever it looks otherwise. Returns the way to end it."""
        self._watchers.append(watcher)
        return lambda: self._watchers.remove(watcher)

    def _tell_key(self) -> None:
        if self._key is not None:
            self._key(self.held)
        self._changed()

    def _changed(self) -> None:
        for watcher in tuple(self._watchers):
            watcher()
