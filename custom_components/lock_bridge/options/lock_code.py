"""The code that Home Assistant may ask for before it moves a bolt: no door passcode, and never kept as typed."""

from typing import Final

import voluptuous as vol
from homeassistant.config_entries import ConfigFlowResult
from homeassistant.helpers.selector import BooleanSelector, TextSelector, TextSelectorConfig, TextSelectorType

from custom_components.lock_bridge.lock_code import CONF_CODE, hash_code

from .base import Input, OptionsBase, step

_CODE: Final = TextSelector(TextSelectorConfig(type=TextSelectorType.PASSWORD, autocomplete="new-password"))
REMOVE: Final = "remove_code"


class LockCodeSteps(OptionsBase):
    """Set it, change it, remove it. The entry is loaded anew only if it is another one than before."""

    @step
    async def async_step_lock_code(self, user_input: Input = None) -> ConfigFlowResult:
        """The code, or none."""
        options = dict(self.config_entry.options)
        if user_input is not None:
            if user_input.get(REMOVE):
                options.pop(CONF_CODE, None)
                return self.async_create_entry(data=options)
            try:
                code = user_input.get("code", "")
                options[CONF_CODE] = await self.hass.async_add_executor_job(hash_code, code)
            except ValueError:
                self.errors["code"] = "code_digits"
            else:
                return self.async_create_entry(data=options)
        fields: dict[vol.Marker, object] = {vol.Optional("code"): _CODE}
        if CONF_CODE in self.config_entry.options:
            fields[vol.Optional(REMOVE, default=False)] = BooleanSelector()
        return self.show("lock_code", fields, user_input)
