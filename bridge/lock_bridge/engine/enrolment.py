"""Enrolment at the door, step by step: fingers, cards, faces and palm veins (APP-2, CAP-20, L2S-4, L2S-6, DLM-5 to 14).

Begun from the app (`start`) or at the keypad (`begin`); a reader reports its steps. What readers hold beside it is
matter of `inventory`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final

from lock_bridge.wire.errors import ErrorCode
from lock_bridge.wire.words import CredentialType, EnrolmentStatus, EventType, OperationSource, Part

from . import roster
from .alarms import end_fault, start_fault
from .effects import BeginEnrolment, DeleteTemplates, EndEnrolment, Prompt, Tone
from .inputs import CancelEnrolment, EnrolDone, EnrolFailed, EnrolRetry, EnrolStep, Inventory, StartEnrolment, Timer
from .model import Credential, User
from .roster import PARTS
from .state import Cause, Enrolling
from .turn import Refused, Turn

_PATIENCE_MS: Final = 60_000
"""How long an enrolment waits for its next touch, card or pose."""

_ENDING_MS: Final = 10_000
"""How long a reader may take to say that it has stopped learning, before another enrolment is let in all the same."""

_ENDS: Final = {
    "timeout": EnrolmentStatus.TIMEOUT,
    "duplicate": EnrolmentStatus.DUPLICATE,
    "cancelled": EnrolmentStatus.CANCELLED,
}


_STORAGE: Final = "storage"
"""Why an enrolment has failed whose end could not be written."""


@dataclass(frozen=True, slots=True)
class _Ask:
    """What the person at the door is to do next, and the prompt that says so."""

    wanted: str
    prompt: Prompt


_FIRST: Final[Mapping[CredentialType, _Ask]] = {
    CredentialType.FINGERPRINT: _Ask("touch", Prompt.TOUCH_FINGER),
    CredentialType.RFID: _Ask("hold_card", Prompt.HOLD_CARD),
    CredentialType.FACE: _Ask("straight", Prompt.FACE_STRAIGHT),
    CredentialType.PALM_VEIN: _Ask("palm", Prompt.SHOW_PALM),
}

_POSES: Final = (
    _FIRST[CredentialType.FACE],
    _Ask("up", Prompt.FACE_UP),
    _Ask("down", Prompt.FACE_DOWN),
    _Ask("left", Prompt.FACE_LEFT),
    _Ask("right", Prompt.FACE_RIGHT),
)
"""CAP-15, DLM-5: in this order."""

_AGAIN: Final = _Ask("touch_again", Prompt.TOUCH_AGAIN)

_RETRIES: Final[Mapping[tuple[CredentialType, str], _Ask]] = {
    (CredentialType.FINGERPRINT, "lift"): _Ask("lift", Prompt.LIFT_FINGER),
    (CredentialType.PALM_VEIN, "too_far"): _Ask("palm", Prompt.PALM_CLOSER),
}
"""What is asked for when a touch did not count; of all others the same again."""

_FACE_FAILS: Final = ("covered", "moved", "too_far")
"""DLM-5: a face that is covered, moving or not at arm's length fails the enrolment."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What is to be learnt: `id` names the enrolment, `user` may be one who is not kept yet (`new_user`)."""

    id: str
    user: User
    type: CredentialType
    by: Cause
    new_user: bool = False
    """She is kept together with the credential, and not at all if nothing comes of it (MNU-1)."""
    duress: bool = False
    at_keypad: bool = False


def begin(turn: Turn, wish: Wish) -> Refused | None:
    """Begin to learn at the door: prompts, steps and the end are in `state.enrolment`. Refused with the limit (CAP-20).

    At its end `state.enrolment.status` is DONE, DUPLICATE, TIMEOUT, CANCELLED or FAILED; success and failure have been
    shown and said by then.
    """
    begun = _begin(turn, wish)
    return begun if isinstance(begun, Refused) else None


def abort(turn: Turn) -> None:
    """End the enrolment under way, if there is one, for whoever leaves it at the keypad; nothing of it stays.

    Nothing is said of it: who presses the back key has not failed.
    """
    if (running := _active(turn)) is not None:
        _abandon(turn, running, EnrolmentStatus.CANCELLED, aloud=False)


