"""Whether the machine's calendar can be believed: a Pi without a clock of its own boots in the past and jumps later."""

import ctypes
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Final, Literal

type Policy = Literal["auto", "always"]

EARLIEST_MS: Final = 1_735_689_600_000
"""The beginning of 2025: no clock that says less is right."""

TOLERANCE_MS: Final = 60_000
"""How far a clock may step back when it is put right."""

RTC_APART_MS: Final = 600_000
"""How far the hardware clock and the system's may drift apart before neither is believed."""

_REFRESH_S: Final = 5.0
_JUMP_MS: Final = 2_000
_TIME_ERROR: Final = 5
"""What `adjtimex` answers while nobody keeps the clock in step."""


class Reason(StrEnum):
    """Why the calendar is believed, or not."""

    ALWAYS = "always"
    SYNCHRONISED = "synchronised"
    HARDWARE_CLOCK = "hardware_clock"
    HOST = "host"
    TOO_EARLY = "too_early"
    BEHIND = "behind"
    UNSYNCHRONISED = "unsynchronised"

    @property
    def trusted(self) -> bool:
        """Whether calendar time can be used to decide who may enter."""
        return self not in (Reason.TOO_EARLY, Reason.BEHIND, Reason.UNSYNCHRONISED)

    @property
    def sentence(self) -> str:
        """For people, with what to do."""
        return _SENTENCES[self]


_SENTENCES: Final = {
    Reason.ALWAYS: 'The clock is believed because the config says trust_clock = "always".',
    Reason.SYNCHRONISED: "The clock is kept in step with the network.",
    Reason.HARDWARE_CLOCK: "The clock agrees with the machine's battery-backed clock.",
    Reason.HOST: "The clock comes from the host of this virtual machine.",
    Reason.TOO_EARLY: "The clock says a year before 2025. Set it, or let the network do so (timedatectl set-ntp true).",
    Reason.BEHIND: (
        "The clock is behind a time that was seen before. Set it; if the earlier time was wrong, start once with "
        'trust_clock = "always" under [bridge].'
    ),
    Reason.UNSYNCHRONISED: (
        "Nothing says that the clock is right. Let it be set by the network (timedatectl set-ntp true), add a "
        'battery-backed clock, or set trust_clock = "always" under [bridge].'
    ),
}


@dataclass(frozen=True, slots=True)
class Evidence:
    """What speaks for the clock: the network's time, a hardware clock and how far it is away, a host that sets it."""

    synchronised: bool = False
    rtc_apart_ms: int | None = None
    host: bool = False


def judge(evidence: Evidence, wall_ms: int, seen_ms: int, policy: Policy = "auto") -> Reason:
    """Whether `wall_ms` can be believed; `seen_ms` is the latest time that was (0: none yet)."""
    if wall_ms < EARLIEST_MS:
        return Reason.TOO_EARLY
    if policy == "always":
        return Reason.ALWAYS
    if wall_ms < seen_ms - TOLERANCE_MS:
        return Reason.BEHIND
    if evidence.synchronised:
        return Reason.SYNCHRONISED
    if evidence.rtc_apart_ms is not None:
        # A hardware clock that disagrees is one whose battery is dead, or the system's was changed by hand.
        return Reason.HARDWARE_CLOCK if abs(evidence.rtc_apart_ms) <= RTC_APART_MS else Reason.UNSYNCHRONISED
    return Reason.HOST if evidence.host else Reason.UNSYNCHRONISED


def read_evidence() -> Evidence:
    """Ask the machine."""
    if sys.platform != "linux":
        return Evidence(rtc_apart_ms=0)  # what is no Linux is a computer with a clock of its own
    return Evidence(
        synchronised=_kernel_in_step() or Path("/run/systemd/timesync/synchronized").exists(),
        rtc_apart_ms=_rtc_apart_ms(),
        host=_clock_of_host(),
    )


class ClockTrust:
    """Answers, at any time and cheaply, whether the calendar can be believed, and knows the latest time that could.

    The machine is asked every few seconds, and at once when the calendar jumps.
    """

    def __init__(
        self,
        policy: Policy = "auto",
        seen_ms: int = 0,
        *,
        read: Callable[[], Evidence] = read_evidence,
        wall_ms: Callable[[], int] = lambda: time.time_ns() // 1_000_000,
        mono_ms: Callable[[], int] = lambda: time.monotonic_ns() // 1_000_000,
    ) -> None:
        self._policy: Policy = policy
        self._seen_ms = seen_ms
        self._read = read
        self._wall_ms = wall_ms
        self._mono_ms = mono_ms
        self._offset_ms = 0
        self._refresh_ms = -1
        self._reason = Reason.UNSYNCHRONISED

    @property
    def seen_ms(self) -> int:
        """The latest time that was believed; to be kept over restarts, so that old times cannot come back."""
        return self._seen_ms

    @property
    def reason(self) -> Reason:
        """Why it is believed, or not."""
        wall, mono = self._wall_ms(), self._mono_ms()
        if mono >= self._refresh_ms or abs(wall - mono - self._offset_ms) > _JUMP_MS:
            self._refresh(wall, mono)
        return self._reason

    def trusted(self) -> bool:
        """Whether it is believed."""
        return self.reason.trusted

    def _refresh(self, wall: int, mono: int) -> None:
        self._offset_ms = wall - mono
        self._refresh_ms = mono + round(_REFRESH_S * 1000)
        self._reason = judge(self._read(), wall, self._seen_ms, self._policy)
        if self._policy == "always" and self._reason.trusted:
            self._seen_ms = wall  # the owner's word heals a mark that was wrong
        elif self._reason.trusted:
            self._seen_ms = max(self._seen_ms, wall)


def _kernel_in_step() -> bool:
    # The structure is larger than any kernel's; all zeros asks for the state and changes nothing.
    try:
        answer = ctypes.CDLL(None).adjtimex(ctypes.create_string_buffer(512))
    except OSError, AttributeError:
        return False
    return 0 <= int(answer) < _TIME_ERROR


def _rtc_apart_ms() -> int | None:
    for clock in sorted(Path("/sys/class/rtc").glob("rtc*/since_epoch")):
        try:
            return int(clock.read_text()) * 1000 - time.time_ns() // 1_000_000
        except OSError, ValueError:
            continue  # a clock that stands still, or is on a bus that does not answer
    return None


def _clock_of_host() -> bool:
    try:
        clocks = Path("/sys/devices/system/clocksource/clocksource0/available_clocksource").read_text()
    except OSError:
        return False
    return any(name in clocks for name in ("kvm-clock", "hyperv", "xen"))
