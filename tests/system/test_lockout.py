"""A real bridge and its command line: a scrambled passcode opens, five wrong ones lock out, and dying does not help."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from house.bridge import Bridge
from house.people import PEOPLE, move_in
from house.processes import free_port
from tests.system.home import until

pytestmark = [pytest.mark.system, pytest.mark.timeout(300), pytest.mark.asyncio(loop_scope="session")]

ANNA = PEOPLE[0]
WRONG = "915308"
LOCKOUT_MS = 180_000


@pytest_asyncio.fixture(loop_scope="session")
async def bridge(tmp_path: Path) -> AsyncIterator[Bridge]:
    bridge = _bridge(tmp_path, time_scale=1)
    try:
        await bridge.start()
        await move_in(bridge)
        yield bridge
    finally:
        await bridge.stop()


@pytest.mark.spec("VER-3")
async def test_a_right_scrambled_code_from_the_shell_unlocks(bridge: Bridge) -> None:
    assert (await bridge.at_door("state"))["bolt"] == "thrown"
    seen = await bridge.at_door("press", "0", *f"77{ANNA.passcode}31", "ok")
    assert seen["lights"]["lamps"] == ["green"]
    await _until_bolt(bridge, "retracted")

    (granted,) = await _events(bridge, "access_granted")
    assert (granted["user_name"], granted["source"], granted["credential_type"]) == ("Anna", "keypad", "pin")


@pytest.mark.spec("VER-7", "VER-8", "VER-10")
async def test_five_wrong_codes_lock_out_for_three_minutes_whoever_kills_the_bridge(
    bridge: Bridge, tmp_path: Path
) -> None:
    for _ in range(5):
        assert "failure" in _heard(await bridge.at_door("press", "0", WRONG, "ok"))
    (started,) = await _events(bridge, "lockout_started")
    ends_ms = (await _lock(bridge))["lockout_ends_ms"]
    assert ends_ms - started["boot_ms"] == pytest.approx(LOCKOUT_MS, abs=1_000)
    await _is_refused(bridge)

    await bridge.kill()
    await bridge.start()
    lock = await _lock(bridge)
    assert lock["locked_out"]
    assert lock["lockout_ends_ms"] == pytest.approx(ends_ms, abs=5)
    await _is_refused(bridge)

    # Killed once more, its clock now runs fast enough to see the end.
    await bridge.kill()
    later = _bridge(tmp_path, time_scale=20)
    try:
        await later.start()
        assert (await _lock(later))["locked_out"]
        await _is_refused(later)
        await later.at_door("wait", "180s")
        assert not (await _lock(later))["locked_out"]
        await later.at_door("press", "0", ANNA.passcode, "ok")
        await _until_bolt(later, "retracted")
        assert [event["user_name"] for event in await _events(later, "access_granted")] == ["Anna"]
        assert len(await _events(later, "access_refused")) == 5
        assert len(await _events(later, "lockout_started")) == 1
        assert [event["reason"] for event in await _events(later, "lockout_ended")] == ["time"]
    finally:
        await later.stop()


async def test_the_journal_says_who_and_how_and_never_a_digit(bridge: Bridge) -> None:
    await bridge.at_door("press", "0", WRONG, "ok")
    await bridge.at_door("press", "0", *f"77{ANNA.passcode}31", "ok")
    await _until_bolt(bridge, "retracted")

    refused, granted = await _events(bridge, "access_refused", "access_granted")
    assert (refused["user_name"], refused["credential_type"], refused["reason"]) == (None, "pin", "unknown_credential")
    assert (granted["user_name"], granted["credential_type"], granted["reason"]) == ("Anna", "pin", None)
    for event in (refused, granted):
        # All that is no time, no number of a row and no random id: there is not one digit in it.
        said = {key: value for key, value in event.items() if key not in _NUMBERS}
        assert not any(character.isdigit() for character in str(said))


_NUMBERS = frozenset({"seq", "wall_ms", "boot_id", "boot_ms", "user_id", "credential_number"})


def _bridge(folder: Path, *, time_scale: float) -> Bridge:
    return Bridge(folder / "bridge", port=free_port(), door_port=free_port(), travel_ms=100, time_scale=time_scale)


async def _is_refused(bridge: Bridge) -> None:
    seen = await bridge.at_door("press", "0", ANNA.passcode, "ok")
    assert "locked_out" in _heard(seen)
    assert seen["bolt"] == "thrown"


async def _until_bolt(bridge: Bridge, wanted: str) -> None:
    async def there() -> bool:
        return (await bridge.at_door("state"))["bolt"] == wanted

    await until(there)


async def _lock(bridge: Bridge) -> dict[str, Any]:
    (lock,) = (await bridge.command("status"))["locks"]
    return dict(lock)


async def _events(bridge: Bridge, *kinds: str) -> list[dict[str, Any]]:
    words = [word for kind in kinds for word in ("--type", kind)]
    events: list[dict[str, Any]] = (await bridge.command("journal", *words))["events"]
    return events


def _heard(seen: Any) -> list[str]:
    return [sound["what"] for sound in seen["heard"]]
