"""A module that was replaced is trusted by an administrator's word alone, once she knows what that means."""

from .conftest import FRONT_DOOR, Cli, FakeBridge, Terminal

REPLACED = {"locks": [{**FRONT_DOOR, "untrusted": ["fingerprint"]}]}


async def test_it_is_trusted_after_a_yes_and_what_goes_is_said_before(bridge: FakeBridge, cli: Cli) -> None:
    bridge.answers["locks.list"] = REPLACED
    bridge.answers["part.trust"] = {"trusted": True}
    terminal = await Terminal.start(cli, "hardware", "trust", "fingerprint")
    await terminal.asked("Trust it? Type yes: ", "yes")
    assert await terminal.ended() == 0
    assert "Another fingerprint than before answers at Front door." in terminal.screen
    assert "everything stored in the module is deleted" in terminal.screen
    assert "The fingerprint of Front door is trusted from now on." in terminal.screen
    assert bridge.was_asked("part.trust") == [{"lock": "front_door", "part": "fingerprint"}]


async def test_without_a_yes_nothing_is_changed(bridge: FakeBridge, cli: Cli) -> None:
    bridge.answers["locks.list"] = REPLACED
    terminal = await Terminal.start(cli, "hardware", "trust", "fingerprint")
    await terminal.asked("Trust it? Type yes: ", "no")
    assert await terminal.ended() == 1
    said = await cli("hardware", "trust", "fingerprint")
    assert said.code == 2
    assert said.error.endswith("has to enrol again. Say --yes if that is meant.\n")
    assert bridge.was_asked("part.trust") == []
    assert (await cli("hardware", "trust", "fingerprint", "--yes")).code == 0
    assert len(bridge.was_asked("part.trust")) == 1


async def test_one_that_is_the_same_as_ever_needs_no_word(bridge: FakeBridge, cli: Cli) -> None:
    said = await cli("hardware", "trust", "palm-vein", "--json")
    assert (said.code, said.json) == (0, {"trusted": False})
    said = await cli("hardware", "trust", "nose")
    assert said.code == 2
    assert said.error.startswith("There is no part nose. Parts are: keypad, fingerprint,")
    assert bridge.was_asked("part.trust") == []


async def test_the_status_says_how_to_trust_it(bridge: FakeBridge, cli: Cli) -> None:
    bridge.answers["locks.list"] = REPLACED
    assert (
        "  Another fingerprint than before answers, and opens nothing: lock-bridge hardware trust fingerprint"
        in (await cli("status")).lines
    )
