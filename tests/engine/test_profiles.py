"""The lock models as data, and what a profile may say."""

import tomllib
from importlib.resources import files
from typing import Any

import pytest

from lock_bridge import profiles
from lock_bridge.engine.inputs import Key
from lock_bridge.engine.profile import DIGITS, Profile, ProfileError
from lock_bridge.wire.words import CredentialType

FINGER, PIN, RFID = CredentialType.FINGERPRINT, CredentialType.PIN, CredentialType.RFID


def data(**changes: Any) -> dict[str, Any]:
    """The data of palm6068 with changes; None leaves a key out."""
    text = (files(profiles) / "palm6068.toml").read_text(encoding="utf-8")
    changed = {"id": "test", **tomllib.loads(text), **changes}
    return {name: value for name, value in changed.items() if value is not None}


FACE, PALM, BLE = CredentialType.FACE, CredentialType.PALM_VEIN, CredentialType.BLE
KINDS = (FINGER, PIN, RFID, FACE, PALM, BLE)


@pytest.mark.spec("CAP-1", "CAP-2", "CAP-3", "CAP-4", "CAP-5", "CAP-6", "CAP-7", "CAP-8", "CAP-9", "CAP-10")
@pytest.mark.parametrize(
    ("model", "limits", "users"),
    [
        ("l2s", [(50, None), (50, None), (50, None), None, None, None], 0),
        ("dl50fvs", [(50, 5), (50, 1), (50, None), (50, 1), None, (50, None)], 50),
        ("palm6068", [(50, 5), (50, 1), None, (50, 3), (50, 2), (50, None)], 50),
    ],
)
def test_the_models_capacities_are_those_of_their_manuals(
    model: str, limits: list[tuple[int, int | None] | None], users: int
) -> None:
    profile = profiles.load(model)
    found = [profile.limits(kind) for kind in KINDS]
    assert [None if item is None else (item.slots, item.per_user) for item in found] == limits
    assert profile.users == users


@pytest.mark.spec("CAP-11", "CAP-13", "CAP-14", "CAP-15", "CAP-16")
@pytest.mark.parametrize(("model", "touches", "poses"), [("l2s", 5, None), ("dl50fvs", 6, 5), ("palm6068", 6, 5)])
def test_lengths_steps_and_times_are_those_of_the_manuals(model: str, touches: int, poses: int | None) -> None:
    profile = profiles.load(model)
    assert profile.credentials[FINGER].steps == touches
    face = profile.limits(FACE)
    assert (None if face is None else face.steps) == poses
    assert (profile.passcode_min, profile.passcode_max, profile.entry_max) == (6, 10, 20)
    assert profile.idle_ms == 20_000


@pytest.mark.spec("DLM-3", "DLM-4", "CAP-12", "VER-7")
def test_the_models_differ_as_their_manuals_do() -> None:
    l2s, dl50, palm = (profiles.load(model) for model in ("l2s", "dl50fvs", "palm6068"))
    new_and_delete = ("new_administrator", "new_user", "delete", "door_direction")
    assert dl50.menu_items == (*new_and_delete, "clear_bluetooth", "system_information")
    assert palm.menu_items == (*new_and_delete, "system_information")
    assert (dl50.enrol_items, palm.enrol_items) == ((FACE, FINGER, PIN, RFID), (FACE, PALM, FINGER, PIN))
    assert (l2s.menu, l2s.menu_code, l2s.initialise_code) == ("codes", "3571", "3570")
    assert [item.simple_passcodes for item in (l2s, dl50, palm)] == ["setting_off", "setting_on", "refused"]
    assert [item.failure_window_ms for item in (l2s, dl50, palm)] == [None, 300_000, 300_000]
    assert [item.bluetooth_blocks_remote for item in (l2s, dl50, palm)] == [False, False, True]
    assert [item.one_time_mute for item in (l2s, dl50, palm)] == [False, False, True]
    assert [item.pairing_flashes for item in (l2s, dl50, palm)] == [Key.D5, None, Key.D0]


def test_the_models_keys_are_those_of_their_fronts_and_rears() -> None:
    l2s, dl50, palm = (profiles.load(model) for model in ("l2s", "dl50fvs", "palm6068"))
    assert l2s.keys == DIGITS | {Key.CONFIRM, Key.BACK, Key.DOORBELL, Key.RESET}
    front = DIGITS | {Key.CONFIRM, Key.BACK, Key.DOORBELL, Key.LEAVE}
    assert palm.keys == front | {Key.SET, Key.LOCK, Key.HOME}
    assert dl50.keys == palm.keys | {Key.EMERGENCY}
    assert [(item.confirm_label, item.back_label) for item in (l2s, dl50, palm)] == [("#", "*"), ("√", "↩"), ("√", "↩")]


def test_there_is_a_file_for_each_model_and_none_for_others() -> None:
    assert {"l2s", "dl50fvs", "palm6068"} <= set(profiles.names())
    for name in profiles.names():
        assert profiles.load(name).id == name
    with pytest.raises(KeyError):
        profiles.load("../palm6068")


def test_a_profile_without_its_optional_keys_has_the_defaults() -> None:
    profile = Profile.from_mapping(data(failure_window_ms=None, pairing_key=None))
    assert (profile.failure_window_ms, profile.pairing_key) == (None, None)
    assert profile.lockout_ms[0] == 180_000
    assert Profile.from_mapping(data(lockout_ms=[1, 2])).lockout_ms == (1, 2)


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"colour": "red"}, "colour: there is no such key"),
        ({"users": None}, "users: is missing"),
        ({"users": -1}, "users: must be a whole number"),
        ({"users": True}, "users: must be a whole number"),
        ({"keys": ["ok", "cancel"]}, "keys: must be one of"),
        ({"keys": "ok"}, "keys: must be a list"),
        ({"keys": [["ok"]]}, "keys: must be one of"),
        ({"pairing_key": "x"}, "pairing_key: must be one of"),
        ({"settings": [5]}, "settings: must be a text"),
        ({"lockout_ms": []}, "lockout_ms: must be a list with something in it"),
        ({"lockout_ms": ["long"]}, "lockout_ms: must be a whole number"),
        ({"name": ""}, "name: must be a text"),
        ({"door_contact": "yes"}, "door_contact: must be true or false"),
        ({"bolt_kind": "magnet"}, "bolt_kind: must be one of motor, clutch"),
        ({"battery_kind": "coal"}, "battery_kind: must be one of cells, pack"),
        ({"simple_passcodes": "maybe"}, "simple_passcodes: must be one of"),
        ({"credentials": ["pin"]}, "credentials: must be a table"),
        ({"credentials": {"iris": {"slots": 1}}}, "credentials: must be one of"),
        ({"credentials": {"pin": {}}}, "credentials.pin: must be a table with slots"),
        ({"credentials": {"pin": {"slots": 1, "legs": 4}}}, "credentials.pin: must be a table with slots"),
        ({"credentials": {"pin": 50}}, "credentials.pin: must be a table with slots"),
        ({"credentials": {"pin": {"slots": "many"}}}, "credentials.pin.slots: must be a whole number"),
    ],
)
def test_wrong_data_are_refused_with_the_key_and_what_is_allowed(changes: dict[str, Any], told: str) -> None:
    with pytest.raises(ProfileError, match=told):
        Profile.from_mapping(data(**changes))
