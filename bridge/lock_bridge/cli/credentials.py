"""`credential passcode`, `enrol`, `delete`, `cancel`. A passcode is never an argument: those can be seen by others."""

import getpass
import sys
import time
from typing import Any, Final

from .output import words
from .session import Session
from .usage import UsageError

_POLL_S: Final = 0.3
_RUNNING: Final = ("started", "step", "step_retry")
_ENDS: Final = {
    "duplicate": "It is enrolled already. Nothing was stored.",
    "timeout": "Nobody came in time. Nothing was stored.",
    "cancelled": "It was cancelled. Nothing was stored.",
}
_RETRIES: Final = {
    "messy": "That was not clear. Once more.",
    "short": "That was too short. Once more, and longer.",
    "lift": "Take it away, then once more.",
}
_ACTS: Final = {"fingerprint": "Touch the reader with the finger", "rfid": "Hold the card to the reader"}


def passcode(session: Session) -> None:
    """Give a user a passcode."""
    lock = session.lock(session.args.lock)
    user = session.user(lock["id"], session.args.user)
    chosen = None if session.args.generate else _ask()
    answer = session.call("credentials.set_passcode", lock=lock["id"], user_id=user["id"], passcode=chosen)
    lines = [f"{user['name']} has a new passcode."]
    if session.args.generate:
        lines = [f"The passcode of {user['name']}, shown only now: {answer['passcode']}"]
    session.show(answer, lines)


def enrol(session: Session) -> int | None:
    """Learn a fingerprint or card at the door, and follow it step by step."""
    kind = session.args.type
    lock = session.lock(session.args.lock)
    user = session.user(lock["id"], session.args.user)
    started = session.call("credentials.enrol", lock=lock["id"], user_id=user["id"], type=kind)
    if session.args.no_wait:
        session.show(started, [f"{lock['name']} is learning {user['name']}'s {words(kind)}."])
        return None
    session.tell(
        f"{_ACTS.get(kind, 'Go to the door')} of {lock['name']}: {started['steps']} times.".replace(" 1 times", " once")
    )
    try:
        return _follow(session, lock["id"], started["enrolment"])
    except KeyboardInterrupt:
        session.call("credentials.cancel", lock=lock["id"])
        session.tell("Cancelled. Nothing was stored.")
        raise


def delete(session: Session) -> None:
    """Delete one credential."""
    lock = session.lock(session.args.lock)
    kind, number = session.args.type, session.args.number
    answer = session.call("credentials.delete", lock=lock["id"], type=kind, number=number)
    session.show(answer, [f"The {words(kind)} {number} of {lock['name']} is deleted."])


def cancel(session: Session) -> None:
    """End the enrolment under way."""
    lock = session.lock(session.args.lock)
    answer = session.call("credentials.cancel", lock=lock["id"])
    session.show(answer, ["The enrolment is cancelled. Nothing was stored."])


def _ask() -> str:
    if not sys.stdin.isatty():
        given = sys.stdin.readline().rstrip("\r\n")
        if not given:
            raise UsageError("Give the passcode on standard input, or let the bridge make one with --generate.")
        return given
    given = getpass.getpass("New passcode: ")
    if getpass.getpass("The same again: ") != given:
        raise UsageError("The two are not the same. Nothing was changed.")
    return given


def _follow(session: Session, lock_id: str, enrolment_id: str) -> int:
    told: tuple[Any, ...] = ()
    while True:
        enrolment = session.lock(lock_id)["enrolment"]
        if enrolment is None or enrolment["id"] != enrolment_id:
            session.show({"enrolment": enrolment}, ["Another enrolment took its place. Look at the journal."])
            return 1
        if enrolment["status"] not in _RUNNING:
            return _ended(session, enrolment)
        now = (enrolment["status"], enrolment["done"], enrolment["reason"])
        if now != told:
            told = now
            if line := _progress(enrolment):
                session.tell(line)
        time.sleep(_POLL_S)


def _progress(enrolment: dict[str, Any]) -> str | None:
    if enrolment["status"] == "step_retry":
        return _RETRIES.get(enrolment["reason"] or "", "That did not count. Once more.")
    return f"{enrolment['done']} of {enrolment['steps']} done." if enrolment["done"] else None


def _ended(session: Session, enrolment: dict[str, Any]) -> int:
    status, reason = enrolment["status"], enrolment["reason"]
    if status == "done":
        session.show({"enrolment": enrolment}, [f"Done: it is number {enrolment['number']}."])
        return 0
    why = f" ({words(reason)})" if reason else ""
    session.show({"enrolment": enrolment}, [_ENDS.get(status, f"It failed{why}. Nothing was stored.")])
    return 1
