"""The locks that a person is on (USR-10): adding her, putting her on more, taking her off."""

from collections.abc import Sequence
from typing import override

import voluptuous as vol
from homeassistant.config_entries import ConfigFlowResult
from homeassistant.helpers.selector import SelectOptionDict, SelectSelector, SelectSelectorConfig, SelectSelectorMode

from custom_components.lock_bridge.wire.words import Role

from .base import Input, OptionsBase, step
from .person import NAME, ROLE
from .words import say


class LocksSteps(OptionsBase):
    """A new person, and where she may enter."""

    _ticked: Sequence[str] = ()
    """The locks that were ticked when the form was opened."""

    @override
    @step
    async def async_step_add_person(self, user_input: Input = None) -> ConfigFlowResult:
        """A new person, and at once her menu."""
        locks = list(self.hub.data.locks)
        if user_input is not None:
            wanted = [lock_id for lock_id in locks if lock_id in user_input.get("locks", locks)]
            if not wanted:
                self.errors["locks"] = "no_lock"
            elif not self.name_is_taken(user_input["name"]) and await self._add(
                user_input["name"], user_input["role"], wanted[0]
            ):
                self._ticked = wanted[:1]
                return await self._put_on(wanted, self._said("put_on", wanted[0]))
        fields: dict[vol.Marker, object] = {vol.Required("name"): NAME, vol.Required("role"): ROLE}
        if len(locks) > 1:
            fields[vol.Required("locks")] = self._lock_choice()
        start = {"role": Role.USER if self._have_administrators() else Role.ADMINISTRATOR, "locks": locks}
        return self.show("add_person", fields, user_input or start)

    @step
    async def async_step_locks(self, user_input: Input = None) -> ConfigFlowResult:
        """Tick the locks that she may enter by."""
        _ = self.her
        if user_input is None:
            self._ticked = list(self.hub.person(self.user_id))
            return self._show_locks(self._ticked)
        return await self._put_on(user_input["locks"])

    async def _add(self, name: str, role: str, lock_id: str) -> bool:
        added = await self.ask("users.add", lock=lock_id, user_name=name.strip(), role=role)
        if added is None:
            return False
        self.user_id, self.user_name, self.lock_id = added["user_id"], name.strip(), lock_id
        return True

    async def _put_on(self, wanted: Sequence[str], *done: str) -> ConfigFlowResult:
        """Have her on these locks, as far as the form has changed them. What was done before a refusal is said."""
        on = self.hub.person(self.user_id)
        ticked, said = set(self._ticked), list(done)
        more = [lock_id for lock_id in wanted if lock_id not in ticked and lock_id not in on]
        fewer = [lock_id for lock_id in on if lock_id in ticked and lock_id not in wanted]
        if not (on.keys() | set(more)) - set(fewer):
            self.errors["locks"] = "no_lock"
        steps = [("users.add", "put_on", lock_id) for lock_id in more]
        steps += [("users.delete", "taken_off", lock_id) for lock_id in fewer]
        for command, key, lock_id in steps if not self.errors else ():
            if await self.ask(command, lock=lock_id, user_id=self.user_id) is None:
                break
            ticked ^= {lock_id}
            said.append(self._said(key, lock_id))
        self._ticked = sorted(ticked)
        if not self.errors:
            return await self.async_step_person()
        self.notice = " ".join(said)
        return self._show_locks(wanted)

    def _said(self, key: str, lock_id: str) -> str:
        return say(self.hass, key, name=self.user_name, lock=self.hub.data.locks[lock_id].name)

    def _show_locks(self, ticks: Sequence[str]) -> ConfigFlowResult:
        return self.show("locks", {vol.Required("locks"): self._lock_choice()}, {"locks": list(ticks)})

    def _lock_choice(self) -> SelectSelector:
        options = [SelectOptionDict(value=lock.id, label=lock.name) for lock in self.hub.data.locks.values()]
        return SelectSelector(SelectSelectorConfig(options=options, multiple=True, mode=SelectSelectorMode.LIST))

    def _have_administrators(self) -> bool:
        """Whether each lock has one: else the new person had better be it."""
        people = self.hub.data.people.values()
        return all(any(user.role == Role.ADMINISTRATOR for user in users.values()) for users in people)
