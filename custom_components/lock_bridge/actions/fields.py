"""What calls take, as their schemas look at it, and as the bridge wants it."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

import probatio
from homeassistant.helpers import config_validation as cv
from homeassistant.util import dt as dt_util

from custom_components.lock_bridge.moments import moment
from custom_components.lock_bridge.wire.words import CredentialType

NAME_MAX: Final = 64
"""Of a person's name and a label, in letters."""

USES_MAX: Final = 100_000
WINDOWS_MAX: Final = 28
_DAY_ENDS: Final = "24:00"

PERSON: Final[Mapping[Any, Any]] = {
    probatio.Exclusive("user_id", "who"): probatio.All(cv.string, probatio.Length(min=1, max=NAME_MAX)),
    probatio.Exclusive("person", "who"): cv.string,
}
"""A person, by the bridge's id of her or by her device in Home Assistant: one of the two, for each is enough."""

NEEDS_PERSON: Final = cv.has_at_least_one_key("user_id", "person")


def one_line(value: Any) -> str:
    """A name or a label: one printable line with something in it."""
    text = cv.string(value).strip()
    if not text or len(text) > NAME_MAX or not text.isprintable():
        raise probatio.Invalid(f"1 to {NAME_MAX} letters in one line")
    return text


def window(value: Any) -> dict[str, Any]:
    """A part of each week: `days` (`monday` or `mon`), `start` and `end`, which may be "24:00" or on the next day."""
    read: dict[str, Any] = _WINDOW(value)
    return {**read, "days": sorted({_SHORT.index(day[:3]) for day in read["days"]})}


def _start(value: Any) -> str:
    return cv.time(value).strftime("%H:%M")


def _end(value: Any) -> str:
    return _DAY_ENDS if value in (_DAY_ENDS, f"{_DAY_ENDS}:00") else _start(value)


WEEKDAYS: Final = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_SHORT: Final = tuple(day[:3] for day in WEEKDAYS)

_WINDOW: Final = probatio.Schema(
    {
        probatio.Required("days"): probatio.All(
            cv.ensure_list, [probatio.In((*WEEKDAYS, *_SHORT))], probatio.Length(min=1)
        ),
        probatio.Required("start"): _start,
        probatio.Required("end"): _end,
    }
)

SCHEDULE: Final = probatio.All(cv.ensure_list, [window], probatio.Length(max=WINDOWS_MAX))
WHEN: Final = probatio.Any(None, cv.datetime)
USES: Final = probatio.Any(None, probatio.All(probatio.Coerce(int), probatio.Range(min=1, max=USES_MAX)))
KIND: Final = probatio.All(cv.string, probatio.Coerce(CredentialType))
SLOT: Final = probatio.All(probatio.Coerce(int), probatio.Range(min=1, max=2**31))


_ENDS: Final = {"valid_from_ms": "valid_from", "valid_until_ms": "valid_until"}


def period(data: Mapping[str, Any]) -> Mapping[str, Any]:
    """Look at both ends of a period together."""
    starts, ends = data.get("valid_from"), data.get("valid_until")
    if starts is not None and ends is not None and wall_ms(starts) >= wall_ms(ends):
        raise probatio.Invalid("valid_until has to come after valid_from", path=["valid_until"])
    return data


def wall_ms(when: datetime) -> int:
    """A time in ms since 1970; without a zone it is the house's own."""
    return round(dt_util.as_utc(when).timestamp() * 1000)


def limits(data: Mapping[str, Any]) -> dict[str, int | None]:
    """The ends of a period that were given, as the bridge has them; None takes one away."""
    given = ((theirs, ours) for theirs, ours in _ENDS.items() if ours in data)
    return {theirs: None if (when := data[ours]) is None else wall_ms(when) for theirs, ours in given}


def when_text(wall: int | None) -> str | None:
    """A time of the bridge as a call can be given it back."""
    return None if wall is None else dt_util.as_local(moment(wall)).isoformat()
