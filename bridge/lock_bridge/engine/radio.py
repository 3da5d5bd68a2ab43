"""The radios: signal, Bluetooth connection, and their settings (PWR-3)."""

from .effects import Radio
from .inputs import RadioSeen
from .turn import Turn


def radio_seen(turn: Turn, seen: RadioSeen) -> None:
    """PWR-3: a radio that is switched off has no signal and no phone, whatever is still told of it."""
    settings = turn.state.settings
    turn.set(
        signal_dbm=seen.signal_dbm if settings.wifi else None,
        bluetooth_connected=seen.bluetooth_connected and settings.bluetooth,
    )


def switch(turn: Turn) -> None:
    """PWR-3: the radios as the settings say, where there are any to switch."""
    settings = turn.state.settings
    radio_seen(turn, RadioSeen(turn.state.signal_dbm, turn.state.bluetooth_connected))
    if turn.profile.settings & {"wifi", "bluetooth"}:
        turn.emit(Radio(settings.wifi, settings.bluetooth))


def lost(turn: Turn) -> None:
    """A radio that does not answer has nobody connected."""
    turn.set(signal_dbm=None, bluetooth_connected=False)
