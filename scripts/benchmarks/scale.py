"""Twenty locks with fifty people each in one real Home Assistant, beside as many MQTT entities by discovery."""

import asyncio
import contextlib
import json
import tempfile
import time
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import aiomqtt
import psutil

from house.bridge import Bridge
from house.hass import HomeAssistant, Socket
from house.pairing import pair
from house.processes import free_port
from lock_bridge.cli.connection import Connection

from . import mqtt
from .table import Row, at_most

LOCKS: Final = 20
PEOPLE: Final = 50

_CODE: Final = "482913"
_SETTLE_S: Final = 5.0
_ENOUGH_S: Final = 300

_EVENT: Final = {"event_types": ["granted", "refused"]}
_MORE: Final[Mapping[str, Mapping[str, Any]]] = {
    "binary_sensor": {},
    "button": {"command_topic": "{topic}/set"},
    "event": _EVENT,
    "lock": {"command_topic": "{topic}/set"},
    "number": {"command_topic": "{topic}/set"},
    "select": {"command_topic": "{topic}/set", "options": ["one", "two"]},
    "sensor": {},
    "switch": {"command_topic": "{topic}/set"},
    "update": {},
}
_STATES: Final = {
    "binary_sensor": "OFF",
    "event": '{"event_type": "granted"}',
    "lock": "LOCKED",
    "number": "30",
    "select": "one",
    "sensor": "7",
    "switch": "OFF",
    "update": "1.0",
}


class ManyDoors(Bridge):
    """A bridge with as many locks as a block of flats has."""

    @property
    def written(self) -> str:
        """What its config says."""
        house, _, _lock = super().written.partition("[[lock]]")
        return house + "".join(_lock_lines(number) for number in range(LOCKS))


@dataclass(frozen=True, slots=True)
class Cost:
    """What one side costs Home Assistant."""

    set_up_s: float
    memory_mib: float
    entities: int


async def run() -> list[Row]:
    """Both sides, each in a Home Assistant of its own that has nothing else."""
    with tempfile.TemporaryDirectory() as folder:
        ours, kinds, rows = await _ours(Path(folder))
        theirs = await _theirs(Path(folder), kinds)
    return [
        Row(f"scale: entities of {LOCKS} locks with {PEOPLE} people each", ours.entities, ""),
        Row("scale: set-up through the bridge", ours.set_up_s, "s"),
        Row("scale: set-up of as many MQTT entities", theirs.set_up_s, "s"),
        at_most("scale: bridge against MQTT, set-up", ours.set_up_s / theirs.set_up_s, "×", 1.0),
        Row("scale: memory of Home Assistant for it, bridge", ours.memory_mib, "MiB"),
        Row("scale: memory of Home Assistant for it, MQTT", theirs.memory_mib, "MiB"),
        at_most("scale: bridge against MQTT, memory", ours.memory_mib / theirs.memory_mib, "×", 1.0),
        *rows,
    ]


async def _ours(folder: Path) -> tuple[Cost, Counter[str], list[Row]]:
    bridge = ManyDoors(folder / "bridge", port=free_port(), door_port=free_port(), travel_ms=0)
    await bridge.start()
    try:
        with Connection(bridge.folder / "data" / "control.sock") as people:
            await asyncio.to_thread(_move_in, people)
        async with _home(folder / "ours") as hass:
            before = _memory(hass)
            entry_id = await pair(hass, bridge, may_open=True)
            async with hass.socket() as socket:
                wanted = await _enabled(socket, "lock_bridge")
                await _until_there(socket, len(wanted), _is_ours(wanted))
                await asyncio.sleep(_SETTLE_S)
                memory = _memory(hass) - before
                taken = await _reload(hass, socket, entry_id, len(wanted), _is_ours(wanted))
                rows = await _writes(bridge, socket)
        kinds = Counter(entity_id.partition(".")[0] for entity_id in wanted)
        return Cost(taken, memory, len(wanted)), kinds, rows
    finally:
        await bridge.stop()


async def _theirs(folder: Path, kinds: Counter[str]) -> Cost:
    port = free_port()
    (folder / "broker").mkdir()
    broker = await mqtt.start_broker(folder / "broker", port)
    try:
        async with _home(folder / "theirs") as hass:
            plain = {"set_client_cert": False, "set_ca_cert": "off"}
            flow = await hass.flow("mqtt", {"broker": "127.0.0.1", "port": port, "other_settings": plain})
            await asyncio.sleep(_SETTLE_S)
            before = _memory(hass)
            async with aiomqtt.Client("127.0.0.1", port) as client:
                for topic, message in _discovery(kinds):
                    await client.publish(topic, message, retain=True, qos=1)
            count = kinds.total()
            async with hass.socket() as socket:
                await _until_there(socket, count, _is_theirs)
                await asyncio.sleep(_SETTLE_S)
                memory = _memory(hass) - before
                taken = await _reload(hass, socket, str(flow["result"]["entry_id"]), count, _is_theirs)
        return Cost(taken, memory, count)
    finally:
        await broker.stop()


