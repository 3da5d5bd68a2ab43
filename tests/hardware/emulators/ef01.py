"""A fingerprint sensor of the EF 01 family on a pseudo-terminal, with all that real ones do wrong.

Written after the manuals of the R503 and the ZFM-20, and with framing of its own, so that it shares no mistake with the
driver; `test_ef01_emulator.py` has it used by pyfingerprint, which this project did not write.
"""

import asyncio
import os
import tty
from collections import defaultdict, deque
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

type Chunks = Iterable[tuple[float, bytes]]

GET_IMAGE, EXTRACT, MATCH, SEARCH, COMBINE, STORE, LOAD = 0x01, 0x02, 0x03, 0x04, 0x05, 0x06, 0x07
UPLOAD, DOWNLOAD, UPLOAD_IMAGE, DELETE, EMPTY, SET_PARAMETER, READ_PARAMETERS = 0x08, 0x09, 0x0A, 0x0C, 0x0D, 0x0E, 0x0F
SET_PASSWORD, VERIFY_PASSWORD, RANDOM, COUNT, READ_INDEX = 0x12, 0x13, 0x14, 0x1D, 0x1F
RING, READ_PRODUCT, SOFT_RESET = 0x35, 0x3C, 0x3D

COMMAND, DATA, ANSWER, END = 0x01, 0x02, 0x07, 0x08
READY = b"\x55"


def frame(kind: int, payload: bytes, address: int = 0xFFFFFFFF) -> bytes:
    """A frame as the manual draws it."""
    length = len(payload) + 2
    total = kind + (length >> 8) + (length & 0xFF) + sum(payload)
    return bytes(
        [0xEF, 0x01, *address.to_bytes(4), kind, length >> 8, length & 0xFF, *payload, total >> 8 & 0xFF, total & 0xFF]
    )


@dataclass(frozen=True)
class Press:
    """What lies on the glass."""

    finger: str
    quality: str = "good"


