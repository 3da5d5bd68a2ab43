"""`users`, `user add`, `user change`, `user delete`."""

from typing import Any

from .output import moment, table, words
from .session import Session
from .usage import UsageError


def users(session: Session) -> None:
    """All users of a lock, and what they have there."""
    lock = session.lock(session.args.lock)
    found = session.call("users.list", lock=lock["id"])
    rows = [
        (
            "" if user["number"] is None else str(user["number"]),
            user["name"],
            user["role"],
            _may_enter(user),
            ", ".join(f"{words(kind)} {' '.join(map(str, numbers))}" for kind, numbers in user["credentials"].items()),
            user["id"],
        )
        for user in found["users"]
    ]
    head = ("NO", "NAME", "ROLE", "MAY ENTER", "HAS", "ID")
    session.show(found, table(head, rows) if rows else [f"{lock['name']} has no users yet."])


def add(session: Session) -> None:
    """Add a user."""
    args = session.args
    lock = session.lock(args.lock)
    answer = session.call(
        "users.add",
        lock=lock["id"],
        user_name=args.name,
        role=args.role,
        enabled=not args.disabled,
        valid_from_ms=_time("--from", args.valid_from),
        valid_until_ms=_time("--until", args.valid_until),
    )
    number = "" if answer["number"] is None else f" as number {answer['number']}"
    session.show(answer, [f"{args.name} is on {lock['name']}{number} (id {answer['user_id']})."])


def change(session: Session) -> None:
    """Change what is named of a user."""
    args = session.args
    changes: dict[str, Any] = {
        name: value
        for name, value in (("name", args.name), ("role", args.role), ("enabled", args.enabled))
        if value is not None
    }
    if args.valid_from is not None:
        changes["valid_from_ms"] = _time("--from", args.valid_from)
    if args.valid_until is not None:
        changes["valid_until_ms"] = _time("--until", args.valid_until)
    if not changes:
        raise UsageError("Say what to change: --name, --role, --enable, --disable, --from or --until.")
    lock = session.lock(args.lock)
    user = session.user(lock["id"], args.user)
    session.call("users.change", lock=lock["id"], user_id=user["id"], changes=changes)
    changed = session.user(lock["id"], user["id"])
    session.show({"user": changed}, [f"{changed['name']}: {changed['role']}, may enter: {_may_enter(changed)}."])


def delete(session: Session) -> None:
    """Delete a user and all her credentials."""
    lock = session.lock(session.args.lock)
    user = session.user(lock["id"], session.args.user)
    session.call("users.delete", lock=lock["id"], user_id=user["id"])
    session.show({"deleted": user}, [f"{user['name']} and all her credentials are deleted from {lock['name']}."])


def _may_enter(user: dict[str, Any]) -> str:
    if not user["enabled"]:
        return "no (disabled)"
    since, until = user["valid_from_ms"], user["valid_until_ms"]
    if since is None and until is None:
        return "always"
    return " ".join(
        ([f"from {moment(since)}"] if since is not None else [])
        + ([f"until {moment(until)}"] if until is not None else [])
    )


def _time(option: str, text: str | None) -> int | None:
    if text is None or text == "none":
        return None
    from datetime import datetime  # only where a time is given

    try:
        return round(datetime.fromisoformat(text).astimezone().timestamp() * 1000)
    except ValueError, OverflowError:
        raise UsageError(f'{option} takes a time such as "2026-12-24 18:00", or none.') from None
