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
        f"{key}_{entry.entry_id}",
        is_fixable=False,
        severity=ir.IssueSeverity.ERROR,
        translation_key=key,
        translation_placeholders={"name": entry.title},
    )
    return key


@callback
def async_clear_issues(hass: HomeAssistant, entry: ConfigEntry) -> None:
    """All is well again."""
    for key in (OLDER, NEWER):
        ir.async_delete_issue(hass, DOMAIN, f"{key}_{entry.entry_id}")
