"""docs/install-bridge.md names the ports as the config takes them."""

import re
from pathlib import Path

from lock_bridge.hardware.catalogue import OPTIONAL_PORTS, PORTS, REQUIRED_PORTS

SECTION = (
    (Path(__file__).parents[2] / "docs/install-bridge.md")
    .read_text()
    .partition("### `[lock.parts]`")[2]
    .partition("\n### ")[0]
)
NUMBERS = {4: "four", 7: "seven"}


def test_every_port_is_named_in_its_order() -> None:
    listed = SECTION.partition("A driver for each port:")[2].partition(".\n")[0]
    assert tuple(re.findall(r"`(\w+)`", listed)) == PORTS


def test_which_have_to_be_named_is_told_and_where_the_drivers_are() -> None:
    text = " ".join(SECTION.split())
    assert f"the first {NUMBERS[len(REQUIRED_PORTS)]} have to be named" in text
    assert f"the last {NUMBERS[len(OPTIONAL_PORTS)]} may be left out" in text
    assert "(hardware.md#all-drivers)" in text
