"""What docs/security.md says of a robot at the keypad happens at a lock like that: short codes, every key typed."""

from dataclasses import replace
from itertools import pairwise

import pytest

from benchmarks.robot import KEY_MS, VERDICT_MS, Attack, Plan, Way, best, median_tries, plans, time_for
from lock_bridge import profiles
from lock_bridge.engine.inputs import Timer
from lock_bridge.wire.words import EventType
from tests.engine.lock import HOUR, Lock

DIGITS = 3
"""So short are its codes that a robot gets through all of them."""


def all_codes() -> str:
    """All codes of three digits, each once, each overlapping the next (a de Bruijn sequence, made greedily)."""
    made, seen = "0" * (DIGITS - 1), set[str]()
    while True:
        end = made[-(DIGITS - 1) :]
        code = next((end + digit for digit in "9876543210" if end + digit not in seen), None)
        if code is None:
            return made
        seen.add(code)
        made += code[-1]


CODES = all_codes()


class Robot:
    """A robot in front of a lock that knows a finger and, if wanted, one code."""

    def __init__(self, model: str, *, progressive: bool, code: str | None = None) -> None:
        profile = replace(
            profiles.load(model), passcode_min=DIGITS, passcode_max=DIGITS, simple_passcodes="setting_off"
        )
        self.lock = Lock(profile)
        self.lock.add("Anna", admin=True)
        self.lock.add_finger("anna")
        if code is not None:
            self.lock.add("Ben", code)
        self.lock.set(progressive_lockout=progressive)
        self.attack = Attack(profile=profile, settings=self.lock.state.settings, digits=DIGITS)
        self.tried = 0

    def work(self, plan: Plan, *, tries: int) -> int:
        """How long it takes, by the lock's own clock, to try so many codes or to get in."""
        began = self.lock.mono_ms
        while True:
            round_began = self.lock.mono_ms
            creeps = plan.way is Way.CREEP and self.lock.state.lockout.level >= plan.level
            for length in plan.creep if creeps else plan.push:
                self._enter(CODES[self.tried : self.tried + length])
                self.tried += length - DIGITS + 1
                if self.tried >= tries or self.lock.drives:
                    return self.lock.mono_ms - began
                assert self.lock.events[:1] == [EventType.ACCESS_REFUSED], "an entry was not looked at"
                self.lock.advance(VERDICT_MS)
            if creeps:
                assert not self.lock.state.locked_out
                self.lock.advance(
                    max(0, round_began + (self.attack.profile.failure_window_ms or 0) + 1 - self.lock.mono_ms)
                )
            else:
                self._sit_out()
            if plan.way is Way.REST and self.lock.state.lockout.level > plan.level:
                self.lock.advance(self.lock.runs(Timer.LOCKOUT_DECAY) or 0)

    def _enter(self, entry: str) -> None:
        if not self.lock.state.awake:
            self.lock.press("back")
        for key in (*entry, "ok"):
            self.lock.listen()
            self.lock.advance(KEY_MS)
            self.lock.press(key)

    def _sit_out(self) -> None:
        left = self.lock.runs(Timer.LOCKOUT)
        assert left is not None, "the round ends in a lockout"
        self.lock.advance(left)
        assert not self.lock.state.locked_out
        self.lock.advance(KEY_MS)


@pytest.mark.parametrize("progressive", [True, False])
@pytest.mark.parametrize("model", profiles.names())
def test_the_robot_of_the_table_is_as_fast_at_a_real_lock(model: str, progressive: bool) -> None:
    half = 10**DIGITS // 2
    robot = Robot(model, progressive=progressive)
    expected, plan = best(robot.attack, half)
    assert robot.work(plan, tries=half) == expected


@pytest.mark.parametrize("way", Way)
def test_so_is_one_that_goes_about_it_less_well(way: Way) -> None:
    robot = Robot("palm6068", progressive=True)
    plan = max(
        (plan for plan in plans(robot.attack) if plan.way is way), key=lambda plan: time_for(robot.attack, plan, 250)
    )
    assert robot.work(plan, tries=250) == time_for(robot.attack, plan, 250)


@pytest.mark.parametrize("code", ["471", "009", "220"])
@pytest.mark.parametrize("model", ["l2s", "palm6068"])
def test_the_door_opens_with_the_entry_that_has_the_code_in_it(model: str, code: str) -> None:
    robot = Robot(model, progressive=True, code=code)
    nth = CODES.index(code) + 1
    expected, plan = best(robot.attack, nth)
    assert robot.work(plan, tries=10**DIGITS) == expected
    assert robot.lock.drives


@pytest.mark.parametrize(("digits", "codes", "tries"), [(6, 1, 500_000), (6, 10, 66_967), (6, 50, 13_767), (1, 2, 3)])
def test_so_many_codes_are_tried_until_one_fits_as_often_sooner_as_later(digits: int, codes: int, tries: int) -> None:
    assert median_tries(digits, codes) == tries


@pytest.mark.spec("VER-11")
@pytest.mark.parametrize("model", profiles.names())
def test_the_progressive_lockout_makes_a_robot_wait_longer(model: str) -> None:
    times = []
    for progressive in (True, False):
        robot = Robot(model, progressive=progressive)
        attack = replace(robot.attack, digits=6)
        times.append(best(attack, median_tries(6, 50))[0])
    assert times[0] > 5 * times[1]
    assert times[1] < 12 * HOUR


def test_no_code_is_left_out_of_the_sequence_or_tried_twice() -> None:
    tried = [CODES[at : at + DIGITS] for at in range(len(CODES) - DIGITS + 1)]
    assert len(tried) == len(set(tried)) == 10**DIGITS
    assert all(after.startswith(before[1:]) for before, after in pairwise(tried))
