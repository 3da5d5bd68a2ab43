"""Logs: text for people and journald, or of JSON for machines. Secrets are never logged; this is a last net."""

import json
import logging
import os
import re
import sys
import time
from collections.abc import Mapping
from typing import Any, Final, Literal, TextIO, override

type LogFormat = Literal["text", "json"]

_REDACTED: Final = "[redacted]"
_SECRETS: Final = (
    # A client's token, wherever it stands.
    re.compile(r"\blb1_[A-Za-z0-9]+(?:_[A-Za-z0-9_-]*)?"),
    # A pairing code as it is shown to people.
    re.compile(r"(?<![\d:.-])\d{4} \d{4}(?![\d:.-])"),
    # Digits after a word that says what they are; `passcode`, "code": '...', PIN=...
    re.compile(
        r"(?i)((?:pass)?code|passcode|pin|password|token|uid|card)s?\b(\W{1,6})(?=[0-9A-Fa-f]*\d)[0-9A-Fa-f]{4,20}\b"
    ),
)
_STANDARD: Final = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}

# journald reads the priority at the beginning of a line (sd-daemon(3)).
_PRIORITIES: Final = ((logging.CRITICAL, 2), (logging.ERROR, 3), (logging.WARNING, 4), (logging.INFO, 6), (0, 7))


def set_up(
    log_format: LogFormat = "text",
    level: int = logging.INFO,
    stream: TextIO | None = None,
    environment: Mapping[str, str] = os.environ,
) -> logging.Handler:
    """Send all logs to `stream` (standard error). Fields given as `extra=` come along in both formats."""
    stream = stream or sys.stderr
    handler = logging.StreamHandler(stream)
    handler.setFormatter(_JsonFormatter() if log_format == "json" else _TextFormatter(_is_journal(stream, environment)))
    root = logging.getLogger()
    for earlier in root.handlers[:]:
        root.removeHandler(earlier)
    root.addHandler(handler)
    root.setLevel(level)
    logging.captureWarnings(capture=True)
    # Every HTTP request and mDNS packet: for those who write those libraries.
    for noisy in ("aiohttp.access", "zeroconf", "asyncio"):
        logging.getLogger(noisy).setLevel(max(level, logging.WARNING))
    return handler


def redacted(text: str) -> str:
    """`text` without what looks like a secret. The last net, not the rule."""
    text = _SECRETS[0].sub(_REDACTED, text)
    text = _SECRETS[1].sub(_REDACTED, text)
    return _SECRETS[2].sub(rf"\1\2{_REDACTED}", text)


class _TextFormatter(logging.Formatter):
    """`2026-11-22 06:30:12 WARNING store: The disk is full lock=front_door`; the journal has the time by itself."""

    def __init__(self, journal: bool) -> None:
        super().__init__()
        self._journal = journal

    @override
    def format(self, record: logging.LogRecord) -> str:
        fields = "".join(f" {name}={value}" for name, value in _fields(record).items())
        text = f"{_room(record.name)}: {record.getMessage()}{fields}{self._trace(record)}"
        if self._journal:
            priority = next(number for level, number in _PRIORITIES if record.levelno >= level)
            return "\n".join(f"<{priority}>{line}" for line in redacted(text).split("\n"))
        moment = time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(record.created))
        return f"{moment} {record.levelname:<7} {redacted(text)}"

    def _trace(self, record: logging.LogRecord) -> str:
        return "\n" + self.formatException(record.exc_info) if record.exc_info and record.exc_info[0] else ""


class _JsonFormatter(logging.Formatter):
    """One object a line: time (UTC), level, room, message, and the fields."""

    @override
    def format(self, record: logging.LogRecord) -> str:
        moment = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(record.created))
        entry: dict[str, Any] = {
            "time": f"{moment}.{int(record.msecs):03}Z",
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": redacted(record.getMessage()),
        }
        for name, value in _fields(record).items():
            entry.setdefault(name, redacted(value) if isinstance(value, str) else value)
        if record.exc_info and record.exc_info[0]:
            entry["trace"] = redacted(self.formatException(record.exc_info))
        return json.dumps(entry, ensure_ascii=False, default=lambda value: redacted(str(value)))


def _fields(record: logging.LogRecord) -> dict[str, Any]:
    return {name: value for name, value in vars(record).items() if name not in _STANDARD}


def _room(logger: str) -> str:
    return logger.removeprefix("lock_bridge.")


def _is_journal(stream: TextIO, environment: Mapping[str, str]) -> bool:
    # systemd names the journal's pipe by device and inode; anything else is somebody's redirection.
    try:
        status = os.fstat(stream.fileno())
    except OSError, ValueError, AttributeError:
        return False
    return environment.get("JOURNAL_STREAM") == f"{status.st_dev}:{status.st_ino}"
