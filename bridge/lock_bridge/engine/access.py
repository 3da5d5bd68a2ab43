"""Verification at the door: who may enter, the count of failures, and the lockout (VER)."""

from typing import Final

from lock_bridge.wire.words import CredentialType, EventType, OperationSource, Part, Refusal

from . import bolt, enrolment, entitlement, lockout, menu, modes, motor, sight
from .alarms import speak_of_battery
from .effects import PhoneTold, Prompt
from .inputs import BiometricSeen, CardSeen, EndLockout, Timer
from .model import Credential
from .passcode import NoMatch, card_mac, match
from .state import Cause
from .turn import Turn

READERS: Final = {
    CredentialType.FINGERPRINT: Part.FINGERPRINT,
    CredentialType.FACE: Part.FACE,
    CredentialType.PALM_VEIN: Part.PALM_VEIN,
    CredentialType.RFID: Part.CARD,
    CredentialType.BLE: Part.BLUETOOTH,
}

SOURCES: Final = {
    CredentialType.PIN: OperationSource.KEYPAD,
    CredentialType.FINGERPRINT: OperationSource.BIOMETRIC,
    CredentialType.FACE: OperationSource.BIOMETRIC,
    CredentialType.PALM_VEIN: OperationSource.BIOMETRIC,
    CredentialType.RFID: OperationSource.RFID,
    CredentialType.BLE: OperationSource.BLE,
}


def passcode_entered(turn: Turn, entry: str) -> None:
    """VER-2, VER-3: an entry has been confirmed at the keypad."""
    if closed(turn, CredentialType.PIN):
        return
    found = match(turn.state.directory, turn.keys.pin, entry, turn.profile)
    if isinstance(found, NoMatch):
        ambiguous = found is NoMatch.AMBIGUOUS
        reason = Refusal.AMBIGUOUS_PASSCODE if ambiguous else Refusal.UNKNOWN_CREDENTIAL
        _fail(turn, CredentialType.PIN, reason, lockout.weight(len(entry), turn.state.settings))
    else:
        decide(turn, found)


def biometric_seen(turn: Turn, seen: BiometricSeen) -> None:
    """VER-5: needs no waking; but a face that nobody looks for is not seen, and each look ends with a face."""
    if turn.profile.limits(seen.type) is None or menu.hides_readers(turn):
        return
    if seen.type is CredentialType.FACE:
        if not turn.state.looking:
            return
        sight.look_over(turn)
    found = None
    # A slot that the reader does not hold, as it has said itself, is nobody's, whoever it tells of now.
    if seen.slot is not None and (seen.type, seen.slot) not in turn.state.lost:
        found = turn.state.directory.by_slot.get((seen.type, seen.slot))
    _present(turn, seen.type, found)


def card_seen(turn: Turn, seen: CardSeen) -> None:
    """A card opens, or is learnt while an enrolment waits for one. A model without cards takes none (CAP-3)."""
    if turn.profile.limits(CredentialType.RFID) is None:
        return
    mac = card_mac(turn.keys.card, seen.uid)
    if (learning := enrolment.waiting_for_card(turn)) is not None:
        enrolment.card_seen(turn, learning, mac)
    elif not menu.hides_readers(turn):
        _present(turn, CredentialType.RFID, turn.state.directory.by_mac.get(mac))


def closed(turn: Turn, kind: CredentialType) -> bool:
    """Whether a verification is refused without being looked at: locked out (VER-8), or nothing enrolled (INI-1)."""
    if refused_by_lockout(turn):
        return True
    if not turn.state.directory.credentials:
        refuse(turn, kind, Refusal.NO_CREDENTIAL)
        return True
    return False


def refused_by_lockout(turn: Turn) -> bool:
    """VER-8: whether nothing is looked at now, which is said; it leaves no event, and prolongs nothing."""
    ends = turn.state.lockout.ends_mono_ms
    if ends is not None and turn.now.mono_ms >= ends:
        # The timer of its end is due in the same moment, but has not been heard yet.
        lockout_due(turn)
    if turn.state.locked_out:
        turn.verdict(good=False)
        turn.say(Prompt.LOCKED_OUT)
        return True
    return False


def refuse(turn: Turn, kind: CredentialType, reason: Refusal) -> None:
    """Refuse what was not looked at, uncounted."""
    _record_refusal(turn, kind, reason)
    turn.verdict(good=False)


def decide(turn: Turn, credential: Credential, phone: str | None = None) -> None:
    """A credential has been verified: it opens the door, or the menu that waits for it, unless something is against it.

    What is against it never counts (VER-7), and looks and sounds as any failure (USR-6).
    """
    user = turn.state.directory.users[credential.user_id]
    cause = Cause(SOURCES[credential.type], user, credential, phone=phone)
    administers = entitlement.administers(user, credential)
    why = entitlement.refusal(user, credential, turn.now, turn.setup.zone) or _kept_out(turn, administers=administers)
    if why is not None:
        _refuse_known(turn, cause, why)
        return
    forgiven = lockout.succeed(turn.state.lockout, administrator=administers)
    if menu.awaits_verification(turn):
        turn.save_lockout(forgiven)
        motor.tell_duress(turn, cause)
        menu.verified(turn, cause)
    else:
        entitlement.spend(turn, cause)
        modes.entered(turn, cause)
        bolt.unlock(turn, cause)
        turn.verdict(good=True)
        speak_of_battery(turn)
        turn.save_lockout(forgiven)


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


def _present(turn: Turn, kind: CredentialType, found: Credential | None) -> None:
    """A reader that was exchanged is not believed."""
    if closed(turn, kind):
        return
    if found is None or READERS[kind] in turn.state.untrusted:
        _fail(turn, kind, Refusal.UNKNOWN_CREDENTIAL, 1)
    else:
        decide(turn, found)


def _kept_out(turn: Turn, *, administers: bool) -> Refusal | None:
    """What keeps out somebody who is entitled: at the menu her role (MNU-2), at the door what people there do."""
    if menu.awaits_verification(turn):
        return None if administers else Refusal.NOT_ADMINISTRATOR
    if turn.state.privacy and not administers:
        return Refusal.PRIVACY_ON
    return Refusal.HANDLE_NOT_AT_REST if bolt.handle_in_use(turn) else None


def _refuse_known(turn: Turn, cause: Cause, why: Refusal) -> None:
    turn.record(EventType.ACCESS_REFUSED, cause, reason=why.value)
    motor.tell_duress(turn, cause)
    turn.verdict(good=False)
    if why is Refusal.NOT_ADMINISTRATOR:
        turn.say(Prompt.NOT_ADMINISTRATOR)
    if cause.phone is not None:
        turn.emit(PhoneTold(cause.phone, why.value))


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
