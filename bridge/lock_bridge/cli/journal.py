"""`journal`: what happened."""

import time
from typing import Any, Final

from . import output
from .output import say_json
from .sentences import SENTENCES, line
from .session import Session
from .usage import UsageError

PAGE: Final = 1000
"""Most events of one question."""

_POLL_S: Final = 1.0


def journal(session: Session) -> None:
    """The last events, oldest of them first; with `--follow`, also what happens from now on."""
    args = session.args
    if not 1 <= args.limit <= PAGE:
        raise UsageError(f"--limit must be from 1 to {PAGE}.")
    for kind in args.type:
        if kind not in SENTENCES:
            raise UsageError(f"{kind} is no kind of event. There are: {', '.join(SENTENCES)}.")
    locks = {lock["id"]: lock["name"] for lock in session.call("locks.list")["locks"]}
    wish = _wish(session, locks)
    found = session.call("journal.query", limit=args.limit, **wish)
    events = sorted(found["events"], key=lambda event: event["seq"])
    if not args.follow:
        session.show({**found, "events": events}, [line(event, locks) for event in events])
        return
    _tell(session, events, locks)
    _follow(session, wish, locks, found["epoch"], events[-1]["seq"] if events else 0)


def _follow(session: Session, wish: dict[str, Any], locks: dict[str, str], epoch: str, after: int) -> None:
    while True:
        time.sleep(_POLL_S)
        found = session.call("journal.query", after=after, limit=PAGE, **wish)
        if found["epoch"] != epoch:
            raise UsageError("The journal was replaced by another one. Start again.")
        events = found["events"]
        _tell(session, events, locks)
        after = events[-1]["seq"] if events else after


def _wish(session: Session, locks: dict[str, str]) -> dict[str, Any]:
    args = session.args
    lock = session.lock(args.lock)["id"] if args.lock else None
    return {"lock": lock, "user_id": _user_id(session, args.user, lock, locks), "types": args.type}


def _user_id(session: Session, wanted: str | None, lock: str | None, locks: dict[str, str]) -> str | None:
    """The user on any of the locks; somebody who was deleted is found by her id."""
    if wanted is None:
        return None
    for lock_id in [lock] if lock else locks:
        for user in session.call("users.list", lock=lock_id)["users"]:
            if wanted == user["id"] or wanted.casefold() == user["name"].casefold():
                return str(user["id"])
    return wanted


def _tell(session: Session, events: list[dict[str, Any]], locks: dict[str, str]) -> None:
    for event in events:
        if session.json:
            say_json(event)
        else:
            output.say(line(event, locks))
