"""Any life of a lock, step by step beside a plain model of it: people, entries, time, doors, faults, power cuts."""

import os
from collections.abc import Callable
from copy import deepcopy
from typing import Any

import pytest
from hypothesis import note, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from lock_bridge.engine.effects import Say, Sound, Tone
from lock_bridge.engine.inputs import (
    AddUser,
    BiometricSeen,
    BoltPosition,
    ChangeUser,
    DeleteCredential,
    DeleteUser,
    EndLockout,
    Handle,
    Input,
    Key,
    KeyDown,
    RemoteLock,
    RemoteUnlock,
    SetPasscode,
    StartEnrolment,
    Timer,
)
from lock_bridge.wire.errors import ErrorCode
from lock_bridge.wire.words import BoltState, CredentialType, EventType, Role
from tests.engine.lock import DAY, HOUR, MINUTE, Lock, Motor
from tests.engine.plain_model import CARD, FINGER, PIN, Model, Person

LONG = os.environ.get("LOCK_BRIDGE_LONG") == "1"

NAMES = ("anna", "ben", "cara", "dora")
CODES = ("482913", "730514", "4829137", "7305148", "2604193758", "0482913", "111111", "234567", "98765", "26041937580")
"""Of equal length, within each other, simple, too short and too long."""
CARDS = (b"\x04\xa1\xb2\xc3", b"\x04\xd4\xe5\xf6")
WAITS = (0, 1, 1_000, 29_000, 3 * MINUTE, 301_000, HOUR, 23 * HOUR, DAY, 3 * DAY)
JUMPS = (-10 * 365 * DAY, -DAY, -HOUR, HOUR, DAY, 10 * 365 * DAY)
PERIODS = ((None, None), (None, None), (-HOUR, HOUR), (HOUR, None), (None, -HOUR), (-DAY, DAY))

names = st.sampled_from(NAMES)
periods = st.sampled_from(PERIODS)
junk = st.text("0123456789", max_size=7)
entries = st.one_of(
    st.builds(lambda *parts: "".join(parts)[:20], junk, st.sampled_from(CODES), junk),
    st.builds(lambda *parts: "".join(parts)[:20], st.sampled_from(CODES), junk, st.sampled_from(CODES)),
    st.sampled_from(CODES),
    st.text("0123456789", min_size=1, max_size=20),
)


