"""A clock that nobody vouches for lets nobody in by it; one that is right is believed at once."""

import calendar
import datetime as dt

import pytest

from lock_bridge.timesync import ClockTrust, Evidence, Policy, Reason, judge, read_evidence

NOW = calendar.timegm((2026, 11, 22, 6, 0, 0)) * 1000
YEAR = 365 * 24 * 3_600_000
NETWORK = Evidence(synchronised=True)
NOTHING = Evidence()


@pytest.mark.parametrize(
    ("evidence", "wall_ms", "seen_ms", "policy", "reason"),
    [
        (NETWORK, NOW, 0, "auto", Reason.SYNCHRONISED),
        (NETWORK, NOW, NOW - YEAR, "auto", Reason.SYNCHRONISED),
        (NETWORK, NOW, NOW + 59_000, "auto", Reason.SYNCHRONISED),
        (NETWORK, NOW, NOW + 61_000, "auto", Reason.BEHIND),
        (NETWORK, 0, 0, "auto", Reason.TOO_EARLY),
        (NETWORK, 0, 0, "always", Reason.TOO_EARLY),
        (NETWORK, calendar.timegm((2024, 12, 31, 23, 59, 59)) * 1000, 0, "always", Reason.TOO_EARLY),
        (NETWORK, calendar.timegm((2025, 1, 1, 0, 0, 0)) * 1000, 0, "auto", Reason.SYNCHRONISED),
        (NOTHING, NOW, 0, "auto", Reason.UNSYNCHRONISED),
        (NOTHING, NOW, 0, "always", Reason.ALWAYS),
        (NOTHING, NOW, NOW + YEAR, "always", Reason.ALWAYS),
        (Evidence(rtc_apart_ms=-3_000), NOW, 0, "auto", Reason.HARDWARE_CLOCK),
        (Evidence(rtc_apart_ms=-YEAR), NOW, 0, "auto", Reason.UNSYNCHRONISED),
        (Evidence(rtc_apart_ms=YEAR, host=True), NOW, 0, "auto", Reason.UNSYNCHRONISED),
        (Evidence(rtc_apart_ms=YEAR, synchronised=True), NOW, 0, "auto", Reason.SYNCHRONISED),
        (Evidence(host=True), NOW, 0, "auto", Reason.HOST),
    ],
)
def test_the_calendar_is_believed_only_for_a_reason(
    evidence: Evidence, wall_ms: int, seen_ms: int, policy: Policy, reason: Reason
) -> None:
    assert judge(evidence, wall_ms, seen_ms, policy) is reason


def test_each_reason_has_a_sentence_and_each_refusal_says_what_to_do() -> None:
    for reason in Reason:
        assert reason.sentence.endswith(".")
        assert reason.trusted or "et it" in reason.sentence or "trust_clock" in reason.sentence


class Machine:
    """A machine whose clocks the test holds."""

    def __init__(self) -> None:
        self.wall_ms = NOW
        self.mono_ms = 5_000
        self.evidence = NETWORK
        self.asked = 0

    def read(self) -> Evidence:
        self.asked += 1
        return self.evidence

    def pass_time(self, ms: int) -> None:
        self.wall_ms += ms
        self.mono_ms += ms

    def trust(self, policy: Policy = "auto", seen_ms: int = 0) -> ClockTrust:
        return ClockTrust(policy, seen_ms, read=self.read, wall_ms=lambda: self.wall_ms, mono_ms=lambda: self.mono_ms)


def test_the_machine_is_asked_every_few_seconds_only() -> None:
    machine = Machine()
    trust = machine.trust()
    for _ in range(100):
        assert trust.trusted()
        machine.pass_time(100)

    assert machine.asked == 2


def test_a_clock_that_is_set_by_hand_is_looked_at_at_once() -> None:
    machine = Machine()
    trust = machine.trust()
    assert trust.trusted()
    machine.wall_ms += YEAR
    machine.evidence = NOTHING

    assert not trust.trusted()
    assert trust.seen_ms == NOW, "a time that nobody vouches for is no mark"


def test_a_pi_that_boots_in_the_past_is_believed_once_the_network_has_set_it() -> None:
    machine = Machine()
    machine.wall_ms, machine.evidence = 12_000, NOTHING
    trust = machine.trust(seen_ms=NOW - 1_000)
    assert trust.reason is Reason.TOO_EARLY
    machine.wall_ms, machine.evidence = NOW, NETWORK

    assert trust.reason is Reason.SYNCHRONISED
    assert trust.seen_ms == NOW


def test_time_that_was_seen_cannot_come_again() -> None:
    machine = Machine()
    earlier = machine.trust()
    assert earlier.trusted()
    machine.wall_ms -= YEAR

    assert not earlier.trusted(), "also not when the network says so"
    assert machine.trust(seen_ms=earlier.seen_ms).reason is Reason.BEHIND, "nor after a restart"


def test_the_owner_can_heal_a_mark_that_was_wrong() -> None:
    machine = Machine()
    healing = machine.trust("always", seen_ms=NOW + 10 * YEAR)
    assert healing.trusted()

    assert machine.trust(seen_ms=healing.seen_ms).reason is Reason.SYNCHRONISED


def test_this_machine_can_be_asked() -> None:
    evidence = read_evidence()
    trust = ClockTrust(read=lambda: evidence)

    assert trust.reason is judge(evidence, int(dt.datetime.now(dt.UTC).timestamp() * 1000), 0)
