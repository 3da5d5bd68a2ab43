"""The bridge's light ring tells how it is, and its function key opens pairing while nobody is connected."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace

import pytest

from lock_bridge.hardware.simulated.gateway import SimulatedGateway
from lock_bridge.ring import HOLD_MS, LIGHTS, Gateway
from lock_bridge.server import Listener
from lock_bridge.wire.words import EventType, Part, RingState
from tests.server.world import World, until


class Ring:
    """A ring beside a bridge that serves, and who stands in front of it."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.part = SimulatedGateway(world.clock)
        self.gateway = Gateway(self.part, world.clock)

    @property
    def light(self) -> str:
        look = self.part.look()
        return f"{look['rhythm']} {look['colour']}"

    @property
    def code(self) -> str | None:
        code: str | None = self.part.look()["code"]
        return code

    async def hold(self, ms: int) -> None:
        """Hold the function key for so long; all that follows of it has happened."""
        self.part.press()
        self.world.clock.advance(ms)
        self.part.release()
        if (opening := self.gateway._opening) is not None:
            await opening

    def fault(self, *parts: Part) -> None:
        """Parts of the front door do not answer, or all do."""
        house = self.world.house
        house.door = replace(house.door, faults=parts)
        for listener in tuple(house._listeners):
            listener.state(house.door.id, {"faults": [*parts]}, house.store.head)


@pytest.fixture
async def ring(world: World) -> AsyncIterator[Ring]:
    ring = Ring(world)
    await ring.gateway.start()
    yield ring
    await ring.gateway.stop()


@pytest.fixture
async def serving(ring: Ring) -> Ring:
    ring.gateway.serve(ring.world.house, ring.world.server)
    return ring


@pytest.mark.spec("GWY-1")
async def test_while_the_bridge_starts_it_is_solid_orange(ring: Ring) -> None:
    assert ring.light == "solid orange"
    ring.gateway.serve(ring.world.house, ring.world.server)
    assert ring.light == "slow white"


@pytest.mark.spec("GWY-1")
async def test_it_is_solid_blue_exactly_while_a_client_is_connected(serving: Ring) -> None:
    first, second = await serving.world.paired(), await serving.world.paired()
    assert serving.light == "slow white"
    async with await first.enter():
        assert serving.light == "solid blue"
        async with await second.enter():
            assert serving.light == "solid blue"
        await until(lambda: not serving.world.server._hub.is_connected(second.client_id))
        assert serving.light == "solid blue"
    await until(lambda: serving.light == "slow white")


@pytest.mark.spec("GWY-1")
async def test_it_flashes_white_fast_while_pairing_is_open(serving: Ring) -> None:
    async with await (await serving.world.paired()).enter():
        window = await serving.world.server.open_pairing()
        assert serving.light == "fast white"
        serving.world.clock.advance(window.seconds * 1000)
        assert serving.light == "solid blue"


@pytest.mark.spec("GWY-1")
async def test_it_flashes_red_while_anything_is_out_of_order_and_says_so_before_all_but_pairing(serving: Ring) -> None:
    async with await (await serving.world.paired()).enter():
        serving.fault(Part.MOTOR)
        assert serving.light == "slow red"
        await serving.world.server.open_pairing()
        assert serving.light == "fast white"
        serving.world.server._pairing.close()
        assert serving.light == "slow red"
        serving.fault()
        assert serving.light == "solid blue"


@pytest.mark.spec("GWY-1")
async def test_a_store_that_cannot_be_written_is_out_of_order(serving: Ring) -> None:
    store = serving.world.store
    store.healthy = False
    serving.fault()
    assert serving.light == "slow red"
    store.healthy = True
    await serving.world.house.ring()
    assert serving.light == "slow white"


@pytest.mark.spec("GWY-1")
def test_each_state_has_a_light_of_its_own() -> None:
    assert set(LIGHTS) == set(RingState)
    assert len(set(LIGHTS.values())) == len(RingState)


async def test_it_is_dark_when_the_bridge_has_stopped(serving: Ring) -> None:
    await serving.gateway.stop()
    assert serving.light == "None None"
    serving.fault(Part.MOTOR)
    await serving.hold(HOLD_MS)
    assert (serving.light, serving.code) == ("None None", None)


