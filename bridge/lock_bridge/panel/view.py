"""What the page draws: the model once, then the door each time that it changes. No card's number is in it."""

from typing import Any, Final

from lock_bridge.engine.profile import Profile
from lock_bridge.hardware.simulated import SimulatedDoor
from lock_bridge.wire.words import CredentialType

READERS: Final = (
    CredentialType.FINGERPRINT,
    CredentialType.RFID,
    CredentialType.FACE,
    CredentialType.PALM_VEIN,
    CredentialType.BLE,
)

SPEEDS: Final = (1, 10, 60)
"""How many times as fast as everywhere time can be let run from the page."""


def model(door: SimulatedDoor, name: str) -> dict[str, Any]:
    """What stays while the page is open."""
    profile = door.profile
    return {
        "name": name,
        "profile": profile.id,
        "model": profile.name,
        "skin": _skin(profile),
        "keys": sorted(profile.keys),
        "labels": {"ok": profile.confirm_label, "back": profile.back_label},
        "clutch": profile.bolt_kind == "clutch",
        "battery_kind": profile.battery_kind,
        "battery_indicator": profile.battery_indicator,
        "emergency_supply": profile.emergency_supply,
        "camera": profile.camera,
        "screen": profile.rear_screen,
        "privacy": profile.privacy,
        "peephole": profile.peephole_button,
        "reset_key": profile.reset_key,
        "readers": [kind.value for kind in READERS if door.reads(kind)],
        "people": [
            {
                "name": who.name,
                "fingers": list(who.fingers),
                "cards": len(who.cards),
                "palms": [palm.removeprefix(f"{who.name} ") for palm in who.palms],
            }
            for who in door.people
        ],
        "parts": [part.value for part in door.parts],
        "speeds": list(SPEEDS),
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
            "slips": world.slips,
            "clutch_stuck": world.clutch_stuck,
            "tamper": world.tampered,
            "hinge": world.hinge,
            "knob": world.knob,
            "peephole": world.peephole,
            "touched": door.fingerprint.touched,
            "near": door.face.near,
            "face": _face(door),
            "signal": world.signal_dbm,
            "unplugged": sorted(world.unplugged),
            "speed": door.clock.scale,
        },
    }


def _skin(profile: Profile) -> str:
    """What the lock is made of, by what it has: metal for a clutch, bronze round a palm reader, else graphite."""
    if profile.bolt_kind == "clutch":
        return "satin"
    return "bronze" if profile.limits(CredentialType.PALM_VEIN) is not None else "graphite"


def _face(door: SimulatedDoor) -> dict[str, str | None] | None:
    """What the lens could see of whoever is near."""
    shown = door.face.shown
    return None if shown is None else {"pose": shown[1].value, "spoilt": shown[2].value if shown[2] else None}


def _way(door: SimulatedDoor) -> dict[str, float]:
    """Where the bolt is, where it goes, and in how many ms of the watcher's own time."""
    motion = door.bolt.motion
    if motion is None:
        return {"from": door.world.bolt, "to": door.world.bolt, "ms": 0}
    now_ms = door.clock.now().mono_ms
    left_ms = max(0, motion.began_ms + motion.takes_ms - now_ms)
    return {"from": motion.at(now_ms), "to": motion.end, "ms": left_ms / door.clock.scale}
