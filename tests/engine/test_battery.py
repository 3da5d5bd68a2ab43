"""The battery: its level, what is said of it, the emergency supply, and the camera that it bears."""

import pytest

from lock_bridge.engine.effects import Lamp, Prompt
from lock_bridge.engine.inputs import BoltPosition, PartBack, PartFault, PowerSeen
from lock_bridge.engine.screen import camera_available
from lock_bridge.engine.state import LockState
from lock_bridge.wire.words import EventType, Part
from tests.engine.conftest import ANNA, lock_with_anna
from tests.engine.lock import Lock

FRONT = (Part.KEYPAD, Part.FINGERPRINT, Part.CARD, Part.LINK, Part.MOTOR)
"""What a lock without power no longer hears of."""


@pytest.mark.spec("ALM-3", "PWR-1")
def test_below_twenty_percent_the_battery_is_low_and_below_ten_critical(lock: Lock) -> None:
    """Of PWR-1 the level."""
    told = []
    for percent in (60, 20, 19, 15, 10, 9, 3):
        lock.listen()
        lock.give(PowerSeen(percent))
        assert lock.state.battery == percent
        told += [(fact.type, fact.data["percent"]) for fact in lock.facts]
    assert told == [(EventType.BATTERY_LOW, 19), (EventType.BATTERY_CRITICAL, 9)]
    assert lock.state.battery_level == "critical"


@pytest.mark.spec("ALM-3")
def test_a_battery_that_creeps_up_a_little_is_not_told_again(lock: Lock) -> None:
    for percent in (19, 20, 21, 19, 9, 10, 11, 9):
        lock.give(PowerSeen(percent))
    assert lock.events == [EventType.BATTERY_LOW, EventType.BATTERY_CRITICAL]
    lock.listen()
    for percent in (12, 21, 22):
        lock.give(PowerSeen(percent))
    assert lock.events == [EventType.BATTERY_LOW, EventType.BATTERY_OK]


@pytest.mark.spec("ALM-3")
def test_a_battery_that_is_low_at_the_start_is_told(lock: Lock) -> None:
    fresh = Lock(lock.profile)
    fresh.give(PowerSeen(5))
    assert fresh.events == [EventType.BATTERY_CRITICAL]


@pytest.mark.spec("ALM-3")
@pytest.mark.parametrize("percent", [19, 9])
def test_the_awake_keypad_shows_a_low_battery_where_it_has_a_lamp_for_it(lock: Lock, percent: int) -> None:
    lock.give(PowerSeen(percent))
    assert Lamp.BATTERY not in lock.lights.lamps
    lock.press("back")
    assert (Lamp.BATTERY in lock.lights.lamps) is (lock.profile.id != "l2s")
    lock.give(PowerSeen(90))
    assert Lamp.BATTERY not in lock.lights.lamps


@pytest.mark.spec("PWR-1")
def test_a_level_that_cannot_be_read_is_unknown_and_no_news(lock: Lock) -> None:
    """Of PWR-1 what is shown; the pack out is a loss of power."""
    lock.give(PowerSeen(15))
    lock.listen()
    lock.give(PowerSeen(None, emergency=True))
    assert (lock.state.battery, lock.state.battery_level, lock.state.emergency) == (None, "low", True)
    assert lock.facts == []


@pytest.mark.spec("FLT-1")
def test_without_its_gauge_the_battery_is_not_known(lock: Lock) -> None:
    lock.give(PartFault(Part.POWER, "no_answer"))
    assert lock.state.battery is None


@pytest.mark.spec("ALM-3")
@pytest.mark.parametrize(
    ("profile", "prompt"),
    [
        ("l2s", Prompt.REPLACE_BATTERIES),
        ("dl50fvs", Prompt.CHARGE_BATTERY),
        ("palm6068", Prompt.CHARGE_BATTERY),
    ],
)
def test_at_each_use_a_low_battery_is_spoken_of(profile: str, prompt: Prompt) -> None:
    lock = lock_with_anna(profile)
    for percent, said in ((20, []), (19, [prompt]), (9, [prompt])):
        lock.give(PowerSeen(percent))
        for _ in range(2):
            lock.listen()
            lock.open_with(ANNA)
            assert lock.prompts == said


@pytest.mark.spec("PWR-1")
def test_emergency_power_is_told_while_it_is_connected(lock: Lock) -> None:
    assert not lock.state.emergency
    lock.give(PowerSeen(3, emergency=True))
    assert lock.state.emergency
    lock.give(PowerSeen(3))
    assert not lock.state.emergency


@pytest.mark.spec("PWR-2")
def test_after_an_empty_battery_verification_works_as_ever_by_emergency_power(lock: Lock) -> None:
    """What has no power does not answer; the rest of PWR-2 is the door's own, and shown at the simulated one."""
    lock.wrong(3)
    for part in FRONT:
        lock.give(PartFault(part, "no_answer"))
    lock.give(PowerSeen(0))
    lock.turn_key(BoltPosition.RETRACTED)
    assert lock.is_open
    lock.turn_key(BoltPosition.THROWN)

    lock.give(PowerSeen(0, emergency=True))
    for part in FRONT:
        lock.give(PartBack(part))
    lock.settle()
    lock.listen()
    lock.open_with(ANNA)
    assert lock.is_open
    assert lock.fact(EventType.ACCESS_GRANTED).user_name == "Anna"


@pytest.mark.spec("PWR-2", "VER-10")
def test_an_empty_battery_is_a_loss_of_power_that_gains_an_attacker_nothing(lock: Lock) -> None:
    lock.wrong(4)
    lock.power_cut()
    lock.give(PowerSeen(0, emergency=True))
    lock.wrong(1)
    assert lock.state.locked_out


@pytest.mark.spec("ALM-4", "DCM-2")
@pytest.mark.parametrize("profile", ["dl50fvs", "palm6068"])
def test_below_twenty_percent_the_camera_is_not_available(profile: str) -> None:
    lock = lock_with_anna(profile)
    levels = ((None, True), (100, True), (None, True), (20, True), (19, False), (None, False), (0, False), (21, True))
    for percent, available in levels:
        lock.give(PowerSeen(percent))
        assert camera_available(lock.state, lock.profile) is available


def test_a_lock_without_a_camera_has_none_to_lose(l2s: Lock) -> None:
    assert camera_available(l2s.state, l2s.profile) is None
    assert camera_available(LockState(battery=5), l2s.profile) is None
