"""`Lines` of the kernel's GPIO chips, by libgpiod: short calls of the kernel, all of them made on the event loop."""

from __future__ import annotations

import asyncio
import errno
import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from lock_bridge.hardware.trouble import PartError, Trouble, trouble_of

from .lines import Edge, Inputs, Line, Outputs

if TYPE_CHECKING:
    import gpiod

_LOG: Final = logging.getLogger(__name__)

_BUFFER: Final = 256
"""Edges that the kernel keeps for us; a bouncing contact makes dozens."""

_LONGEST_CONSUMER: Final = 31
"""Bytes that the kernel keeps of who has taken a line."""


@dataclass(frozen=True, slots=True)
class SeenLine:
    """One line of the machine; `consumer` is who has taken it, None: nobody."""

    offset: int
    name: str
    """Empty where it has none."""
    consumer: str | None
    output: bool


@dataclass(frozen=True, slots=True)
class SeenChip:
    """One chip of the machine. One that is `denied` to this user shows neither its label nor its lines."""

    path: Path
    label: str = ""
    lines: tuple[SeenLine, ...] = ()
    denied: bool = False


class KernelLines:
    """Finds lines by name or by label and offset, on whatever chip they are; libgpiod is loaded at the first use.

    The numbers of chips change between kernels (a Pi 5's header was gpiochip4 and became gpiochip0), labels and names
    stay. A name that two lines have is refused: which of them moves the bolt is not to be guessed.
    """

    def __init__(self, devices: Path = Path("/dev"), *, library: Callable[[], Any] | None = None) -> None:
        self._devices = devices
        self._library = library or _gpiod

    def outputs(self, consumer: str, lines: Mapping[str, Line]) -> Outputs:
        """As `Lines.outputs`."""
        lib = self._library()
        settings = {
            role: lib.LineSettings(
                direction=lib.line.Direction.OUTPUT,
                output_value=lib.line.Value.INACTIVE,
                active_low=line.active_low,
                bias=_bias(lib, line),
            )
            for role, line in lines.items()
        }
        return _KernelOutputs(lib, self._request(lib, consumer, lines, settings))

    def inputs(
        self,
        consumer: str,
        lines: Mapping[str, Line],
        *,
        debounce_ms: int,
        edge: Callable[[Edge], None] | None = None,
        lost: Callable[[], None] | None = None,
    ) -> Inputs:
        """As `Lines.inputs`. With `edge` it has to be called on the event loop."""
        lib = self._library()
        settings = {
            role: lib.LineSettings(
                direction=lib.line.Direction.INPUT,
                edge_detection=lib.line.Edge.NONE if edge is None else lib.line.Edge.BOTH,
                debounce_period=timedelta(milliseconds=debounce_ms),
                event_clock=lib.line.Clock.MONOTONIC,
                active_low=line.active_low,
                bias=_bias(lib, line),
            )
            for role, line in lines.items()
        }
        return _KernelInputs(lib, self._request(lib, consumer, lines, settings), edge, lost)

    def survey(self) -> tuple[SeenChip, ...]:
        """All chips and lines of the machine. Raises `PartError` LIBRARY_MISSING."""
        lib = self._library()
        seen: list[SeenChip] = []
        for path in self._paths():
            try:
                with lib.Chip(str(path)) as chip:
                    info = chip.get_info()
                    seen.append(SeenChip(path, info.label, tuple(_lines(lib, chip, info.num_lines))))
            except PermissionError:
                seen.append(SeenChip(path, denied=True))
            except OSError as error:
                _LOG.debug("%s cannot be read: %s", path, error.strerror)
        return tuple(seen)

    def _request(self, lib: Any, consumer: str, lines: Mapping[str, Line], settings: Mapping[str, Any]) -> _Requests:
        """One request for each chip; either all lines or none."""
        requests: _Requests = []
        with ExitStack() as stack:
            chips = self._open(lib, stack)
            found: dict[Any, dict[str, int]] = {}
            for role, line in lines.items():
                chip, offset = _find(chips, line.name)
                offsets = found.setdefault(chip, {})
                if offset in offsets.values():
                    raise PartError(f"{line.name} is to be used twice", Trouble.IN_USE)
                offsets[role] = offset
            try:
                for chip, offsets in found.items():
                    wanted = {role: (lines[role], offset) for role, offset in offsets.items()}
                    config = {offset: settings[role] for role, offset in offsets.items()}
                    requests.append((_take(lib, chip, consumer, wanted, config), offsets))
            except BaseException:
                for request, _ in requests:
                    request.release()
                raise
        return requests

    def _open(self, lib: Any, stack: ExitStack) -> _Chips:
        chips: _Chips = []
        denied = False
        for path in self._paths():
            try:
                chips.append(stack.enter_context(lib.Chip(str(path))))
            except PermissionError:
                denied = True
            except OSError as error:
                if error.errno not in _AWAY:
                    raise PartError(f"{path}: {error.strerror}", trouble_of(error)) from None
        if denied and not chips:
            raise PartError("the GPIO chips are closed to this user", Trouble.NO_PERMISSION)
        return chips

    def _paths(self) -> Iterator[Path]:
        # A link to another chip (gpiochip4 of some Pi 5) is not told twice.
        paths = (path for path in self._devices.glob("gpiochip*") if not path.is_symlink())
        return iter(sorted(paths, key=lambda path: (len(path.name), path.name)))


