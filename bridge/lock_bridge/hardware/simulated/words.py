"""The words for everything that a person can do at the door, and that can happen to it."""

import re
from collections.abc import Sequence
from typing import Final

from lock_bridge.clock import ScaledClock
from lock_bridge.hardware.ports import Key
from lock_bridge.wire.errors import ErrorCode, LockBridgeError

from .assembly import Assembly
from .grammar import LONGEST_HOLD_MS, LONGEST_WAIT_MS, Act, NotUnderstood, Verb, duration, only, sleep
from .mechanics import Mechanics
from .words_people import PeopleWords
from .words_world import WorldWords

MOST_WORDS: Final = 64
FASTEST: Final = 1_000

_SPEED: Final = re.compile(r"[0-9]{1,4}(?:\.[0-9]{1,3})?")

_BUTTONS: Final = {
    "ring": Key.DOORBELL,
    "leave": Key.LEAVE,
    "set": Key.SET,
    "reset": Key.RESET,
    "lockbutton": Key.LOCK,
    "emergency": Key.EMERGENCY,
    "home": Key.HOME,
}
"""Buttons with words of their own."""

_HELD: Final = (Key.SET, Key.RESET)


class Words:
    """Finds out what is meant and does it. What the model does not have cannot be said."""

    def __init__(self, door: Assembly) -> None:
        self._door = door
        self._keys = {key.value: key for key in sorted(door.profile.keys)}
        self._keys |= {door.profile.confirm_label: Key.CONFIRM, door.profile.back_label: Key.BACK}
        verbs = (*self._verbs(), *PeopleWords(door).verbs(), *WorldWords(door, Mechanics(door)).verbs(), *self._last())
        self._acts = {verb.name: verb for verb in verbs if verb.there}

    @property
    def usages(self) -> tuple[str, ...]:
        """Everything that can be said, as it is written."""
        return tuple(verb.usage for verb in self._acts.values())

    async def obey(self, words: Sequence[str]) -> str | None:
        """Do what the words say; answers what was felt. Raises `bad_request`."""
        if not words or len(words) > MOST_WORDS or words[0] not in self._acts:
            raise _refusal(f"What can be done here: {', '.join(self._acts)}.", self.usages)
        verb = self._acts[words[0]]
        try:
            return await verb.act([*words[1:]])
        except NotUnderstood as error:
            raise _refusal(f"It is written: {verb.usage}.{_sentence(error)}", (verb.usage,)) from None

    def _verbs(self) -> list[Verb]:
        return [
            Verb("press", f"press KEY ... ({' '.join(self._keys)})", self._press),
            Verb("hold", "hold KEY 3s", self._hold),
            Verb("down", "down KEY", self._down),
            Verb("up", "up KEY", self._up),
            *(
                Verb(
                    name, f"{name} [hold 3s]" if key in _HELD else name, self._push(key), key in self._door.profile.keys
                )
                for name, key in _BUTTONS.items()
            ),
        ]

    def _last(self) -> list[Verb]:
        return [
            Verb("function", "function hold 5s | down | up", self._function),
            Verb("speed", "speed 10", self._speed, isinstance(self._door.clock, ScaledClock)),
            Verb("wait", "wait 5s", self._wait),
            Verb("state", "state [NUMBER]", self._nothing),
        ]

    async def _press(self, given: list[str]) -> None:
        # Digits may stand together; all are known before the first one goes down.
        keys = [self._key_named(part) for word in given for part in (word if word.isdecimal() else [word])]
        if not keys:
            raise NotUnderstood
        for key in keys:
            self._door.keypad.press(key)
            self._door.keypad.release(key)

    async def _hold(self, given: list[str]) -> None:
        match given:
            case [key, time]:
                await self._hold_key(self._key_named(key), duration(time, LONGEST_HOLD_MS))
            case _:
                raise NotUnderstood

    async def _down(self, given: list[str]) -> None:
        self._door.keypad.press(self._key_named(only(given)))

    async def _up(self, given: list[str]) -> None:
        self._door.keypad.release(self._key_named(only(given)))

    def _push(self, key: Key) -> Act:
        async def push(given: list[str]) -> None:
            match given:
                case []:
                    await self._hold_key(key, 0)
                case ["hold", time] if key in _HELD:
                    await self._hold_key(key, duration(time, LONGEST_HOLD_MS))
                case _:
                    raise NotUnderstood

        return push

    async def _hold_key(self, key: Key, ms: int) -> None:
        self._door.keypad.press(key)
        try:
            await sleep(self._door.clock, ms)
        finally:
            self._door.keypad.release(key)

    async def _function(self, given: list[str]) -> str:
        if (gateway := self._door.gateway) is None:
            raise NotUnderstood("This door's bridge has no function key")
        match given:
            case ["hold", time]:
                await gateway.hold(duration(time, LONGEST_HOLD_MS))
            case ["down"]:
                gateway.press()
            case ["up"]:
                gateway.release()
            case _:
                raise NotUnderstood
        return gateway.felt()

    async def _speed(self, given: list[str]) -> None:
        word = only(given)
        if not _SPEED.fullmatch(word) or not 0 < float(word) <= FASTEST:
            raise NotUnderstood(f"How many times as fast as everywhere, at most {FASTEST}")
        self._door.clock.scale = float(word)
        self._door.site.changed()

    async def _wait(self, given: list[str]) -> None:
        await sleep(self._door.clock, duration(only(given), LONGEST_WAIT_MS))

    async def _nothing(self, given: list[str]) -> None:
        if given:
            raise NotUnderstood

    def _key_named(self, name: str) -> Key:
        key = self._keys.get(name)
        if key is None:
            raise NotUnderstood(f"Keys here: {' '.join(self._keys)}")
        return key


def _refusal(message: str, allowed: Sequence[str]) -> LockBridgeError:
    return LockBridgeError(ErrorCode.BAD_REQUEST, {"allowed": [*allowed]}, message)


def _sentence(error: Exception) -> str:
    return f" {error}." if str(error) else ""
