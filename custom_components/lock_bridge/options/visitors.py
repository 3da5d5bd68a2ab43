"""Temporary passcodes and Bluetooth keys for a person's visitors (VER-13, VER-14). The bridge makes them."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Final

import voluptuous as vol
from homeassistant.config_entries import ConfigFlowResult
from homeassistant.core import HomeAssistant
from homeassistant.helpers.selector import (
    BooleanSelector,
    DateTimeSelector,
    NumberSelector,
    NumberSelectorConfig,
    NumberSelectorMode,
    TextSelector,
)
from homeassistant.util import dt as dt_util

from custom_components.lock_bridge.hosts import barred
from custom_components.lock_bridge.moments import moment
from custom_components.lock_bridge.wire.words import CredentialType

from .base import Input, step
from .once import OnceSteps
from .summary import only_when_host_may
from .words import say, say_count, say_time

USES_MAX: Final = 100_000
"""Of entries, as the bridge counts them."""

_KINDS: Final = {"passcode": frozenset({CredentialType.PIN}), "key": frozenset({CredentialType.BLE})}
"""By what the bridge makes: the kind of credential."""

_AN_EVENING: Final = timedelta(hours=2)
"""A visit is proposed to last at least this long: at eleven at night, until the end of the next day."""

_FORM: Final = vol.Schema(
    {
        vol.Optional("label"): TextSelector(),
        vol.Optional("valid_from"): DateTimeSelector(),
        vol.Optional("valid_until"): DateTimeSelector(),
        vol.Required("endless", default=False): BooleanSelector(),
        vol.Optional("uses"): NumberSelector(
            NumberSelectorConfig(min=1, max=USES_MAX, step=1, mode=NumberSelectorMode.BOX)
        ),
    }
)


class VisitorSteps(OnceSteps):
    """What a visitor gets: for how long and how often, and then the passcode or key to hand on."""

    @step
    async def async_step_visitor_passcode(self, user_input: Input = None) -> ConfigFlowResult:
        """A passcode that ends by itself."""
        return await self._visitor("visitor_passcode", user_input, "credentials.create_temporary", "passcode")

    @step
    async def async_step_bluetooth_key(self, user_input: Input = None) -> ConfigFlowResult:
        """A key for a visitor's phone."""
        return await self._visitor("bluetooth_key", user_input, "credentials.create_bluetooth_key", "key")

    async def async_step_visitor_passcode_made(self, user_input: Input = None) -> ConfigFlowResult:
        """The passcode, this once."""
        return await self.shown_once(user_input)

    async def async_step_bluetooth_key_made(self, user_input: Input = None) -> ConfigFlowResult:
        """The key, this once."""
        return await self.shown_once(user_input)

    async def _visitor(self, step_id: str, user_input: Input, command: str, made: str) -> ConfigFlowResult:
        if user_input is None and (asked := await self.which_door(step_id, _KINDS[made])) is not None:
            return asked
        lock = self.lock
        host = self.hub.person(self.her.id).get(lock.id, self.her)
        if (why := barred(host)) is not None:
            self.errors["base"] = why
        elif user_input is not None and (limits := self._period_and_uses(user_input)) is not None:
            label = user_input.get("label", "").strip()
            answer = await self.ask(command, lock=lock.id, user_id=self.user_id, label=label, **limits)
            if answer is not None:
                # Without an end and a number a passcode opens once (VER-13); a key goes on.
                once = made == "passcode" and limits["valid_until_ms"] is None and limits["uses"] is None
                message = self._message(made, lock.name, answer[made], {**limits, "uses": 1} if once else limits)
                if bound := only_when_host_may(self.hass, host):
                    self.notice, message = bound, f"{message} {bound}"
                return self.show_once(f"{step_id}_made", message, {made: answer[made]}, visitor=label)
        return self.show(step_id, _FORM, user_input if user_input is not None else _proposal())

    def _period_and_uses(self, user_input: Mapping[str, Any]) -> Mapping[str, int | None] | None:
        """From when, until when, how often; None: `errors` says what is wrong with them."""
        begins, ends = _moment(user_input.get("valid_from")), _moment(user_input.get("valid_until"))
        if user_input["endless"]:
            ends = None  # a date field cannot be emptied again
        uses = user_input.get("uses")
        if ends is not None and ends <= dt_util.utcnow():
            self.errors["valid_until"] = "until_past"
            return None
        return {"valid_from_ms": _ms(begins), "valid_until_ms": _ms(ends), "uses": int(uses) if uses else None}

    def _message(self, made: str, lock: str, secret: str, limits: Mapping[str, int | None]) -> str:
        """What a visitor is sent, in the language of the house."""
        begins, ends, uses = limits["valid_from_ms"], limits["valid_until_ms"], limits["uses"]
        sentences = [say(self.hass, f"share_visitor_{made}", lock=lock, secret=secret)]
        if begins is not None:
            sentences.append(say(self.hass, "share_from", time=_time(self.hass, begins)))
        if ends is not None:
            sentences.append(say(self.hass, "share_until", time=_time(self.hass, ends)))
        if uses is not None:
            sentences.append(say_count(self.hass, "share_uses", uses))
        return " ".join(sentences)


def _proposal() -> Mapping[str, str]:
    """From now until tonight, and as often as it is needed."""
    now = dt_util.now()
    tonight = (now + _AN_EVENING).replace(hour=23, minute=59, second=0)
    return {"valid_from": _typed(now.replace(second=0)), "valid_until": _typed(tonight)}


def _moment(typed: str | None) -> datetime | None:
    """A time as it was typed, by the clock of the house."""
    moment = dt_util.parse_datetime(typed) if typed else None
    return moment if moment is None or moment.tzinfo else moment.replace(tzinfo=dt_util.get_default_time_zone())


def _ms(moment: datetime | None) -> int | None:
    return None if moment is None else round(moment.timestamp() * 1000)


def _typed(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%d %H:%M:%S")


def _time(hass: HomeAssistant, ms: int) -> str:
    return say_time(hass, moment(ms))
