"""A lock model is added by a file alone: the one of docs/profiles.md is written down, and its door opens."""

import re
from collections.abc import AsyncIterator
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest

from lock_bridge import config, profiles
from lock_bridge.config import ConfigError
from lock_bridge.engine.model import Actor, Settings
from lock_bridge.engine.profile import Profile
from lock_bridge.service import Service
from lock_bridge.wire.errors import ErrorCode, LockBridgeError
from lock_bridge.wire.words import Scope

DOCUMENT = (Path(__file__).parents[2] / "docs" / "profiles.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"```toml\n(.*?)```", DOCUMENT, re.DOTALL)
LOCK, GARDEN = BLOCKS
HEAD = '[bridge]\ndata = "data"\ntrust_clock = "always"\n[server]\nport = 0\nzeroconf = false\n'
DOOR = 'port = 0\ntravel_ms = 0\ntime_scale = 1000\npeople = [{ name = "Gus", cards = ["04A1B2C3"] }]\n'


def read(folder: Path, text: str, name: str = "garden.toml") -> config.Config:
    (folder / name).write_text(text, encoding="utf-8")
    return config.parse(HEAD + LOCK.replace("garden.toml", name) + DOOR, profiles.names(), folder=folder)


class House:
    def __init__(self, folder: Path) -> None:
        self.service = Service(read(folder, GARDEN))

    async def do(self, command: str, **args: Any) -> Any:
        if command != "journal.query":
            args = {"lock": "garden_door", **args}
        return await self.service.bridge.dispatcher.execute(command, args, Actor(), frozenset(Scope))

    async def at_door(self, *words: str) -> Any:
        return await self.do("door", words=list(words))

    async def refused(self, command: str, **args: Any) -> ErrorCode:
        with pytest.raises(LockBridgeError) as caught:
            await self.do(command, **args)
        return caught.value.code

    async def add_gus(self) -> str:
        answer = await self.do("users.add", user_name="Gus", role="administrator")
        return str(answer["user_id"])


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    house = House(tmp_path)
    await house.service.start()
    yield house
    await house.service.stop()


async def test_the_door_of_a_model_from_a_file_opens(house: House) -> None:
    [lock] = house.service.bridge.locks()
    assert (lock.profile, lock.model) == ("garden", "Garden gate")
    await house.do("credentials.set_passcode", user_id=await house.add_gus(), passcode="4826")
    await house.at_door("press", "back")
    seen = await house.at_door("press", "4826", "ok")
    await house.at_door("wait", "3s")
    [lock] = house.service.bridge.locks()
    assert lock.bolt == "unlocked", seen
    events = (await house.do("journal.query", types=["access_granted"]))["events"]
    assert [event["user_name"] for event in events] == ["Gus"]


async def test_what_it_cannot_do_is_refused_and_its_own_limits_hold(house: House) -> None:
    gus = await house.add_gus()
    assert await house.refused("credentials.enrol", user_id=gus, type="fingerprint") is ErrorCode.NOT_SUPPORTED
    too_long = {"user_id": gus, "passcode": "482613907"}
    assert await house.refused("credentials.set_passcode", **too_long) is ErrorCode.PASSCODE_LENGTH
    await house.do("credentials.set_passcode", user_id=gus, passcode="4826")
    for _ in range(3):
        await house.at_door("press", "back", "back", "9999", "ok")
    [lock] = house.service.bridge.locks()
    assert lock.lockout_ends_ms is not None


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (('battery_kind = "cells"', 'battery_kind = "coal"'), "battery_kind: must be one of cells, pack"),
        (("users = 8", "user = 8"), "user: there is no such key"),
        (('reset_key = "set"', 'reset_key = "reset"'), "reset_key: must be one of the lock's keys"),
        (('enrol_items = ["pin",', 'enrol_items = ["face",'), "enrol_items: face must be in credentials"),
        (('"volume", "language"]', '"loudness"]'), "settings: there is no loudness"),
        (("passcode_max = 8", "passcode_max = 3"), "passcode_min: must be at least 1, at most passcode_max"),
        (("failures = 3", "failures = 0"), "failures: must be at least 1"),
        (("users = 8", "users = 0"), "menu: a numbered one needs users"),
        (('menu = "numbered"', 'menu = "codes"'), "users must be 0"),
        (('keys = ["ok", "back", ', 'keys = ["ok", '), "keys: must have ok and back"),
        (('"delete", ', '"delete", ' * 7), "no more than 9"),
        (('name = "Garden gate"', "name = "), "is no TOML in UTF-8"),
    ],
)
def test_a_wrong_file_is_refused_with_the_key_and_what_is_allowed(
    tmp_path: Path, change: tuple[str, str], told: str
) -> None:
    assert change[0] in GARDEN
    with pytest.raises(ConfigError, match=r"lock\[0\]\.profile: .*" + re.escape(told)):
        read(tmp_path, GARDEN.replace(*change))


@pytest.mark.parametrize("name", ["l2s.toml", "Garden.toml", "a b.toml"])
def test_a_files_name_is_a_word_that_no_other_model_has(tmp_path: Path, name: str) -> None:
    with pytest.raises(ConfigError, match="the file's name is the model's id"):
        read(tmp_path, GARDEN, name)


def test_a_file_that_is_not_there_or_no_profile_is_said_in_words(tmp_path: Path) -> None:
    text = HEAD + LOCK + DOOR
    with pytest.raises(ConfigError, match="cannot be read: No such file"):
        config.parse(text, profiles.names(), folder=tmp_path)
    (tmp_path / "garden.toml").write_bytes(b"#" * 100_000)
    with pytest.raises(ConfigError, match="larger than 64 KB"):
        config.parse(text, profiles.names(), folder=tmp_path)


def test_every_key_of_a_profile_is_in_the_document() -> None:
    table = DOCUMENT.partition("| key | default | |")[2]
    named = set(re.findall(r"`([a-z_]+)`", table))
    assert {item.name for item in fields(Profile)} - {"id", "credentials"} <= named
    settings = re.search(r"\| `settings` \| \| (.*) \|", table)
    assert settings is not None
    assert set(re.findall(r"`([a-z_0-9]+)`", settings[1])) == {item.name for item in fields(Settings)}


def test_the_defaults_in_the_document_are_those_of_the_code() -> None:
    rows = re.findall(r"^\| (`[a-z].*?) \| (.*?) \|", DOCUMENT.partition("| key | default | |")[2], re.MULTILINE)
    told = {
        name: [value.strip('`"') for value in values.split(", ")] for row, values in rows for name in row.split(", ")
    }
    for item in fields(Profile):
        if type(item.default) in (int, str):
            assert str(item.default) in told[f"`{item.name}`"], item.name