type _Requests = list[tuple[gpiod.LineRequest, dict[str, int]]]
type _Chips = list[Any]

_AWAY: Final = (errno.ENODEV, errno.ENOENT, errno.ENXIO)
"""The chip went away between being listed and being opened."""

_ENOTSUPP: Final = 524
"""What some GPIO drivers answer instead of EOPNOTSUPP; the C library has no name for it."""


class _KernelOutputs:
    def __init__(self, lib: Any, requests: _Requests) -> None:
        self._values = lib.line.Value
        self._requests = requests
        self._roles = {role for _, offsets in requests for role in offsets}

    def set(self, values: Mapping[str, bool]) -> None:
        if unknown := values.keys() - self._roles:
            raise KeyError(*unknown)
        if not self._requests:
            raise PartError("the lines have been given back", Trouble.INTERNAL)
        for request, offsets in self._requests:
            wanted: dict[int | str, Any] = {
                offsets[role]: self._values.ACTIVE if on else self._values.INACTIVE
                for role, on in values.items()
                if role in offsets
            }
            if wanted:
                try:
                    request.set_values(wanted)
                except OSError as error:
                    raise _lost(error) from None

    def close(self) -> None:
        requests, self._requests = self._requests, []
        for request, offsets in requests:
            # Not only let go: on a Raspberry Pi a line may stay as it was.
            with suppress(OSError):
                request.set_values(dict.fromkeys(offsets.values(), self._values.INACTIVE))
            with suppress(OSError):
                request.release()


class _KernelInputs:
    def __init__(
        self, lib: Any, requests: _Requests, edge: Callable[[Edge], None] | None, lost: Callable[[], None] | None
    ) -> None:
        self._active = lib.line.Value.ACTIVE
        self._rising = lib.EdgeEvent.Type.RISING_EDGE
        self._requests = requests
        self._edge = edge
        self._lost = lost
        self._loop = asyncio.get_running_loop() if edge is not None else None
        if self._loop is not None:
            for request, offsets in requests:
                roles = {offset: role for role, offset in offsets.items()}
                self._loop.add_reader(request.fd, self._read, request, roles, dict.fromkeys(roles, 0))

    def levels(self) -> Mapping[str, bool]:
        if not self._requests:
            raise PartError("the lines have been given back", Trouble.INTERNAL)
        levels: dict[str, bool] = {}
        for request, offsets in self._requests:
            try:
                values = request.get_values(list(offsets.values()))
            except OSError as error:
                raise _lost(error) from None
            levels |= {role: value == self._active for role, value in zip(offsets, values, strict=True)}
        return levels

    def close(self) -> None:
        requests, self._requests = self._requests, []
        for request, _ in requests:
            if self._loop is not None and not self._loop.is_closed():
                self._loop.remove_reader(request.fd)
            with suppress(OSError):
                request.release()

    def _read(self, request: gpiod.LineRequest, roles: Mapping[int, str], seen: dict[int, int]) -> None:
        assert self._loop is not None  # noqa: S101 - it reads because there is one
        assert self._edge is not None  # noqa: S101
        try:
            events = request.read_edge_events()
        except OSError as error:
            _LOG.warning("A GPIO chip went away: %s", error.strerror)
            self._loop.remove_reader(request.fd)
            self._tell_lost()
            return
        for event in events:
            if not self._requests:  # whoever heard of an edge has given the lines back
                return
            # The kernel counts each line's edges from 1, those that found no room in its queue too.
            gap = event.line_seqno != seen[event.line_offset] + 1
            seen[event.line_offset] = event.line_seqno
            if gap:
                self._tell_lost()
            self._edge(Edge(roles[event.line_offset], event.event_type is self._rising, event.timestamp_ns))

    def _tell_lost(self) -> None:
        if self._lost is not None:
            self._lost()


