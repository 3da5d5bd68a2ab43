"""What people can do at the door: verify in every way, use handles, key, knob and buttons."""

from functools import partial

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from lock_bridge.engine.bluetooth import key_text, proof, read_key
from lock_bridge.engine.effects import PhoneTold
from lock_bridge.engine.inputs import BoltPosition, Handle, Key, PhoneActs, PhonePairs
from lock_bridge.wire.words import CredentialType, EventType
from tests.engine.lock import HOUR, KEYS, MINUTE, Motor
from tests.engine.machine.app import KEY_IDS
from tests.engine.machine.base import CARDS, Machine, entries
from tests.engine.plain_model import BLE, CARD, FACE, FINGER, PALM

RIGHT_CODE = "024751"
"""0 and the last five digits of the tests' serial number (DLM-9)."""
PHONES = ("Anna's phone", "Ben's phone")


class Front(Machine):
    """Verification at the front."""

    @precondition(lambda self: not self.model.initial)
    @rule(entry=entries)
    def enter(self, entry: str) -> None:
        if self.numbered or entry != self.lock.profile.menu_code:
            self.verify(self.model.in_entry(entry), len(entry), lambda: self.lock.enter(entry))

    @precondition(lambda self: not self.model.initial)
    @rule(entry=entries, times=st.integers(2, 5))
    def enter_again_and_again(self, entry: str, times: int) -> None:
        for _ in range(times):
            self.enter(entry)

    @precondition(lambda self: self.model.owned)
    @rule(data=st.data(), times=st.integers(1, 5), between_ms=st.sampled_from([0, 10_000, MINUTE, HOUR]))
    def come_and_go(self, data: st.DataObject, times: int, between_ms: int) -> None:
        """People with what they have."""
        for _ in range(times):
            kind, number = data.draw(st.sampled_from(sorted(self.model.owned)))
            secret = self.model.owned[kind, number].secret
            match kind:
                case CredentialType.PIN:
                    self.verify(self.model.in_entry(secret), len(secret), partial(self.lock.enter, secret))
                case CredentialType.FINGERPRINT:
                    self.verify((kind, number), 1, partial(self.lock.finger, secret))
                case CredentialType.RFID:
                    self.verify((kind, number), 1, partial(self.lock.card, secret))
                case CredentialType.PALM_VEIN:
                    self.verify((kind, number), 1, partial(self.lock.palm, secret))
                case CredentialType.BLE:
                    self.pair_phone(PHONES[0], right=True)
                    self.use_phone(PHONES[0], secret, None, locks=False)
                case _:
                    self.come_near_with(secret)
            self.lock.advance(between_ms)
            self.lock.settle()

    @precondition(lambda self: not self.model.initial)
    @rule(digits=st.integers(21, 25))
    def type_too_much(self, digits: int) -> None:
        self.lock.press("back", *"9" * digits, "back")

    @precondition(lambda self: not self.model.initial)
    @rule(typed=st.text("0123456789", max_size=20))
    def think_better_of_it(self, typed: str) -> None:
        """What is typed and dropped again is forgotten."""
        self.lock.press("back", *typed, "back")
        assert not self.lock.state.entry

    @precondition(lambda self: not self.model.initial)
    @rule(typed=st.text("123456789", max_size=10))
    def walk_away(self, typed: str) -> None:
        """So is what is typed and left alone (CAP-16)."""
        self.lock.press("back", *typed)
        self.lock.advance(90_000)
        self.lock.settle()
        assert not self.lock.state.awake

    @precondition(lambda self: list(self.model.held(FINGER)))
    @rule(data=st.data())
    def touch(self, data: st.DataObject) -> None:
        slot = data.draw(st.sampled_from(sorted(self.model.held(FINGER))))
        self.verify(self.model.holder(FINGER, slot), 1, lambda: self.lock.finger(slot))

    @rule(slot=st.sampled_from([None, 47]))
    def touch_as_a_stranger(self, slot: int | None) -> None:
        self.verify("", 1, lambda: self.lock.finger(slot))

    @rule(card=st.sampled_from([*CARDS, b"a stranger's"]))
    def hold_card(self, card: bytes) -> None:
        if CARD not in self.model.kinds:
            self.lock.listen()
            self.lock.card(card)
            assert self.lock.effects == []
        else:
            self.verify(self.model.holder(CARD, card), 1, lambda: self.lock.card(card))

    @rule(data=st.data(), comes=st.booleans())
    def show_face(self, data: st.DataObject, comes: bool) -> None:
        """It is looked at only while the lock looks for one (VER-5)."""
        slot = data.draw(st.sampled_from([None, *sorted(self.model.held(FACE))]))
        if comes:
            self.come_near_with(slot)
        else:
            self.see_face(slot)

    def come_near_with(self, slot: int | None) -> None:
        """Somebody comes near, and is seen."""
        self.lock.near(near=False)
        self.lock.near()
        self.see_face(slot)

    def see_face(self, slot: int | None) -> None:
        """The camera sees a face."""
        if self.lock.state.looking:
            self.verify(self.model.holder(FACE, slot), 1, lambda: self.lock.face(slot))
            assert not self.lock.state.looking
        else:
            self.lock.listen()
            self.lock.face(slot)
            assert self.lock.effects == []

    @rule(data=st.data())
    def show_palm(self, data: st.DataObject) -> None:
        slot = data.draw(st.sampled_from([None, *sorted(self.model.held(PALM))]))
        if PALM in self.model.kinds:
            self.verify(self.model.holder(PALM, slot), 1, lambda: self.lock.palm(slot))
        else:
            self.lock.listen()
            self.lock.palm(slot)
            assert self.lock.effects == []

    @rule(phone=st.sampled_from(PHONES), right=st.booleans())
    def pair_phone(self, phone: str, right: bool) -> None:
        model = self.model
        if BLE not in model.kinds:
            return
        model.tick(self.lock.mono_ms)
        if not model.settings.bluetooth:
            expected: str | None = "bluetooth_off"
        elif model.ends is not None:
            expected = "locked_out"
        elif right:
            expected = None
            model.phones = (*(known for known in model.phones if known != phone), phone)
        else:
            expected = "pairing_code"
            model.fail(self.lock.mono_ms)
        self.lock.listen()
        self.lock.give(PhonePairs(phone, RIGHT_CODE if right else "000000"))
        assert self.lock.of(PhoneTold) == [PhoneTold(phone, expected)]
        assert self.lock.state.modes.phones == model.phones

    @rule(
        phone=st.sampled_from(PHONES),
        key_id=st.sampled_from(KEY_IDS),
        wrong=st.sampled_from([None, None, None, "proof", "counter", "challenge"]),
        locks=st.booleans(),
    )
    def use_phone(self, phone: str, key_id: bytes, wrong: str | None, locks: bool) -> None:
        if BLE not in self.model.kinds:
            return
        credential = self.lock.state.directory.by_mac.get(key_id)
        last = 0 if credential is None else credential.counter
        counter = last if wrong == "counter" else last + 1
        operation = "lock" if locks else "unlock"
        shown = proof(read_key(key_text(KEYS, key_id))[1], b"challenge", operation, max(1, counter))
        given = PhoneActs(
            phone=phone,
            key_id=key_id,
            operation=operation,
            challenge=b"another" if wrong == "challenge" else b"challenge",
            counter=counter,
            proof=b"x" * 32 if wrong == "proof" else shown,
        )
        if not self.model.settings.bluetooth:
            self.lock.listen()
            self.lock.give(given)
            assert [fact.reason for fact in self.lock.facts] == ["bluetooth_off"]
            return
        good = wrong is None and phone in self.model.phones
        found = self.model.holder(BLE, key_id) if good else ""
        if locks and found and self.model.ends is None:
            self.lock.give(given)
            self.lock.settle()
        else:
            self.verify(found, 1, lambda: self.lock.give(given))

    @rule()
    def ring(self) -> None:
        self.lock.listen()
        self.lock.press(Key.DOORBELL)
        assert self.lock.events == [EventType.DOORBELL]

    @precondition(lambda self: self.lock.profile.one_time_mute and not self.model.initial)
    @rule()
    def mute(self) -> None:
        self.lock.press("back", "back")
        self.lock.hold("0", 3_500)
        self.lock.press("back")
        assert self.lock.state.modes.mute_once

    @precondition(lambda self: Key.LEAVE in self.lock.profile.keys and not self.model.initial)
    @rule()
    def leave_home_by_key(self) -> None:
        self.lock.press("back", Key.LEAVE)
        self.lock.settle()


