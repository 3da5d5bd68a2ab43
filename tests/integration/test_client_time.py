"""When the client dials again, and what time it is over there."""

from custom_components.lock_bridge.client.clock import BridgeClock
from custom_components.lock_bridge.client.pace import ABSENT_S, LONGEST_S, Pace


async def test_a_bridge_that_hangs_up_at_once_is_dialled_ever_more_seldom() -> None:
    pace = Pace(lambda _low, high: high)
    assert [pace.after_trouble() for _ in range(10)] == [0.25, 0.5, 1, 2, 4, 8, 16, LONGEST_S, LONGEST_S, LONGEST_S]
    pace.held(5)
    assert pace.after_trouble() == LONGEST_S
    pace.held(60)
    assert pace.after_trouble() == 0.25


async def test_where_nobody_is_somebody_may_be_any_moment() -> None:
    pace = Pace(lambda _low, high: high)
    assert [pace.after_absence() for _ in range(4)] == [0.25, 0.5, 1, 1]
    for _ in range(5_000):
        delay = pace.after_absence()
    assert delay == ABSENT_S


async def test_the_bridges_clock_is_reckoned_by_the_message_that_was_quickest() -> None:
    now = [100.0]
    clock = BridgeClock(lambda: now[0])
    assert clock.now_ms() == 0
    clock.restart(5_000)
    now[0] += 30
    assert clock.now_ms() == 35_000
    clock.take(12_000)  # held up for 23 s on its way
    assert clock.now_ms() == 35_000
    for _ in range(4):
        clock.take(34_000)  # and this is so: our own clock is the one that runs fast
    assert clock.now_ms() == 34_000
    clock.restart(7)
    assert clock.now_ms() == 7
