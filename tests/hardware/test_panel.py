"""The door's page: who may have it, what it is told, and what its person can do."""

import asyncio
import json
import re
from collections.abc import AsyncIterator, Callable
from importlib.resources import files
from typing import Any

import pytest
from aiohttp import ClientSession, ClientWebSocketResponse, WSMsgType, WSServerHandshakeError

from lock_bridge import profiles
from lock_bridge.clock import ScaledClock, SystemClock
from lock_bridge.engine.effects import Drive, DriveBolt, Lamp, Light, Prompt, Say, Sound, Tone, View
from lock_bridge.hardware.ports import (
    BoltPosition,
    BoltSeen,
    Handle,
    HandleSeen,
    Key,
    KeyDown,
    KeyUp,
    NearSeen,
    PeepholeSeen,
    PrivacySeen,
    RingLight,
)
from lock_bridge.hardware.simulated import Person, SimulatedConfig, SimulatedDoor
from lock_bridge.hardware.simulated.gateway import SimulatedGateway
from lock_bridge.panel.server import Panel

PEOPLE = (Person(name="Anna", fingers=("right thumb",), cards=("04A1B2C3", "04D4E5F6")),)
WAIT_S = 5


class House:
    """A door with its page, and what its parts report."""

    def __init__(self, profile: str = "palm6068", *, travel_ms: int = 0) -> None:
        self.reports: list[Any] = []
        self.door = SimulatedDoor(
            SimulatedConfig(travel_ms=travel_ms, people=PEOPLE), ScaledClock(SystemClock()), profiles.load(profile)
        )
        self.panel = Panel(self.door, "Front door", 0)
        self.session = ClientSession()
        self._sockets: list[ClientWebSocketResponse] = []

    async def start(self) -> None:
        door = self.door
        for port in (
            door.bolt,
            door.contacts,
            door.power,
            door.keypad,
            door.sounder,
            door.fingerprint,
            door.card,
            door.face,
            door.palm_vein,
            door.radios,
            door.inside,
        ):
            await port.start(self.reports.append)
        self.reports.clear()
        await self.panel.start()

    async def stop(self) -> None:
        for socket in self._sockets:
            await socket.close()
        await self.session.close()
        await self.panel.stop()

    def origin(self, host: str = "127.0.0.1") -> str:
        return f"http://{host}:{self.panel.port}"

    async def get(self, path: str = "/", **headers: str) -> tuple[int, str]:
        async with self.session.get(self.origin() + path, headers=headers) as response:
            return response.status, await response.text()

    async def visit(self, **headers: str) -> Page:
        headers = {"Origin": self.origin()} | headers
        socket = await self.session.ws_connect(self.origin() + "/live", headers=headers)
        self._sockets.append(socket)
        return Page(socket)