class Door(RuleBasedStateMachine):
    """One door, used in every way that a door can be."""

    profile = "palm6068"

    @initialize(disk_is_new=st.booleans())
    def begin(self, *, disk_is_new: bool) -> None:
        self.lock = Lock(self.profile)
        self.numbered = self.profile == "palm6068"
        self.model = Model(self.numbered)
        self.had_administrator = False
        if not disk_is_new:
            self.add("anna", admin=True, period=(None, None))
            self.set_code("anna", CODES[0])
        self.lock.settle()

    # People, in the app

    @rule(name=names, admin=st.booleans(), period=periods)
    def add(self, name: str, admin: bool, period: tuple[int | None, int | None]) -> None:
        from_ms, until_ms = self.limits(period)
        number = self.model.free_number()
        expected = self.model.add(name, Person(admin, number, True, from_ms, until_ms))
        role = Role.ADMINISTRATOR if admin else Role.USER
        self.expect(
            expected,
            AddUser,
            user_id=name,
            name=name,
            role=role,
            valid_from_ms=from_ms,
            valid_until_ms=until_ms,
        )

    @rule(name=names, enabled=st.booleans())
    def enable(self, name: str, enabled: bool) -> None:
        self.expect(self.model.change(name, enabled=enabled), ChangeUser, user_id=name, changes={"enabled": enabled})

    @rule(name=names, admin=st.booleans())
    def change_role(self, name: str, admin: bool) -> None:
        role = "administrator" if admin else "user"
        self.expect(self.model.change(name, admin=admin), ChangeUser, user_id=name, changes={"role": role})

    @rule(name=names, period=periods)
    def change_period(self, name: str, period: tuple[int | None, int | None]) -> None:
        from_ms, until_ms = self.limits(period)
        changes = {"valid_from_ms": from_ms, "valid_until_ms": until_ms}
        expected = self.model.change(name, from_ms=from_ms, until_ms=until_ms)
        self.expect(expected, ChangeUser, user_id=name, changes=changes)

    @rule(name=names)
    def delete(self, name: str) -> None:
        self.expect(self.model.delete(name), DeleteUser, user_id=name)

    @rule(name=names, code=st.sampled_from(CODES))
    def set_code(self, name: str, code: str) -> None:
        self.expect(self.model.set_code(name, code), SetPasscode, user_id=name, passcode=code)

    @rule(kind=st.sampled_from([PIN, FINGER, CARD]), number=st.integers(1, 3))
    def delete_credential(self, kind: CredentialType, number: int) -> None:
        self.expect(self.model.take((kind, number)), DeleteCredential, type=kind, number=number)

    @rule(name=names)
    def enrol_finger(self, name: str) -> None:
        if (error := self.model.enrol(name, FINGER)) is not None:
            self.expect(error, StartEnrolment, user_id=name, type=FINGER)
        else:
            self.model.give(name, FINGER, self.lock.add_finger(name))

    @rule(name=names, card=st.sampled_from(CARDS))
    def enrol_card(self, name: str, card: bytes) -> None:
        error = self.model.enrol(name, CARD)
        self.expect(error, StartEnrolment, user_id=name, type=CARD)
        if error is None:
            known = bool(self.model.holder(CARD, card))
            self.lock.card(card)
            if not known:
                self.model.give(name, CARD, card)

    # At the door

    @rule(entry=entries)
    def enter(self, entry: str) -> None:
        self.verify(self.model.in_entry(entry), len(entry), lambda: self.lock.enter(entry))

    @rule(entry=entries, times=st.integers(2, 5))
    def enter_again_and_again(self, entry: str, times: int) -> None:
        for _ in range(times):
            self.enter(entry)

    @precondition(lambda self: list(self.model.fingers()))
    @rule(data=st.data())
    def touch(self, data: st.DataObject) -> None:
        slot = data.draw(st.sampled_from(sorted(self.model.fingers())))
        self.verify(self.model.holder(FINGER, slot), 1, lambda: self.lock.finger(slot))

    @rule(slot=st.sampled_from([None, 47]))
    def touch_as_a_stranger(self, slot: int | None) -> None:
        self.verify("", 1, lambda: self.lock.finger(slot))

    @rule(card=st.sampled_from([*CARDS, b"a stranger's"]))
    def hold_card(self, card: bytes) -> None:
        if self.numbered:
            self.lock.listen()
            self.lock.card(card)
            assert self.lock.effects == []
        else:
            self.verify(self.model.holder(CARD, card), 1, lambda: self.lock.card(card))

    @rule(digits=st.integers(21, 25))
    def type_too_much(self, digits: int) -> None:
        self.lock.press("back", *"9" * digits, "back")

    # Hands

    @precondition(lambda self: self.lock.bolt is BoltPosition.RETRACTED)
    @rule(is_open=st.booleans())
    def move_door(self, is_open: bool) -> None:
        self.lock.set_door(is_open=is_open)
        self.lock.settle()

    @rule(position=st.sampled_from([BoltPosition.THROWN, BoltPosition.RETRACTED]))
    def turn_key(self, position: BoltPosition) -> None:
        self.lock.turn_key(position)

    @rule()
    def leave(self) -> None:
        self.lock.use_inside_handle()

    @rule(handle=st.sampled_from(Handle))
    def use_handle(self, handle: Handle) -> None:
        if not self.numbered:
            self.lock.set_handle(handle)

    @precondition(lambda self: Key.LOCK in self.lock.profile.keys)
    @rule()
    def press_lock_button(self) -> None:
        self.lock.press(Key.LOCK)
        self.lock.settle()

    @rule(motor=st.sampled_from([Motor.WORKS, Motor.WORKS, *Motor]))
    def break_motor(self, motor: Motor) -> None:
        self.lock.motor = motor

    # From afar

    @rule()
    def unlock_remotely(self) -> None:
        can = self.opens()
        answer = self.lock.do(RemoteUnlock)
        if not self.model.settings.remote_unlock:
            assert answer.error is ErrorCode.REMOTE_UNLOCK_OFF
        elif self.model.settings.bluetooth:
            assert answer.error is ErrorCode.BLUETOOTH_ON
        elif not self.handle_free():
            assert answer.error is ErrorCode.HANDLE_NOT_AT_REST
        elif can:
            assert answer.error is None
        else:
            assert answer.error is self.what_failed()

    @rule()
    def lock_remotely(self) -> None:
        can = self.locks()
        answer = self.lock.do(RemoteLock)
        if self.lock.door_open:
            assert answer.error is ErrorCode.DOOR_OPEN
        elif not can:
            assert answer.error is self.what_failed()
        elif self.numbered or self.lock.bolt is BoltPosition.THROWN:
            assert answer.error is None
            assert self.lock.state.bolt is BoltState.LOCKED
        else:
            assert answer.error is ErrorCode.BOLT_BY_HAND

    @rule(
        name=st.sampled_from(
            [
                "remote_unlock",
                "bluetooth",
                "lockout_enabled",
                "progressive_lockout",
                "refuse_simple_passcodes",
                "countdown_locking",
            ]
        ),
        value=st.booleans(),
    )
    def set_setting(self, name: str, value: bool) -> None:
        if name in self.lock.profile.settings:
            self.lock.set(**{name: value})
            setattr(self.model.settings, name, value)
            if not self.model.settings.lockout_enabled and self.model.ends is not None:
                self.model.end_lockout()

    @rule()
    def end_lockout(self) -> None:
        assert self.lock.ok(EndLockout) == {"ended": self.model.ends is not None}
        self.model.pardon()

    # Time and power

    @rule(ms=st.sampled_from(WAITS))
    def wait(self, ms: int) -> None:
        self.lock.advance(ms)
        self.lock.settle()

    @rule(ms=st.sampled_from(JUMPS))
    def set_calendar(self, ms: int) -> None:
        self.lock.jump(ms)

    @rule(trusted=st.booleans())
    def trust_calendar(self, trusted: bool) -> None:
        self.lock.trusted = trusted

    @rule(off_ms=st.sampled_from(WAITS))
    def cut_power(self, off_ms: int) -> None:
        left = self.left()
        self.lock.power_cut(off_ms=off_ms)
        self.model.reboot(self.lock.mono_ms)
        assert self.left() >= left, "a power cut has shortened the lockout"
        self.lock.settle()

    @rule(off_ms=st.sampled_from(WAITS))
    def restart_service(self, off_ms: int) -> None:
        left = self.left()
        self.lock.restart(off_ms=off_ms)
        self.lock.advance(0)
        assert self.left() == max(0, left - off_ms), "a restart has changed the lockout"
        self.lock.settle()

    @rule(entry=entries, ms=st.sampled_from([1, 100, 899]))
    def cut_power_while_the_bolt_moves(self, entry: str, ms: int) -> None:
        self.expected(self.model.in_entry(entry), len(entry))
        self.lock.enter(entry)
        self.lock.advance(ms)
        self.model.tick(self.lock.mono_ms)
        self.cut_power(0)

    @rule(entry=entries, finger=st.booleans(), moment=st.integers(0, 4))
    def cut_power_within_a_step(self, entry: str, finger: bool, moment: int) -> None:
        """Anywhere between the effects of one input: on disk is all or nothing of it, and at least what was shown."""
        if not self.lock.state.awake:
            self.lock.press("ok")
        self.lock.press("back", *entry)
        given: Input = BiometricSeen(CredentialType.FINGERPRINT, None) if finger else KeyDown(Key.CONFIRM)
        images = list(self.lock.images(given))
        done, self.lock.disk = images[min(moment, len(images) - 1)]
        before = deepcopy(self.model)
        self.expected("" if finger else self.model.in_entry(entry), 1 if finger else len(entry))
        told = any(
            (isinstance(effect, Sound) and effect.tone is Tone.FAILURE) or isinstance(effect, Say) for effect in done
        )
        self.lock.power_cut()
        before.reboot(self.lock.mono_ms)
        self.model.reboot(self.lock.mono_ms)
        if not told and self.count() != self.counted(self.model):
            assert self.count() == self.counted(before)
            self.model = before
        self.lock.settle()

    # What always holds

    @invariant()
    def the_people_are_those_of_the_model(self) -> None:
        users = {
            user.id: Person(
                user.role is Role.ADMINISTRATOR, user.number, user.enabled, user.valid_from_ms, user.valid_until_ms
            )
            for user in self.lock.state.directory.users.values()
        }
        assert users == self.model.people
        credentials = self.lock.state.directory.credentials.values()
        assert {(item.type, item.number): item.user_id for item in credentials} == {
            key: item.user for key, item in self.model.owned.items()
        }
        assert self.lock.reader == set(self.model.fingers())

    @invariant()
    def the_count_is_that_of_the_model(self) -> None:
        self.model.tick(self.lock.mono_ms)
        assert self.count() == self.counted(self.model)
        runs = self.lock.runs(Timer.LOCKOUT)
        assert runs is None or self.model.ends is None or runs == self.model.ends - self.lock.mono_ms

    @invariant()
    def there_is_an_administrator_once_there_was_one(self) -> None:
        self.had_administrator |= any(person.admin for person in self.model.people.values())
        assert bool(self.lock.state.directory.administrators()) is self.had_administrator

    @invariant()
    def what_is_said_of_the_bolt_is_true(self) -> None:
        lock = self.lock
        assert lock.state.motion is None
        secured = lock.bolt is BoltPosition.THROWN and not (lock.coupled and not self.numbered)
        if lock.state.bolt is BoltState.LOCKED:
            assert secured, "said to be locked"
        if lock.state.bolt in (BoltState.UNLOCKED, BoltState.JAMMED):
            assert not secured, "said to be open"
        if self.numbered:
            assert (lock.state.bolt is BoltState.JAMMED) is (lock.bolt is BoltPosition.BETWEEN)
            assert lock.state.bolt is not BoltState.UNKNOWN

    @invariant()
    def a_sleeping_keypad_is_dark_and_has_forgotten(self) -> None:
        assert bool(self.lock.lights.keys) is self.lock.state.awake
        assert self.lock.state.awake or not self.lock.state.entry

    # Help

    def verify(self, user: str | None, digits: int, act: Callable[[], None]) -> None:
        """A verification at the door goes as the model says, and is told as it went."""
        can = self.opens()
        expected = self.expected(user, digits)
        note(f"{expected} is expected of {user!r}")
        locked_out = expected != "locked_out" and self.model.ends is not None
        self.lock.listen()
        act()
        assert self.lock.tones[:1] == [Tone.SUCCESS if expected == "granted" else Tone.FAILURE]
        self.lock.settle()
        told = [fact for fact in self.lock.facts if fact.type in (EventType.ACCESS_GRANTED, EventType.ACCESS_REFUSED)]
        assert locked_out is (EventType.LOCKOUT_STARTED in self.lock.events)
        if expected == "granted":
            assert [(fact.type, fact.user_id) for fact in told] == ([(EventType.ACCESS_GRANTED, user)] if can else [])
            assert self.lock.is_open or not can
        else:
            assert self.lock.drives == []
            assert [fact.reason for fact in told] == ([] if expected == "locked_out" else [expected])

    def expected(self, user: str | None, digits: int) -> str:
        """What the model does with a verification, now."""
        lock = self.lock
        self.model.tick(lock.mono_ms)
        return self.model.present(
            user, digits, lock.mono_ms, lock.wall_ms, trusted=lock.trusted, handle_free=self.handle_free()
        )

    def expect(self, error: ErrorCode | None, kind: Any, **values: Any) -> None:
        """A command is answered as the model says."""
        answer = self.lock.do(kind, **values)
        assert answer.error is error

    def limits(self, period: tuple[int | None, int | None]) -> tuple[int | None, int | None]:
        """A period that is told from now, in the calendar."""
        from_ms, until_ms = (None if ms is None else self.lock.wall_ms + ms for ms in period)
        return from_ms, until_ms

    def handle_free(self) -> bool:
        """Whether nobody holds the outside handle of a clutch lock."""
        return self.numbered or self.lock.handle is Handle.REST

    def opens(self) -> bool:
        """Whether what is driven to open would open now."""
        if self.lock.motor is Motor.WORKS or (not self.numbered and self.lock.motor is Motor.SLIPS):
            # A clutch has no sensor: that its motor has run is all that can be known of it.
            return True
        return self.lock.bolt is BoltPosition.RETRACTED if self.numbered else self.lock.state.coupled is True

    def locks(self) -> bool:
        """Whether what is driven to lock would do its part now."""
        if self.lock.motor is Motor.WORKS or (not self.numbered and self.lock.motor is Motor.SLIPS):
            return True
        return self.lock.bolt is BoltPosition.THROWN if self.numbered else self.lock.state.coupled is False

    def what_failed(self) -> ErrorCode:
        """A bolt half way is jammed; otherwise it was the motor."""
        half_way = self.numbered and self.lock.bolt is BoltPosition.BETWEEN
        return ErrorCode.JAMMED if half_way else ErrorCode.MOTOR_FAULT

    def left(self) -> int:
        """How much of the lockout is left."""
        ends = self.lock.state.lockout.ends_mono_ms
        return 0 if ends is None else ends - self.lock.mono_ms

    def count(self) -> tuple[Any, ...]:
        """The engine's count."""
        record = self.lock.state.lockout
        return (list(record.failures), record.level, record.ends_mono_ms, record.duration_ms, record.decay_mono_ms)

    @staticmethod
    def counted(model: Model) -> tuple[Any, ...]:
        """The model's count."""
        return (model.failures, model.level, model.ends, model.lasts_ms, model.falls)


class ClutchDoor(Door):
    """The other family: a clutch, cards, no numbers, failures that count for ever."""

    profile = "l2s"


Door.TestCase.settings = ClutchDoor.TestCase.settings = settings(stateful_step_count=50)

TestALifeOfPalm6068 = pytest.mark.timeout(7200 if LONG else 300)(Door.TestCase)
TestALifeOfL2s = pytest.mark.timeout(7200 if LONG else 300)(ClutchDoor.TestCase)
