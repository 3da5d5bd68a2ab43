"""The other side of the comparison: the smallest lock behind MQTT. No rules, no disk, no encryption."""

import asyncio
import json
import sys
from pathlib import Path
from typing import Final

import aiomqtt

from house.processes import Process, python

_TOPIC: Final = "bench/lock"
DOORBELL: Final = "bench/doorbell"

DISCOVERY: Final = {
    "homeassistant/lock/bench/config": {
        "name": "MQTT lock",
        "unique_id": "bench_lock",
        "default_entity_id": "lock.mqtt_lock",
        "command_topic": f"{_TOPIC}/set",
        "state_topic": _TOPIC,
    },
    "homeassistant/event/bench/config": {
        "name": "MQTT doorbell",
        "unique_id": "bench_doorbell",
        "default_entity_id": "event.mqtt_doorbell",
        "device_class": "doorbell",
        "event_types": ["ring"],
        "state_topic": DOORBELL,
    },
}
"""What tells Home Assistant of the lock and its doorbell."""


async def start_broker(folder: Path, port: int) -> Process:
    """Mosquitto on loopback, for anybody there."""
    config = folder / "mosquitto.conf"
    config.write_text(f"listener {port} 127.0.0.1\nallow_anonymous true\npersistence false\n", encoding="utf-8")
    broker = await Process.start("mosquitto", "mosquitto", "-c", config)

    async def answers() -> bool:
        try:
            _reader, writer = await asyncio.open_connection("127.0.0.1", port)
        except OSError:
            return False
        writer.close()
        return True

    await broker.until(answers, 10)
    return broker


async def start_lock(port: int) -> Process:
    """The responder as a process of its own, as the bridge is one."""
    return await Process.start("MQTT lock", python(), "-m", "benchmarks.mqtt", str(port))


async def _serve(port: int) -> None:
    async with aiomqtt.Client("127.0.0.1", port) as client:
        await client.subscribe(f"{_TOPIC}/set")
        for topic, config in DISCOVERY.items():
            await client.publish(topic, json.dumps(config), retain=True)
        await client.publish(_TOPIC, "LOCKED", retain=True)
        async for message in client.messages:
            await client.publish(_TOPIC, "LOCKED" if message.payload == b"LOCK" else "UNLOCKED")


if __name__ == "__main__":
    asyncio.run(_serve(int(sys.argv[1])))