def start(turn: Turn, command: StartEnrolment) -> None:
    """APP-2: begin to learn for a user, from the app; not while somebody is in the lock's own menu."""
    user = turn.state.directory.users.get(command.user_id)
    if user is None:
        turn.refuse(command, ErrorCode.UNKNOWN_USER)
        return
    if turn.state.menu is not None:
        turn.refuse(command, ErrorCode.MENU_OPEN)
        return
    by = Cause(OperationSource.REMOTE, actor=command.actor)
    wish = Wish(id=command.command_id, user=user, type=command.type, by=by, duress=command.duress)
    begun = _begin(turn, wish)
    if isinstance(begun, Refused):
        turn.refuse(command, begun)
    else:
        turn.answer(command, enrolment=begun.id, steps=begun.steps, number=begun.number)


def cancel(turn: Turn, command: CancelEnrolment) -> None:
    """End it from the app; nothing of it stays. One that was begun at the keypad is the keypad's to end."""
    running = _active(turn)
    if running is None or command.enrolment not in (None, running.id):
        turn.refuse(command, ErrorCode.NO_ENROLMENT)
    elif running.at_keypad:
        turn.refuse(command, ErrorCode.MENU_OPEN)
    else:
        _abandon(turn, running, EnrolmentStatus.CANCELLED)
        turn.answer(command)


def abandon(turn: Turn, user: User) -> None:
    """End an enrolment whose user has gone."""
    running = _active(turn)
    if running is not None and running.user_id == user.id:
        _abandon(turn, running, EnrolmentStatus.CANCELLED, user)


def late(turn: Turn) -> None:
    """The next touch, or the reader's last word, has not come."""
    if (running := _active(turn)) is not None:
        _abandon(turn, running, EnrolmentStatus.TIMEOUT)
    else:
        turn.set(reader_ending=False)


def reader_lost(turn: Turn, part: Part) -> None:
    """A reader that no longer answers learns nothing, and what it holds is not known any more.

    With the link between front and rear all of them are lost.
    """
    kinds = [kind for kind, reader in PARTS.items() if part in (reader, Part.LINK)]
    last = turn.state.enrolment
    if last is not None and last.type in kinds:
        if last.active:
            _end(turn, last, EnrolmentStatus.FAILED, "fault")
        turn.set(reader_ending=False)
    turn.set(lost=frozenset(lost for lost in turn.state.lost if lost[0] not in kinds))


def step(turn: Turn, seen: EnrolStep) -> None:
    """One more touch or pose is taken."""
    running = _learning(turn, seen.type)
    if running is None:
        return
    ask = _ask(running, seen.done) if seen.done < running.steps else None
    wanted = ask.wanted if ask is not None else None
    turn.set(enrolment=replace(running, done=seen.done, status=EnrolmentStatus.STEP, reason=None, wanted=wanted))
    _wait(turn, running)
    turn.tone(Tone.KEY)
    if ask is not None:
        turn.say(ask.prompt)


def retry(turn: Turn, seen: EnrolRetry) -> None:
    """The touch or pose did not count; of a face that is the end (DLM-5)."""
    running = _learning(turn, seen.type)
    if running is None:
        return
    if seen.type is CredentialType.FACE and seen.reason in _FACE_FAILS:
        _abandon(turn, running, EnrolmentStatus.FAILED, reason=seen.reason)
        return
    ask = _RETRIES.get((seen.type, seen.reason)) or _ask(running, running.done)
    turn.set(enrolment=replace(running, status=EnrolmentStatus.STEP_RETRY, reason=seen.reason, wanted=ask.wanted))
    _wait(turn, running)
    turn.say(ask.prompt)


def done(turn: Turn, seen: EnrolDone) -> None:
    """The reader holds the template; without an enrolment that asked for it, it is an orphan."""
    running = _learning(turn, seen.type)
    _reader_ended(turn, seen.type)
    if running is None or running.slot != seen.slot:
        if (seen.type, seen.slot) not in turn.state.directory.by_slot:
            turn.emit(DeleteTemplates(seen.type, frozenset({seen.slot})))
    elif not _keep(turn, running, slot=seen.slot):
        turn.emit(DeleteTemplates(seen.type, frozenset({seen.slot})))


def failed(turn: Turn, seen: EnrolFailed) -> None:
    """The reader gave up; nothing is stored."""
    _reader_ended(turn, seen.type)
    if (running := _learning(turn, seen.type)) is not None:
        _end(turn, running, _ENDS.get(seen.reason, EnrolmentStatus.FAILED), seen.reason)


