"""Tamper, intrusion, the door's own alarms, doorbell, power and faults of parts (ALM, FLT, PWR)."""

from lock_bridge.wire.words import DoorState, EventType, OperationSource, Part

from . import screen
from .effects import Prompt, Tone, TrustModule
from .inputs import PartReplaced, PowerSeen, TamperSeen, Timer, TrustPart
from .state import Cause
from .turn import Turn

_ALARM_MS = 60_000
"""ALM-1: the alarm sounds for one minute."""

_RECOVERED = 2
"""How far above its threshold, in percent, a level must be to count as recovered: a battery at rest creeps up again."""

_REPLACED = "part_replaced"

_LEVELS = {"ok": EventType.BATTERY_OK, "low": EventType.BATTERY_LOW, "critical": EventType.BATTERY_CRITICAL}


def doorbell(turn: Turn) -> None:
    """ALM-6: rings inside, raises an event, and shows who is there (DLM-13)."""
    turn.tone(Tone.DOORBELL)
    turn.record(EventType.DOORBELL)
    screen.show_outside(turn)


def tamper_seen(turn: Turn, seen: TamperSeen) -> None:
    """ALM-1: forced off the door, also when it was so at the start."""
    before = turn.state.tamper
    turn.set(tamper=seen.off)
    if seen.off and not before:
        _sound(turn, EventType.TAMPER_STARTED)
        turn.record(EventType.TAMPER_STARTED)
    elif before and not seen.off:
        silence(turn, EventType.TAMPER_STARTED)
        turn.record(EventType.TAMPER_ENDED)


def opened_from_inside(turn: Turn, cause: Cause) -> None:
    """BLT-8: while leaving-home is armed nobody should be inside; told once for each opening."""
    state = turn.state
    if state.modes.leaving_home and not state.modes.passage and not state.intruded:
        turn.set(intruded=True)
        _sound(turn, EventType.INTRUSION)
        turn.record(EventType.INTRUSION, cause)


def forced_open(turn: Turn) -> None:
    """ALM-5: the door has opened though the bolt is thrown."""
    _sound(turn, EventType.FORCED_OPEN)
    turn.record(EventType.FORCED_OPEN)


def silence(turn: Turn, why: EventType) -> None:
    """The alarm no longer sounds for `why`; it goes on where it has another reason."""
    if why in turn.state.alarms:
        turn.set(alarms=turn.state.alarms - {why})
        if not turn.state.alarms:
            turn.tone(Tone.ALARM_END)
            turn.stop(Timer.TAMPER_TONE)


def end_tamper_tone(turn: Turn) -> None:
    """The minute is over, for whatever the alarm sounded."""
    if turn.state.alarms:
        turn.set(alarms=frozenset())
        turn.tone(Tone.ALARM_END)


def watch_door(turn: Turn) -> None:
    """ALM-5: how long the door stands open is counted from now; not in passage, and not where no time is set."""
    state = turn.state
    if state.door is DoorState.OPEN and state.settings.door_ajar_s and not state.modes.passage:
        if not state.ajar:
            turn.start(Timer.AJAR, state.settings.door_ajar_s * 1000)
        return
    turn.stop(Timer.AJAR)
    if state.ajar and state.door is not DoorState.UNKNOWN:
        turn.set(ajar=False)
        turn.record(EventType.DOOR_AJAR_ENDED)


def ajar_due(turn: Turn) -> None:
    """ALM-5: the door has stood open for too long."""
    state = turn.state
    seconds = state.settings.door_ajar_s
    if state.door is DoorState.OPEN and seconds and not state.modes.passage and not state.ajar:
        turn.set(ajar=True)
        turn.record(EventType.DOOR_AJAR, data={"seconds": seconds})
        turn.say(Prompt.CLOSE_DOOR)


def power_seen(turn: Turn, seen: PowerSeen) -> None:
    """ALM-3, PWR-1: the level, and an event each time that it passes a threshold."""
    before = turn.state.battery_level
    level = _level(turn, seen.percent, before)
    turn.set(battery=seen.percent, battery_level=level, emergency=seen.emergency)
    screen.follow_camera(turn)
    if level is not None and level != (before or "ok"):
        turn.record(_LEVELS[level], data={"percent": seen.percent})


def gauge_lost(turn: Turn) -> None:
    """Without a gauge the level is not known; what was said of it holds until it is."""
    turn.set(battery=None)


def speak_of_battery(turn: Turn) -> None:
    """ALM-3: the prompt at each use."""
    if turn.state.battery_level in ("low", "critical"):
        turn.say(Prompt.CHARGE_BATTERY if turn.profile.battery_kind == "pack" else Prompt.REPLACE_BATTERIES)


def start_fault(turn: Turn, part: Part, reason: str) -> None:
    """FLT-1: a part fails; told once until it is back, though its reason may become another one."""
    new = part not in turn.state.faults
    if turn.state.fault_reasons.get(part) != reason:
        turn.set(faults=turn.state.faults | {part}, fault_reasons={**turn.state.fault_reasons, part: reason})
    if new:
        turn.record(EventType.FAULT_STARTED, reason=reason, data={"part": part.value})


def end_fault(turn: Turn, part: Part) -> None:
    """A part works again."""
    if part in turn.state.faults:
        reasons = {other: why for other, why in turn.state.fault_reasons.items() if other is not part}
        turn.set(faults=turn.state.faults - {part}, fault_reasons=reasons)
        turn.record(EventType.FAULT_ENDED, data={"part": part.value})


def part_replaced(turn: Turn, replaced: PartReplaced) -> None:
    """Another device answers for a part: tamper, and nothing that it says opens the door."""
    if replaced.part not in turn.state.untrusted:
        turn.set(untrusted=turn.state.untrusted | {replaced.part})
        turn.record(EventType.TAMPER_STARTED, reason=_REPLACED, data={"part": replaced.part.value})


def trust_part(turn: Turn, command: TrustPart) -> None:
    """An administrator says that an exchanged module is the right one. The driver empties it, then says it is back."""
    untrusted = command.part in turn.state.untrusted
    if untrusted:
        cause = Cause(OperationSource.REMOTE, actor=command.actor)
        turn.record(EventType.PART_TRUSTED, cause, data={"part": command.part.value})
        turn.emit(TrustModule(command.part))
    turn.answer(command, trusted=untrusted)


def part_restored(turn: Turn, part: Part) -> None:
    """The device that is trusted answers again, or an administrator trusts the new one."""
    if part in turn.state.untrusted:
        turn.set(untrusted=turn.state.untrusted - {part})
        turn.record(EventType.TAMPER_ENDED, reason=_REPLACED, data={"part": part.value})


def _sound(turn: Turn, why: EventType) -> None:
    """Sound the alarm before anything is written: whoever is at the door is to hear it now."""
    turn.set(alarms=turn.state.alarms | {why})
    turn.tone(Tone.ALARM)
    turn.start(Timer.TAMPER_TONE, _ALARM_MS)


def _level(turn: Turn, percent: int | None, before: str | None) -> str | None:
    if percent is None:
        return before
    critical, low = turn.profile.critical_battery, turn.profile.low_battery
    if percent < critical + (_RECOVERED if before == "critical" else 0):
        return "critical"
    if percent < low + (_RECOVERED if before in ("low", "critical") else 0):
        return "low"
    return "ok"
