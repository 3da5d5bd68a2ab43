"""The port `radios` on a real machine: the Bluetooth key through BlueZ, and the Wi-Fi's signal."""

import asyncio
import logging
import random
import secrets
from collections.abc import Awaitable, Callable, Collection
from contextlib import suppress
from dataclasses import dataclass
from typing import Final

from dbus_fast import Message, MessageType

from lock_bridge.clock import Clock, Handle
from lock_bridge.engine.effects import PhoneTold, Radio
from lock_bridge.hardware.ports import Health, RadioSeen, Report
from lock_bridge.hardware.trouble import PartError, Trouble
from lock_bridge.hardware.upkeep import Upkeep
from lock_bridge.wire.words import Part

from .adapter import Adapter
from .bus import ADAPTER, BLUEZ, DBUS, DEVICE, OBJECT_MANAGER, PROPERTIES, Bus
from .gatt import Objects
from .service import KeyService
from .wifi import Wifi

_LOG: Final = logging.getLogger(__name__)

SIGNAL_MS: Final = 15_000
"""How often the Wi-Fi's signal is looked at."""

_NOTICEABLE_DB: Final = 3
_GRACE_S: Final = 2.0
_OFF: Final = "Bluetooth is off, as the lock's settings say"


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What the config says. `adapter` None: the first; `exclusive`: nobody else uses the adapter."""

    name: str
    adapter: str | None = None
    exclusive: bool = False
    address: str | None = None
    """Of the message bus; None: the system's."""