def waiting_for_card(turn: Turn) -> Enrolling | None:
    """The enrolment that the next card is for."""
    running = _active(turn)
    return running if running is not None and running.type is CredentialType.RFID else None


def card_seen(turn: Turn, running: Enrolling, mac: bytes) -> None:
    """L2S-6: the card at the reader is the new one; one that is enrolled already is refused (L2S-7)."""
    if mac in turn.state.directory.by_mac:
        _end(turn, running, EnrolmentStatus.DUPLICATE, "duplicate")
    else:
        _keep(turn, running, mac=mac)


def not_kept(turn: Turn) -> None:
    """The disk has refused what was learnt: it is over, and the reader forgets it, so that nobody finds it later."""
    running = _active(turn)
    if running is None:
        return
    _end(turn, running, EnrolmentStatus.FAILED, _STORAGE)
    if running.slot is not None:
        turn.emit(DeleteTemplates(running.type, frozenset({running.slot})))


def inventory(turn: Turn, seen: Inventory) -> None:
    """What the reader holds and nobody owns is forgotten; what it has lost is said. One not trusted is left alone.

    Nobody owns what is in a module that the lock meets for the first time, though its slots may be those of people.
    """
    part = PARTS[seen.type]
    if part in turn.state.untrusted:
        return
    known = frozenset(slot for kind, slot in turn.state.directory.by_slot if kind is seen.type)
    running = _learning(turn, seen.type)
    coming = set() if running is None else {running.slot}
    held = frozenset[int]() if seen.first else known & seen.slots
    if orphans := seen.slots - held - coming:
        turn.emit(DeleteTemplates(seen.type, orphans))
    others = frozenset(lost for lost in turn.state.lost if lost[0] is not seen.type)
    lost = frozenset((seen.type, slot) for slot in known - held)
    for key in sorted(lost - turn.state.lost, key=lambda key: key[1]):
        _tell_lost(turn, turn.state.directory.by_slot[key])
    turn.set(lost=others | lost)
    if known - held:
        start_fault(turn, part, "templates_lost")
    else:
        end_fault(turn, part)


def _tell_lost(turn: Turn, credential: Credential) -> None:
    """Whoever it belongs to has to hear of it: the reader will not know her any more."""
    user = turn.state.directory.users.get(credential.user_id)
    turn.record(
        EventType.CREDENTIAL_LOST,
        user_id=credential.user_id,
        user_name=user.name if user is not None else "",
        credential_type=credential.type,
        credential_number=credential.number,
    )


def _begin(turn: Turn, wish: Wish) -> Enrolling | Refused:
    if (refused := _check(turn, wish)) is not None:
        return refused
    kind, directory = wish.type, turn.state.directory
    limits = turn.profile.credentials[kind]
    slot = None
    if kind is not CredentialType.RFID:
        slot = next(free for free in range(len(directory.by_slot) + 1) if (kind, free) not in directory.by_slot)
        turn.emit(BeginEnrolment(kind, slot, limits.steps))
    running = Enrolling(
        wish.id,
        wish.user.id,
        kind,
        directory.free_credential_number(kind),
        slot,
        limits.steps,
        wish.by,
        wanted=_FIRST[kind].wanted,
        duress=wish.duress,
        new_user=wish.user if wish.new_user else None,
        at_keypad=wish.at_keypad,
    )
    turn.set(enrolment=running)
    turn.start(Timer.ENROLMENT, turn.profile.palm_ms if kind is CredentialType.PALM_VEIN else _PATIENCE_MS)
    turn.say(_FIRST[kind].prompt)
    return running


def _check(turn: Turn, wish: Wish) -> Refused | None:
    kind = wish.type
    limits = turn.profile.limits(kind)
    if limits is None or kind not in PARTS or (wish.duress and kind is not CredentialType.FINGERPRINT):
        return Refused(ErrorCode.NOT_SUPPORTED)
    if _active(turn) is not None:
        return Refused(ErrorCode.ENROLMENT_RUNNING)
    if turn.state.directory.count(kind) >= limits.slots:
        return Refused(ErrorCode.NO_SLOT_LEFT, {"limit": limits.slots})
    if limits.per_user is not None and len(turn.state.directory.of_user(wish.user.id, kind)) >= limits.per_user:
        return Refused(ErrorCode.NO_SLOT_LEFT, {"limit": limits.per_user, "per_user": True})
    if not _answers(turn, kind):
        return Refused(ErrorCode.PART_FAULT, {"part": PARTS[kind].value})
    return Refused(ErrorCode.BUSY) if turn.state.reader_ending else None


