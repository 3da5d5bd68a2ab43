"""Under duress: at the door all is as ever, effect by effect; only the journal tells of it."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from lock_bridge.engine.effects import CountUse, Effect, Record, SaveLockout, SaveModes
from lock_bridge.engine.inputs import (
    ChangeUser,
    EnrolDone,
    EnrolStep,
    Handle,
    Key,
    PrivacySeen,
    SetMode,
    SetPasscode,
    StartEnrolment,
)
from lock_bridge.engine.model import Credential
from lock_bridge.engine.passcode import passcode_mac
from lock_bridge.engine.state import LockState
from lock_bridge.wire.words import CredentialType, EventType, OperatingMode, OperationSource
from tests.engine.conftest import ANNA, BEN
from tests.engine.lock import DAY, KEYS, MINUTE, Lock, Motor

ORDINARY = "260419"
FORCED = "904175"
"""Ben's code for when he is forced; as long as his ordinary one."""

PROFILES = pytest.mark.parametrize("profile", ["palm6068", "dl50fvs", "l2s"])

type Scene = Callable[[Lock, str], None]


def house(profile: str) -> Lock:
    """Ben has an ordinary code and one for when he is forced."""
    lock = Lock(profile)
    lock.add("Anna", ANNA, admin=True)
    lock.add("Ben", ORDINARY)
    lock.ok(SetPasscode, user_id="ben", passcode=FORCED, duress=True)
    lock.advance(MINUTE)
    lock.listen()
    return lock


def life(profile: str, scene: Scene, code: str) -> tuple[list[tuple[int, Effect]], LockState, Lock]:
    """What the lock did in a scene, each effect with its time, and how it is afterwards."""
    lock = house(profile)
    timed: list[tuple[int, Effect]] = []
    carry_out = lock._carry_out

    def note(effect: Effect) -> None:
        timed.append((lock.mono_ms, effect))
        carry_out(effect)

    lock._carry_out = note  # type: ignore[method-assign]
    scene(lock, code)
    return timed, lock.state, lock


def disguised(what: Any) -> Any:
    """The same with Ben's credential of duress called by its ordinary one's name."""
    if isinstance(what, Record) and what.fact.credential_type is CredentialType.PIN:
        number = 2 if what.fact.credential_number == 3 else what.fact.credential_number
        return Record(replace(what.fact, credential_number=number))
    return what


def open_and_wait(lock: Lock, code: str) -> None:
    lock.open_with(code)
    lock.advance(5 * MINUTE)


def open_between_failures(lock: Lock, code: str) -> None:
    lock.wrong(4)
    lock.open_with(code)
    lock.wrong(4)
    lock.open_with(code)
    lock.advance(10 * MINUTE)


def open_in_a_long_entry(lock: Lock, code: str) -> None:
    lock.open_with(f"77{code}8")
    lock.advance(MINUTE)


def open_what_is_open(lock: Lock, code: str) -> None:
    lock.open_with(ANNA)
    lock.open_with(code)
    lock.advance(MINUTE)


def open_with_a_countdown(lock: Lock, code: str) -> None:
    lock.set(countdown_locking=True, countdown_delay_s=10)
    lock.open_with(code)
    lock.set_door(is_open=True)
    lock.advance(MINUTE)
    lock.set_door(is_open=False)
    lock.advance(MINUTE)


def open_with_a_motor_that_is_stuck(lock: Lock, code: str) -> None:
    lock.motor = Motor.STUCK
    lock.open_with(code)
    lock.advance(MINUTE)


def open_with_a_motor_that_is_dead(lock: Lock, code: str) -> None:
    lock.motor = Motor.DEAD
    lock.open_with(code)
    lock.advance(MINUTE)


def come_too_late(lock: Lock, code: str) -> None:
    lock.ok(ChangeUser, user_id="ben", changes={"valid_until_ms": lock.wall_ms - DAY})
    lock.open_with(code)
    lock.advance(MINUTE)