class Hands(Machine):
    """What moves by hand."""

    @rule(is_open=st.booleans())
    def move_door(self, is_open: bool) -> None:
        """It may be forced, too."""
        self.lock.set_door(is_open=is_open)
        self.lock.settle()

    @rule(position=st.sampled_from([BoltPosition.THROWN, BoltPosition.RETRACTED]))
    def turn_key(self, position: BoltPosition) -> None:
        self.lock.turn_key(position)
        self.lock.settle()

    @rule()
    def leave(self) -> None:
        self.lock.use_inside_handle()
        self.lock.settle()

    @rule(on=st.booleans())
    def turn_knob(self, on: bool) -> None:
        self.lock.turn_knob(on=on)
        self.lock.settle()

    @rule(handle=st.sampled_from(Handle))
    def use_handle(self, handle: Handle) -> None:
        if not self.numbered:
            self.lock.set_handle(handle)
            self.lock.settle()

    @precondition(lambda self: Key.LOCK in self.lock.profile.keys)
    @rule()
    def press_lock_button(self) -> None:
        self.lock.press(Key.LOCK)
        self.lock.settle()

    @precondition(lambda self: Key.EMERGENCY in self.lock.profile.keys)
    @rule()
    def press_emergency_button(self) -> None:
        """BLT-10: it opens whatever else is so."""
        can = self.opens()
        self.lock.press(Key.EMERGENCY)
        self.lock.settle()
        assert self.lock.is_open or not can

    @precondition(lambda self: not self.model.initial)
    @rule()
    def confirm_outside(self) -> None:
        """BLT-2: the lit confirm key locks; unlit and with nothing typed it only wakes."""
        self.lock.press("ok")
        self.lock.settle()

    @rule(motor=st.sampled_from([Motor.WORKS, Motor.WORKS, *Motor]))
    def break_motor(self, motor: Motor) -> None:
        self.lock.motor = motor
