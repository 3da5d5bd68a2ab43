"""What people can do in the lock's menus, whole and half."""

from copy import deepcopy
from dataclasses import dataclass
from typing import Any

from hypothesis import note
from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from lock_bridge.engine.inputs import EnrolFailed, EnrolStep, Key
from lock_bridge.engine.menu_state import Stage
from lock_bridge.wire.words import CredentialType, EventType
from tests.engine.machine.base import CARDS, CODES, Machine, entries, learnt, of_machine
from tests.engine.plain_model import BLE, CARD, FINGER, PIN
from tests.engine.plain_model import Key as Name

codes = st.sampled_from(CODES)
added = of_machine(lambda machine: [kind for kind in machine.model.kinds if kind is not BLE])
BREAKS = ("back", "idle", "power", "restart", "pairing", "stranger")
"""How something half done comes to its end."""


@dataclass(frozen=True)
class HalfDone:
    """Something that is begun in a menu, how far it gets, and what ends it."""

    what: str
    keys: int
    kind: CredentialType
    code: str
    how: str


half_done = st.builds(
    HalfDone,
    what=st.sampled_from(["code", "refused", "reader", "reader", "delete", "clear"]),
    keys=st.integers(0, 12),
    kind=learnt,
    code=codes,
    how=st.sampled_from(BREAKS),
)


