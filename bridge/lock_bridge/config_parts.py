"""Which drivers a lock's ports have in the config, with the options of each."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Final

from .config_table import REQUIRED, Table, shown
from .engine.profile import Profile
from .hardware.catalogue import DRIVERS, OPTIONAL_PORTS, PORTS, REQUIRED_PORTS
from .hardware.driver import Use
from .wire.words import CredentialType

SIMULATED: Final = "simulated"
"""The driver of every port of a door that is simulated."""

NONE: Final = "none"
"""In place of a driver: this lock has no such part, though its model may."""

MAY_BE_ABSENT: Final = ("sounder", "fingerprint", "card", "contacts", "face", "palm_vein", "radios", "inside")
"""A lock can do without. Keypad, bolt and power it cannot: the last is "mains" at least."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PartConfig:
    """The driver of one port and its options; those may hold a module's password."""

    driver: str
    options: Any = field(default=None, repr=False)

    @property
    def uses(self) -> tuple[Use, ...]:
        """What of the machine it takes."""
        driver = DRIVERS.get(self.driver)
        return () if driver is None or self.options is None else driver.uses(self.options)

    @property
    def has_secret(self) -> bool:
        """Whether its options hold a password."""
        driver = DRIVERS.get(self.driver)
        return driver is not None and self.options is not None and driver.secret(self.options)


def read_parts(lock: Table, *, simulated: bool, profile: Profile | None = None) -> Mapping[str, PartConfig]:
    """A driver for each port. Ports that are not named are simulated where the lock has a simulated door.

    Without one, what the model has is to be named, "none" for what is not built in. No `profile`: all may be there.
    """
    table = lock.table("parts")
    parts: dict[str, PartConfig] = {}
    lacks = frozenset() if profile is None else _lacking(profile)
    for port in PORTS:
        if table is not None and (part := table.table(port)) is not None:
            if port in lacks:
                table.problem(port, f"the model {shown(profile.id if profile else '')} has none. Leave it out.")
            parts[port] = _read_part(port, part, simulated=simulated)
        elif simulated and port not in OPTIONAL_PORTS:
            parts[port] = PartConfig(driver=SIMULATED)
        elif port in lacks and port not in OPTIONAL_PORTS:
            parts[port] = PartConfig(driver=NONE)
    if table is not None:
        table.finish()
    if missing := [port for port in REQUIRED_PORTS if port not in parts]:
        lock.problem(
            "parts",
            f"{', '.join(missing)}: without a driver. Name one for each, "
            '"none" for what is not built in, or add the table [lock.simulated], which simulates all that '
            "are not named.",
        )
    return MappingProxyType(parts)


def _read_part(port: str, table: Table, *, simulated: bool) -> PartConfig:
    absent = [NONE] if port in MAY_BE_ABSENT else []
    allowed = [SIMULATED, *absent, *(name for name, driver in DRIVERS.items() if port in driver.ports)]
    name = table.choice("driver", REQUIRED, allowed)
    if name == SIMULATED:
        if not simulated:
            table.problem("driver", 'is "simulated", but the lock has no table [lock.simulated]. Add it.')
        table.finish()
        return PartConfig(driver=name)
    if name == NONE and absent:
        table.finish()
        return PartConfig(driver=name)
    if name not in allowed:
        return PartConfig(driver=name)  # what its options may be is not known
    options = DRIVERS[name].read(table, port)
    table.finish()
    return PartConfig(driver=name, options=options)


def _lacking(profile: Profile) -> frozenset[str]:
    """Ports that a model has nothing behind."""
    kinds = {
        "fingerprint": CredentialType.FINGERPRINT,
        "card": CredentialType.RFID,
        "face": CredentialType.FACE,
        "palm_vein": CredentialType.PALM_VEIN,
    }
    none = {port for port, kind in kinds.items() if (limits := profile.limits(kind)) is None or limits.slots == 0}
    if not {"wifi", "bluetooth"} & profile.settings:
        none.add("radios")
    return frozenset(none)
