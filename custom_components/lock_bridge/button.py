"""Buttons of a lock: what the app can have done (APP-6)."""

from dataclasses import dataclass
from time import monotonic
from typing import Final, override

from homeassistant.components.button import ButtonEntity, ButtonEntityDescription
from homeassistant.components.button.const import ButtonDeviceClass
from homeassistant.const import EntityCategory, Platform
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import ServiceValidationError, Unauthorized
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .const import DOMAIN
from .entity import LockBridgeEntity, Shows, async_add_lock_entities
from .hub import Hub, LockBridgeConfigEntry
from .wire.commands import AskPairing, ClearBluetooth, Command, EndLockout, FactoryReset, RestartLock
from .wire.model import LockSnapshot

PARALLEL_UPDATES = 0

AGAIN_S: Final = 30.0
"""How long a button that asks waits for the second press."""


@dataclass(frozen=True, kw_only=True)
class LockButtonDescription(ButtonEntityDescription, Shows):
    """A button, and what it has done."""

    command: type[Command]
    asks: bool = False
    """What cannot be undone takes two presses, of an administrator or an automation."""


BUTTONS: Final = (
    LockButtonDescription(
        key="end_lockout",
        translation_key="end_lockout",
        scope=EndLockout.scope,
        entity_category=EntityCategory.CONFIG,
        command=EndLockout,
    ),
    LockButtonDescription(
        key="pairing_mode",
        translation_key="pairing_mode",
        scope=AskPairing.scope,
        entity_category=EntityCategory.CONFIG,
        command=AskPairing,
    ),
    LockButtonDescription(
        key="clear_bluetooth",
        translation_key="clear_bluetooth",
        scope=ClearBluetooth.scope,
        entity_category=EntityCategory.CONFIG,
        has_fn=lambda lock: lock.capabilities.bluetooth,
        command=ClearBluetooth,
    ),
    LockButtonDescription(
        key="restart",
        scope=RestartLock.scope,
        device_class=ButtonDeviceClass.RESTART,
        entity_category=EntityCategory.CONFIG,
        command=RestartLock,
    ),
    LockButtonDescription(
        key="factory_reset",
        translation_key="factory_reset",
        scope=FactoryReset.scope,
        entity_category=EntityCategory.CONFIG,
        entity_registry_enabled_default=False,
        command=FactoryReset,
        asks=True,
    ),
)


async def async_setup_entry(
    hass: HomeAssistant, entry: LockBridgeConfigEntry, async_add_entities: AddConfigEntryEntitiesCallback
) -> None:
    """Add the buttons of each lock, now and when locks come."""
    async_add_lock_entities(hass, entry, async_add_entities, Platform.BUTTON, BUTTONS, LockButton)


class LockButton(LockBridgeEntity, ButtonEntity):
    """Something that a lock does when it is pressed."""

    entity_description: LockButtonDescription

    def __init__(self, hub: Hub, lock: LockSnapshot, description: LockButtonDescription) -> None:
        super().__init__(hub, lock, description.key, description)
        self.entity_description = description
        self._asked_at: float | None = None

    @override
    async def async_press(self) -> None:
        """Have it done; returns when the bridge has done it. A button that asks does it at the second press."""
        if self.entity_description.asks:
            await self._check_administrator()
        if self.entity_description.asks and not self._is_answer():
            raise ServiceValidationError(
                translation_domain=DOMAIN,
                translation_key="press_again",
                translation_placeholders={"lock": self._lock_name, "seconds": str(round(AGAIN_S))},
            )
        await self.async_command(self.entity_description.command)

    async def _check_administrator(self) -> None:
        if (context := self._context) is None or context.user_id is None:
            return
        user = await self.hass.auth.async_get_user(context.user_id)
        if user is None or not user.is_admin:
            raise Unauthorized(context=context, entity_id=self.entity_id)

    def _is_answer(self) -> bool:
        now, asked_at = monotonic(), self._asked_at
        answered = asked_at is not None and now - asked_at <= AGAIN_S
        self._asked_at = None if answered else now
        return answered
