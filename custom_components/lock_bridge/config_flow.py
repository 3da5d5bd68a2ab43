"""Set-up: find a bridge, pair with it by the code that it shows, and ask whether Home Assistant may open the door.

The bridge proves who it is by the code alone (see `wire.pairing`); what it or zeroconf says before that is a hint.
"""

from collections.abc import Mapping
from typing import Any, Final, override

import voluptuous as vol
from homeassistant.config_entries import ConfigEntry, ConfigEntryState, ConfigFlow, ConfigFlowResult
from homeassistant.const import CONF_CODE, CONF_HOST, CONF_PORT, CONF_TOKEN
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import config_validation as cv
from homeassistant.helpers.aiohttp_client import async_get_clientsession
from homeassistant.helpers.selector import BooleanSelector, TextSelector, TextSelectorConfig
from homeassistant.helpers.service_info.zeroconf import ZeroconfServiceInfo
from yarl import URL

from .client import (
    Address,
    CertificateChanged,
    ClientError,
    Connection,
    NoAnswer,
    NotABridge,
    Pairing,
    Transport,
    is_bridge,
    look_up,
    pair,
)
from .client.leave import leave
from .client.transport import certificate_fingerprint
from .const import (
    CONF_BRIDGE_ID,
    CONF_CLIENT_ID,
    CONF_FINGERPRINT,
    CONF_MAY_MANAGE,
    CONF_MAY_UNLOCK,
    CONF_SWITCH_ON,
    DEFAULT_PORT,
    DOMAIN,
    LOGGER,
)
from .issues import is_version_problem, version_key
from .options import LockBridgeOptionsFlow
from .wire.errors import ErrorCode, LockBridgeError
from .wire.pairing import NAME_LIMIT, MalformedCode
from .wire.words import API_VERSION, Scope

type FlowError = ClientError | LockBridgeError | MalformedCode

REFUSALS: Final = {
    ErrorCode.PAIRING_CLOSED: "pairing_closed",
    ErrorCode.PAIRING_REFUSED: "wrong_code",
    ErrorCode.PAIRING_LIMIT: "pairing_limit",
    ErrorCode.BUSY: "pairing_busy",
    ErrorCode.RATE_LIMITED: "rate_limited",
    ErrorCode.STORAGE: "storage",
    ErrorCode.STOPPING: "cannot_connect",
    ErrorCode.UNAUTHORIZED: "unauthorized",
}

MANAGING: Final = frozenset({Scope.USERS, Scope.CREDENTIALS, Scope.SETTINGS, Scope.CLIENTS})
"""What Home Assistant needs to look after people, their credentials, settings and the bridge itself."""

_PLAIN_TEXT: Final = TextSelector(TextSelectorConfig(autocomplete="off"))
_ADDRESS_FORM: Final = vol.Schema(
    {
        vol.Required(CONF_HOST): _PLAIN_TEXT,
        vol.Required(CONF_PORT, default=DEFAULT_PORT): cv.port,
    }
)
_PAIR_FORM: Final = vol.Schema(
    {
        vol.Required(CONF_MAY_UNLOCK, default=False): BooleanSelector(),
        vol.Required(CONF_MAY_MANAGE, default=True): BooleanSelector(),
        vol.Required(CONF_CODE): _PLAIN_TEXT,
    }
)


