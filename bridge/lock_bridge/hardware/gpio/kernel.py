"""`Lines` of the kernel's GPIO chips, by libgpiod."""

from __future__ import annotations

import asyncio
import errno
import logging
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from lock_bridge.hardware.trouble import PartError, Trouble, trouble_of

from .lines import Edge, Inputs, Line, Outputs

if TYPE_CHECKING:
    import gpiod

_LOG: Final = logging.getLogger(__name__)
_BUFFER: Final = 256
"""Edges that the kernel keeps for us; a bouncing contact makes dozens."""


class KernelLines:
    """Finds lines by name or by label and offset, on whatever chip they are; libgpiod is loaded at the first use."""

    def __init__(self, devices: Path = Path("/dev")) -> None:
        self._devices = devices

    def outputs(self, consumer: str, lines: Mapping[str, Line]) -> Outputs:
        lib = _library()
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
        from datetime import timedelta

        lib = _library()
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

    def _request(self, lib: Any, consumer: str, lines: Mapping[str, Line], settings: Mapping[str, Any]) -> _Requests:
        """One request for each chip; either all lines or none."""
        found: dict[Path, dict[str, int]] = {}
        for role, line in lines.items():
            path, offset = self._find(lib, line.name)
            found.setdefault(path, {})[role] = offset
        requests: _Requests = []
        try:
            for path, offsets in found.items():
                request = lib.request_lines(
                    str(path),
                    consumer=consumer[:31],
                    config={offset: settings[role] for role, offset in offsets.items()},
                    event_buffer_size=_BUFFER,
                )
                requests.append((request, offsets))
        except OSError as error:
            for request, _ in requests:
                request.release()
            names = ", ".join(line.name for line in lines.values())
            raise PartError(f"{names}: {error.strerror}", trouble_of(error)) from None
        return requests

    def _find(self, lib: Any, name: str) -> tuple[Path, int]:
        label, colon, offset = name.rpartition(":")
        denied = False
        for path in self.chips():
            try:
                with lib.Chip(str(path)) as chip:
                    if colon:
                        info = chip.get_info()
                        if info.label == label and int(offset) < info.num_lines:
                            return path, int(offset)
                    else:
                        with suppress(OSError):  # this chip has no line of that name
                            return path, chip.line_offset_from_id(name)
            except PermissionError:
                denied = True
            except OSError as error:
                if error.errno not in (errno.ENODEV, errno.ENOENT):
                    raise PartError(f"{path}: {error.strerror}", trouble_of(error)) from None
        if denied:
            raise PartError(f"{name}: a GPIO chip is closed to this user", Trouble.NO_PERMISSION)
        raise PartError(f"there is no line {name}", Trouble.NO_LINE)

    def chips(self) -> Iterator[Path]:
        """The chips of the machine; a link to another one (gpiochip4 of some Pi 5) is not told twice."""
        paths = (path for path in self._devices.glob("gpiochip*") if not path.is_symlink())
        return iter(sorted(paths, key=lambda path: (len(path.name), path.name)))


type _Requests = list[tuple[gpiod.LineRequest, dict[str, int]]]


class _KernelOutputs:
    def __init__(self, lib: Any, requests: _Requests) -> None:
        self._values = lib.line.Value
        self._requests = requests

    def set(self, values: Mapping[str, bool]) -> None:
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
                    raise PartError(f"the GPIO chip: {error.strerror}", trouble_of(error)) from None

    def close(self) -> None:
        requests, self._requests = self._requests, []
        for request, offsets in requests:
            with suppress(OSError):
                request.set_values(dict.fromkeys(offsets.values(), self._values.INACTIVE))
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
        self._loop = asyncio.get_running_loop()
        self._seen: dict[int, int] = {}
        if edge is not None:
            for request, offsets in requests:
                roles = {offset: role for role, offset in offsets.items()}
                self._loop.add_reader(request.fd, self._read, request, roles)

    def levels(self) -> Mapping[str, bool]:
        levels: dict[str, bool] = {}
        for request, offsets in self._requests:
            try:
                values = request.get_values(list(offsets.values()))
            except OSError as error:
                raise PartError(f"the GPIO chip: {error.strerror}", trouble_of(error)) from None
            levels |= {role: value == self._active for role, value in zip(offsets, values, strict=True)}
        return levels

    def close(self) -> None:
        requests, self._requests = self._requests, []
        for request, _ in requests:
            self._loop.remove_reader(request.fd)
            request.release()

    def _read(self, request: gpiod.LineRequest, roles: Mapping[int, str]) -> None:
        try:
            events = request.read_edge_events()
        except OSError as error:
            _LOG.warning("A GPIO chip went away: %s", error.strerror)
            self._loop.remove_reader(request.fd)
            if self._lost is not None:
                self._lost()
            return
        for event in events:
            expected = self._seen.get(event.line_offset, event.line_seqno - 1) + 1
            self._seen[event.line_offset] = event.line_seqno
            if event.line_seqno != expected and self._lost is not None:
                self._lost()
            if self._edge is not None:
                self._edge(Edge(roles[event.line_offset], event.event_type is self._rising, event.timestamp_ns))


def _library() -> Any:
    try:
        import gpiod
        import gpiod.line
    except ImportError:
        raise PartError("the library gpiod is not installed", Trouble.LIBRARY_MISSING) from None
    return gpiod


def _bias(lib: Any, line: Line) -> Any:
    biases = lib.line.Bias
    return {"up": biases.PULL_UP, "down": biases.PULL_DOWN, "none": biases.DISABLED, "as_is": biases.AS_IS}[line.pull]
