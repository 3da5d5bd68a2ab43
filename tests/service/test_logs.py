"""Logs tell what happened with its fields, to people and to machines, and never a secret."""

import io
import json
import logging
import os
import secrets
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from lock_bridge.logs import LogFormat, redacted, set_up

LOG = logging.getLogger("lock_bridge.store")


@pytest.fixture(autouse=True)
def the_logs_as_they_were() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    root.handlers[:] = handlers
    root.setLevel(level)
    logging.captureWarnings(capture=False)


type Logged = Callable[[], str]


def logs(log_format: LogFormat = "text") -> Logged:
    stream = io.StringIO()
    set_up(log_format, logging.INFO, stream)
    return stream.getvalue


def log_failure(text: str, failure: Exception) -> None:
    LOG.error(text, exc_info=failure, extra={"said": text})


def test_a_line_for_people_says_when_how_bad_where_and_what() -> None:
    told = logs()
    LOG.warning("The disk is nearly full", extra={"lock": "front_door"})

    date, moment, rest = told().split(" ", 2)
    assert (len(date), len(moment)) == (10, 8)
    assert rest == "WARNING store: The disk is nearly full lock=front_door\n"


def test_a_line_for_machines_is_one_json_object() -> None:
    told = logs("json")
    LOG.error("Locks: %d", 2, extra={"lock": "front_door", "parts": ["motor"]})

    entry = json.loads(told())
    assert entry.pop("time").endswith("Z")
    assert entry == {
        "level": "error",
        "logger": "lock_bridge.store",
        "message": "Locks: 2",
        "lock": "front_door",
        "parts": ["motor"],
    }


def test_a_traceback_comes_along_in_both() -> None:
    for log_format in ("text", "json"):
        told = logs(log_format)
        log_failure("Motor", OSError("the cable is off"))
        assert "OSError: the cable is off" in told()
    assert told().count("\n") == 1, "an entry for machines is one line"


def test_in_the_journal_each_line_has_its_priority_and_no_time(tmp_path: Path) -> None:
    with (tmp_path / "journal").open("w+") as stream:
        status = os.fstat(stream.fileno())
        set_up("text", logging.INFO, stream, {"JOURNAL_STREAM": f"{status.st_dev}:{status.st_ino}"})
        LOG.info("Serving")
        LOG.error("One\nTwo")
        stream.seek(0)
        assert stream.read() == "<6>store: Serving\n<3>store: One\n<3>Two\n"


def test_nothing_below_the_level_is_told() -> None:
    told = logs()
    LOG.debug("a detail")

    assert told() == ""


TOKEN = f"lb1_{secrets.token_hex(8)}_{secrets.token_urlsafe(32)}"


@pytest.mark.parametrize(
    ("text", "secret"),
    [
        (f"authorization: Bearer {TOKEN}", TOKEN[4:]),
        (f"{TOKEN} is unknown", TOKEN[4:]),
        ("passcode 135790", "135790"),
        ("{'code': '12345678'}", "12345678"),
        ('"passcode":"2468013579"', "2468013579"),
        ("PIN=4711", "4711"),
        ("the code is shown: 1234 5678", "1234 5678"),
        ("card 04A1B2C3", "04A1B2C3"),
        ("uid: 04a1b2c3d4e5f6", "04a1b2c3d4e5f6"),
    ],
    # Tests that run side by side have to have the same names, and a token is another one each time.
    ids=["header", "token", "passcode", "code", "json", "pin", "shown", "card", "uid"],
)
def test_what_looks_like_a_secret_is_caught_by_the_last_net(text: str, secret: str) -> None:
    assert secret not in redacted(text)
    for log_format in ("text", "json"):
        told = logs(log_format)
        log_failure(text, ValueError(text))
        assert secret not in told()
        assert "[redacted]" in told()


@pytest.mark.parametrize(
    "text",
    [
        "Serving at 127.0.0.1 port 8643",
        "event 12345678 of epoch 0011223344556677",
        "2026-11-22 06:30:12",
        "error code 5",
        "unlocked by Anna with credential 3",
        "took 1234 ms",
    ],
)
def test_what_is_no_secret_stays_readable(text: str) -> None:
    assert redacted(text) == text
