"""The words that every room and both ends of the wire share, after Matter's Door Lock cluster where it has one."""

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import Final

API_VERSION: Final = 1
"""The version of the wire. A peer that speaks another one is refused with `version_unsupported`."""

SERVICE_TYPE: Final = "_lock-bridge._tcp.local."
"""The bridge's zeroconf service type; its TXT record carries `id`, `api` and `name`."""


class BoltState(StrEnum):
    """What the bolt is (BLT-1)."""

    UNKNOWN = "unknown"
    LOCKED = "locked"
    UNLOCKING = "unlocking"
    UNLOCKED = "unlocked"
    LOCKING = "locking"
    JAMMED = "jammed"


class DoorState(StrEnum):
    """What the door contact says; unknown before its first reading or without an answer."""

    UNKNOWN = "unknown"
    OPEN = "open"
    CLOSED = "closed"


class OperatingMode(StrEnum):
    """The one mode that is reported (BLT-15)."""

    NORMAL = "normal"
    PASSAGE = "passage"
    PRIVACY = "privacy"
    LEAVING_HOME = "leaving_home"


class CredentialType(StrEnum):
    """Kinds of credential; `palm_vein` and `ble` are ours beside Matter's."""

    PIN = "pin"
    FINGERPRINT = "fingerprint"
    RFID = "rfid"
    FACE = "face"
    PALM_VEIN = "palm_vein"
    BLE = "ble"


class Role(StrEnum):
    """USR-1: an administrator also opens the lock's menu."""

    ADMINISTRATOR = "administrator"
    USER = "user"


class OperationSource(StrEnum):
    """What moved the bolt, or tried to."""

    UNKNOWN = "unknown"
    KEYPAD = "keypad"
    BIOMETRIC = "biometric"
    RFID = "rfid"
    BLE = "ble"
    REMOTE = "remote"
    AUTO = "auto"
    BUTTON = "button"
    INSIDE_HANDLE = "inside_handle"
    OUTSIDE_HANDLE = "outside_handle"
    MECHANICAL_KEY = "mechanical_key"
    EMERGENCY_BUTTON = "emergency_button"


class Refusal(StrEnum):
    """Why a verification at the door was refused; recorded, never shown at the door (USR-6)."""

    UNKNOWN_CREDENTIAL = "unknown_credential"
    AMBIGUOUS_PASSCODE = "ambiguous_passcode"
    USER_DISABLED = "user_disabled"
    OUTSIDE_VALIDITY = "outside_validity"
    CLOCK_UNTRUSTED = "clock_untrusted"
    OUTSIDE_SCHEDULE = "outside_schedule"
    USED_UP = "used_up"
    NO_CREDENTIAL = "no_credential"
    HANDLE_NOT_AT_REST = "handle_not_at_rest"
    PRIVACY_ON = "privacy_on"
    NOT_ADMINISTRATOR = "not_administrator"
    PAIRING_CODE = "pairing_code"
    BLUETOOTH_OFF = "bluetooth_off"


class EventType(StrEnum):
    """What the journal tells of."""

    ACCESS_GRANTED = "access_granted"
    ACCESS_REFUSED = "access_refused"
    DURESS = "duress"
    LOCKED = "locked"
    UNLOCKED = "unlocked"
    OPENED_FROM_INSIDE = "opened_from_inside"
    MODE_CHANGED = "mode_changed"
    INTRUSION = "intrusion"
    FORCED_OPEN = "forced_open"
    DOOR_AJAR = "door_ajar"
    DOOR_AJAR_ENDED = "door_ajar_ended"
    OPERATION_FAILED = "operation_failed"
    LOCK_JAMMED = "lock_jammed"
    LOCKOUT_STARTED = "lockout_started"
    LOCKOUT_ENDED = "lockout_ended"
    DOORBELL = "doorbell"
    DOOR_OPENED = "door_opened"
    DOOR_CLOSED = "door_closed"
    TAMPER_STARTED = "tamper_started"
    TAMPER_ENDED = "tamper_ended"
    BATTERY_LOW = "battery_low"
    BATTERY_CRITICAL = "battery_critical"
    BATTERY_OK = "battery_ok"
    FAULT_STARTED = "fault_started"
    FAULT_ENDED = "fault_ended"
    USER_ADDED = "user_added"
    USER_CHANGED = "user_changed"
    USER_DELETED = "user_deleted"
    CREDENTIAL_ADDED = "credential_added"
    CREDENTIAL_CHANGED = "credential_changed"
    CREDENTIAL_DELETED = "credential_deleted"
    CREDENTIAL_LOST = "credential_lost"
    """The reader no longer holds it: whoever it belongs to has to enrol again."""
    PART_TRUSTED = "part_trusted"
    """An administrator has taken another module than before as the right one."""
    MENU_OPENED = "menu_opened"
    PHONE_PAIRED = "phone_paired"
    BLUETOOTH_CLEARED = "bluetooth_cleared"
    FACTORY_RESET = "factory_reset"
    SETTING_CHANGED = "setting_changed"
    ENROLMENT_FAILED = "enrolment_failed"
    BRIDGE_STARTED = "bridge_started"
    PAIRING_OPENED = "pairing_opened"
    PAIRING_FAILED = "pairing_failed"
    CLIENT_PAIRED = "client_paired"
    CLIENT_REVOKED = "client_revoked"
    RESTORED = "restored"


