"""Which door it is about: what a person opens a door with is kept by each lock."""

from collections.abc import Container

import voluptuous as vol
from homeassistant.config_entries import ConfigFlowResult
from homeassistant.helpers.selector import SelectOptionDict, SelectSelector, SelectSelectorConfig, SelectSelectorMode

from custom_components.lock_bridge.wire.model import LockSnapshot

from .base import Input, OptionsBase, step


class DoorSteps(OptionsBase):
    """Asks for the door where the person has several."""

    _then: str
    _kinds: Container[str]

    async def which_door(self, then: str, kinds: Container[str]) -> ConfigFlowResult | None:
        """Ask who comes from a person's menu; None: there is nothing to ask. `then` is the step that goes on.

        Doors are those of hers that take one of `kinds`.
        """
        doors = self._doors(kinds)
        if len(doors) < 2:
            self.lock_id = doors[0].id if doors else self.lock_id
            return None
        if self.cur_step is None or self.cur_step["step_id"] != "person":
            return None
        self._then, self._kinds = then, kinds
        return await self.async_step_which_door()

    @step
    async def async_step_which_door(self, user_input: Input = None) -> ConfigFlowResult:
        """At which of her doors?"""
        _ = self.her
        if user_input is not None:
            self.lock_id = user_input["lock"]
            result: ConfigFlowResult = await getattr(self, f"async_step_{self._then}")()
            return result
        options = [SelectOptionDict(value=lock.id, label=lock.name) for lock in self._doors(self._kinds)]
        choice = SelectSelector(SelectSelectorConfig(options=options, mode=SelectSelectorMode.LIST))
        return self.show("which_door", {vol.Required("lock"): choice}, {"lock": self.lock_id})

    def _doors(self, kinds: Container[str]) -> list[LockSnapshot]:
        locks = [self.hub.data.locks[lock_id] for lock_id in self.hub.person(self.her.id)]
        return [lock for lock in locks if any(kind in kinds for kind in lock.capabilities.credentials)]
