"""What a real Home Assistant sees: a lock behind the bridge beside one behind MQTT, and the journal after an outage."""

import asyncio
import contextlib
import statistics
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final

import aiomqtt

from house.bridge import Bridge
from house.hass import HomeAssistant, Socket
from house.pairing import pair
from house.processes import free_port
from lock_bridge import profiles
from lock_bridge.cli.connection import Connection
from lock_bridge.config import parse
from lock_bridge.hardware.simulated import SimulatedDoor
from lock_bridge.service import Service

from . import mqtt
from .table import Row, at_most, percentile

_ROUNDS: Final = 300
_WARM_UP: Final = 20
_ENTRIES: Final = 100
_MISSED: Final = 10_000

OURS: Final = "lock.front_door"
THEIRS: Final = "lock.mqtt_lock"

BELLS: Final = {"bell_ours": "event.back_door_doorbell", "bell_theirs": "event.mqtt_doorbell"}
_AUTOMATIONS: Final = [
    {
        "id": name,
        "alias": name,
        "mode": "parallel",
        "triggers": [
            {"trigger": "event.received", "target": {"entity_id": entity_id}, "options": {"event_type": ["ring"]}}
        ],
        "actions": [],
    }
    for name, entity_id in BELLS.items()
]
"""The same automation twice: one waits for our doorbell, one for that behind MQTT."""


_BACK_DOOR: Final = """
[bridge]
name = "Back"
data = "{folder}"
trust_clock = "always"
[server]
host = "127.0.0.1"
port = {port}
zeroconf = false
[[lock]]
id = "back_door"
name = "Back door"
profile = "palm6068"
[lock.simulated]
port = 0
travel_ms = 0
people = []
"""


@dataclass(frozen=True, slots=True)
class House:
    """All that runs."""

    bridge: Bridge
    hass: HomeAssistant
    entry_id: str
    broker_port: int


async def run() -> list[Row]:
    """All of it in one Home Assistant, both locks in turn."""
    async with _house() as house:
        return [
            *await _round_trips(house),
            *await _automations(house),
            *await _entries(house),
            *await _outage(house),
        ]


@asynccontextmanager
async def _house() -> AsyncIterator[House]:
    async with contextlib.AsyncExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        broker_port = free_port()
        broker = await mqtt.start_broker(folder, broker_port)
        stack.push_async_callback(broker.stop)
        lock = await mqtt.start_lock(broker_port)
        stack.push_async_callback(lock.stop)
        bridge = Bridge(folder / "bridge", port=free_port(), door_port=free_port(), travel_ms=0)
        await bridge.start()
        stack.push_async_callback(bridge.stop)
        hass = HomeAssistant(
            folder / "hass", port=free_port(), log_level="warning", automations=_AUTOMATIONS, extra="event:\n"
        )
        await hass.start()
        stack.push_async_callback(hass.stop)
        await hass.log_in()
        plain = {"set_client_cert": False, "set_ca_cert": "off"}
        await hass.flow("mqtt", {"broker": "127.0.0.1", "port": broker_port, "other_settings": plain})
        entry_id = await pair(hass, bridge, may_open=True)
        async with hass.socket() as socket:
            await _until_there(socket, OURS, THEIRS)
        await hass.until_started()
        yield House(bridge, hass, entry_id, broker_port)


async def _round_trips(house: House) -> list[Row]:
    times: dict[str, list[float]] = {OURS: [], THEIRS: []}
    async with house.hass.socket() as socket:
        await socket.call("subscribe_events", event_type="state_changed")
        for number in range(_WARM_UP + _ROUNDS):
            service, end = ("unlock", "unlocked") if number % 2 == 0 else ("lock", "locked")
            for entity_id, values in times.items():
                taken = await _operate(socket, entity_id, service, end)
                if number >= _WARM_UP:
                    values.append(taken * 1e3)
    ours, theirs = statistics.median(times[OURS]), statistics.median(times[THEIRS])
    return [
        Row("home: lock/unlock through the bridge, median", ours, "ms"),
        Row("home: the same, p95", percentile(times[OURS], 95), "ms"),
        Row("home: lock/unlock through MQTT, median", theirs, "ms"),
        Row("home: the same, p95", percentile(times[THEIRS], 95), "ms"),
        at_most("home: bridge against MQTT, medians", ours / theirs, "×", 1.0),
    ]


async def _operate(socket: Socket, entity_id: str, service: str, end: str) -> float:
    before = time.perf_counter()
    call = await socket.send("call_service", domain="lock", service=service, target={"entity_id": entity_id})
    while not _has_come(await socket.event(), entity_id, end):
        pass
    taken = time.perf_counter() - before
    await socket.result(call)
    return taken


def _has_come(event: dict[str, Any], entity_id: str, end: str) -> bool:
    data = event["data"]
    return (data["entity_id"], data["new_state"]["state"]) == (entity_id, end)


