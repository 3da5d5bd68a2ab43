"""The lockout that lasts: through power cuts and restarts, longer from time to time, and heavier for long entries."""

from dataclasses import replace
from itertools import pairwise

import pytest

from lock_bridge.engine.effects import Light, Say, Sound
from lock_bridge.engine.inputs import BiometricSeen, BoltSeen, Key, KeyDown, Timer
from lock_bridge.engine.lockout import DECAY_MS, duration_ms, restarted
from lock_bridge.engine.model import LockoutRecord, Settings
from lock_bridge.wire.words import CredentialType, EventType
from tests.engine.conftest import ANNA, BEN
from tests.engine.lock import DAY, HOUR, MINUTE, Lock

MINUTES = [3, 3, 6, 12, 24, 48, 60, 60, 60]


def lock_out(lock: Lock) -> int:
    """Five failures; how many minutes they cost."""
    lock.listen()
    lock.wrong(5)
    return int(lock.fact(EventType.LOCKOUT_STARTED).data["seconds"]) // 60


def sit_out(lock: Lock) -> None:
    """Wait until the lockout has ended by itself."""
    lock.advance(lock.state.lockout.duration_ms)
    assert not lock.state.locked_out


@pytest.mark.spec("VER-10", "S29")
def test_the_count_survives_a_power_cut(lock: Lock) -> None:
    lock.wrong(4)
    lock.power_cut()
    lock.wrong()
    assert lock.state.locked_out


@pytest.mark.spec("VER-10")
def test_failures_before_a_power_cut_count_as_just_made(numbered: Lock) -> None:
    """A clock that starts anew cannot say how old they are."""
    numbered.wrong(4)
    numbered.advance(299_000)
    numbered.power_cut(off_ms=DAY)
    numbered.advance(299_000)
    numbered.wrong()
    assert numbered.state.locked_out


@pytest.mark.spec("VER-10", "S30")
def test_a_power_cut_during_the_lockout_starts_it_anew(lock: Lock) -> None:
    lock.wrong(5)
    lock.advance(2 * MINUTE)
    lock.power_cut(off_ms=HOUR)
    assert lock.state.locked_out
    lock.advance(3 * MINUTE - 1)
    lock.open_with(ANNA)
    assert not lock.is_open
    lock.advance(1)
    lock.open_with(ANNA)
    assert lock.is_open


@pytest.mark.spec("VER-10", "S30")
def test_a_restart_of_the_service_alone_keeps_exactly_what_remains(lock: Lock) -> None:
    lock.wrong(5)
    lock.advance(MINUTE)
    lock.restart(off_ms=MINUTE)
    lock.advance(MINUTE - 1)
    assert lock.state.locked_out
    lock.advance(1)
    assert not lock.state.locked_out


@pytest.mark.spec("VER-10")
def test_a_lockout_that_ran_out_while_the_service_was_away_ends_at_its_start(lock: Lock) -> None:
    lock.wrong(5)
    lock.listen()
    lock.restart(off_ms=HOUR)
    lock.advance(0)
    assert not lock.state.locked_out
    assert lock.fact(EventType.LOCKOUT_ENDED).reason == "time"


@pytest.mark.spec("VER-10")
def test_failures_keep_their_age_over_a_restart_of_the_service(numbered: Lock) -> None:
    numbered.wrong(4)
    numbered.restart(off_ms=301_000)
    numbered.wrong()
    assert not numbered.state.locked_out


@pytest.mark.spec("VER-10")
def test_the_lockout_does_not_depend_on_the_calendar(lock: Lock) -> None:
    lock.trusted = False
    lock.wrong(5)
    lock.jump(-20 * 365 * DAY)
    lock.power_cut()
    lock.jump(40 * 365 * DAY)
    lock.advance(3 * MINUTE - 1)
    assert lock.state.locked_out
    lock.advance(1)
    assert not lock.state.locked_out


@pytest.mark.spec("S29")
@pytest.mark.parametrize("tries", [1, 5])
def test_wherever_the_power_fails_in_a_wrong_try_what_was_shown_is_counted(lock: Lock, tries: int) -> None:
    """Each moment at which the disk or the door changes: a verdict that was seen or heard outlives the cut."""
    lock.wrong(tries - 1)
    lock.press("back", *"999999")
    for given in (KeyDown(Key.CONFIRM), BiometricSeen(CredentialType.FINGERPRINT, None)):
        shown_and_kept = []
        for done, disk in lock.images(given):
            after = Lock(lock.profile, disk=disk, mono_ms=7_000)
            after.wrong(5 - tries)
            shown = any(
                isinstance(effect, Sound | Say) or (isinstance(effect, Light) and effect.lamps) for effect in done
            )
            shown_and_kept.append((shown, after.state.locked_out))
        assert (False, False) in shown_and_kept, "before it is written nobody has been told"
        assert (True, False) not in shown_and_kept, "told, and forgotten"
        assert (True, True) in shown_and_kept


