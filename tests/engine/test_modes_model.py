"""Whatever people, the app, a knob, a motor and a power cut do in whatever order: what always holds of the modes.

That the bolt is never driven against an open door, and that the disk holds what the memory does, the tests' lock checks
by itself at each step.
"""

from typing import override

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from lock_bridge.engine.inputs import (
    BoltPosition,
    Handle,
    Key,
    PartBack,
    PartFault,
    RemoteLock,
    RemoteUnlock,
    SetMode,
    TamperSeen,
    Timer,
)
from lock_bridge.engine.state import OutsideLock
from lock_bridge.wire.errors import ErrorCode
from lock_bridge.wire.words import BoltState, DoorState, OperatingMode, Part
from tests.conftest import long_run
from tests.engine.conftest import ANNA, BEN
from tests.engine.lock import Lock, Motor

PASSAGE = OperatingMode.PASSAGE


class Modes(RuleBasedStateMachine):
    """One lock of a model, with an administrator and a user."""

    profile = ""

    def __init__(self) -> None:
        super().__init__()
        self.lock = Lock(self.profile)

    @initialize(countdown=st.booleans())
    def people(self, countdown: bool) -> None:
        self.lock.add("Anna", ANNA, admin=True)
        self.lock.add("Ben", BEN)
        self.lock.set(remote_unlock=True, countdown_locking=countdown, countdown_delay_s=7)

    @rule(ms=st.integers(0, 20_000))
    def time_goes_by(self, ms: int) -> None:
        self.lock.advance(ms)

    @rule(code=st.sampled_from([ANNA, BEN, "902735"]))
    def somebody_enters_a_code(self, code: str) -> None:
        passing, blocked = self.lock.state.modes.passage, self.lock.state.privacy
        self.lock.enter(code)
        if code == ANNA and self.lock.handle is Handle.REST and not self.lock.state.locked_out:
            assert not self.lock.state.modes.passage
            assert not self.lock.state.modes.leaving_home
        elif blocked and code == BEN:
            assert self.lock.state.modes.passage is passing

    @rule(is_open=st.booleans())
    def the_door_moves(self, is_open: bool) -> None:
        self.lock.set_door(is_open=is_open)

    @rule()
    def somebody_leaves_by_the_inside_handle(self) -> None:
        self.lock.use_inside_handle()

    @rule(position=st.sampled_from([BoltPosition.THROWN, BoltPosition.RETRACTED]))
    def the_key_turns(self, position: BoltPosition) -> None:
        self.lock.turn_key(position)

    @rule(handle=st.sampled_from(Handle))
    def somebody_moves_the_outside_handle(self, handle: Handle) -> None:
        if self.lock.profile.bolt_kind == "clutch":
            self.lock.set_handle(handle)

    @rule(on=st.booleans())
    def the_knob_turns(self, on: bool) -> None:
        self.lock.turn_knob(on=on)
        assert self.lock.state.privacy is on

    @rule(key=st.sampled_from([Key.LEAVE, Key.LOCK, Key.EMERGENCY, Key.CONFIRM, Key.BACK, Key.DOORBELL, Key.HOME]))
    def somebody_presses(self, key: Key) -> None:
        self.lock.press(key)

    @rule(mode=st.sampled_from(OperatingMode), seconds=st.none() | st.integers(1, 60))
    def the_app_sets_a_mode(self, mode: OperatingMode, seconds: int | None) -> None:
        before = self.lock.state
        command = self.lock.ask(SetMode, mode=mode, seconds=seconds if mode is PASSAGE else None)
        answer = self.lock.answer(command)
        if mode is PASSAGE:
            error = answer.error if answer is not None else None
            assert error in (None, ErrorCode.PRIVACY_ON, ErrorCode.HANDLE_NOT_AT_REST, ErrorCode.MOTOR_FAULT)
            assert (error is ErrorCode.PRIVACY_ON) is bool(before.privacy) or error is ErrorCode.HANDLE_NOT_AT_REST
        elif mode is OperatingMode.NORMAL:
            assert not self.lock.state.modes.passage
            assert not self.lock.state.modes.leaving_home

    @rule(command=st.sampled_from([RemoteLock, RemoteUnlock]))
    def the_app_locks_or_unlocks(self, command: type[RemoteLock | RemoteUnlock]) -> None:
        self.lock.ask(command)

    @rule(motor=st.sampled_from(Motor))
    def the_motor_changes(self, motor: Motor) -> None:
        self.lock.motor = motor

    @rule(part=st.sampled_from([Part.DOOR, Part.BOLT, Part.MOTOR, Part.LINK]))
    def a_part_fails_and_is_back(self, part: Part) -> None:
        self.lock.give(PartFault(part, "no_answer"))
        self.lock.give(PartBack(part))

    @rule(off=st.booleans())
    def the_lock_is_forced_off_the_door(self, off: bool) -> None:
        self.lock.give(TamperSeen(off))

    @rule()
    def the_power_fails(self) -> None:
        before = self.lock.state.modes
        self.lock.power_cut()
        after = self.lock.state.modes
        assert after.leaving_home is before.leaving_home or self.lock.state.bolt is BoltState.LOCKED
        if before.passage_ends_mono_ms is not None:
            assert not after.passage, "a while is over with the power"
        elif before.passage and not self.lock.knob and self._stays_open():
            assert after.passage, "passage for good outlasts a power cut"

    @rule(off_ms=st.integers(0, 30_000))
    def the_service_restarts(self, off_ms: int) -> None:
        before = self.lock.state.modes
        self.lock.restart(off_ms=off_ms)
        if before.passage and not self.lock.knob and self._stays_open():
            assert self.lock.state.modes.passage, "passage outlasts a restart"

    def _stays_open(self) -> bool:
        """Whether nothing that was found at the start speaks against passage."""
        return self.lock.profile.bolt_kind == "clutch" or self.lock.bolt is not BoltPosition.THROWN

    @invariant()
    def a_lock_in_passage_is_not_locked(self) -> None:
        state = self.lock.state
        if state.modes.passage:
            assert state.bolt is not BoltState.LOCKED
            assert not state.privacy
            assert self.lock.runs(Timer.COUNTDOWN) is None
            assert state.outside_lock is OutsideLock.NO
            assert not state.ajar or state.door is DoorState.UNKNOWN

    @invariant()
    def the_time_of_passage_runs_as_long_as_passage_for_a_while(self) -> None:
        for_a_while = self.lock.state.modes.passage_ends_mono_ms is not None
        assert (self.lock.runs(Timer.PASSAGE) is not None) is for_a_while
        assert self.lock.state.modes.passage or not for_a_while

    @invariant()
    def nobody_leaves_a_handle_coupled_but_passage_or_a_fault(self) -> None:
        state = self.lock.state
        if state.coupled and state.motion is None and not state.modes.passage:
            assert self.lock.runs(Timer.UNCOUPLE) is not None or state.faults

    @invariant()
    def what_waits_for_the_bolt_waits_only_while_it_is_not_thrown(self) -> None:
        state = self.lock.state
        if state.bolt is BoltState.LOCKED:
            assert not state.leaving
            assert not state.modes.lock_when_closed

    @invariant()
    def the_alarm_sounds_for_a_reason_and_for_a_minute(self) -> None:
        assert (self.lock.runs(Timer.TAMPER_TONE) is not None) is bool(self.lock.state.alarms)

    @invariant()
    def a_door_that_is_closed_is_not_ajar(self) -> None:
        state = self.lock.state
        assert not (state.ajar and state.door is DoorState.CLOSED)
        counts = state.door is DoorState.OPEN and not state.modes.passage and not state.ajar
        assert (self.lock.runs(Timer.AJAR) is not None) is counts

    @override
    def teardown(self) -> None:
        """With a motor that works, everything comes to rest; and what passage holds open is open."""
        self.lock.motor = Motor.WORKS
        self.lock.settle()
        self.lock.advance(100_000)
        self.lock.settle()
        state = self.lock.state
        if state.modes.passage:
            assert state.bolt is not BoltState.LOCKED
        if state.modes.lock_when_closed:
            assert state.door is not DoorState.CLOSED or state.faults or state.bolt is not BoltState.UNLOCKED


@pytest.mark.spec("BLT-5", "BLT-7", "BLT-15")
@pytest.mark.parametrize("profile", ["l2s", "dl50fvs", "palm6068"])
def test_the_modes_keep_their_promises_whatever_happens(profile: str) -> None:
    machine = type(f"Modes_{profile}", (Modes,), {"profile": profile})
    examples = 2_000 if long_run() else 40
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=examples, stateful_step_count=60, suppress_health_check=list(HealthCheck), deadline=None
        ),
    )
