"""The Bluetooth adapter: found, switched on, offering the service, and left again."""

import asyncio
import logging
from collections.abc import Mapping
from contextlib import suppress
from typing import Any, Final

from dbus_fast import Variant

from lock_bridge.hardware.trouble import PartError, Trouble

from .bus import ADAPTER, ADVERTISING_MANAGER, DEVICE, GATT_MANAGER, OBJECT_MANAGER, PROPERTIES, Bus, Refused
from .gatt import ADVERTISEMENT, APPLICATION, Objects

_LOG: Final = logging.getLogger(__name__)


class Adapter:
    """One adapter of BlueZ, over one connection to the bus."""

    def __init__(self, bus: Bus, path: str, address: str) -> None:
        self.path = path
        self.address = address
        self._bus = bus

    @classmethod
    async def find(cls, bus: Bus, wanted: str | None) -> Adapter:
        """The adapter of that name or address, or the first that can advertise. Raises `PartError`."""
        (objects,) = await bus.call("/", OBJECT_MANAGER, "GetManagedObjects")
        for path in sorted(objects):
            interfaces = objects[path]
            if ADAPTER not in interfaces:
                continue
            address = _text(interfaces[ADAPTER], "Address")
            if wanted is not None and wanted.lower() not in (path.rpartition("/")[2].lower(), address.lower()):
                continue
            if GATT_MANAGER in interfaces and ADVERTISING_MANAGER in interfaces:
                return cls(bus, path, address)
            if wanted is not None:
                raise PartError(f"{wanted} cannot advertise: it has no Bluetooth Low Energy", Trouble.UNSUPPORTED)
        raise PartError(f"BlueZ has no adapter {wanted or 'that can advertise'}", Trouble.MISSING)

    @property
    def words(self) -> str:
        """Which one it is."""
        return f"{self.path.rpartition('/')[2]} {self.address}"

    async def power(self, *, on: bool) -> None:
        """Switch it on or off. Raises `PartError`: blocked by rfkill, no permission."""
        (powered,) = await self._bus.call(self.path, PROPERTIES, "Get", "ss", ADAPTER, "Powered")
        if bool(powered.value) is on:
            return
        try:
            await self._set_powered(on)
        except Refused as error:
            if error.name.startswith("org.bluez.Error.") and await self._blocked():
                raise PartError(str(error), Trouble.SWITCHED_OFF) from None
            raise

    async def offer(self, objects: Objects) -> None:
        """Register the service and advertise it. Raises `PartError`."""
        await self._bus.call(self.path, GATT_MANAGER, "RegisterApplication", "oa{sv}", APPLICATION, {})
        try:
            await self._advertise()
        except Refused as error:
            _LOG.info("The adapter refuses the whole advertisement (%s): the service's alone is tried", error)
            objects.plain()
            try:
                await self._advertise()
            except Refused as again:
                if again.trouble in (Trouble.NO_PERMISSION, Trouble.SWITCHED_OFF, Trouble.MISSING):
                    raise
                raise PartError(f"all of the adapter's advertisements are taken: {again}", Trouble.IN_USE) from None

    async def withdraw(self) -> None:
        """Advertise no longer, and offer nothing; as far as BlueZ is still there."""
        with suppress(PartError):
            await self._bus.call(self.path, ADVERTISING_MANAGER, "UnregisterAdvertisement", "o", ADVERTISEMENT)
        with suppress(PartError):
            await self._bus.call(self.path, GATT_MANAGER, "UnregisterApplication", "o", APPLICATION)

    async def hang_up(self, device: str) -> None:
        """End a phone's connection."""
        with suppress(PartError):
            await self._bus.call(device, DEVICE, "Disconnect")

    async def _advertise(self) -> None:
        await self._bus.call(self.path, ADVERTISING_MANAGER, "RegisterAdvertisement", "oa{sv}", ADVERTISEMENT, {})

    async def _set_powered(self, on: bool) -> None:
        for busy in (True, True, False):
            try:
                await self._bus.call(self.path, PROPERTIES, "Set", "ssv", ADAPTER, "Powered", Variant("b", on))
            except Refused as error:
                # An adapter that has just been plugged in says so for a moment.
                if not busy or error.name not in ("org.bluez.Error.Busy", "org.bluez.Error.InProgress"):
                    raise
                await asyncio.sleep(0.2)
            else:
                return

    async def _blocked(self) -> bool:
        try:
            (state,) = await self._bus.call(self.path, PROPERTIES, "Get", "ss", ADAPTER, "PowerState")
        except PartError:  # BlueZ before 5.65 does not know it
            return False
        return bool(state.value == "off-blocked")


def _text(properties: Mapping[str, Any], name: str) -> str:
    variant = properties.get(name)
    return str(variant.value) if isinstance(variant, Variant) else ""
