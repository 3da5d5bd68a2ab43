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
FACE, PALM, BLE = CredentialType.FACE, CredentialType.PALM_VEIN, CredentialType.BLE


def data(**changes: Any) -> dict[str, Any]:
    """The data of palm6068 with changes; None leaves a key out."""
    text = (files(profiles) / "palm6068.toml").read_text(encoding="utf-8")
    changed = {"id": "test", **tomllib.loads(text), **changes}
    return {name: value for name, value in changed.items() if value is not None}


FACE, PALM, BLE = CredentialType.FACE, CredentialType.PALM_VEIN, CredentialType.BLE
KINDS = (FINGER, PIN, RFID, FACE, PALM, BLE)


@pytest.mark.spec("CAP-1", "CAP-2", "CAP-3", "CAP-4", "CAP-5", "CAP-6", "CAP-7", "CAP-8", "CAP-9", "CAP-10")
@pytest.mark.parametrize(
    ("model", "users", "capacities"),
    [
        ("l2s", 0, {FINGER: (50, None), PIN: (50, None), RFID: (50, None)}),
        ("dl50fvs", 50, {FACE: (50, 1), FINGER: (50, 5), PIN: (50, 1), RFID: (50, None), BLE: (50, None)}),
        ("palm6068", 50, {FACE: (50, 3), PALM: (50, 2), FINGER: (50, 5), PIN: (50, 1), BLE: (50, None)}),
    ],
)
def test_the_models_capacities_are_those_of_their_manuals(
    model: str, users: int, capacities: dict[CredentialType, tuple[int, int | None]]
) -> None:
    profile = profiles.load(model)
    assert {kind: (limits.slots, limits.per_user) for kind, limits in profile.credentials.items()} == capacities
    assert profile.users == users


@pytest.mark.spec("CAP-11", "CAP-12", "CAP-13", "CAP-14", "CAP-15", "CAP-16", "CAP-17")
@pytest.mark.parametrize(
    ("model", "touches", "poses", "simple", "battery", "supply"),
    [
        ("l2s", 5, None, "setting_off", "cells", "micro_usb"),
        ("dl50fvs", 6, 5, "setting_on", "pack", "type_c"),
        ("palm6068", 6, 5, "refused", "pack", "type_c"),
    ],
)
def test_the_models_ways_are_those_of_their_manuals(
    model: str, touches: int, poses: int | None, simple: str, battery: str, supply: str
) -> None:
    profile = profiles.load(model)
    face = profile.limits(FACE)
    assert (profile.credentials[FINGER].steps, face and face.steps) == (touches, poses)
    assert (profile.passcode_min, profile.passcode_max, profile.entry_max) == (6, 10, 20)
    assert profile.idle_ms == 20_000
    assert (profile.simple_passcodes, profile.battery_kind, profile.emergency_supply) == (simple, battery, supply)


@pytest.mark.parametrize(
    ("model", "keys", "labels"),
    [
        ("l2s", "ok back doorbell reset", "#*"),
        ("dl50fvs", "ok back doorbell leave set lock emergency home", "√↩"),
        ("palm6068", "ok back doorbell leave set lock home", "√↩"),
    ],
)
def test_the_models_keys_are_those_of_their_fronts_and_rears(model: str, keys: str, labels: str) -> None:
    profile = profiles.load(model)
    assert profile.keys == DIGITS | {Key(key) for key in keys.split()}
    assert profile.confirm_label + profile.back_label == labels


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
        ({"reset_key": "reset"}, "reset_key: must be one of the lock's keys"),
        ({"pairing_flashes": "emergency"}, "pairing_flashes: must be one of the lock's keys"),
        ({"keys": ["ok", "set"]}, "keys: must have ok and back"),
        ({"settings": ["loudness"]}, "settings: there is no loudness"),
        ({"passcode_min": 11}, "passcode_min: must be at least 1"),
        ({"entry_max": 9}, "passcode_min: must be at least 1"),
        ({"failures": 0}, "failures: must be at least 1"),
        ({"users": 0}, "menu: a numbered one needs users"),
        ({"menu": "codes"}, "users must be 0"),
        ({"enrol_items": ["rfid"]}, "enrol_items: rfid must be in credentials"),
        ({"menu_items": ["delete"] * 10}, "menu_items: no more than 9"),
        ({"menu_code": "#1"}, "menu_code: must be a text of digits"),
        ({"initialise_code": 3570}, "initialise_code: must be a text of digits"),
    ],
)
def test_wrong_data_are_refused_with_the_key_and_what_is_allowed(changes: dict[str, Any], told: str) -> None:
    with pytest.raises(ProfileError, match=told):
        Profile.from_mapping(data(**changes))


def test_the_codes_of_a_menu_are_the_models_own() -> None:
    assert Profile.from_mapping(data(menu_code="0815")).menu_code == "0815"
