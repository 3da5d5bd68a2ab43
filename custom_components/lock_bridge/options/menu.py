"""The first menu, the list of people, and the end."""

from typing import Final, override

import voluptuous as vol
from homeassistant.config_entries import ConfigFlowResult
from homeassistant.helpers.selector import SelectOptionDict, SelectSelector, SelectSelectorConfig, SelectSelectorMode

from .base import Input, OptionsBase, step
from .summary import in_a_line
from .words import say

ADD: Final = "add"
LIST_AT_MOST: Final = 12
"""So many people are shown as a list; more as a field to search in."""


class MenuSteps(OptionsBase):
    """Where the flow begins, where it comes back to, and where it ends."""

    @step
    async def async_step_init(self, _user_input: Input = None) -> ConfigFlowResult:
        """What is it about? Without the right to look after people the menu says how to get it."""
        if not self.may_manage:
            self.notice = say(self.hass, "not_allowed")
            return self.menu("init", ["lock_code"])
        return self.menu("init", ["people", "lock_code"])

    @override
    @step
    async def async_step_people(self, user_input: Input = None) -> ConfigFlowResult:
        """Everybody on the locks of this bridge: each once, also who is on several."""
        if user_input is not None:
            if (chosen := user_input["person"]) == ADD:
                return await self.async_step_add_person()
            self.user_id, self.lock_id = chosen, ""
            return await self.async_step_person()
        self.user_id = self.lock_id = ""
        people = self._people()
        if not people and not self.notice:
            self.notice = say(self.hass, "nobody")
        options = [SelectOptionDict(value=id_, label=in_a_line(self.hass, self.hub, id_)) for id_ in people]
        options.append(SelectOptionDict(value=ADD, label=say(self.hass, "add")))
        mode = SelectSelectorMode.LIST if len(people) <= LIST_AT_MOST else SelectSelectorMode.DROPDOWN
        choice = SelectSelector(SelectSelectorConfig(options=options, mode=mode))
        return self.show("people", {vol.Required("person"): choice}, None if people else {"person": ADD})

    @step
    async def async_step_done(self, _user_input: Input = None) -> ConfigFlowResult:
        """Close the dialog. The options are as they were, so nothing is loaded anew."""
        return self.async_create_entry(data=dict(self.config_entry.options))

    def _people(self) -> list[str]:
        """Everybody's id, in the order of the locks and of the numbers there."""
        found: dict[str, None] = {}
        for lock_id in self.hub.data.locks:
            users = self.hub.data.people.get(lock_id, {}).values()
            for user in sorted(users, key=lambda user: (user.number or 0, user.name.casefold(), user.id)):
                found.setdefault(user.id)
        return list(found)
