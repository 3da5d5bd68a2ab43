"""The bridge's own ring and function key on GPIO lines (GWY-1, GWY-2)."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, cast

import pytest

from lock_bridge import config, profiles
from lock_bridge.clock import ManualClock
from lock_bridge.config_table import Problems, Table
from lock_bridge.engine.effects import Prompt, Say
from lock_bridge.engine.model import Actor
from lock_bridge.hardware.gpio_ring.about import RingOptions, read
from lock_bridge.hardware.gpio_ring.driver import RHYTHMS, GpioRing
from lock_bridge.hardware.ports import RingLight
from lock_bridge.hardware.trouble import Trouble
from lock_bridge.ring import LIGHTS
from lock_bridge.service import Service
from lock_bridge.wire.words import RingState, Scope
from tests.hardware.contract.rigs_input import until
from tests.hardware.emulators.gpio import FakeLines

RED, GREEN, BLUE, KEY = "GPIO22", "GPIO23", "GPIO24", "GPIO25"
CONFIG: dict[str, Any] = {"driver": "gpio", "red": RED, "green": GREEN, "blue": BLUE, "key": KEY}
COLOURS = {
    "orange": {RED, GREEN},
    "white": {RED, GREEN, BLUE},
    "blue": {BLUE},
    "red": {RED},
}


def options(ring: dict[str, Any]) -> RingOptions:
    problems = Problems()
    found = read(Table(problems, {"ring": ring}))
    assert found is not None
    assert not problems
    return found


class Rig:
    """A ring, with a meter at its lines and a finger on its key."""

    def __init__(self, ring: dict[str, Any] | None = None) -> None:
        self.clock = ManualClock()
        self.lines = FakeLines(self.clock)
        self.told: list[bool] = []
        self.ring = GpioRing(options(ring or CONFIG), self.lines, self.clock)

    async def start(self) -> None:
        await self.ring.start(self.told.append)
        await until(lambda: self.ring.health.state != "starting")

    async def advance(self, ms: int) -> None:
        before = self.ring.health
        self.clock.advance(ms)
        if before.state == "trouble":
            await until(lambda: self.ring.health.state == "served")

    def shining(self) -> set[str]:
        return {name for name in (RED, GREEN, BLUE) if self.lines.high(name)}

    async def key(self, *, down: bool) -> None:
        self.lines.put(KEY, False if down else None)
        self.clock.advance(100)


@pytest.fixture
async def rig() -> AsyncIterator[Rig]:
    rig = Rig()
    await rig.start()
    yield rig
    await rig.ring.stop()


@pytest.mark.spec("GWY-1")
@pytest.mark.parametrize("state", list(RingState))
async def test_each_state_has_its_colour_and_rhythm(rig: Rig, state: RingState) -> None:
    light = LIGHTS[state]
    rig.ring.shine(light)
    seen = []
    for _ in range(5):
        seen.append(rig.shining())
        rig.clock.advance(RHYTHMS[light.rhythm] or 1_000)
    on, off = COLOURS[light.colour], COLOURS[light.colour] if light.rhythm == "solid" else set()
    assert seen == [on, off, on, off, on]


async def test_fast_is_told_from_slow_at_a_glance() -> None:
    assert RHYTHMS["slow"] >= 3 * RHYTHMS["fast"] > 0


async def test_none_is_dark_and_so_is_the_end(rig: Rig) -> None:
    rig.ring.shine(RingLight("white", "fast"))
    rig.ring.shine(None)
    assert rig.shining() == set()
    assert rig.clock.next_due_ms() == 5_000, "nothing but the look at the key"
    rig.ring.shine(RingLight("blue", "solid"))
    await rig.ring.stop()
    assert rig.shining() == set()
    assert rig.lines.taken(RED) is None


async def test_what_it_was_told_before_its_start_it_shows() -> None:
    rig = Rig()
    rig.ring.shine(RingLight("orange", "solid"))
    await rig.start()
    assert rig.shining() == {RED, GREEN}
    await rig.ring.stop()


async def test_a_common_anode_shines_at_low() -> None:
    low = {name: {"line": line, "active": "low"} for name, line in (("red", RED), ("green", GREEN), ("blue", BLUE))}
    rig = Rig({"driver": "gpio", **low})
    await rig.start()
    assert rig.shining() == {RED, GREEN, BLUE}, "all high: dark"
    rig.ring.shine(RingLight("red", "solid"))
    assert rig.shining() == {GREEN, BLUE}
    await rig.ring.stop()


@pytest.mark.spec("GWY-2")
async def test_the_key_is_told_when_it_goes_down_and_comes_up(rig: Rig) -> None:
    await rig.key(down=True)
    await rig.key(down=False)
    assert rig.told == [True, False]


@pytest.mark.spec("GWY-2")
async def test_a_key_that_is_down_from_the_start_opens_nothing() -> None:
    rig = Rig()
    rig.lines.put(KEY, False)
    await rig.start()
    rig.clock.advance(10_000)
    await rig.key(down=False)
    assert rig.told == []
    await rig.key(down=True)
    assert rig.told == [True]
    await rig.ring.stop()
    assert rig.told == [True], "after its stop nobody hears of it"


async def test_a_key_whose_line_fails_while_it_is_held_is_let_go(rig: Rig) -> None:
    await rig.key(down=True)
    rig.lines.unplug()
    rig.clock.advance(1)
    await until(lambda: rig.ring.health.state == "trouble")
    assert rig.told == [True, False]


async def test_lines_that_go_and_come_back_shine_as_last_told(rig: Rig) -> None:
    rig.ring.shine(RingLight("blue", "solid"))
    rig.lines.unplug()
    rig.ring.shine(RingLight("red", "solid"))
    rig.clock.advance(1)
    await until(lambda: rig.ring.health.state == "trouble")
    assert rig.ring.health.trouble is Trouble.UNPLUGGED
    rig.lines.plug()
    await rig.advance(60_000)
    assert rig.shining() == {RED}


async def test_lines_that_are_not_there_keep_nobody_from_starting() -> None:
    rig = Rig({**CONFIG, "blue": "GPIO99"})
    await rig.start()
    assert rig.ring.health.trouble is Trouble.NO_LINE
    await rig.key(down=True)
    assert rig.told == [True], "the key works all the same"
    await rig.ring.stop()


async def test_it_has_neither_voice_nor_display(rig: Rig) -> None:
    rig.lines.driven.clear()
    rig.ring.say(Say(Prompt.PAIRING_OPEN, "en"))
    rig.ring.show_code("12345678")
    assert rig.lines.driven == []
    assert "12345678" not in repr(vars(rig.ring))


# With the whole bridge

HOUSE = """
[bridge]
data = "data"
trust_clock = "always"
ring = { driver = "gpio", red = "GPIO22", green = "GPIO23", blue = "GPIO24", key = "GPIO25" }
[server]
port = 0
zeroconf = false
[[lock]]
id = "front_door"
profile = "l2s"
[lock.simulated]
port = 0
"""


@pytest.mark.spec("GWY-1", "GWY-2")
async def test_the_bridge_shines_by_its_state_and_its_key_opens_pairing(tmp_path: Path) -> None:
    clock = ManualClock()
    lines = FakeLines(clock)
    service = Service(config.parse(HOUSE, profiles.names(), folder=tmp_path), clock=clock)
    service._lines = cast("Any", lines)
    await service.start()
    try:
        await until(lambda: lines.taken(KEY) is not None and lines.taken(RED) is not None)
        white = {RED, GREEN, BLUE}
        assert {name for name in white if lines.high(name)} == white, "running, and nobody is connected"
        clock.advance(1_000)
        assert not any(lines.high(name) for name in white)

        lines.put(KEY, False)
        clock.advance(4_000)
        status = await service.bridge.dispatcher.execute("service.status", {}, Actor(), frozenset(Scope))
        assert status["ring"]["state"] == "running"
        clock.advance(100)
        opening = service.gateway._opening
        assert opening is not None
        await opening
        lines.put(KEY, None)
        assert service.gateway.told is RingState.READY
        lines.driven.clear()
        clock.advance(1_000)
        assert len(lines.driven_since()) == 4 * len(white), "fast"
    finally:
        await service.stop()
    assert lines.taken(RED) is None


WRONG = [
    ("ring = { red = 'GPIO2', green = 'GPIO3', blue = 'GPIO4' }", "bridge.ring.driver", "is missing"),
    ("ring = { driver = 'gpio', red = 'GPIO2' }", "bridge.ring.green", "is missing"),
    ("ring = { driver = 'gpio', red = 'GPIO2', green = 'GPIO2', blue = 'GPIO4' }", "bridge.ring.green", "taken by red"),
    (
        "ring = { driver = 'gpio', red = 'GPIO5', green = 'pinctrl-rp1:5', blue = 'GPIO4' }",
        "bridge.ring.green",
        '"pinctrl-rp1:5" is taken by red',
    ),
    ("ring = 'gpio'", "bridge.ring", "Allowed is a table"),
]


@pytest.mark.parametrize(("ring", "where", "told"), WRONG)
def test_a_wrong_config_says_what_is_allowed(ring: str, where: str, told: str) -> None:
    with pytest.raises(config.ConfigError) as caught:
        config.parse(f"[bridge]\n{ring}\n[[lock]]\nid = 'a'\nprofile = 'l2s'\n[lock.simulated]\n", profiles.names())
    assert where in str(caught.value)
    assert told in str(caught.value)


def test_a_lock_cannot_have_the_rings_line() -> None:
    text = HOUSE + '[lock.parts]\ncontacts = { driver = "gpio", door = "GPIO23" }\n'
    with pytest.raises(config.ConfigError, match=r"contacts\.door: \"GPIO23\" is taken by the bridge's ring \(green\)"):
        config.parse(text, profiles.names())
