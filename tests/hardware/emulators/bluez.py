"""bluetoothd as the driver sees it, on a real message bus of the test's own, with phones that come to its adapter.

It behaves as BlueZ 5.66 to 5.87 do where the driver can tell (src/gatt-database.c, src/advertising.c, src/adapter.c):
it reads an application's objects when that is registered, tells who reads and writes by `device`, notifies every phone
that is connected, and knows its errors by their names. tests/vm runs the same driver against the true one.
"""

import asyncio
import shutil
import subprocess
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import pytest
from dbus_fast import DBusError, Message, MessageType, Variant
from dbus_fast.aio import MessageBus

from lock_bridge.ble.codec import ANSWER, HELLO, REQUEST, Answer, Operation, Phone
from lock_bridge.ble.visitor import Exchange

WAIT_S: Final = 20
"""Nothing here takes as long, on however busy a machine."""

_ADAPTER: Final = "org.bluez.Adapter1"
_GATT: Final = "org.bluez.GattManager1"
_ADVERTISING: Final = "org.bluez.LEAdvertisingManager1"
_DEVICE: Final = "org.bluez.Device1"
_CHARACTERISTIC: Final = "org.bluez.GattCharacteristic1"
_PROPERTIES: Final = "org.freedesktop.DBus.Properties"
_OBJECTS: Final = "org.freedesktop.DBus.ObjectManager"

_CONFIG: Final = """<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig>
  <listen>unix:path={path}</listen>
  <policy context="default">
    <allow user="*"/><allow own="*"/><allow send_destination="*"/><allow receive_sender="*"/>
  </policy>
</busconfig>
"""


