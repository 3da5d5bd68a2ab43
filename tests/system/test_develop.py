"""`scripts/develop`, as a newcomer runs it."""

import asyncio
import re
import signal
from collections.abc import Awaitable, Callable
from pathlib import Path

import aiohttp
import pytest

from house.processes import ROOT, Process

pytestmark = [pytest.mark.system, pytest.mark.timeout(600)]

UP_S = 400
"""The first Home Assistant on a machine compiles what Python has not seen yet."""


async def test_one_command_brings_up_the_house_and_ctrl_c_ends_it(tmp_path: Path) -> None:
    said: list[str] = []
    develop = await _develop(tmp_path, said)
    try:
        await develop.until(_says(said, "Ctrl-C ends both"), UP_S)
        welcome = "\n".join(said)
        dashboard = re.search(r"Dashboard +(\S+) +\(user demo, password demo\)", welcome)
        door = re.search(r"Front door +(\S+)", welcome)
        assert dashboard is not None
        assert door is not None
        async with aiohttp.ClientSession() as session:
            for address in (dashboard[1], door[1]):
                async with session.get(address) as answer:
                    assert answer.status == 200

        second: list[str] = []
        process = await _develop(tmp_path, second)
        async with asyncio.timeout(60):
            assert await process.ended() == 1
        await process.stop()
        assert f"scripts/develop runs already in {tmp_path}" in second[-1]
    finally:
        code = await develop.stop(signal.SIGINT)
    assert code == 0
    assert [line for line in said if re.search(r"Traceback|Error|never awaited", line)] == []


async def _develop(state: Path, said: list[str]) -> Process:
    return await Process.start("scripts/develop", ROOT / "scripts" / "develop", "--state", state, line=said.append)


def _says(said: list[str], text: str) -> Callable[[], Awaitable[bool]]:
    async def says() -> bool:
        return any(text in line for line in said)

    return says
