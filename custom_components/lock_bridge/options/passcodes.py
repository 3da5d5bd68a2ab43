"""A person's passcode and her duress passcode: typed here and nowhere else (CAP-7, CAP-11, VER-12)."""

from typing import Final

import voluptuous as vol
from homeassistant.config_entries import ConfigFlowResult
from homeassistant.helpers.selector import TextSelector, TextSelectorConfig, TextSelectorType

from custom_components.lock_bridge.wire.model import CredentialInfo
from custom_components.lock_bridge.wire.words import CredentialType

from .base import Input, step
from .once import OnceSteps
from .words import say

PASSCODES: Final = frozenset({CredentialType.PIN})

_TYPED: Final = TextSelector(TextSelectorConfig(type=TextSelectorType.PASSWORD, autocomplete="new-password"))
_FORM: Final = vol.Schema({vol.Optional("passcode"): _TYPED})


class PasscodeSteps(OnceSteps):
    """One of either kind at each lock."""

    @step
    async def async_step_passcode(self, _user_input: Input = None) -> ConfigFlowResult:
        """Her passcode: a new one, or what is to become of the one that she has."""
        if (asked := await self.which_door("passcode", PASSCODES)) is not None:
            return asked
        return self._choice("passcode", duress=False) or await self.async_step_passcode_new()

    @step
    async def async_step_passcode_new(self, user_input: Input = None) -> ConfigFlowResult:
        """Type one, or leave it to the bridge."""
        return await self._new("passcode_new", user_input, duress=False)

    @step
    async def async_step_passcode_delete(self, user_input: Input = None) -> ConfigFlowResult:
        """Once more: is it to go?"""
        return await self._delete("passcode_delete", user_input, duress=False)

    @step
    async def async_step_duress_passcode(self, _user_input: Input = None) -> ConfigFlowResult:
        """VER-12: one that opens as any other, and raises a silent alarm."""
        if (asked := await self.which_door("duress_passcode", PASSCODES)) is not None:
            return asked
        return self._choice("duress_passcode", duress=True) or await self.async_step_duress_passcode_new()

    @step
    async def async_step_duress_passcode_new(self, user_input: Input = None) -> ConfigFlowResult:
        """Type one, or leave it to the bridge."""
        return await self._new("duress_passcode_new", user_input, duress=True)

    @step
    async def async_step_duress_passcode_delete(self, user_input: Input = None) -> ConfigFlowResult:
        """Once more: is it to go?"""
        return await self._delete("duress_passcode_delete", user_input, duress=True)

    async def async_step_passcode_made(self, user_input: Input = None) -> ConfigFlowResult:
        """The passcode that the bridge has made, this once."""
        return await self.shown_once(user_input)

    def _choice(self, name: str, *, duress: bool) -> ConfigFlowResult | None:
        if self._passcode(duress=duress) is None:
            return None
        return self.menu(name, [f"{name}_new", f"{name}_delete", "person"])

    async def _new(self, step_id: str, user_input: Input, *, duress: bool) -> ConfigFlowResult:
        name, lock = self.her.name, self.lock
        if user_input is not None:
            typed = user_input.get("passcode", "").strip() or None
            answer = await self.ask(
                "credentials.set_passcode", lock=lock.id, user_id=self.user_id, passcode=typed, duress=duress
            )
            if self.errors.get("passcode") == "duplicate":
                self.errors["passcode"] = "passcode_taken"
            if answer is not None and typed is not None:
                self.notice = say(self.hass, "passcode_set")
                return await self.back()
            if answer is not None:
                made = answer["passcode"]
                message = say(self.hass, "share_passcode", lock=lock.name, name=name, secret=made)
                return self.show_once("passcode_made", message, {"passcode": made})
        limits = lock.capabilities.credentials[CredentialType.PIN]
        return self.show(step_id, _FORM, user_input, min=str(limits.min_length or ""), max=str(limits.max_length or ""))

    async def _delete(self, step_id: str, user_input: Input, *, duress: bool) -> ConfigFlowResult:
        there = self._passcode(duress=duress)
        if there is None:
            return await self.back()  # somebody else was faster
        if user_input is not None:
            answer = await self.ask(
                "credentials.delete", lock=self.lock.id, type=CredentialType.PIN, number=there.number
            )
            if answer is not None:
                self.notice = say(self.hass, "credential_deleted")
                return await self.back()
        return self.show(step_id)

    def _passcode(self, *, duress: bool) -> CredentialInfo | None:
        """The one that she has at the lock."""
        here = self.hub.person(self.her.id).get(self.lock.id)
        return next(
            (
                item
                for item in (here.details if here is not None else ())
                if item.type == CredentialType.PIN and item.duress is duress and not item.temporary
            ),
            None,
        )
