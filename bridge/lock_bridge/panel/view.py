"""What the page draws: the model once, then the door each time that it changes. No card's number is in it."""

from typing import Any, Final

from lock_bridge.hardware.simulated import SimulatedDoor
from lock_bridge.wire.words import CredentialType

READERS: Final = (CredentialType.FINGERPRINT, CredentialType.RFID)


def model(door: SimulatedDoor, name: str) -> dict[str, Any]:
    """What stays while the page is open."""
    profile = door.profile
    return {
        "name": name,
        "profile": profile.id,
        "model": profile.name,
        "keys": sorted(profile.keys),
        "labels": {"ok": profile.confirm_label, "back": profile.back_label},
        "clutch": profile.bolt_kind == "clutch",
        "battery_kind": profile.battery_kind,
        "battery_indicator": profile.battery_indicator,
        "readers": [kind.value for kind in READERS if door.reads(kind)],
        "people": [{"name": who.name, "fingers": list(who.fingers), "cards": len(who.cards)} for who in door.people],
        "parts": [part.value for part in door.parts],
        "time_scale": door.clock.scale,
    }


def live(door: SimulatedDoor, since: int) -> dict[str, Any]:
    """The door now, with the sounds after number `since`."""
    world = door.world
    return {
        "look": door.look(since=since),
        "ring": door.gateway.look() if door.gateway is not None else None,
        "world": {
            "way": _way(door),
            "battery": world.battery,
            "battery_in": world.battery_in,
            "supply": world.supply,
            "powered": world.powered,
            "stall": world.stall,
            "motor": world.motor,
            "tamper": world.tampered,
            "hinge": world.hinge,
            "touched": door.fingerprint.touched,
            "unplugged": sorted(world.unplugged),
        },
    }


def _way(door: SimulatedDoor) -> dict[str, float]:
    """Where the bolt is, where it goes, and in how many ms of the watcher's own time."""
    motion = door.bolt.motion
    if motion is None:
        return {"from": door.world.bolt, "to": door.world.bolt, "ms": 0}
    now_ms = door.clock.now().mono_ms
    left_ms = max(0, motion.began_ms + motion.takes_ms - now_ms)
    return {"from": motion.at(now_ms), "to": motion.end, "ms": left_ms / door.clock.scale}
