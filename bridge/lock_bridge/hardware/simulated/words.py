"""The words for everything that a person can do at the door, and that can happen to it."""

import asyncio
import re
from collections.abc import Awaitable, Callable, Sequence
from typing import Final

from lock_bridge.hardware.ports import Key
from lock_bridge.wire.errors import ErrorCode, LockBridgeError
from lock_bridge.wire.words import CredentialType, Part

from .assembly import Assembly
from .mechanics import Mechanics
from .readers import Touch
from .world import World

HANDLE_MS: Final = 400
"""How long a handle is held that is pressed once."""
TOUCH_MS: Final = 250
BETWEEN_TOUCHES_MS: Final = 300
MOST_WORDS: Final = 64
MOST_TOUCHES: Final = 20
LONGEST_HOLD_MS: Final = 60_000
LONGEST_WAIT_MS: Final = 600_000

SENSOR_TAKEN: Final = "Another finger is on the sensor."

type _Act = Callable[[list[str]], Awaitable[str | None]]

_DURATION: Final = re.compile(r"([0-9]{1,6}(?:\.[0-9]{1,3})?)(ms|s|m)")
_UNITS: Final = {"ms": 1, "s": 1_000, "m": 60_000}
_TIMES: Final = re.compile(r"x([0-9]{1,3})")


