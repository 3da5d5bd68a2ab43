"""The Bluetooth pairing code, paired phones, and keys for visitors by challenge and response (DLM-9, VER-14)."""

from .inputs import ClearBluetooth, PhoneActs, PhonePairs, SetBluetoothCode
from .turn import Turn


def phone_pairs(turn: Turn, given: PhonePairs) -> None:
    """DLM-9."""
    raise NotImplementedError


def phone_acts(turn: Turn, given: PhoneActs) -> None:
    """VER-14."""
    raise NotImplementedError


def set_code(turn: Turn, given: SetBluetoothCode) -> None:
    """DLM-9."""
    raise NotImplementedError


def clear(turn: Turn, given: ClearBluetooth) -> None:
    """DLM-9."""
    raise NotImplementedError
