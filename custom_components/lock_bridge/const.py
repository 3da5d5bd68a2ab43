"""Names that several modules of the integration share."""

import logging
from typing import Final

DOMAIN: Final = "lock_bridge"
LOGGER: Final = logging.getLogger(__package__)

DEFAULT_PORT: Final = 8643

CONF_BRIDGE_ID: Final = "bridge_id"
CONF_CLIENT_ID: Final = "client_id"
CONF_FINGERPRINT: Final = "fingerprint"
"""SHA-256 of the bridge's certificate, in hex."""
CONF_MAY_UNLOCK: Final = "may_unlock"
"""Whether Home Assistant may open the door (VER-16)."""
CONF_MAY_MANAGE: Final = "may_manage"
"""Whether Home Assistant may look after people, their credentials and the locks' settings."""
CONF_SWITCH_ON: Final = "switch_on_remote_unlock"
"""Remote unlock is still to be switched on at the locks, as the answer to that question said."""

EVENT: Final = "lock_bridge_event"
"""Fired on Home Assistant's bus for what happens at the door."""

EVENTS_LOST: Final = "events_lost"
"""Our own kind of event: what the bridge's journal no longer has."""

PERSON: Final = "Person"
"""The model of a person's device."""
PERSON_KEY: Final = "person"