@pytest.mark.spec("VER-10")
def test_many_power_cuts_in_a_row_never_let_anybody_try_a_sixth_time(lock: Lock) -> None:
    looked_at = 0
    for _ in range(40):
        lock.listen()
        lock.wrong()
        looked_at += EventType.ACCESS_REFUSED in lock.events
        lock.power_cut()
        assert lock.state.lockout.ends_mono_ms is None or lock.runs(Timer.LOCKOUT) == 3 * MINUTE
    assert looked_at == 5


@pytest.mark.spec("VER-11")
def test_lockouts_in_a_row_last_three_three_six_and_so_on_to_sixty_minutes(lock: Lock) -> None:
    lasted = []
    for _ in MINUTES:
        lasted.append(lock_out(lock))
        sit_out(lock)
    assert lasted == MINUTES


@pytest.mark.spec("VER-11")
def test_without_progressive_lockout_each_lasts_three_minutes(lock: Lock) -> None:
    lock.set(progressive_lockout=False)
    for _ in range(8):
        assert lock_out(lock) == 3
        sit_out(lock)


@pytest.mark.spec("VER-11", "S32")
def test_a_users_own_code_in_between_zeroes_the_count_but_not_the_level(lock: Lock) -> None:
    lock.add("Ben", BEN)
    for minutes in MINUTES[:4]:
        assert lock_out(lock) == minutes
        sit_out(lock)
        lock.wrong(4)
        lock.open_with(BEN)
    assert lock_out(lock) == MINUTES[4]


@pytest.mark.spec("VER-11")
def test_an_administrators_success_sets_the_level_to_the_start(lock: Lock) -> None:
    for _ in range(4):
        lock_out(lock)
        sit_out(lock)
    lock.open_with(ANNA)
    assert lock_out(lock) == 3
    sit_out(lock)
    assert lock_out(lock) == 3
    sit_out(lock)
    assert lock_out(lock) == 6


@pytest.mark.spec("VER-11")
@pytest.mark.parametrize(("days", "minutes"), [(0, 24), (1, 12), (2, 6), (3, 3), (4, 3), (50, 3)])
def test_the_level_falls_by_one_for_each_day_without_a_failure(lock: Lock, days: int, minutes: int) -> None:
    for _ in range(4):
        lock_out(lock)
        sit_out(lock)
    lock.advance(days * DAY)
    assert lock_out(lock) == minutes


@pytest.mark.spec("VER-11")
def test_a_failure_starts_the_day_anew(lock: Lock) -> None:
    for _ in range(3):
        lock_out(lock)
        sit_out(lock)
    lock.advance(23 * HOUR)
    lock.wrong()
    lock.advance(23 * HOUR)
    assert lock.state.lockout.level == 3
    lock.advance(HOUR)
    assert lock.state.lockout.level == 2


@pytest.mark.spec("VER-11")
def test_the_level_survives_a_power_cut_and_its_day_starts_anew(lock: Lock) -> None:
    for _ in range(3):
        lock_out(lock)
        sit_out(lock)
    lock.advance(23 * HOUR)
    lock.power_cut(off_ms=30 * DAY)
    lock.advance(DAY - 1)
    assert lock.state.lockout.level == 3
    lock.advance(1)
    assert lock.state.lockout.level == 2
    assert lock_out(lock) == 6


@pytest.mark.spec("VER-11")
def test_days_that_went_by_while_the_service_was_away_count(lock: Lock) -> None:
    for _ in range(4):
        lock_out(lock)
        sit_out(lock)
    lock.restart(off_ms=2 * DAY + HOUR)
    lock.advance(0)
    assert lock.state.lockout.level == 2
    assert lock.runs(Timer.LOCKOUT_DECAY) is not None


def test_a_decay_timer_that_comes_too_early_or_for_nothing_changes_nothing(lock: Lock) -> None:
    lock.ring(Timer.LOCKOUT_DECAY)
    assert lock.effects == []
    lock_out(lock)
    lock.ring(Timer.LOCKOUT_DECAY)
    assert lock.state.lockout.level == 1
    assert lock.runs(Timer.LOCKOUT_DECAY) == DAY


@pytest.mark.spec("VER-11", "S33")
@pytest.mark.parametrize(("digits", "weight"), [(6, 1), (10, 1), (11, 2), (15, 2), (16, 3), (20, 3)])
def test_long_entries_weigh_more(lock: Lock, digits: int, weight: int) -> None:
    lock.wrong(code="9" * digits)
    assert [entry[1] for entry in lock.state.lockout.failures] == [weight]


@pytest.mark.spec("VER-11", "S33")
def test_two_entries_of_twenty_digits_lock_out(lock: Lock) -> None:
    lock.wrong(code="9" * 20)
    assert not lock.state.locked_out
    lock.wrong(code="9" * 20)
    assert lock.state.locked_out


