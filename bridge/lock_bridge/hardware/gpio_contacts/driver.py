"""`Contacts` on GPIO lines. Each line is watched by itself: one that fails takes no other along."""

import asyncio
import logging
from collections.abc import Mapping
from typing import Final

from lock_bridge.engine.profile import Profile
from lock_bridge.hardware.gpio.lines import Line
from lock_bridge.hardware.gpio.watch import Watch
from lock_bridge.hardware.joint import Joint, health_of
from lock_bridge.hardware.ports import Health, Key, PeepholeSeen, PrivacySeen, Reading, Report, TamperSeen
from lock_bridge.hardware.surroundings import Surroundings
from lock_bridge.wire.words import Part

from .about import Options
from .roles import Button, Door, InsideHandle, Level, OutsideHandle, Role

_LOG: Final = logging.getLogger(__name__)

_HANDLE: Final[tuple[str, ...]] = ("lifted", "pressed")


class GpioContacts:
    """The port `Contacts`. What has no line, or what the model has no sensor for, is never reported."""

    def __init__(self, options: Options, around: Surroundings) -> None:
        self._around = around
        self._debounce_ms = options.debounce_ms
        self._report: Report | None = None
        self._joint = Joint(self._say)
        self._roles: dict[str, Role] = {}
        self._watches: dict[str, Watch] = {}
        contacts = {role: line for role, line in options.contacts.items() if _fits(role, around.profile)}
        buttons = {key: line for key, line in options.buttons.items() if key in around.profile.keys}
        for left_out in (options.contacts.keys() - contacts.keys()) | (options.buttons.keys() - buttons.keys()):
            _LOG.warning("%s: the model %s has no %s; its line is not read", around.name, around.profile.id, left_out)
        if handle := {role: contacts.pop(role) for role in _HANDLE if role in contacts}:
            self._watch("handle", handle)
        for role, line in contacts.items():
            self._watch(role, {role: line})
        for key, line in buttons.items():
            self._watch(f"button {key}", {key: line})

    @property
    def health(self) -> Health:
        """See `Attached`."""
        return health_of({name: watch.upkeep.health for name, watch in self._watches.items()})

    async def start(self, report: Report) -> None:
        """Serve all lines; each that cannot be taken is a fault, the others are reported."""
        if self._report is not None:
            raise RuntimeError(f"{self._around.name} has been started already.")
        self._report = report
        self._joint = Joint(self._say, changed=self._tell_again)
        for name, watch in self._watches.items():
            self._roles[name].begin()
            watch.start(self._joint.member(name))

    async def stop(self) -> None:
        """Give all lines back."""
        self._report = None
        await asyncio.gather(*(watch.stop() for watch in self._watches.values()))

    def _watch(self, name: str, lines: Mapping[str, Line]) -> None:
        role = self._roles[name] = _role(next(iter(lines)), self._say)
        self._watches[name] = Watch(
            self._around.lines,
            f"{self._around.name} {name}",
            lines,
            self._around.clock,
            role,
            parts=(_part(name),),
            debounce_ms=self._debounce_ms,
            button=isinstance(role, Button),
        )

    def _say(self, reading: Reading) -> None:
        if self._report is not None:
            self._report(reading)

    def _tell_again(self, part: Part) -> None:
        # Whoever hears of a fault forgets all that the part knew, also what other lines still tell.
        for name, watch in self._watches.items():
            if watch.served and _part(name) is part:
                self._roles[name].again()


def _role(name: str, report: Report) -> Role:
    match name:
        case "door":
            return Door(report)
        case "tamper":
            return Level(report, TamperSeen)
        case "lifted" | "pressed":
            return OutsideHandle(report)
        case "inside_handle":
            return InsideHandle(report)
        case "knob":
            return Level(report, PrivacySeen)
        case "peephole":
            return Level(report, PeepholeSeen)
        case _:
            return Button(report, Key(name))


def _fits(role: str, profile: Profile) -> bool:
    """Whether the model has such a sensor."""
    match role:
        case "door":
            return profile.door_contact
        case "lifted" | "pressed":
            return profile.bolt_kind == "clutch"
        case "knob":
            return profile.privacy is not None
        case "peephole":
            return profile.peephole_button
        case _:
            return True


def _part(name: str) -> Part:
    """By which name it fails: handles, knob and buttons have none of their own."""
    return Part.TAMPER if name == "tamper" else Part.DOOR
