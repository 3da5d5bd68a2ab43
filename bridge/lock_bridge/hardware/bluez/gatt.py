"""The objects that BlueZ reads from us: the service with its characteristics, and the advertisement."""

from collections.abc import Callable, Mapping
from typing import Any, Final

from dbus_fast import DBusError, Message, MessageFlag, MessageType, Variant

from lock_bridge.ble.codec import ANSWER, FRAME_MAX, HELLO, MESSAGE_MAX, REQUEST, SERVICE

from .bus import OBJECT_MANAGER, PROPERTIES, Bus
from .service import KeyService, TooMany

APPLICATION: Final = "/lock_bridge/key"
ADVERTISEMENT: Final = "/lock_bridge/advertisement"

_SERVICE_PATH: Final = f"{APPLICATION}/service"
_HELLO_PATH: Final = f"{_SERVICE_PATH}/hello"
_REQUEST_PATH: Final = f"{_SERVICE_PATH}/request"
_ANSWER_PATH: Final = f"{_SERVICE_PATH}/answer"

_SERVICE: Final = "org.bluez.GattService1"
_CHARACTERISTIC: Final = "org.bluez.GattCharacteristic1"
_ADVERTISEMENT: Final = "org.bluez.LEAdvertisement1"

type _Properties = dict[str, Variant]
type _Objects = dict[str, dict[str, _Properties]]


def _characteristic(uuid: str, flag: str) -> dict[str, _Properties]:
    return {
        _CHARACTERISTIC: {
            "UUID": Variant("s", uuid),
            "Service": Variant("o", _SERVICE_PATH),
            "Flags": Variant("as", [flag]),
        }
    }


def _application() -> _Objects:
    return {
        _SERVICE_PATH: {_SERVICE: {"UUID": Variant("s", SERVICE), "Primary": Variant("b", True)}},
        _HELLO_PATH: _characteristic(HELLO, "read"),
        # Not "write-without-response": BlueZ then tells a phone nothing of what was refused, and slows nobody down.
        _REQUEST_PATH: _characteristic(REQUEST, "write"),
        _ANSWER_PATH: _characteristic(ANSWER, "notify"),
    }


def _advertisement(name: str | None) -> _Properties:
    plain = {"Type": Variant("s", "peripheral"), "ServiceUUIDs": Variant("as", [SERVICE])}
    if name is None:
        return plain
    return plain | {"LocalName": Variant("s", name), "Discoverable": Variant("b", True)}


class Objects:
    """Answers BlueZ's calls; anybody else's are refused."""

    def __init__(self, bus: Bus, service: KeyService, name: str, released: Callable[[], None]) -> None:
        self._bus = bus
        self._service = service
        self._name: str | None = name
        self._released = released
        self._application = _application()

    def plain(self) -> None:
        """Advertise the service alone: not every adapter takes more."""
        self._name = None

    def notify(self, frame: bytes) -> None:
        """Tell the phones that are connected; each takes what is of its session."""
        changed = {"Value": Variant("ay", frame)}
        self._bus.tell(_ANSWER_PATH, PROPERTIES, "PropertiesChanged", "sa{sv}as", _CHARACTERISTIC, changed, [])

    def answer(self, message: Message) -> Message | bool | None:
        """A handler of the bus: the reply to a call for one of these objects."""
        if message.message_type is not MessageType.METHOD_CALL or not (message.path or "").startswith("/lock_bridge/"):
            return None
        if message.sender != self._bus.owner:
            raise DBusError("org.freedesktop.DBus.Error.AccessDenied", "These objects are for BlueZ.")
        handlers: Mapping[tuple[str | None, str | None, str], Callable[[Message], Message]] = {
            (OBJECT_MANAGER, "GetManagedObjects", ""): self._managed,
            (PROPERTIES, "GetAll", "s"): self._properties,
            (PROPERTIES, "Get", "ss"): self._property,
            (_CHARACTERISTIC, "ReadValue", "a{sv}"): self._read,
            (_CHARACTERISTIC, "WriteValue", "aya{sv}"): self._write,
            (_CHARACTERISTIC, "StartNotify", ""): _done,
            (_CHARACTERISTIC, "StopNotify", ""): _done,
            (_ADVERTISEMENT, "Release", ""): self._release,
        }
        handler = handlers.get((message.interface, message.member, message.signature))
        if handler is None:
            raise DBusError("org.freedesktop.DBus.Error.UnknownMethod", "There is no such method.")
        reply = handler(message)
        # The bus takes no reply that nobody waits for, as to `StartNotify`.
        return True if message.flags & MessageFlag.NO_REPLY_EXPECTED else reply

    def _managed(self, message: Message) -> Message:
        if message.path != APPLICATION:
            raise DBusError("org.freedesktop.DBus.Error.UnknownObject", "Nothing is managed here.")
        return Message.new_method_return(message, "a{oa{sa{sv}}}", [self._application])

    def _properties(self, message: Message) -> Message:
        return Message.new_method_return(message, "a{sv}", [self._of(message.path, message.body[0])])

    def _property(self, message: Message) -> Message:
        interface, name = message.body
        found = self._of(message.path, interface).get(name)
        if found is None:
            raise DBusError("org.freedesktop.DBus.Error.UnknownProperty", "There is no such property.")
        return Message.new_method_return(message, "v", [found])

    def _of(self, path: str | None, interface: str) -> _Properties:
        if path == ADVERTISEMENT and interface == _ADVERTISEMENT:
            return _advertisement(self._name)
        found = self._application.get(path or "", {}).get(interface)
        if found is None:
            raise DBusError("org.freedesktop.DBus.Error.UnknownObject", "There is no such object.")
        return found

    def _read(self, message: Message) -> Message:
        if message.path != _HELLO_PATH:
            raise DBusError("org.bluez.Error.NotPermitted", "This is not to be read.")
        options = _plain(message.body[0])
        try:
            hello = self._service.hello(_peer(options), _number(options, "mtu"), _number(options, "offset"))
        except TooMany:
            raise DBusError("org.bluez.Error.NotAuthorized", "Too often.") from None
        return Message.new_method_return(message, "ay", [hello])

    def _write(self, message: Message) -> Message:
        if message.path != _REQUEST_PATH:
            raise DBusError("org.bluez.Error.NotPermitted", "This is not to be written.")
        frame, options = bytes(message.body[0]), _plain(message.body[1])
        if _number(options, "offset"):
            raise DBusError("org.bluez.Error.InvalidOffset", "Frames are written whole.")
        if len(frame) > max(FRAME_MAX, MESSAGE_MAX):
            raise DBusError("org.bluez.Error.InvalidValueLength", "No frame is as long.")
        self._service.take(_peer(options), frame)
        return _done(message)

    def _release(self, message: Message) -> Message:
        self._released()
        return _done(message)


def _done(message: Message) -> Message:
    return Message.new_method_return(message)


def _plain(options: Mapping[str, Variant]) -> dict[str, Any]:
    return {name: variant.value for name, variant in options.items()}


def _peer(options: Mapping[str, Any]) -> str:
    device = options.get("device")
    if not isinstance(device, str):  # BlueZ before 5.47 does not say who it is; nobody can be told apart then
        raise DBusError("org.bluez.Error.NotSupported", "BlueZ is too old.")
    return device


def _number(options: Mapping[str, Any], name: str) -> int:
    value = options.get(name, 0)
    return value if isinstance(value, int) else 0
