"""Verification at the door: who may enter, the count of failures, and the lockout (VER)."""

from lock_bridge.wire.words import CredentialType, EventType, OperationSource, Part, Refusal, Role

from . import bolt, enrolment, lockout
from .alarms import speak_of_battery
from .effects import Prompt
from .inputs import BiometricSeen, CardSeen, EndLockout, Timer
from .model import Credential, Instant, User
from .passcode import NoMatch, card_mac, match
from .state import Cause
from .turn import Turn

READERS = {
    CredentialType.FINGERPRINT: Part.FINGERPRINT,
    CredentialType.FACE: Part.FACE,
    CredentialType.PALM_VEIN: Part.PALM_VEIN,
    CredentialType.RFID: Part.CARD,
    CredentialType.BLE: Part.BLUETOOTH,
}

SOURCES = {
    CredentialType.PIN: OperationSource.KEYPAD,
    CredentialType.FINGERPRINT: OperationSource.BIOMETRIC,
    CredentialType.FACE: OperationSource.BIOMETRIC,
    CredentialType.PALM_VEIN: OperationSource.BIOMETRIC,
    CredentialType.RFID: OperationSource.RFID,
    CredentialType.BLE: OperationSource.BLE,
}


def passcode_entered(turn: Turn, entry: str) -> None:
    """VER-2, VER-3: an entry has been confirmed at the keypad."""
    if _closed(turn, CredentialType.PIN):
        return
    if len(entry) < turn.profile.passcode_min:
        found: Credential | NoMatch = NoMatch.UNKNOWN
    else:
        found = match(turn.state.directory, turn.keys.pin, entry, turn.profile)
    if isinstance(found, NoMatch):
        ambiguous = found is NoMatch.AMBIGUOUS
        reason = Refusal.AMBIGUOUS_PASSCODE if ambiguous else Refusal.UNKNOWN_CREDENTIAL
        _fail(turn, CredentialType.PIN, reason, lockout.weight(len(entry), turn.state.settings))
    else:
        _decide(turn, found)


def biometric_seen(turn: Turn, seen: BiometricSeen) -> None:
    """VER-5: needs no waking."""
    found = None
    if seen.slot is not None:
        found = turn.state.directory.by_slot.get((seen.type, seen.slot))
    _present(turn, seen.type, READERS[seen.type], found)


def card_seen(turn: Turn, seen: CardSeen) -> None:
    """A card opens, or is learnt while an enrolment waits for one. A model without cards takes none (CAP-3)."""
    if turn.profile.limits(CredentialType.RFID) is None:
        return
    mac = card_mac(turn.keys.card, seen.uid)
    if (learning := enrolment.waiting_for_card(turn)) is not None:
        enrolment.card_seen(turn, learning, mac)
    else:
        _present(turn, CredentialType.RFID, Part.CARD, turn.state.directory.by_mac.get(mac))


def code_failed(turn: Turn, kind: CredentialType, reason: Refusal) -> None:
    """Something that stands for a credential was wrong, as a Bluetooth pairing code (DLM-9): it counts (VER-7)."""
    _fail(turn, kind, reason, 1)


def lockout_due(turn: Turn) -> None:
    """VER-7: a lockout ends by itself."""
    ends = turn.state.lockout.ends_mono_ms
    if ends is None:
        return
    if turn.now.mono_ms < ends:
        turn.start(Timer.LOCKOUT, ends - turn.now.mono_ms)
        return
    turn.save_lockout(lockout.end(turn.state.lockout))
    turn.record(EventType.LOCKOUT_ENDED, reason="time")


def decay_due(turn: Turn) -> None:
    """VER-11: a day without a failure."""
    turn.save_lockout(lockout.decay(turn.state.lockout, turn.now.mono_ms))
    start_decay(turn)


def start_decay(turn: Turn) -> None:
    """Wait for the level's next fall, if it is above the start."""
    due = turn.state.lockout.decay_mono_ms
    if due is not None:
        turn.start(Timer.LOCKOUT_DECAY, max(0, due - turn.now.mono_ms))


