"""`lock-bridge key`: a visitor's side on the command line, with a lock in the radio's place."""

import asyncio
import io
import json
import stat
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from lock_bridge.cli import key, key_link
from lock_bridge.cli.app import main
from lock_bridge.cli.connection import Unreachable
from tests.hardware.key_lock import DEFAULT_CODE, KeyLock


class Street:
    """What a visitor's machine can hear, and what she types."""

    def __init__(self, folder: Path, patch: pytest.MonkeyPatch) -> None:
        self.file = folder / "config" / "lock-bridge" / "key.json"
        self.door: KeyLock | None = KeyLock()
        self.asked_for: list[str | None] = []
        self.dead = False
        self._patch = patch
        patch.setenv("XDG_CONFIG_HOME", str(folder / "config"))
        patch.setattr(key, "find", self._find)

    def __call__(self, *words: str, types: str = "") -> int:
        """Run a command with something on its standard input."""
        self._patch.setattr(sys, "stdin", io.StringIO(types))
        return main(["key", *words])

    def kept(self) -> dict[str, Any]:
        kept: dict[str, Any] = json.loads(self.file.read_text())
        return kept

    @asynccontextmanager
    async def _find(self, door: str | None, _wait_s: float, _adapter: str | None) -> AsyncIterator[key_link.Link]:
        self.asked_for.append(door)
        if self.door is None:
            raise Unreachable("No lock is near, or its Bluetooth is off.")
        yield _Link(self.door, dead=self.dead)
        self.door.service.gone("machine")


class _Link:
    name = "Front door"

    def __init__(self, door: KeyLock, *, dead: bool) -> None:
        self._door = door
        self._frames: asyncio.Queue[bytes] = asyncio.Queue()
        door.send = lambda _peer, frame: None if dead else self._frames.put_nowait(frame)

    async def hello(self) -> bytes:
        return self._door.service.hello("machine", 64)

    async def write(self, frame: bytes) -> None:
        self._door.service.take("machine", frame)

    async def answer(self) -> bytes:
        return await self._frames.get()


