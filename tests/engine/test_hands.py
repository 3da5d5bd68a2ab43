"""Moves that no command made: the mechanical key and the inside handle."""

import pytest

from lock_bridge.engine.effects import Drive
from lock_bridge.engine.inputs import BoltPosition, BoltSeen, InsideHandleUsed, RemoteLock
from lock_bridge.wire.errors import ErrorCode
from lock_bridge.wire.words import BoltState, EventType, OperationSource
from tests.engine.conftest import ANNA
from tests.engine.lock import Lock, Motor

THROWN, BETWEEN, RETRACTED = BoltPosition.THROWN, BoltPosition.BETWEEN, BoltPosition.RETRACTED


@pytest.mark.spec("VER-15")
def test_the_mechanical_key_is_noticed_and_recorded(palm: Lock) -> None:
    palm.turn_key(RETRACTED)
    assert palm.is_open
    palm.turn_key(THROWN)
    assert palm.state.bolt is BoltState.LOCKED
    assert [(fact.type, fact.source) for fact in palm.facts] == [
        (EventType.UNLOCKED, OperationSource.MECHANICAL_KEY),
        (EventType.LOCKED, OperationSource.MECHANICAL_KEY),
    ]
    assert palm.state.changed_by is not None
    assert palm.state.changed_by.source is OperationSource.MECHANICAL_KEY


@pytest.mark.spec("VER-15", "BLT-1")
def test_a_bolt_that_the_key_has_turned_half_way_is_no_longer_locked(palm: Lock) -> None:
    palm.move(BETWEEN)
    assert palm.is_open
    palm.move(THROWN)
    assert palm.events == [EventType.UNLOCKED, EventType.LOCKED]


@pytest.mark.spec("VER-15")
def test_the_key_frees_a_jammed_bolt(palm: Lock) -> None:
    palm.motor = Motor.STUCK
    palm.open_with(ANNA)
    palm.listen()
    palm.give(BoltSeen(BETWEEN))
    assert palm.state.bolt is BoltState.JAMMED
    palm.move(RETRACTED)
    assert palm.is_open
    assert palm.fact(EventType.UNLOCKED).source is OperationSource.MECHANICAL_KEY


def test_a_jammed_bolt_that_loses_its_reading_and_finds_it_is_jammed_still(palm: Lock) -> None:
    palm.motor = Motor.STUCK
    palm.open_with(ANNA)
    palm.move(BoltPosition.UNKNOWN)
    assert palm.state.bolt is BoltState.UNKNOWN
    palm.move(BETWEEN)
    assert palm.state.bolt is BoltState.JAMMED


@pytest.mark.spec("BLT-11")
def test_the_inside_handle_opens_and_is_recorded_as_opened_from_inside(palm: Lock) -> None:
    palm.use_inside_handle()
    assert palm.is_open
    assert palm.events == [EventType.OPENED_FROM_INSIDE, EventType.DOOR_OPENED]
    assert palm.fact(EventType.OPENED_FROM_INSIDE).source is OperationSource.INSIDE_HANDLE
    assert palm.state.changed_by is not None
    assert palm.state.changed_by.source is OperationSource.INSIDE_HANDLE


@pytest.mark.spec("BLT-11", "VER-15")
def test_a_bolt_drawn_long_after_the_inside_handle_was_drawn_by_the_key(palm: Lock) -> None:
    for later in (3_000, 3_001):
        palm.listen()
        palm.give(InsideHandleUsed())
        palm.advance(later)
        palm.turn_key(RETRACTED)
        assert (EventType.UNLOCKED in palm.events) is (later > 3_000)
        palm.turn_key(THROWN)


@pytest.mark.spec("BLT-11", "VER-15")
def test_the_key_may_lock_right_after_somebody_left(palm: Lock) -> None:
    palm.use_inside_handle()
    palm.set_door(is_open=False)
    palm.turn_key(THROWN)
    assert palm.fact(EventType.LOCKED).source is OperationSource.MECHANICAL_KEY


@pytest.mark.spec("BLT-11")
def test_the_motor_does_not_work_against_somebody_who_wants_to_leave(palm: Lock) -> None:
    palm.open_with(ANNA)
    palm.listen()
    command = palm.ask(RemoteLock)
    palm.advance(300)
    palm.use_inside_handle()
    palm.settle()
    assert palm.drives == [Drive.THROW, Drive.RETRACT]
    answer = palm.answer(command)
    assert answer is not None
    assert answer.error is ErrorCode.SUPERSEDED
    assert palm.is_open
    assert palm.bolt is RETRACTED
    assert EventType.OPENED_FROM_INSIDE in palm.events


def test_the_same_reading_twice_is_no_news(palm: Lock) -> None:
    palm.move(THROWN)
    assert palm.effects == []