def end_lockout(turn: Turn, command: EndLockout) -> None:
    """VER-9: from the app; the level goes back to the start (VER-11)."""
    locked_out = turn.state.locked_out
    turn.save_lockout(lockout.pardon(turn.state.lockout))
    if locked_out:
        turn.stop(Timer.LOCKOUT)
        turn.record(EventType.LOCKOUT_ENDED, Cause(OperationSource.REMOTE, actor=command.actor), reason="remote")
    turn.answer(command, ended=locked_out)


def entitlement(user: User, now: Instant) -> Refusal | None:
    """Why a user may not enter now; None: she may (USR-6, USR-7)."""
    if not user.enabled:
        return Refusal.USER_DISABLED
    if user.role is Role.ADMINISTRATOR or (user.valid_from_ms is None and user.valid_until_ms is None):
        return None
    if not now.trusted:
        return Refusal.CLOCK_UNTRUSTED
    early = user.valid_from_ms is not None and now.wall_ms < user.valid_from_ms
    late = user.valid_until_ms is not None and now.wall_ms >= user.valid_until_ms
    return Refusal.OUTSIDE_VALIDITY if early or late else None


def _present(turn: Turn, kind: CredentialType, reader: Part, found: Credential | None) -> None:
    """A reader that was exchanged is not believed."""
    if _closed(turn, kind):
        return
    if found is None or reader in turn.state.untrusted:
        _fail(turn, kind, Refusal.UNKNOWN_CREDENTIAL, 1)
    else:
        _decide(turn, found)


def _closed(turn: Turn, kind: CredentialType) -> bool:
    """Whether verification is refused without looking at it: locked out (VER-8), or nothing enrolled (INI-1)."""
    ends = turn.state.lockout.ends_mono_ms
    if ends is not None and turn.now.mono_ms >= ends:
        # The timer of its end is due in the same moment, but has not been heard yet.
        lockout_due(turn)
    if turn.state.locked_out:
        turn.verdict(good=False)
        turn.say(Prompt.LOCKED_OUT)
        return True
    if not turn.state.directory.credentials:
        _record_refusal(turn, kind, Refusal.NO_CREDENTIAL)
        turn.verdict(good=False)
        return True
    return False


def _decide(turn: Turn, credential: Credential) -> None:
    user = turn.state.directory.users[credential.user_id]
    cause = Cause(SOURCES[credential.type], user, credential)
    why = entitlement(user, turn.now)
    if why is None and bolt.handle_in_use(turn):
        why = Refusal.HANDLE_NOT_AT_REST
    if why is not None:
        turn.record(EventType.ACCESS_REFUSED, cause, reason=why.value)
        turn.verdict(good=False)
        return
    bolt.unlock(turn, cause)
    turn.verdict(good=True)
    speak_of_battery(turn)
    turn.save_lockout(lockout.succeed(turn.state.lockout, administrator=user.role is Role.ADMINISTRATOR))


def _fail(turn: Turn, kind: CredentialType, reason: Refusal, weighs: int) -> None:
    outcome = lockout.fail(turn.state.lockout, turn.now.mono_ms, weighs, turn.profile, turn.state.settings)
    turn.save_lockout(outcome.record)
    _record_refusal(turn, kind, reason)
    if outcome.locked_out:
        seconds = outcome.record.duration_ms // 1000
        turn.record(EventType.LOCKOUT_STARTED, source=SOURCES[kind], data={"seconds": seconds})
        turn.start(Timer.LOCKOUT, outcome.record.duration_ms)
    start_decay(turn)
    turn.verdict(good=False)
    if outcome.locked_out:
        turn.say(Prompt.LOCKED_OUT)


def _record_refusal(turn: Turn, kind: CredentialType, reason: Refusal) -> None:
    """VER-6: by what, never the digits."""
    turn.record(EventType.ACCESS_REFUSED, source=SOURCES[kind], credential_type=kind, reason=reason.value)