class Words:
    """Finds out what is meant and does it. What the model does not have cannot be said."""

    def __init__(self, door: Assembly) -> None:
        self._door = door
        self._mechanics = Mechanics(door)
        fingers = [f"{who.name} {finger}" for who in door.people for finger in who.fingers]
        self._fingers = {_fold(finger): finger for finger in fingers}
        self._keys = {key.value: key for key in sorted(door.profile.keys)}
        self._keys |= {door.profile.confirm_label: Key.CONFIRM, door.profile.back_label: Key.BACK}
        self._acts: dict[str, tuple[str, _Act]] = dict(self._table())

    @property
    def usages(self) -> tuple[str, ...]:
        """Everything that can be said, as it is written."""
        return tuple(usage for usage, _act in self._acts.values())

    async def obey(self, words: Sequence[str]) -> str | None:
        """Do what the words say; answers what was felt. Raises `bad_request`."""
        if not words or len(words) > MOST_WORDS or words[0] not in self._acts:
            raise _refusal(f"What can be done here: {', '.join(self._acts)}.", self.usages)
        usage, act = self._acts[words[0]]
        try:
            return await act([*words[1:]])
        except _NotUnderstood as error:
            raise _refusal(f"It is written: {usage}.{_sentence(error)}", (usage,)) from None

    def _table(self) -> list[tuple[str, tuple[str, _Act]]]:
        door, keys = self._door, self._door.profile.keys
        clutch = door.profile.bolt_kind == "clutch"
        lift = " | inside lift | lift | press | rest" if clutch else ""
        table: list[tuple[str, str, _Act, bool]] = [
            ("press", f"press KEY ... ({' '.join(self._keys)})", self._press, True),
            ("hold", "hold KEY 3s", self._hold, True),
            ("down", "down KEY", self._down, True),
            ("up", "up KEY", self._up, True),
            ("ring", "ring", self._push(Key.DOORBELL), Key.DOORBELL in keys),
            ("set", "set [hold 3s]", self._push(Key.SET), Key.SET in keys),
            ("reset", "reset [hold 3s]", self._push(Key.RESET), Key.RESET in keys),
            ("lockbutton", "lockbutton", self._push(Key.LOCK), Key.LOCK in keys),
            (
                "touch",
                'touch "NAME FINGER" [x6] [hold 3s] [badly | briefly]',
                self._touch,
                door.reads(CredentialType.FINGERPRINT),
            ),
            ("card", "card NUMBER | card NAME [2]", self._card, door.reads(CredentialType.RFID)),
            ("open", "open", self._simply(self._mechanics.open), True),
            ("close", "close", self._simply(self._mechanics.close), True),
            ("force", "force", self._simply(self._mechanics.force), True),
            ("handle", f"handle [inside{lift}]", self._handle, True),
            ("key", "key unlock | lock", self._key, True),
            ("tamper", "tamper on | off", self._tamper, True),
            ("battery", "battery 0-100 | out | in", self._battery, True),
            ("supply", "supply on | off", self._supply, True),
            ("power", "power off | on", self._power, True),
            ("stall", "stall on | off", self._stall, True),
            ("motor", "motor on | off", self._motor, True),
            ("hinge", "hinge left | right", self._hinge, not clutch),
            ("unplug", f"unplug PART ({' '.join(door.parts)})", self._unplug, True),
            ("plug", f"plug PART ({' '.join(door.parts)})", self._plug, True),
            ("function", "function hold 5s | down | up", self._function, True),
            ("wait", "wait 5s", self._wait, True),
            ("state", "state", self._simply(lambda: None), True),
        ]
        return [(verb, (usage, act)) for verb, usage, act, there in table if there]

    async def _press(self, given: list[str]) -> None:
        # Digits may stand together; all are known before the first one goes down.
        keys = [self._key_named(part) for word in given for part in (word if word.isdecimal() else [word])]
        if not keys:
            raise _NotUnderstood
        for key in keys:
            self._door.keypad.press(key)
            self._door.keypad.release(key)

    async def _hold(self, given: list[str]) -> None:
        match given:
            case [key, duration]:
                await self._hold_key(self._key_named(key), _duration(duration, LONGEST_HOLD_MS))
            case _:
                raise _NotUnderstood

    async def _down(self, given: list[str]) -> None:
        self._door.keypad.press(self._key_named(_only(given)))

    async def _up(self, given: list[str]) -> None:
        self._door.keypad.release(self._key_named(_only(given)))

    def _push(self, key: Key) -> _Act:
        async def push(given: list[str]) -> None:
            match given:
                case []:
                    await self._hold_key(key, 0)
                case ["hold", duration] if key in (Key.SET, Key.RESET):
                    await self._hold_key(key, _duration(duration, LONGEST_HOLD_MS))
                case _:
                    raise _NotUnderstood

        return push

    async def _hold_key(self, key: Key, ms: int) -> None:
        self._door.keypad.press(key)
        try:
            await self._sleep(ms)
        finally:
            self._door.keypad.release(key)

    async def _touch(self, given: list[str]) -> str | None:
        name, times, stays_ms, how = _touch(given)
        finger = self._fingers.get(_fold(name))
        if finger is None:
            raise _NotUnderstood(f"Fingers here: {', '.join(self._fingers.values())}")
        reader = self._door.fingerprint
        if reader.touched:
            return SENSOR_TAKEN
        for time in range(times):
            if time:
                await self._sleep(BETWEEN_TOUCHES_MS)
            reader.touch(finger, how)
            try:
                await self._sleep(stays_ms)
            finally:
                reader.lift()
        return None

    async def _card(self, given: list[str]) -> None:
        self._door.card.present(_uid(given) or self._card_of(given))

    async def _handle(self, given: list[str]) -> str | None:
        clutch = self._door.profile.bolt_kind == "clutch"
        match given:
            case ["inside"]:
                return self._mechanics.press_inside_handle()
            case []:
                felt = self._mechanics.press_handle()
                if clutch:
                    await self._let_go()
                return felt
            case ["inside", "lift"] if clutch:
                return self._mechanics.lift_inside_handle()
            case ["lift"] if clutch:
                return self._mechanics.lift_handle()
            case ["press"] if clutch:
                return self._mechanics.press_handle()
            case ["rest"] if clutch:
                self._mechanics.rest_handle()
                return None
            case _:
                raise _NotUnderstood

    async def _let_go(self) -> None:
        try:
            await self._sleep(HANDLE_MS)
        finally:
            self._mechanics.rest_handle()

    async def _key(self, given: list[str]) -> str:
        return self._mechanics.turn_key(unlock=_choice(given, "lock", "unlock"))

    async def _tamper(self, given: list[str]) -> None:
        self._door.world.tampered = _on(given)
        self._door.contacts.tell_tamper()
        self._door.site.changed()

    async def _battery(self, given: list[str]) -> None:
        word = _only(given)
        percent = word.removesuffix("%")
        if word not in ("out", "in") and (not re.fullmatch(r"[0-9]{1,3}", percent) or int(percent) > 100):
            raise _NotUnderstood

        def change(world: World) -> None:
            if word in ("out", "in"):
                world.battery_in = word == "in"
            else:
                world.battery = int(percent)

        await self._door.change_power(change)

    async def _supply(self, given: list[str]) -> None:
        on = _on(given)

        def change(world: World) -> None:
            world.supply = on

        await self._door.change_power(change)

    async def _power(self, given: list[str]) -> None:
        on = _on(given)

        def change(world: World) -> None:
            world.battery_in = on
            if not on:
                world.supply = False

        await self._door.change_power(change)

    async def _stall(self, given: list[str]) -> None:
        self._door.world.stall = _on(given)
        self._door.site.changed()

    async def _motor(self, given: list[str]) -> None:
        self._door.world.motor = _on(given)
        self._door.site.changed()

    async def _hinge(self, given: list[str]) -> None:
        self._door.world.hinge = "left" if _choice(given, "right", "left") else "right"
        self._door.site.changed()

    async def _unplug(self, given: list[str]) -> None:
        part = self._part(given)
        self._door.parts[part].unplug(part)

    async def _plug(self, given: list[str]) -> None:
        part = self._part(given)
        self._door.parts[part].plug(part)

    async def _function(self, given: list[str]) -> str:
        if (gateway := self._door.gateway) is None:
            raise _NotUnderstood("This door's bridge has no function key")
        match given:
            case ["hold", duration]:
                await gateway.hold(_duration(duration, LONGEST_HOLD_MS))
            case ["down"]:
                gateway.press()
            case ["up"]:
                gateway.release()
            case _:
                raise _NotUnderstood
        return gateway.felt()

    async def _wait(self, given: list[str]) -> None:
        await self._sleep(_duration(_only(given), LONGEST_WAIT_MS))

    def _simply(self, act: Callable[[], str | None]) -> _Act:
        async def simply(given: list[str]) -> str | None:
            if given:
                raise _NotUnderstood
            return act()

        return simply

    def _key_named(self, name: str) -> Key:
        key = self._keys.get(name)
        if key is None:
            raise _NotUnderstood(f"Keys here: {' '.join(self._keys)}")
        return key

    def _card_of(self, given: list[str]) -> bytes:
        name, number = given, 1
        if len(given) > 1 and re.fullmatch(r"[1-9]", given[-1]):
            name, number = given[:-1], int(given[-1])
        for who in self._door.people:
            if _fold(who.name) == _fold(" ".join(name)) and number <= len(who.cards):
                return bytes.fromhex(who.cards[number - 1])
        having = ", ".join(who.name for who in self._door.people if who.cards)
        raise _NotUnderstood(f"A number has 4 to 10 bytes in hex digits. Cards have: {having}")

    def _part(self, given: list[str]) -> Part:
        name = _only(given)
        if name not in {*self._door.parts}:
            raise _NotUnderstood
        return Part(name)

    async def _sleep(self, ms: int) -> None:
        if ms <= 0:
            return
        over = asyncio.get_running_loop().create_future()
        timer = self._door.clock.call_later(ms, lambda: None if over.done() else over.set_result(None))
        try:
            await over
        finally:
            timer.cancel()