@pytest.mark.spec("VER-11")
def test_without_progressive_lockout_a_long_entry_is_one_failure(lock: Lock) -> None:
    lock.set(progressive_lockout=False)
    lock.wrong(4, code="9" * 20)
    assert not lock.state.locked_out
    lock.wrong(code="9" * 20)
    assert lock.state.locked_out


@pytest.mark.spec("VER-10")
def test_whatever_lies_on_disk_a_new_boot_never_shortens_it() -> None:
    """Level, count and remaining time, for records of every shape."""
    shapes = [
        LockoutRecord(),
        LockoutRecord(failures=((1, 1), (900, 3)), boot_id="old"),
        LockoutRecord(level=2, ends_mono_ms=181_000, duration_ms=180_000, decay_mono_ms=DECAY_MS, boot_id="old"),
        LockoutRecord(failures=((5, 2),), level=7, decay_mono_ms=44, boot_id="old"),
    ]
    for record in shapes:
        after = restarted(record, "new", 500)
        assert after.level == record.level
        assert [weight for _, weight in after.failures] == [weight for _, weight in record.failures]
        assert {time for time, _ in after.failures} <= {500}
        assert (after.ends_mono_ms or 500) - 500 == record.duration_ms
        assert after.decay_mono_ms == (500 + DECAY_MS if record.level else None)
        assert restarted(after, "new", 90_000) == after


def test_the_duration_never_falls_while_the_level_rises(lock: Lock) -> None:
    assert all(shorter <= longer for shorter, longer in pairwise(lock.profile.lockout_ms))


def test_a_start_says_its_lights_so_that_old_ones_go_out(lock: Lock) -> None:
    lock.press("back")
    lock.listen()
    lock.restart()
    assert lock.of(Light)[0] == Light()
    lock.give(BoltSeen(lock.bolt))


@pytest.mark.spec("VER-11")
def test_off_means_always_as_long_as_the_first_whatever_the_table_says(lock: Lock) -> None:
    profile = replace(lock.profile, lockout_ms=(MINUTE, 2 * MINUTE, 4 * MINUTE))
    off, on = Settings(progressive_lockout=False), Settings(progressive_lockout=True)
    assert [duration_ms(level, profile, off) // MINUTE for level in range(5)] == [1, 1, 1, 1, 1]
    assert [duration_ms(level, profile, on) // MINUTE for level in range(5)] == [1, 2, 4, 4, 4]


@pytest.mark.spec("VER-7")
def test_a_lockout_that_has_run_out_leaves_nothing_but_its_level(lock: Lock) -> None:
    lock_out(lock)
    level = lock.state.lockout
    sit_out(lock)
    assert lock.state.lockout == replace(level, failures=(), ends_mono_ms=None, duration_ms=0)


@pytest.mark.spec("VER-11")
def test_after_a_quiet_day_the_level_of_one_lockout_is_back_at_the_start(lock: Lock) -> None:
    assert lock_out(lock) == 3
    lock.advance(DAY)
    assert lock.state.lockout.level == 0
    assert lock.runs(Timer.LOCKOUT_DECAY) is None, "and there is nothing left to fall"
    minutes = []
    for _ in range(3):
        minutes.append(lock_out(lock))
        sit_out(lock)
    assert minutes == [3, 3, 6]


@pytest.mark.spec("VER-10")
def test_a_clock_that_has_fallen_back_in_the_same_boot_makes_no_lockout_longer_than_it_was(lock: Lock) -> None:
    """A simulated door's clock may: it runs fast, and begins at the machine's pace again."""
    lock.wrong(5)
    lock.restart(off_ms=-HOUR // 2)
    assert lock.runs(Timer.LOCKOUT) == 3 * MINUTE
    lock.advance(3 * MINUTE)
    assert not lock.state.locked_out
    assert lock.runs(Timer.LOCKOUT_DECAY) == DAY - 3 * MINUTE


@pytest.mark.spec("VER-10")
def test_failures_that_a_clock_puts_into_the_future_count_as_just_made(numbered: Lock) -> None:
    numbered.wrong(4)
    numbered.restart(off_ms=-MINUTE)
    numbered.advance(5 * MINUTE)
    numbered.wrong()
    assert numbered.state.locked_out
    numbered.advance(3 * MINUTE)
    numbered.wrong(4)
    numbered.restart(off_ms=-MINUTE)
    numbered.advance(5 * MINUTE + 1)
    numbered.wrong()
    assert not numbered.state.locked_out


@pytest.mark.spec("VER-10")
def test_within_a_boot_nothing_is_changed_that_lies_ahead_as_it_should() -> None:
    record = LockoutRecord(((5, 2), (400, 1)), 2, 120_500, 180_000, 500 + DECAY_MS, "boot")
    assert restarted(record, "boot", 500) == record
    ahead = LockoutRecord(((5, 2), (900, 1)), 2, 180_501, 180_000, 501 + DECAY_MS, "boot")
    assert restarted(ahead, "boot", 500) == LockoutRecord(
        ((5, 2), (500, 1)), 2, 180_500, 180_000, 500 + DECAY_MS, "boot"
    )
