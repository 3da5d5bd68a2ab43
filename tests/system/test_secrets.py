"""Passcodes, the pairing code and the token, looked for in everything that the two processes write."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from house.dashboard import LOCK
from house.pairing import pair
from tests.system.automations import ACCESS
from tests.system.home import Home, until

pytestmark = [pytest.mark.system, pytest.mark.timeout(300), pytest.mark.asyncio(loop_scope="session")]

RIGHT = "4829317506"
WRONG = "9174620583"
"""Ten digits each: shorter ones would turn up by chance in some time of day."""

TOKENS_PLACE = ".storage/core.config_entries"


async def test_no_secret_is_in_any_file_log_journal_or_state(home: Home) -> None:
    await home.unpair()
    code = await home.bridge.pairing_code()
    await pair(home.hass, home.bridge, may_open=True, port=home.network.port, code=code)
    await home.until_state(LOCK, "locked", "unlocked")
    carla = await home.bridge.command("user", "add", "Carla", "--lock", "front_door")
    await home.bridge.command("credential", "passcode", carla["user_id"], "--lock", "front_door", typed=RIGHT)
    await home.lock_up()
    before = await home.state(ACCESS)
    await home.bridge.at_door("press", "0", WRONG, "ok")
    await home.bridge.at_door("press", "0", *f"7{RIGHT}3", "ok")
    await until(lambda: _granted(home, "Carla"))
    assert (await home.state(ACCESS))["state"] != before["state"]
    (entry,) = _entries(home)
    token = entry["data"]["token"]

    said = "\n".join(
        [
            *home.logs["bridge"],
            *home.logs["hass"],
            json.dumps(await home.bridge.command("journal", "--limit", "1000")),
            json.dumps(await home.bridge.command("status")),
            json.dumps(await home.bridge.command("user", "list", "--lock", "front_door")),
            json.dumps(await home.hass.get("/api/states")),
            json.dumps(await home.hass.get(f"/api/diagnostics/config_entry/{entry['entry_id']}")),
        ]
    )
    for secret in (RIGHT, WRONG, code, token):
        assert secret not in said
        # Nor key by key, with the times of day of a log in between.
        assert not re.search(r"\D{1,3}".join(secret), said)

    files = dict(_files(home.folder))
    assert any(name.endswith("home-assistant_v2.db") for name in files)
    assert any(b"Carla" in content for content in files.values())
    for secret in (RIGHT, WRONG, code):
        assert [name for name, content in files.items() if secret.encode() in content] == []
    assert [name for name, content in files.items() if token.encode() in content] == [f"hass/{TOKENS_PLACE}"]


async def test_home_assistant_stops_without_a_word_of_trouble(home: Home) -> None:
    await home.ensure_paired()
    lines = len(home.logs["hass"])
    await home.hass.stop()
    said = home.logs["hass"][lines:]
    await home.hass.start()
    await home.hass.log_in()
    await home.until_state(LOCK, "locked", "unlocked")
    assert [line for line in said if re.search(r"never awaited|Traceback|ERROR|lock_bridge.*WARNING", line)] == []


async def _granted(home: Home, name: str) -> bool:
    attributes: dict[str, Any] = (await home.state(ACCESS))["attributes"]
    return attributes["event_type"] == "granted" and attributes.get("user_name") == name


def _entries(home: Home) -> list[dict[str, Any]]:
    kept = json.loads((home.hass.folder / TOKENS_PLACE).read_text(encoding="utf-8"))
    return [entry for entry in kept["data"]["entries"] if entry["domain"] == "lock_bridge"]


def _files(folder: Path) -> Iterator[tuple[str, bytes]]:
    """All that the two processes keep; the integration's own source is no part of it."""
    for path in folder.rglob("*"):
        if path.is_file():
            yield str(path.relative_to(folder)), path.read_bytes()
