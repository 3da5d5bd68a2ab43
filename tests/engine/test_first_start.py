"""The first start of the locks that number their users: the door's direction and the first administrator (DLM-1)."""

from dataclasses import replace

import pytest

from lock_bridge.engine.effects import DriveBolt, Prompt, Tone
from lock_bridge.engine.inputs import ChangeUser, DeleteUser, Key, SetPasscode
from lock_bridge.engine.menu_state import Stage
from lock_bridge.engine.model import Modes
from lock_bridge.wire.words import CredentialType, EventType, Role
from tests.engine.conftest import ANNA, BEN
from tests.engine.lock import Disk, Lock
from tests.engine.menus import blinked, code, open_menu, stage

CHOICE = {"ok", "back"}


@pytest.fixture(params=["dl50fvs", "palm6068"])
def new(request: pytest.FixtureRequest) -> Lock:
    """A lock that has just been switched on for the first time, and has said what it has to say."""
    return Lock(request.param)


@pytest.fixture(params=["dl50fvs", "palm6068"])
def initial(request: pytest.FixtureRequest) -> Lock:
    """A lock whose direction is known, with nobody on it, asleep."""
    lock = Lock(request.param, disk=Disk(modes=Modes(direction_set=True)))
    lock.listen()
    return lock


def add_first(lock: Lock) -> None:
    """Touch, √, a passcode twice."""
    lock.press("5", "ok")
    code(lock, ANNA)


@pytest.mark.spec("DLM-1", "BLT-12")
def test_at_the_very_first_start_the_voice_asks_for_the_doors_direction(new: Lock) -> None:
    assert new.prompts == [Prompt.CHOOSE_DIRECTION]
    assert (new.lights.keys, stage(new)) == (CHOICE, Stage.DIRECTION_ASKED)


@pytest.mark.spec("DLM-1", "BLT-12")
@pytest.mark.parametrize(("key", "direction"), [("1", "right"), ("2", "left")])
def test_the_direction_then_the_first_administrator(new: Lock, key: str, direction: str) -> None:
    new.press("ok")
    assert new.prompts[-1] is Prompt.PRESS_DIRECTION
    assert new.lights.keys == {"1", "2", "back"}
    new.press(key)
    assert new.disk.modes.direction_set
    assert new.state.settings.door_direction == direction
    assert new.prompts[-1] is Prompt.ADD_FIRST_ADMINISTRATOR
    assert (new.lights.keys, stage(new)) == (CHOICE, Stage.FIRST)
    new.press("ok")
    code(new, ANNA)
    assert stage(new) is Stage.TOP


@pytest.mark.spec("DLM-1", "BLT-12")
def test_the_direction_turns_the_motors_sense(new: Lock) -> None:
    new.press("ok", "2", "ok")
    code(new, ANNA)
    new.press("back")
    new.open_with(ANNA)
    assert new.is_open
    assert [drive.reversed for drive in new.of(DriveBolt)] == [True]


@pytest.mark.spec("DLM-1")
def test_back_leaves_and_a_touch_asks_again(new: Lock) -> None:
    new.press("ok", "back")
    assert stage(new) is Stage.DIRECTION_ASKED
    new.press("back")
    assert (stage(new), new.lights.keys) == (None, frozenset())
    assert not new.disk.modes.direction_set
    new.press("7")
    assert stage(new) is Stage.DIRECTION_ASKED


@pytest.mark.spec("DLM-1")
def test_a_later_start_waits_for_a_touch(initial: Lock) -> None:
    initial.power_cut()
    assert (initial.prompts, initial.lights.keys) == ([], frozenset())


@pytest.mark.spec("DLM-1")
def test_a_restart_of_the_service_is_no_first_start(new: Lock) -> None:
    new.listen()
    new.restart()
    assert (new.prompts, stage(new)) == ([], None)


@pytest.mark.spec("DLM-1")
def test_a_touch_lights_back_and_confirm_with_no_set_and_no_verification(initial: Lock) -> None:
    initial.press("5")
    assert initial.lights.keys == CHOICE
    assert (stage(initial), initial.prompts) == (Stage.FIRST, [Prompt.ADD_FIRST_ADMINISTRATOR])


@pytest.mark.spec("DLM-1")
def test_back_leaves_and_the_lock_stays_initial(initial: Lock) -> None:
    initial.press("5", "back")
    assert initial.lights.keys == frozenset()
    assert initial.state.directory.users == {}
    initial.press("5")
    assert initial.lights.keys == CHOICE


@pytest.mark.spec("DLM-1", "DLM-7", "USR-2")
def test_confirm_adds_the_first_administrator_and_then_the_menus_keys_light(initial: Lock) -> None:
    initial.press("5")
    initial.listen()
    initial.press("ok")
    assert initial.prompts == [Prompt.ENTER_PASSCODE]
    assert blinked(initial) == "001"
    initial.press(*ANNA)
    assert "ok" in initial.lights.keys
    initial.press("ok", *ANNA, "ok")
    (user,) = initial.state.directory.users.values()
    assert (user.number, user.role, user.made_at_lock) == (1, Role.ADMINISTRATOR, False)
    assert stage(initial) is Stage.TOP
    assert initial.lights.keys == {str(item) for item in range(1, len(initial.profile.menu_items) + 1)} | {"back"}
    assert initial.prompts[-1] is Prompt.MENU


@pytest.mark.spec("DLM-1")
def test_she_goes_on_in_the_menu_and_later_verifies_as_everybody(initial: Lock) -> None:
    add_first(initial)
    initial.press("2", str(initial.profile.enrol_items.index(CredentialType.PIN) + 1))
    code(initial, BEN)
    initial.press("back", "back")
    assert len(initial.state.directory.users) == 2
    initial.press("5")
    assert stage(initial) is None
    initial.press(Key.SET)
    assert stage(initial) is Stage.VERIFY
    initial.press("back")
    open_menu(initial)


