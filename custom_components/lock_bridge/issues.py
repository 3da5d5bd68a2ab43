"""Repair issues: what somebody has to do before the bridge can be used again."""

from typing import Final, TypeGuard

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import issue_registry as ir

from .const import DOMAIN
from .wire.errors import ErrorCode, LockBridgeError
from .wire.words import API_VERSION

OLDER: Final = "bridge_older"
NEWER: Final = "bridge_newer"
IDENTITY: Final = "identity_changed"


def is_version_problem(error: Exception | None) -> TypeGuard[LockBridgeError]:
    """Whether the bridge speaks another version than this integration."""
    return isinstance(error, LockBridgeError) and error.code == ErrorCode.VERSION_UNSUPPORTED


def version_key(error: LockBridgeError) -> str:
    """Which of the two is the newer one."""
    api = error.detail.get("api")
    return NEWER if isinstance(api, int) and api > API_VERSION else OLDER


@callback
def async_raise_version_issue(hass: HomeAssistant, entry: ConfigEntry, error: LockBridgeError) -> str:
    """Tell the owner which side to update, and return the key of that text."""
    key = version_key(error)
    ir.async_create_issue(
        hass,
        DOMAIN,
        _issue_id(key, entry),
        is_fixable=False,
        severity=ir.IssueSeverity.ERROR,
        translation_key=key,
        translation_placeholders={"name": entry.title},
    )
    return key


@callback
def async_raise_identity_issue(hass: HomeAssistant, entry: ConfigEntry) -> None:
    """Tell the owner that something else answers where the bridge was; `repairs` leads on from there."""
    ir.async_create_issue(
        hass,
        DOMAIN,
        _issue_id(IDENTITY, entry),
        data={"entry_id": entry.entry_id},
        is_fixable=True,
        severity=ir.IssueSeverity.ERROR,
        translation_key=IDENTITY,
        translation_placeholders={"name": entry.title},
    )


@callback
def async_has_other_identity(hass: HomeAssistant, entry: ConfigEntry) -> bool:
    """Whether the owner is still being asked who answers there."""
    return ir.async_get(hass).async_get_issue(DOMAIN, _issue_id(IDENTITY, entry)) is not None


@callback
def async_clear_issues(hass: HomeAssistant, entry: ConfigEntry) -> None:
    """All is well again, or the entry is gone."""
    for key in (OLDER, NEWER, IDENTITY):
        ir.async_delete_issue(hass, DOMAIN, _issue_id(key, entry))


def _issue_id(key: str, entry: ConfigEntry) -> str:
    return f"{key}_{entry.entry_id}"