class _NotUnderstood(Exception):
    """The words make no sense; the text says what would."""


def _refusal(message: str, allowed: Sequence[str]) -> LockBridgeError:
    return LockBridgeError(ErrorCode.BAD_REQUEST, {"allowed": [*allowed]}, message)


def _sentence(error: Exception) -> str:
    return f" {error}." if str(error) else ""


def _fold(name: str) -> str:
    return " ".join(name.split()).casefold()


def _only(given: list[str]) -> str:
    if len(given) != 1:
        raise _NotUnderstood
    return given[0]


def _choice(given: list[str], no: str, yes: str) -> bool:
    word = _only(given)
    if word not in (no, yes):
        raise _NotUnderstood
    return word == yes


def _on(given: list[str]) -> bool:
    return _choice(given, "off", "on")


def _duration(text: str, longest_ms: int) -> int:
    found = _DURATION.fullmatch(text)
    ms = round(float(found[1]) * _UNITS[found[2]]) if found else 0
    if not 0 < ms <= longest_ms:
        raise _NotUnderstood(f"A time is 500ms, 3s or 2m, at most {longest_ms // 1000}s")
    return ms


def _uid(given: list[str]) -> bytes | None:
    if len(given) == 1 and re.fullmatch(r"(?:[0-9A-Fa-f]{2}){4,10}", given[0]):
        return bytes.fromhex(given[0])
    return None


def _touch(given: list[str]) -> tuple[str, int, int, Touch]:
    """Finger, touches, their length, their quality; the finger's name may be one word or several."""
    words, times, stays_ms, how = [*given], 1, TOUCH_MS, Touch.GOOD
    while words:
        if found := _TIMES.fullmatch(words[-1]):
            times = int(found[1])
            del words[-1]
        elif words[-1] in (Touch.BADLY, Touch.BRIEFLY):
            how = Touch(words.pop())
        elif len(words) > 2 and words[-2] == "hold":
            stays_ms = _duration(words[-1], LONGEST_HOLD_MS)
            del words[-2:]
        else:
            break
    if not 1 <= times <= MOST_TOUCHES:
        raise _NotUnderstood(f"At most x{MOST_TOUCHES}")
    return " ".join(words), times, stays_ms, how
