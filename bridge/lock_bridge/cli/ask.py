"""What only a person can give: secrets, which are never an argument since those can be seen by others, and a yes."""

import getpass
import sys

from .usage import UsageError


def secret(prompt: str, *, instead: str) -> str:
    """A secret, asked for twice without showing it, or one line of standard input. Raises `UsageError`.

    `instead` says what else could be done where nothing was given.
    """
    if not sys.stdin.isatty():
        given = sys.stdin.readline().rstrip("\r\n")
        if not given:
            raise UsageError(f"Give it on standard input, or {instead}.")
        return given
    given = getpass.getpass(f"{prompt}: ")
    if getpass.getpass("The same again: ") != given:
        raise UsageError("The two are not the same. Nothing was changed.")
    return given


def sure(question: str, without_terminal: str) -> bool:
    """Whether somebody types yes. Raises `UsageError` where nobody can be asked."""
    if not sys.stdin.isatty():
        raise UsageError(f"{without_terminal} Say --yes if that is meant.")
    return input(f"{question} Type yes: ").strip().lower() == "yes"
