"""Modes, phones, restart, pairing, factory reset and the ring, from the command line."""

import pytest

from .conftest import FRONT_DOOR, STATUS, Cli, FakeBridge, Terminal

CODE = "730418"


@pytest.mark.spec("BLT-7", "BLT-8")
@pytest.mark.parametrize(
    ("words", "mode", "seconds", "told"),
    [
        (["passage"], "passage", None, "Front door is held open."),
        (["passage", "--for", "2h"], "passage", 7200, "Front door is held open for 2 h."),
        (["leaving-home"], "leaving_home", None, "Front door is armed once it is locked: nobody is at home."),
        (["normal"], "normal", None, "Front door is back to normal."),
    ],
)
async def test_a_mode_is_begun_and_ended(
    bridge: FakeBridge, cli: Cli, words: list[str], mode: str, seconds: int | None, told: str
) -> None:
    assert (await cli("mode", *words)).lines == [told]
    assert bridge.was_asked("mode.set") == [{"lock": "front_door", "mode": mode, "seconds": seconds}]


async def test_leaving_home_is_armed_at_once_where_it_is_locked(bridge: FakeBridge, cli: Cli) -> None:
    bridge.answers["locks.list"] = {"locks": [{**FRONT_DOOR, "mode": "leaving_home"}]}
    assert (await cli("mode", "leaving-home")).lines == ["Front door is armed: nobody is at home."]


@pytest.mark.parametrize("words", [["normal", "--for", "2h"], ["passage", "--for", "ever"], ["privacy"], []])
async def test_a_mode_that_cannot_be_is_not_understood(bridge: FakeBridge, cli: Cli, words: list[str]) -> None:
    assert (await cli("mode", *words)).code == 2
    assert bridge.was_asked("mode.set") == []


@pytest.mark.spec("DLM-9")
async def test_the_code_for_phones_is_given_like_a_passcode_or_put_back(bridge: FakeBridge, cli: Cli) -> None:
    terminal = await Terminal.start(cli, "bluetooth", "code")
    await terminal.asked("New Bluetooth pairing code: ", CODE)
    await terminal.asked("The same again: ", CODE)
    assert await terminal.ended() == 0
    assert CODE not in terminal.screen

    said = await cli("bluetooth", "code", typed=f"{CODE}\n")
    assert said.lines == ["Phones pair with Front door by its new code. Paired ones stay paired."]
    assert (await cli("bluetooth", "code", "--default")).code == 0
    said = await cli("bluetooth", "code")
    assert (said.code, said.error) == (
        2,
        "Give it on standard input, or go back to the default code with --default.\n",
    )
    assert (await cli("bluetooth", "code", CODE)).code == 2
    assert [asked["code"] for asked in bridge.was_asked("bluetooth.set_code")] == [CODE, CODE, None]


@pytest.mark.spec("DLM-9")
async def test_paired_phones_are_forgotten(bridge: FakeBridge, cli: Cli) -> None:
    assert (await cli("bluetooth", "clear")).lines == [
        "Front door has forgotten its paired phones. The default pairing code holds again."
    ]
    assert bridge.was_asked("bluetooth.clear") == [{"lock": "front_door"}]


@pytest.mark.spec("APP-6")
async def test_a_lock_is_restarted_and_asked_to_open_pairing(bridge: FakeBridge, cli: Cli) -> None:
    assert (await cli("restart")).lines == ["Front door has started anew."]
    assert (await cli("pairing")).lines == ["Pairing is open. The inside of Front door shows the code."]
    assert bridge.was_asked("lock.restart") == bridge.was_asked("lock.pairing") == [{"lock": "front_door"}]


@pytest.mark.spec("APP-6", "RST-1")
async def test_a_factory_reset_is_confirmed_first(bridge: FakeBridge, cli: Cli) -> None:
    said = await cli("factory-reset")
    assert said.code == 2
    assert said.error == (
        "All users, credentials and settings of Front door go, and everybody who was paired with the bridge. "
        "Say --yes if that is meant.\n"
    )
    terminal = await Terminal.start(cli, "factory-reset")
    await terminal.asked("The door then opens by key and from inside alone. Type yes: ", "")
    assert await terminal.ended() == 1
    assert bridge.was_asked("lock.factory_reset") == []

    terminal = await Terminal.start(cli, "factory-reset")
    await terminal.asked("Type yes: ", "yes")
    assert await terminal.ended() == 0
    assert "Front door is as it came from the factory. The journal is kept." in terminal.screen
    assert (await cli("factory-reset", "--yes")).code == 0
    assert bridge.was_asked("lock.factory_reset") == [{"lock": "front_door"}] * 2


@pytest.mark.spec("GWY-1")
@pytest.mark.parametrize(
    ("ring", "told"),
    [
        ({"state": "connected", "colour": "blue", "rhythm": "solid"}, "solid blue, a client is connected"),
        ({"state": "running", "colour": "white", "rhythm": "slow"}, "slowly flashing white, no client is connected"),
        ({"state": "ready", "colour": "white", "rhythm": "fast"}, "fast flashing white, pairing is open"),
        ({"state": "fault", "colour": "red", "rhythm": "slow"}, "slowly flashing red, something is out of order"),
    ],
)
async def test_the_status_tells_of_the_ring(bridge: FakeBridge, cli: Cli, ring: dict[str, str], told: str) -> None:
    bridge.answers["service.status"] = {**STATUS, "ring": ring}
    assert (await cli("status")).lines[-1] == f"Light ring: {told}"


async def test_the_status_tells_what_is_out_of_the_ordinary(bridge: FakeBridge, cli: Cli) -> None:
    clock = {"wall_ms": 1_795_000_000_000, "mono_ms": 80_000, "trusted": True}
    bridge.answers["service.status"] = {**STATUS, "clock": clock}
    held = {**FRONT_DOOR, "mode": "passage", "passage_ends_ms": 3_680_000, "door_ajar": True, "menu_open": True}
    armed = {**FRONT_DOOR, "id": "shed", "name": "Shed", "mode": "leaving_home", "emergency_power": True}
    shut = {**FRONT_DOOR, "id": "gate", "name": "Gate", "mode": "privacy", "inside_handle_blocked": True}
    bridge.answers["locks.list"] = {"locks": [held, armed, shut]}
    said = await cli("status")
    assert said.code == 0
    assert [line for line in said.lines if line.startswith("  ")] == [
        "  Passage: held open for 1 h more.",
        "  The door has stood open for too long.",
        "  Somebody is in its menu.",
        "  Leaving home: opening from inside raises the alarm.",
        "  Runs on emergency power.",
        "  Privacy: somebody inside has blocked the door.",
        "  The inside handle is blocked.",
    ]