class BluezRadios:
    """Serves phones while Bluetooth is on; BlueZ and the adapter may come and go meanwhile."""

    def __init__(
        self,
        settings: Settings,
        clock: Clock,
        *,
        part: str = "radios",
        bluetooth: bool = True,
        wifi: Wifi | None = None,
        switches_wifi: bool = False,
        sleep: Callable[[float], Awaitable[object]] = asyncio.sleep,
        jitter: random.Random | None = None,
        random_bytes: Callable[[int], bytes] = secrets.token_bytes,
    ) -> None:
        """`bluetooth`, `wifi`: what this lock has; `switches_wifi`: the setting Wi-Fi reaches the machine's own.

        `part` is for the log.
        """
        self._settings = settings
        self._clock = clock
        self._wifi = wifi
        self._switches_wifi = switches_wifi
        self._radio = Radio(wifi=True, bluetooth=False)
        self._report: Report = lambda _reading: None
        self._seen: RadioSeen | None = None
        self._signal: int | None = None
        self._look: Handle | None = None
        self._end: asyncio.Future[None] | None = None
        self._bus: Bus | None = None
        self._adapter: Adapter | None = None
        self._objects: Objects | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self._switching = asyncio.Lock()
        self._service = KeyService(
            clock,
            report=lambda reading: self._report(reading),  # noqa: PLW0108 - to whom is said at the start
            send=self._send,
            hang_up=self._hang_up,
            changed=self._tell,
            random=random_bytes,
        )
        parts = (Part.BLUETOOTH,) if bluetooth else ()
        self._upkeep = Upkeep(parts, part, self._session, sleep=sleep, jitter=jitter)
        self._bluetooth = bluetooth

    @property
    def health(self) -> Health:
        """How the adapter is."""
        return self._upkeep.health if self._bluetooth else Health("served", words="Wi-Fi alone")

    async def start(self, report: Report) -> None:
        self._report = report
        self._look_at_signal()
        self._tell()
        if self._bluetooth:
            self._upkeep.start(report)

    async def stop(self) -> None:
        if self._look is not None:
            self._look.cancel()
            self._look = None
        self._service.end()
        await self._upkeep.stop(grace_s=_GRACE_S, wake=self._wake)
        self._service.close()
        self._report = lambda _reading: None
        self._seen = None
        if self._tasks:
            await asyncio.wait(tuple(self._tasks), timeout=_GRACE_S)
        await self._allow_wifi(on=True)

    def switch(self, radio: Radio) -> None:
        """The radios from now on."""
        before, self._radio = self._radio, radio
        if before.bluetooth != radio.bluetooth:
            if not radio.bluetooth:
                self._service.end()
            self._wake()
        if self._look is not None:  # it has been started
            self._look_at_signal()
            self._tell()

    def tell_phone(self, told: PhoneTold) -> None:
        """Answer the phone that is waiting."""
        self._service.told(told)

    async def _session(self) -> None:
        """Serve until the setting changes or the bridge stops; raise what took the adapter away."""
        self._end = asyncio.get_running_loop().create_future()
        try:
            if self._radio.bluetooth:
                await self._serve(self._end)
            else:
                await self._rest(self._end)
        finally:
            self._end = None

    async def _serve(self, end: asyncio.Future[None]) -> None:
        bus = self._bus = Bus(self._settings.address)
        try:
            await bus.open()
            bus.listen(self._heard)
            adapter = self._adapter = await Adapter.find(bus, self._settings.adapter)
            await adapter.power(on=True)
            self._objects = Objects(bus, self._service, self._settings.name, self._released)
            bus.listen(self._objects.answer)
            try:
                await adapter.offer(self._objects)
                self._upkeep.served(adapter.words)
                self._upkeep.works()
                self._tell(anew=True)
                await self._until(end, bus)
            finally:
                self._service.end()
                if not end.done() or end.exception() is None:
                    await self._leave(adapter)
        finally:
            self._service.end()
            self._bus = self._adapter = self._objects = None
            bus.close()

    async def _leave(self, adapter: Adapter) -> None:
        # Hanging up is under way; what is still connected then goes with the power, where that is ours.
        if self._tasks:
            await asyncio.wait(tuple(self._tasks), timeout=_GRACE_S)
        await adapter.withdraw()
        if self._settings.exclusive and not self._radio.bluetooth:
            with suppress(PartError):
                await adapter.power(on=False)

    async def _rest(self, end: asyncio.Future[None]) -> None:
        """Bluetooth is off: nothing of it is needed, so that nothing can be missing."""
        self._upkeep.served(_OFF)
        self._tell(anew=True)
        if self._settings.exclusive:
            with suppress(PartError):
                await self._power_off()
        await end

    async def _power_off(self) -> None:
        bus = Bus(self._settings.address)
        try:
            await bus.open()
            adapter = await Adapter.find(bus, self._settings.adapter)
            await adapter.power(on=False)
        finally:
            bus.close()

    async def _until(self, end: asyncio.Future[None], bus: Bus) -> None:
        lost = asyncio.ensure_future(bus.lost())
        try:
            await asyncio.wait((end, lost), return_when=asyncio.FIRST_COMPLETED)
            if end.done():
                end.result()
            else:
                raise PartError("the system bus has hung up", Trouble.SERVICE_MISSING)
        finally:
            lost.cancel()
            with suppress(asyncio.CancelledError, OSError, EOFError):
                await lost

    def _wake(self) -> None:
        if self._end is not None and not self._end.done():
            self._end.set_result(None)

    def _fail(self, what: str, trouble: Trouble) -> None:
        if self._end is not None and not self._end.done():
            self._end.set_exception(PartError(what, trouble))
            self._end.exception()  # it is known, also where nobody waits for it yet

    def _heard(self, message: Message) -> None:
        """What BlueZ, and the bus of BlueZ, tell by themselves."""
        bus = self._bus
        if bus is None or message.message_type is not MessageType.SIGNAL:
            return
        if message.member == "NameOwnerChanged" and message.sender == DBUS and message.body[0] == BLUEZ:
            self._fail("bluetoothd has ended", Trouble.SERVICE_MISSING)
        elif message.sender == bus.owner:
            if message.interface == PROPERTIES and message.member == "PropertiesChanged":
                self._changed(message.path or "", message.body[0], message.body[1])
            elif message.interface == OBJECT_MANAGER and message.member == "InterfacesRemoved":
                self._removed(message.body[0], message.body[1])

    def _changed(self, path: str, interface: str, values: dict[str, object]) -> None:
        if interface == DEVICE and _is_false(values.get("Connected")):
            self._service.gone(path)
        elif interface == ADAPTER and self._is_ours(path) and _is_false(values.get("Powered")):
            self._fail("the adapter has been switched off", Trouble.SWITCHED_OFF)

    def _removed(self, path: str, interfaces: Collection[str]) -> None:
        if DEVICE in interfaces:
            self._service.gone(path)
        elif ADAPTER in interfaces and self._is_ours(path):
            self._fail("the adapter has been unplugged", Trouble.UNPLUGGED)

    def _is_ours(self, path: str) -> bool:
        return self._adapter is not None and self._adapter.path == path

    def _released(self) -> None:
        self._fail("BlueZ has dropped the advertisement", Trouble.NO_ANSWER)

    def _send(self, _peer: str, frame: bytes) -> None:
        if self._objects is not None:
            self._objects.notify(frame)

    def _hang_up(self, peer: str) -> None:
        if self._adapter is not None:
            self._spawn(self._adapter.hang_up(peer))

    def _spawn(self, work: Awaitable[None]) -> None:
        task = asyncio.ensure_future(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def _look_at_signal(self) -> None:
        if self._look is not None:
            self._look.cancel()
        self._look = self._clock.call_later(SIGNAL_MS, self._look_again)
        if self._wifi is not None:
            self._signal = self._wifi.signal_dbm()
            if self._switches_wifi:
                self._spawn(self._allow_wifi(on=self._radio.wifi))

    def _look_again(self) -> None:
        self._look_at_signal()
        self._tell()

    async def _allow_wifi(self, *, on: bool) -> None:
        if self._wifi is None or not self._switches_wifi:
            return
        async with self._switching:
            try:
                await asyncio.to_thread(self._wifi.allow, on)
            except OSError as error:
                _LOG.warning("Wi-Fi cannot be switched: %s. Give the bridge's user /dev/rfkill", error.strerror)

    def _tell(self, *, anew: bool = False) -> None:
        """Report signal and connection where they are noticeably other than before."""
        signal = self._signal if self._radio.wifi else None
        before = self._seen
        if before is not None and signal is not None and before.signal_dbm is not None:
            signal = signal if abs(signal - before.signal_dbm) >= _NOTICEABLE_DB else before.signal_dbm
        seen = RadioSeen(signal, self._service.connected and self._radio.bluetooth)
        if self._look is not None and (anew or seen != before):
            self._seen = seen
            self._report(seen)


def _is_false(variant: object) -> bool:
    return getattr(variant, "value", None) is False
