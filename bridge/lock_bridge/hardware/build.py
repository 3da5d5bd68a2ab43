"""From the config to a lock's parts: which driver serves which port."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from lock_bridge.clock import Clock
from lock_bridge.config import LockConfig
from lock_bridge.config_parts import SIMULATED, PartConfig
from lock_bridge.engine.profile import Profile
from lock_bridge.hardware.simulated import SimulatedDoor
from lock_bridge.runner import Ports
from lock_bridge.wire.words import CredentialType


@dataclass(frozen=True, slots=True)
class Parts:
    """A lock's parts, and the simulated door among them, if there is one."""

    ports: Ports
    door: SimulatedDoor | None


def build(config: LockConfig, profile: Profile, clock: Clock, data: Path) -> Parts:
    """The parts that the config names; each must be started. A driver's library is imported only here."""
    door = None
    if config.simulated is not None:
        door = SimulatedDoor(config.simulated, clock, profile, state_file=data / f"{config.id}.door.json")
    made: dict[str, Any] = {}
    for port, part in config.parts.items():
        if part.driver == SIMULATED:
            made[port] = getattr(door, port)
        else:
            made[port] = _DRIVERS[part.driver](part)
    if door is not None:
        made |= _only_simulated(door)
    return Parts(Ports(**made), door)


def _only_simulated(door: SimulatedDoor) -> dict[str, Any]:
    """Ports for which there is no driver yet but the simulated one, where the model has them."""
    there = {
        "inside": True,
        "face": door.reads(CredentialType.FACE),
        "palm_vein": door.reads(CredentialType.PALM_VEIN),
        "radios": door.radios.has_wifi or door.radios.has_bluetooth,
    }
    return {name: getattr(door, name) for name, has in there.items() if has}


def _ef01(part: PartConfig) -> object:
    from lock_bridge.hardware.ef01.driver import Ef01Reader, Settings  # brings a library along

    options = dict(part.options)
    return Ef01Reader(Settings(port=options.pop("device"), **options))


def _espeak(part: PartConfig) -> object:
    from lock_bridge.hardware.espeak import EspeakSounder, Settings  # nobody else needs subprocesses

    return EspeakSounder(Settings(**part.options))


_DRIVERS: Final[dict[str, Callable[[PartConfig], object]]] = {"ef01": _ef01, "espeak": _espeak}
