"""Door ajar: the door has stood open for longer than its own time."""

import pytest

from lock_bridge.engine.effects import Prompt
from lock_bridge.engine.inputs import ChangeSettings, DoorSeen, PartBack, PartFault, Timer
from lock_bridge.wire.errors import ErrorCode
from lock_bridge.wire.words import EventType, OperatingMode, Part
from tests.engine.conftest import ANNA
from tests.engine.lock import HOUR, MINUTE, Lock

AJAR, ENDED = EventType.DOOR_AJAR, EventType.DOOR_AJAR_ENDED


@pytest.fixture
def opened(lock: Lock) -> Lock:
    """A door that was just opened, by right."""
    lock.open_with(ANNA)
    lock.set_door(is_open=True)
    lock.listen()
    return lock


def told(lock: Lock) -> list[EventType]:
    return [event for event in lock.events if event in (AJAR, ENDED)]


@pytest.mark.spec("ALM-5")
def test_open_for_a_minute_it_is_ajar_until_it_is_closed(opened: Lock) -> None:
    opened.advance(MINUTE - 1)
    assert not opened.state.ajar
    opened.advance(1)
    assert opened.state.ajar
    assert dict(opened.fact(AJAR).data) == {"seconds": 60}
    assert opened.prompts == [Prompt.CLOSE_DOOR]
    opened.advance(HOUR)
    assert told(opened) == [AJAR]
    opened.set_door(is_open=False)
    assert not opened.state.ajar
    assert told(opened) == [AJAR, ENDED]
    opened.advance(HOUR)
    assert told(opened) == [AJAR, ENDED]


@pytest.mark.spec("ALM-5")
def test_closed_in_time_nothing_is_told_and_the_time_begins_anew(opened: Lock) -> None:
    for _ in range(3):
        opened.advance(MINUTE - 1_000)
        opened.set_door(is_open=False)
        assert opened.runs(Timer.AJAR) is None
        opened.advance(2_000)
        opened.set_door(is_open=True)
    assert told(opened) == []


@pytest.mark.spec("ALM-5")
def test_its_time_can_be_set_and_counts_from_then(opened: Lock) -> None:
    opened.advance(30_000)
    opened.set(door_ajar_s=10)
    opened.advance(9_999)
    assert not opened.state.ajar
    opened.advance(1)
    assert dict(opened.fact(AJAR).data) == {"seconds": 10}


@pytest.mark.spec("ALM-5")
def test_with_no_time_set_the_door_may_stand_open(opened: Lock) -> None:
    opened.set(door_ajar_s=0)
    opened.advance(HOUR)
    opened.ring(Timer.AJAR)
    assert told(opened) == []


@pytest.mark.spec("ALM-5")
def test_switched_off_while_it_is_ajar_it_is_so_no_longer(opened: Lock) -> None:
    opened.advance(MINUTE)
    opened.set(door_ajar_s=0)
    assert told(opened) == [AJAR, ENDED]
    assert not opened.state.ajar


def test_another_time_while_it_is_ajar_is_no_news(opened: Lock) -> None:
    opened.advance(MINUTE)
    opened.set(door_ajar_s=30)
    opened.advance(HOUR)
    assert told(opened) == [AJAR]


@pytest.mark.spec("ALM-5", "BLT-7")
def test_in_passage_the_door_may_stand_open_and_afterwards_its_time_begins(opened: Lock) -> None:
    opened.set(remote_unlock=True)
    opened.set_mode(OperatingMode.PASSAGE)
    opened.advance(HOUR)
    opened.ring(Timer.AJAR)
    assert told(opened) == []
    opened.set_mode(OperatingMode.NORMAL)
    opened.advance(MINUTE - 1_000)
    assert told(opened) == []
    opened.advance(1_000)
    assert told(opened) == [AJAR]
    opened.set_mode(OperatingMode.PASSAGE)
    assert told(opened) == [AJAR, ENDED]


@pytest.mark.spec("ALM-5")
def test_found_open_after_a_start_it_is_told_as_well(opened: Lock) -> None:
    opened.power_cut()
    opened.advance(MINUTE)
    assert told(opened) == [AJAR]


@pytest.mark.spec("ALM-5", "FLT-1")
def test_while_the_contact_is_silent_nothing_begins_and_nothing_ends(opened: Lock) -> None:
    opened.advance(30_000)
    opened.give(PartFault(Part.DOOR, "no_answer"))
    opened.advance(HOUR)
    assert told(opened) == []
    opened.give(PartBack(Part.DOOR))
    opened.give(DoorSeen(True))
    opened.advance(MINUTE)
    assert told(opened) == [AJAR]
    opened.give(PartFault(Part.DOOR, "no_answer"))
    assert opened.state.ajar
    opened.give(DoorSeen(True))
    opened.advance(HOUR)
    assert told(opened) == [AJAR]
    opened.set_door(is_open=False)
    assert told(opened) == [AJAR, ENDED]


def test_a_timer_that_rings_for_a_door_that_is_closed_or_already_told_says_nothing(opened: Lock) -> None:
    opened.advance(MINUTE)
    opened.ring(Timer.AJAR)
    opened.set_door(is_open=False)
    opened.ring(Timer.AJAR)
    assert told(opened) == [AJAR, ENDED]


@pytest.mark.spec("ALM-5", "APP-5")
@pytest.mark.parametrize("value", [-1, True, "60", 1.5])
def test_a_time_that_is_none_is_refused(lock: Lock, value: object) -> None:
    assert lock.refused(ChangeSettings, changes={"door_ajar_s": value}) is ErrorCode.BAD_REQUEST
