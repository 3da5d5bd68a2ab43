"""Settings, as the app and the menus change them (APP-5)."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

from lock_bridge.wire.errors import ErrorCode
from lock_bridge.wire.words import EventType, OperationSource

from . import bolt, lockout, radio
from .effects import SaveSettings
from .inputs import ChangeSettings, Timer
from .model import Settings
from .state import Cause
from .turn import Turn

_CHOICES: Final[Mapping[str, tuple[str, ...]]] = {
    "volume": ("high", "low", "mute"),
    "language": ("en", "nb", "sv", "it", "nl"),
    "door_direction": ("right", "left"),
    "face_recognition": ("automatic", "manual"),
}
_RANGES: Final[Mapping[str, range]] = {
    # BLT-4
    "countdown_delay_s": range(5, 301),
    # ALM-5; 0: as long as anybody likes.
    "door_ajar_s": range(3601),
}


def change(turn: Turn, command: ChangeSettings) -> None:
    """APP-5: all of the changes or none."""
    for name, value in command.changes.items():
        if name not in turn.profile.settings:
            turn.refuse(command, ErrorCode.NOT_SUPPORTED, setting=name)
            return
        if not _fits(name, value):
            turn.refuse(command, ErrorCode.BAD_REQUEST, field=name)
            return
    put(turn, command.changes, Cause(OperationSource.REMOTE, actor=command.actor))
    turn.answer(command)


def put(turn: Turn, changes: Mapping[str, Any], by: Cause) -> None:
    """Change settings to values that are known to fit; what is so already is no change."""
    before = turn.state.settings
    changed = {name: value for name, value in changes.items() if getattr(before, name) != value}
    if not changed:
        return
    turn.set(settings=replace(before, **changed))
    turn.emit(SaveSettings(turn.state.settings))
    for name, value in changed.items():
        turn.record(EventType.SETTING_CHANGED, by, data={"setting": name, "value": value})
    _apply(turn, before, changed, by)


def default_settings(simple_passcodes: str) -> Settings:
    """The settings of a new lock."""
    return Settings(refuse_simple_passcodes=simple_passcodes != "setting_off")


def _apply(turn: Turn, before: Settings, changed: Mapping[str, Any], by: Cause) -> None:
    settings = turn.state.settings
    if not changed.keys().isdisjoint(("countdown_locking", "countdown_delay_s")):
        bolt.restart_countdown(turn)
    if not changed.keys().isdisjoint(("wifi", "bluetooth")):
        radio.switch(turn)
    if "door_direction" in changed:
        turn.save_modes(direction_set=True)
    if before.lockout_enabled and not settings.lockout_enabled and turn.state.locked_out:
        turn.save_lockout(lockout.end(turn.state.lockout))
        turn.stop(Timer.LOCKOUT)
        turn.record(EventType.LOCKOUT_ENDED, by, reason="switched_off")


def _fits(name: str, value: Any) -> bool:
    if name in _CHOICES:
        return value in _CHOICES[name]
    if name in _RANGES:
        return type(value) is int and value in _RANGES[name]
    return type(value) is bool
