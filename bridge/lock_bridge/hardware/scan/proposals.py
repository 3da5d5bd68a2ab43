"""Lines for the config, made of the catalogue: each driver that takes what was found, for each of its ports."""

import json

from lock_bridge.config_table import Problems, Table
from lock_bridge.hardware.catalogue import DRIVERS

from .found import Found


def proposals(found: Found) -> tuple[str, ...]:
    """Lines of `[lock.parts]`, one for each part that could be meant; each is valid by itself."""
    if not found.options:
        return ()
    return tuple(
        _line(port, driver.name, found)
        for driver in DRIVERS.values()
        for port in driver.ports
        if _takes(driver.name, port, found)
    )


def _takes(name: str, port: str, found: Found) -> bool:
    driver, problems = DRIVERS[name], Problems()
    table = Table(problems, found.options)
    options = driver.read(table, port)
    table.finish()
    return not problems and any(use.kind == found.kind for use in driver.uses(options))


def _line(port: str, driver: str, found: Found) -> str:
    # JSON's texts and numbers are TOML's too.
    options = "".join(f", {key} = {json.dumps(value, ensure_ascii=False)}" for key, value in found.options.items())
    return f'{port} = {{ driver = "{driver}"{options} }}'
