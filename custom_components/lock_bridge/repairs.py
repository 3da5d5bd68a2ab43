"""What Home Assistant offers to repair: a bridge, or a part of a lock, that is no longer the one that was there."""

from collections.abc import Mapping
from typing import Any

import voluptuous as vol
from homeassistant.components.repairs import FlowType, RepairsFlow, RepairsFlowResult
from homeassistant.config_entries import SOURCE_REAUTH, ConfigEntry, ConfigFlowContext
from homeassistant.core import HomeAssistant

from .client import ClientError
from .const import DOMAIN
from .errors import as_home_assistant_error, exception_text
from .hub import LockBridgeConfigEntry
from .identity import address_in, async_is_itself
from .texts import literal, part_name
from .wire.commands import TrustPart
from .wire.errors import LockBridgeError


class IdentityChangedFlow(RepairsFlow):
    """Explains, and leads to pairing again; unless the bridge is itself again by then."""

    def __init__(self, entry: ConfigEntry) -> None:
        self._entry = entry

    async def async_step_init(self, _user_input: dict[str, Any] | None = None) -> RepairsFlowResult:
        """Begin."""
        return await self.async_step_confirm()

    async def async_step_confirm(self, user_input: dict[str, Any] | None = None) -> RepairsFlowResult:
        """What has happened, and what it can mean."""
        if user_input is None:
            placeholders = {"name": self._entry.title, "address": str(address_in(self._entry))}
            return self.async_show_form(
                step_id="confirm", data_schema=vol.Schema({}), description_placeholders=placeholders
            )
        if await async_is_itself(self.hass, self._entry):
            self.hass.config_entries.async_schedule_reload(self._entry.entry_id)
            return self.async_create_entry(data={})
        # The issue stays until the bridge is there again: pairing can be refused, or put off.
        return self.async_abort(reason="pair_again", next_flow=(FlowType.CONFIG_FLOW, await self._reauth_flow()))

    async def _reauth_flow(self) -> str:
        """The flow that asks for the code: the one that waits already, or a new one."""
        for flow in self._entry.async_get_active_flows(self.hass, {SOURCE_REAUTH}):
            return str(flow["flow_id"])
        result = await self.hass.config_entries.flow.async_init(
            DOMAIN,
            context=ConfigFlowContext(
                source=SOURCE_REAUTH,
                entry_id=self._entry.entry_id,
                title_placeholders={"name": self._entry.title},
                unique_id=self._entry.unique_id,
            ),
            data=dict(self._entry.data),
        )
        return result["flow_id"]


class PartReplacedFlow(RepairsFlow):
    """Explains, and has the bridge trust the module that is there now: only an administrator gets here."""

    def __init__(self, entry: LockBridgeConfigEntry, lock_id: str, part: str) -> None:
        self._entry = entry
        self._lock_id = lock_id
        self._part = part

    async def async_step_init(self, _user_input: dict[str, Any] | None = None) -> RepairsFlowResult:
        """Begin."""
        return await self.async_step_confirm()

    async def async_step_confirm(self, user_input: dict[str, Any] | None = None) -> RepairsFlowResult:
        """What has happened, what it can mean, and what is lost by going on."""
        hub = self._entry.runtime_data
        lock = hub.data.locks.get(self._lock_id)
        placeholders = {
            "lock": literal(lock.name) if lock is not None else self._lock_id,
            "part": part_name(self.hass, self._part),
        }
        errors: dict[str, str] = {}
        if user_input is not None:
            try:
                await hub.connection.command(TrustPart.name, lock=self._lock_id, part=self._part)
            except (ClientError, LockBridgeError) as err:
                told = as_home_assistant_error(err, lock=placeholders["lock"], moves=False)
                placeholders["error"] = exception_text(self.hass, told)
                errors["base"] = "not_trusted"
            else:
                return self.async_create_entry(data={})
        return self.async_show_form(
            step_id="confirm", data_schema=vol.Schema({}), errors=errors, description_placeholders=placeholders
        )


async def async_create_fix_flow(
    hass: HomeAssistant, _issue_id: str, data: Mapping[str, str | int | float | None]
) -> RepairsFlow:
    """The flow for an issue that can be fixed here. It goes with its entry, so the entry is there."""
    if "part" in data:
        entry: LockBridgeConfigEntry = hass.config_entries.async_get_known_entry(str(data["entry_id"]))
        return PartReplacedFlow(entry, str(data["lock_id"]), str(data["part"]))
    return IdentityChangedFlow(hass.config_entries.async_get_known_entry(str(data["entry_id"])))
