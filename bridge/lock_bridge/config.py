"""The config file: TOML in, frozen values out; every error names its key and what is allowed, all of them at once."""

import ipaddress
import os
import re
import tomllib
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import tzinfo
from pathlib import Path
from typing import Final, Literal, cast

from . import profiles, zone
from .config_parts import PartConfig, read_parts
from .config_table import REQUIRED, Problem, Problems, Table, shown
from .config_taken import Taken
from .engine.profile import Profile, ProfileError
from .hardware.gpio_ring.about import RingOptions
from .hardware.gpio_ring.about import read as read_ring
from .hardware.simulated.config import Person, SimulatedConfig
from .store import KEY_FILE, STORE_FILE

type TrustClock = Literal["auto", "always"]

MAX_TIME_SCALE: Final = 1000.0
DEFAULT_DATA: Final = "/var/lib/lock-bridge"
SOCKET_NAME: Final = "control.sock"

_MAX_FILE: Final = 256 * 1024
_MAX_SOCKET_PATH: Final = 107
"""Bytes that the kernel takes for a socket's path."""
_INTERFACES: Final = 'addresses of this machine to be found at, such as ["192.168.1.20"]'
_ID: Final = re.compile(r"[a-z][a-z0-9_]{0,31}")
_PROFILE_SUFFIX: Final = ".toml"
_VERIFICATION_CODE: Final = re.compile(r"[A-Z]{6}")
_CARD: Final = re.compile(r"(?:[0-9A-Fa-f]{2}){4,10}")


class ConfigError(Exception):
    """The config cannot be used. `problems` holds all that is wrong with it; no value of a secret is among it."""

    def __init__(self, file: str, problems: tuple[Problem, ...]) -> None:
        self.file = file
        self.problems = problems
        errors = "1 error" if len(problems) == 1 else f"{len(problems)} errors"
        super().__init__("\n".join([f"{file}: {errors}", *(f"  {problem}" for problem in problems)]))


@dataclass(frozen=True, slots=True, kw_only=True)
class BridgeConfig:
    """The service itself: its name, its folder, its local socket, and whether the machine's calendar is believed."""

    name: str
    data: Path
    socket: Path
    trust_clock: TrustClock = "auto"
    zone: tzinfo | None = None
    """The house's time zone (USR-7); None: the machine's."""
    ring: RingOptions | None = None
    """The light ring and the function key, where they are wired (GWY-1)."""

    @property
    def database(self) -> Path:
        """Users, credentials, settings and the journal."""
        return self.data / STORE_FILE

    @property
    def key_file(self) -> Path:
        """The device's key; without it the passcodes in the database are worth nothing."""
        return self.data / KEY_FILE

    @property
    def backups(self) -> Path:
        """Where backups go that have no file named."""
        return self.data / "backups"


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerConfig:
    """Where Home Assistant finds the bridge. Port 0: any that is free. No `interfaces`: those of `host`."""

    host: str = "127.0.0.1"
    port: int = 8643
    zeroconf: bool = True
    interfaces: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class LockConfig:
    """One lock: a profile, and a driver for each of its ports."""

    id: str
    name: str
    profile: str
    own_profile: Profile | None = None
    """The profile itself, where it is none that comes with the bridge (docs/profiles.md)."""
    serial: str = ""
    """What stands on the lock; empty: one that is made of the device key."""
    verification_code: str = field(default="", repr=False)
    """The same."""
    parts: Mapping[str, PartConfig] = field(default_factory=dict)
    simulated: SimulatedConfig | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    """All that the config file says."""

    bridge: BridgeConfig
    server: ServerConfig = ServerConfig()
    locks: tuple[LockConfig, ...] = ()

    def with_time_scale(self, scale: float) -> Config:
        """The same with each simulated door's time `scale` times as fast. Raises `ValueError` with what is allowed."""
        if not 0 < scale <= MAX_TIME_SCALE:
            raise ValueError(f"The time scale must be above 0 and at most {MAX_TIME_SCALE:g}.")
        if not any(lock.simulated for lock in self.locks):
            raise ValueError("The time scale is for simulated doors alone, and the config has none ([lock.simulated]).")
        locks = (
            replace(lock, simulated=replace(lock.simulated, time_scale=scale)) if lock.simulated else lock
            for lock in self.locks
        )
        return replace(self, locks=tuple(locks))


def load(file: Path, known_profiles: Collection[str]) -> Config:
    """Read a config file. Raises `ConfigError`."""
    return parse(_text_of(file), known_profiles, file=str(file), folder=file.absolute().parent)


