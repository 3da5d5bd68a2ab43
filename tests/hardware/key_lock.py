"""A lock as the engine has it, with the Bluetooth key's service before it, and connections of visitors' phones."""

from collections.abc import Callable
from contextlib import suppress

from lock_bridge.ble.codec import Answer, Malformed, Operation, Phone
from lock_bridge.ble.visitor import Exchange
from lock_bridge.clock import ManualClock
from lock_bridge.engine.effects import PhoneTold
from lock_bridge.engine.inputs import PhoneActs, PhonePairs
from lock_bridge.hardware.bluez.service import KeyService
from tests.engine.conftest import BEN, lock_with_anna
from tests.engine.phone import DEFAULT_CODE, hand_out

__all__ = ["DEFAULT_CODE", "KeyLock"]


class KeyLock:
    """Anna's lock with Bluetooth on; Ben's visitor has been handed `key`."""

    def __init__(self, profile: str = "palm6068", **limits: int) -> None:
        self.lock = lock_with_anna(profile)
        self.lock.set(bluetooth=True)
        self.lock.add("Ben", BEN)
        self.lock.advance(60_000)
        self.key = hand_out(self.lock, "ben", **limits)
        self.lock.listen()
        self.clock = ManualClock()
        self.heard: list[PhonePairs | PhoneActs] = []
        self.silent = False
        """The engine does not answer any more."""
        self.send: Callable[[str, bytes], None] = lambda _peer, _frame: None
        self.hung_up: list[str] = []
        self.service = KeyService(
            self.clock,
            report=self._report,
            send=lambda peer, frame: self.send(peer, frame),  # noqa: PLW0108 - to whom changes
            hang_up=self.hung_up.append,
        )

    def ask(self, peer: str, make: Callable[[Exchange], object]) -> Answer | None:
        """One request over a connection, and its answer."""
        frames: list[bytes] = []
        self.send = lambda to, frame: frames.append(frame) if to == peer else None
        exchange = Exchange(self.service.hello(peer, 185))
        for frame in make(exchange):  # type: ignore[attr-defined]
            self.service.take(peer, frame)
        for frame in frames:
            with suppress(Malformed):
                if (answer := exchange.take(frame)) is not None:
                    return answer
        return None

    def pair(self, peer: str, phone: Phone, code: str = DEFAULT_CODE) -> Answer | None:
        return self.ask(peer, lambda exchange: exchange.pair(phone, code))

    def act(self, peer: str, phone: Phone, operation: Operation, counter: int) -> Answer | None:
        return self.ask(peer, lambda exchange: exchange.act(phone, operation, self.key, counter))

    def _report(self, given: PhonePairs | PhoneActs) -> None:
        self.heard.append(given)
        if self.silent:
            return
        before = len(self.lock.of(PhoneTold))
        self.lock.give(given)
        self.lock.settle()
        for told in self.lock.of(PhoneTold)[before:]:
            self.service.told(told)