class LockBridgeConfigFlow(ConfigFlow, domain=DOMAIN):
    """A bridge's set-up, and what may have to be done again later."""

    VERSION = 1

    _address: Address
    _name: str

    @staticmethod
    @callback
    @override
    def async_get_options_flow(_config_entry: ConfigEntry) -> LockBridgeOptionsFlow:
        """People, and the lock entity's code."""
        return LockBridgeOptionsFlow()

    @override
    async def async_step_user(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """By hand: where is the bridge?"""
        errors: dict[str, str] = {}
        if user_input is not None:
            self._address = _address(user_input)
            try:
                info = await look_up(async_get_clientsession(self.hass), self._address)
            except (ClientError, LockBridgeError) as err:
                errors["base"] = _error_key(err)
            else:
                await self.async_set_unique_id(info.id, raise_on_progress=False)
                self._abort_if_unique_id_configured()
                self._name = _shown(info.name)
                return await self.async_step_pair()
        return self.async_show_form(
            step_id="user",
            data_schema=self.add_suggested_values_to_schema(_ADDRESS_FORM, user_input),
            errors=errors,
        )

    @override
    async def async_step_zeroconf(self, discovery_info: ZeroconfServiceInfo) -> ConfigFlowResult:
        """Found in the network."""
        bridge_id, port = discovery_info.properties.get("id"), discovery_info.port
        if not bridge_id or not port:
            return self.async_abort(reason="not_a_bridge")
        self._address = Address(discovery_info.host, port)
        entry = await self.async_set_unique_id(bridge_id)
        self._abort_if_unique_id_configured(updates=await self._moved(entry) if entry else None)
        if (reason := _other_version(discovery_info.properties.get("api"))) is not None:
            return self.async_abort(reason=reason)
        self._name = _shown(discovery_info.properties.get("name") or discovery_info.hostname.removesuffix(".local."))
        self.context["title_placeholders"] = {"name": self._name}
        return await self.async_step_pair()

    async def async_step_pair(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """The code, and whether Home Assistant may open the door (VER-16)."""
        errors: dict[str, str] = {}
        if user_input is not None and (pairing := await self._pair(user_input, errors)):
            data = self._data(pairing, user_input)
            await self.async_set_unique_id(pairing.bridge_id, raise_on_progress=False)
            self._abort_if_unique_id_configured(updates=data)
            return self.async_create_entry(title=self._name, data=data)
        return self._pair_form("pair", user_input, errors)

    async def async_step_reauth(self, entry_data: Mapping[str, Any]) -> ConfigFlowResult:
        """The bridge no longer knows Home Assistant, or is no longer the one that Home Assistant knows."""
        entry = self._get_reauth_entry()
        self._take_from(entry)
        try:
            shown = await certificate_fingerprint(async_get_clientsession(self.hass), self._address)
        except ClientError:
            return await self.async_step_reauth_confirm()
        if shown.hex() != entry_data[CONF_FINGERPRINT]:
            return await self.async_step_certificate_changed()
        return await self.async_step_reauth_confirm()

    async def async_step_reauth_confirm(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Pair again: the token was taken back."""
        return await self._pair_again("reauth_confirm", self._get_reauth_entry(), user_input)

    async def async_step_certificate_changed(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Pair again, if there is a reason for the other certificate."""
        return await self._pair_again("certificate_changed", self._get_reauth_entry(), user_input)

    async def async_step_reconfigure(self, _user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """What is to be changed?"""
        self._take_from(self._get_reconfigure_entry())
        return self.async_show_menu(
            step_id="reconfigure",
            menu_options=["address", "pair_again"],
            description_placeholders={"name": self._name},
        )

    async def async_step_pair_again(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Pair again, to allow or forbid opening the door."""
        return await self._pair_again("pair_again", self._get_reconfigure_entry(), user_input)

    async def async_step_address(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """The same bridge, somewhere else."""
        entry = self._get_reconfigure_entry()
        errors: dict[str, str] = {}
        if user_input is not None:
            self._address = _address(user_input)
            connection = Connection(self._transport(entry), entry.data[CONF_TOKEN])
            try:
                await connection.connect()
            except CertificateChanged:
                errors["base"] = "other_bridge"
            except (ClientError, LockBridgeError) as err:
                errors["base"] = _error_key(err)
            else:
                await connection.close()
                return self.async_update_reload_and_abort(entry, data_updates=self._where())
        return self.async_show_form(
            step_id="address",
            data_schema=self.add_suggested_values_to_schema(_ADDRESS_FORM, user_input or self._where()),
            errors=errors,
        )

    async def _pair_again(
        self, step_id: str, entry: ConfigEntry, user_input: dict[str, Any] | None
    ) -> ConfigFlowResult:
        errors: dict[str, str] = {}
        if user_input is not None and (pairing := await self._pair(user_input, errors)):
            transport = Transport(async_get_clientsession(self.hass), self._address, pairing.fingerprint)
            same = pairing.bridge_id == entry.unique_id
            # One client of ours is enough: the former one goes, or the new one, from a bridge that was not meant.
            await leave(transport, entry.data[CONF_TOKEN] if same else pairing.token)
            if not same:
                return self.async_abort(reason="wrong_bridge")
            return self.async_update_reload_and_abort(entry, data=self._data(pairing, user_input))
        rights = {name: entry.data[name] for name in (CONF_MAY_UNLOCK, CONF_MAY_MANAGE) if name in entry.data}
        return self._pair_form(step_id, user_input or rights, errors)

    async def _pair(self, user_input: Mapping[str, Any], errors: dict[str, str]) -> Pairing | None:
        scopes = {Scope.STATE, Scope.EVENTS, Scope.LOCK}
        if user_input[CONF_MAY_UNLOCK]:
            scopes.add(Scope.UNLOCK)
        if user_input[CONF_MAY_MANAGE]:
            scopes |= MANAGING
        session = async_get_clientsession(self.hass)
        try:
            return await pair(session, self._address, user_input[CONF_CODE], _client_name(self.hass), scopes)
        except (ClientError, LockBridgeError, MalformedCode) as err:
            key = _error_key(err)
            errors[CONF_CODE if key in ("invalid_code", "wrong_code") else "base"] = key
            return None

    def _pair_form(
        self, step_id: str, user_input: Mapping[str, Any] | None, errors: dict[str, str]
    ) -> ConfigFlowResult:
        return self.async_show_form(
            step_id=step_id,
            data_schema=self.add_suggested_values_to_schema(_PAIR_FORM, user_input),
            errors=errors,
            description_placeholders={"name": self._name, "address": str(self._address)},
        )

    def _data(self, pairing: Pairing, user_input: Mapping[str, Any]) -> dict[str, Any]:
        data = {
            **self._where(),
            CONF_TOKEN: pairing.token,
            CONF_FINGERPRINT: pairing.fingerprint.hex(),
            CONF_BRIDGE_ID: pairing.bridge_id,
            CONF_CLIENT_ID: pairing.client_id,
            CONF_MAY_UNLOCK: user_input[CONF_MAY_UNLOCK],
            CONF_MAY_MANAGE: user_input[CONF_MAY_MANAGE],
        }
        return {**data, CONF_SWITCH_ON: True} if user_input[CONF_MAY_UNLOCK] else data

    def _where(self) -> dict[str, Any]:
        return {CONF_HOST: self._address.host, CONF_PORT: self._address.port}

    def _take_from(self, entry: ConfigEntry) -> None:
        self._address = Address(entry.data[CONF_HOST], entry.data[CONF_PORT])
        self._name = entry.title

    def _transport(self, entry: ConfigEntry) -> Transport:
        fingerprint = bytes.fromhex(entry.data[CONF_FINGERPRINT])
        return Transport(async_get_clientsession(self.hass), self._address, fingerprint)

    async def _moved(self, entry: ConfigEntry) -> dict[str, Any] | None:
        """Where a bridge has gone that is no longer where it was. It has to show its certificate: an id is a hint."""
        if CONF_FINGERPRINT not in entry.data:
            return None  # ignored by the user
        if entry.state is ConfigEntryState.LOADED and entry.runtime_data.available:
            return None
        try:
            proved = await is_bridge(self._transport(entry))
        except ClientError:
            proved = False
        return self._where() if proved else None


def _address(user_input: dict[str, Any]) -> Address:
    """Where somebody says the bridge is. An address copied from a browser will do too."""
    host: str = user_input[CONF_HOST].strip()
    port: int = user_input[CONF_PORT]
    if "://" in host:
        try:
            url = URL(host)
            host, port = url.host or host, url.explicit_port or port
        except ValueError:
            pass  # it stays what it is, and leads nowhere
    return Address(host.removeprefix("[").removesuffix("]"), port)


def _client_name(hass: HomeAssistant) -> str:
    """What the bridge's list of clients calls this Home Assistant."""
    place = _printable(hass.config.location_name)
    return f"Home Assistant ({place})"[:NAME_LIMIT] if place else "Home Assistant"


def _shown(name: str) -> str:
    """A bridge's name as it can be shown; before pairing it may be anybody's words."""
    return _printable(name)[:NAME_LIMIT] or "Lock Bridge"


def _printable(text: str) -> str:
    return "".join(char for char in text if char.isprintable()).strip()


def _other_version(api: str | None) -> str | None:
    """Why a bridge of that version cannot be used."""
    if api is None or not api.isdecimal() or int(api) == API_VERSION:
        return None  # what is missing here is found out when pairing
    return version_key(LockBridgeError(ErrorCode.VERSION_UNSUPPORTED, {"api": int(api)}))


def _error_key(error: FlowError) -> str:
    if isinstance(error, LockBridgeError):
        if is_version_problem(error):
            return version_key(error)
        if error.code in REFUSALS:
            return REFUSALS[ErrorCode(error.code)]
        LOGGER.error("The bridge refused: %s (%s)", error, error.code)
        return "unknown"
    return next(key for kind, key in _TROUBLES if isinstance(error, kind))


_TROUBLES: Final = (
    (MalformedCode, "invalid_code"),
    (CertificateChanged, "certificate_changed"),
    (NotABridge, "not_a_bridge"),
    (NoAnswer, "no_answer"),
    (ClientError, "cannot_connect"),
)
