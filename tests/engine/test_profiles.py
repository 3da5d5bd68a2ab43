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


@pytest.mark.spec("CAP-1", "CAP-2", "CAP-3", "CAP-6", "CAP-7", "CAP-10", "CAP-11", "CAP-13", "CAP-14", "CAP-16")
def test_the_models_capacities_are_those_of_their_manuals() -> None:
    palm, l2s = profiles.load("palm6068"), profiles.load("l2s")

    def numbers(profile: Profile, kind: CredentialType) -> tuple[int, int | None] | None:
        limits = profile.limits(kind)
        return None if limits is None else (limits.slots, limits.per_user)

    assert [numbers(palm, kind) for kind in (FINGER, PIN, RFID)] == [(50, 5), (50, 1), None]
    assert [numbers(l2s, kind) for kind in (FINGER, PIN, RFID)] == [(50, None)] * 3
    assert (palm.users, l2s.users) == (50, 0)
    assert (palm.credentials[FINGER].steps, l2s.credentials[FINGER].steps) == (6, 5)
    for profile in (palm, l2s):
        assert (profile.passcode_min, profile.passcode_max, profile.entry_max) == (6, 10, 20)
        assert profile.idle_ms == 20_000


def test_the_models_keys_are_those_of_their_fronts_and_rears() -> None:
    palm, l2s = profiles.load("palm6068"), profiles.load("l2s")
    assert palm.keys == DIGITS | {Key.CONFIRM, Key.BACK, Key.DOORBELL, Key.SET, Key.LOCK}
    assert l2s.keys == DIGITS | {Key.CONFIRM, Key.BACK, Key.DOORBELL, Key.RESET}
    assert (palm.confirm_label, palm.back_label) == ("√", "↩")
    assert (l2s.confirm_label, l2s.back_label) == ("#", "*")


def test_there_is_a_file_for_each_model_and_none_for_others() -> None:
    assert {"l2s", "palm6068"} <= set(profiles.names())
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
