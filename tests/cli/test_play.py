"""`lock-bridge door play FILE`: a transcript, played through the running bridge."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import FRONT_DOOR, Cli, FakeBridge

LOOK: dict[str, Any] = {
    "lights": {"keys": ["1", "ok"], "flashing": [], "lamps": []},
    "shown": [],
    "heard": [{"seq": 3, "kind": "tone", "what": "success"}],
    "seq": 3,
    "alarm": False,
    "bolt": "thrown",
    "door": "closed",
    "handle": "rest",
    "screen": "off",
    "inside": None,
}


@pytest.fixture
def door(bridge: FakeBridge) -> FakeBridge:
    """A bridge whose door always looks the same."""
    bridge.answers["locks.list"] = {"locks": [{**FRONT_DOOR, "profile": "palm6068"}]}
    bridge.answers["door"] = LOOK
    return bridge


type Write = Callable[[bytes], str]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Writes a transcript; its path."""

    def written(content: bytes) -> str:
        file = tmp_path / "opening.txt"
        file.write_bytes(content)
        return str(file)

    return written


async def test_each_line_is_told_as_it_is_played(door: FakeBridge, cli: Cli, write: Write) -> None:
    file = write("# Opening.\npress 1 √\ntone success\nlights 1 √\ndoor locked\n".encode())
    said = await cli("door", "play", file)
    assert (said.code, said.error) == (0, "")
    assert said.lines == ["  # Opening.", "✓ press 1 √", "✓ tone success", "✓ lights 1 √", "✓ door locked"]
    assert {"lock": "front_door", "words": ["press", "1", "√"]} in door.was_asked("door")


async def test_the_first_line_that_does_not_come_true_ends_it_with_what_came_instead(
    door: FakeBridge, cli: Cli, write: Write
) -> None:
    file = write(b"press 1\nhear menu within 1s\nopen\n")
    said = await cli("door", "play", file)
    assert said.code == 1
    assert said.lines == ["✓ press 1", "✗ hear menu within 1s", "  line 2: heard: tone success"]
    assert {"lock": "front_door", "words": ["open"]} not in door.was_asked("door")


async def test_programs_are_told_it_all_at_once(door: FakeBridge, cli: Cli, write: Write) -> None:
    file = write(b"# Opening.\nbolt between within 1s\n")
    said = await cli("door", "play", file, "--json")
    assert said.code == 1
    assert said.json == {
        "title": "Opening.",
        "good": False,
        "lines": [
            {"line": 1, "text": "# Opening.", "good": True, "instead": None},
            {"line": 2, "text": "bolt between within 1s", "good": False, "instead": "bolt is thrown"},
        ],
    }


async def test_a_lock_that_somebody_uses_is_made_new_only_when_that_is_asked_for(
    door: FakeBridge, cli: Cli, write: Write
) -> None:
    file = write(b"a new lock\nbolt thrown\n")
    said = await cli("door", "play", file)
    assert said.code == 2
    assert "--new makes it new" in said.error
    assert door.was_asked("lock.factory_reset") == []
    assert (await cli("door", "play", file, "--new")).code == 0
    assert door.was_asked("lock.factory_reset") == [{"lock": "front_door"}]
    assert {"lock": "front_door", "words": ["new", "door"]} in door.was_asked("door")


async def test_a_lock_without_users_is_played_at_as_it_is(door: FakeBridge, cli: Cli, write: Write) -> None:
    door.answers["users.list"] = {"users": []}
    file = write(b"a new lock\nbolt thrown\n")
    assert (await cli("door", "play", file)).code == 0
    assert door.was_asked("lock.factory_reset") == []


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"\xff\xfe", "is not UTF-8 text"),
        (b"wait 1s\ntone\n", "line 2: it is written: tone key"),
        (b"# " + b"x" * 300_000, "is too large for a transcript"),
    ],
    ids=["no text", "no line", "too large"],
)
async def test_a_file_that_is_no_transcript_is_said_in_a_sentence(
    door: FakeBridge, cli: Cli, write: Write, content: bytes, told: str
) -> None:
    said = await cli("door", "play", write(content))
    assert (said.code, said.out) == (2, "")
    assert told in said.error
    assert door.was_asked("door") == []


async def test_a_file_that_is_not_there_is_said(door: FakeBridge, cli: Cli) -> None:
    said = await cli("door", "play", "nowhere.txt")
    assert (said.code, said.error) == (2, "nowhere.txt cannot be read: No such file or directory.\n")
    assert door.was_asked("door") == []


async def test_one_file_is_played_at_a_time(door: FakeBridge, cli: Cli) -> None:
    assert (await cli("door", "play")).error == "It is written: lock-bridge door play FILE.\n"


async def test_a_lock_of_an_own_model_is_played_with_the_words_for_its_keys(
    door: FakeBridge, cli: Cli, write: Write
) -> None:
    door.answers["locks.list"] = {"locks": [{**FRONT_DOOR, "profile": "garden"}]}
    said = await cli("door", "play", write(b"# Opening.\npress 1 ok\ntone success\n"))
    assert (said.code, said.lines[-1]) == (0, "\u2713 tone success")