def _active(turn: Turn) -> Enrolling | None:
    running = turn.state.enrolment
    return running if running is not None and running.active else None


def _learning(turn: Turn, kind: CredentialType) -> Enrolling | None:
    """The enrolment that a reader's report is about."""
    running = _active(turn)
    return running if running is not None and running.slot is not None and running.type is kind else None


def _answers(turn: Turn, kind: CredentialType) -> bool:
    """Whether the reader can be asked to learn; one that has lost templates can."""
    part, state = PARTS[kind], turn.state
    if part in state.untrusted or Part.LINK in state.faults:
        return False
    return part not in state.faults or roster.lost_by(turn, kind)


def _ask(running: Enrolling, taken: int) -> _Ask:
    """What is asked for after so many touches or poses."""
    if running.type is CredentialType.FACE:
        return _POSES[min(taken, len(_POSES) - 1)]
    return _FIRST[running.type] if running.type is CredentialType.PALM_VEIN else _AGAIN


def _wait(turn: Turn, running: Enrolling) -> None:
    if running.type is not CredentialType.PALM_VEIN:
        # DLM-14: a palm has its time as a whole.
        turn.start(Timer.ENROLMENT, _PATIENCE_MS)


def _abandon(
    turn: Turn,
    running: Enrolling,
    status: EnrolmentStatus,
    user: User | None = None,
    reason: str | None = None,
    *,
    aloud: bool = True,
) -> None:
    """End it from this side. The reader's own end follows, and must not be taken for that of a later enrolment."""
    if running.slot is not None:
        turn.emit(EndEnrolment(running.type))
    _end(turn, running, status, reason or status.value, user, aloud=aloud)
    if running.slot is not None:
        turn.set(reader_ending=True)
        turn.start(Timer.ENROLMENT, _ENDING_MS)


def _reader_ended(turn: Turn, kind: CredentialType) -> None:
    last = turn.state.enrolment
    if turn.state.reader_ending and last is not None and last.type is kind:
        turn.set(reader_ending=False)
        turn.stop(Timer.ENROLMENT)


def _keep(turn: Turn, running: Enrolling, *, mac: bytes | None = None, slot: int | None = None) -> bool:
    """Keep what was learnt, and whoever is new with it; not what an exchanged reader tells."""
    directory, limit = turn.state.directory, turn.profile.users
    if PARTS[running.type] in turn.state.untrusted:
        _end(turn, running, EnrolmentStatus.FAILED, "fault")
        return False
    if running.new_user is not None and limit and len(directory.users) >= limit:
        # The app has put somebody else on the lock meanwhile.
        _end(turn, running, EnrolmentStatus.FAILED, "no_slot_left")
        return False
    credential = Credential(running.type, running.number, running.user_id, mac, slot, running.duress)
    roster.keep_credential(turn, credential, running.by, new_user=running.new_user)
    turn.set(enrolment=replace(running, status=EnrolmentStatus.DONE, done=running.steps, reason=None, wanted=None))
    turn.stop(Timer.ENROLMENT)
    turn.verdict(good=True)
    turn.say(Prompt.OPERATION_SUCCESSFUL if running.type is CredentialType.FACE else Prompt.ENROLLED)
    return True


def _end(
    turn: Turn,
    running: Enrolling,
    status: EnrolmentStatus,
    reason: str,
    user: User | None = None,
    *,
    aloud: bool = True,
) -> None:
    user = user or turn.state.directory.users.get(running.user_id)
    turn.set(enrolment=replace(running, status=status, reason=reason, wanted=None))
    turn.stop(Timer.ENROLMENT)
    turn.record(
        EventType.ENROLMENT_FAILED,
        Cause(running.by.source, user, actor=running.by.actor),
        credential_type=running.type,
        reason=reason,
    )
    if not aloud:
        return
    turn.verdict(good=False)
    if status is EnrolmentStatus.DUPLICATE:
        turn.say(Prompt.EXISTS_ALREADY)
    elif reason == _STORAGE:
        turn.say(Prompt.STORAGE)
    else:
        turn.say(Prompt.ENROLMENT_FAILED)
        if reason == "moved":
            turn.say(Prompt.FACE_HOLD_STILL)
