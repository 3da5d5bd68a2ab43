"""The forms of the set-up: what is asked, what may be typed, and what is said when it cannot be done."""

from collections.abc import Mapping
from typing import Any, Final

import voluptuous as vol
from homeassistant.const import CONF_CODE, CONF_HOST, CONF_PORT
from homeassistant.core import HomeAssistant
from homeassistant.helpers import config_validation as cv
from homeassistant.helpers.selector import BooleanSelector, TextSelector, TextSelectorConfig
from yarl import URL

from .client import Address, CertificateChanged, ClientError, NoAnswer, NotABridge
from .const import CONF_MAY_MANAGE, CONF_MAY_UNLOCK, DEFAULT_PORT, LOGGER
from .issues import is_version_problem, version_key
from .texts import literal
from .wire.errors import ErrorCode, LockBridgeError
from .wire.pairing import NAME_LIMIT, MalformedCode
from .wire.words import API_VERSION, Scope

type FlowError = ClientError | LockBridgeError | MalformedCode

MANAGING: Final = frozenset({Scope.USERS, Scope.CREDENTIALS, Scope.SETTINGS, Scope.CLIENTS})
"""What Home Assistant needs to look after people, their credentials, settings and the bridge itself."""

_PLAIN_TEXT: Final = TextSelector(TextSelectorConfig(autocomplete="off"))
ADDRESS_FORM: Final = vol.Schema(
    {
        vol.Required(CONF_HOST): _PLAIN_TEXT,
        vol.Required(CONF_PORT, default=DEFAULT_PORT): cv.port,
    }
)
PAIR_FORM: Final = vol.Schema(
    {
        vol.Required(CONF_MAY_UNLOCK, default=False): BooleanSelector(),
        vol.Required(CONF_MAY_MANAGE, default=True): BooleanSelector(),
        vol.Required(CONF_CODE): _PLAIN_TEXT,
    }
)


def scopes_of(user_input: Mapping[str, Any]) -> frozenset[Scope]:
    """What is asked of the bridge for the answers in the form (VER-16)."""
    scopes = frozenset({Scope.STATE, Scope.EVENTS, Scope.LOCK})
    if user_input[CONF_MAY_UNLOCK]:
        scopes |= {Scope.UNLOCK}
    if user_input[CONF_MAY_MANAGE]:
        scopes |= MANAGING
    return scopes


def address_of(user_input: Mapping[str, Any]) -> Address:
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


def app_address(config: Mapping[str, Any]) -> Address | None:
    """Where an app says that its bridge is; None: it says nothing of use."""
    try:
        return address_of(ADDRESS_FORM({name: config[name] for name in (CONF_HOST, CONF_PORT)}))
    except KeyError, vol.Invalid:
        return None


def client_name(hass: HomeAssistant) -> str:
    """What the bridge's list of clients calls this Home Assistant."""
    place = _printable(hass.config.location_name)
    return f"Home Assistant ({place})"[:NAME_LIMIT] if place else "Home Assistant"


def shown_name(name: str) -> str:
    """A bridge's name as it can be shown; before pairing it may be anybody's words."""
    return literal(_printable(name)[:NAME_LIMIT]) or "Lock Bridge"


def shown_fingerprint(fingerprint: str) -> str:
    """A certificate's SHA-256 in hex as people compare it, and as `lock-bridge pair` shows it: in groups of four."""
    return " ".join(fingerprint[place : place + 4] for place in range(0, len(fingerprint), 4))


def other_version(api: object) -> str | None:
    """Why a bridge that announces that version cannot be used; None: it can, or it is found out when pairing."""
    number = int(api) if isinstance(api, (int, str)) and str(api).isdecimal() else API_VERSION
    if number == API_VERSION:
        return None
    return version_key(LockBridgeError(ErrorCode.VERSION_UNSUPPORTED, {"api": number}))


def error_key(error: FlowError) -> str:
    """The text that says what went wrong, and what to do next."""
    if isinstance(error, LockBridgeError):
        if is_version_problem(error):
            return version_key(error)
        if error.code in _REFUSALS:
            return _REFUSALS[ErrorCode(error.code)]
        LOGGER.error("The bridge refused: %s (%s)", error, error.code)
        return "unknown"
    return next(key for kind, key in _TROUBLES if isinstance(error, kind))


def _printable(text: str) -> str:
    return "".join(char for char in text if char.isprintable()).strip()


_REFUSALS: Final = {
    ErrorCode.PAIRING_CLOSED: "pairing_closed",
    ErrorCode.PAIRING_REFUSED: "wrong_code",
    ErrorCode.PAIRING_LIMIT: "pairing_limit",
    ErrorCode.BUSY: "pairing_busy",
    ErrorCode.RATE_LIMITED: "rate_limited",
    ErrorCode.STORAGE: "storage",
    ErrorCode.STOPPING: "cannot_connect",
    ErrorCode.UNAUTHORIZED: "unauthorized",
}

_TROUBLES: Final = (
    (MalformedCode, "invalid_code"),
    (CertificateChanged, "certificate_changed"),
    (NotABridge, "not_a_bridge"),
    (NoAnswer, "no_answer"),
    (ClientError, "cannot_connect"),
)