@pytest.mark.spec("DLM-7", "DLM-1")
def test_a_first_passcode_that_differs_begins_anew_and_back_leads_to_the_choice(initial: Lock) -> None:
    initial.press("5", "ok", *ANNA, "ok", *BEN, "ok")
    assert (initial.tones, stage(initial)) == ([Tone.FAILURE], Stage.PASSCODE)
    initial.press("back")
    assert (stage(initial), initial.lights.keys) == (Stage.FIRST, CHOICE)
    assert initial.state.directory.users == {}


@pytest.mark.spec("MNU-1", "DLM-1")
def test_left_alone_it_sleeps_and_nothing_of_it_stays(initial: Lock) -> None:
    initial.press("5", "ok", *ANNA, "ok", *ANNA)
    initial.advance(60_000)
    assert (stage(initial), initial.lights.keys) == (None, frozenset())
    assert Prompt.MENU_CLOSED not in initial.prompts
    initial.press("5", "ok", *ANNA, "ok")
    assert initial.state.directory.users == {}


@pytest.mark.spec("INI-1")
def test_while_it_is_initial_every_verification_is_refused_with_no_credential(initial: Lock) -> None:
    for awake in (False, True):
        initial.listen()
        if awake:
            initial.press("5")
        initial.finger(None)
        assert initial.fact(EventType.ACCESS_REFUSED).reason == "no_credential"
        assert initial.state.lockout.failures == ()


@pytest.mark.spec("DLM-1", "MNU-2")
def test_who_adopts_the_lock_in_the_app_ends_a_strangers_first_start(initial: Lock) -> None:
    initial.press("5", "ok", *BEN, "ok", *BEN)
    initial.add("Anna", ANNA, admin=True)
    assert (stage(initial), initial.lights.keys) == (None, frozenset())
    initial.press("ok", "ok")
    assert [user.name for user in initial.state.directory.users.values()] == ["Anna"]


@pytest.mark.spec("DLM-1", "INI-1")
def test_a_first_start_under_way_ends_where_the_door_begins_to_open_to_somebody(new: Lock) -> None:
    assert stage(new) is Stage.DIRECTION_ASKED
    new.add("Ben", BEN)
    assert stage(new) is None
    new.open_with(BEN)
    assert new.is_open


@pytest.mark.spec("DLM-1", "MNU-2")
def test_so_does_whoever_lets_anybody_in_by_the_app(initial: Lock) -> None:
    """A mere user: from then on the lock opens to somebody, and a stranger outside must not become its master."""
    initial.add("Ben")
    initial.press("5", "ok", *ANNA, "ok")
    initial.ok(SetPasscode, user_id="ben", passcode=BEN)
    assert stage(initial) is None
    assert list(initial.state.directory.users) == ["ben"]


@pytest.mark.spec("DLM-1")
def test_a_lock_that_opens_to_people_already_makes_no_stranger_its_administrator(initial: Lock) -> None:
    """Nobody is an administrator, but Ben's code opens: outside the keypad is a keypad."""
    ben = initial.add("Ben", BEN)
    assert initial.state.directory.users[ben].role is Role.USER
    initial.press("5")
    assert stage(initial) is None
    assert "1" in initial.lights.keys
    initial.press("back")
    initial.open_with(BEN)
    assert initial.is_open


@pytest.mark.spec("DLM-1", "DLM-2")
def test_there_whoever_is_inside_makes_the_first_administrator_after_set(initial: Lock) -> None:
    initial.add("Ben", BEN)
    initial.press(Key.SET)
    assert (stage(initial), initial.lights.keys) == (Stage.FIRST, CHOICE)
    initial.press("ok")
    code(initial, ANNA)
    assert stage(initial) is Stage.TOP
    assert sorted(user.number or 0 for user in initial.state.directory.users.values()) == [1, 2]


@pytest.mark.spec("CAP-10", "CAP-20")
def test_with_fifty_users_and_no_administrator_there_is_no_room_for_one(initial: Lock) -> None:
    for number in range(1, 51):
        initial.add(f"U{number}")
    initial.press(Key.SET, "ok")
    assert (initial.prompts[-1], stage(initial)) == (Prompt.NO_ROOM, Stage.FIRST)


def test_an_administrator_of_the_app_without_a_credential_keeps_the_door_to_the_app(initial: Lock) -> None:
    initial.add("Anna", admin=True)
    initial.press("5")
    assert stage(initial) is None
    initial.press(Key.SET)
    assert stage(initial) is Stage.VERIFY


@pytest.mark.spec("USR-3", "USR-7")
def test_once_there_is_an_administrator_there_is_always_one(initial: Lock) -> None:
    add_first(initial)
    (user,) = initial.state.directory.users
    initial.refused(DeleteUser, user_id=user)
    initial.refused(ChangeUser, user_id=user, changes={"enabled": False})
    initial.refused(ChangeUser, user_id=user, changes={"role": Role.USER})


def test_a_model_whose_direction_is_no_setting_asks_only_for_the_administrator() -> None:
    palm = Lock("palm6068").profile
    lock = Lock(replace(palm, settings=palm.settings - {"door_direction"}))
    assert lock.prompts == []
    lock.press("5")
    assert stage(lock) is Stage.FIRST


def test_the_lock_without_users_has_no_first_start() -> None:
    lock = Lock("l2s")
    assert lock.prompts == []
    lock.press("5")
    assert stage(lock) is None