@pytest.fixture
def street(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Street:
    return Street(tmp_path, monkeypatch)


@pytest.mark.spec("VER-14", "DLM-9")
def test_a_visitor_pairs_opens_and_locks(street: Street, capsys: pytest.CaptureFixture[str]) -> None:
    assert street.door is not None
    assert street("pair", types=f"{DEFAULT_CODE}\n") == 0
    assert street("unlock", types=f"{street.door.key}\n") == 0
    assert street.door.lock.is_open
    assert street("lock", "--door", "Front door", types=street.door.key.lower()) == 0
    assert not street.door.lock.is_open
    assert capsys.readouterr().out.splitlines() == [
        "Connected to Front door.",
        "The lock knows this machine now.",
        "Connected to Front door.",
        "The door is open.",
        "Connected to Front door.",
        "The door is locked.",
    ]
    assert street.asked_for == [None, None, "Front door"]


def test_programs_are_answered_with_json(street: Street, capsys: pytest.CaptureFixture[str]) -> None:
    assert street.door is not None
    assert street("unlock", "--json", types=street.door.key) == 1
    assert street("pair", "--json", types=DEFAULT_CODE) == 0
    refused, paired = map(json.loads, capsys.readouterr().out.splitlines())
    assert refused["error"]["code"] == "unknown_credential"
    assert paired == {"done": "pair"}


def test_a_visitor_is_told_why_not_and_what_to_do(street: Street, capsys: pytest.CaptureFixture[str]) -> None:
    assert street("pair", types="000000") == 1
    assert "Ask the people who live here" in capsys.readouterr().err
    for _ in range(5):
        street("pair", types=DEFAULT_CODE)
    assert street("pair", types=DEFAULT_CODE) == 1
    assert capsys.readouterr().err.splitlines()[-1] == "The lock has been asked too often. Try again in 10 s."


def test_the_key_is_never_kept_and_the_file_is_for_its_owner_alone(street: Street) -> None:
    assert street.door is not None
    street("pair", "--name", "Cara's laptop", types=DEFAULT_CODE)
    street("unlock", types=street.door.key)
    text = street.file.read_text()
    for secret in (street.door.key, street.door.key.replace("-", ""), DEFAULT_CODE):
        assert secret not in text
    assert stat.S_IMODE(street.file.stat().st_mode) == 0o600
    assert street.kept()["phone"]["name"] == "Cara's laptop"
    assert street.door.lock.state.modes.phones[0].startswith("Cara's laptop #")


@pytest.mark.spec("VER-14")
def test_a_counter_is_on_disk_before_it_is_shown_and_never_goes_back(
    street: Street, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert street.door is not None
    street("pair", types=DEFAULT_CODE)
    street("unlock", types=street.door.key)
    (first,) = street.kept()["counters"].values()
    monkeypatch.setattr("time.time_ns", lambda: 1_000_000_000)  # the machine's clock was set back
    assert street("unlock", types=street.door.key) == 0
    (second,) = street.kept()["counters"].values()
    assert second == first + 1
    street.door = None
    street("unlock", types="A" * 40)


def test_a_machine_stays_the_same_one(street: Street) -> None:
    street("pair", types=DEFAULT_CODE)
    before = street.kept()["phone"]
    street("pair", types=DEFAULT_CODE)
    assert street.kept()["phone"] == before
    assert len(bytes.fromhex(before["secret"])) == 16


@pytest.mark.parametrize(
    ("words", "types", "said"),
    [
        (("unlock",), "", "Give the key on standard input."),
        (("pair",), "\n", "Give the pairing code on standard input."),
        (("unlock",), "ABCD", "no Bluetooth key"),
        (("pair", "--name", "two\nlines"), "024751", "at most 40 letters"),
        (("pair", "--name", ""), "024751", "at most 40 letters"),
        (("pair",), "0" * 40, "did not understand"),
    ],
)
def test_what_cannot_be_meant_so_is_said(
    street: Street, capsys: pytest.CaptureFixture[str], words: tuple[str, ...], types: str, said: str
) -> None:
    assert street(*words, types=types) in (1, 2)
    assert said in capsys.readouterr().err
    assert street.door is not None
    assert street.door.heard == []


def test_where_no_lock_is_near_that_is_said(street: Street, capsys: pytest.CaptureFixture[str]) -> None:
    street.door = None
    assert street("pair", types=DEFAULT_CODE) == 3
    assert "No lock is near" in capsys.readouterr().err


def test_a_lock_that_stops_answering_is_not_waited_for_for_ever(
    street: Street, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(key, "_ANSWER_S", 0.05)
    street.dead = True
    assert street("pair", types=DEFAULT_CODE) == 3
    assert "Look at the door" in capsys.readouterr().err


@pytest.mark.parametrize("content", ["", "{}", '{"phone": {"name": "x", "secret": "00"}, "counters": {}}', "[]"])
def test_a_file_that_is_damaged_is_not_overwritten(
    street: Street, capsys: pytest.CaptureFixture[str], content: str
) -> None:
    street.file.parent.mkdir(parents=True)
    street.file.write_text(content)
    assert street("pair", types=DEFAULT_CODE) == 2
    assert "damaged" in capsys.readouterr().err
    assert street.file.read_text() == content


def test_the_file_can_be_elsewhere(street: Street, tmp_path: Path) -> None:
    assert street("pair", "--file", str(tmp_path / "own.json"), types=DEFAULT_CODE) == 0
    assert (tmp_path / "own.json").exists()
    assert not street.file.exists()


def test_the_page_is_written_as_a_file(street: Street, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert street("page", str(tmp_path / "key.html")) == 0
    assert (tmp_path / "key.html").read_text().startswith("<!doctype html>")
    assert street("page", str(tmp_path / "nowhere" / "key.html")) == 2
    assert "cannot be written" in capsys.readouterr().err


async def test_without_its_library_the_command_says_how_to_install_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "bleak", None)
    with pytest.raises(key_link.UsageError, match=r"lock-bridge\[key\]"):
        async with key_link.find(None, 1):
            pass
