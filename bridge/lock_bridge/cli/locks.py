"""`status`, `lock`, `unlock`, `mode`, `mute`, `lockout end`, `settings`: the locks themselves."""

import difflib
from typing import Any, Final

from . import times
from .output import duration, moment, words
from .session import Session
from .usage import UsageError

_ON: Final = ("on", "true", "yes")
_OFF: Final = ("off", "false", "no")

_RHYTHMS: Final = {"fast": "fast flashing", "slow": "slowly flashing"}
_RING: Final = {
    "starting": "the bridge is starting",
    "ready": "pairing is open",
    "connected": "a client is connected",
    "running": "no client is connected",
    "fault": "something is out of order",
}
_WHILE: Final = {
    "door_ajar": "The door has stood open for too long.",
    "inside_handle_blocked": "The inside handle is blocked.",
    "emergency_power": "Runs on emergency power.",
    "menu_open": "Somebody is in its menu.",
    "muted_once": "Silent until somebody who is enrolled has opened it.",
}
"""What is said while a field of the lock is true."""


def status(session: Session) -> int:
    """What the locks and the bridge are doing; 1 when something is wrong."""
    service, locks = session.call("service.status"), session.call("locks.list")["locks"]
    lines = [f"Lock Bridge {service['version']}, running for {duration(service['uptime_s'])}"]
    for lock in locks:
        lines.append(f"{lock['name']} ({lock['id']}, {lock['model']}): {_state(lock)}")
        lines += [f"  {note}" for note in _notes(lock, service)]
    if (ring := service.get("ring")) is not None:
        lines.append(f"Light ring: {_RHYTHMS.get(ring['rhythm'], ring['rhythm'])} {ring['colour']}, {_ring(ring)}")
    store, clock = service["store"], service["clock"]
    if not store["healthy"]:
        lines.append(f"The store does not work: {store['error']}")
    if not clock["trusted"]:
        lines.append(
            f"The clock ({moment(clock['wall_ms'])}) cannot be trusted: whoever's time is limited is not let in."
        )
    session.show({"service": service, "locks": locks}, lines)
    return 0 if store["healthy"] and not any(lock["faults"] for lock in locks) else 1


def lock(session: Session) -> None:
    """Lock the door; ends when the bolt is thrown."""
    wanted = session.lock(session.args.lock)
    answer = session.call("lock", lock=wanted["id"])
    session.show(answer, [f"{wanted['name']} is locked."])


def unlock(session: Session) -> None:
    """Unlock the door; ends when the bolt is drawn back."""
    wanted = session.lock(session.args.lock)
    answer = session.call("unlock", lock=wanted["id"])
    session.show(answer, [f"{wanted['name']} is unlocked."])


def mode(session: Session) -> None:
    """Hold the door open, arm it for leaving home, or end either."""
    args = session.args
    wanted = args.mode.replace("-", "_")
    if args.span is not None and wanted != "passage":
        raise UsageError("Only passage is for a while (--for).")
    seconds = None if args.span is None else times.seconds("--for", args.span)
    lock = session.lock(args.lock)
    answer = session.call("mode.set", lock=lock["id"], mode=wanted, seconds=seconds)
    held = f"held open{f' for {duration(seconds)}' if seconds is not None else ''}"
    told = "back to normal"
    if wanted != "normal":
        told = held if wanted == "passage" else _armed(session, lock["id"])
    session.show(answer, [f"{lock['name']} is {told}."])


def _armed(session: Session, lock_id: str) -> str:
    """BLT-8: at once where it is locked, else once it is."""
    when = "" if session.lock(lock_id).get("mode") == "leaving_home" else " once it is locked"
    return f"armed{when}: nobody is at home"


def mute(session: Session) -> None:
    """Begin the one-time mute, or take it back (DLM-12)."""
    wanted, on = session.lock(session.args.lock), session.args.on == "on"
    answer = session.call("mute.set", lock=wanted["id"], on=on)
    told = "silent until somebody who is enrolled has opened it" if on else "no longer muted"
    session.show(answer, [f"{wanted['name']} is {told}."])