async def _automations(house: House) -> list[Row]:
    """From the ring to the automation that it starts. What rings is in this process, on both sides."""
    times: dict[str, list[float]] = {name: [] for name in BELLS}
    async with contextlib.AsyncExitStack() as stack:
        door = await stack.enter_async_context(_back_door(house))
        broker = await stack.enter_async_context(aiomqtt.Client("127.0.0.1", house.broker_port))
        socket = await stack.enter_async_context(house.hass.socket())
        await _until_there(socket, "lock.back_door")
        await socket.call("subscribe_events", event_type="automation_triggered")

        async def ring_ours() -> None:
            await door.do(["ring"])

        async def ring_theirs() -> None:
            await broker.publish(mqtt.DOORBELL, '{"event_type": "ring"}')

        for number in range(_WARM_UP + _ROUNDS):
            for name, ring in (("bell_ours", ring_ours), ("bell_theirs", ring_theirs)):
                before = time.time()
                ringing = asyncio.create_task(ring())
                while (event := await socket.event())["data"]["name"] != name:
                    pass
                if number >= _WARM_UP:
                    # Home Assistant's own word of when it started, by the clock of this same machine.
                    started = datetime.fromisoformat(event["time_fired"]).timestamp()
                    times[name].append((started - before) * 1e3)
                await ringing
    ours, theirs = (statistics.median(times[name]) for name in BELLS)
    return [
        Row("home: ring at the door to automation started, bridge, median", ours, "ms"),
        Row("home: the same, p95", percentile(times["bell_ours"], 95), "ms"),
        Row("home: ring to automation started, MQTT event entity, median", theirs, "ms"),
        Row("home: the same, p95", percentile(times["bell_theirs"], 95), "ms"),
        at_most("home: bridge against MQTT, event to automation, medians", ours / theirs, "×", 1.0),
    ]


@asynccontextmanager
async def _back_door(house: House) -> AsyncIterator[SimulatedDoor]:
    """A bridge within this process, paired."""
    port = free_port()
    folder = house.bridge.folder.parent / "back"
    service = Service(parse(_BACK_DOOR.format(folder=folder, port=port), profiles.names()))
    await service.start()
    try:
        code = (await service.server.open_pairing()).code
        await pair(house.hass, house.bridge, may_open=True, port=port, code=code)
        yield service.doors["back_door"]
    finally:
        await service.stop()


async def _entries(house: House) -> list[Row]:
    code = "482913"
    user = await house.bridge.command("user", "add", "Anna", "--role", "administrator")
    await house.bridge.command("credential", "passcode", user["user_id"], "--lock", "front_door", typed=code)
    times = []
    with Connection(house.bridge.folder / "data" / "control.sock") as door:
        async with house.hass.socket() as socket:
            await socket.call("subscribe_events", event_type="lock_bridge_event")
            for _ in range(_ENTRIES):
                await asyncio.to_thread(door.call, "door", words=["press", "back", *code])
                before = time.perf_counter()
                pressing = asyncio.create_task(asyncio.to_thread(door.call, "door", words=["press", "ok"]))
                while (await socket.event())["data"].get("type") != "access_granted":
                    pass
                times.append((time.perf_counter() - before) * 1e3)
                await pressing
                await asyncio.to_thread(door.call, "lock", lock="front_door")
    return [
        Row("home: confirm key to Home Assistant's event, median", statistics.median(times), "ms"),
        Row("home: the same, p95", percentile(times, 95), "ms"),
    ]


async def _outage(house: House) -> list[Row]:
    async with house.hass.socket() as socket:
        await socket.call("config_entries/disable", entry_id=house.entry_id, disabled_by="user")
        with Connection(house.bridge.folder / "data" / "control.sock") as bridge:
            await asyncio.to_thread(_make_events, bridge, _MISSED)
        await socket.call("subscribe_events", event_type="lock_bridge_event")
        before = time.perf_counter()
        await socket.send("config_entries/disable", entry_id=house.entry_id, disabled_by=None)
        times: dict[str, datetime] = {}
        while len(times) < _MISSED:
            event = await socket.event(120)
            if event["data"]["type"] in ("setting_changed", "doorbell"):
                if event["data"]["id"] in times:
                    raise RuntimeError("an event came twice")
                times[event["data"]["id"]] = datetime.fromisoformat(event["data"]["occurred_at"])
        taken = time.perf_counter() - before
    if list(times.values()) != sorted(times.values()):
        raise RuntimeError("events came out of order")
    return [Row(f"home: {_MISSED:,} events caught up after an outage", taken, "s")]


def _make_events(bridge: Connection, count: int) -> None:
    # Of two priorities, for the journal keeps 10,000 of each.
    for number in range(count // 2):
        bridge.call("settings.set", lock="front_door", changes={"countdown_delay_s": 31 + number % 2})
        bridge.call("door", words=["down", "doorbell"])
        bridge.call("door", words=["up", "doorbell"])


async def _until_there(socket: Socket, *entities: str) -> None:
    async with asyncio.timeout(60):
        while True:
            states: list[dict[str, Any]] = await socket.call("get_states")
            there = {state["entity_id"] for state in states if state["state"] not in ("unavailable", "unknown")}
            if there.issuperset(entities):
                return
            await asyncio.sleep(0.2)
