"""What Home Assistant offers to repair: a bridge that is no longer the one that was paired."""

from collections.abc import Mapping
from typing import Any

import voluptuous as vol
from homeassistant.components.repairs import FlowType, RepairsFlow, RepairsFlowResult
from homeassistant.config_entries import SOURCE_REAUTH, ConfigEntry, ConfigFlowContext
from homeassistant.core import HomeAssistant

from .const import DOMAIN
from .identity import address_in, async_is_itself


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


async def async_create_fix_flow(
    hass: HomeAssistant, _issue_id: str, data: Mapping[str, str | int | float | None]
) -> RepairsFlow:
    """The flow for the one issue that can be fixed here. It goes with its entry, so the entry is there."""
    return IdentityChangedFlow(hass.config_entries.async_get_known_entry(str(data["entry_id"])))
