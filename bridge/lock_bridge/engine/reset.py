"""Factory reset, at the lock and from the app (RST-1)."""

from typing import Final

from lock_bridge.wire.words import CredentialType, EventType, OperationSource

from . import bolt, enrolment, menu_steps, shows
from .effects import (
    ClosePairing,
    DeleteTemplates,
    EraseLock,
    Look,
    Prompt,
    Radio,
    RevokeClients,
    SaveLockout,
    Tone,
)
from .inputs import Key, ResetLock, Timer
from .model import LockoutRecord, Modes
from .settings import default_settings
from .state import Cause, OutsideLock, ResetStage
from .turn import Turn

_LEVEL_MS: Final = 1_000
"""A button that is told this soon after the power came back was down before."""

_CHANCE_MS: Final = 10_000
"""How long after the power came back the button may be pressed for a reset."""

_TEMPLATES: Final = (CredentialType.FINGERPRINT, CredentialType.FACE, CredentialType.PALM_VEIN)

_ENDED: Final = (
    Timer.LOCKOUT,
    Timer.LOCKOUT_DECAY,
    Timer.COUNTDOWN,
    Timer.OUTSIDE_LOCK,
    Timer.PASSAGE,
    Timer.AJAR,
    Timer.LOOK,
    Timer.RESET,
)
"""Timers of what is gone."""


def key_down(turn: Turn, key: Key) -> bool:
    """Whether the button that went down is the beginning of a reset, and of nothing else."""
    since = turn.state.powered_on_mono_ms
    if key is not turn.profile.reset_key or since is None:
        return False
    age = turn.now.mono_ms - since
    if age <= _LEVEL_MS:
        turn.set(reset=ResetStage.RIPE)
    elif age <= _CHANCE_MS:
        turn.set(reset=ResetStage.HELD)
        turn.start(Timer.RESET, turn.profile.reset_hold_ms)
    else:
        turn.set(powered_on_mono_ms=None)
        return False
    return True


def key_up(turn: Turn, key: Key) -> bool:
    """Let go: held long enough, the voice asks. Whether it was a press as any other."""
    if key is not turn.profile.reset_key or turn.state.reset not in (ResetStage.RIPE, ResetStage.HELD):
        return False
    if turn.state.reset is ResetStage.RIPE:
        if turn.state.menu is not None:
            menu_steps.leave(turn)
        shows.end(turn)
        turn.set(reset=ResetStage.ASKED, awake=False, entry="")
        turn.start(Timer.RESET, turn.profile.reset_confirm_ms)
        turn.say(Prompt.FACTORY_RESET)
        return False
    turn.set(reset=None)
    turn.stop(Timer.RESET)
    return True


def asks(turn: Turn) -> bool:
    """Whether the confirm key would reset the lock now."""
    return turn.state.reset is ResetStage.ASKED


def key_pressed(turn: Turn, key: Key) -> None:
    """A key of the front while the voice has asked: `√` resets, `↩` does not, the others are dark."""
    if key is Key.CONFIRM:
        erase(turn, Cause(OperationSource.BUTTON))
    elif key is Key.BACK:
        turn.tone(Tone.KEY)
        _end(turn)
        turn.stop(Timer.RESET)


def late(turn: Turn) -> None:
    """The button has been held long enough, which a tone says; or nobody has confirmed in time."""
    if turn.state.reset is ResetStage.HELD:
        turn.set(reset=ResetStage.RIPE)
        turn.tone(Tone.KEY)
    elif turn.state.reset is ResetStage.ASKED:
        turn.tone(Tone.FAILURE)
        _end(turn)


def reset_lock(turn: Turn, given: ResetLock) -> None:
    """APP-6: as at the lock. The client is answered before it is no client any more."""
    erase(turn, Cause(OperationSource.REMOTE, actor=given.actor, command_id=given.command_id))


def erase(turn: Turn, by: Cause) -> None:
    """All users, credentials, pairings and settings go; what stands on the lock and the journal stay."""
    before = turn.state
    # The boot stays known: without it the next start would pass for one after a power cut.
    lockout = LockoutRecord(boot_id=before.lockout.boot_id)
    turn.emit(EraseLock(), SaveLockout(lockout))
    turn.record(EventType.FACTORY_RESET, by)
    enrolment.abort(turn)
    shows.end(turn)
    turn.set(
        directory=type(before.directory)(),
        settings=default_settings(turn.profile.simple_passcodes),
        modes=Modes(),
        lockout=lockout,
        menu=None,
        awake=False,
        entry="",
        held=None,
        lost=frozenset(),
        looking=False,
        outside_lock=OutsideLock.NO,
        leaving=False,
        leaving_by=None,
        ajar=False,
        changed_by=None,
        # A reader that is still to say that it has stopped is waited for.
        enrolment=turn.state.enrolment if turn.state.reader_ending else None,
        reset=None,
        powered_on_mono_ms=None,
    )
    turn.answer(by)
    for kind in _TEMPLATES:
        slots = frozenset(slot for held, slot in before.directory.by_slot if held is kind)
        if slots:
            turn.emit(DeleteTemplates(kind, slots))
    for timer in _ENDED:
        turn.stop(timer)
    if before.looking:
        turn.emit(Look(CredentialType.FACE, on=False))
    if "wifi" in turn.profile.settings:
        turn.emit(Radio(turn.state.settings.wifi, turn.state.settings.bluetooth))
    if before.modes.passage:
        # The handle of a clutch lock has stayed coupled for it.
        bolt.make_safe(turn)
    if before.pairing:
        turn.stop(Timer.PAIRING)
        turn.emit(ClosePairing())
    turn.emit(RevokeClients())
    turn.verdict(good=True)
    # In the language that the person who did it has been hearing.
    turn.say(Prompt.RESET_DONE, language=before.settings.language)


def _end(turn: Turn) -> None:
    turn.set(reset=None)
