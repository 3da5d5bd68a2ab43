"""Enrolment at the door, step by step, and what the readers hold (APP-2, CAP-20, L2S-7)."""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from lock_bridge.wire.errors import ErrorCode
from lock_bridge.wire.words import CredentialType, EnrolmentStatus, EventType, OperationSource, Part

from .alarms import end_fault, start_fault
from .effects import (
    BeginEnrolment,
    DeleteTemplates,
    EndEnrolment,
    Prompt,
    SaveCredential,
    Tone,
)
from .inputs import (
    CancelEnrolment,
    EnrolDone,
    EnrolFailed,
    EnrolRetry,
    EnrolStep,
    Inventory,
    StartEnrolment,
    Timer,
)
from .model import Credential, User
from .state import Cause, Enrolling
from .turn import Refused, Turn

_PATIENCE_MS = 60_000
"""How long an enrolment waits for its next touch."""

_ENDING_MS = 10_000
"""How long a reader may take to say that it has stopped learning, before another enrolment is let in all the same."""

_PARTS = {CredentialType.FINGERPRINT: Part.FINGERPRINT, CredentialType.RFID: Part.CARD}
"""Kinds that this engine can enrol, with the parts that do it."""

_ENDS = {
    "timeout": EnrolmentStatus.TIMEOUT,
    "duplicate": EnrolmentStatus.DUPLICATE,
    "cancelled": EnrolmentStatus.CANCELLED,
}


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
    raise NotImplementedError


def abort(turn: Turn) -> None:
    """End the enrolment under way, if there is one; nothing of it stays."""
    raise NotImplementedError


def start(turn: Turn, command: StartEnrolment) -> None:
    """Begin to learn; refused with the limit that it hits (CAP-20)."""
    kind, directory = command.type, turn.state.directory
    limits = turn.profile.limits(kind)
    if limits is None or kind not in _PARTS:
        turn.refuse(command, ErrorCode.NOT_SUPPORTED)
    elif command.user_id not in directory.users:
        turn.refuse(command, ErrorCode.UNKNOWN_USER)
    elif _active(turn) is not None:
        turn.refuse(command, ErrorCode.ENROLMENT_RUNNING)
    elif directory.count(kind) >= limits.slots:
        turn.refuse(command, ErrorCode.NO_SLOT_LEFT, limit=limits.slots)
    elif limits.per_user is not None and len(directory.of_user(command.user_id, kind)) >= limits.per_user:
        turn.refuse(command, ErrorCode.NO_SLOT_LEFT, limit=limits.per_user, per_user=True)
    elif not _answers(turn, kind):
        turn.refuse(command, ErrorCode.PART_FAULT, part=_PARTS[kind].value)
    elif turn.state.reader_ending:
        turn.refuse(command, ErrorCode.BUSY)
    else:
        _begin(turn, command, limits.steps)


def cancel(turn: Turn, command: CancelEnrolment) -> None:
    """End it; nothing of it stays."""
    if (running := _active(turn)) is None:
        turn.refuse(command, ErrorCode.NO_ENROLMENT)
        return
    _abandon(turn, running, EnrolmentStatus.CANCELLED)
    turn.answer(command)


def abandon(turn: Turn, user_id: str) -> None:
    """End an enrolment whose user goes."""
    running = _active(turn)
    if running is not None and running.user_id == user_id:
        _abandon(turn, running, EnrolmentStatus.CANCELLED)


def late(turn: Turn) -> None:
    """The next touch, or the reader's last word, has not come."""
    if (running := _active(turn)) is not None:
        _abandon(turn, running, EnrolmentStatus.TIMEOUT)
    else:
        turn.set(reader_ending=False)


def reader_lost(turn: Turn, part: Part) -> None:
    """A reader that no longer answers learns nothing, and what it holds is not known any more."""
    running = _active(turn)
    if running is not None and _PARTS[running.type] is part:
        _end(turn, running, EnrolmentStatus.FAILED, "fault")
    if part is Part.FINGERPRINT:
        turn.set(lost=frozenset(), reader_ending=False)


def step(turn: Turn, seen: EnrolStep) -> None:
    """One more touch is taken."""
    if (running := _learning(turn)) is not None:
        turn.set(enrolment=replace(running, done=seen.done, status=EnrolmentStatus.STEP, reason=None))
        turn.start(Timer.ENROLMENT, _PATIENCE_MS)
        turn.tone(Tone.KEY)
        if seen.done < running.steps:
            turn.say(Prompt.TOUCH_AGAIN)


def retry(turn: Turn, seen: EnrolRetry) -> None:
    """The touch did not count."""
    if (running := _learning(turn)) is not None:
        turn.set(enrolment=replace(running, status=EnrolmentStatus.STEP_RETRY, reason=seen.reason))
        turn.start(Timer.ENROLMENT, _PATIENCE_MS)
        turn.say(Prompt.LIFT_FINGER if seen.reason == "lift" else Prompt.TOUCH_AGAIN)


def done(turn: Turn, seen: EnrolDone) -> None:
    """The reader holds the template; without an enrolment that asked for it, it is an orphan."""
    running = _learning(turn)
    _reader_ended(turn)
    if running is None or running.slot != seen.slot:
        if (CredentialType.FINGERPRINT, seen.slot) not in turn.state.directory.by_slot:
            turn.emit(DeleteTemplates(CredentialType.FINGERPRINT, frozenset({seen.slot})))
        return
    _keep(turn, running, Credential(running.type, running.number, running.user_id, slot=seen.slot))