class Priority(StrEnum):
    """How long the journal keeps an event. Each has a budget of its own, so that a flood of one pushes out no other."""

    CRITICAL = "critical"
    INFO = "info"
    DEBUG = "debug"


_CRITICAL: Final = frozenset(
    {
        EventType.DURESS,
        EventType.INTRUSION,
        EventType.FORCED_OPEN,
        EventType.FACTORY_RESET,
        EventType.LOCK_JAMMED,
        EventType.LOCKOUT_STARTED,
        EventType.TAMPER_STARTED,
        EventType.BATTERY_CRITICAL,
        EventType.FAULT_STARTED,
        EventType.CLIENT_PAIRED,
        EventType.CLIENT_REVOKED,
        EventType.PAIRING_FAILED,
        EventType.RESTORED,
    }
)
_DEBUG: Final = frozenset(
    {
        EventType.ACCESS_REFUSED,
        EventType.DOORBELL,
        EventType.DOOR_OPENED,
        EventType.DOOR_CLOSED,
        EventType.PAIRING_OPENED,
    }
)

PRIORITY: Final[Mapping[EventType, Priority]] = MappingProxyType(
    {
        kind: Priority.CRITICAL if kind in _CRITICAL else Priority.DEBUG if kind in _DEBUG else Priority.INFO
        for kind in EventType
    }
)
"""Each event's priority. What anybody at the door can repeat at will is `debug`."""


class Part(StrEnum):
    """Modules of a lock that can fail by themselves (FLT-1)."""

    KEYPAD = "keypad"
    FINGERPRINT = "fingerprint"
    CARD = "card"
    FACE = "face"
    PALM_VEIN = "palm_vein"
    BLUETOOTH = "bluetooth"
    LINK = "link"
    MOTOR = "motor"
    CLUTCH = "clutch"
    BOLT = "bolt"
    DOOR = "door"
    TAMPER = "tamper"
    POWER = "power"
    SOUNDER = "sounder"
    STORAGE = "storage"


class Trouble(StrEnum):
    """Why a part does not work, as `fault_started` says it; hardware/trouble.py says what to do."""

    MISSING = "missing"
    """The device is not there."""
    NO_PERMISSION = "no_permission"
    IN_USE = "in_use"
    UNPLUGGED = "unplugged"
    NO_ANSWER = "no_answer"
    GARBLED = "garbled"
    """What comes is no protocol: noise, or a wrong baud rate."""
    WRONG_PASSWORD = "wrong_password"  # noqa: S105 - a reason, not a password
    UNSUPPORTED = "unsupported"
    """A device of another kind answers."""
    SETTINGS = "settings"
    """The port cannot be set to what the config says."""
    NO_LINE = "no_line"
    """There is no such GPIO line."""
    LIBRARY_MISSING = "library_missing"
    """The driver's extra is not installed."""
    SERVICE_MISSING = "service_missing"
    """A service of the machine that the driver needs does not run: pcscd, bluetoothd."""
    SWITCHED_OFF = "switched_off"
    """The adapter is blocked (rfkill), and not by us."""
    STUCK = "stuck"
    """Sensors contradict each other, such as both ends at once."""
    UNDER_VOLTAGE = "under_voltage"
    TEMPLATES_LOST = "templates_lost"
    """The module has lost templates that people have enrolled."""
    NOT_WRITTEN = "not_written"
    INTERNAL = "internal"
    """The driver has failed: a defect of ours."""


class EnrolmentStatus(StrEnum):
    """Where an enrolment stands, in the words of Z-Wave's credential learning."""

    STARTED = "started"
    STEP = "step"
    STEP_RETRY = "step_retry"
    DONE = "done"
    DUPLICATE = "duplicate"
    TIMEOUT = "timeout"
    CANCELLED = "cancelled"
    FAILED = "failed"


class RingState(StrEnum):
    """What the bridge's light ring tells (GWY-1)."""

    STARTING = "starting"
    READY = "ready"
    CONNECTED = "connected"
    RUNNING = "running"
    FAULT = "fault"


class Scope(StrEnum):
    """What a client may do. `local` is the machine's own socket and is never given to a client."""

    PUBLIC = "public"
    STATE = "state"
    EVENTS = "events"
    LOCK = "lock"
    UNLOCK = "unlock"
    USERS = "users"
    CREDENTIALS = "credentials"
    SETTINGS = "settings"
    CLIENTS = "clients"
    LOCAL = "local"


GRANTABLE: Final = frozenset(Scope) - {Scope.PUBLIC, Scope.LOCAL}
"""Scopes that a client can ask for when it pairs."""
