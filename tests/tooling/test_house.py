"""The development house can play the transcripts of the manuals, as README.md says of it."""

import re
from pathlib import Path

import pytest

from house import dashboard
from house.bridge import Bridge
from lock_bridge import profiles
from lock_bridge.config import parse
from tests.engine.stage import SERIAL

TRANSCRIPTS = Path(__file__).parents[1] / "engine" / "transcripts"
WORDS = re.compile(
    r"""^(?:touch "(?P<finger>[^"]+)"|card (?P<card>\w+)(?P<second> 2)?$"""
    r"""|palm "(?P<palm>\w+) |(?:face|near|phone) (?P<who>\w+))""",
    re.MULTILINE,
)


def test_a_tile_is_red_only_while_something_is_wrong() -> None:
    """An event entity keeps its last event, an all-clear too; only what is there while it is on may be red."""
    red = [tile for tile in dashboard._AT_THE_DOOR if tile.get("color") == "red"]
    assert red
    for tile in red:
        (shown,) = tile["visibility"]
        assert (shown["entity"], shown["state"]) == (tile["entity"], "on")


@pytest.mark.parametrize("model", ["l2s", "dl50fvs", "palm6068"])
def test_the_development_house_has_everybody_whom_the_transcripts_bring_to_the_door(model: str, tmp_path: Path) -> None:
    house = Bridge(tmp_path, port=1, door_port=2, profile=model, transcripts=True)
    lock = parse(house.written, profiles.names()).locks[0]
    assert lock.serial == SERIAL
    assert lock.simulated is not None
    people = lock.simulated.people
    fingers = {f"{person.name} {finger}" for person in people for finger in person.fingers}
    cards = {person.name: len(person.cards) for person in people}

    missing = []
    brought = 0
    for path in sorted((TRANSCRIPTS / model).glob("*.txt")):
        for word in WORDS.finditer(path.read_text(encoding="utf-8")):
            who = (word["finger"] or word["card"] or word["palm"] or word["who"]).split()[0]
            brought += 1
            if who == "Stranger":
                continue
            known = who in cards
            if word["finger"]:
                known = word["finger"] in fingers
            elif word["card"]:
                known = cards.get(who, 0) >= (2 if word["second"] else 1)
            if not known:
                missing.append(f"{path.name}: {word[0]}")
    assert brought > 20
    assert missing == []
