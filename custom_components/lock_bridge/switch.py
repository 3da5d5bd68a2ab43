"""Switches of a lock: its settings that are on or off, its modes, and one-time mute.

All of them are in the category "configuration", passage and leaving-home too: a switch without a category is shown to
voice assistants and takes part in "switch everything in the hall on", and passage opens the door.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final, override

from homeassistant.components.switch import SwitchEntity, SwitchEntityDescription
from homeassistant.const import EntityCategory, Platform
from homeassistant.core import HomeAssistant
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .entity import LockBridgeEntity, Order, Shows, async_add_lock_entities
from .hub import Hub, LockBridgeConfigEntry
from .wire.commands import AllowRemoteUnlock, SetMode, SetMute, SetSettings
from .wire.model import LockSnapshot
from .wire.words import OperatingMode, Scope

PARALLEL_UPDATES = 0


@dataclass(frozen=True, kw_only=True)
class LockSwitchDescription(SwitchEntityDescription, Shows):
    """A switch, what it says of a lock, and the order that turns it; no order: it is so already."""

    is_on_fn: Callable[[LockSnapshot], bool | None]
    order_fn: Callable[[LockSnapshot, bool], Order | None]


def _setting(name: str, on: object = True, off: object = False) -> LockSwitchDescription:
    """A setting that has two values (APP-5)."""
    return LockSwitchDescription(
        key=name,
        translation_key=name,
        fields=frozenset({"settings"}),
        scope=Scope.SETTINGS,
        entity_category=EntityCategory.CONFIG,
        has_fn=lambda lock: name in lock.capabilities.settings,
        is_on_fn=lambda lock: None if (value := lock.settings.get(name)) not in (on, off) else value == on,
        order_fn=lambda _lock, wanted: (SetSettings, {"changes": {name: on if wanted else off}}),
    )


def _mode(mode: OperatingMode) -> LockSwitchDescription:
    """A mode that can be begun and ended from afar (BLT-7, BLT-8)."""

    def order(lock: LockSnapshot, wanted: bool) -> Order | None:
        if wanted:
            return SetMode, {"mode": mode}
        # Under privacy it may still be there, and shows when the knob is turned back. Another mode is not ours to end.
        there = lock.mode in (mode, OperatingMode.PRIVACY)
        return (SetMode, {"mode": OperatingMode.NORMAL}) if there else None

    return LockSwitchDescription(
        key=mode.value,
        translation_key=mode.value,
        fields=frozenset({"mode"}),
        scope=Scope.UNLOCK,
        entity_category=EntityCategory.CONFIG,
        has_fn=lambda lock: mode in lock.capabilities.modes,
        is_on_fn=lambda lock: lock.mode == mode,
        order_fn=order,
    )


SWITCHES: Final = (
    _setting("countdown_locking"),
    _setting("lockout_enabled"),
    _setting("progressive_lockout"),
    _setting("refuse_simple_passcodes"),
    _setting("bluetooth"),
    _setting("wifi"),
    _setting("face_recognition", "automatic", "manual"),
    LockSwitchDescription(
        key="remote_unlock",
        translation_key="remote_unlock",
        fields=frozenset({"settings"}),
        scope=Scope.UNLOCK,
        entity_category=EntityCategory.CONFIG,
        has_fn=lambda lock: "remote_unlock" in lock.capabilities.settings,
        is_on_fn=lambda lock: lock.settings.get("remote_unlock"),
        order_fn=lambda _lock, wanted: (AllowRemoteUnlock, {"on": wanted}),
    ),
    _mode(OperatingMode.PASSAGE),
    _mode(OperatingMode.LEAVING_HOME),
    LockSwitchDescription(
        key="mute_once",
        translation_key="mute_once",
        fields=frozenset({"muted_once"}),
        scope=Scope.SETTINGS,
        entity_category=EntityCategory.CONFIG,
        has_fn=lambda lock: lock.muted_once is not None,
        is_on_fn=lambda lock: lock.muted_once,
        order_fn=lambda _lock, wanted: (SetMute, {"on": wanted}),
    ),
)


async def async_setup_entry(
    hass: HomeAssistant, entry: LockBridgeConfigEntry, async_add_entities: AddConfigEntryEntitiesCallback
) -> None:
    """Add the switches of each lock, now and when locks come."""
    async_add_lock_entities(hass, entry, async_add_entities, Platform.SWITCH, SWITCHES, LockSwitch)


class LockSwitch(LockBridgeEntity, SwitchEntity):
    """Something that can be on or off. It shows what the bridge tells, not what was asked for."""

    entity_description: LockSwitchDescription

    def __init__(self, hub: Hub, lock: LockSnapshot, description: LockSwitchDescription) -> None:
        super().__init__(hub, lock, description.key, description)
        self.entity_description = description

    @property
    @override
    def is_on(self) -> bool | None:
        return self.entity_description.is_on_fn(self.lock_now)

    @override
    async def async_turn_on(self, **kwargs: Any) -> None:
        """Turn it on; returns when the bridge has done it."""
        await self._turn(on=True)

    @override
    async def async_turn_off(self, **kwargs: Any) -> None:
        """Turn it off; returns when the bridge has done it."""
        await self._turn(on=False)

    @override
    def _shows(self, lock: LockSnapshot) -> object:
        return self.entity_description.is_on_fn(lock)

    async def _turn(self, *, on: bool) -> None:
        if (order := self.entity_description.order_fn(self.lock_now, on)) is not None:
            await self.async_order(order)
