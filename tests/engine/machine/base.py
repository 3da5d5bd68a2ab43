"""A lock and a plain model of it side by side, what has to hold at any time, and what all rules need."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from hypothesis import note
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant

from lock_bridge.engine.effects import Answer, BeginEnrolment, DeleteTemplates, Effect, Record, Sound, Tone
from lock_bridge.engine.inputs import (
    AddTemporaryPasscode,
    AddUser,
    BoltPosition,
    Command,
    EnrolDone,
    Handle,
    Inventory,
    Key,
    SetPasscode,
    Timer,
)
from lock_bridge.engine.model import Window
from lock_bridge.wire.errors import ErrorCode
from lock_bridge.wire.words import BoltState, CredentialType, EventType, OperatingMode, Role
from tests.engine.lock import DAY, HOUR, MINUTE, Lock, Motor
from tests.engine.plain_model import CARD, FACE, FINGER, PALM, PIN, Door, Model, Owned, Person, Settings
from tests.engine.plain_model import Key as Name

NAMES = ("anna", "ben", "cara", "dora")
CODES = tuple(
    "482913 730514 905172 38160247 6173925 1594872603 4829137 0482913 111111 234567 98765 26041937580".split()
)
"""Good ones, some within each other, simple ones, one too short and one too long."""
LEARNT = (FINGER, FACE, PALM, CARD)
CARDS = (b"\x04\xa1\xb2\xc3", b"\x04\xd4\xe5\xf6")
WAITS = (0, 1, 1_000, 29_000, 3 * MINUTE, 301_000, HOUR, 23 * HOUR, DAY, 3 * DAY)
PERIODS = ((None, None), (None, None), (-HOUR, HOUR), (HOUR, None), (None, -HOUR), (-DAY, DAY))
WEEKS: tuple[tuple[Window, ...], ...] = (
    (),
    (),
    (Window(frozenset(range(5)), 8 * 60, 17 * 60),),
    (Window(frozenset({4, 5}), 22 * 60, 6 * 60), Window(frozenset({0}), 0, 0)),
)


def of_machine[T](choose: Callable[[Machine], Sequence[T]]) -> st.SearchStrategy[T]:
    """One of what there is to choose from just now."""
    return st.runner().flatmap(lambda machine: st.sampled_from(choose(machine)))


def _entries(machine: Machine) -> st.SearchStrategy[str]:
    known = [str(item.secret) for key, item in sorted(machine.model.owned.items()) if key[0] is PIN]
    codes = st.sampled_from([*known, *known, *CODES])
    return st.one_of(
        codes,
        codes,
        st.builds(lambda *parts: "".join(parts)[:20], junk, codes, junk),
        st.builds(lambda *parts: "".join(parts)[:20], codes, junk, codes),
        st.text("0123456789", min_size=1, max_size=20),
    )


names = of_machine(lambda machine: [*sorted(machine.model.people), *sorted(machine.model.people), *NAMES])
periods = st.sampled_from(PERIODS)
weeks = st.sampled_from(WEEKS)
uses = st.sampled_from([None, None, 1, 2])
kinds = of_machine(lambda machine: [*machine.model.kinds, *machine.model.kinds, *CredentialType])
learnt = of_machine(lambda machine: [*(kind for kind in machine.model.kinds if kind in LEARNT), *LEARNT])
junk = st.text("0123456789", max_size=7)
entries = st.runner().flatmap(_entries)


class WatchedLock(Lock):
    """A lock whose readers of faces and palms remember too, and that counts to whom it has opened."""

    def __init__(self, profile: str) -> None:
        self.templates: dict[CredentialType, set[int]] = {FACE: set(), PALM: set()}
        self.granted = 0
        super().__init__(profile)

    def start(self) -> None:
        super().start()
        for kind, slots in self.templates.items():
            if kind in self.profile.credentials:
                self.give(Inventory(kind, frozenset(slots)))

    def ask(self, kind: type[Command], **values: Any) -> str:
        if kind is AddTemporaryPasscode:
            self.secrets.add(values["passcode"])
        return super().ask(kind, **values)

    def keep_template(self, kind: CredentialType, slot: int) -> None:
        """The reader has learnt it."""
        (self.reader if kind is FINGER else self.templates[kind]).add(slot)
        self.give(EnrolDone(kind, slot))

    def _carry_out(self, effect: Effect) -> None:
        match effect:
            case Record(fact) if fact.type is EventType.ACCESS_GRANTED:
                self.granted += 1
            case BeginEnrolment(kind, slot) if kind in self.templates:
                assert slot not in self.templates[kind]
            case DeleteTemplates(kind, slots) if kind in self.templates:
                self.templates[kind] -= slots
        super()._carry_out(effect)


class Machine(RuleBasedStateMachine):
    """One door beside its model."""

    profile = "palm6068"

    @initialize(people=st.sampled_from(["nobody", "anna", "both", "both", "both"]))
    def begin(self, *, people: str) -> None:
        self.lock = WatchedLock(self.profile)
        self.model = Model(self.profile, settings=Settings(refuse_simple_passcodes=self.profile != "l2s"))
        self.numbered = self.model.numbered
        self.had_administrator = False
        self.leave_menus()
        if people != "nobody":
            self.move_in("anna", CODES[0], admin=True)
        if people == "both":
            self.move_in("ben", CODES[1], admin=False)
            for name in ("remote_unlock", "bluetooth"):
                if name in self.lock.profile.settings:
                    self.lock.set(**{name: True})
                    setattr(self.model.settings, name, True)
        self.lock.settle()

    def move_in(self, name: str, code: str, *, admin: bool) -> None:
        """Somebody with a code and a finger."""
        self.model.add(name, Person(admin, self.model.free_number()))
        self.lock.ok(AddUser, user_id=name, name=name, role=Role.ADMINISTRATOR if admin else Role.USER)
        self.expect(self.model.set_code(name, code, duress=False), SetPasscode, user_id=name, passcode=code)
        self.model.give(name, FINGER, self.lock.add_finger(name))

    # What always holds

    @invariant()
    def the_people_are_those_of_the_model(self) -> None:
        directory = self.lock.state.directory
        users = {
            user.id: Person(
                user.role is Role.ADMINISTRATOR,
                user.number,
                user.enabled,
                user.valid_from_ms,
                user.valid_until_ms,
                user.schedule,
                user.uses_left,
                user.made_at_lock,
            )
            for user in directory.users.values()
        }
        assert users == self.model.people
        found = {
            (item.type, item.number): Owned(
                item.user_id,
                item.slot,
                item.duress,
                item.temporary,
                item.valid_from_ms,
                item.valid_until_ms,
                item.uses_left,
            )
            for item in directory.credentials.values()
        }
        wanted = {
            key: item if key[0] in (FINGER, FACE, PALM) else replace(item, secret=None)
            for key, item in self.model.owned.items()
        }
        assert found == wanted

    @invariant()
    def the_readers_hold_what_is_enrolled_and_nothing_else(self) -> None:
        assert self.lock.reader == set(self.model.held(FINGER))
        for kind, slots in self.lock.templates.items():
            assert slots == set(self.model.held(kind))

    @invariant()
    def the_door_has_opened_to_nobody_whom_it_should_not(self) -> None:
        assert self.lock.granted == self.model.granted

    @invariant()
    def the_count_is_that_of_the_model(self) -> None:
        self.model.tick(self.lock.mono_ms)
        assert self.count() == self.counted(self.model)
        runs = self.lock.runs(Timer.LOCKOUT)
        assert runs is None or self.model.ends is None or runs == self.model.ends - self.lock.mono_ms

    @invariant()
    def there_is_an_administrator_once_there_was_one(self) -> None:
        self.had_administrator |= bool(self.model.administrators())
        assert bool(self.lock.state.directory.administrators()) is self.had_administrator or not self.numbered

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
    def the_modes_fit_together(self) -> None:
        state = self.lock.state
        assert not (state.modes.passage and state.bolt is BoltState.LOCKED), "passage with the bolt thrown"
        assert not (state.modes.passage and state.privacy), "passage behind a knob that blocks the outside"
        assert state.mode is not OperatingMode.PASSAGE or state.modes.passage
        assert state.privacy is self.lock.knob

    @invariant()
    def a_sleeping_keypad_is_dark_and_has_forgotten(self) -> None:
        state = self.lock.state
        assert state.menu is None
        if not state.awake:
            assert not state.entry
            assert self.lock.lights.keys <= {"ok"}, "only locking from outside is offered in the dark"

    @invariant()
    def nothing_is_learnt_that_nobody_waits_for(self) -> None:
        running = self.lock.state.enrolment
        assert running is None or not running.active

    # Help

    def verify(self, found: Name | str | None, digits: int, act: Callable[[], None]) -> None:
        """A verification at the door goes as the model says, and is told as it went."""
        can = self.opens()
        expected = self.expected(found, digits)
        note(f"{expected} is expected of {found!r}")
        locked_out = expected != "locked_out" and self.model.ends is not None
        duress = isinstance(found, tuple) and self.model.owned[found].duress and expected != "locked_out"
        muted = self.lock.state.modes.mute_once
        self.lock.listen()
        act()
        verdicts = [tone for tone in self.lock.tones if tone in (Tone.SUCCESS, Tone.FAILURE)]
        assert muted or verdicts[:1] == [Tone.SUCCESS if expected == "granted" else Tone.FAILURE]
        self.lock.settle()
        told = [fact for fact in self.lock.facts if fact.type in (EventType.ACCESS_GRANTED, EventType.ACCESS_REFUSED)]
        assert locked_out is (EventType.LOCKOUT_STARTED in self.lock.events)
        assert (EventType.DURESS in self.lock.events) is duress, "told in any case, also where the door stays shut"
        if expected == "granted":
            user = self.model.owned[found].user if isinstance(found, tuple) else None
            assert [(fact.type, fact.user_id) for fact in told] == ([(EventType.ACCESS_GRANTED, user)] if can else [])
            assert self.lock.is_open or not can
            modes = self.lock.state.modes
            assert (modes.passage, modes.leaving_home) == (False, False), "a right verification outside ends both"
        else:
            assert self.lock.drives == []
            assert [fact.reason for fact in told] == ([] if expected == "locked_out" else [expected])

    def expected(self, found: Name | str | None, digits: int, *, menu: bool = False) -> str:
        """What the model does with a verification, now."""
        lock = self.lock
        self.model.tick(lock.mono_ms)
        door = Door(lock.mono_ms, lock.wall_ms, lock.trusted, lock.knob, self.handle_free(), self.opens(), menu)
        return self.model.present(found, digits, door)

    def expect(self, error: ErrorCode | None, kind: Any, **values: Any) -> Answer:
        """A command is answered as the model says; one that is refused changes nothing that lasts."""
        before = None if error is None else replace(self.lock.disk, journal=[])
        answer = self.lock.do(kind, **values)
        assert answer.error is error
        assert before is None or replace(self.lock.disk, journal=[]) == before
        return answer

    def leave_menus(self) -> None:
        """Back, until nothing is open any more; what was half done is gone."""
        for _ in range(8):
            if self.lock.state.menu is None:
                break
            self.lock.press("back")
        assert self.lock.state.menu is None, "back leaves the menu"
        self.lock.advance(1)
        self.lock.settle()

    def come_to_rest(self) -> None:
        """After a power cut: the motor arrives, and a button that is pressed is none for a factory reset any more."""
        self.lock.settle()
        self.lock.advance(11_000)
        self.lock.settle()
        self.leave_menus()

    def adopt(self, *, admin: bool, made: bool = False) -> str:
        """Who was made at the keypad: exactly one new user, as the model expects her; her id."""
        new = self.lock.state.directory.users.keys() - self.model.people.keys()
        assert len(new) == 1, "one user is new"
        user = new.pop()
        self.model.people[user] = Person(admin, self.model.free_number(), made=made)
        return user

    def limits(self, period: tuple[int | None, int | None]) -> tuple[int | None, int | None]:
        """A period that is told from now, in the calendar."""
        from_ms, until_ms = (None if ms is None else max(0, self.lock.wall_ms + ms) for ms in period)
        return from_ms, until_ms

    def is_over(self, until_ms: int | None) -> bool:
        """Whether that time has passed, as far as the lock knows what time it is."""
        return until_ms is not None and self.lock.trusted and until_ms <= self.lock.wall_ms

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


def is_failure(effect: Effect) -> bool:
    """The failure tone."""
    return isinstance(effect, Sound) and effect.tone is Tone.FAILURE


__all__ = [
    "CARDS",
    "CODES",
    "NAMES",
    "WAITS",
    "Key",
    "Machine",
    "WatchedLock",
    "entries",
    "is_failure",
    "junk",
    "kinds",
]
__all__ += ["learnt", "names", "periods", "uses", "weeks"]
