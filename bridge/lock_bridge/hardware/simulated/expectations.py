"""Whether what a transcript promises is so, and what is so instead."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby, pairwise
from typing import Any, Final

from .app_words import KINDS
from .transcript import Expect


@dataclass(frozen=True, slots=True)
class Moment:
    """All that can be known now: the door since somebody did something, what was felt, the lock's snapshot, events."""

    look: Mapping[str, Any]
    felt: str | None
    lock: Mapping[str, Any]
    events: Sequence[Mapping[str, Any]]
    labels: Mapping[str, str]


def holds(expect: Expect, moment: Moment, used: set[int], used_events: set[int]) -> bool:
    """Whether it is so. A sound or event that has fulfilled one line does not fulfil another; it is put into `used`."""
    match expect.what:
        case "hear" | "hear-in" | "tone":
            return _heard(expect, moment.look["heard"], used)
        case "event":
            return _happened(expect, moment.events, used_events)
        case what:
            return _SEEN[what](expect.values, moment)


def told(expect: Expect, moment: Moment) -> str:
    """What there is in place of what was promised."""
    look = moment.look
    match expect.what:
        case "hear" | "hear-in" | "tone":
            return "heard: " + (", ".join(_sound(item) for item in look["heard"]) or "nothing")
        case "event":
            return "events: " + (", ".join(_event(event) for event in moment.events) or "none")
        case "number" | "digits" | "shows":
            return "shown: " + (" | ".join(_names(item["keys"]) for item in look["shown"]) or "nothing")
        case "door":
            return f"{moment.lock['bolt']}, {look['door']}"
        case "app-sees":
            return f"{expect.values[0]} is {_plain(moment.lock.get(expect.values[0]))}"
        case "feel":
            return f"felt: {moment.felt or 'nothing'}"
        case "lights" | "flashes" | "lamp":
            lights = look["lights"]
            return (
                f"lit {_names(lights['keys'])}, flashing {_names(lights['flashing'])}, lamps {_names(lights['lamps'])}"
            )
        case what:
            return f"{what} is {look.get('inside' if what == 'code' else what)}"


def _heard(expect: Expect, sounds: Sequence[Mapping[str, Any]], used: set[int]) -> bool:
    if expect.what == "hear-in":
        # How it was said, beside a line that says what was heard.
        return any((item.get("language"), item["what"]) == expect.values for item in sounds)
    kind = "prompt" if expect.what == "hear" else "tone"
    for item in sounds:
        wanted = expect.values[0] in (item["what"], item.get("text"))
        if item["kind"] == kind and wanted and item["seq"] not in used:
            used.add(item["seq"])
            return True
    return False


def _happened(expect: Expect, events: Sequence[Mapping[str, Any]], used: set[int]) -> bool:
    kind, *rest = expect.values
    wanted = dict(zip(rest[::2], rest[1::2], strict=True))
    for event in events:
        if event["type"] == kind and event["seq"] not in used and _fits(wanted, event):
            used.add(event["seq"])
            return True
    return False


def _fits(wanted: Mapping[str, str], event: Mapping[str, Any]) -> bool:
    fields = {
        "by": "user_name",
        "of": "user_name",
        "kind": "credential_type",
        "number": "credential_number",
        "because": "reason",
        "through": "source",
        "from": "client_name",
    }
    return all(_plain(event[fields[name]]) in (value, KINDS.get(value)) for name, value in wanted.items())


def _keys(values: Sequence[str], moment: Moment) -> set[str]:
    """Names of keys; digits may stand together, and `none` is none."""
    names = (part for value in values if value != "none" for part in (value if value.isdecimal() else (value,)))
    return {moment.labels.get(name, name) for name in names}


def _lights(values: Sequence[str], moment: Moment) -> bool:
    return set(moment.look["lights"]["keys"]) == _keys(values, moment)


def _shows(values: Sequence[str], moment: Moment) -> bool:
    wanted = _keys(values, moment)
    return any(set(item["keys"]) == wanted for item in moment.look["shown"])


def _flashes(values: Sequence[str], moment: Moment) -> bool:
    return set(moment.look["lights"]["flashing"]) == _keys(values, moment)


def _lamp(values: Sequence[str], moment: Moment) -> bool:
    lamps = moment.look["lights"]["lamps"]
    if values[0] == "none":
        return not lamps
    # A lamp that shows a verdict is lit for a moment only.
    return any(values[0] in lit for lit in (lamps, *(item["lamps"] for item in moment.look["shown"])))


def _number(values: Sequence[str], moment: Moment) -> bool:
    """USR-2: its digits lit one after another, once each, and dark in between."""
    pictures = [keys for keys, _ in groupby(tuple(item["keys"]) for item in moment.look["shown"])]
    blinks = "".join(
        lit[0] if len(lit) == 1 and lit[0].isdecimal() and dark == () else " " if lit else ""
        for lit, dark in pairwise((*pictures, ("",)))
    )
    return values[0] in blinks


def _digits(_values: Sequence[str], moment: Moment) -> bool:
    """USR-3: all of them lit, one after another."""
    return {str(digit) for digit in range(10)} <= {
        item["keys"][0] for item in moment.look["shown"] if len(item["keys"]) == 1
    }


def _door(values: Sequence[str], moment: Moment) -> bool:
    if values[0] in ("open", "closed"):
        return bool(moment.look["door"] == values[0])
    return bool(moment.lock["bolt"] == values[0])


def _app_sees(values: Sequence[str], moment: Moment) -> bool:
    found = moment.lock.get(values[0])
    if isinstance(found, list):
        return values[1] in (["none"] if not found else [_plain(item) for item in found])
    if values[0] in moment.lock.get("settings", {}):
        found = moment.lock["settings"][values[0]]
    return _plain(found) == values[1]


_SEEN: Final[dict[str, Callable[[Sequence[str], Moment], bool]]] = {
    "lights": _lights,
    "shows": _shows,
    "flashes": _flashes,
    "lamp": _lamp,
    "number": _number,
    "digits": _digits,
    "door": _door,
    "bolt": lambda values, moment: bool(moment.look["bolt"] == values[0]),
    "alarm": lambda values, moment: bool(moment.look["alarm"] is (values[0] == "on")),
    "screen": lambda values, moment: bool(moment.look["screen"] == values[0]),
    "code": lambda values, moment: (moment.look["inside"] is not None) is (values[0] == "shown"),
    "feel": lambda values, moment: moment.felt is not None and values[0] in moment.felt,
    "app-sees": _app_sees,
}


def _plain(value: Any) -> str:
    if isinstance(value, bool):
        return "on" if value else "off"
    return "none" if value is None else str(value)


def _sound(item: Mapping[str, Any]) -> str:
    return f"{'tone ' if item['kind'] == 'tone' else ''}{item['what']}"


def _event(event: Mapping[str, Any]) -> str:
    told = (event["type"], event["user_name"], event["credential_type"], event["reason"], event["source"])
    return " ".join(str(item) for item in told if item is not None)


def _names(names: Sequence[str]) -> str:
    return " ".join(names) or "none"