class System:
    """A message bus that is there for the test alone."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._process: subprocess.Popen[bytes] | None = None
        self.address = f"unix:path={folder / 'bus'}"

    def start(self) -> None:
        program = shutil.which("dbus-daemon")
        if program is None:
            pytest.skip("no dbus-daemon: apt-get install dbus-daemon")
        config = self._folder / "bus.conf"
        config.write_text(_CONFIG.format(path=self._folder / "bus"))
        self._process = subprocess.Popen(
            [program, "--nofork", "--nopidfile", f"--config-file={config}", "--print-address=1"], stdout=subprocess.PIPE
        )
        assert self._process.stdout is not None
        assert self._process.stdout.readline(), "dbus-daemon has not started"

    def stop(self) -> None:
        process, self._process = self._process, None
        if process is not None:
            process.terminate()
            process.wait(WAIT_S)
            assert process.stdout is not None
            process.stdout.close()
            (self._folder / "bus").unlink(missing_ok=True)


@dataclass
class Stick:
    """A Bluetooth adapter."""

    path: str = "/org/bluez/hci0"
    address: str = "F0:F1:F2:F3:F4:F5"
    powered: bool = False
    blocked: bool = False
    low_energy: bool = True
    slots: int = 5
    plain_only: bool = False
    """It takes no more in an advertisement than the service."""


@dataclass
class Application:
    """What somebody has registered."""

    owner: str
    path: str
    objects: dict[str, dict[str, dict[str, Variant]]] = field(default_factory=dict)

    def at(self, uuid: str) -> str:
        """The path of a characteristic."""
        for path, interfaces in self.objects.items():
            if _CHARACTERISTIC in interfaces and interfaces[_CHARACTERISTIC]["UUID"].value == uuid:
                return path
        raise AssertionError(f"no characteristic {uuid}")


class Bluez:
    """bluetoothd. What happens in it wakes whoever waits by `until`."""

    def __init__(self, system: System, *sticks: Stick) -> None:
        self.system = system
        self.sticks = {stick.path: stick for stick in sticks or (Stick(),)}
        self.application: Application | None = None
        self.advertisement: dict[str, Variant] | None = None
        self.refused: list[str] = []
        self.phones: dict[str, Handset] = {}
        self.denied = False
        self.silent = False
        self.bus: MessageBus | None = None
        self.power_set = 0
        self._changed = asyncio.Condition()
        self._tasks: set[asyncio.Task[None]] = set()

    async def start(self) -> None:
        self.bus = await MessageBus(self.system.address).connect()
        self.bus.add_message_handler(self._heard)
        await self.bus.request_name("org.bluez")

    async def stop(self) -> None:
        """bluetoothd ends, and all that was registered with it."""
        bus, self.bus = self.bus, None
        for phone in tuple(self.phones.values()):
            phone.connected = False
        self.phones.clear()
        self.application = self.advertisement = None
        if bus is not None:
            bus.disconnect()
            await bus.wait_for_disconnect()
        await self.wake()

    async def restart(self) -> None:
        await self.stop()
        await self.start()

    async def until(self, holds: Callable[[], bool]) -> None:
        async with asyncio.timeout(WAIT_S), self._changed:
            await self._changed.wait_for(holds)

    async def wake(self) -> None:
        async with self._changed:
            self._changed.notify_all()

    async def served(self) -> None:
        """The service is offered and advertised."""
        await self.until(lambda: self.application is not None and self.advertisement is not None)

    async def unplug(self, path: str = "/org/bluez/hci0") -> Stick:
        """Pull an adapter."""
        stick = self.sticks.pop(path)
        for phone in tuple(self.phones.values()):
            await phone.leave()
        self.application = self.advertisement = None
        interfaces = [_ADAPTER, _GATT, _ADVERTISING]
        self._signal("/", _OBJECTS, "InterfacesRemoved", "oas", path, interfaces)
        return stick

    def plug(self, stick: Stick) -> None:
        self.sticks[stick.path] = stick
        self._signal("/", _OBJECTS, "InterfacesAdded", "oa{sa{sv}}", stick.path, self._interfaces(stick))

    def block(self, path: str = "/org/bluez/hci0") -> None:
        """`rfkill block bluetooth`."""
        stick = self.sticks[path]
        stick.powered, stick.blocked = False, True
        changed = {"Powered": Variant("b", False), "PowerState": Variant("s", "off-blocked")}
        self._signal(path, _PROPERTIES, "PropertiesChanged", "sa{sv}as", _ADAPTER, changed, [])

    def unblock(self, path: str = "/org/bluez/hci0") -> None:
        self.sticks[path].blocked = False

    async def call(self, application: Application, path: str, member: str, signature: str, *body: Any) -> Message:
        """Call an object of an application, as BlueZ does for a phone."""
        assert self.bus is not None
        message = Message(application.owner, path, _CHARACTERISTIC, member, signature=signature, body=list(body))
        async with asyncio.timeout(WAIT_S):
            return await self.bus.call(message)

    def tell_disconnected(self, phone: Handset) -> None:
        changed = {"Connected": Variant("b", False)}
        self._signal(phone.path, _PROPERTIES, "PropertiesChanged", "sa{sv}as", _DEVICE, changed, [])

    def _signal(self, path: str, interface: str, member: str, signature: str, *body: Any) -> None:
        if self.bus is not None:
            self.bus.send(Message.new_signal(path, interface, member, signature, list(body)))

    def _interfaces(self, stick: Stick) -> dict[str, dict[str, Variant]]:
        state = "off-blocked" if stick.blocked else "on" if stick.powered else "off"
        adapter = {
            "Address": Variant("s", stick.address),
            "Powered": Variant("b", stick.powered),
            "PowerState": Variant("s", state),
        }
        found: dict[str, dict[str, Variant]] = {_ADAPTER: adapter}
        if stick.low_energy:
            found |= {_GATT: {}, _ADVERTISING: {"SupportedInstances": Variant("y", stick.slots)}}
        return found

    def _heard(self, message: Message) -> Message | bool | None:
        if message.message_type is MessageType.SIGNAL and message.member == "PropertiesChanged":
            self._notified(message)
            return None
        if message.message_type is not MessageType.METHOD_CALL or self.silent:
            return self.silent
        if self.denied and message.interface in (_GATT, _ADVERTISING, _PROPERTIES):
            raise DBusError("org.freedesktop.DBus.Error.AccessDenied", "Rejected send message")
        match message.interface, message.member:
            case "org.freedesktop.DBus.ObjectManager", "GetManagedObjects":
                objects = {path: self._interfaces(stick) for path, stick in self.sticks.items()}
                return Message.new_method_return(message, "a{oa{sa{sv}}}", [objects])
            case "org.freedesktop.DBus.Properties", "Get":
                _, name = message.body
                value = self._interfaces(self._stick(message))[_ADAPTER][name]
                return Message.new_method_return(message, "v", [value])
            case "org.freedesktop.DBus.Properties", "Set":
                return self._power(message)
            case "org.bluez.Device1", "Disconnect":
                phone = self.phones.get(message.path or "")
                if phone is None:
                    raise DBusError("org.bluez.Error.NotConnected", "Not Connected")
                self._spawn(phone.cut_off())
                return Message.new_method_return(message)
            case ("org.bluez.GattManager1", _) | ("org.bluez.LEAdvertisingManager1", _):
                self._stick(message)
                self._spawn(self._manage(message))
                return True
        return None

    def _stick(self, message: Message) -> Stick:
        if message.path not in self.sticks:
            raise DBusError("org.freedesktop.DBus.Error.UnknownObject", f"Method {message.member} doesn't exist")
        return self.sticks[message.path]

    def _power(self, message: Message) -> Message:
        stick = self._stick(message)
        _, name, value = message.body
        assert name == "Powered"
        if value.value and stick.blocked:
            raise DBusError("org.bluez.Error.Failed", "Failed")
        stick.powered = value.value
        self.power_set += 1
        changed = {"Powered": Variant("b", stick.powered)}
        self._signal(stick.path, _PROPERTIES, "PropertiesChanged", "sa{sv}as", _ADAPTER, changed, [])
        self._spawn(self.wake())
        return Message.new_method_return(message)

    async def _manage(self, message: Message) -> None:
        """Register or unregister; the answer comes when the owner's objects have been read."""
        assert self.bus is not None
        bus = self.bus
        try:
            await self._managed(message)
            reply = Message.new_method_return(message)
        except DBusError as error:
            self.refused.append(error.type)
            reply = Message.new_error(message, error.type, error.text)
        if bus.connected:
            bus.send(reply)
        await self.wake()

    async def _managed(self, message: Message) -> None:
        path, owner = message.body[0], message.sender or ""
        assert self.bus is not None
        stick = self._stick(message)
        match message.member:
            case "RegisterApplication":
                asked = Message(owner, path, _OBJECTS, "GetManagedObjects")
                reply = await self.bus.call(asked)
                assert reply.message_type is MessageType.METHOD_RETURN, reply.body
                self.application = Application(owner, path, reply.body[0])
            case "UnregisterApplication":
                if self.application is None or self.application.path != path:
                    raise DBusError("org.bluez.Error.DoesNotExist", "Does Not Exist")
                self.application = None
            case "RegisterAdvertisement":
                if not stick.powered:
                    raise DBusError("org.bluez.Error.NotReady", "Not Ready")
                if stick.slots == 0:
                    raise DBusError("org.bluez.Error.NotPermitted", "Maximum advertisements reached")
                asked = Message(owner, path, _PROPERTIES, "GetAll", signature="s", body=["org.bluez.LEAdvertisement1"])
                reply = await self.bus.call(asked)
                assert reply.message_type is MessageType.METHOD_RETURN, reply.body
                if stick.plain_only and set(reply.body[0]) > {"Type", "ServiceUUIDs"}:
                    raise DBusError("org.bluez.Error.Failed", "Failed to register advertisement")
                self.advertisement = reply.body[0]
            case "UnregisterAdvertisement":
                if self.advertisement is None:
                    raise DBusError("org.bluez.Error.DoesNotExist", "Does Not Exist")
                self.advertisement = None

    def _notified(self, message: Message) -> None:
        application = self.application
        if application is None or message.sender != application.owner or message.path != application.at(ANSWER):
            return
        interface, changed, _ = message.body
        if interface == _CHARACTERISTIC and "Value" in changed:
            for phone in self.phones.values():
                phone.notified(bytes(changed["Value"].value))

    def _spawn(self, work: Any) -> None:
        task = asyncio.ensure_future(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


class Handset:
    """A visitor's phone at the adapter."""

    _next = 0

    def __init__(self, bluez: Bluez, phone: Phone, *, mtu: int = 23) -> None:
        Handset._next += 1
        self.bluez = bluez
        self.phone = phone
        self.mtu = mtu
        self.path = f"/org/bluez/hci0/dev_C4_F2_17_1A_00_{Handset._next % 256:02X}"
        self.connected = False
        self.frames: asyncio.Queue[bytes | None] = asyncio.Queue()
        self.counter = 0

    def come(self) -> None:
        """Connect, as a phone can to what advertises."""
        assert self.bluez.advertisement is not None, "the phone finds no lock here"
        self.connected = True
        self.frames = asyncio.Queue()
        self.bluez.phones[self.path] = self

    async def leave(self) -> None:
        await self.cut_off()

    async def cut_off(self) -> None:
        """The connection has ended."""
        if self.connected:
            self.connected = False
            self.bluez.phones.pop(self.path, None)
            self.bluez.tell_disconnected(self)
            self.frames.put_nowait(None)
        await self.bluez.wake()

    def notified(self, frame: bytes) -> None:
        self.frames.put_nowait(frame[: self.mtu - 3])

    async def read_hello(self) -> bytes:
        """As ATT does: in pieces of the MTU."""
        value = b""
        while True:
            piece = await self._read(len(value))
            value += piece[: self.mtu - 1]
            if len(piece) < self.mtu:
                return value

    async def write(self, frame: bytes, **options: Variant) -> str | None:
        """Write a frame; the name of the error, if it is refused."""
        assert len(frame) <= self.mtu - 3 or options
        application = self._application
        given = self._options | options
        reply = await self.bluez.call(application, application.at(REQUEST), "WriteValue", "aya{sv}", frame, given)
        return reply.error_name if reply.message_type is MessageType.ERROR else None

    async def begin(self) -> Exchange:
        if not self.connected:
            self.come()
        return Exchange(await self.read_hello())

    async def pair(self, code: str) -> Answer | None:
        """Give the pairing code; the lock's answer, or None when the connection ends first."""
        exchange = await self.begin()
        return await self._ask(exchange, list(exchange.pair(self.phone, code)))

    async def act(self, operation: Operation, key: str) -> Answer | None:
        exchange = await self.begin()
        self.counter += 1
        return await self._ask(exchange, list(exchange.act(self.phone, operation, key, self.counter)))

    async def _ask(self, exchange: Exchange, frames: list[bytes]) -> Answer | None:
        for frame in frames:
            assert await self.write(frame) is None
        async with asyncio.timeout(WAIT_S):
            while (frame_told := await self.frames.get()) is not None:
                if (answer := exchange.take(frame_told)) is not None:
                    return answer
        return None

    async def _read(self, offset: int) -> bytes:
        application = self._application
        options = self._options | ({"offset": Variant("q", offset)} if offset else {})
        reply = await self.bluez.call(application, application.at(HELLO), "ReadValue", "a{sv}", options)
        if reply.message_type is MessageType.ERROR:
            raise PermissionError(reply.error_name)
        return bytes(reply.body[0])

    @property
    def _application(self) -> Application:
        assert self.bluez.application is not None
        return self.bluez.application

    @property
    def _options(self) -> dict[str, Variant]:
        return {"device": Variant("o", self.path), "mtu": Variant("q", self.mtu), "link": Variant("s", "LE")}
