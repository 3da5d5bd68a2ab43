"""A person's week: the days and hours in which she may enter (USR-7)."""

from typing import Any, Final

import voluptuous as vol
from homeassistant.config_entries import ConfigFlowResult
from homeassistant.helpers.selector import (
    SelectOptionDict,
    SelectSelector,
    SelectSelectorConfig,
    SelectSelectorMode,
    TimeSelector,
)

from custom_components.lock_bridge.wire.codec import encode
from custom_components.lock_bridge.wire.model import ScheduleWindow

from .base import Input, OptionsBase, step
from .summary import schedule
from .words import clock_time, say_window

DAYS: Final = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")

_MIDNIGHT: Final = "00:00"
_END_OF_DAY: Final = "24:00"

_WINDOW: Final = {
    vol.Required("days"): SelectSelector(
        SelectSelectorConfig(options=list(DAYS), multiple=True, mode=SelectSelectorMode.LIST, translation_key="weekday")
    ),
    vol.Required("start"): TimeSelector(),
    vol.Required("end"): TimeSelector(),
}


_START: Final = {"days": [], "start": "08:00:00", "end": "17:00:00"}
"""What the form begins with; without it Home Assistant would tick the first day, from midnight to midnight."""


class ScheduleSteps(OptionsBase):
    """Windows are added to and taken from the week as it is when the form is sent: two may change it at once."""

    @step
    async def async_step_schedule(self, _user_input: Input = None) -> ConfigFlowResult:
        """Her week in words, and what can be done with it."""
        her = self.her
        options = ["schedule_add", "schedule_remove", "schedule_clear"] if her.schedule else ["schedule_add"]
        return self.menu("schedule", [*options, "person"], schedule=schedule(self.hass, her))

    @step
    async def async_step_schedule_add(self, user_input: Input = None) -> ConfigFlowResult:
        """One more window: days, and from when to when."""
        her = self.her
        if user_input is not None:
            window = _window(user_input)
            if not window.days:
                self.errors["days"] = "no_days"
            elif window in her.schedule or await self._set((*her.schedule, window)):
                return await self.async_step_schedule()
        return self.show("schedule_add", _WINDOW, user_input or _START)

    @step
    async def async_step_schedule_remove(self, user_input: Input = None) -> ConfigFlowResult:
        """Which windows are to go?"""
        her = self.her
        if user_input is not None:
            gone = user_input["windows"]
            left = tuple(window for window in her.schedule if _key(window) not in gone)
            if left == her.schedule or await self._set(left):
                return await self.async_step_schedule()
        options = [SelectOptionDict(value=_key(window), label=say_window(self.hass, window)) for window in her.schedule]
        choice = SelectSelector(
            SelectSelectorConfig(options=options, multiple=True, mode=SelectSelectorMode.LIST, sort=False)
        )
        return self.show("schedule_remove", {vol.Required("windows"): choice}, user_input or {"windows": []})

    @step
    async def async_step_schedule_clear(self, user_input: Input = None) -> ConfigFlowResult:
        """Are you sure? Then she may enter at any time."""
        _ = self.her
        if user_input is not None and await self._set(()):
            return await self.async_step_schedule()
        return self.show("schedule_clear")

    async def _set(self, windows: tuple[ScheduleWindow, ...]) -> bool:
        changes = {"schedule": encode(windows)}
        return await self.ask("users.change", lock=self.lock_id, user_id=self.user_id, changes=changes) is not None


def _window(given: dict[str, Any]) -> ScheduleWindow:
    """What the form gives. Midnight as an end is the end of the day."""
    end = clock_time(given["end"])
    return ScheduleWindow(
        days=tuple(sorted(DAYS.index(day) for day in given["days"])),
        start=clock_time(given["start"]),
        end=_END_OF_DAY if end == _MIDNIGHT else end,
    )


def _key(window: ScheduleWindow) -> str:
    """What names a window in a form: itself, so that it is the right one also if others have come or gone."""
    return f"{''.join(map(str, window.days))} {window.start} {window.end}"