@asynccontextmanager
async def _home(folder: Path) -> AsyncIterator[HomeAssistant]:
    async with contextlib.AsyncExitStack() as stack:
        hass = HomeAssistant(folder, port=free_port(), log_level="warning")
        await hass.start()
        stack.push_async_callback(hass.stop)
        await hass.log_in()
        await hass.until_started()
        await asyncio.sleep(_SETTLE_S)
        yield hass


def _move_in(bridge: Connection) -> None:
    for number in range(LOCKS):
        for person in range(PEOPLE):
            role = "administrator" if person == 0 else "user"
            name = f"Person {number}-{person}"
            added = bridge.call("users.add", lock=f"lock_{number}", user_name=name, role=role)
            # Without one the bridge makes it.
            code = _CODE if person == 0 else None
            bridge.call("credentials.set_passcode", lock=f"lock_{number}", user_id=added["user_id"], passcode=code)


async def _reload(
    hass: HomeAssistant, socket: Socket, entry_id: str, count: int, is_one: Callable[[str], bool]
) -> float:
    """Seconds from the wish to set it all up anew until the last entity has its state."""
    before = time.perf_counter()
    reloading = asyncio.create_task(hass.post(f"/api/config/config_entries/entry/{entry_id}/reload", {}))
    await reloading
    await _until_there(socket, count, is_one)
    return time.perf_counter() - before


async def _writes(bridge: Bridge, socket: Socket) -> list[Row]:
    """How many states are written when somebody comes in, and when one setting of one lock is changed."""
    rows = []
    await socket.call("subscribe_events", event_type="state_changed")
    with Connection(bridge.folder / "data" / "control.sock") as door:
        acts: Mapping[str, Callable[[], Awaitable[Any]]] = {
            "somebody comes in": lambda: asyncio.to_thread(
                door.call, "door", lock="lock_7", words=["press", "back", *_CODE, "ok"]
            ),
            "a setting of a lock changes": lambda: asyncio.to_thread(
                door.call, "settings.set", lock="lock_7", changes={"volume": "low"}
            ),
            "a person is renamed": lambda: asyncio.to_thread(_rename, door),
        }
        for what, act in acts.items():
            await _written(socket, 0.5)
            await act()
            rows.append(Row(f"scale: states written when {what}", await _written(socket, 2), ""))
    return rows


def _rename(door: Connection) -> None:
    user = door.call("users.list", lock="lock_7")["users"][1]
    door.call("users.change", lock="lock_7", user_id=user["id"], changes={"name": "Somebody else"})


async def _written(socket: Socket, seconds: float) -> int:
    count = 0
    with contextlib.suppress(TimeoutError):
        while True:
            await socket.event(seconds)
            count += 1
    return count


async def _enabled(socket: Socket, platform: str) -> frozenset[str]:
    """The entities that are there once their number no longer grows."""
    found: frozenset[str] = frozenset()
    while True:
        await asyncio.sleep(2)
        entries = await socket.call("config/entity_registry/list")
        now = frozenset(
            entry["entity_id"] for entry in entries if entry["platform"] == platform and entry["disabled_by"] is None
        )
        if now and now == found:
            return now
        found = now


async def _until_there(socket: Socket, count: int, is_one: Callable[[str], bool]) -> None:
    async with asyncio.timeout(_ENOUGH_S):
        while True:
            states: list[dict[str, Any]] = await socket.call("get_states")
            if sum(is_one(item["entity_id"]) and item["state"] != "unavailable" for item in states) >= count:
                return
            await asyncio.sleep(0.2)


def _is_ours(wanted: frozenset[str]) -> Callable[[str], bool]:
    return wanted.__contains__


def _is_theirs(entity_id: str) -> bool:
    return "mqtt_thing" in entity_id


def _discovery(kinds: Counter[str]) -> Iterator[tuple[str, str]]:
    """As many entities of each kind as we have, each with its state, on as many devices."""
    devices = LOCKS + LOCKS * PEOPLE + 1
    number = 0
    for kind, count in sorted(kinds.items()):
        for _ in range(count):
            topic = f"bench/things/{number}"
            config = {
                "name": f"mqtt_thing {number}",
                "unique_id": f"thing_{number}",
                "default_entity_id": f"{kind}.mqtt_thing_{number}",
                "device": {"identifiers": [f"device_{number % devices}"], "name": f"Device {number % devices}"},
                **{name: _filled(value, topic) for name, value in _MORE[kind].items()},
            }
            if kind != "button":
                config["state_topic"] = topic
            yield f"homeassistant/{kind}/thing_{number}/config", json.dumps(config)
            if kind in _STATES:
                yield topic, _STATES[kind]
            number += 1


def _filled(value: Any, topic: str) -> Any:
    return value.format(topic=topic) if isinstance(value, str) else value


def _memory(hass: HomeAssistant) -> float:
    assert hass.process is not None  # noqa: S101 - it was started
    return psutil.Process(hass.process.pid).memory_info().rss / 2**20


def _lock_lines(number: int) -> str:
    return (
        f'[[lock]]\nid = "lock_{number}"\nname = "Door {number}"\nprofile = "palm6068"\nserial = "SN{number:04}"\n'
        f"[lock.simulated]\nport = 0\ntravel_ms = 0\npeople = []\n\n"
    )