def parse(text: str, known_profiles: Collection[str], *, file: str = "config", folder: Path | None = None) -> Config:
    """Read the text of a config; its relative paths start at `folder`. Raises `ConfigError`."""
    text = text.replace("\r\n", "\n")
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(file, (Problem("", f"{error.msg} (column {error.colno}).", error.lineno),)) from None
    except ValueError, RecursionError:
        raise ConfigError(file, (Problem("", "A number is too long, or tables are nested too deeply."),)) from None
    problems = Problems()
    config = _read(Table(problems, data), known_profiles, folder or Path.cwd())
    if problems:
        raise ConfigError(file, problems.located(text))
    return config


def _text_of(file: Path) -> str:
    try:
        with file.open("rb") as opened:
            raw = opened.read(_MAX_FILE + 1)
    except FileNotFoundError:
        raise _unreadable(file, "There is no such file. docs/install-bridge.md shows one.") from None
    except OSError as error:
        raise _unreadable(file, f"It cannot be read: {error.strerror}.") from None
    if len(raw) > _MAX_FILE:
        raise _unreadable(file, f"It is larger than {_MAX_FILE // 1024} KB, so it is no config file.")
    try:
        return raw.decode()
    except UnicodeDecodeError as error:
        line = raw[: error.start].count(b"\n") + 1
        raise _unreadable(file, "This is not UTF-8. Save the file as UTF-8 text.", line) from None


def _unreadable(file: Path, message: str, line: int | None = None) -> ConfigError:
    return ConfigError(str(file), (Problem("", message, line),))


def _read(root: Table, known_profiles: Collection[str], folder: Path) -> Config:
    bridge = _read_bridge(root.table("bridge"), folder)
    config = Config(
        bridge=bridge,
        server=_read_server(root.table("server")),
        locks=tuple(_read_locks(root, known_profiles, folder, bridge.ring)),
    )
    root.finish()
    if not config.locks and not root.failed("lock"):
        root.problem("lock", "is missing. A bridge has at least one lock, headed [[lock]].")
    _check_ports(root, config)
    return config


def _read_bridge(table: Table | None, folder: Path) -> BridgeConfig:
    if table is None:
        data = Path(DEFAULT_DATA)
        return BridgeConfig(name="Home", data=data, socket=data / SOCKET_NAME)
    data = _path(table.text("data", DEFAULT_DATA, longest=4096), folder)
    named = table.optional("socket", longest=4096)
    socket = _path(named, folder) if named else data / SOCKET_NAME
    if len(os.fsencode(socket)) > _MAX_SOCKET_PATH:
        table.problem(
            "socket",
            f"the socket's whole path has {len(os.fsencode(socket))} bytes. "
            f"Allowed are {_MAX_SOCKET_PATH}: name a shorter path here.",
        )
    config = BridgeConfig(
        name=table.text("name", "Home"),
        data=data,
        socket=socket,
        trust_clock=cast("TrustClock", table.choice("trust_clock", "auto", ("auto", "always"))),
        zone=_read_zone(table),
        ring=read_ring(table),
    )
    table.finish()
    return config


def _read_zone(table: Table) -> tzinfo | None:
    name = table.optional("time_zone")
    try:
        return None if name is None else zone.named(name)
    except ValueError:
        table.problem(
            "time_zone",
            f'{shown(name)} is not known here. Allowed is a name such as "Europe/Oslo"; '
            "a machine that knows none at all lacks the package tzdata.",
        )
        return None


def _read_server(table: Table | None) -> ServerConfig:
    if table is None:
        return ServerConfig()
    default = ServerConfig()
    host = table.text("host", default.host)
    if host != "localhost" and not _is_address(host):
        table.problem(
            "host",
            'this is not an address of the machine. Allowed is "127.0.0.1" (this machine alone), "0.0.0.0" or "::" '
            '(every network), "localhost", or one address such as "192.168.1.20".',
        )
    config = ServerConfig(
        host=host,
        port=table.integer("port", default.port, 0, 65_535),
        zeroconf=table.boolean("zeroconf", default.zeroconf),
        interfaces=table.texts("interfaces", _INTERFACES),
    )
    for number, address in enumerate(config.interfaces):
        if not _is_address(address):
            table.problem_at(
                ("interfaces", number), f"{shown(address)} is not an address. Allowed is a list of {_INTERFACES}."
            )
    table.finish()
    return config


def _read_locks(
    root: Table, known_profiles: Collection[str], folder: Path, ring: RingOptions | None
) -> Iterable[LockConfig]:
    ids: set[str] = set()
    taken = Taken() if ring is None else Taken(ring.uses)
    for table in root.tables("lock"):
        lock = _read_lock(table, known_profiles, folder)
        if lock.id in ids:
            table.problem("id", f'"{lock.id}" is the id of another lock. Allowed is one that no other lock has.')
        ids.add(lock.id)
        taken.take(table, lock.id, lock.parts)
        yield lock