@dataclass
class Sensor:
    """The module: its flash, which outlives a restart, and its buffers, which do not."""

    capacity: int = 200
    buffers: int = 6
    system_id: int = 0
    model: str | None = "R503"
    serial: str = "00000001"
    password: int = 0
    ring: bool = True
    unknown: int | None = 0xFC
    """The status with which unknown commands are refused; None: they are not answered."""

    templates: dict[int, frozenset[str]] = field(default_factory=dict)
    rings: list[tuple[int, int, int, int]] = field(default_factory=list)
    glass: Press | None = None
    stuck: bool = False
    """It claims to delete, and does not."""

    def __post_init__(self) -> None:
        self.security = 3
        self.packet = 2
        self.baud = 6
        self.restart()

    def restart(self) -> None:
        """Power comes back: what was in RAM is gone."""
        self._image: Press | None = None
        self.files: dict[int, frozenset[str]] = {}
        self._model: frozenset[str] = frozenset()
        self._last: frozenset[str] = frozenset()
        self._verified = self.password == 0
        self._loading: int | None = None
        self._loaded = bytearray()

    def press(self, finger: str, quality: str = "good") -> None:
        """A finger comes down."""
        self.glass = Press(finger, quality)

    def lift(self) -> None:
        """The glass is empty."""
        self.glass = None

    def execute(self, kind: int, payload: bytes) -> list[tuple[int, bytes]]:
        """Carry out a command; the frames that answer it, as kind and payload."""
        if kind in {DATA, END}:
            return self._load(kind, payload)
        if kind != COMMAND or not payload:
            return _status(0x01)
        code, arguments = payload[0], payload[1:]
        if not self._verified and code != VERIFY_PASSWORD:
            return _status(0x21)
        handler = _HANDLERS.get(code)
        if handler is None or (code == READ_PRODUCT and self.model is None) or (code == RING and not self.ring):
            return [] if self.unknown is None else _status(self.unknown)
        return handler(self, arguments)

    def _get_image(self, _: bytes) -> list[tuple[int, bytes]]:
        self._image = None
        if self.glass is None:
            return _status(0x02)
        if self.glass.quality == "landing":
            return _status(0x03)
        self._image = self.glass
        return _status(0x00)

    def _extract(self, arguments: bytes) -> list[tuple[int, bytes]]:
        if self._image is None:
            return _status(0x15)
        if self._image.quality != "good":
            return _status({"messy": 0x06, "short": 0x07}[self._image.quality])
        self._last = frozenset({self._image.finger})
        self.files[self._buffer(arguments[0])] = self._last
        return _status(0x00)

    def _buffer(self, number: int) -> int:
        """The manual of the two-buffer modules: other values count as 2."""
        return number if 1 <= number <= self.buffers else 2

    def _match(self, _: bytes) -> list[tuple[int, bytes]]:
        left, right = (self._model, self._last) if self.buffers > 2 else (self.files.get(1), self.files.get(2))
        if left and right and left & right:
            return _status(0x00, (98).to_bytes(2))
        return _status(0x08, bytes(2))

    def _search(self, arguments: bytes) -> list[tuple[int, bytes]]:
        features = self.files.get(self._buffer(arguments[0]), frozenset())
        first, count = int.from_bytes(arguments[1:3]), int.from_bytes(arguments[3:5])
        for slot in range(first, min(first + count, self.capacity)):
            if self.templates.get(slot, frozenset()) & features:
                return _status(0x00, slot.to_bytes(2) + (120).to_bytes(2))
        return _status(0x09, bytes(4))

    def _combine(self, _: bytes) -> list[tuple[int, bytes]]:
        """All buffers that have been filled since the start, whoever filled them, make the template."""
        fingers = set(self.files.values())
        if len(self.files) < 2 or len(fingers) != 1:
            return _status(0x0A)
        self._model = fingers.pop()
        self.files[1] = self.files[2] = self._model
        return _status(0x00)

    def _store(self, arguments: bytes) -> list[tuple[int, bytes]]:
        slot = int.from_bytes(arguments[1:3])
        if slot >= self.capacity:
            return _status(0x0B)
        self.templates[slot] = self.files.get(self._buffer(arguments[0]), frozenset())
        return _status(0x00)

    def _load_template(self, arguments: bytes) -> list[tuple[int, bytes]]:
        template = self.templates.get(int.from_bytes(arguments[1:3]))
        if template is None:
            return _status(0x0C)
        self.files[self._buffer(arguments[0])] = self._model = template
        return _status(0x00)

    def _upload(self, arguments: bytes) -> list[tuple[int, bytes]]:
        text = ",".join(sorted(self.files.get(self._buffer(arguments[0]), ()))).encode()
        return _status(0x00) + self._packets(text.ljust(512, b"\0"))

    def _download(self, arguments: bytes) -> list[tuple[int, bytes]]:
        self._loading = self._buffer(arguments[0])
        self._loaded.clear()
        return _status(0x00)

    def _load(self, kind: int, payload: bytes) -> list[tuple[int, bytes]]:
        self._loaded += payload
        if kind == END and self._loading is not None:
            names = bytes(self._loaded).rstrip(b"\0").decode()
            self.files[self._loading] = frozenset(names.split(",") if names else ())
            self._loading = None
        return []

    def _upload_image(self, _: bytes) -> list[tuple[int, bytes]]:
        if self._image is None:
            return _status(0x0F)
        return _status(0x00) + self._packets(bytes(0x80 + row % 64 for row in range(288) for _ in range(128)))

    def _packets(self, data: bytes) -> list[tuple[int, bytes]]:
        size = 32 << self.packet
        parts = [data[start : start + size] for start in range(0, len(data), size)]
        return [(DATA, part) for part in parts[:-1]] + [(END, parts[-1])]

    def _delete(self, arguments: bytes) -> list[tuple[int, bytes]]:
        first, count = int.from_bytes(arguments[:2]), int.from_bytes(arguments[2:4])
        if first + count > self.capacity:
            return _status(0x10)
        if not self.stuck:
            for slot in range(first, first + count):
                self.templates.pop(slot, None)
        return _status(0x00)

    def _empty(self, _: bytes) -> list[tuple[int, bytes]]:
        self.templates.clear()
        return _status(0x00)

    def _set_parameter(self, arguments: bytes) -> list[tuple[int, bytes]]:
        match arguments[0]:
            case 4:
                self.baud = arguments[1]
            case 5:
                self.security = arguments[1]
            case 6:
                self.packet = arguments[1]
            case _:
                return _status(0x1A)
        return _status(0x00)

    def _read_parameters(self, _: bytes) -> list[tuple[int, bytes]]:
        words = (
            0x0004 if self._verified else 0,
            self.system_id,
            self.capacity,
            self.security,
            0xFFFF,
            0xFFFF,
            self.packet,
            self.baud,
        )
        return _status(0x00, b"".join(word.to_bytes(2) for word in words))

    def _set_password(self, arguments: bytes) -> list[tuple[int, bytes]]:
        self.password = int.from_bytes(arguments)
        return _status(0x00)

    def _verify_password(self, arguments: bytes) -> list[tuple[int, bytes]]:
        self._verified = int.from_bytes(arguments) == self.password
        return _status(0x00 if self._verified else 0x13)

    def _random(self, _: bytes) -> list[tuple[int, bytes]]:
        return _status(0x00, os.urandom(4))

    def _count(self, _: bytes) -> list[tuple[int, bytes]]:
        return _status(0x00, len(self.templates).to_bytes(2))

    def _read_index(self, arguments: bytes) -> list[tuple[int, bytes]]:
        bits = bytearray(32)
        for slot in self.templates:
            if slot // 256 == arguments[0]:
                bits[slot % 256 // 8] |= 1 << slot % 8
        return _status(0x00, bytes(bits))

    def _ring(self, arguments: bytes) -> list[tuple[int, bytes]]:
        effect, speed, colour, count = arguments
        self.rings.append((effect, speed, colour, count))
        return _status(0x00)

    def _read_product(self, _: bytes) -> list[tuple[int, bytes]]:
        def text(value: str, size: int) -> bytes:
            return value.encode().ljust(size, b"\0")

        head = text(self.model or "", 16) + text("2011", 4) + text(self.serial, 8) + b"\x01\x02" + text("GC0308", 8)
        return _status(0x00, head + b"".join(word.to_bytes(2) for word in (192, 192, 1536, self.capacity)))

    def _soft_reset(self, _: bytes) -> list[tuple[int, bytes]]:
        return _status(0x00)


_HANDLERS: dict[int, Callable[[Sensor, bytes], list[tuple[int, bytes]]]] = {
    GET_IMAGE: Sensor._get_image,
    EXTRACT: Sensor._extract,
    MATCH: Sensor._match,
    SEARCH: Sensor._search,
    COMBINE: Sensor._combine,
    STORE: Sensor._store,
    LOAD: Sensor._load_template,
    UPLOAD: Sensor._upload,
    DOWNLOAD: Sensor._download,
    UPLOAD_IMAGE: Sensor._upload_image,
    DELETE: Sensor._delete,
    EMPTY: Sensor._empty,
    SET_PARAMETER: Sensor._set_parameter,
    READ_PARAMETERS: Sensor._read_parameters,
    SET_PASSWORD: Sensor._set_password,
    VERIFY_PASSWORD: Sensor._verify_password,
    RANDOM: Sensor._random,
    COUNT: Sensor._count,
    READ_INDEX: Sensor._read_index,
    RING: Sensor._ring,
    READ_PRODUCT: Sensor._read_product,
    SOFT_RESET: Sensor._soft_reset,
}


def _status(status: int, data: bytes = b"") -> list[tuple[int, bytes]]:
    return [(ANSWER, bytes([status]) + data)]


@dataclass(frozen=True)
class Fault:
    """What goes wrong with a command: how its answer arrives, whether it is carried out, what happens after it."""

    arrives: Callable[[bytes], Chunks] = lambda answer: [(0.0, answer)]
    carried_out: bool = True
    then: Callable[[], None] | None = None


def silent(*, carried_out: bool = True) -> Fault:
    """No answer comes."""
    return Fault(lambda _answer: [], carried_out=carried_out)


def late(seconds: float) -> Fault:
    """The answer takes its time."""
    return Fault(lambda answer: [(seconds, answer)])


def split(size: int = 1, pause: float = 0.0005) -> Fault:
    """The answer arrives piece by piece."""
    return Fault(
        lambda answer: [
            (pause * (start // size), answer[start : start + size]) for start in range(0, len(answer), size)
        ]
    )


def noisy(before: bytes = b"", after: bytes = b"") -> Fault:
    """Something is on the line around the answer."""
    return Fault(lambda answer: [(0.0, before + answer + after)])


def damaged(position: int = -3, bits: int = 0x40) -> Fault:
    """A bit flips on the way; the sum no longer fits."""

    def arrives(answer: bytes) -> Chunks:
        changed = bytearray(answer)
        changed[position] ^= bits
        return [(0.0, bytes(changed))]

    return Fault(arrives)


def wrong_length(length: int) -> Fault:
    """The length field lies."""
    return Fault(lambda answer: [(0.0, answer[:7] + length.to_bytes(2) + answer[9:])])


def instead(status: int, data: bytes = b"", *, carried_out: bool = False) -> Fault:
    """Another answer than the right one."""
    return Fault(lambda _answer: [(0.0, frame(ANSWER, bytes([status]) + data))], carried_out=carried_out)


class Cable:
    """From a sensor to the computer: a pseudo-terminal, and a link to it as of those below /dev/serial/by-id."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.heard: list[int] = []
        self.always = Fault()
        self.sensor: Sensor | None = None
        self._faults: dict[int, deque[Fault]] = defaultdict(deque)
        self._more = asyncio.Event()
        self._master = self._slave = -1
        self._in = bytearray()
        self._out = bytearray()
        self._loop = asyncio.get_running_loop()

    def plug(self, sensor: Sensor) -> None:
        """The sensor gets power and a port."""
        self._master, self._slave = os.openpty()
        tty.setraw(self._slave)
        os.set_blocking(self._master, False)
        self.path.unlink(missing_ok=True)
        self.path.symlink_to(os.ttyname(self._slave))
        self._in.clear()
        self._out.clear()
        self.sensor = sensor
        self._loop.add_reader(self._master, self._read)
        self.restart()

    def unplug(self) -> None:
        """The port goes away, with all that was on its way."""
        if self._master < 0:
            return
        self._loop.remove_reader(self._master)
        self._loop.remove_writer(self._master)
        self.path.unlink(missing_ok=True)
        os.close(self._master)
        os.close(self._slave)
        self._master = self._slave = -1
        self.sensor = None

    def exchange(self, sensor: Sensor) -> None:
        """Another sensor is put on the same port."""
        self.sensor = sensor
        self.restart()

    def restart(self) -> None:
        """The sensor loses its power for a moment; the line rises, and the ready byte follows."""
        if self.sensor is not None:
            self.sensor.restart()
            self.send(b"\x00" + READY)

    def send(self, data: bytes) -> None:
        """Bytes on the line, wherever they come from."""
        if self._master >= 0 and data:
            self._out += data
            self._write()

    def spoil(self, code: int, *faults: Fault) -> None:
        """The next commands with this code fare like this."""
        self._faults[code].extend(faults)

    async def hears(self, code: int, times: int = 1) -> None:
        """Wait until a command has come so many times more."""
        wanted = self.heard.count(code) + times
        async with asyncio.timeout(10):
            while self.heard.count(code) < wanted:
                self._more.clear()
                await self._more.wait()

    def _read(self) -> None:
        try:
            self._in += os.read(self._master, 4096)
        except OSError:
            return
        while (command := self._command()) is not None:
            self._obey(*command)

    def _command(self) -> tuple[int, bytes] | None:
        """The next whole command; a broken one is refused at once."""
        while (start := self._in.find(b"\xef\x01")) >= 0:
            del self._in[:start]
            if len(self._in) < 9:
                return None
            length = int.from_bytes(self._in[7:9])
            if len(self._in) < 9 + length:
                return None
            whole = bytes(self._in[: 9 + length])
            del self._in[: 9 + length]
            kind, payload = whole[6], whole[9:-2]
            if frame(kind, payload) == whole:
                return kind, payload
            self.send(frame(ANSWER, b"\x01"))
        return None

    def _obey(self, kind: int, payload: bytes) -> None:
        sensor = self.sensor
        if sensor is None:
            return
        code = payload[0] if kind == COMMAND and payload else -1
        faults = self._faults[code]
        fault = faults.popleft() if faults else self.always
        answers = sensor.execute(kind, payload) if fault.carried_out else [(ANSWER, b"\x00")]
        answer = b"".join(frame(*part) for part in answers)
        for delay, chunk in fault.arrives(answer):
            if delay:
                self._loop.call_later(delay, self.send, chunk)
            else:
                self.send(chunk)
        if code == SOFT_RESET and fault.carried_out and answers == [(ANSWER, b"\x00")]:
            sensor.restart()
            self._loop.call_later(0.002, self.send, READY)
        if fault.then is not None:
            fault.then()
        self.heard.append(code)
        self._more.set()

    def _write(self) -> None:
        with suppress(BlockingIOError):
            while self._out:
                del self._out[: os.write(self._master, self._out)]
        if self._out:
            self._loop.add_writer(self._master, self._write)
        else:
            self._loop.remove_writer(self._master)