def end_lockout(session: Session) -> None:
    """End a lockout under way."""
    wanted = session.lock(session.args.lock)
    answer = session.call("lockout.end", lock=wanted["id"])
    ended = answer.get("ended", True)
    session.show(
        answer, [f"The lockout of {wanted['name']} is over." if ended else f"{wanted['name']} was not locked out."]
    )


def settings(session: Session) -> None:
    """Show the settings, or change those that are named."""
    wanted = session.lock(session.args.lock)
    current: dict[str, Any] = wanted["settings"]
    changes = dict(_change(text, current) for text in session.args.changes)
    if changes:
        session.call("settings.set", lock=wanted["id"], changes=changes)
        current = session.lock(wanted["id"])["settings"]
    session.show({"settings": current}, [f"{name} = {_shown(value)}" for name, value in current.items()])


def _state(lock: dict[str, Any]) -> str:
    door = lock["door"] if lock["capabilities"]["door_contact"] else None
    battery = lock["battery"]
    parts = [words(lock["bolt"]) if lock["bolt"] != "unknown" else "bolt not known"]
    if door:
        parts.append(f"door {door}" if door != "unknown" else "door not known")
    if battery is not None:
        parts.append(f"battery {battery} %")
    return ", ".join(parts)


def _ring(ring: dict[str, Any]) -> str:
    return _RING.get(ring["state"], words(ring["state"]))


def _left(ends_ms: int | None, service: dict[str, Any]) -> str:
    now_ms = service["clock"].get("mono_ms")
    return f" for {duration((ends_ms - now_ms) / 1000)} more" if ends_ms is not None and now_ms is not None else ""


def _notes(lock: dict[str, Any], service: dict[str, Any]) -> list[str]:
    notes = [f"Fault: the {words(fault)} does not work." for fault in lock["faults"]]
    notes += [
        f"Another {words(part)} than before answers, and opens nothing: lock-bridge hardware trust {part}"
        for part in lock.get("untrusted", ())
    ]
    if lock["tamper"]:
        notes.append("Tampered with: look at the lock.")
    if lock["battery_low"]:
        notes.append("The battery is low.")
    if lock["locked_out"]:
        notes.append(f"Locked out{_left(lock['lockout_ends_ms'], service)}: too many wrong tries.")
    match lock.get("mode", "normal"):
        case "passage":
            notes.append(f"Passage: held open{_left(lock.get('passage_ends_ms'), service)}.")
        case "privacy":
            notes.append("Privacy: somebody inside has blocked the door.")
        case "leaving_home":
            notes.append("Leaving home: opening from inside raises the alarm.")
    notes += [text for name, text in _WHILE.items() if lock.get(name)]
    return notes


def _change(text: str, current: dict[str, Any]) -> tuple[str, Any]:
    name, equals, value = text.partition("=")
    if not equals:
        raise UsageError(f"Settings are changed by NAME=VALUE, such as remote_unlock=on, not by {text}.")
    if name not in current:
        near = difflib.get_close_matches(name, current, n=1)
        hint = f" Did you mean {near[0]}?" if near else f" There are: {', '.join(current)}."
        raise UsageError(f"This lock has no setting {name}.{hint}")
    return name, _value(name, value, current[name])


def _value(name: str, text: str, current: Any) -> Any:
    if isinstance(current, bool):
        if text.lower() not in (*_ON, *_OFF):
            raise UsageError(f"{name} is on or off.")
        return text.lower() in _ON
    if isinstance(current, int):
        try:
            return int(text)
        except ValueError:
            raise UsageError(f"{name} is a whole number.") from None
    return text


def _shown(value: Any) -> str:
    return {True: "on", False: "off"}[value] if isinstance(value, bool) else str(value)
