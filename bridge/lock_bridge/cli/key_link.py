"""The visitor's radio: finds a lock and speaks with it, by bleak."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Protocol

from lock_bridge.ble.codec import ANSWER, HELLO, REQUEST, SERVICE

from .connection import Unreachable
from .usage import UsageError

if TYPE_CHECKING:
    from bleak import BleakClient


class Link(Protocol):
    """A connection to a lock."""

    name: str

    async def hello(self) -> bytes:
        """A challenge."""

    async def write(self, frame: bytes) -> None:
        """A frame of the request."""

    async def answer(self) -> bytes:
        """The next frame that comes."""


@asynccontextmanager
async def find(door: str | None, wait_s: float, adapter: str | None = None) -> AsyncIterator[Link]:
    """A connection to the lock of that name or address, or to the first that is heard, over an adapter of Linux's.

    Raises `UsageError` without the library, `Unreachable` where there is no lock or no Bluetooth, `TimeoutError`.
    """
    try:
        from bleak import BleakClient, BleakScanner
        from bleak.args.bluez import BlueZScannerArgs
        from bleak.backends.device import BLEDevice
        from bleak.backends.scanner import AdvertisementData
        from bleak.exc import BleakError
    except ImportError:
        raise UsageError('A library is missing. Install it: uv tool install --reinstall "lock-bridge[key]".') from None

    def is_it(device: BLEDevice, told: AdvertisementData) -> bool:
        names = {device.address.casefold(), (told.local_name or device.name or "").casefold()}
        return SERVICE in told.service_uuids and (door is None or door.casefold() in names)

    try:
        chosen: BlueZScannerArgs = {"adapter": adapter} if adapter else {}
        device = await BleakScanner.find_device_by_filter(is_it, wait_s, service_uuids=[SERVICE], bluez=chosen)
        if device is None:
            raise Unreachable(f"No lock{f' called {door}' if door else ''} is near, or its Bluetooth is off.")
        async with BleakClient(device) as client:
            link = _BleakLink(client, device.name or device.address)
            await client.start_notify(ANSWER, lambda _which, frame: link.frames.put_nowait(bytes(frame)))
            yield link
    except BleakError as error:
        raise Unreachable(f"Bluetooth does not work here: {error}. Is it switched on, and the lock near?") from None


class _BleakLink:
    def __init__(self, client: BleakClient, name: str) -> None:
        self.name = name
        self.frames: asyncio.Queue[bytes] = asyncio.Queue()
        self._client = client

    async def hello(self) -> bytes:
        return bytes(await self._client.read_gatt_char(HELLO))

    async def write(self, frame: bytes) -> None:
        await self._client.write_gatt_char(REQUEST, frame, response=True)

    async def answer(self) -> bytes:
        return await self.frames.get()
