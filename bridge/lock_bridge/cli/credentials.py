"""`credential passcode`, `temporary`, `key`, `change`, `delete`, `clear`: what people have, never shown but once."""

import time
from typing import Any

from . import times
from .ask import secret, sure
from .output import credential
from .people import may_enter
from .session import Session
from .usage import UsageError


def passcode(session: Session) -> None:
    """Give a user a passcode, or a duress passcode."""
    args = session.args
    lock = session.lock(args.lock)
    user = session.user(lock["id"], args.user)
    what = "duress passcode" if args.duress else "passcode"
    chosen = None
    if not args.generate:
        chosen = secret(f"New {what} of {user['name']}", instead="let the bridge make one with --generate")
    answer = session.call(
        "credentials.set_passcode", lock=lock["id"], user_id=user["id"], passcode=chosen, duress=args.duress
    )
    lines = [f"{user['name']} has a new {what}."]
    if args.generate:
        lines = [f"The {what} of {user['name']}, shown only now: {answer['passcode']}"]
    session.show(answer, lines)


def temporary(session: Session) -> None:
    """Have a passcode made for a user's visitor, and show it once."""
    _for_visitor(session, "credentials.create_temporary", "A passcode for a visitor", "passcode")


def key(session: Session) -> None:
    """Have a Bluetooth key made for a user's visitor, and show it once."""
    _for_visitor(session, "credentials.create_bluetooth_key", "A Bluetooth key for a visitor", "key")


def change(session: Session) -> None:
    """Change a credential's label, its duress mark, or whose it is."""
    args = session.args
    changes: dict[str, Any] = {
        name: value for name, value in (("label", args.label), ("duress", args.duress)) if value is not None
    }
    if not changes and args.user is None:
        raise UsageError("Say what to change: --label, --duress, --no-duress or --user.")
    lock = session.lock(args.lock)
    if args.user is not None:
        changes["user_id"] = session.user(lock["id"], args.user)["id"]
    answer = session.call("credentials.change", lock=lock["id"], type=args.type, number=args.number, changes=changes)
    session.show(answer, [f"The {credential(args.type)} {args.number} of {lock['name']} is changed."])


def delete(session: Session) -> None:
    """Delete one credential."""
    lock = session.lock(session.args.lock)
    kind, number = session.args.type, session.args.number
    answer = session.call("credentials.delete", lock=lock["id"], type=kind, number=number)
    session.show(answer, [f"The {credential(kind)} {number} of {lock['name']} is deleted."])


def clear(session: Session) -> int | None:
    """Delete all credentials of a user, of a kind, or of a user's kind, once that is confirmed."""
    args = session.args
    if args.user is None and args.type is None:
        raise UsageError("Say what to delete: all of a user (--user), of a kind (--type), or a user's kind (both).")
    lock = session.lock(args.lock)
    user = session.user(lock["id"], args.user) if args.user is not None else None
    what = f"every {credential(args.type)}" if args.type else "every credential"
    whose = user["name"] if user else lock["name"]
    if not args.yes and not sure(f"Delete {what} of {whose}?", f"That deletes {what} of {whose}."):
        session.show({"deleted": 0}, ["Nothing was changed."])
        return 1
    wish = {"user_id": user["id"] if user else None, "type": args.type}
    answer = session.call("credentials.clear", lock=lock["id"], **wish)
    session.show(answer, [f"{answer['deleted']} credential{'' if answer['deleted'] == 1 else 's'} deleted."])
    return None


def _for_visitor(session: Session, command: str, what: str, field: str) -> None:
    args = session.args
    since = times.moment_ms("--from", args.valid_from)
    until = times.moment_ms("--until", args.valid_until)
    if args.valid_for is not None:
        start_ms = round(time.time() * 1000) if since is None else since
        until = start_ms + times.seconds("--for", args.valid_for) * 1000
    uses = 1 if args.once else None if args.uses is None else times.count("--uses", args.uses)
    lock = session.lock(args.lock)
    user = session.user(lock["id"], args.user)
    answer = session.call(
        command,
        lock=lock["id"],
        user_id=user["id"],
        label=args.label or "",
        valid_from_ms=since,
        valid_until_ms=until,
        uses=uses,
    )
    enters = may_enter({"valid_from_ms": since, "valid_until_ms": until, "uses_left": uses})
    session.show(
        answer,
        [
            f"{what} of {user['name']}, shown only now: {answer[field]}",
            f"It is number {answer['number']} and opens: {enters}.",
        ],
    )
