"""Tamper, doorbell, and parts that fail."""

import pytest

from lock_bridge.engine.effects import Say, Sound, Tone
from lock_bridge.engine.inputs import Key, PartBack, PartFault, RemoteUnlock, StartEnrolment, TamperSeen, Timer
from lock_bridge.wire.words import BoltState, CredentialType, EnrolmentStatus, EventType, Part
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
    assert lock.runs(Timer.TAMPER_TONE) is None
    assert lock.events == [EventType.TAMPER_STARTED, EventType.TAMPER_ENDED]
    lock.advance(MINUTE)
    assert len(lock.tones) == 2


@pytest.mark.spec("ALM-1")
def test_back_on_the_door_after_the_minute_there_is_nothing_left_to_end(lock: Lock) -> None:
    lock.give(TamperSeen(off=True))
    lock.advance(2 * MINUTE)
    lock.give(TamperSeen(off=False))
    lock.ring(Timer.TAMPER_TONE)
    assert lock.tones == [Tone.ALARM, Tone.ALARM_END]


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
def test_with_the_link_to_the_front_silent_the_front_is_dead_and_the_rear_goes_on(lock: Lock) -> None:
    lock.set(remote_unlock=True)
    lock.press("back", *ANNA[:3])
    lock.ok(StartEnrolment, user_id="anna", type=CredentialType.FINGERPRINT)
    lock.near()
    lock.listen()
    lock.give(PartFault(Part.LINK, "no_answer"))
    assert dict(lock.fact(EventType.FAULT_STARTED).data) == {"part": "link"}
    assert lock.lights.keys == frozenset()
    assert (lock.state.entry, lock.state.near, lock.state.looking, lock.state.speaking) == ("", False, False, False)
    assert lock.state.enrolment is not None
    assert (lock.state.enrolment.status, lock.state.enrolment.reason) == (EnrolmentStatus.FAILED, "fault")
    lock.ok(RemoteUnlock)
    assert lock.is_open
    if Key.LOCK in lock.profile.keys:
        lock.press(Key.LOCK)
        lock.settle()
        assert lock.state.bolt is BoltState.LOCKED
    lock.give(PartBack(Part.LINK))
    lock.open_with(ANNA)
    assert lock.is_open


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
