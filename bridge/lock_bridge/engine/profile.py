"""A lock model as data: what differs between models is asked of its profile, never of the model's name."""

from collections.abc import Mapping
from dataclasses import MISSING, dataclass, fields
from types import MappingProxyType
from typing import Any, Final, Literal, get_args

from lock_bridge.wire.words import CredentialType

from .inputs import Key
from .model import Settings

type BoltKind = Literal["motor", "clutch"]
type BatteryKind = Literal["cells", "pack"]
type SimplePasscodes = Literal["setting_off", "setting_on", "refused"]
type MenuKind = Literal["codes", "numbered"]
type MenuItem = Literal[
    "new_administrator", "new_user", "delete", "door_direction", "clear_bluetooth", "system_information"
]
type PrivacyKind = Literal["knob", "thumb_turn"]
type EmergencySupply = Literal["micro_usb", "type_c"]

_CHOICES: Final[Mapping[str, tuple[str, ...]]] = {
    "bolt_kind": get_args(BoltKind.__value__),
    "battery_kind": get_args(BatteryKind.__value__),
    "simple_passcodes": get_args(SimplePasscodes.__value__),
    "menu": get_args(MenuKind.__value__),
    "menu_items": get_args(MenuItem.__value__),
    "privacy": get_args(PrivacyKind.__value__),
    "emergency_supply": get_args(EmergencySupply.__value__),
}

_FLAGS: Final = frozenset(
    {
        "door_contact",
        "battery_indicator",
        "bluetooth_blocks_remote",
        "peephole_button",
        "outside_lock",
        "one_time_mute",
        "rear_screen",
        "camera",
    }
)

_MENU_KEYS: Final = 9

DIGITS = frozenset(Key(str(digit)) for digit in range(10))


