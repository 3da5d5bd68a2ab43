"""Selects of a lock: its operating mode (BLT-15), and its settings that are one of some words (APP-5)."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, override

from homeassistant.components.select import SelectEntity, SelectEntityDescription
from homeassistant.const import EntityCategory, Platform
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import ServiceValidationError
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .const import DOMAIN
from .entity import LockBridgeEntity, Order, Shows, async_add_lock_entities
from .hub import Hub, LockBridgeConfigEntry
from .wire.commands import SetMode, SetSettings
from .wire.model import LockSnapshot
from .wire.words import OperatingMode, Scope

PARALLEL_UPDATES = 0


@dataclass(frozen=True, kw_only=True)
class LockSelectDescription(SelectEntityDescription, Shows):
    """A select: what can be chosen at a lock, what is so now, and the order that makes it so."""

    options_fn: Callable[[LockSnapshot], tuple[str, ...]]
    current_fn: Callable[[LockSnapshot], str | None]
    order_fn: Callable[[str], Order]
    by_hand_fn: Callable[[LockSnapshot, str], bool] = lambda _lock, _option: False
    """Whether an option is for a hand at the door alone."""


def _setting(name: str, *options: str) -> LockSelectDescription:
    return LockSelectDescription(
        key=name,
        translation_key=name,
        fields=frozenset({"settings"}),
        scope=Scope.SETTINGS,
        entity_category=EntityCategory.CONFIG,
        has_fn=lambda lock: name in lock.capabilities.settings,
        options_fn=lambda _lock: options,
        current_fn=lambda lock: lock.settings.get(name),
        order_fn=lambda option: (SetSettings, {"changes": {name: option}}),
    )


def _by_hand(lock: LockSnapshot, option: str) -> bool:
    """BLT-9: the knob inside begins privacy, and it alone ends it."""
    begins = option == OperatingMode.PRIVACY
    ends = lock.mode == OperatingMode.PRIVACY and option == OperatingMode.NORMAL
    return begins or ends


SELECTS: Final = (
    LockSelectDescription(
        key="operating_mode",
        translation_key="operating_mode",
        fields=frozenset({"mode"}),
        scope=Scope.UNLOCK,
        entity_category=EntityCategory.CONFIG,
        options_fn=lambda lock: tuple(str(mode) for mode in lock.capabilities.modes),
        current_fn=lambda lock: lock.mode,
        order_fn=lambda option: (SetMode, {"mode": option}),
        by_hand_fn=_by_hand,
    ),
    _setting("volume", "high", "low", "mute"),
    _setting("language", "en", "nb", "sv", "it", "nl"),
    _setting("door_direction", "right", "left"),
)


async def async_setup_entry(
    hass: HomeAssistant, entry: LockBridgeConfigEntry, async_add_entities: AddConfigEntryEntitiesCallback
) -> None:
    """Add the selects of each lock, now and when locks come."""
    async_add_lock_entities(hass, entry, async_add_entities, Platform.SELECT, SELECTS, LockSelect)


class LockSelect(LockBridgeEntity, SelectEntity):
    """A choice. It shows what the bridge tells, not what was asked for."""

    entity_description: LockSelectDescription

    def __init__(self, hub: Hub, lock: LockSnapshot, description: LockSelectDescription) -> None:
        super().__init__(hub, lock, description.key, description)
        self.entity_description = description
        self._attr_options = list(description.options_fn(lock))

    @property
    @override
    def current_option(self) -> str | None:
        return self.entity_description.current_fn(self.lock_now)

    @override
    async def async_select_option(self, option: str) -> None:
        """Choose; returns when the bridge has done it."""
        if self.entity_description.by_hand_fn(self.lock_now, option):
            raise ServiceValidationError(
                translation_domain=DOMAIN,
                translation_key="privacy_by_hand",
                translation_placeholders={"lock": self._lock_name},
            )
        await self.async_order(self.entity_description.order_fn(option))

    @override
    def _shows(self, lock: LockSnapshot) -> object:
        return self.entity_description.current_fn(lock)
