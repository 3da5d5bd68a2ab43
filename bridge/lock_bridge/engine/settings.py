"""Settings, as the app changes them (APP-5)."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

from lock_bridge.wire.errors import ErrorCode
from lock_bridge.wire.words import EventType, OperationSource

from . import bolt, lockout
from .effects import SaveSettings
from .inputs import ChangeSettings, Timer
from .model import Settings
from .state import Cause
from .turn import Turn

_CHOICES: Final[Mapping[str, tuple[str, ...]]] = {
    "volume": ("high", "low", "mute"),
    "language": ("en", "nb", "sv", "it", "nl"),
    "door_direction": ("right", "left"),
}
_COUNTDOWN_S: Final = range(5, 301)
"""BLT-4."""


def change(turn: Turn, command: ChangeSettings) -> None:
    """APP-5: all of the changes or none."""
    for name, value in command.changes.items():
        if name not in turn.profile.settings:
            turn.refuse(command, ErrorCode.NOT_SUPPORTED, setting=name)
            return
        if not _fits(name, value):
            turn.refuse(command, ErrorCode.BAD_REQUEST, field=name)
            return
    before = turn.state.settings
    settings = replace(before, **command.changes)
    if settings != before:
        changed = {name: value for name, value in command.changes.items() if getattr(before, name) != value}
        turn.set(settings=settings)
        turn.emit(SaveSettings(settings))
        for name, value in changed.items():
            turn.record(
                EventType.SETTING_CHANGED,
                Cause(OperationSource.REMOTE, actor=command.actor),
                data={"setting": name, "value": value},
            )
        _apply_settings(turn, command, before)
    turn.answer(command)


def default_settings(simple_passcodes: str) -> Settings:
    """The settings of a new lock."""
    return Settings(refuse_simple_passcodes=simple_passcodes != "setting_off")


def _apply_settings(turn: Turn, command: ChangeSettings, before: Settings) -> None:
    settings = turn.state.settings
    countdown = (settings.countdown_locking, settings.countdown_delay_s)
    if countdown != (before.countdown_locking, before.countdown_delay_s):
        bolt.restart_countdown(turn)
    if before.lockout_enabled and not settings.lockout_enabled and turn.state.locked_out:
        turn.save_lockout(lockout.end(turn.state.lockout))
        turn.stop(Timer.LOCKOUT)
        turn.record(EventType.LOCKOUT_ENDED, Cause(OperationSource.REMOTE, actor=command.actor), reason="switched_off")


def _fits(name: str, value: Any) -> bool:
    if name in _CHOICES:
        return value in _CHOICES[name]
    if name == "countdown_delay_s":
        return type(value) is int and value in _COUNTDOWN_S
    return type(value) is bool
