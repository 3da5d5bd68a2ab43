"""`users`, `user list`, `show`, `add`, `join`, `change`, `delete`, `clear`."""

from collections.abc import Iterator, Mapping
from typing import Any

from . import times
from .ask import sure
from .output import credential, moment, table
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
            may_enter(user),
            ", ".join(
                f"{credential(kind)} {' '.join(map(str, numbers))}" for kind, numbers in user["credentials"].items()
            ),
            user["id"],
        )
        for user in found["users"]
    ]
    head = ("NO", "NAME", "ROLE", "MAY ENTER", "HAS", "ID")
    session.show(found, table(head, rows) if rows else [f"{lock['name']} has no users yet."])


def show(session: Session) -> None:
    """One user: what she is, and each of her credentials with its limits."""
    lock = session.lock(session.args.lock)
    user = session.user(lock["id"], session.args.user)
    session.show({"user": user}, _described(user))


def add(session: Session) -> None:
    """Add a new user."""
    args = session.args
    wish: dict[str, Any] = {
        "user_name": args.name,
        "role": args.role,
        "enabled": not args.disabled,
        "valid_from_ms": times.moment_ms("--from", args.valid_from),
        "valid_until_ms": times.moment_ms("--until", args.valid_until),
        "schedule": times.schedule("--schedule", args.schedule or ()),
        "uses_left": None if args.uses is None else times.count("--uses", args.uses),
    }
    lock = session.lock(args.lock)
    answer = session.call("users.add", lock=lock["id"], **wish)
    session.show(answer, [_on_lock(args.name, lock, answer)])


def join(session: Session) -> None:
    """Put a user of another lock on this one too, as the same person (USR-10)."""
    lock = session.lock(session.args.lock)
    user = session.user_elsewhere(lock["id"], session.args.user)
    answer = session.call("users.add", lock=lock["id"], user_id=user["id"])
    session.show(answer, [_on_lock(user["name"], lock, answer)])


def change(session: Session) -> None:
    """Change what is named of a user, on all her locks."""
    args = session.args
    changes: dict[str, Any] = {
        name: value
        for name, value in (("name", args.name), ("role", args.role), ("enabled", args.enabled))
        if value is not None
    }
    if args.valid_from is not None:
        changes["valid_from_ms"] = times.moment_ms("--from", args.valid_from)
    if args.valid_until is not None:
        changes["valid_until_ms"] = times.moment_ms("--until", args.valid_until)
    if args.schedule is not None:
        changes["schedule"] = times.schedule("--schedule", args.schedule)
    if args.uses is not None:
        changes["uses_left"] = times.count("--uses", args.uses)
    if not changes:
        raise UsageError(
            "Say what to change: --name, --role, --enable, --disable, --from, --until, --schedule or --uses."
        )
    lock = session.lock(args.lock)
    user = session.user(lock["id"], args.user)
    session.call("users.change", lock=lock["id"], user_id=user["id"], changes=changes)
    changed = session.user(lock["id"], user["id"])
    session.show({"user": changed}, [f"{changed['name']}: {changed['role']}, may enter: {may_enter(changed)}."])


def delete(session: Session) -> None:
    """Delete a user and all her credentials, on all her locks or on the one that is named."""
    if session.args.lock is None:
        user = session.user_anywhere(session.args.user)
        session.call("users.delete", user_id=user["id"])
        session.show({"deleted": user}, [f"{user['name']} and all her credentials are deleted."])
        return
    lock = session.lock(session.args.lock)
    user = session.user(lock["id"], session.args.user)
    session.call("users.delete", lock=lock["id"], user_id=user["id"])
    session.show({"deleted": user}, [f"{user['name']} and all her credentials are deleted from {lock['name']}."])


def clear(session: Session) -> int | None:
    """Delete everybody on a lock who is no administrator, once that is confirmed."""
    lock = session.lock(session.args.lock)
    whom = f"everybody on {lock['name']} who is no administrator"
    if not session.args.yes and not sure(f"Delete {whom}?", f"That deletes {whom}."):
        session.show({"deleted": 0}, ["Nothing was changed."])
        return 1
    answer = session.call("users.clear", lock=lock["id"])
    session.show(answer, [f"{answer['deleted']} user{'' if answer['deleted'] == 1 else 's'} deleted."])
    return None


def may_enter(user: Mapping[str, Any]) -> str:
    """When somebody or something may enter, and how often."""
    if not user.get("enabled", True):
        return "no (disabled)"
    since, until, uses = user.get("valid_from_ms"), user.get("valid_until_ms"), user.get("uses_left")
    parts = [f"from {moment(since)}"] if since is not None else []
    if until is not None:
        parts.append(f"until {moment(until)}")
    if hours := user.get("schedule"):
        parts.append(times.schedule_text(hours))
    if uses is not None:
        parts.append(times_left(uses))
    return ", ".join(parts) or "always"


def times_left(uses: int) -> str:
    """How many entries are left."""
    return {0: "no more (used up)", 1: "once"}.get(uses, f"{uses} times")


def _on_lock(name: str, lock: Mapping[str, Any], answer: Mapping[str, Any]) -> str:
    number = "" if answer["number"] is None else f" as number {answer['number']}"
    return f"{name} is on {lock['name']}{number} (id {answer['user_id']})."


def _described(user: Mapping[str, Any]) -> Iterator[str]:
    number = "" if user["number"] is None else f", number {user['number']}"
    yield f"{user['name']} (id {user['id']}{number}): {user['role']}, may enter: {may_enter(user)}."
    for item in user.get("details", ()):
        marks = [mark for mark in ("temporary", "duress") if item.get(mark)]
        limits = may_enter(item)
        notes = [*marks, *([limits] if limits != "always" else []), *([item["label"]] if item.get("label") else [])]
        yield f"  {credential(item['type'])} {item['number']}{f': {", ".join(notes)}' if notes else ''}"
    if len(locks := user.get("locks", ())) > 1:
        yield f"  on {', '.join(locks)}"