class ProfileError(ValueError):
    """A profile's data are wrong; the message names the key and what is allowed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CredentialLimits:
    """What a lock takes of one kind of credential (CAP-1 to CAP-9, CAP-14). `per_user` None: no limit of its own."""

    slots: int
    per_user: int | None = None
    steps: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """One lock model. Times in milliseconds unless named otherwise."""

    id: str
    name: str
    confirm_label: str
    """What stands on the confirm key; on the wire and in words it is `ok`."""
    back_label: str
    keys: frozenset[Key]
    """Keys and buttons that are there, digits included."""
    bolt_kind: BoltKind
    """`motor` throws and draws the bolt; `clutch` only couples the outside handle (BLT-13)."""
    door_contact: bool
    battery_kind: BatteryKind
    battery_indicator: bool
    users: int
    """How many users the lock numbers; 0: it knows none, and persons are only in the app (CAP-10, USR-8)."""
    credentials: Mapping[CredentialType, CredentialLimits]
    settings: frozenset[str]
    """Names of `Settings` that the lock has."""
    menu: MenuKind
    """`codes`: a code opens it, short codes say what to do (L2S-1); `numbered`: SET, then numbered items (DLM-2)."""
    menu_items: tuple[str, ...] = ()
    """Of a numbered menu, from 1 (DLM-3, DLM-4)."""
    enrol_items: tuple[CredentialType, ...] = ()
    """What can be enrolled under "new administrator" and "new user", from 1."""
    menu_code: str = "3571"
    """What opens a menu of short codes."""
    initialise_code: str = "3570"
    emergency_supply: EmergencySupply = "type_c"
    """What fits the socket at the front (CAP-17)."""
    privacy: PrivacyKind | None = None
    """What blocks the outside from inside (BLT-9)."""
    peephole_button: bool = False
    """An anti-peephole button makes the inside handle dead (BLT-9)."""
    outside_lock: bool = False
    """BLT-2: the confirm key on the front locks."""
    one_time_mute: bool = False
    """DLM-12."""
    rear_screen: bool = False
    """DLM-13."""
    camera: bool = False
    reset_key: Key
    """Held while the power comes back it asks for a factory reset (RST-1)."""
    reset_hold_ms: int = 5_000
    reset_confirm_ms: int = 20_000
    pairing_flashes: Key | None = None
    """The digit that flashes in pairing mode (L2S-12, DLM-11)."""
    digit_ms: int = 600
    """How long a digit of a number lights (USR-2)."""
    look_ms: int = 10_000
    """How long a face is looked for (VER-5)."""
    outside_lock_ms: int = 60_000
    palm_ms: int = 20_000
    """How long a palm may take to be enrolled (DLM-14)."""
    passcode_min: int = 6
    passcode_max: int = 10
    entry_max: int = 20
    simple_passcodes: SimplePasscodes = "setting_on"
    """CAP-12: may runs and repeats be passcodes: a setting with this default, or never."""
    idle_ms: int = 20_000
    failures: int = 5
    failure_window_ms: int | None = None
    """VER-7: the failures count only within this time; None: no limit in time."""
    lockout_ms: tuple[int, ...] = (180_000, 180_000, 360_000, 720_000, 1_440_000, 2_880_000, 3_600_000)
    """VER-11: how long each lockout in a row lasts; the last one from then on."""
    bluetooth_blocks_remote: bool = False
    """VER-16: remote opening is refused while the setting Bluetooth is on."""
    motor_limit_ms: int = 3_000
    uncouple_ms: int = 5_000
    pairing_key: Key | None = None
    """Held for `hold_ms` it opens pairing (DLM-11, L2S-12)."""
    hold_ms: int = 3_000
    low_battery: int = 20
    critical_battery: int = 10

    def limits(self, kind: CredentialType) -> CredentialLimits | None:
        """What the lock takes of `kind`; None: nothing."""
        return self.credentials.get(kind)

    @classmethod
    def from_mapping(cls, data: Mapping[str, Any]) -> Profile:
        """A profile of plain data, as a TOML file gives them. Raises `ProfileError`."""
        known = {item.name: item for item in fields(cls)}
        for name in data:
            if name not in known:
                raise ProfileError(f"{name}: there is no such key; allowed are {', '.join(sorted(known))}")
        for name, item in known.items():
            if name not in data and item.default is MISSING and item.default_factory is MISSING:
                raise ProfileError(f"{name}: is missing")
        profile = cls(**{name: _convert(name, value) for name, value in data.items()})
        _check(profile)
        return profile


def _check(profile: Profile) -> None:
    """Whether the parts of a profile fit together."""
    if missing := [kind for kind in profile.enrol_items if kind not in profile.credentials]:
        raise ProfileError(f"enrol_items: {', '.join(missing)} must be in credentials too")
    for name in ("reset_key", "pairing_key", "pairing_flashes"):
        if (key := getattr(profile, name)) is not None and key not in profile.keys:
            raise ProfileError(f"{name}: must be one of the lock's keys")
    if not {Key.CONFIRM, Key.BACK} <= profile.keys:
        raise ProfileError(f"keys: must have {Key.CONFIRM} and {Key.BACK}")
    if unknown := profile.settings - {item.name for item in fields(Settings)}:
        raise ProfileError(f"settings: there is no {', '.join(sorted(unknown))}")
    if not 1 <= profile.passcode_min <= profile.passcode_max <= profile.entry_max:
        raise ProfileError("passcode_min: must be at least 1, at most passcode_max, and that at most entry_max")
    if profile.failures < 1:
        raise ProfileError("failures: must be at least 1")
    if profile.menu == "numbered" and not (profile.users and profile.menu_items and profile.enrol_items):
        raise ProfileError("menu: a numbered one needs users, menu_items and enrol_items")
    if profile.menu == "codes" and profile.users:
        raise ProfileError("menu: one of codes knows no users on the lock; users must be 0")
    if len(profile.menu_items) > _MENU_KEYS or len(profile.enrol_items) > _MENU_KEYS:
        raise ProfileError(f"menu_items: no more than {_MENU_KEYS}, for each has a key of its own")


def _convert(name: str, value: Any) -> Any:
    match name:
        case "keys":
            return frozenset(_key(name, item) for item in _list(name, value)) | DIGITS
        case "pairing_key" | "reset_key" | "pairing_flashes":
            return _key(name, value)
        case "menu_items":
            return tuple(_one_of(name, item, _CHOICES[name]) for item in _list(name, value))
        case "enrol_items":
            return tuple(_kind(item) for item in _list(name, value))
        case "menu_code" | "initialise_code":
            return _digits(name, value)
        case "settings":
            return frozenset(_text(name, item) for item in _list(name, value))
        case "lockout_ms":
            return tuple(_count(name, item) for item in _list(name, value))
        case "credentials":
            return _credentials(value)
        case "id" | "name" | "confirm_label" | "back_label":
            return _text(name, value)
        case _ if name in _FLAGS:
            return _flag(name, value)
        case _ if name in _CHOICES:
            return _one_of(name, value, _CHOICES[name])
        case _:
            return _count(name, value)


def _count(name: str, value: Any) -> int:
    if type(value) is not int or value < 0:
        raise ProfileError(f"{name}: must be a whole number of at least 0")
    return value


def _text(name: str, value: Any) -> str:
    if not isinstance(value, str) or not value:
        raise ProfileError(f"{name}: must be a text")
    return value


def _digits(name: str, value: Any) -> str:
    if not isinstance(value, str) or not (value.isascii() and value.isdigit()):
        raise ProfileError(f"{name}: must be a text of digits")
    return value


def _flag(name: str, value: Any) -> bool:
    if not isinstance(value, bool):
        raise ProfileError(f"{name}: must be true or false")
    return value


def _list(name: str, value: Any) -> list[Any]:
    if not isinstance(value, list) or not value:
        raise ProfileError(f"{name}: must be a list with something in it")
    return value


def _one_of(name: str, value: Any, allowed: tuple[str, ...]) -> str:
    if value not in allowed:
        raise ProfileError(f"{name}: must be one of {', '.join(allowed)}")
    return str(value)


def _key(name: str, value: Any) -> Key:
    return Key(_one_of(name, value, tuple(Key)))


def _credentials(value: Any) -> Mapping[CredentialType, CredentialLimits]:
    if not isinstance(value, dict):
        raise ProfileError("credentials: must be a table")
    return MappingProxyType({_kind(kind): _limits(f"credentials.{kind}", item) for kind, item in value.items()})


def _kind(value: str) -> CredentialType:
    return CredentialType(_one_of("credentials", value, tuple(CredentialType)))


def _limits(name: str, value: Any) -> CredentialLimits:
    allowed = {item.name for item in fields(CredentialLimits)}
    if not isinstance(value, dict) or not value.keys() <= allowed or "slots" not in value:
        raise ProfileError(f"{name}: must be a table with slots and, if wanted, per_user and steps")
    return CredentialLimits(**{key: _count(f"{name}.{key}", item) for key, item in value.items()})
