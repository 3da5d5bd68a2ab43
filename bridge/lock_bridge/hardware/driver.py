"""How a driver presents itself to the config, before anything of it is imported."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

from lock_bridge.config_table import Table
from lock_bridge.engine.profile import Profile

from .surroundings import Surroundings

type UseKind = Literal["serial", "input", "line", "i2c", "reader", "adapter", "sound", "supply"]


@dataclass(frozen=True, slots=True)
class Use:
    """Something of the machine that a part needs for itself alone, or with others where `shared`."""

    kind: UseKind
    what: str
    """A path, a line's name, "1:0x36" for bus and address of I2C, a reader's or an adapter's name."""
    key: str
    """The key of the config that names it; nested ones with a dot."""
    pin: str
    """What is written at the part itself where the wire ends ("IN1", "TX", "row 2"), for drawings."""
    output: bool = False
    """A line that the machine drives."""
    active_low: bool = False
    """An output that is off while it is high; an input that is so while it is low."""
    shared: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Driver:
    """A driver of the config: `[lock.parts] PORT = { driver = NAME, ... }`."""

    name: str
    ports: tuple[str, ...]
    title: str
    """What it is, for people: "a fingerprint module of the EF 01 family"."""
    read: Callable[[Table, str], Any]
    """Reads the options for one port into a frozen value; what is wrong is noted in the table."""
    build: Callable[[Any, Surroundings], object]
    """Makes the port of such options. Imports the driver and its library only now; raises `ImportError` without it."""
    uses: Callable[[Any], tuple[Use, ...]] = lambda _options: ()
    """What of the machine such options take."""
    fitted: Callable[[Any, Profile], Profile] = lambda _options, profile: profile
    """What is left of a model with such options: sensors that nobody has wired are not missed."""
    secret: Callable[[Any], bool] = lambda _options: False
    """Whether such options hold a password."""
    extra: str | None = None
    """The extra of the distribution that brings its library."""
    drawn: str = ""
    """The kind of part in drawings, where it is not the driver's name."""