@pytest.mark.spec("GWY-2")
async def test_the_function_key_held_for_more_than_four_seconds_opens_pairing_and_the_voice_says_so(
    serving: Ring,
) -> None:
    await serving.hold(4_000)
    assert serving.light == "slow white"
    await serving.hold(HOLD_MS)
    assert serving.light == "fast white"
    assert serving.part.look()["said"] == {"seq": 1, "text": "Pairing mode.", "language": "en"}

    assert serving.code is not None
    granted = await serving.world.pair(serving.world.visitor(), serving.code)
    assert granted["device_id"] == serving.world.house.info.id
    assert (serving.light, serving.code) == ("slow white", None)
    (opened,) = await serving.world.house.journal(EventType.PAIRING_OPENED)
    assert (opened.source, opened.lock_id) == ("button", None)


@pytest.mark.spec("GWY-2")
async def test_held_again_it_opens_pairing_anew_with_another_code(serving: Ring) -> None:
    await serving.hold(HOLD_MS)
    first = serving.code
    await serving.hold(HOLD_MS)
    assert serving.code not in (None, first)
    assert serving.light == "fast white"
    assert serving.part.look()["said"]["seq"] == 2


@pytest.mark.spec("GWY-2")
async def test_while_a_client_is_connected_the_function_key_is_ignored(serving: Ring) -> None:
    async with await (await serving.world.paired()).enter():
        await serving.hold(60_000)
        assert (serving.light, serving.code) == ("solid blue", None)
        assert serving.part.look()["said"]["seq"] == 0
        assert await serving.world.house.journal(EventType.PAIRING_OPENED) == ()
    await until(lambda: serving.light == "slow white")
    await serving.hold(HOLD_MS)
    assert serving.light == "fast white"


@pytest.mark.spec("GWY-2")
async def test_while_the_bridge_starts_the_function_key_is_ignored(ring: Ring) -> None:
    await ring.hold(60_000)
    ring.gateway.serve(ring.world.house, ring.world.server)
    assert (ring.light, ring.code) == ("slow white", None)


async def test_the_code_of_pairing_that_somebody_else_opened_is_not_shown(serving: Ring) -> None:
    await serving.hold(HOLD_MS)
    await serving.world.server.open_pairing()
    assert (serving.light, serving.code) == ("fast white", None)


async def test_pairing_that_cannot_be_opened_is_not_said_to_be(serving: Ring, caplog: pytest.LogCaptureFixture) -> None:
    await serving.world.store.close()
    await serving.hold(HOLD_MS)
    assert (serving.code, serving.part.look()["said"]["seq"]) == (None, 0)
    assert "could not be opened" in caplog.text


async def test_the_voice_speaks_the_first_locks_language(serving: Ring) -> None:
    house = serving.world.house
    house.door = replace(house.door, settings={"language": "nb"})
    await serving.hold(HOLD_MS)
    assert serving.part.look()["said"]["text"] == "Paringsmodus."


async def test_a_bridge_without_a_ring_knows_its_state_all_the_same(world: World) -> None:
    gateway = Gateway(None, world.clock)
    await gateway.start()
    assert gateway.to_json() == {"state": "starting", "colour": "orange", "rhythm": "solid"}
    gateway.serve(world.house, world.server)
    async with await (await world.paired()).enter():
        assert gateway.to_json() == {"state": "connected", "colour": "blue", "rhythm": "solid"}
    await gateway.stop()
    heard: list[Listener] = world.house._listeners
    assert gateway not in heard


async def test_a_finger_that_stays_on_the_key_opens_pairing_once(serving: Ring) -> None:
    holding = asyncio.ensure_future(serving.part.hold(30_000))
    await asyncio.sleep(0)
    serving.part.press()  # it is down already
    serving.world.clock.advance(30_000)
    await holding
    assert serving.gateway._opening is not None
    await serving.gateway._opening
    assert len(await serving.world.house.journal(EventType.PAIRING_OPENED)) == 1
    serving.part.release()
    assert serving.part.look()["held"] is False