def come_for_the_last_time(lock: Lock, code: str) -> None:
    lock.ok(ChangeUser, user_id="ben", changes={"uses_left": 1})
    lock.open_with(code)
    lock.open_with(code)
    lock.advance(MINUTE)


def come_in_a_lockout(lock: Lock, code: str) -> None:
    lock.wrong(5)
    lock.open_with(code)
    lock.advance(10 * MINUTE)


def come_in_privacy(lock: Lock, code: str) -> None:
    lock.give(PrivacySeen(True))
    lock.open_with(code)
    lock.advance(MINUTE)


def end_passage(lock: Lock, code: str) -> None:
    lock.set(remote_unlock=True)
    lock.ok(SetMode, mode=OperatingMode.PASSAGE)
    lock.open_with(code)
    lock.advance(5 * MINUTE)


SCENES: list[Scene] = [
    open_and_wait,
    open_between_failures,
    open_in_a_long_entry,
    open_what_is_open,
    open_with_a_countdown,
    open_with_a_motor_that_is_stuck,
    open_with_a_motor_that_is_dead,
    come_too_late,
    come_for_the_last_time,
    come_in_a_lockout,
    come_in_privacy,
    end_passage,
]


@PROFILES
@pytest.mark.parametrize("scene", SCENES, ids=lambda scene: scene.__name__)
@pytest.mark.spec("VER-12")
def test_effect_by_effect_and_at_the_same_moments_all_is_as_with_an_ordinary_code(profile: str, scene: Scene) -> None:
    """The same effects, in the same order, after the same time: but for the record of duress."""
    ordinary, after_ordinary, _ = life(profile, scene, ORDINARY)
    forced, after_forced, lock = life(profile, scene, FORCED)
    seen = [(time, disguised(effect)) for time, effect in forced if not _tells_duress(effect)]
    assert seen == ordinary
    assert after_forced.lights == after_ordinary.lights
    assert after_forced.lockout == after_ordinary.lockout
    assert after_forced.modes == after_ordinary.modes
    assert after_forced.directory.users == after_ordinary.directory.users
    assert (EventType.DURESS in lock.events) is (scene is not come_in_a_lockout)


@PROFILES
@pytest.mark.parametrize("scene", SCENES, ids=lambda scene: scene.__name__)
@pytest.mark.spec("VER-12")
def test_duress_costs_no_write_of_its_own(profile: str, scene: Scene) -> None:
    """It lies in the same commit as the record before it: nobody at the door waits longer for it."""
    forced, _, _ = life(profile, scene, FORCED)
    for place, (time, effect) in enumerate(forced):
        if _tells_duress(effect):
            then, before = forced[place - 1]
            assert (then, isinstance(before, Record)) == (time, True)


def _tells_duress(effect: Effect) -> bool:
    return isinstance(effect, Record) and effect.fact.type is EventType.DURESS


@pytest.mark.spec("VER-12")
def test_a_duress_code_opens_and_right_after_the_entry_duress_is_told_with_the_same_person(lock: Lock) -> None:
    lock = house(lock.profile.id)
    lock.open_with(FORCED)
    assert lock.is_open
    facts = [fact for fact in lock.facts if fact.type in (EventType.ACCESS_GRANTED, EventType.DURESS)]
    granted, duress = facts
    assert (granted.type, duress.type) == (EventType.ACCESS_GRANTED, EventType.DURESS)
    assert replace(duress, type=EventType.ACCESS_GRANTED) == granted
    assert (duress.user_name, duress.credential_type, duress.credential_number) == ("Ben", CredentialType.PIN, 3)
    assert dict(granted.data) == {}


@pytest.mark.spec("VER-12")
def test_an_ordinary_code_tells_of_no_duress(lock: Lock) -> None:
    lock = house(lock.profile.id)
    lock.open_with(ORDINARY)
    lock.open_with(ANNA)
    assert EventType.DURESS not in lock.events


