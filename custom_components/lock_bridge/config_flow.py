"""Set-up: find a bridge, pair with it by the code that it shows, and ask what Home Assistant may do.

The bridge proves who it is by the code alone (see `wire.pairing`); what it, zeroconf or an app says before is a hint.
However it is found, it is one bridge by its id.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final, override

from homeassistant.config_entries import (
    SOURCE_IGNORE,
    SOURCE_REAUTH,
    ConfigEntry,
    ConfigFlow,
    ConfigFlowResult,
)
from homeassistant.const import CONF_CODE, CONF_HOST, CONF_NAME, CONF_PORT, CONF_TOKEN
from homeassistant.core import callback
from homeassistant.data_entry_flow import AbortFlow
from homeassistant.helpers.aiohttp_client import async_get_clientsession
from homeassistant.helpers.service_info.hassio import HassioServiceInfo
from homeassistant.helpers.service_info.zeroconf import ZeroconfServiceInfo

from .client import Address, CertificateChanged, ClientError, Connection, Pairing, Transport, look_up, pair
from .client.leave import leave
from .client.transport import certificate_fingerprint
from .config_forms import (
    ADDRESS_FORM,
    PAIR_FORM,
    address_of,
    app_address,
    client_name,
    error_key,
    other_version,
    scopes_of,
    shown_fingerprint,
    shown_name,
)
from .const import (
    CONF_BRIDGE_ID,
    CONF_CLIENT_ID,
    CONF_FINGERPRINT,
    CONF_MAY_MANAGE,
    CONF_MAY_UNLOCK,
    CONF_SWITCH_ON,
    DOMAIN,
)
from .identity import address_in, async_is_found, pinned
from .issues import async_has_other_identity, async_raise_identity_issue
from .options import LockBridgeOptionsFlow
from .replacement import async_hand_over
from .wire.errors import LockBridgeError
from .wire.model import BridgeInfo
from .wire.pairing import MalformedCode, normalise_code

CERTIFICATE_CHANGED: Final = "certificate_changed"


@dataclass(frozen=True, slots=True)
class _Other:
    transport: Transport
    data: dict[str, Any] = field(repr=False)


class LockBridgeConfigFlow(ConfigFlow, domain=DOMAIN):
    """A bridge's set-up, and what may have to be done again later."""

    VERSION = 1

    _address: Address
    _name: str
    _app: str
    _met = False
    """It has said what version it is, and is not asked at each try: whoever asks too often has to wait."""
    _shown: str
    """The certificate that is shown in place of the paired one: its SHA-256 in hex."""

    def __init__(self) -> None:
        self._others: list[_Other] = []
        """A bridge with another id that was paired, while its owner is asked about it."""

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
            self._address = address_of(user_input)
            try:
                info = await self._meet(self._address)
            except (ClientError, LockBridgeError) as err:
                errors["base"] = error_key(err)
            else:
                await self.async_set_unique_id(info.id, raise_on_progress=False)
                self._abort_if_unique_id_configured()
                self._name = shown_name(info.name)
                return await self.async_step_pair()
        return self.async_show_form(
            step_id="user",
            data_schema=self.add_suggested_values_to_schema(ADDRESS_FORM, user_input),
            errors=errors,
        )

    @override
    async def async_step_zeroconf(self, discovery_info: ZeroconfServiceInfo) -> ConfigFlowResult:
        """Found in the network."""
        bridge_id, port = discovery_info.properties.get("id"), discovery_info.port
        if not bridge_id or not port:
            return self.async_abort(reason="not_a_bridge")
        name = discovery_info.properties.get("name") or discovery_info.hostname.removesuffix(".local.")
        await self._found(Address(discovery_info.host, port), bridge_id, name, discovery_info.properties.get("api"))
        return await self.async_step_pair()

    @override
    async def async_step_hassio(self, discovery_info: HassioServiceInfo) -> ConfigFlowResult:
        """Found as an app of this Home Assistant."""
        told = discovery_info.config
        if (address := app_address(told)) is None:
            return self.async_abort(reason="not_a_bridge")
        bridge_id, name, api = told.get("id"), told.get("name"), told.get("api")
        if not isinstance(bridge_id, str) or not bridge_id:
            try:
                info = await self._meet(address)
            except (ClientError, LockBridgeError) as err:
                return self.async_abort(reason=_abort_reason(err))
            bridge_id, name, api = info.id, info.name, info.api
        self._app = shown_name(discovery_info.name)
        await self._found(address, bridge_id, name if isinstance(name, str) else self._app, api)
        return await self.async_step_hassio_confirm()

    async def async_step_hassio_confirm(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Is it to be set up?"""
        if user_input is not None:
            return await self.async_step_pair()
        return self.async_show_form(step_id="hassio_confirm", description_placeholders={"app": self._app})

    async def async_step_pair(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """The code, and what Home Assistant may do (VER-16)."""
        errors: dict[str, str] = {}
        if user_input is not None and (pairing := await self._pair(user_input, errors)):
            data = self._data(pairing, user_input)
            entry = await self.async_set_unique_id(pairing.bridge_id, raise_on_progress=False)
            if entry is None or entry.source == SOURCE_IGNORE:
                return self.async_create_entry(title=self._name, data=data)
            if data[CONF_FINGERPRINT] != entry.data[CONF_FINGERPRINT]:
                # Anybody can take a bridge's id; nobody was asked whether it is that one, so it gets nothing of it.
                await leave(self._transport(pairing), pairing.token)
                return self.async_abort(reason="other_certificate")
            # It told another id before it was paired. One client of ours is enough: the former one goes.
            await leave(self._transport(pairing), entry.data[CONF_TOKEN])
            return self.async_update_reload_and_abort(entry, data=data, reason="already_configured")
        return self._pair_form("pair", user_input, errors)

    async def async_step_reauth(self, _entry_data: Mapping[str, Any]) -> ConfigFlowResult:
        """The bridge no longer knows Home Assistant, or is no longer the one that Home Assistant knows."""
        entry = self._again()
        self._take_from(entry)
        try:
            changed = await self._shows_another(entry)
        except ClientError:
            changed = False  # it can wait until somebody is at the screen
        if not changed:
            return await self.async_step_reauth_confirm()
        async_raise_identity_issue(self.hass, entry)
        return await self.async_step_certificate_changed()

    async def async_step_reauth_confirm(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Pair again: the token was taken back."""
        return await self._pair_again("reauth_confirm", user_input)

    async def async_step_certificate_changed(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Is this the same bridge, installed anew? Pair again, if there is a reason for the other certificate."""
        return await self._pair_again(CERTIFICATE_CHANGED, user_input)

    async def async_step_reconfigure(self, _user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """What is to be changed?"""
        self._take_from(self._again())
        return self.async_show_menu(
            step_id="reconfigure",
            menu_options=["address", "pair_again"],
            description_placeholders={"name": self._name},
        )

    async def async_step_pair_again(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Pair again, to say anew what Home Assistant may do."""
        return await self._pair_again("pair_again", user_input)

    async def async_step_address(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """The same bridge, somewhere else."""
        entry = self._again()
        errors: dict[str, str] = {}
        if user_input is not None:
            self._address = address_of(user_input)
            connection = Connection(pinned(self.hass, entry, self._address), entry.data[CONF_TOKEN])
            try:
                await connection.connect()
            except CertificateChanged:
                if await self._is_any_bridge(entry, errors):
                    return await self.async_step_certificate_changed()
            except (ClientError, LockBridgeError) as err:
                errors["base"] = error_key(err)
            else:
                await connection.close()
                return self.async_update_reload_and_abort(entry, data_updates=self._where())
        return self.async_show_form(
            step_id="address",
            data_schema=self.add_suggested_values_to_schema(ADDRESS_FORM, user_input or self._where()),
            errors=errors,
        )

    async def _found(self, address: Address, bridge_id: str, name: str, api: object) -> None:
        """Something says that it is the bridge with that id. Raises AbortFlow if there is nothing to ask about it."""
        self._address = address
        entry = await self.async_set_unique_id(bridge_id)
        if entry is not None and await async_is_found(self.hass, entry, address):
            if async_has_other_identity(self.hass, entry):
                # Nobody need be asked any more who it is; with the reload, the question goes.
                self.hass.config_entries.async_update_entry(entry, data={**entry.data, **self._where()})
                self.hass.config_entries.async_schedule_reload(entry.entry_id)
                raise AbortFlow("already_configured")
            self._abort_if_unique_id_configured(updates=self._where())
        self._abort_if_unique_id_configured()
        if (reason := other_version(api)) is not None:
            raise AbortFlow(reason)
        self._met = self._met or api is not None
        self._name = shown_name(name)
        self.context["title_placeholders"] = {CONF_NAME: self._name}

    async def _pair_again(self, step_id: str, user_input: dict[str, Any] | None) -> ConfigFlowResult:
        entry = self._again()
        errors: dict[str, str] = {}
        if user_input is not None:
            if step_id != CERTIFICATE_CHANGED and await self._has_changed(entry, errors):
                return self._pair_form(CERTIFICATE_CHANGED, user_input, {})
            if not errors and (pairing := await self._pair(user_input, errors)):
                return await self._paired_again(entry, pairing, user_input)
        # What an entry does not name it was never asked about, and it has no such right.
        rights = {name: entry.data.get(name, False) for name in (CONF_MAY_UNLOCK, CONF_MAY_MANAGE)}
        return self._pair_form(step_id, user_input or rights, errors)

    async def _meet(self, address: Address) -> BridgeInfo:
        """What the bridge there says of itself, if its version is ours. Raises ClientError, LockBridgeError."""
        info = await look_up(async_get_clientsession(self.hass), address)
        self._met = True
        return info

    async def _paired_again(
        self, entry: ConfigEntry, pairing: Pairing, user_input: Mapping[str, Any]
    ) -> ConfigFlowResult:
        data = self._data(pairing, user_input)
        if pairing.bridge_id == entry.unique_id:
            await leave(self._transport(pairing), entry.data[CONF_TOKEN])  # one client of ours is enough
            return self.async_update_reload_and_abort(entry, data=data)
        self._others.append(_Other(self._transport(pairing), data))
        if self.hass.config_entries.async_entry_for_domain_unique_id(DOMAIN, pairing.bridge_id) is not None:
            return await self.async_step_keep()
        return await self.async_step_another_bridge()

    async def async_step_another_bridge(self, _user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Does it take the place of the former one?"""
        return self.async_show_menu(
            step_id="another_bridge",
            menu_options=["keep", "replace"],
            description_placeholders={"name": self._name, "address": str(self._address)},
        )

    async def async_step_keep(self, _user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Another bridge was not meant: it forgets Home Assistant again."""
        await self._leave_others()
        return self.async_abort(reason="wrong_bridge")

    async def async_step_replace(self, _user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """It is the same bridge to its owner, set up from scratch."""
        entry, data = self._again(), self._others.pop().data
        await leave(pinned(self.hass, entry), entry.data[CONF_TOKEN])  # if it is still there
        async_hand_over(self.hass, entry, data[CONF_BRIDGE_ID])
        return self.async_update_reload_and_abort(entry, unique_id=data[CONF_BRIDGE_ID], data=data)

    @callback
    @override
    def async_remove(self) -> None:
        """The window was closed before the question was answered."""
        if self._others:
            self.hass.async_create_task(self._leave_others())

    async def _leave_others(self) -> None:
        while self._others:
            other = self._others.pop()
            await leave(other.transport, other.data[CONF_TOKEN])

    async def _pair(self, user_input: Mapping[str, Any], errors: dict[str, str]) -> Pairing | None:
        session = async_get_clientsession(self.hass)
        try:
            code = normalise_code(user_input[CONF_CODE])
            if not self._met:
                await self._meet(self._address)
            return await pair(session, self._address, code, client_name(self.hass), scopes_of(user_input))
        except (ClientError, LockBridgeError, MalformedCode) as err:
            key = error_key(err)
            errors[CONF_CODE if key in ("invalid_code", "wrong_code") else "base"] = key
            return None

    async def _shows_another(self, entry: ConfigEntry) -> bool:
        """Whether another certificate than the paired one is shown at the address. Raises ClientError."""
        shown = await certificate_fingerprint(async_get_clientsession(self.hass), self._address)
        self._shown = shown.hex()
        return bool(self._shown != entry.data[CONF_FINGERPRINT])

    async def _has_changed(self, entry: ConfigEntry, errors: dict[str, str]) -> bool:
        try:
            return await self._shows_another(entry)
        except ClientError as err:
            errors["base"] = error_key(err)
            return False

    async def _is_any_bridge(self, entry: ConfigEntry, errors: dict[str, str]) -> bool:
        """Whether what shows another certificate is worth the question whether it is the bridge."""
        try:
            await self._meet(self._address)
            return await self._shows_another(entry)
        except (ClientError, LockBridgeError) as err:
            errors["base"] = error_key(err)
            return False

    def _pair_form(
        self, step_id: str, user_input: Mapping[str, Any] | None, errors: dict[str, str]
    ) -> ConfigFlowResult:
        placeholders = {"name": self._name, "address": str(self._address)}
        if step_id == CERTIFICATE_CHANGED:
            placeholders["paired"] = shown_fingerprint(self._again().data[CONF_FINGERPRINT])
            placeholders["shown"] = shown_fingerprint(self._shown)
        return self.async_show_form(
            step_id=step_id,
            data_schema=self.add_suggested_values_to_schema(PAIR_FORM, user_input),
            errors=errors,
            description_placeholders=placeholders,
        )

    def _again(self) -> ConfigEntry:
        """The entry that is paired or changed anew."""
        return self._get_reauth_entry() if self.source == SOURCE_REAUTH else self._get_reconfigure_entry()

    def _take_from(self, entry: ConfigEntry) -> None:
        self._address = address_in(entry)
        self._name = entry.title

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

    def _transport(self, pairing: Pairing) -> Transport:
        return Transport(async_get_clientsession(self.hass), self._address, pairing.fingerprint)


def _abort_reason(error: ClientError | LockBridgeError) -> str:
    """The text for an end without a form: nobody is there to try again."""
    key = error_key(error)
    return key if key in ("bridge_newer", "bridge_older", "not_a_bridge") else "cannot_connect"
