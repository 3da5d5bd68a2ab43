"""Settings from the app: all of a change or none of it."""

from typing import Any

import pytest

from lock_bridge.engine.effects import Radio
from lock_bridge.engine.inputs import ChangeSettings
from lock_bridge.engine.settings import default_settings
from lock_bridge.wire.errors import ErrorCode
from lock_bridge.wire.words import EventType
from tests.engine.lock import Lock


@pytest.mark.spec("APP-5")
def test_a_setting_is_kept_and_told_with_who_changed_it(lock: Lock) -> None:
    """Of APP-5 what these models have."""
    lock.set(countdown_locking=True, countdown_delay_s=45, volume="low")
    told = {fact.data["setting"]: fact.data["value"] for fact in lock.facts}
    assert told == {"countdown_locking": True, "countdown_delay_s": 45, "volume": "low"}
    assert {fact.client_name for fact in lock.facts} == {"Home Assistant"}
    lock.power_cut()
    assert (lock.state.settings.countdown_delay_s, lock.state.settings.volume) == (45, "low")


def test_what_is_so_already_is_no_event(lock: Lock) -> None:
    lock.set(volume="high", countdown_delay_s=30)
    lock.set()
    assert lock.facts == []
    assert lock.disk.settings is None


@pytest.mark.spec("BLT-4")
@pytest.mark.parametrize(
    ("delay", "good"), [(4, False), (5, True), (300, True), (301, False), (30.0, False), (True, False)]
)
def test_the_countdowns_delay_is_five_to_three_hundred_seconds(lock: Lock, delay: Any, *, good: bool) -> None:
    if good:
        lock.set(countdown_delay_s=delay)
        assert lock.state.settings.countdown_delay_s == delay
    else:
        assert lock.refused(ChangeSettings, changes={"countdown_delay_s": delay}) is ErrorCode.BAD_REQUEST


@pytest.mark.parametrize(
    "changes",
    [
        {"volume": "loud"},
        {"volume": True},
        {"language": "tlh"},
        {"volume": ["low"]},
        {"remote_unlock": 1},
        {"remote_unlock": "true"},
        {"countdown_locking": None},
        {"volume": "low", "remote_unlock": 0},
    ],
)
def test_a_value_that_a_setting_cannot_have_is_refused_with_all_beside_it(lock: Lock, changes: dict[str, Any]) -> None:
    assert lock.refused(ChangeSettings, changes=changes) is ErrorCode.BAD_REQUEST
    assert EventType.SETTING_CHANGED not in lock.events


@pytest.mark.parametrize("name", ["self_destruct", "", "__class__"])
def test_a_setting_that_the_lock_lacks_is_refused_by_its_name(lock: Lock, name: str) -> None:
    assert lock.refused(ChangeSettings, changes={name: True}) is ErrorCode.NOT_SUPPORTED


@pytest.mark.spec("VER-16")
def test_a_new_lock_opens_for_nobody_from_afar(lock: Lock) -> None:
    assert not lock.state.settings.remote_unlock
    assert not lock.state.settings.bluetooth


@pytest.mark.spec("VER-11")
def test_a_new_lock_has_progressive_lockout(lock: Lock) -> None:
    assert lock.state.settings.progressive_lockout


@pytest.mark.spec("CAP-12")
@pytest.mark.parametrize(("default", "refuses"), [("setting_off", False), ("setting_on", True), ("refused", True)])
def test_whether_simple_passcodes_are_refused_at_first_is_the_models_matter(default: str, *, refuses: bool) -> None:
    assert default_settings(default).refuse_simple_passcodes is refuses


@pytest.mark.spec("APP-5", "ALM-5", "VER-5")
@pytest.mark.parametrize(
    ("name", "good", "wrong"),
    [
        ("door_ajar_s", [0, 60, 3600], [-1, 3601, 60.0, True, None]),
        ("face_recognition", ["automatic", "manual"], ["never", 1]),
        ("wifi", [False, True], [0, "off"]),
        ("bluetooth", [True, False], [1, None]),
        ("door_direction", ["left", "right"], ["up"]),
    ],
)
def test_a_setting_takes_what_fits_and_nothing_else(palm: Lock, name: str, good: list[Any], wrong: list[Any]) -> None:
    """Of ALM-5 and VER-5 the settings."""
    for value in good:
        palm.set(**{name: value})
        assert getattr(palm.state.settings, name) == value
    for value in wrong:
        assert palm.refused(ChangeSettings, changes={name: value}) is ErrorCode.BAD_REQUEST


@pytest.mark.spec("PWR-3", "VER-14")
def test_the_radios_are_told_when_their_settings_change_and_only_then(palm: Lock) -> None:
    palm.set(wifi=False, bluetooth=True)
    assert palm.of(Radio) == [Radio(wifi=False, bluetooth=True)]
    palm.listen()
    palm.set(volume="low", wifi=False)
    assert palm.of(Radio) == []


@pytest.mark.spec("BLT-12", "DLM-1")
def test_a_direction_that_the_app_sets_need_not_be_asked_for_at_the_lock(palm: Lock) -> None:
    """Of DLM-1: the first start asks for it."""
    assert not palm.state.modes.direction_set
    palm.set(door_direction="left")
    assert palm.disk.modes is not None
    assert palm.disk.modes.direction_set