@pytest.mark.spec("VER-12")
def test_a_finger_of_duress_opens_and_tells_of_it(lock: Lock) -> None:
    lock.ok(StartEnrolment, user_id="anna", type=CredentialType.FINGERPRINT, duress=True)
    slot = _finish_finger(lock)
    lock.listen()
    lock.finger(slot)
    lock.settle()
    assert lock.is_open
    duress = lock.fact(EventType.DURESS)
    assert (duress.source, duress.credential_type) == (OperationSource.BIOMETRIC, CredentialType.FINGERPRINT)


@pytest.mark.spec("VER-4", "VER-12")
@pytest.mark.parametrize("entry", ["{long}{forced}", "{forced}{long}", "1{forced}{long}", "{ordinary}{forced}"])
def test_a_duress_code_found_anywhere_in_the_entry_wins_over_all(lock: Lock, entry: str) -> None:
    """Also over a longer code, and over another person's of the same length."""
    lock = house(lock.profile.id)
    long = "3582640971"
    lock.add("Cara", long)
    lock.listen()
    lock.open_with(entry.format(long=long, forced=FORCED, ordinary=ANNA))
    assert lock.fact(EventType.ACCESS_GRANTED).user_name == "Ben"
    assert lock.fact(EventType.DURESS).user_name == "Ben"


@pytest.mark.spec("VER-4", "VER-12")
def test_of_two_duress_codes_the_longer_one_is_told(lock: Lock) -> None:
    lock = house(lock.profile.id)
    lock.add("Cara", "6180339")
    longer = Credential(CredentialType.PIN, 9, "cara", mac=passcode_mac(KEYS.pin, "5141592"), duress=True)
    lock.holds(longer)
    lock.listen()
    lock.open_with(f"{FORCED}5141592")
    assert lock.fact(EventType.DURESS).user_name == "Cara"


@pytest.mark.spec("VER-12")
def test_a_forced_person_who_is_kept_out_is_told_of_all_the_same(lock: Lock) -> None:
    lock = house(lock.profile.id)
    lock.ok(ChangeUser, user_id="ben", changes={"enabled": False})
    lock.listen()
    lock.open_with(FORCED)
    assert lock.events == [EventType.ACCESS_REFUSED, EventType.DURESS]
    assert lock.drives == []


@pytest.mark.spec("VER-12", "BLT-14")
def test_also_with_a_hand_on_the_handle() -> None:
    lock = house("l2s")
    lock.turn_handle(Handle.LIFTED)
    lock.listen()
    lock.open_with(FORCED)
    assert lock.events == [EventType.ACCESS_REFUSED, EventType.DURESS]


@pytest.mark.spec("VER-12", "DLM-2")
def test_an_administrator_who_is_forced_to_open_the_menu_opens_it_and_is_told_of(numbered: Lock) -> None:
    numbered.ok(SetPasscode, user_id="anna", passcode=BEN, duress=True)
    numbered.advance(MINUTE)
    numbered.listen()
    numbered.press(Key.SET)
    numbered.press(*BEN, "ok")
    assert sorted(numbered.events) == [EventType.DURESS, EventType.MENU_OPENED]
    assert numbered.drives == []


def test_what_lasts_of_an_entry_is_the_same(lock: Lock) -> None:
    """Nothing on disk beside the journal tells one code from the other afterwards."""
    kinds = (SaveLockout, SaveModes, CountUse)
    kept = []
    for code in (ORDINARY, FORCED):
        timed, _, _ = life(lock.profile.id, open_between_failures, code)
        kept.append([effect for _, effect in timed if isinstance(effect, kinds)])
    assert kept[0] == kept[1]


def _finish_finger(lock: Lock) -> int:
    running = lock.state.enrolment
    assert running is not None
    assert running.slot is not None
    for touch in range(1, running.steps + 1):
        lock.give(EnrolStep(CredentialType.FINGERPRINT, touch))
    lock.reader.add(running.slot)
    lock.give(EnrolDone(CredentialType.FINGERPRINT, running.slot))
    return running.slot
