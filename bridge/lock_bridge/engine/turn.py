"""One step of the engine while it is made: the state as it becomes, and the effects in their order."""

import hmac
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from lock_bridge.wire.errors import ErrorCode
from lock_bridge.wire.words import CredentialType, EventType

from .effects import (
    Answer,
    DriveBolt,
    Effect,
    Lamp,
    PhoneTold,
    Prompt,
    Record,
    SaveLockout,
    SaveModes,
    Say,
    Sound,
    StartTimer,
    StopBolt,
    StopTimer,
    Tone,
)
from .inputs import Command, Timer
from .model import Fact, Instant, LockoutRecord
from .passcode import Keys
from .profile import Profile
from .state import Cause, Frame, LockState, Setup

_MUTED = frozenset({Tone.KEY, Tone.SUCCESS, Tone.FAILURE})
"""Tones that mute silences; alarms and prompts never (L2S-11)."""

_ALARMS = frozenset({Tone.ALARM, Tone.ALARM_END})
"""Tones that nothing silences."""

_INDICATION_MS = 2_000


@dataclass(frozen=True, slots=True)
class Refused:
    """Why something is not done: nothing of it has been done then. `detail` names the limit (CAP-20)."""

    error: ErrorCode
    detail: Mapping[str, Any] = field(default_factory=dict)


class Turn:
    """What the parts of the engine write to."""

    __slots__ = ("effects", "now", "setup", "state")

    def __init__(self, state: LockState, setup: Setup, now: Instant) -> None:
        self.state = state
        self.setup = setup
        self.now = now
        self.effects: list[Effect] = []

    @property
    def profile(self) -> Profile:
        """The lock's model."""
        return self.setup.profile

    @property
    def keys(self) -> Keys:
        """The bridge's MAC keys."""
        return self.setup.keys

    def set(self, **changes: Any) -> None:
        """Change the state."""
        self.state = self.state.with_changes(changes)

    def emit(self, *effects: Effect) -> None:
        """Add effects."""
        self.effects.extend(effects)

    def drive(self, drive: DriveBolt | StopBolt) -> None:
        """Run or stop the motor before anything else is done: nobody waits at the door for a disk."""
        self.effects.insert(0, drive)

    def record(self, kind: EventType, cause: Cause | None = None, **values: Any) -> None:
        """Write a fact into the journal, with what `cause` tells."""
        if cause is not None:
            values = {**_told_by(cause), **values}
            if visitor := visitor_of(cause):
                values["data"] = {"label": visitor, **values.get("data", {})}
        self.emit(Record(Fact(kind, **values)))

    def save_modes(self, *, asked: bool = False, **changes: Any) -> None:
        """Change what lasts beside the settings, if it is a change; `asked` for, it is done only with a disk."""
        modes = replace(self.state.modes, **changes)
        if modes != self.state.modes:
            self.set(modes=modes)
            self.emit(SaveModes(modes, asked))

    def fresh_id(self, purpose: str) -> str:
        """An id that nothing else has: 32 hex digits of this lock, this boot and this moment."""
        moment = f"{self.setup.identity.lock_id}\0{self.state.lockout.boot_id}\0{self.now.mono_ms}\0{self.now.wall_ms}"
        return hmac.digest(self.keys.pin, f"id\0{moment}\0{purpose}".encode(), "sha256")[:16].hex()

    def save_lockout(self, record: LockoutRecord) -> None:
        """Keep a new record of failures, if it is new."""
        if record != self.state.lockout:
            self.set(lockout=record)
            self.emit(SaveLockout(record))

    def tone(self, tone: Tone) -> None:
        """Sound a tone, unless the volume or the one-time mute silences it; alarms always sound (L2S-11, DLM-12)."""
        volume = self.state.settings.volume
        if tone in _ALARMS or not (self.state.modes.mute_once or (volume == "mute" and tone in _MUTED)):
            self.emit(Sound(tone, volume))

    def say(self, prompt: Prompt, *, language: str | None = None, **values: str) -> None:
        """Speak a prompt, in the lock's language unless told otherwise; not under the one-time mute (DLM-12)."""
        if self.state.modes.mute_once:
            return
        settings = self.state.settings
        self.set(speaking=True)
        self.emit(Say(prompt, language or settings.language, settings.volume, values))

    def play(self, *frames: Frame) -> None:
        """Begin a light show at the keypad, in place of one under way."""
        self.set(show=frames)
        self.start(Timer.SHOW, frames[0].ms)

    def indicate(self, lamp: Lamp) -> None:
        """Light a lamp for a moment."""
        self.set(indication=lamp)
        self.start(Timer.INDICATION, _INDICATION_MS)

    def verdict(self, *, good: bool) -> None:
        """Show success or failure at the door."""
        self.tone(Tone.SUCCESS if good else Tone.FAILURE)
        self.indicate(Lamp.GREEN if good else Lamp.RED)

    def start(self, timer: Timer, delay_ms: int) -> None:
        """Start a timer, anew if it runs."""
        self.emit(StartTimer(timer, delay_ms))

    def stop(self, timer: Timer) -> None:
        """Stop a timer."""
        self.emit(StopTimer(timer))

    def answer(self, command: Command | Cause, **result: Any) -> None:
        """Tell a command's giver, or the phone that waits, that it is done."""
        if command.command_id is not None:
            self.emit(Answer(command.command_id, result))
        elif isinstance(command, Cause) and command.phone is not None:
            self.emit(PhoneTold(command.phone))

    def refuse(self, command: Command | Cause, error: ErrorCode | Refused, **detail: Any) -> None:
        """Tell a command's giver, or the phone that waits, why not."""
        refused = error if isinstance(error, Refused) else Refused(error, detail)
        if command.command_id is not None:
            self.emit(Answer(command.command_id, error=refused.error, detail=refused.detail))
        elif isinstance(command, Cause) and command.phone is not None:
            self.emit(PhoneTold(command.phone, refused.error.value))


def _told_by(cause: Cause) -> dict[str, Any]:
    told: dict[str, Any] = {"source": cause.source}
    if cause.user is not None:
        told |= {"user_id": cause.user.id, "user_name": cause.user.name}
    if cause.credential is not None:
        told |= {"credential_type": cause.credential.type, "credential_number": cause.credential.number}
    if cause.actor is not None:
        told |= {"client_id": cause.actor.client_id, "client_name": cause.actor.name}
    return told


def visitor_of(cause: Cause) -> str:
    """For whom a user has had a temporary passcode or a Bluetooth key made (VER-13, VER-14), as she wrote it."""
    held = cause.credential
    return held.label if held is not None and (held.temporary or held.type is CredentialType.BLE) else ""
