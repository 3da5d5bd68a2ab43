"""From the config to a lock's parts: which driver serves which port."""

import logging
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

from lock_bridge.clock import Clock
from lock_bridge.config import LockConfig
from lock_bridge.config_parts import NONE, SIMULATED, PartConfig
from lock_bridge.engine.profile import Profile
from lock_bridge.hardware.simulated import SimulatedDoor
from lock_bridge.runner import Ports
from lock_bridge.wire.words import CredentialType

from .absent import AbsentPart
from .catalogue import DRIVERS, OPTIONAL_PORTS
from .gpio.lines import Lines
from .memory import PartMemory
from .surroundings import Loads, Surroundings
from .trouble import PartError, Trouble, advice

_READERS: Final = {
    "fingerprint": CredentialType.FINGERPRINT,
    "card": CredentialType.RFID,
    "face": CredentialType.FACE,
    "palm_vein": CredentialType.PALM_VEIN,
    "radios": CredentialType.BLE,
}
_ALWAYS: Final = ("sounder", "contacts")
"""Ports that every lock has, if only for somebody to talk to."""

_LOG: Final = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Parts:
    """A lock's parts, and the simulated door among them, if there is one."""

    ports: Ports
    door: SimulatedDoor | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Machine:
    """What all parts of all locks share."""

    data: Path
    lines: Lines
    memory: Callable[[str, str], PartMemory]
    """Of a lock's port."""


def build(config: LockConfig, profile: Profile, clock: Clock, machine: Machine) -> Parts:
    """The parts that the config names; each must be started. One that cannot be built says so when it is."""
    door = None
    if config.simulated is not None:
        door = SimulatedDoor(config.simulated, clock, profile, state_file=machine.data / f"{config.id}.door.json")
    made: dict[str, Any] = {}
    loads = Loads()
    modules: dict[str, Any] = {}
    for port, part in config.parts.items():
        if part.driver == SIMULATED:
            made[port] = getattr(door, port)
        elif part.driver == NONE:
            if port in _ALWAYS:
                made[port] = AbsentPart(port, None, "not built in")
        else:
            around = Surroundings(
                name=f"{config.id} {port}",
                port=port,
                profile=profile,
                clock=clock,
                memory=machine.memory(config.id, port),
                lines=machine.lines,
                cache=machine.data / "cache",
                loads=loads,
                modules=modules,
            )
            made[port] = build_part(part, around)
    if door is not None:
        made |= {name: getattr(door, name) for name in _simulated_too(door) if name not in config.parts}
    return Parts(Ports(**made), door)


def fitted(config: LockConfig, profile: Profile) -> Profile:
    """What is left of a model in this lock: credentials without a reader, and sensors without a wire, are not there."""
    readers = {port: kind for port, kind in _READERS.items() if kind in profile.credentials}
    absent = {kind for port, kind in readers.items() if not _is_there(port, config)}
    left = {kind: limits for kind, limits in profile.credentials.items() if kind not in absent}
    profile = replace(profile, credentials=left) if absent else profile
    for port, part in config.parts.items():
        if part.driver in DRIVERS:
            profile = DRIVERS[part.driver].fitted(part.options, profile)
        elif part.driver == NONE and port == "contacts":
            profile = replace(profile, door_contact=False, privacy=None, peephole_button=False)
    return profile


def _is_there(port: str, config: LockConfig) -> bool:
    part = config.parts.get(port)
    # What is optional and not named is simulated where the rest is.
    return config.simulated is not None if part is None else part.driver != NONE


def build_part(part: PartConfig, around: Surroundings) -> object:
    """One part; something that says what is wrong, where its library is missing or its driver refuses."""
    driver = DRIVERS[part.driver]
    try:
        return driver.build(part.options, around)
    except ImportError as error:
        words = advice(Trouble.LIBRARY_MISSING, extra=driver.extra)
        _LOG.error("The part %s has no driver: %s (%s)", around.name, words, error)
        return AbsentPart(around.port, Trouble.LIBRARY_MISSING, words)
    except PartError as error:
        _LOG.error("The part %s cannot be used (%s): %s", around.name, error.trouble, error)
        return AbsentPart(around.port, error.trouble, str(error))
    except Exception as error:  # noqa: BLE001 - the rest of the door comes up
        _LOG.exception("The driver of %s has failed", around.name)
        return AbsentPart(around.port, Trouble.INTERNAL, type(error).__name__)


def _simulated_too(door: SimulatedDoor) -> tuple[str, ...]:
    """What a simulated door has beyond the ports that the config has to name, where the model has it."""
    there = {
        "inside": True,
        "face": door.reads(CredentialType.FACE),
        "palm_vein": door.reads(CredentialType.PALM_VEIN),
        "radios": door.radios.has_wifi or door.radios.has_bluetooth,
    }
    return tuple(name for name in OPTIONAL_PORTS if there[name])