def failed(turn: Turn, seen: EnrolFailed) -> None:
    """The reader gave up; nothing is stored."""
    _reader_ended(turn)
    if (running := _learning(turn)) is not None:
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
        _keep(turn, replace(running, done=1), Credential(running.type, running.number, running.user_id, mac=mac))


def inventory(turn: Turn, seen: Inventory) -> None:
    """What the reader holds and nobody owns is forgotten; what it has lost is said. One not trusted is left alone."""
    part = _PARTS[seen.type]
    if part in turn.state.untrusted:
        return
    known = frozenset(slot for kind, slot in turn.state.directory.by_slot if kind is seen.type)
    running = _learning(turn)
    coming = {running.slot} if running is not None and running.type is seen.type else set()
    if orphans := seen.slots - known - coming:
        turn.emit(DeleteTemplates(seen.type, orphans))
    turn.set(lost=frozenset((seen.type, slot) for slot in known - seen.slots))
    if turn.state.lost:
        start_fault(turn, part, "templates_lost")
    else:
        end_fault(turn, part)


def forget(turn: Turn, credentials: Iterable[Credential]) -> None:
    """Let readers forget the templates of credentials that are gone; one that had lost them is whole again."""
    slots: dict[CredentialType, set[int]] = {}
    for item in credentials:
        if item.slot is not None:
            slots.setdefault(item.type, set()).add(item.slot)
    for kind, gone in slots.items():
        turn.emit(DeleteTemplates(kind, frozenset(gone)))
        lost = frozenset(turn.state.lost - {(kind, slot) for slot in gone})
        if turn.state.lost and not lost:
            end_fault(turn, _PARTS[kind])
        turn.set(lost=lost)


def _begin(turn: Turn, command: StartEnrolment, steps: int) -> None:
    directory, kind = turn.state.directory, command.type
    number = directory.free_credential_number(kind)
    slot = None
    if kind is not CredentialType.RFID:
        slot = next(free for free in range(len(directory.by_slot) + 1) if (kind, free) not in directory.by_slot)
        turn.emit(BeginEnrolment(kind, slot, steps))
    by = Cause(OperationSource.REMOTE, actor=command.actor)
    turn.set(enrolment=Enrolling(command.command_id, command.user_id, kind, number, slot, steps, by))
    turn.start(Timer.ENROLMENT, _PATIENCE_MS)
    turn.say(Prompt.HOLD_CARD if slot is None else Prompt.TOUCH_FINGER)
    turn.answer(command, enrolment=command.command_id, steps=steps, number=number)


def _active(turn: Turn) -> Enrolling | None:
    running = turn.state.enrolment
    return running if running is not None and running.active else None


def _learning(turn: Turn) -> Enrolling | None:
    running = _active(turn)
    return running if running is not None and running.slot is not None else None


def _answers(turn: Turn, kind: CredentialType) -> bool:
    """Whether the reader can be asked to learn; one that has lost templates can."""
    part, state = _PARTS[kind], turn.state
    return part not in state.untrusted and (part not in state.faults or any(lost is kind for lost, _ in state.lost))


def _abandon(turn: Turn, running: Enrolling, status: EnrolmentStatus) -> None:
    """End it from this side. The reader's own end follows, and must not be taken for that of a later enrolment."""
    if running.slot is not None:
        turn.emit(EndEnrolment(running.type))
    _end(turn, running, status, status.value)
    if running.slot is not None:
        turn.set(reader_ending=True)
        turn.start(Timer.ENROLMENT, _ENDING_MS)


def _reader_ended(turn: Turn) -> None:
    if turn.state.reader_ending:
        turn.set(reader_ending=False)
        turn.stop(Timer.ENROLMENT)


def _keep(turn: Turn, running: Enrolling, credential: Credential) -> None:
    user = turn.state.directory.users[running.user_id]
    turn.set(
        directory=turn.state.directory.with_credential(credential),
        enrolment=replace(running, status=EnrolmentStatus.DONE, done=running.steps, reason=None),
    )
    turn.emit(SaveCredential(credential))
    turn.record(
        EventType.CREDENTIAL_ADDED,
        user_id=user.id,
        user_name=user.name,
        credential_type=credential.type,
        credential_number=credential.number,
        client_id=None if running.by.actor is None else running.by.actor.client_id,
        client_name=None if running.by.actor is None else running.by.actor.name,
    )
    turn.stop(Timer.ENROLMENT)
    turn.verdict(good=True)
    turn.say(Prompt.ENROLLED)


def _end(turn: Turn, running: Enrolling, status: EnrolmentStatus, reason: str) -> None:
    user = turn.state.directory.users.get(running.user_id)
    turn.set(enrolment=replace(running, status=status, reason=reason))
    turn.stop(Timer.ENROLMENT)
    turn.record(
        EventType.ENROLMENT_FAILED,
        user_id=running.user_id,
        user_name=user.name if user is not None else None,
        credential_type=running.type,
        client_id=None if running.by.actor is None else running.by.actor.client_id,
        client_name=None if running.by.actor is None else running.by.actor.name,
        reason=reason,
    )
    turn.verdict(good=False)
    turn.say(Prompt.EXISTS_ALREADY if status is EnrolmentStatus.DUPLICATE else Prompt.ENROLMENT_FAILED)
