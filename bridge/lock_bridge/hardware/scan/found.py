"""What a look around the machine finds."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from lock_bridge.hardware.driver import UseKind


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """One thing that is attached."""

    kind: UseKind
    what: str
    """How it is called here: a path that stays, a name."""
    title: str
    usable: bool | None = None
    """Whether this user may use it; None: that is not a matter of files."""
    group: str | None = None
    """Whoever is in it may; None: there is no such group."""
    notes: tuple[str, ...] = ()
    options: Mapping[str, str | int] = field(default_factory=dict)
    """What the config has to say to name it; empty: it fits no part."""


@dataclass(frozen=True, slots=True)
class Scan:
    """All that was found, and sentences about what has to be installed or started to see more."""

    found: tuple[Found, ...]
    missing: tuple[str, ...]