class Page:
    """The page's end of the WebSocket."""

    def __init__(self, socket: ClientWebSocketResponse) -> None:
        self.socket = socket
        self.seen: list[dict[str, Any]] = []
        self._next = 0

    async def receive(self) -> dict[str, Any]:
        message: dict[str, Any] = await self.socket.receive_json(timeout=WAIT_S)
        if "look" in message:
            self.seen.append(message)
        return message

    async def see(self, condition: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
        """The first picture for which the condition holds, from now on."""
        while True:
            message = await self.receive()
            if "look" in message and condition(message):
                return message

    async def do(self, *words: str) -> dict[str, Any]:
        self._next += 1
        await self.socket.send_json({"id": self._next, "words": words})
        while True:
            message = await self.receive()
            if message.get("id") == self._next:
                return message


async def until(condition: Callable[[], bool]) -> None:
    """Wait for what the server does on its own."""
    async with asyncio.timeout(WAIT_S):
        while not condition():  # noqa: ASYNC110 - there is nobody who could tell
            await asyncio.sleep(0.005)


@pytest.fixture
async def house() -> AsyncIterator[House]:
    house = House()
    await house.start()
    yield house
    await house.stop()


@pytest.fixture
async def garden() -> AsyncIterator[House]:
    """A house whose door has the clutch lock."""
    garden = House("l2s")
    await garden.start()
    yield garden
    await garden.stop()


async def test_the_page_and_all_that_it_needs_come_from_the_bridge(house: House) -> None:
    status, page = await house.get()
    assert status == 200
    wanted = {*re.findall(r'(?:src|href)="([^"]+)"', page)}
    found = set[str]()
    while new := wanted - found:
        for name in new:
            found.add(name)
            status, text = await house.get(f"/{name}")
            assert status == 200, name
            wanted |= {*re.findall(r'from "\./([^"]+)"', text)} | {*re.findall(r'url\("([^")]+)"\)', text)}
    assert not [name for name in wanted if "://" in name or name.startswith("//")]
    shipped = {item.name for item in files("lock_bridge.panel").joinpath("page").iterdir()} - {"index.html"}
    assert wanted == shipped, "nothing is missing and nothing lies about"


async def test_the_page_has_no_script_or_style_of_its_own(house: House) -> None:
    _, page = await house.get()
    assert not re.search(r"<style|\sstyle=|\son\w+=|javascript:|<script(?![^>]*src=)", page)


async def test_other_pages_can_neither_frame_nor_read_nor_feed_it(house: House) -> None:
    for path in ("/", "/main.js", "/nothing"):
        async with house.session.get(house.origin() + path) as response:
            policy = response.headers["Content-Security-Policy"]
            assert "default-src 'none'" in policy
            assert "frame-ancestors 'none'" in policy
            assert "unsafe" not in policy
            assert response.headers["Cross-Origin-Resource-Policy"] == "same-origin"
            assert response.headers["X-Content-Type-Options"] == "nosniff"


@pytest.mark.parametrize(
    "host", ["evil.example", "evil.example:{port}", "127.0.0.1.evil.example", "192.168.1.5:{port}", "[", ""]
)
async def test_a_name_that_is_not_this_machines_is_refused(house: House, host: str) -> None:
    name = host.format(port=house.panel.port)
    assert (await house.get(Host=name))[0] == 403
    with pytest.raises(WSServerHandshakeError) as refused:
        await house.visit(Host=name, Origin=f"http://{name}")
    assert refused.value.status == 403


@pytest.mark.parametrize("host", ["localhost:{port}", "127.0.0.1:{port}", "[::1]:{port}", "localhost:9000"])
async def test_this_machines_names_are_welcome(house: House, host: str) -> None:
    name = host.format(port=house.panel.port)
    assert (await house.get(Host=name))[0] == 200
    page = await house.visit(Host=name, Origin=f"http://{name}")
    assert "model" in await page.receive()


@pytest.mark.parametrize(
    "origin",
    [
        "http://evil.example",
        "null",
        "",
        "http://127.0.0.1",
        "http://127.0.0.1:1",
        "https://127.0.0.1:{port}",
        "http://localhost:{port}",
    ],
)
async def test_a_page_from_elsewhere_cannot_use_the_door(house: House, origin: str) -> None:
    with pytest.raises(WSServerHandshakeError) as refused:
        await house.visit(Origin=origin.format(port=house.panel.port))
    assert refused.value.status == 403


async def test_who_does_not_say_where_the_page_is_from_cannot_use_the_door(house: House) -> None:
    with pytest.raises(WSServerHandshakeError) as refused:
        await house.session.ws_connect(house.origin() + "/live")
    assert refused.value.status == 403


async def test_nothing_can_be_posted(house: House) -> None:
    for path in ("/", "/live"):
        async with house.session.post(house.origin() + path, json={"id": 1, "words": ["open"]}) as response:
            assert response.status == 405


async def test_the_page_is_for_this_machine_alone() -> None:
    house = House()
    await house.session.close()
    with pytest.raises(ValueError, match="this machine"):
        Panel(house.door, "Front door", 0, host="0.0.0.0")  # noqa: S104 - this is what must be refused


async def test_a_taken_port_is_an_error_at_the_start(house: House) -> None:
    second = Panel(house.door, "Front door", house.panel.port)
    with pytest.raises(OSError, match=str(house.panel.port)):
        await second.start()
    await second.stop()


async def test_a_page_is_told_the_model_then_the_door(house: House) -> None:
    page = await house.visit()
    model = (await page.receive())["model"]
    assert (model["name"], model["profile"], model["labels"]) == ("Front door", "palm6068", {"ok": "√", "back": "↩"})
    assert {"name": "Anna", "fingers": ["right thumb"], "cards": 2, "palms": ["right", "left"]} in model["people"]
    seen = await page.receive()
    assert (seen["look"]["bolt"], seen["look"]["door"]) == ("thrown", "closed")
    assert seen["world"]["way"] == {"from": 1.0, "to": 1.0, "ms": 0}


@pytest.mark.parametrize(
    ("profile", "skin", "readers", "privacy", "peephole", "screen", "supply", "reset"),
    [
        ("l2s", "satin", ["fingerprint", "rfid"], "thumb_turn", True, False, "micro_usb", "reset"),
        ("dl50fvs", "graphite", ["fingerprint", "rfid", "face", "ble"], "knob", False, True, "type_c", "set"),
        ("palm6068", "bronze", ["fingerprint", "face", "palm_vein", "ble"], "knob", False, True, "type_c", "set"),
    ],
)
async def test_each_model_has_a_front_of_its_own(
    profile: str,
    skin: str,
    readers: list[str],
    privacy: str,
    peephole: bool,
    screen: bool,
    supply: str,
    reset: str,
) -> None:
    house = House(profile)
    await house.start()
    page = await house.visit()
    model = (await page.receive())["model"]
    assert (model["skin"], model["readers"]) == (skin, readers)
    assert (model["privacy"], model["peephole"], model["screen"]) == (privacy, peephole, screen)
    assert (model["emergency_supply"], model["reset_key"]) == (supply, reset)
    assert ("emergency" in model["keys"]) == (profile == "dl50fvs")
    await house.stop()


async def test_who_stands_outside_and_how_she_looks_is_shown(house: House) -> None:
    page = await house.visit()
    await page.do("near", "Anna")
    seen = await page.see(lambda seen: seen["world"]["near"] == "Anna")
    assert seen["world"]["face"] is None, "she does not look into the lens yet"
    await page.do("face", "Anna", "left", "covered")
    seen = await page.see(lambda seen: seen["world"]["face"] is not None)
    assert seen["world"]["face"] == {"pose": "left", "spoilt": "covered"}
    await page.do("away")
    seen = await page.see(lambda seen: seen["world"]["near"] is None)
    assert seen["world"]["face"] is None
    assert [report for report in house.reports if isinstance(report, NearSeen)] == [NearSeen(True), NearSeen(False)]


@pytest.mark.spec("DLM-13")
async def test_the_rears_screen_shows_the_outside_and_the_pairing_code(house: House) -> None:
    page = await house.visit()
    await page.receive()
    await page.receive()
    house.door.inside.show(View.OUTSIDE)
    assert (await page.see(lambda seen: seen["look"]["screen"] == "outside"))["look"]["inside"] is None
    house.door.inside.show(View.PAIRING)
    house.door.inside.show_code("12345678")
    assert (await page.see(lambda seen: seen["look"]["screen"] == "pairing"))["look"]["inside"] == "12345678"


@pytest.mark.spec("BLT-9")
async def test_knob_and_anti_peephole_button_are_turned_and_seen(garden: House) -> None:
    page = await garden.visit()
    await page.do("knob", "on")
    await page.do("peephole", "off")
    seen = await page.see(lambda seen: seen["world"]["knob"] and not seen["world"]["peephole"])
    assert seen["world"]["knob"]
    assert PrivacySeen(True) in garden.reports
    assert PeepholeSeen(False) in garden.reports


@pytest.mark.spec("GWY-1")
async def test_the_bridges_ring_is_shown_beside_the_door(house: House) -> None:
    gateway = SimulatedGateway(SystemClock())
    house.door.stand_beside(gateway)
    page = await house.visit()
    gateway.shine(RingLight("blue", "solid"))
    seen = await page.see(lambda seen: seen["ring"]["colour"] == "blue")
    assert (seen["ring"]["rhythm"], seen["ring"]["held"]) == ("solid", False)
    await page.do("function", "down")
    await page.see(lambda seen: seen["ring"]["held"])
    await page.socket.close()
    await until(lambda: not gateway.held)


async def test_time_at_the_door_can_be_let_run_faster_from_the_page(house: House) -> None:
    page = await house.visit()
    assert 10 in (await page.receive())["model"]["speeds"]
    await page.do("speed", "60")
    assert (await page.see(lambda seen: seen["world"]["speed"] == 60))["world"]["speed"] == 60
    assert house.door.clock.scale == 60
    for wrong in ("0", "-1", "1001", "fast", "nan"):
        assert "at most 1000" in (await page.do("speed", wrong))["error"]
    assert house.door.clock.scale == 60


@pytest.mark.spec("RST-1")
async def test_a_pin_stays_in_reset_while_both_hands_are_at_the_batteries(garden: House) -> None:
    page = await garden.visit()
    await page.do("battery", "out")
    await page.do("down", "reset")
    await page.do("battery", "in")
    assert KeyDown(Key.RESET) in garden.reports, "held while the power comes back, it is told"
    await page.socket.close()
    await until(lambda: KeyUp(Key.RESET) in garden.reports)


async def test_no_number_of_a_card_reaches_the_page(garden: House) -> None:
    page = await garden.visit()
    model = await page.receive()
    assert model["model"]["readers"] == ["fingerprint", "rfid"]
    await page.do("card", "Anna", "2")
    assert not re.search("04A1B2C3|04D4E5F6", json.dumps([model, *page.seen]), re.IGNORECASE)


async def test_lights_and_sounds_are_shown_as_they_happen_each_sound_once(house: House) -> None:
    house.door.sounder.sound(Sound(Tone.FAILURE))
    page = await house.visit()
    await page.receive()
    first = await page.receive()
    assert first["look"]["heard"] == [], "what sounded before the page came is no news"
    house.door.keypad.light(Light(frozenset({"1", "2"}), frozenset({Lamp.GREEN}), frozenset({"0"})))
    house.door.sounder.sound(Sound(Tone.SUCCESS))
    house.door.sounder.say(Say(Prompt.CLOSE_DOOR))
    await page.see(lambda seen: any(heard["what"] == "close_door" for heard in seen["look"]["heard"]))
    house.door.sounder.sound(Sound(Tone.DOORBELL))
    last = await page.see(lambda seen: any(heard["what"] == "doorbell" for heard in seen["look"]["heard"]))
    assert last["look"]["lights"] == {"keys": ["1", "2"], "flashing": ["0"], "lamps": ["green"]}
    assert [heard["what"] for seen in page.seen for heard in seen["look"]["heard"]] == [
        "success",
        "close_door",
        "doorbell",
    ]


async def test_two_pages_hear_the_same(house: House) -> None:
    pages = [await house.visit(), await house.visit()]
    for page in pages:
        await page.receive()
        await page.receive()
    house.door.sounder.sound(Sound(Tone.DOORBELL))
    for page in pages:
        assert [heard["what"] for heard in (await page.receive())["look"]["heard"]] == ["doorbell"]


async def test_the_bolts_way_is_told_with_the_time_that_it_takes() -> None:
    house = House(travel_ms=60_000)
    await house.start()
    page = await house.visit()
    house.door.bolt.drive(DriveBolt(Drive.RETRACT, 1, 60_000))
    way = (await page.see(lambda seen: seen["world"]["way"]["to"] == 0))["world"]["way"]
    assert 0.9 < way["from"] <= 1
    assert 50_000 < way["ms"] <= 60_000
    await house.stop()


async def test_keys_reach_the_lock_in_their_order(house: House) -> None:
    page = await house.visit()
    keys = "48392004839200"
    for at, key in enumerate(keys):
        await page.socket.send_json({"id": 2 * at, "words": ["down", key]})
        await page.socket.send_json({"id": 2 * at + 1, "words": ["up", key]})
    await page.do("press", "ok")
    assert house.reports == [event for key in (*keys, "ok") for event in (KeyDown(Key(key)), KeyUp(Key(key)))]


async def test_what_is_felt_is_answered(house: House) -> None:
    page = await house.visit()
    assert (await page.do("open"))["felt"] == "The bolt holds: the door does not give."
    assert (await page.do("key", "unlock"))["felt"] == "The key turns."
    assert BoltSeen(BoltPosition.RETRACTED) in house.reports


async def test_what_cannot_be_done_is_answered_with_why(house: House) -> None:
    page = await house.visit()
    assert (await page.do("dance"))["error"].startswith("What can be done here: press, hold,")
    assert (await page.do("press", "1"))["felt"] is None, "the page goes on"


async def test_a_page_that_goes_lets_go_of_what_it_held(house: House, garden: House) -> None:
    page = await house.visit()
    await page.do("down", "0")
    await page.do("down", "5")
    await page.do("up", "5")
    await page.socket.close()
    await until(lambda: KeyUp(Key.D0) in house.reports)
    assert house.reports.count(KeyUp(Key.D5)) == 1

    other = await garden.visit()
    await other.do("handle", "lift")
    await other.socket.close()
    await until(lambda: HandleSeen(Handle.REST) in garden.reports)


async def test_a_page_that_goes_takes_its_finger_along(house: House) -> None:
    page = await house.visit()
    await page.socket.send_json({"id": 1, "words": ["touch", "Anna right thumb", "hold", "60s"]})
    await page.see(lambda seen: seen["world"]["touched"])
    await page.socket.close()
    await until(lambda: not house.door.fingerprint.touched)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "open",
        "[]",
        '{"id": 1}',
        '{"id": "1", "words": []}',
        '{"id": 1, "words": "open"}',
        '{"id": 1, "words": [1]}',
        '{"id": 1, "words": [], "more": 1}',
        "[" * 2_000,
        '{"id": 1, "words": ["' + "x" * 5_000 + '"]}',
    ],
)
async def test_garbage_ends_the_connection_and_nothing_else(house: House, text: str) -> None:
    page = await house.visit()
    other = await house.visit()
    await page.socket.send_str(text)
    async with asyncio.timeout(WAIT_S):
        while (await page.socket.receive()).type not in (WSMsgType.CLOSE, WSMsgType.CLOSED):
            pass
    assert (await other.do("press", "1"))["felt"] is None


