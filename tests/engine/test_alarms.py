"""Tamper, doorbell, battery, and parts that fail."""

import pytest

from lock_bridge.engine.effects import Lamp, Say, Sound, Tone
from lock_bridge.engine.inputs import Key, PartBack, PartFault, PowerSeen, TamperSeen
from lock_bridge.wire.words import EventType, Part
from tests.engine.conftest import ANNA
from tests.engine.lock import MINUTE, Lock


@pytest.mark.spec("ALM-1")
def test_forced_off_the_door_it_sounds_the_alarm_for_one_minute(lock: Lock) -> None:
    lock.give(TamperSeen(off=True))
    assert lock.state.tamper is True
    assert lock.events == [EventType.TAMPER_STARTED]
    lock.advance(MINUTE - 1)
    assert lock.tones == [Tone.ALARM]
    lock.advance(1)
    assert lock.tones == [Tone.ALARM, Tone.ALARM_END]
    assert lock.state.tamper is True


@pytest.mark.spec("ALM-1")
def test_back_on_the_door_the_alarm_ends_at_once(lock: Lock) -> None:
    lock.give(TamperSeen(off=True))
    lock.give(TamperSeen(off=True))
    lock.advance(10_000)
    lock.give(TamperSeen(off=False))
    assert lock.state.tamper is False
    assert lock.tones == [Tone.ALARM, Tone.ALARM_END]
    assert lock.events == [EventType.TAMPER_STARTED, EventType.TAMPER_ENDED]
    lock.advance(MINUTE)
    assert len(lock.tones) == 2


@pytest.mark.spec("ALM-1", "L2S-11")
def test_mute_does_not_silence_the_alarm(lock: Lock) -> None:
    """Of L2S-11: never alarms."""
    lock.set(volume="mute")
    lock.give(TamperSeen(off=True))
    assert lock.tones == [Tone.ALARM]


@pytest.mark.spec("ALM-6")
def test_the_doorbell_rings_inside_and_raises_an_event(lock: Lock) -> None:
    """Of ALM-6 all but the picture."""
    lock.press(Key.DOORBELL)
    assert lock.tones == [Tone.DOORBELL]
    assert lock.events == [EventType.DOORBELL]


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
def test_palm6068_shows_a_low_battery_on_its_keypad_and_l2s_does_not(palm: Lock, l2s: Lock) -> None:
    for lock in (palm, l2s):
        lock.give(PowerSeen(19))
        assert Lamp.BATTERY not in lock.lights.lamps
        lock.press("back")
    assert Lamp.BATTERY in palm.lights.lamps
    assert Lamp.BATTERY not in l2s.lights.lamps
    palm.give(PowerSeen(90))
    assert Lamp.BATTERY not in palm.lights.lamps


@pytest.mark.spec("PWR-1")
def test_a_level_that_cannot_be_read_is_unknown_and_no_news(lock: Lock) -> None:
    """Of PWR-1 what is shown; the pack out is a loss of power."""
    lock.give(PowerSeen(15))
    lock.listen()
    lock.give(PowerSeen(None, emergency=True))
    assert (lock.state.battery, lock.state.battery_level, lock.state.emergency) == (None, "low", True)
    assert lock.facts == []


@pytest.mark.spec("FLT-1")
@pytest.mark.parametrize("part", list(Part))
def test_a_part_that_fails_is_named_once_and_ends_when_it_is_back(lock: Lock, part: Part) -> None:
    lock.give(PartFault(part, "no_answer"))
    lock.give(PartFault(part, "no_answer"))
    assert lock.state.faults == {part}
    started = lock.fact(EventType.FAULT_STARTED)
    assert (started.reason, dict(started.data)) == ("no_answer", {"part": part.value})
    lock.give(PartBack(part))
    lock.give(PartBack(part))
    assert lock.state.faults == frozenset()
    assert dict(lock.fact(EventType.FAULT_ENDED).data) == {"part": part.value}


@pytest.mark.spec("FLT-1")
@pytest.mark.parametrize("part", [Part.FINGERPRINT, Part.CARD, Part.TAMPER, Part.POWER, Part.STORAGE])
def test_with_another_part_silent_a_code_still_opens(lock: Lock, part: Part) -> None:
    lock.give(PartFault(part, "no_answer"))
    lock.open_with(ANNA)
    assert lock.is_open


@pytest.mark.spec("FLT-1")
def test_with_the_keypad_silent_a_finger_still_opens_and_half_a_code_is_forgotten(lock: Lock) -> None:
    slot = lock.add_finger("anna")
    lock.press("back", *ANNA[:3])
    lock.give(PartFault(Part.KEYPAD, "no_answer"))
    assert lock.lights.keys == frozenset()
    lock.finger(slot)
    lock.settle()
    assert lock.is_open
    lock.give(PartBack(Part.KEYPAD))
    lock.listen()
    lock.press("back", *ANNA[3:], "ok")
    assert EventType.ACCESS_GRANTED not in lock.events


@pytest.mark.spec("FLT-1")
def test_without_its_gauge_the_battery_is_not_known(lock: Lock) -> None:
    lock.give(PartFault(Part.POWER, "no_answer"))
    assert lock.state.battery is None


@pytest.mark.spec("L2S-11")
def test_mute_silences_keys_and_verdicts_but_no_prompt_and_no_doorbell(lock: Lock) -> None:
    """Of L2S-11 what mute means; it is switched on from the app here."""
    lock.set(volume="mute")
    lock.listen()
    lock.wrong(5)
    lock.press(Key.DOORBELL)
    assert [sound.tone for sound in lock.of(Sound)] == [Tone.DOORBELL]
    assert len(lock.prompts) == 1


@pytest.mark.parametrize("volume", ["high", "low"])
def test_tones_and_prompts_carry_the_volume_and_the_language(lock: Lock, volume: str) -> None:
    lock.set(volume=volume, language="nb")
    lock.listen()
    lock.wrong(5)
    assert {sound.volume for sound in lock.of(Sound)} == {volume}
    assert {(say.volume, say.language) for say in lock.of(Say)} == {(volume, "nb")}
