"""`credential enrol` and `cancel`: learning a finger, card, face or palm at the door, followed step by step."""

import time
from collections.abc import Mapping
from typing import Any, Final

from .output import credential, words
from .session import Session

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
    "too_far": "That was too far away. Come closer.",
    "moved": "Hold still.",
    "covered": "Something covers it. Once more.",
}
_ACTS: Final = {
    "fingerprint": "touch the reader with the finger",
    "rfid": "hold the card to the reader",
    "face": "look into the lock from an arm's length",
    "palm_vein": "hold the palm to the red light",
}
_WANTED: Final = {
    "touch_again": "Touch again with the same finger.",
    "lift": "Take the finger away.",
    "straight": "Look straight ahead.",
    "up": "Look up.",
    "down": "Look down.",
    "left": "Look left.",
    "right": "Look right.",
}
"""What to do next, where the first line has not said it."""


def enrol(session: Session) -> int | None:
    """Learn something of a user at the door, and follow it."""
    kind = session.args.type
    lock = session.lock(session.args.lock)
    user = session.user(lock["id"], session.args.user)
    started = session.call(
        "credentials.enrol", lock=lock["id"], user_id=user["id"], type=kind, duress=session.args.duress
    )
    if session.args.no_wait:
        session.show(started, [f"{user['name']}'s {credential(kind)} is being learnt."])
        return None
    steps = started["steps"]
    often = f", {steps} {'poses' if kind == 'face' else 'times'}" if steps > 1 else ""
    session.tell(f"{user['name']}: {_ACTS.get(kind, 'go to the door')}{often}.")
    try:
        return _follow(session, lock["id"], started["enrolment"])
    except KeyboardInterrupt:
        session.call("credentials.cancel", lock=lock["id"], enrolment=started["enrolment"])
        session.tell("Cancelled. Nothing was stored.")
        raise


def cancel(session: Session) -> None:
    """End the enrolment under way."""
    lock = session.lock(session.args.lock)
    answer = session.call("credentials.cancel", lock=lock["id"])
    session.show(answer, ["The enrolment is cancelled. Nothing was stored."])


def _follow(session: Session, lock_id: str, enrolment_id: str) -> int:
    told: tuple[Any, ...] = ()
    while True:
        enrolment = session.lock(lock_id)["enrolment"]
        if enrolment is None or enrolment["id"] != enrolment_id:
            session.show({"enrolment": enrolment}, ["Another enrolment took its place. Look at the journal."])
            return 1
        if enrolment["status"] not in _RUNNING:
            return _ended(session, enrolment)
        now = tuple(enrolment.get(name) for name in ("status", "done", "reason", "wanted"))
        if now != told:
            told = now
            if line := _progress(enrolment):
                session.tell(line)
        time.sleep(_POLL_S)


def _progress(enrolment: Mapping[str, Any]) -> str:
    if enrolment["status"] == "step_retry":
        return _RETRIES.get(enrolment["reason"] or "", "That did not count. Once more.")
    done = f"{enrolment['done']} of {enrolment['steps']} done." if enrolment["done"] else ""
    return " ".join(part for part in (done, _WANTED.get(enrolment.get("wanted") or "")) if part)


def _ended(session: Session, enrolment: Mapping[str, Any]) -> int:
    status, reason = enrolment["status"], enrolment["reason"]
    if status == "done":
        session.show({"enrolment": enrolment}, [f"Done: it is number {enrolment['number']}."])
        return 0
    why = f" ({words(reason)})" if reason else ""
    session.show({"enrolment": enrolment}, [_ENDS.get(status, f"It failed{why}. Nothing was stored.")])
    return 1
