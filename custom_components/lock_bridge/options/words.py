"""Words for the forms under Configure, in the language of the house: what Home Assistant's own texts cannot say."""

from datetime import datetime, time

from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.translation import async_get_cached_translations
from homeassistant.util import dt as dt_util

from custom_components.lock_bridge.const import DOMAIN
from custom_components.lock_bridge.wire.model import ScheduleWindow

_START = f"component.{DOMAIN}.common.people_"


@callback
def say(hass: HomeAssistant, key: str, **values: object) -> str:
    """The text `common.people_<key>`, with what it names; nothing if there is no such text."""
    for language in (hass.config.language, "en"):  # English while another language is still being loaded
        texts = async_get_cached_translations(hass, language, "common", DOMAIN)
        if (text := texts.get(_START + key)) is not None:
            return text.format(**values)
    return ""


@callback
def say_count(hass: HomeAssistant, key: str, count: int) -> str:
    """`1 finger`, `2 fingers`: the texts `people_<key>_one` and `people_<key>_many`."""
    return say(hass, f"{key}_one" if count == 1 else f"{key}_many", count=count)


def say_time(hass: HomeAssistant, when: datetime) -> str:
    """A day and a time of the house: `22 November 2026, 14:30`."""
    local = dt_util.as_local(when)
    month = say(hass, f"month_{local.month}")
    return say(hass, "time", day=local.day, month=month, year=local.year, time=f"{local:%H:%M}")


def say_window(hass: HomeAssistant, window: ScheduleWindow) -> str:
    """`Monday to Friday: 08:00 to 17:00`."""
    days = _say_days(hass, window.days)
    if (window.start, window.end) in (("00:00", "24:00"), ("00:00", "00:00")):
        return say(hass, "window_all_day", days=days)
    # "24:00" is later than any start; as texts, two times compare as they do on the clock.
    key = "window" if window.end > window.start else "window_next_day"
    return say(hass, key, days=days, start=window.start, end=window.end)


def clock_time(text: str) -> str:
    """What a time field gives, as hours and minutes."""
    return f"{time.fromisoformat(text):%H:%M}"


def _say_days(hass: HomeAssistant, days: tuple[int, ...]) -> str:
    """Three and more in a row as from-to, others one by one."""
    if len(set(days)) == 7:
        return say(hass, "every_day")
    runs: list[list[int]] = []
    for day in sorted(set(days)):
        if runs and runs[-1][-1] == day - 1:
            runs[-1].append(day)
        else:
            runs.append([day])
    said = []
    for run in runs:
        names = [say(hass, f"day_{day}") for day in run]
        said += [say(hass, "days", first=names[0], last=names[-1])] if len(run) > 2 else names
    return ", ".join(said)
