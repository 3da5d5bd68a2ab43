"""From the words on the command line to the command, and from what it raises to a sentence and an exit code."""

import importlib
import os
import sys
from collections.abc import Callable, Sequence
from typing import Any

from lock_bridge.wire.errors import LockBridgeError

from .connection import Unreachable
from .output import say_error, say_json
from .parser import parser
from .session import Session
from .usage import UsageError

OK = 0
REFUSED = 1
USAGE = 2
UNREACHABLE = 3
INTERRUPTED = 130


def main(argv: Sequence[str] | None = None) -> int:
    """Carry out one command line; the exit code."""
    words = sys.argv[1:] if argv is None else argv
    args = parser(words).parse_args(words)
    session = Session(args)
    try:
        return _command(args.command)(session) or OK
    except LockBridgeError as error:
        return _failed(session, REFUSED, sentence(error), error.to_json())
    except UsageError as error:
        return _failed(session, USAGE, str(error), {"code": "usage", "message": str(error)})
    except Unreachable as error:
        return _failed(session, UNREACHABLE, str(error), {"code": "unreachable", "message": str(error)})
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:
        # Whoever read our output has seen enough (`lock-bridge journal | head`); Python's own last flush would fail.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return OK


def sentence(error: LockBridgeError) -> str:
    """The error for people, with the numbers and names that belong to it."""
    # Lists are for programs; the sentence that comes with one says it in words.
    plain = {name: value for name, value in error.detail.items() if not isinstance(value, (list, dict))}
    details = ", ".join(f"{name.replace('_', ' ')}: {value}" for name, value in plain.items())
    return f"{error} ({details})" if details else str(error)


def _failed(session: Session, code: int, text: str, error: dict[str, Any]) -> int:
    if session.json:
        say_json({"error": error})
    else:
        say_error(text)
    return code


def _command(name: str) -> Callable[[Session], int | None]:
    module, _, function = name.partition(":")
    command: Callable[[Session], int | None] = getattr(importlib.import_module(f".{module}", __package__), function)
    return command
