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
def test_the_mechanical_key_is_noticed_and_recorded(driven: Lock) -> None:
    driven.turn_key(RETRACTED)
    assert driven.is_open
    driven.turn_key(THROWN)
    assert driven.state.bolt is BoltState.LOCKED
    assert [(fact.type, fact.source) for fact in driven.facts] == [
        (EventType.UNLOCKED, OperationSource.MECHANICAL_KEY),
        (EventType.LOCKED, OperationSource.MECHANICAL_KEY),
    ]
    assert driven.state.changed_by is not None
    assert driven.state.changed_by.source is OperationSource.MECHANICAL_KEY


@pytest.mark.spec("VER-15", "BLT-1")
def test_a_bolt_that_the_key_has_turned_half_way_is_no_longer_locked(driven: Lock) -> None:
    driven.move(BETWEEN)
    assert driven.is_open
    driven.move(THROWN)
    assert driven.events == [EventType.UNLOCKED, EventType.LOCKED]


@pytest.mark.spec("VER-15")
def test_the_key_frees_a_jammed_bolt(driven: Lock) -> None:
    driven.motor = Motor.STUCK
    driven.open_with(ANNA)
    driven.listen()
    driven.give(BoltSeen(BETWEEN))
    assert driven.state.bolt is BoltState.JAMMED
    driven.move(RETRACTED)
    assert driven.is_open
    assert driven.fact(EventType.UNLOCKED).source is OperationSource.MECHANICAL_KEY


def test_a_jammed_bolt_that_loses_its_reading_and_finds_it_is_jammed_still(driven: Lock) -> None:
    driven.motor = Motor.STUCK
    driven.open_with(ANNA)
    driven.move(BoltPosition.UNKNOWN)
    assert driven.state.bolt is BoltState.UNKNOWN
    driven.move(BETWEEN)
    assert driven.state.bolt is BoltState.JAMMED


@pytest.mark.spec("BLT-11")
def test_the_inside_handle_opens_and_is_recorded_as_opened_from_inside(driven: Lock) -> None:
    driven.use_inside_handle()
    assert driven.is_open
    assert driven.events == [EventType.OPENED_FROM_INSIDE, EventType.DOOR_OPENED]
    assert driven.fact(EventType.OPENED_FROM_INSIDE).source is OperationSource.INSIDE_HANDLE
    assert driven.state.changed_by is not None
    assert driven.state.changed_by.source is OperationSource.INSIDE_HANDLE


@pytest.mark.spec("BLT-11", "VER-15")
def test_a_bolt_drawn_long_after_the_inside_handle_was_drawn_by_the_key(driven: Lock) -> None:
    for later in (3_000, 3_001):
        driven.listen()
        driven.give(InsideHandleUsed())
        driven.advance(later)
        driven.turn_key(RETRACTED)
        assert (EventType.UNLOCKED in driven.events) is (later > 3_000)
        driven.turn_key(THROWN)


@pytest.mark.spec("BLT-11", "VER-15")
def test_the_key_may_lock_right_after_somebody_left(driven: Lock) -> None:
    driven.use_inside_handle()
    driven.set_door(is_open=False)
    driven.turn_key(THROWN)
    assert driven.fact(EventType.LOCKED).source is OperationSource.MECHANICAL_KEY


@pytest.mark.spec("BLT-11")
def test_the_motor_does_not_work_against_somebody_who_wants_to_leave(driven: Lock) -> None:
    driven.open_with(ANNA)
    driven.listen()
    command = driven.ask(RemoteLock)
    driven.advance(300)
    driven.use_inside_handle()
    driven.settle()
    assert driven.drives == [Drive.THROW, Drive.RETRACT]
    answer = driven.answer(command)
    assert answer is not None
    assert answer.error is ErrorCode.SUPERSEDED
    assert driven.is_open
    assert driven.bolt is RETRACTED
    assert EventType.OPENED_FROM_INSIDE in driven.events


def test_the_same_reading_twice_is_no_news(driven: Lock) -> None:
    driven.move(THROWN)
    assert driven.effects == []
