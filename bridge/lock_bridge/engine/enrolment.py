"""Enrolment at the door, step by step: started, step, retry, done, duplicate, timeout, cancelled (APP-2, CAP-20, L2S-7)."""

from dataclasses import replace

from lock_bridge.wire.errors import ErrorCode
from lock_bridge.wire.words import CredentialType, EnrolmentStatus, EventType, Part

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
from .model import Credential
from .state import Enrolling
from .turn import Turn

_PATIENCE_MS = 60_000
"""How long an enrolment waits for its next touch."""

_PARTS = {CredentialType.FINGERPRINT: Part.FINGERPRINT, CredentialType.RFID: Part.CARD}
"""Kinds that this engine can enrol, with the parts that do it."""

_ENDS = {
    "timeout": EnrolmentStatus.TIMEOUT,
    "duplicate": EnrolmentStatus.DUPLICATE,
    "cancelled": EnrolmentStatus.CANCELLED,
}


def start(turn: Turn, command: StartEnrolment) -> None:
    """Begin to learn; refused with the limit that it hits (CAP-20)."""
    kind, directory = command.type, turn.state.directory
    limits = turn.profile.limits(kind)
    running = turn.state.enrolment
    if limits is None or kind not in _PARTS:
        turn.refuse(command, ErrorCode.NOT_SUPPORTED)
    elif command.user_id not in directory.users:
        turn.refuse(command, ErrorCode.UNKNOWN_USER)
    elif running is not None and running.active:
        turn.refuse(command, ErrorCode.ENROLMENT_RUNNING)
    elif directory.count(kind) >= limits.slots:
        turn.refuse(command, ErrorCode.NO_SLOT_LEFT, limit=limits.slots)
    elif limits.per_user is not None and len(directory.of_user(command.user_id, kind)) >= limits.per_user:
        turn.refuse(command, ErrorCode.NO_SLOT_LEFT, limit=limits.per_user, per_user=True)
    elif _PARTS[kind] in turn.state.faults | turn.state.untrusted:
        turn.refuse(command, ErrorCode.PART_FAULT, part=_PARTS[kind].value)
    else:
        _begin(turn, command, limits.steps)


def cancel(turn: Turn, command: CancelEnrolment) -> None:
    """End it; nothing of it stays."""
    running = turn.state.enrolment
    if running is None or not running.active:
        turn.refuse(command, ErrorCode.NO_ENROLMENT)
        return
    abandon(turn, EnrolmentStatus.CANCELLED)
    turn.answer(command)


def abandon(turn: Turn, status: EnrolmentStatus) -> None:
    """End the running enrolment from this side."""
    running = turn.state.enrolment
    if running is not None and running.active:
        if running.type is not CredentialType.RFID:
            turn.emit(EndEnrolment(running.type))
        _end(turn, running, status, status.value)


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
    if running is None or running.slot != seen.slot:
        if (CredentialType.FINGERPRINT, seen.slot) not in turn.state.directory.by_slot:
            turn.emit(DeleteTemplates(CredentialType.FINGERPRINT, frozenset({seen.slot})))
        return
    _keep(turn, running, Credential(running.type, running.number, running.user_id, slot=seen.slot))


def failed(turn: Turn, seen: EnrolFailed) -> None:
    """The reader gave up; nothing is stored."""
    if (running := _learning(turn)) is not None:
        _end(turn, running, _ENDS.get(seen.reason, EnrolmentStatus.FAILED), seen.reason)


def takes_card(turn: Turn) -> bool:
    """Whether the next card is to be learnt."""
    running = turn.state.enrolment
    return running is not None and running.active and running.type is CredentialType.RFID


def card_seen(turn: Turn, mac: bytes) -> None:
    """L2S-6: the card at the reader is the new one; one that is enrolled already is refused (L2S-7)."""
    running = turn.state.enrolment
    if running is None:
        return
    if mac in turn.state.directory.by_mac:
        _end(turn, running, EnrolmentStatus.DUPLICATE, "duplicate")
    else:
        _keep(turn, replace(running, done=1), Credential(running.type, running.number, running.user_id, mac=mac))


def inventory(turn: Turn, seen: Inventory) -> None:
    """What the reader holds and nobody owns is forgotten; what it has lost is said."""
    known = {item.slot for item in turn.state.directory.credentials.values() if item.type is seen.type and item.slot is not None}
    running = turn.state.enrolment
    if running is not None and running.active and running.type is seen.type and running.slot is not None:
        known.add(running.slot)
        missing = known - seen.slots - {running.slot}
    else:
        missing = known - seen.slots
    if orphans := seen.slots - known:
        turn.emit(DeleteTemplates(seen.type, frozenset(orphans)))
    part = _PARTS[seen.type]
    if missing:
        start_fault(turn, part, "templates_lost")
    else:
        end_fault(turn, part)


def _begin(turn: Turn, command: StartEnrolment, steps: int) -> None:
    directory, kind = turn.state.directory, command.type
    number = directory.free_credential_number(kind)
    slot = None
    if kind is not CredentialType.RFID:
        slot = next(free for free in range(len(directory.by_slot) + 1) if (kind, free) not in directory.by_slot)
        turn.emit(BeginEnrolment(kind, slot, steps))
    turn.set(
        enrolment=Enrolling(command.command_id, command.user_id, kind, number, slot, steps, command.actor)
    )
    turn.start(Timer.ENROLMENT, _PATIENCE_MS)
    turn.say(Prompt.HOLD_CARD if slot is None else Prompt.TOUCH_FINGER)
    turn.answer(command, enrolment=command.command_id, steps=steps, number=number)


def _learning(turn: Turn) -> Enrolling | None:
    running = turn.state.enrolment
    return running if running is not None and running.active and running.slot is not None else None


def _keep(turn: Turn, running: Enrolling, credential: Credential) -> None:
    user = turn.state.directory.users[running.user_id]
    turn.set(
        directory=turn.state.directory.with_credential(credential),
        enrolment=replace(running, status=EnrolmentStatus.DONE, done=running.steps, reason=None),
    )
    turn.stop(Timer.ENROLMENT)
    turn.emit(SaveCredential(credential))
    turn.record(
        EventType.CREDENTIAL_ADDED,
        user_id=user.id,
        user_name=user.name,
        credential_type=credential.type,
        credential_number=credential.number,
        client_id=running.actor.client_id,
        client_name=running.actor.name,
    )
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
        client_id=running.actor.client_id,
        client_name=running.actor.name,
        reason=reason,
    )
    turn.verdict(good=False)
    turn.say(Prompt.EXISTS_ALREADY if status is EnrolmentStatus.DUPLICATE else Prompt.ENROLMENT_FAILED)