def _read_lock(table: Table, known_profiles: Collection[str], folder: Path) -> LockConfig:
    lock_id = table.word(
        "id", REQUIRED, _ID, "a word of a-z, 0-9 and _ that begins with a letter, at most 32 characters long"
    )
    simulated = _read_simulated(table.table("simulated"))
    profile, own_profile = _read_profile(table, known_profiles, folder)
    model = own_profile or (profiles.load(profile) if profile in profiles.names() else None)
    lock = LockConfig(
        id=lock_id,
        name=table.text("name", lock_id.replace("_", " ").capitalize()),
        profile=profile,
        own_profile=own_profile,
        serial=table.optional("serial") or "",
        verification_code=_read_verification_code(table),
        parts=read_parts(table, simulated=simulated is not None, profile=model),
        simulated=simulated,
    )
    table.finish()
    return lock


def _read_verification_code(table: Table) -> str:
    code = table.optional("verification_code") or ""
    if code and not _VERIFICATION_CODE.fullmatch(code):
        table.problem("verification_code", "is not allowed. Allowed are six capital letters, as on the lock.")
        return ""
    return code


def _read_profile(table: Table, known_profiles: Collection[str], folder: Path) -> tuple[str, Profile | None]:
    """The profile's id; and the profile itself, if a file of one's own is named."""
    named = table.choice("profile", REQUIRED, sorted(known_profiles), suffix=_PROFILE_SUFFIX)
    if named in known_profiles or not named.endswith(_PROFILE_SUFFIX):
        return named, None
    try:
        profile = profiles.read(_path(named, folder))
    except ProfileError as error:
        table.problem("profile", f"{shown(named)}: {error}.")
        return named, None
    return profile.id, profile


def _read_simulated(table: Table | None) -> SimulatedConfig | None:
    if table is None:
        return None
    default = SimulatedConfig()
    config = SimulatedConfig(
        port=table.integer("port", default.port, 0, 65_535),
        time_scale=table.number("time_scale", default.time_scale, 0.001, MAX_TIME_SCALE),
        travel_ms=table.integer("travel_ms", default.travel_ms, 0, 60_000, unit=" of milliseconds"),
        hinge=table.choice("hinge", default.hinge, ("right", "left")),
        people=tuple(_read_people(table)),
    )
    table.finish()
    return config


def _read_people(simulated: Table) -> Iterable[Person]:
    touches: set[str] = set()
    cards: set[str] = set()
    names: set[str] = set()
    for table in simulated.tables("people"):
        name = table.text("name")
        if name.casefold() in names:
            table.problem("name", f'"{name}" is there twice. Allowed is a name that nobody else has.')
        names.add(name.casefold())
        fingers = table.texts("fingers", 'names of fingers, such as ["right thumb"]')
        for finger in fingers:
            # `door touch "Anna right thumb"` names person and finger in one breath.
            if (touch := f"{name} {finger}".casefold()) in touches:
                table.problem("fingers", f'"{name} {finger}" could be two fingers. Name one of them otherwise.')
            touches.add(touch)
        own = _read_cards(table)
        if not cards.isdisjoint(own):
            table.problem("cards", "one of them is another person's already. Allowed are cards that nobody else has.")
        cards.update(own)
        table.finish()
        yield Person(name=name, fingers=fingers, cards=own)


def _read_cards(table: Table) -> tuple[str, ...]:
    allowed = "card numbers of 4 to 10 bytes in hexadecimal"
    cards = table.texts("cards", allowed)
    if any(not _CARD.fullmatch(card) for card in cards):
        table.problem("cards", f"one of them is not allowed. Allowed is a list of {allowed}.")
    return tuple(card.upper() for card in cards)


def _check_ports(root: Table, config: Config) -> None:
    # Port 0 is a free one each time; two of the others cannot be the same on one machine.
    taken = {config.server.port: "server.port"} if config.server.port else {}
    for number, lock in enumerate(config.locks):
        if lock.simulated is None or lock.simulated.port == 0:
            continue
        path = f"lock[{number}].simulated.port"
        if (other := taken.get(lock.simulated.port)) is not None:
            root.problem_at(
                ("lock", number, "simulated", "port"),
                f"{lock.simulated.port} is taken by {other}. Allowed is a port that nothing else has, or 0 for any.",
            )
        taken.setdefault(lock.simulated.port, path)


def _path(text: str, folder: Path) -> Path:
    try:
        path = Path(text).expanduser()
    except RuntimeError:
        path = Path(text)  # no home folder known: "~" is a name like any other
    return Path(os.path.normpath(folder / path))


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True
