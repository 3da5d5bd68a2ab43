"""What clients can do, in the app."""

from hypothesis import strategies as st
from hypothesis.stateful import rule

from lock_bridge.engine import schedule
from lock_bridge.engine.inputs import (
    AddBluetoothKey,
    AddTemporaryPasscode,
    AddUser,
    BoltPosition,
    CancelEnrolment,
    ChangeCredential,
    ChangeUser,
    ClearBluetooth,
    ClearCredentials,
    ClearUsers,
    DeleteCredential,
    DeleteUser,
    EndLockout,
    EnrolFailed,
    EnrolStep,
    RemoteLock,
    RemoteUnlock,
    ResetLock,
    SetMode,
    SetMute,
    SetPasscode,
    StartEnrolment,
)
from lock_bridge.engine.model import Window
from lock_bridge.wire.errors import ErrorCode
from lock_bridge.wire.words import BoltState, CredentialType, OperatingMode, Role
from tests.engine.machine.base import CARDS, CODES, Machine, kinds, learnt, names, periods, uses, weeks
from tests.engine.plain_model import BLE, CARD, FINGER, PIN, Owned, Person

KEY_IDS = (b"key one ", b"key two ")
ENDS = ("done", "done", "done", "timeout", "duplicate", "cancelled", "power", "deleted", "nobody", "refused")
"""How an enrolment can go."""
SETTINGS = (
    "remote_unlock",
    "bluetooth",
    "lockout_enabled",
    "progressive_lockout",
    "refuse_simple_passcodes",
    "countdown_locking",
)


