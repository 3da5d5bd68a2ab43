"""Tamper, doorbell, power and faults of parts (ALM, FLT, PWR)."""

from lock_bridge.wire.words import EventType, Part

from .effects import Prompt, Tone
from .inputs import PartReplaced, PowerSeen, TamperSeen, Timer
from .turn import Turn

_TAMPER_TONE_MS = 60_000
"""ALM-1: the alarm sounds for one minute."""

_RECOVERED = 2
"""How far above its threshold, in percent, a level must be to count as recovered: a battery at rest creeps up again."""

_REPLACED = "part_replaced"

_LEVELS = {"ok": EventType.BATTERY_OK, "low": EventType.BATTERY_LOW, "critical": EventType.BATTERY_CRITICAL}


def doorbell(turn: Turn) -> None:
    """ALM-6: rings inside and raises an event."""
    turn.tone(Tone.DOORBELL)
    turn.record(EventType.DOORBELL)


def tamper_seen(turn: Turn, seen: TamperSeen) -> None:
    """ALM-1: forced off the door, also when it was so at the start."""
    before = turn.state.tamper
    turn.set(tamper=seen.off)
    if seen.off and not before:
        turn.tone(Tone.ALARM)
        turn.start(Timer.TAMPER_TONE, _TAMPER_TONE_MS)
        turn.record(EventType.TAMPER_STARTED)
    elif before and not seen.off:
        end_tamper_tone(turn)
        turn.stop(Timer.TAMPER_TONE)
        turn.record(EventType.TAMPER_ENDED)


def end_tamper_tone(turn: Turn) -> None:
    """The minute is over, or the lock is back on the door."""
    turn.tone(Tone.ALARM_END)


def power_seen(turn: Turn, seen: PowerSeen) -> None:
    """ALM-3, PWR-1: the level, and an event each time that it passes a threshold."""
    before = turn.state.battery_level
    level = _level(turn, seen.percent, before)
    turn.set(battery=seen.percent, battery_level=level, emergency=seen.emergency)
    if level is not None and level != (before or "ok"):
        turn.record(_LEVELS[level], data={"percent": seen.percent})


def gauge_lost(turn: Turn) -> None:
    """Without a gauge the level is not known; what was said of it holds until it is."""
    turn.set(battery=None)


def speak_of_battery(turn: Turn) -> None:
    """ALM-3: the prompt at each use."""
    if turn.state.battery_level in ("low", "critical"):
        turn.say(Prompt.CHARGE_BATTERY if turn.profile.battery_kind == "pack" else Prompt.REPLACE_BATTERIES)


def ajar_due(turn: Turn) -> None:
    """ALM-5: the door has stood open for too long."""
    raise NotImplementedError


def start_fault(turn: Turn, part: Part, reason: str) -> None:
    """FLT-1: a part fails; told once until it is back."""
    if part not in turn.state.faults:
        turn.set(faults=turn.state.faults | {part})
        turn.record(EventType.FAULT_STARTED, reason=reason, data={"part": part.value})


def end_fault(turn: Turn, part: Part) -> None:
    """A part works again."""
    if part in turn.state.faults:
        turn.set(faults=turn.state.faults - {part})
        turn.record(EventType.FAULT_ENDED, data={"part": part.value})


def part_replaced(turn: Turn, replaced: PartReplaced) -> None:
    """Another device answers for a part: tamper, and nothing that it says opens the door."""
    if replaced.part not in turn.state.untrusted:
        turn.set(untrusted=turn.state.untrusted | {replaced.part})
        turn.record(EventType.TAMPER_STARTED, reason=_REPLACED, data={"part": replaced.part.value})


def part_restored(turn: Turn, part: Part) -> None:
    """The device that is trusted answers again, or an administrator trusts the new one."""
    if part in turn.state.untrusted:
        turn.set(untrusted=turn.state.untrusted - {part})
        turn.record(EventType.TAMPER_ENDED, reason=_REPLACED, data={"part": part.value})


def _level(turn: Turn, percent: int | None, before: str | None) -> str | None:
    if percent is None:
        return before
    critical, low = turn.profile.critical_battery, turn.profile.low_battery
    if percent < critical + (_RECOVERED if before == "critical" else 0):
        return "critical"
    if percent < low + (_RECOVERED if before in ("low", "critical") else 0):
        return "low"
    return "ok"