class Menus(Machine):
    """Menus of both families."""

    @precondition(lambda self: not self.at_first_start())
    @rule(entry=entries)
    def ask_for_menu(self, entry: str) -> None:
        """Only an administrator's own credential opens it; what else is shown counts as anywhere (MNU-2)."""
        if not self.numbered and (not self.model.owned or entry == self.lock.profile.menu_code):
            return
        self.ask()
        expected = self.expected(self.model.in_entry(entry), len(entry), menu=True)
        note(f"{expected} is expected")
        self.lock.listen()
        self.lock.press(*entry, "ok")
        assert (self.stage() is Stage.TOP) is (expected == "granted")
        assert (EventType.MENU_OPENED in self.lock.events) is (expected == "granted")
        assert self.lock.drives == []
        self.leave_menus()

    @precondition(lambda self: not self.at_first_start())
    @rule(
        data=st.data(),
        same=st.sampled_from([True, True, True, False]),
        admin=st.booleans(),
        kind=added,
        code=codes,
        again=codes,
    )
    def add_at_keypad(
        self, data: st.DataObject, same: bool, admin: bool, kind: CredentialType, code: str, again: str
    ) -> None:
        again = code if same else again
        initial = not self.model.owned
        if not self.open_menu(data):
            return
        self.choose(admin, kind)
        # On a lock without users all that is enrolled in the menu of the initial state is an administrator's (USR-8).
        made_admin = admin if self.numbered else initial
        if kind is PIN:
            self.type_new_code(code, again, made_admin)
        else:
            self.learn_at_keypad(data, kind, made_admin)
        self.leave_menus()

    @precondition(lambda self: self.numbered and not self.at_first_start())
    @rule(data=st.data(), number=st.integers(1, 5))
    def delete_at_keypad(self, data: st.DataObject, number: int) -> None:
        if not self.open_menu(data):
            return
        user = next((user for user, person in self.model.people.items() if person.number == number), "nobody")
        error = self.model.delete(user)
        self.lock.listen()
        self.lock.press("3", *str(number), "ok")
        assert (EventType.USER_DELETED in self.lock.events) is (error is None)
        self.leave_menus()

    @precondition(lambda self: not self.numbered and self.model.owned)
    @rule(data=st.data(), kind=st.sampled_from([FINGER, PIN, CARD]), number=st.integers(1, 3), sure=st.booleans())
    def delete_by_short_code(self, data: st.DataObject, kind: CredentialType, number: int, sure: bool) -> None:
        opener = self.open_menu(data)
        if not opener:
            return
        self.lock.press("2", self.kind_key(kind), "ok", *str(number), "ok", "ok" if sure else "5")
        if sure and (kind, number) != opener:
            self.model.take((kind, number), at_keypad=True)
        self.leave_menus()

    @precondition(lambda self: not self.numbered and self.model.owned)
    @rule(data=st.data(), kind=st.sampled_from([FINGER, PIN, CARD]), sure=st.booleans())
    def clear_by_short_code(self, data: st.DataObject, kind: CredentialType, sure: bool) -> None:
        opener = self.open_menu(data)
        if not opener:
            return
        self.lock.press("3", self.kind_key(kind), "ok", "ok" if sure else "back")
        if sure and isinstance(opener, tuple) and opener[0] is not kind:
            self.model.take(*(key for key in self.model.owned if key[0] is kind), at_keypad=True)
        self.leave_menus()

    @precondition(lambda self: not self.numbered and self.model.owned)
    @rule(data=st.data(), sure=st.sampled_from([False] * 9 + [True]))
    def initialise(self, data: st.DataObject, sure: bool) -> None:
        if not self.open_menu(data):
            return
        self.lock.press(*"3570", "ok", "ok" if sure else "1")
        if sure:
            self.model.owned = {}
            self.model.drop_empty()
        self.leave_menus()

    @precondition(lambda self: self.at_first_start())
    @rule(code=codes, keys=st.sampled_from([1, 2, 3, 8, 99, 99]), how=st.sampled_from(BREAKS))
    def first_start(self, code: str, keys: int, how: str) -> None:
        """DLM-1: all of it, or as far as so many keys go."""
        outside = self.model.initial
        self.lock.press("back" if outside else Key.SET)
        if not outside and self.stage() is None:
            return
        error = self.model.check_code(code)
        plan = {
            Stage.DIRECTION_ASKED: ["ok"],
            Stage.DIRECTION: ["1"],
            Stage.FIRST: ["ok"],
            Stage.PASSCODE: [*code, "ok", *code, "ok"],
        }
        while keys > 0 and (stage := self.stage()) in plan:
            pressed = plan.pop(stage)[:keys]  # type: ignore[arg-type]
            keys -= len(pressed)
            self.lock.press(*pressed)
        if error is None and keys > 0:
            user = self.adopt(admin=True)
            self.model.give(user, PIN, code)
            self.leave_menus()
        else:
            self.break_off(how)

    @precondition(lambda self: not self.at_first_start())
    @rule(data=st.data(), things=st.lists(half_done, min_size=1, max_size=5))
    def leave_things_half_done(self, data: st.DataObject, things: list[HalfDone]) -> None:
        """MNU-1: it leaves no trace."""
        for thing in things:
            if not self.at_first_start() and self.open_menu(data):
                before = self.kept()
                self.do_half(thing)
                self.break_off(thing.how)
                assert self.kept() == before, "something half done has left a trace"

    def do_half(self, thing: HalfDone) -> None:
        """As far as so many keys, touches or poses go, and never to the end."""
        keys, kind = thing.keys, thing.kind
        match thing.what:
            case "code":
                self.choose(False, PIN)
                self.lock.press(*[*thing.code, "ok", *thing.code][: keys + 1])
            case "refused":
                self.choose(False, PIN)
                self.lock.disk_refuses = True
                self.lock.press(*thing.code, "ok", *thing.code, "ok")
                self.lock.disk_refuses = False
            case "reader" if kind in self.model.kinds:
                self.choose(False, kind)
                running = self.lock.state.enrolment
                if running is not None and running.active and running.slot is not None:
                    for touch in range(1, min(keys, running.steps - 1) + 1):
                        self.lock.give(EnrolStep(kind, touch))
                    if keys > 9:
                        self.lock.give(EnrolFailed(kind, "timeout"))
            case "delete" if self.numbered:
                self.lock.press(*["3", "1", "2"][: keys % 4])
            case "delete":
                self.lock.press("2", "2", "ok", "1", "ok")
            case "clear" if not self.numbered:
                self.lock.press("3", "1", "ok")

    # Help

    def at_first_start(self) -> bool:
        """Whether the menu makes the first administrator, and nobody verifies."""
        return self.numbered and not self.model.administrators()

    def ask(self) -> None:
        """SET on the rear, or the code of the menu."""
        if self.numbered:
            self.lock.press(Key.SET)
        else:
            self.lock.enter("3571")

    def open_menu(self, data: st.DataObject) -> Name | bool:
        """With one of the credentials that open it; it, or whether the menu is open all the same."""
        # Else the voice might still be at what was done in no time before, until the menu has waited long enough.
        self.lock.listen_out()
        if not self.numbered and not self.model.owned:
            self.ask()
            return self.stage() is Stage.TOP
        keys = [key for key, item in self.model.owned.items() if key[0] is not BLE and self.is_master(item)]
        if not keys:
            return False
        key = data.draw(st.sampled_from(sorted(keys)))
        item = self.model.owned[key]
        self.ask()
        expected = self.expected(key, len(item.secret) if key[0] is PIN else 1, menu=True)
        match key[0]:
            case CredentialType.PIN:
                self.lock.press(*item.secret, "ok")
            case CredentialType.RFID:
                self.lock.card(item.secret)
            case CredentialType.FINGERPRINT:
                self.lock.finger(item.secret)
            case CredentialType.FACE if expected != "locked_out":
                assert self.lock.state.looking, "a menu that waits looks for faces"
                self.lock.face(item.secret)
            case CredentialType.PALM_VEIN:
                self.lock.palm(item.secret)
        assert (self.stage() is Stage.TOP) is (expected == "granted")
        if expected != "granted":
            self.leave_menus()
            return False
        self.lock.listen_out()
        return key

    def is_master(self, item: Any) -> bool:
        """Whether it is an administrator's own."""
        return self.model.people[item.user].admin and not item.temporary

    def choose(self, admin: bool, kind: CredentialType) -> None:
        """New administrator or user, and what to enrol."""
        if self.numbered:
            item = self.lock.profile.enrol_items.index(kind) + 1
            self.lock.press("1" if admin else "2", str(item))
        else:
            self.lock.press("1", self.kind_key(kind), "ok")

    @staticmethod
    def kind_key(kind: CredentialType) -> str:
        """Its digit in the short codes of `l2s`."""
        return {FINGER: "1", PIN: "2", CARD: "3"}[kind]

    def type_new_code(self, code: str, again: str, admin: bool) -> None:
        """Twice the same, and it is kept."""
        good = code == again and self.model.check_code(code) is None
        self.lock.press(*code, "ok", *again, "ok")
        if good:
            number = self.model.free(PIN)
            user = self.adopt(admin=admin, made=not self.numbered)
            assert self.model.give(user, PIN, code) == number

    def learn_at_keypad(self, data: st.DataObject, kind: CredentialType, admin: bool) -> None:
        """Through to its end, and on `dl50fvs` and `palm6068` one more finger."""
        running = self.lock.state.enrolment
        assert running is not None
        if kind is CARD:
            card = data.draw(st.sampled_from(CARDS))
            known = self.model.holder(CARD, card)
            self.lock.card(card)
            if not known:
                self.model.give(self.adopt(admin=admin, made=not self.numbered), CARD, card)
            return
        user = ""
        for more in range(data.draw(st.integers(1, 2)) if kind is FINGER and self.numbered else 1):
            if more:
                self.lock.press("1")
            running = self.lock.state.enrolment
            assert running is not None
            assert running.slot is not None
            for touch in range(1, running.steps + 1):
                self.lock.give(EnrolStep(kind, touch))
            self.lock.keep_template(kind, running.slot)
            user = user or self.adopt(admin=admin, made=not self.numbered)
            self.model.give(user, kind, running.slot)

    def break_off(self, how: str) -> None:
        """What is open is left, one way or another."""
        lock = self.lock
        match how:
            case "idle":
                lock.advance(200_000)
            case "power":
                lock.power_cut()
                self.model.reboot(lock.mono_ms)
                self.come_to_rest()
            case "restart":
                lock.restart()
                lock.advance(0)
            case "pairing":
                # Somebody inside holds the button: the menu is left for it.
                lock.hold(lock.profile.pairing_key or "back", lock.profile.hold_ms + 500)
                assert self.stage() is None
                lock.advance(1)
                assert lock.state.enrolment is None or not lock.state.enrolment.active
                lock.advance(lock.profile.idle_ms + 90_000)
            case "stranger" if self.stage() not in (None, Stage.VERIFY) and not self.at_first_start():
                # In an open menu readers are no verifications.
                before = self.count()
                lock.finger(None)
                assert self.count() == before
        self.leave_menus()
        lock.settle()

    def stage(self) -> Stage | None:
        """What the menu waits for."""
        return None if self.lock.state.menu is None else self.lock.state.menu.stage

    def kept(self) -> tuple[Any, ...]:
        """What must be as it was."""
        disk = self.lock.disk
        return deepcopy((disk.users, disk.credentials, disk.settings, self.lock.reader, self.lock.templates))
