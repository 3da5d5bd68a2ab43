"""Forced open: the door opens though its bolt is thrown."""

import pytest

from lock_bridge.engine.effects import Tone
from lock_bridge.engine.inputs import BoltPosition, DoorSeen, Handle, InsideHandleUsed, RemoteLock, TamperSeen
from lock_bridge.wire.words import EventType, OperatingMode
from tests.engine.conftest import ANNA
from tests.engine.lock import MINUTE, Lock

FORCED = EventType.FORCED_OPEN


@pytest.fixture
def shut(lock: Lock) -> Lock:
    """A locked door, and a clutch at rest."""
    lock.settle()
    lock.listen()
    return lock


@pytest.mark.spec("ALM-5")
def test_a_door_that_opens_while_the_bolt_says_locked_is_forced(shut: Lock) -> None:
    shut.set_door(is_open=True)
    assert shut.events == [EventType.DOOR_OPENED, FORCED]
    assert shut.tones == [Tone.ALARM]
    shut.advance(MINUTE)
    assert shut.tones == [Tone.ALARM, Tone.ALARM_END]


@pytest.mark.spec("ALM-5")
def test_each_time(shut: Lock) -> None:
    for _ in range(2):
        shut.set_door(is_open=True)
        shut.set_door(is_open=False)
    assert shut.events.count(FORCED) == 2


@pytest.mark.spec("ALM-5")
@pytest.mark.parametrize("way", ["code", "key", "inside"])
def test_a_door_that_was_unlocked_is_not(shut: Lock, way: str) -> None:
    match way:
        case "code":
            shut.open_with(ANNA)
            if shut.profile.bolt_kind == "clutch":
                shut.set_handle(Handle.PRESSED)
        case "key":
            shut.turn_key(BoltPosition.RETRACTED)
        case _:
            shut.give(InsideHandleUsed())
            shut.move(BoltPosition.RETRACTED)
    shut.set_door(is_open=True)
    assert FORCED not in shut.events
    assert Tone.ALARM not in shut.tones


@pytest.mark.spec("ALM-5", "BLT-11")
def test_an_inside_handle_whose_bolt_is_read_a_moment_late_forces_nothing(shut: Lock) -> None:
    shut.give(InsideHandleUsed())
    shut.advance(3_000)
    shut.set_door(is_open=True)
    shut.move(BoltPosition.RETRACTED)
    assert FORCED not in shut.events


@pytest.mark.spec("ALM-5", "BLT-11")
def test_an_inside_handle_that_was_used_long_before_excuses_nothing(shut: Lock) -> None:
    shut.give(InsideHandleUsed())
    shut.advance(3_001)
    shut.set_door(is_open=True)
    assert FORCED in shut.events


@pytest.mark.spec("ALM-5")
def test_found_open_at_a_start_nobody_knows_how_it_came_about(shut: Lock) -> None:
    shut.door_open = True
    shut.power_cut()
    assert FORCED not in shut.events
    shut.give(DoorSeen(None))
    shut.give(DoorSeen(True))
    assert FORCED not in shut.events


@pytest.mark.spec("ALM-5", "BLT-5")
def test_a_door_that_opens_on_the_bolts_way_out_is_drawn_back_and_not_forced(driven: Lock) -> None:
    driven.open_with(ANNA)
    driven.ask(RemoteLock)
    driven.advance(300)
    driven.set_door(is_open=True)
    assert FORCED not in driven.events


@pytest.mark.spec("ALM-5", "BLT-13")
def test_a_thrown_bolt_whose_handle_is_coupled_is_not_locked_yet(l2s: Lock) -> None:
    l2s.open_with(ANNA)
    l2s.set_door(is_open=True)
    assert FORCED not in l2s.events


@pytest.mark.spec("ALM-5", "BLT-8")
def test_forced_from_outside_is_no_intrusion_from_inside(driven: Lock) -> None:
    driven.set_mode(OperatingMode.LEAVING_HOME)
    driven.set_door(is_open=True)
    assert FORCED in driven.events
    assert EventType.INTRUSION not in driven.events


@pytest.mark.spec("ALM-5", "ALM-1")
def test_its_alarm_goes_on_when_the_lock_is_put_back_on_the_door(shut: Lock) -> None:
    shut.give(TamperSeen(off=True))
    shut.set_door(is_open=True)
    shut.give(TamperSeen(off=False))
    assert Tone.ALARM_END not in shut.tones
    shut.advance(MINUTE)
    assert shut.tones.count(Tone.ALARM_END) == 1


@pytest.mark.spec("ALM-5", "L2S-11")
def test_mute_does_not_silence_it(shut: Lock) -> None:
    shut.set(volume="mute")
    shut.set_door(is_open=True)
    assert shut.tones == [Tone.ALARM]
