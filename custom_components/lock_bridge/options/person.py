"""A person: her menu, her name and role, when she may enter, and her end."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final, override

import voluptuous as vol
from homeassistant.config_entries import ConfigFlowResult
from homeassistant.helpers.selector import (
    BooleanSelector,
    DateTimeSelector,
    NumberSelector,
    NumberSelectorConfig,
    NumberSelectorMode,
    SelectSelector,
    SelectSelectorConfig,
    SelectSelectorMode,
    TextSelector,
    TextSelectorConfig,
)
from homeassistant.util import dt as dt_util

from custom_components.lock_bridge.hosts import is_limited
from custom_components.lock_bridge.moments import moment
from custom_components.lock_bridge.wire.model import UserInfo
from custom_components.lock_bridge.wire.words import CredentialType, Role

from .base import Input, OptionsBase, step
from .summary import summary
from .words import say

NAME: Final = TextSelector(TextSelectorConfig(autocomplete="off"))
ROLE: Final = SelectSelector(
    SelectSelectorConfig(
        options=[str(role) for role in (Role.USER, Role.ADMINISTRATOR)],
        mode=SelectSelectorMode.LIST,
        translation_key="role",
    )
)

_EDIT: Final = {vol.Required("name"): NAME, vol.Required("role"): ROLE, vol.Required("enabled"): BooleanSelector()}

_PERIODS: Final[Mapping[tuple[bool, bool], str]] = {
    (False, False): "always",
    (True, False): "from",
    (False, True): "until",
    (True, True): "between",
}
"""By whether it has a beginning and an end. Home Assistant's date fields cannot be emptied, so this says what holds."""

_USES_MAX: Final = 100_000
_VALIDITY: Final = {
    vol.Required("period"): SelectSelector(
        SelectSelectorConfig(options=list(_PERIODS.values()), mode=SelectSelectorMode.LIST, translation_key="period")
    ),
    vol.Optional("valid_from"): DateTimeSelector(),
    vol.Optional("valid_until"): DateTimeSelector(),
    vol.Optional("uses_left"): NumberSelector(
        NumberSelectorConfig(min=0, max=_USES_MAX, step=1, mode=NumberSelectorMode.BOX)
    ),
}


_NEEDS: Final[Mapping[str, frozenset[str]]] = {
    "passcode": frozenset({CredentialType.PIN}),
    "duress_passcode": frozenset({CredentialType.PIN}),
    "enrol": frozenset(
        {CredentialType.FINGERPRINT, CredentialType.RFID, CredentialType.FACE, CredentialType.PALM_VEIN}
    ),
    "visitor_passcode": frozenset({CredentialType.PIN}),
    "bluetooth_key": frozenset({CredentialType.BLE}),
}
"""Steps about credentials, each with the kinds of which a lock has to take one."""


class PersonSteps(OptionsBase):
    """Everything about one person but her week and her credentials."""

    _before: Mapping[str, Any]
    """What an open form has shown: only what is other than that is changed, whatever others have changed meanwhile."""

    @override
    @step
    async def async_step_person(self, _user_input: Input = None) -> ConfigFlowResult:
        """Her menu, with what is to be known of her."""
        her, on = self.her, self.hub.person(self.user_id)
        if self.lock_id not in on:
            self.lock_id = next(iter(on))
        options = ["edit"]
        if her.role != Role.ADMINISTRATOR or is_limited(her):
            options += ["validity", "schedule"]
        if len(self.hub.data.locks) > 1:
            options.append("locks")
        if self.may_credentials:
            options += self._credential_steps()
        return self.menu(
            "person", [*options, "delete", "people", "done"], summary=summary(self.hass, self.hub, self.user_id)
        )

    @override
    async def back(self) -> ConfigFlowResult:
        return await self.async_step_person()

    @step
    async def async_step_edit(self, user_input: Input = None) -> ConfigFlowResult:
        """Her name and role, and whether she may enter at all."""
        her = self.her
        if user_input is None:
            self._before = {"name": her.name, "role": her.role, "enabled": her.enabled}
        else:
            changes = {name: value for name, value in user_input.items() if value != self._before[name]}
            taken = "name" in changes and self.name_is_taken(changes["name"])
            if not taken and await self._change(changes):
                return await self.async_step_person()
        return self.show("edit", _EDIT, user_input or self._before)

    @step
    async def async_step_validity(self, user_input: Input = None) -> ConfigFlowResult:
        """From when until when she may enter, and how often (USR-6, USR-7)."""
        her = self.her
        if user_input is None:
            self._before = _limits_of(her)
        else:
            changes = self._limits(user_input)
            if not self.errors and await self._change(changes):
                return await self.async_step_person()
        return self.show("validity", _VALIDITY, user_input or self._before, zone=self.hass.config.time_zone)

    @step
    async def async_step_delete(self, user_input: Input = None) -> ConfigFlowResult:
        """Are you sure? From all of her locks, or from none (USR-5)."""
        her = self.her
        if user_input is not None and await self.ask("users.delete", user_id=her.id) is not None:
            self.notice = say(self.hass, "deleted", name=her.name)
            return await self.async_step_people()
        return self.show("delete")

    def _credential_steps(self) -> list[str]:
        """What can be done about credentials, as far as any of her locks has them."""
        on = self.hub.person(self.user_id)
        kinds = {kind for lock_id in on for kind in self.hub.data.locks[lock_id].capabilities.credentials}
        has = any(numbers for here in on.values() for numbers in here.credentials.values())
        return [step_id for step_id, needs in _NEEDS.items() if kinds & needs] + (["credentials"] if has else [])

    async def _change(self, changes: Mapping[str, Any]) -> bool:
        """Whether it is so now."""
        return not changes or (
            await self.ask("users.change", lock=self.lock_id, user_id=self.user_id, changes=changes) is not None
        )

    def _limits(self, given: Mapping[str, Any]) -> dict[str, Any]:
        """What of the limits is to be other than the form has shown. What is missing goes into `errors`."""
        wanted = dict(given)
        for has, name in zip(_has(given["period"]), ("valid_from", "valid_until"), strict=True):
            if not has:
                wanted.pop(name, None)
            elif not given.get(name):
                self.errors[name] = "time_missing"
        changes: dict[str, Any] = {
            f"{name}_ms": _ms(wanted.get(name))
            for name in ("valid_from", "valid_until")
            if wanted.get(name) != self._before.get(name)
        }
        if (uses := wanted.get("uses_left")) != self._before.get("uses_left"):
            if uses is not None and (uses < 1 or uses != int(uses)):
                self.errors["uses_left"] = "invalid_uses"
            changes["uses_left"] = None if uses is None else int(uses)
        return changes


def _limits_of(user: UserInfo) -> dict[str, Any]:
    """Her limits as the form shows them."""
    values: dict[str, Any] = {"period": _PERIODS[user.valid_from_ms is not None, user.valid_until_ms is not None]}
    for name, ms in (("valid_from", user.valid_from_ms), ("valid_until", user.valid_until_ms)):
        if ms is not None:
            values[name] = f"{dt_util.as_local(moment(ms)):%Y-%m-%d %H:%M:%S}"
    if user.uses_left is not None:
        values["uses_left"] = user.uses_left
    return values


def _has(period: str) -> tuple[bool, bool]:
    return next(has for has, name in _PERIODS.items() if name == period)


def _ms(text: str | None) -> int | None:
    """A time of the house, as the form gives it."""
    if text is None:
        return None
    when = datetime.fromisoformat(text)
    return round(dt_util.as_utc(when).timestamp() * 1000)
