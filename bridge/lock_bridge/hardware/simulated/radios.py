"""Wi-Fi and Bluetooth of a simulated lock, and phones that speak with it (PWR-3, DLM-9, VER-14)."""

import asyncio
import secrets
from collections.abc import Iterable
from typing import Final, override

from lock_bridge.clock import Handle as Timer
from lock_bridge.engine import bluetooth
from lock_bridge.engine.effects import PhoneTold, Radio
from lock_bridge.hardware.ports import PhoneActs, PhonePairs, RadioSeen
from lock_bridge.wire.words import CredentialType, Part

from .part import SimulatedPart, Site

ANSWER_MS: Final = 10_000
"""How long a phone waits for the lock."""

NOT_THERE: Final = "The phone finds no lock here."
BUSY: Final = "The phone cannot connect: another one is connected."
DONE: Final = "The phone says: done."
NO_ANSWER: Final = "The phone says: the lock does not answer."
_CHALLENGE_BYTES: Final = 16


class SimulatedRadios(SimulatedPart):
    """Takes one phone at a time, which is connected while it waits for its answer."""

    parts = (Part.BLUETOOTH,)

    def __init__(self, site: Site) -> None:
        super().__init__(site)
        self.radio = Radio(wifi=True, bluetooth=False)
        self._waiting: tuple[str, asyncio.Future[str]] | None = None

    @property
    def has_bluetooth(self) -> bool:
        """Whether this model talks to phones."""
        return self._site.profile.limits(CredentialType.BLE) is not None

    @property
    def has_wifi(self) -> bool:
        """Whether this model has a radio for the house's Wi-Fi."""
        return "wifi" in self._site.profile.settings

    def switch(self, radio: Radio) -> None:
        """The radios from now on."""
        if radio != self.radio:
            self.radio = radio
            if not radio.bluetooth:
                self._end(NO_ANSWER)
            self.tell_radio()
            self._site.changed()

    def tell_phone(self, told: PhoneTold) -> None:
        """Answer the phone that is waiting."""
        if self._waiting is not None and self._waiting[0] == told.phone:
            self._end(DONE if told.refusal is None else f"The phone says: refused ({told.refusal}).")

    async def pair(self, phone: str, code: str) -> str:
        """A phone gives the lock's pairing code; what the phone says of it."""
        return await self._ask(phone, PhonePairs(phone, code))

    async def act(self, phone: str, operation: str, key_text: str) -> str:
        """A phone shows a Bluetooth key for `unlock` or `lock`. Raises `ValueError` for a text that is no key."""
        key_id, key = bluetooth.read_key(key_text)
        counters = self._site.world.counters
        if self._reachable:
            counters[key_id.hex()] = counters.get(key_id.hex(), 0) + 1
            self._site.keep()
        counter = counters.get(key_id.hex(), 0)
        challenge = secrets.token_bytes(_CHALLENGE_BYTES)
        proof = bluetooth.proof(key, challenge, operation, counter)
        return await self._ask(phone, PhoneActs(phone, key_id, operation, challenge, counter, proof))

    def tell_radio(self) -> None:
        """Signal strength, and whether a phone is connected."""
        if self.has_wifi or self.has_bluetooth:
            heard = self.has_wifi and self.radio.wifi
            self.tell(RadioSeen(self._site.world.signal_dbm if heard else None, self._waiting is not None))

    @override
    def tell_levels(self, parts: Iterable[Part]) -> None:
        self.tell_radio()

    @override
    def go_quiet(self) -> None:
        waiting, self._waiting = self._waiting, None
        if waiting is not None and not waiting[1].done():
            waiting[1].set_result(NO_ANSWER)

    @override
    def on_unplug(self, part: Part) -> None:
        self._end(NO_ANSWER)

    @property
    def _reachable(self) -> bool:
        return self.has_bluetooth and self.radio.bluetooth and self.works(Part.BLUETOOTH)

    async def _ask(self, phone: str, wish: PhonePairs | PhoneActs) -> str:
        if not self._reachable:
            return NOT_THERE
        if self._waiting is not None:
            return BUSY
        answer: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        self._waiting = (phone, answer)
        self.tell_radio()
        self._site.changed()
        late: Timer = self._site.clock.call_later(ANSWER_MS, lambda: self._end(NO_ANSWER))
        self.tell(wish, Part.BLUETOOTH)
        try:
            return await answer
        finally:
            late.cancel()
            if self._waiting is not None and self._waiting[1] is answer:
                self._end(NO_ANSWER)

    def _end(self, said: str) -> None:
        waiting, self._waiting = self._waiting, None
        if waiting is not None:
            if not waiting[1].done():
                waiting[1].set_result(said)
            self.tell_radio()
            self._site.changed()
