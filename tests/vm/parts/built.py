"""Drivers as the bridge builds them: from what the config says, on the machine's own lines and clock."""

from pathlib import Path
from typing import Any

from lock_bridge import profiles
from lock_bridge.clock import SystemClock
from lock_bridge.config_table import Problems, Table
from lock_bridge.hardware.catalogue import DRIVERS
from lock_bridge.hardware.gpio.kernel import KernelLines
from lock_bridge.hardware.memory import Forgetful
from lock_bridge.hardware.surroundings import Surroundings


def built(
    driver: str, port: str, config: dict[str, Any], *, profile: str = "l2s", cache: Path = Path("/run/cache")
) -> Any:
    """The port's driver; nothing may be wrong with its config."""
    problems = Problems()
    table = Table(problems, config)
    options = DRIVERS[driver].read(table, port)
    table.finish()
    assert not problems, problems.located("")
    around = Surroundings(
        name=f"front_door {port}",
        port=port,
        profile=profiles.load(profile),
        clock=SystemClock(),
        memory=Forgetful(),
        lines=KernelLines(),
        cache=Path("/run/cache"),
    )
    return DRIVERS[driver].build(options, around)
