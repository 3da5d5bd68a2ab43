"""Handing a passcode or key to those for whom it is, past everything that keeps records.

A call of `notify.send_message` would be on the bus, in the recorder and in traces, and with it the passcode. So the
message goes straight to the notify entities.
"""

import asyncio
import re
from collections.abc import Collection, Mapping, Sequence
from typing import Final

from homeassistant.components.notify import NotifyEntity
from homeassistant.components.notify.const import DATA_COMPONENT
from homeassistant.const import ATTR_ENTITY_ID
from homeassistant.core import HomeAssistant, callback
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError
from homeassistant.helpers.translation import async_get_cached_translations
from homeassistant.util import dt as dt_util

from custom_components.lock_bridge.const import DOMAIN, LOGGER
from custom_components.lock_bridge.moments import moment

SEND_S: Final = 30.0
"""How long a notifier may take."""

PLACEHOLDERS: Final = ("code", "label", "from", "until", "lock")
_PLACEHOLDER: Final = re.compile(r"\{(\w*)\}")


class NotSent(Exception):
    """A notifier did not take the message; the argument is its entity id."""


@callback
def recipients(hass: HomeAssistant, entity_ids: Collection[str]) -> list[NotifyEntity]:
    """The notifiers that are meant, those of groups in place of the groups, which would make a recorded call of it.

    Raises ServiceValidationError for one that is not there or cannot be reached now.
    """
    component = hass.data.get(DATA_COMPONENT)
    found: dict[str, NotifyEntity] = {}
    seen: set[str] = set()
    waiting = list(entity_ids)
    while waiting:
        entity_id = waiting.pop(0)
        if entity_id in seen:
            continue
        seen.add(entity_id)
        entity = component.get_entity(entity_id) if component else None
        if entity is None:
            raise _refused("unknown_recipient", recipient=entity_id)
        state = hass.states.get(entity_id)
        members = state.attributes.get(ATTR_ENTITY_ID) if state else None
        if members is not None:
            waiting += members
        elif not entity.available:
            raise _refused("recipient_unavailable", recipient=entity_id)
        else:
            found[entity_id] = entity
    return list(found.values())


async def send(to: Sequence[NotifyEntity], message: str) -> None:
    """Send the message to all of them. Raises NotSent."""
    for entity in to:
        try:
            async with asyncio.timeout(SEND_S):
                await entity.async_request_call(entity._async_send_message(message=message))  # noqa: SLF001
        except Exception as err:  # noqa: BLE001 - each notifier fails in its own way, and the passcode has to go then
            # What they say of it may have the message in it.
            LOGGER.warning("%s did not take a message: %s", entity.entity_id, type(err).__name__)
            raise NotSent(entity.entity_id) from None


def check_message(message: str) -> None:
    """Raise ServiceValidationError if it names what there is not, or leaves out the one thing that matters."""
    named = _PLACEHOLDER.findall(message)
    if unknown := [name for name in named if name not in PLACEHOLDERS]:
        raise _refused("message_placeholder", placeholder=f"{{{unknown[0]}}}")
    if "code" not in named:
        raise _refused("message_without_code")


def filled_in(message: str, values: Mapping[str, str]) -> str:
    """The message with what it names."""
    return _PLACEHOLDER.sub(lambda found: values.get(found[1], found[0]), message)


@callback
def default_message(hass: HomeAssistant, kind: str, parts: Sequence[str]) -> str:
    """What is said where nobody said otherwise, in the language of the house: `message_<kind>` and `message_<part>`."""
    start = f"component.{DOMAIN}.common.message_"
    texts = async_get_cached_translations(hass, hass.config.language, "common", DOMAIN)
    if f"{start}{kind}" not in texts:  # another language that is still being loaded
        texts = async_get_cached_translations(hass, "en", "common", DOMAIN)
    return " ".join(texts[f"{start}{key}"] for key in (kind, *parts))


def local_time(wall_ms: int | None) -> str:
    """A time as the clocks of the house show it; nothing for none."""
    if wall_ms is None:
        return ""
    return dt_util.as_local(moment(wall_ms)).strftime("%Y-%m-%d %H:%M")


def not_sent(key: str, lock: str, recipient: str) -> HomeAssistantError:
    """What is said when a message could not be sent."""
    return HomeAssistantError(
        translation_domain=DOMAIN, translation_key=key, translation_placeholders={"lock": lock, "recipient": recipient}
    )


def _refused(key: str, **named: str) -> ServiceValidationError:
    return ServiceValidationError(translation_domain=DOMAIN, translation_key=key, translation_placeholders=named)
