"""The system's message bus, as far as BlueZ is concerned: calls with a time limit, and errors as troubles."""

import asyncio
import logging
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, Final

from dbus_fast import BusType, Message, MessageType
from dbus_fast.aio import MessageBus
from dbus_fast.errors import AuthError, DBusError, InvalidAddressError

from lock_bridge.hardware.trouble import PartError, Trouble

logging.getLogger("dbus_fast").setLevel(logging.WARNING)  # it prints messages at DEBUG

BLUEZ: Final = "org.bluez"
ADAPTER: Final = "org.bluez.Adapter1"
DEVICE: Final = "org.bluez.Device1"
GATT_MANAGER: Final = "org.bluez.GattManager1"
ADVERTISING_MANAGER: Final = "org.bluez.LEAdvertisingManager1"
PROPERTIES: Final = "org.freedesktop.DBus.Properties"
OBJECT_MANAGER: Final = "org.freedesktop.DBus.ObjectManager"
DBUS: Final = "org.freedesktop.DBus"

CALL_S: Final = 10.0
"""How long BlueZ may take for an answer; switching an adapter on is the slowest."""

_BUS_PATH: Final = "/org/freedesktop/DBus"


class Refused(PartError):
    """BlueZ has refused a call; `name` is its error's."""

    def __init__(self, name: str, text: str) -> None:
        super().__init__(f"{name}: {text}" if text else name, _trouble(name, text))
        self.name = name


class Bus:
    """One connection to the system's bus, for one session with BlueZ."""

    def __init__(self, address: str | None = None) -> None:
        """`address` None: the system's own."""
        self._address = address
        self._bus: MessageBus | None = None
        self.owner: str | None = None
        """The connection that BlueZ has now; nobody else may tell or ask us anything."""

    async def open(self) -> None:
        """Connect, and find BlueZ. Raises `PartError`."""
        try:
            self._bus = MessageBus(self._address, bus_type=BusType.SYSTEM)
            async with asyncio.timeout(CALL_S):
                await self._bus.connect()
        except (OSError, TimeoutError, EOFError, AuthError, InvalidAddressError) as error:
            self._bus = None
            raise PartError(f"no system bus: {type(error).__name__}", Trouble.SERVICE_MISSING) from error
        await self._match("type='signal',sender='org.freedesktop.DBus',member='NameOwnerChanged',arg0='org.bluez'")
        await self._match(f"type='signal',sender='org.bluez',interface='{OBJECT_MANAGER}'")
        await self._match(f"type='signal',sender='org.bluez',interface='{PROPERTIES}',path_namespace='/org/bluez'")
        (self.owner,) = await self.call(_BUS_PATH, DBUS, "GetNameOwner", "s", BLUEZ, to=DBUS)

    def listen(self, handler: Callable[[Message], Message | bool | None]) -> None:
        """Hear everything that comes in; what is returned answers a call."""
        self._connected.add_message_handler(handler)

    async def lost(self) -> None:
        """Return when the connection has ended."""
        await self._connected.wait_for_disconnect()  # type: ignore[no-untyped-call]

    def close(self) -> None:
        """Hang up; BlueZ forgets what was registered over this connection."""
        bus, self._bus = self._bus, None
        if bus is not None and bus.connected:
            bus.disconnect()

    async def call(
        self, path: str, interface: str, member: str, signature: str = "", *body: Any, to: str = BLUEZ
    ) -> list[Any]:
        """What a method answers. Raises `Refused`, or `PartError` when there is no answer."""
        message = Message(to, path, interface, member, signature=signature, body=list(body))
        try:
            async with asyncio.timeout(CALL_S):
                reply = await self._connected.call(message)
        except TimeoutError:
            raise PartError(f"BlueZ does not answer {member}", Trouble.NO_ANSWER) from None
        except (OSError, EOFError, DBusError) as error:
            raise PartError(f"the system bus is gone: {type(error).__name__}", Trouble.SERVICE_MISSING) from error
        if reply.message_type is MessageType.ERROR:
            text = str(reply.body[0]) if reply.body else ""
            raise Refused(reply.error_name or "", text)
        return list(reply.body)

    def tell(self, path: str, interface: str, member: str, signature: str, *body: Any) -> None:
        """Signal something to BlueZ alone."""
        if self._bus is not None and self._bus.connected and self.owner is not None:
            message = Message(
                self.owner, path, interface, member, MessageType.SIGNAL, signature=signature, body=list(body)
            )
            self._bus.send(message)

    @property
    def _connected(self) -> MessageBus:
        if self._bus is None:
            raise PartError("the system bus is not connected", Trouble.SERVICE_MISSING)
        return self._bus

    async def _match(self, rule: str) -> None:
        await self.call(_BUS_PATH, DBUS, "AddMatch", "s", rule, to=DBUS)


def _trouble(name: str, text: str) -> Trouble:
    if "rfkill" in text.lower() or "blocked" in text.lower():
        return Trouble.SWITCHED_OFF
    return _TROUBLES.get(name, Trouble.NO_ANSWER)


_TROUBLES: Final[Mapping[str, Trouble]] = MappingProxyType(
    {
        "org.bluez.Error.Blocked": Trouble.SWITCHED_OFF,
        "org.bluez.Error.NotReady": Trouble.SWITCHED_OFF,
        "org.bluez.Error.NotPermitted": Trouble.IN_USE,
        "org.bluez.Error.AlreadyExists": Trouble.IN_USE,
        "org.bluez.Error.NotSupported": Trouble.UNSUPPORTED,
        "org.freedesktop.DBus.Error.AccessDenied": Trouble.NO_PERMISSION,
        "org.freedesktop.DBus.Error.ServiceUnknown": Trouble.SERVICE_MISSING,
        "org.freedesktop.DBus.Error.NameHasNoOwner": Trouble.SERVICE_MISSING,
        "org.freedesktop.DBus.Error.Disconnected": Trouble.SERVICE_MISSING,
        "org.freedesktop.DBus.Error.NoReply": Trouble.SERVICE_MISSING,
        "org.freedesktop.DBus.Error.UnknownObject": Trouble.MISSING,
        "org.freedesktop.DBus.Error.UnknownInterface": Trouble.MISSING,
        "org.freedesktop.DBus.Error.UnknownMethod": Trouble.MISSING,
    }
)
