"""What a person has at a lock, by the bridge's numbers: naming it, marking a finger for duress, deleting it."""

from typing import Any, Final

import voluptuous as vol
from homeassistant.config_entries import ConfigFlowResult
from homeassistant.core import HomeAssistant
from homeassistant.helpers.selector import (
    BooleanSelector,
    SelectOptionDict,
    SelectSelector,
    SelectSelectorConfig,
    SelectSelectorMode,
    TextSelector,
)
from homeassistant.util import dt as dt_util

from custom_components.lock_bridge.moments import moment
from custom_components.lock_bridge.wire.model import CredentialInfo
from custom_components.lock_bridge.wire.words import CredentialType

from .base import Input, step
from .doors import DoorSteps
from .words import say, say_count, say_time

ALL: Final = "all"
BACK: Final = "back"
ANY: Final = frozenset(CredentialType)


class CredentialSteps(DoorSteps):
    """The list, one of it, and the end of one or of all."""

    _chosen: tuple[str, int] = ("", 0)
    """Kind and number of the one that the steps are about."""
    _looked_at: CredentialInfo | None = None
    """That one as the open form shows it."""

    @step
    async def async_step_credentials(self, user_input: Input = None) -> ConfigFlowResult:
        """Everything that she has at the lock."""
        if user_input is None and (asked := await self.which_door("credentials", ANY)) is not None:
            return asked
        has = self._has()
        if not has:
            self.notice = self.notice or say(self.hass, "no_credentials", name=self.her.name, lock=self.lock.name)
            return await self.back()
        if user_input is not None:
            if (chosen := user_input["credential"]) == ALL:
                return await self.async_step_credentials_delete()
            if chosen == BACK:
                return await self.back()
            kind, _, number = chosen.partition(" ")
            self._chosen = (kind, int(number))
            return await self.async_step_credential()
        options = [SelectOptionDict(value=f"{item.type} {item.number}", label=self._in_a_line(item)) for item in has]
        options.append(SelectOptionDict(value=ALL, label=say(self.hass, "delete_all_credentials")))
        options.append(SelectOptionDict(value=BACK, label=say(self.hass, "back", name=self.user_name)))
        choice = SelectSelector(SelectSelectorConfig(options=options, mode=SelectSelectorMode.LIST))
        return self.show("credentials", {vol.Required("credential"): choice})

    @step
    async def async_step_credential(self, user_input: Input = None) -> ConfigFlowResult:
        """One of them."""
        if (item := self._item()) is None:
            return await self._not_there()
        finger = item.type == CredentialType.FINGERPRINT
        if user_input is None:
            self._looked_at = item
        else:
            if user_input["delete"]:
                return await self.async_step_credential_delete()
            wanted: dict[str, Any] = {"label": user_input.get("label", "").strip()}
            if finger:
                wanted["duress"] = user_input["duress"]
            # What the form has not changed stays as others may have set it meanwhile.
            changes = {name: value for name, value in wanted.items() if value != getattr(self._looked_at, name)}
            if not changes or await self._ask_of_it("credentials.change", changes=changes):
                return await self.async_step_credentials()
        fields: dict[vol.Marker, Any] = {vol.Optional("label"): TextSelector()}
        if finger:
            fields[vol.Required("duress", default=item.duress)] = BooleanSelector()
        fields[vol.Required("delete", default=False)] = BooleanSelector()
        now = {"label": item.label, "duress": item.duress, "delete": False}
        return self.show("credential", fields, user_input or now, credential=self._in_a_line(item))

    @step
    async def async_step_credential_delete(self, user_input: Input = None) -> ConfigFlowResult:
        """Once more: is it to go?"""
        if (item := self._item()) is None:
            return await self._not_there()
        if user_input is not None and item != self._looked_at:
            self.notice = say(self.hass, "credential_changed")  # perhaps another one with the same number
        elif user_input is not None and await self._ask_of_it("credentials.delete"):
            self.notice = say(self.hass, "credential_deleted")
            return await self.async_step_credentials()
        self._looked_at = item
        return self.show("credential_delete", credential=self._in_a_line(item))

    @step
    async def async_step_credentials_delete(self, user_input: Input = None) -> ConfigFlowResult:
        """Once more: is all of it to go?"""
        _, lock = self.her, self.lock
        if user_input is not None:
            answer = await self.ask("credentials.clear", lock=lock.id, user_id=self.user_id)
            if answer is not None:
                self.notice = say_count(self.hass, "credentials_deleted", answer["deleted"])
                return await self.back()
        lines = "\n".join(f"- {self._in_a_line(item)}" for item in self._has())
        return self.show("credentials_delete", credentials=lines)

    async def _ask_of_it(self, command: str, **args: Any) -> bool:
        kind, number = self._chosen
        return await self.ask(command, lock=self.lock.id, type=kind, number=number, **args) is not None

    async def _not_there(self) -> ConfigFlowResult:
        """Somebody else has deleted it meanwhile."""
        self.notice = say(self.hass, "credential_gone")
        return await self.async_step_credentials()

    def _has(self) -> list[CredentialInfo]:
        here = self.hub.person(self.her.id).get(self.lock.id)
        order = list(CredentialType)
        return sorted(
            here.details if here is not None else (),
            key=lambda item: (order.index(item.type) if item.type in order else len(order), item.number),
        )

    def _item(self) -> CredentialInfo | None:
        return next((item for item in self._has() if (item.type, item.number) == self._chosen), None)

    def _in_a_line(self, item: CredentialInfo) -> str:
        """`Finger 3 · right thumb · silent alarm`."""
        words = say(self.hass, f"credential_{item.type}", number=item.number) or f"{item.type} {item.number}"
        marks = [words, item.label]
        now_ms = dt_util.utcnow().timestamp() * 1000
        if item.duress:
            marks.append(say(self.hass, "mark_duress"))
        if item.temporary:
            marks.append(say(self.hass, "mark_temporary"))
        if item.valid_from_ms is not None and item.valid_from_ms > now_ms:
            marks.append(say(self.hass, "mark_from", time=_time(self.hass, item.valid_from_ms)))
        if item.valid_until_ms is not None:
            over = item.valid_until_ms <= now_ms
            marks.append(
                say(self.hass, "mark_over" if over else "mark_until", time=_time(self.hass, item.valid_until_ms))
            )
        if item.uses_left == 0:
            marks.append(say(self.hass, "used_up"))
        elif item.uses_left is not None:
            marks.append(say_count(self.hass, "mark_uses", item.uses_left))
        return " · ".join(mark for mark in marks if mark)


def _time(hass: HomeAssistant, ms: int) -> str:
    return say_time(hass, moment(ms))