async def test_too_much_at_once_is_refused(house: House) -> None:
    page = await house.visit()
    for number in range(40):
        await page.socket.send_json({"id": number, "words": ["wait", "60s"]})
    refused = [await page.receive() for _ in range(26)]
    assert sum("too much" in message.get("error", "") for message in refused) == 24


async def test_only_so_many_pages_are_served(house: House) -> None:
    pages = [await house.visit() for _ in range(16)]
    with pytest.raises(WSServerHandshakeError) as refused:
        await house.visit()
    assert refused.value.status == 503
    await pages[0].socket.close()
    await until(lambda: len(house.panel._visitors) == 15)
    assert "model" in await (await house.visit()).receive()


async def test_stopping_sends_pages_away_and_frees_the_port(house: House) -> None:
    page = await house.visit()
    await page.receive()
    port = house.panel.port
    async with asyncio.timeout(2):
        await house.panel.stop()
    async with asyncio.timeout(WAIT_S):
        while (message := await page.socket.receive()).type is WSMsgType.TEXT:
            pass
    assert message.data == 1001
    again = Panel(house.door, "Front door", port)
    await again.start()
    await again.stop()


async def test_a_page_that_is_gone_is_no_longer_told(house: House) -> None:
    page = await house.visit()
    await page.receive()
    await page.socket.close()
    await until(lambda: not house.door._watchers)
    house.door.sounder.sound(Sound(Tone.KEY))