class App(Machine):
    """People, credentials, settings and the bolt from afar."""

    @rule(name=names, admin=st.booleans(), period=periods, week=weeks, entries_left=uses)
    def add(
        self,
        name: str,
        admin: bool,
        period: tuple[int | None, int | None],
        week: tuple[Window, ...],
        entries_left: int | None,
    ) -> None:
        from_ms, until_ms = self.limits(period)
        person = Person(admin, self.model.free_number(), True, from_ms, until_ms, week, entries_left)
        self.expect(
            self.model.add(name, person),
            AddUser,
            user_id=name,
            name=name,
            role=Role.ADMINISTRATOR if admin else Role.USER,
            valid_from_ms=from_ms,
            valid_until_ms=until_ms,
            schedule=week,
            uses_left=entries_left,
        )

    @rule(name=names, enabled=st.booleans())
    def enable(self, name: str, enabled: bool) -> None:
        self.expect(self.model.change(name, enabled=enabled), ChangeUser, user_id=name, changes={"enabled": enabled})

    @rule(name=names, admin=st.booleans())
    def change_role(self, name: str, admin: bool) -> None:
        role = "administrator" if admin else "user"
        self.expect(self.model.change(name, admin=admin), ChangeUser, user_id=name, changes={"role": role})

    @rule(name=names, period=periods, week=weeks, entries_left=uses)
    def change_limits(
        self, name: str, period: tuple[int | None, int | None], week: tuple[Window, ...], entries_left: int | None
    ) -> None:
        from_ms, until_ms = self.limits(period)
        changes = {
            "valid_from_ms": from_ms,
            "valid_until_ms": until_ms,
            "schedule": schedule.plain(week),
            "uses_left": entries_left,
        }
        expected = self.model.change(name, from_ms=from_ms, until_ms=until_ms, week=week, uses=entries_left)
        self.expect(expected, ChangeUser, user_id=name, changes=changes)

    @rule(name=names)
    def delete(self, name: str) -> None:
        self.expect(self.model.delete(name), DeleteUser, user_id=name)

    @rule(sure=st.sampled_from([False] * 5 + [True]))
    def clear_users(self, sure: bool) -> None:
        if sure:
            self.expect(self.model.clear(), ClearUsers)

    @rule(on=st.booleans())
    def mute_from_afar(self, on: bool) -> None:
        self.expect(None if self.profile == "palm6068" else ErrorCode.NOT_SUPPORTED, SetMute, on=on)

    @rule(name=names, code=st.sampled_from(CODES), duress=st.booleans())
    def set_code(self, name: str, code: str, duress: bool) -> None:
        error = self.model.set_code(name, code, duress=duress)
        self.expect(error, SetPasscode, user_id=name, passcode=code, duress=duress)

    @rule(name=names, code=st.sampled_from(CODES), period=periods, entries_left=uses)
    def lend_code(self, name: str, code: str, period: tuple[int | None, int | None], entries_left: int | None) -> None:
        from_ms, until_ms = self.limits(period)
        once = entries_left is None and until_ms is None
        item = Owned(name, code, False, True, from_ms, until_ms, 1 if once else entries_left)
        limits = {"valid_from_ms": from_ms, "valid_until_ms": until_ms, "uses": entries_left}
        error = self.model.lend(name, PIN, item, over=self.is_over(until_ms))
        self.expect(error, AddTemporaryPasscode, user_id=name, passcode=code, **limits)

    @rule(name=names, key_id=st.sampled_from(KEY_IDS), period=periods, entries_left=uses)
    def lend_key(
        self, name: str, key_id: bytes, period: tuple[int | None, int | None], entries_left: int | None
    ) -> None:
        from_ms, until_ms = self.limits(period)
        item = Owned(name, key_id, False, False, from_ms, until_ms, entries_left)
        limits = {"valid_from_ms": from_ms, "valid_until_ms": until_ms, "uses": entries_left}
        error = self.model.lend(name, BLE, item, over=self.is_over(until_ms))
        self.expect(error, AddBluetoothKey, user_id=name, key_id=key_id, **limits)

    @rule(kind=kinds, number=st.integers(1, 3))
    def delete_credential(self, kind: CredentialType, number: int) -> None:
        self.expect(self.model.take((kind, number)), DeleteCredential, type=kind, number=number)

    @rule(name=st.none() | names, kind=st.none() | kinds)
    def clear(self, name: str | None, kind: CredentialType | None) -> None:
        model = self.model
        if name is None and kind is None:
            error: ErrorCode | None = ErrorCode.BAD_REQUEST
        elif name is not None and name not in model.people:
            error = ErrorCode.UNKNOWN_USER
        elif kind is not None and kind not in model.kinds:
            error = ErrorCode.NOT_SUPPORTED
        else:
            gone = [key for key, item in model.owned.items() if name in (None, item.user) and kind in (None, key[0])]
            error = model.take(*gone)
        self.expect(error, ClearCredentials, user_id=name, type=kind)

    @rule(number=st.integers(1, 3), duress=st.booleans())
    def mark_finger(self, number: int, duress: bool) -> None:
        item = self.model.owned.get((FINGER, number))
        error = ErrorCode.UNKNOWN_CREDENTIAL if item is None else None
        if item is not None:
            self.model.owned[FINGER, number] = Owned(item.user, item.secret, duress)
        self.expect(error, ChangeCredential, type=FINGER, number=number, changes={"duress": duress})

    @rule(name=names, kind=learnt, end=st.sampled_from(ENDS), taken=st.integers(0, 4), card=st.sampled_from(CARDS))
    def enrol(self, name: str, kind: CredentialType, end: str, taken: int, card: bytes) -> None:
        error = self.model.enrol(name, kind)
        self.expect(error, StartEnrolment, user_id=name, type=kind)
        if error is not None:
            return
        if kind is CARD:
            self._enrol_card(name, card, end)
        else:
            self._enrol_at_reader(name, kind, end, taken)

    def _enrol_card(self, name: str, card: bytes, end: str) -> None:
        if end != "done":
            self.lock.ok(CancelEnrolment)
            return
        known = self.model.holder(CARD, card)
        self.lock.card(card)
        if not known:
            self.model.give(name, CARD, card)

    def _enrol_at_reader(self, name: str, kind: CredentialType, end: str, taken: int) -> None:
        running = self.lock.state.enrolment
        assert running is not None
        assert running.slot is not None
        for touch in range(1, (running.steps if end == "done" else min(taken, running.steps - 1)) + 1):
            self.lock.give(EnrolStep(kind, touch))
        match end:
            case "done":
                self.model.give(name, kind, running.slot)
                self.lock.keep_template(kind, running.slot)
            case "timeout" | "duplicate":
                self.lock.give(EnrolFailed(kind, end))
            case "cancelled":
                self.lock.ok(CancelEnrolment)
            case "refused":
                # The reader has kept it, and the disk takes nothing.
                self.lock.disk_refuses = True
                self.lock.keep_template(kind, running.slot)
                self.lock.disk_refuses = False
            case "power":
                # The reader had just kept it.
                (self.lock.reader if kind is FINGER else self.lock.templates[kind]).add(running.slot)
                self.lock.power_cut()
                self.model.reboot(self.lock.mono_ms)
                self.come_to_rest()
            case "deleted":
                self.delete_now(name)
                if self.lock.state.enrolment is not None and self.lock.state.enrolment.active:
                    self.lock.ok(CancelEnrolment)
            case _:
                self.lock.advance(61_000)
        self.lock.advance(1)
        self.lock.settle()

    def delete_now(self, name: str) -> None:
        """Her enrolment goes with her."""
        self.expect(self.model.delete(name), DeleteUser, user_id=name)

    @rule(name=st.sampled_from(SETTINGS), value=st.booleans())
    def set_setting(self, name: str, value: bool) -> None:
        if name not in self.lock.profile.settings:
            return
        self.lock.set(**{name: value})
        setattr(self.model.settings, name, value)
        if not self.model.settings.lockout_enabled and self.model.ends is not None:
            self.model.end_lockout()

    @rule(manual=st.booleans())
    def look_for_faces(self, manual: bool) -> None:
        if "face_recognition" in self.lock.profile.settings:
            self.lock.set(face_recognition="manual" if manual else "automatic")

    @rule()
    def end_lockout(self) -> None:
        assert self.lock.ok(EndLockout) == {"ended": self.model.ends is not None}
        self.model.pardon()

    @rule()
    def forget_phones(self) -> None:
        if BLE in self.model.kinds:
            self.lock.ok(ClearBluetooth)
            self.model.phones = ()

    @rule(sure=st.sampled_from([False] * 15 + [True]))
    def reset(self, sure: bool) -> None:
        if sure:
            self.lock.ok(ResetLock)
            self.model.reset()
            self.had_administrator = False
            self.lock.advance(1)
            self.leave_menus()

    # The bolt from afar

    @rule()
    def unlock_remotely(self) -> None:
        can = self.opens()
        answer = self.lock.do(RemoteUnlock)
        assert answer.error is (self.why_not_from_afar() or (None if can else self.what_failed()))

    @rule(seconds=st.sampled_from([None, 600]))
    def begin_passage(self, seconds: int | None) -> None:
        can = self.opens()
        answer = self.lock.do(SetMode, mode=OperatingMode.PASSAGE, seconds=seconds)
        refused = self.why_not_from_afar() or (ErrorCode.PRIVACY_ON if self.lock.knob else None)
        assert answer.error is (refused or (None if can else self.what_failed()))
        if answer.error is None:
            assert self.lock.state.modes.passage

    @rule()
    def back_to_normal(self) -> None:
        self.lock.ok(SetMode, mode=OperatingMode.NORMAL)
        self.lock.settle()
        modes = self.lock.state.modes
        assert (modes.passage, modes.leaving_home) == (False, False)

    @rule()
    def leave_home(self) -> None:
        passage, answer = self.lock.state.modes.passage, self.lock.do(SetMode, mode=OperatingMode.LEAVING_HOME)
        if not self.numbered:
            assert answer.error is ErrorCode.NOT_SUPPORTED
        elif passage:
            assert answer.error is ErrorCode.PASSAGE_ON
        else:
            assert answer.error is None
        self.lock.settle()

    @rule()
    def lock_remotely(self) -> None:
        can = self.locks()
        answer = self.lock.do(RemoteLock)
        if self.lock.door_open:
            assert answer.error is ErrorCode.DOOR_OPEN
            return
        assert not self.lock.state.modes.passage
        if not can:
            assert answer.error is self.what_failed()
        elif self.numbered or self.lock.bolt is BoltPosition.THROWN:
            assert answer.error is None
            assert self.lock.state.bolt is BoltState.LOCKED
        else:
            assert answer.error is ErrorCode.BOLT_BY_HAND

    def why_not_from_afar(self) -> ErrorCode | None:
        """VER-16, BLT-14."""
        settings = self.model.settings
        if not settings.remote_unlock:
            return ErrorCode.REMOTE_UNLOCK_OFF
        if self.profile == "palm6068" and settings.bluetooth:
            return ErrorCode.BLUETOOTH_ON
        return None if self.handle_free() else ErrorCode.HANDLE_NOT_AT_REST
