"""One run of a command: what was asked for, the bridge it is asked of, and how it is answered."""

from argparse import Namespace
from collections.abc import Iterable, Mapping
from functools import cached_property
from typing import Any

from . import output
from .connection import ANSWER_S, Connection
from .find import socket_path
from .usage import UsageError


class Session:
    """Given to every command."""

    def __init__(self, args: Namespace) -> None:
        self.args = args
        self.json: bool = args.json

    @cached_property
    def bridge(self) -> Connection:
        """The bridge that runs."""
        return Connection(socket_path(self.args.socket, self.args.config))

    def call(self, name: str, /, *, answer_s: float = ANSWER_S, **args: Any) -> dict[str, Any]:
        """Give the bridge a command."""
        return self.bridge.call(name, answer_s=answer_s, **args)

    def show(self, data: Mapping[str, Any], lines: Iterable[str]) -> None:
        """Answer: `data` for programs, or `lines` for people."""
        if self.json:
            output.say_json(data)
        else:
            for line in lines:
                output.say(line)

    def tell(self, text: str) -> None:
        """A line on the way, for people alone."""
        if not self.json:
            output.say(text)

    def lock(self, wanted: str | None) -> dict[str, Any]:
        """The lock of that id or name; without either, the only one."""
        locks: list[dict[str, Any]] = self.call("locks.list")["locks"]
        if wanted is None and len(locks) == 1:
            return locks[0]
        return _pick("lock", wanted, locks)

    def user(self, lock: str, wanted: str) -> dict[str, Any]:
        """The user of that id, number or name on a lock."""
        users: list[dict[str, Any]] = self.call("users.list", lock=lock)["users"]
        numbered = [user for user in users if user["number"] is not None and str(user["number"]) == wanted]
        return numbered[0] if numbered else _pick("user", wanted, users)

    def user_elsewhere(self, lock: str, wanted: str) -> dict[str, Any]:
        """The user of that id or name on any lock but this one."""
        return _pick("user on another lock", wanted, self._users(besides=lock))

    def user_anywhere(self, wanted: str) -> dict[str, Any]:
        """The user of that id or name on any lock; a number will do where there is but one lock."""
        locks = self.call("locks.list")["locks"]
        return self.user(locks[0]["id"], wanted) if len(locks) == 1 else _pick("user", wanted, self._users())

    def _users(self, *, besides: str | None = None) -> list[dict[str, Any]]:
        locks = [lock["id"] for lock in self.call("locks.list")["locks"] if lock["id"] != besides]
        found = {user["id"]: user for lock in locks for user in self.call("users.list", lock=lock)["users"]}
        return list(found.values())

    def client(self, wanted: str) -> dict[str, Any]:
        """The client of that id or name."""
        return _pick("client", wanted, self.call("clients.list")["clients"])


def _pick(what: str, wanted: str | None, choices: list[dict[str, Any]]) -> dict[str, Any]:
    noun, _, rest = what.partition(" ")
    plural = f"{noun}s {rest}".rstrip()
    known = ", ".join(f"{choice['id']} ({choice['name']})" for choice in choices) or "none"
    if wanted is None:
        raise UsageError(f"Say which {what}. There are: {known}.")
    by_id = [choice for choice in choices if choice["id"] == wanted]
    by_name = [choice for choice in choices if choice["name"].casefold() == wanted.casefold()]
    found = by_id or by_name
    if len(found) == 1:
        return found[0]
    if found:
        raise UsageError(f"There are several {plural} of this name. Say which by its id: {known}.")
    raise UsageError(f"There is no such {what}. There are: {known}.")
