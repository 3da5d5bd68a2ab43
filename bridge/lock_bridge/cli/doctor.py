"""`doctor`: looks for what is wrong, whether the bridge runs or not."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from lock_bridge import profiles
from lock_bridge.config import ConfigError, load
from lock_bridge.doctor import examine, machine
from lock_bridge.doctor_finding import Finding
from lock_bridge.doctor_parts import locks
from lock_bridge.wire.errors import LockBridgeError

from .connection import Connection, Unreachable
from .find import CONFIG, socket_path
from .session import Session

_SIGNS: Final = {"ok": "ok   ", "note": "note ", "wrong": "WRONG"}


def doctor(session: Session) -> int:
    """Everything that was found; 1 when something is wrong."""
    findings = tuple(_findings(session))
    wrong = sum(finding.level == "wrong" for finding in findings)
    lines = [f"{_SIGNS[finding.level]}  {finding.about}: {finding.text}" for finding in findings]
    lines.append("Nothing is wrong." if not wrong else f"{wrong} thing{'' if wrong == 1 else 's'} to put right.")
    session.show(
        {
            "ok": not wrong,
            "findings": [{"level": each.level, "about": each.about, "text": each.text} for each in findings],
        },
        lines,
    )
    return 1 if wrong else 0


def _findings(session: Session) -> Iterator[Finding]:
    args = session.args
    file = Path(args.config) if args.config else CONFIG
    try:
        config = load(file, profiles.names())
    except ConfigError as error:
        yield from machine()
        for problem in error.problems:
            yield Finding("wrong", "config", f"{file}: {problem}")
        status, _ = _status(socket_path(args.socket, None))
        if status is not None:
            yield Finding(
                "ok", "server", f"A bridge {status['version']} runs, with the config that it was started with"
            )
            yield from locks(status)
        return
    status, trouble = _status(Path(args.socket) if args.socket else config.bridge.socket)
    if trouble is not None:
        yield Finding("wrong", "socket", trouble)
    yield from examine(config, file, status)


def _status(socket: Path) -> tuple[dict[str, Any] | None, str | None]:
    """What the running bridge says, and why it says nothing though it seems to run."""
    try:
        with Connection(socket) as bridge:
            return bridge.call("service.status", answer_s=5.0), None
    except Unreachable as error:
        return None, str(error) if error.running else None
    except LockBridgeError as error:
        return None, f"The bridge runs, but refuses to say how it is: {error}"