def _find(chips: _Chips, name: str) -> tuple[Any, int]:
    """The one line of that name, or of that label and offset."""
    label, colon, offset = name.rpartition(":")
    found: list[tuple[Any, int]] = []
    for chip in chips:
        info = chip.get_info()
        if colon:
            if info.label == label and int(offset) < info.num_lines:
                found.append((chip, int(offset)))
        else:
            # Not `line_offset_from_id`: it takes a name such as "17" for an offset.
            found += [(chip, at) for at in range(info.num_lines) if chip.get_line_info(at).name == name]
    if not found:
        raise PartError(f"there is no line {name}", Trouble.NO_LINE)
    if len(found) > 1:
        places = ", ".join(f"{chip.get_info().label}:{at}" for chip, at in found)
        raise PartError(f"more than one line is {name}: {places}", Trouble.NO_LINE)
    return found[0]


def _take(
    lib: Any, chip: Any, consumer: str, wanted: Mapping[str, tuple[Line, int]], config: Mapping[int, Any]
) -> gpiod.LineRequest:
    shown = consumer.encode()[:_LONGEST_CONSUMER].decode(errors="ignore")
    try:
        request: gpiod.LineRequest = chip.request_lines(consumer=shown, config=config, event_buffer_size=_BUFFER)
    except OSError as error:
        raise _refused(lib, chip, wanted, error) from None
    return request


def _lines(lib: Any, chip: Any, count: int) -> Iterator[SeenLine]:
    for offset in range(count):
        info = chip.get_line_info(offset)
        consumer = (info.consumer or "the kernel") if info.used else None
        yield SeenLine(offset, info.name or "", consumer, info.direction is lib.line.Direction.OUTPUT)


def _refused(lib: Any, chip: Any, wanted: Mapping[str, tuple[Line, int]], error: OSError) -> PartError:
    """Why the kernel gives none of the lines, as far as it can be found out."""
    names = ", ".join(line.name for line, _ in wanted.values())
    match error.errno:
        case errno.EBUSY:
            return PartError(_holders(lib, chip, [at for _, at in wanted.values()]) or names, Trouble.IN_USE)
        case errno.ENODEV | errno.ENOENT:
            return PartError(f"{names}: the GPIO chip is gone", Trouble.UNPLUGGED)
        case errno.ENXIO:
            return PartError(f"{names}: the GPIO chip cannot watch them", Trouble.SETTINGS)
        case errno.EINVAL | errno.EOPNOTSUPP | errno.ENOTSUP if pulled := _pulled(wanted):
            return PartError(f"{pulled}: the GPIO chip has no such pull resistors", Trouble.SETTINGS)
        case code if code == _ENOTSUPP:
            return PartError(f"{_pulled(wanted) or names}: the GPIO chip cannot do that", Trouble.SETTINGS)
        case _:
            return PartError(f"{names}: {error.strerror}", trouble_of(error))


def _holders(lib: Any, chip: Any, offsets: Sequence[int]) -> str:
    with suppress(OSError):
        taken = [line for line in _lines(lib, chip, chip.get_info().num_lines) if line.offset in offsets]
        return ", ".join(
            f"{line.name or line.offset} is used by {line.consumer}" for line in taken if line.consumer is not None
        )
    return ""


def _pulled(wanted: Mapping[str, tuple[Line, int]]) -> str:
    return ", ".join(line.name for line, _ in wanted.values() if line.pull in ("up", "down"))


def _lost(error: OSError) -> PartError:
    gone = error.errno in _AWAY
    return PartError(f"the GPIO chip: {error.strerror}", Trouble.UNPLUGGED if gone else trouble_of(error))


def _gpiod() -> Any:
    try:
        import gpiod
        import gpiod.line
    except ImportError:
        raise PartError("the library gpiod is not installed", Trouble.LIBRARY_MISSING) from None
    return gpiod


def _bias(lib: Any, line: Line) -> Any:
    biases = lib.line.Bias
    return {"up": biases.PULL_UP, "down": biases.PULL_DOWN, "none": biases.DISABLED, "as_is": biases.AS_IS}[line.pull]
