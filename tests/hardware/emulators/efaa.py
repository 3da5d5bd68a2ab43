"""A face or palm module of the EF AA family on a pseudo-terminal, with all that real ones do wrong.

Written after the public protocol texts, with framing of its own, so that it shares no mistake with the driver;
`test_efaa_emulator.py` gives it what makers have published.
"""

import asyncio
import struct
from collections import defaultdict, deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from tests.hardware.emulators.pty import Pty

type Chunks = Iterable[tuple[float, bytes]]

RESET, STATUS, VERIFY, ENROL, ENROL_SINGLE, ENROL_ITG = 0x10, 0x11, 0x12, 0x13, 0x1D, 0x26
DELETE, DELETE_ALL, USER_INFO, FORGET_POSES, ALL_IDS, VERSION = 0x20, 0x21, 0x22, 0x23, 0x24, 0x30
DELETE_PALM, LED, SERIAL = 0x80, 0x90, 0x93

REPLY, NOTE, IMAGE, LOG = 0x00, 0x01, 0x02, 0x03
OK, REJECTED, ABORTED, BAD, UNKNOWN, FULL, KNOWN, NOT_ALIVE, TIMED_OUT = 0, 1, 2, 6, 8, 9, 10, 12, 13

GOOD, NOTHING, FAR, CLOSE, COVERED, WRONG_WAY, PALM_SEEN = 0, 1, 6, 7, 10, 11, 0x80
ALL_POSES = 0x1F
TASKS = (VERIFY, ENROL, ENROL_SINGLE, ENROL_ITG)


def frame(message: int, data: bytes = b"") -> bytes:
    """A frame as the protocol draws it."""
    parity = 0
    body = bytes([message, len(data) >> 8, len(data) & 0xFF]) + data
    for byte in body:
        parity ^= byte
    return b"\xef\xaa" + body + bytes([parity])


READY = frame(NOTE, b"\x00")


def reply(code: int, result: int, data: bytes = b"") -> bytes:
    """A reply."""
    return frame(REPLY, bytes([code, result]) + data)


def face_note(state: int) -> bytes:
    """What is seen, and where: all numbers with their low byte first."""
    return frame(NOTE, b"\x01" + struct.pack("<8h", state, 40, 60, 200, 260, -3, 2, 1))


@dataclass(frozen=True)
class Shown:
    """What is held before the lens."""

    who: str
    palm: bool = False
    state: int = GOOD
    pose: int = 0x01
    alive: bool = True


@dataclass
class User:
    name: bytes
    who: str
    palm: bool


@dataclass
class Module:
    """The module: its flash, which outlives a restart, and its task, which does not."""

    dialect: str = "hlk_fm22x"
    version: str = ""
    serial: str = "FM00012345"
    unknown: int = UNKNOWN
    """How it says that it does not know somebody: 1 or 8."""
    notes: bool = True
    padding: bytes = b"\xff\xfe\x81\x00"
    users: dict[int, User] = field(default_factory=dict)
    shown: Shown | None = None
    stuck: bool = False
    """It claims to delete, and does not."""
    capacity: int = 100

    def __post_init__(self) -> None:
        self.poses = 0
        self.status = 0
        self.version = (
            self.version or {"hlk_fm22x": "FM225_V1.12", "ai10": "AI10_1.0.3", "fp00x": "FP002-2.1"}[self.dialect]
        )

    def restart(self) -> None:
        """Power comes back."""
        self.poses = 0
        self.status = 0

    def enrol(self, who: str, name: str, *, palm: bool = False) -> int:
        """Put somebody in, as an enrolment does."""
        first = {"hlk_fm22x": 0, "ai10": 1001 if palm else 1, "fp00x": 501 if palm else 1}[self.dialect]
        number = next(number for number in range(first, first + 1000) if number not in self.users)
        self.users[number] = User(name.encode(), who, palm)
        return number

    def found(self, shown: Shown) -> int | None:
        """The number of whoever is shown."""
        return next((n for n, user in self.users.items() if (user.who, user.palm) == (shown.who, shown.palm)), None)

    def record(self, number: int) -> bytes:
        """How a user is told."""
        return number.to_bytes(2) + self.users[number].name.ljust(32, b"\0") + b"\0"

    def answer(self, code: int, data: bytes) -> tuple[int, bytes]:
        """What comes of a command that takes no time."""
        match code:
            case _ if code == STATUS:
                return OK, bytes([self.status])
            case _ if code == VERSION:
                return OK, self.version.encode().ljust(28, b"\0") + self.padding
            case _ if code == SERIAL:
                return OK, self.serial.encode() + self.padding.ljust(32 - len(self.serial), b"\xff")
            case _ if code == FORGET_POSES:
                self.poses = 0
                return OK, b""
            case _ if code == ALL_IDS:
                return self._list(data)
            case _ if code == USER_INFO and self.dialect != "fp00x":
                number = int.from_bytes(data)
                return (OK, self.record(number)) if number in self.users else (UNKNOWN, b"")
            case _ if code in (DELETE, DELETE_PALM):
                return self._delete(code, data)
            case _ if code == DELETE_ALL and len(data) == (5 if self.dialect == "fp00x" else 0):
                if not self.stuck:
                    self.users.clear()
                return OK, b""
            case _:
                return BAD, b""

    def _list(self, data: bytes) -> tuple[int, bytes]:
        if self.dialect == "fp00x":
            faces = sorted(number for number, user in self.users.items() if not user.palm)
            if data == b"\x00":
                return OK, len(faces).to_bytes(2) + b"".join(number.to_bytes(2) for number in faces)
            palms = len(self.users) - len(faces)
            return (OK, (len(faces) if data == b"\x01" else palms).to_bytes(2)) if data else (BAD, b"")
        numbers = b"".join(number.to_bytes(2) for number in sorted(self.users))
        if self.dialect == "hlk_fm22x":
            # Room for a hundred, whatever is in the rest of it: 203 bytes in all.
            numbers = numbers.ljust(200, b"\xa5")
        return OK, bytes([len(self.users)]) + numbers

    def _delete(self, code: int, data: bytes) -> tuple[int, bytes]:
        size = 3 if self.dialect == "fp00x" else 2
        number = int.from_bytes(data[:2])
        if len(data) != size or (size == 3 and (code == DELETE_PALM) is not (number > 500)):
            return BAD, b""
        if number not in self.users:
            return UNKNOWN, b""
        if not self.stuck:
            del self.users[number]
        return OK, b""


@dataclass(frozen=True)
class Fault:
    """What goes wrong with a command: how its reply arrives, whether it is carried out, what happens after it."""

    arrives: Callable[[bytes], Chunks] = lambda answer: [(0.0, answer)]
    carried_out: bool = True
    then: Callable[[], None] | None = None


def silent(*, carried_out: bool = True) -> Fault:
    """No reply comes."""
    return Fault(lambda _answer: [], carried_out=carried_out)


def late(seconds: float) -> Fault:
    """The reply takes its time."""
    return Fault(lambda answer: [(seconds, answer)])


def split(size: int = 1, pause: float = 0.0005) -> Fault:
    """The reply arrives piece by piece."""
    return Fault(lambda answer: [(pause * (at // size), answer[at : at + size]) for at in range(0, len(answer), size)])


def noisy(before: bytes = b"", after: bytes = b"") -> Fault:
    """Something is on the line around the reply, glued to it."""
    return Fault(lambda answer: [(0.0, before + answer + after)])


def damaged(position: int = -2, bits: int = 0x40) -> Fault:
    """A bit flips on the way; the parity no longer fits."""

    def arrives(answer: bytes) -> Chunks:
        changed = bytearray(answer)
        changed[position] ^= bits
        return [(0.0, bytes(changed))]

    return Fault(arrives)


def wrong_length(size: int) -> Fault:
    """The size field lies."""
    return Fault(lambda answer: [(0.0, answer[:3] + size.to_bytes(2) + answer[5:])])


def instead(data: bytes) -> Fault:
    """Another frame than the right one."""
    return Fault(lambda _answer: [(0.0, data)], carried_out=False)


class Cable(Pty):
    """From a module to the computer. A second of the module's own time lasts `scale` seconds."""

    def __init__(self, path: Path, *, scale: float = 0.01) -> None:
        super().__init__(path)
        self.heard: list[int] = []
        self.always = Fault()
        self.module: Module | None = None
        self.scale = scale
        self.tick = 0.004
        """Between two looks of the module, in seconds."""
        self.owes = 0.001
        """How long after a RESET the reply of the task that it has ended comes; negative: never."""
        self._faults: dict[int, deque[Fault]] = defaultdict(deque)
        self._more = asyncio.Event()
        self._in = bytearray()
        self._task: asyncio.Task[None] | None = None
        self._running = 0

    def plug(self, module: Module) -> None:
        """The module gets power and a port."""
        self.module = module
        self._in.clear()
        self.open()
        self.restart()

    def unplug(self) -> None:
        """The port goes away, with all that was on its way."""
        self._end()
        self.close()

    def exchange(self, module: Module) -> None:
        """Another module is put on the same port."""
        self.module = module
        self.restart()

    def restart(self) -> None:
        """The module loses its power for a moment, and says when it is ready."""
        self._end()
        if self.module is not None:
            self.module.restart()
            self.send(READY)

    def spoil(self, code: int, *faults: Fault) -> None:
        """The next commands with this code fare like this."""
        self._faults[code].extend(faults)

    def mend(self) -> None:
        """Nothing goes wrong any more."""
        self._faults.clear()
        self.always = Fault()

    async def hears(self, code: int, times: int = 1) -> None:
        """Wait until a command has come so many times more."""
        wanted = self.heard.count(code) + times
        async with asyncio.timeout(10):
            while self.heard.count(code) < wanted:
                self._more.clear()
                await self._more.wait()

    def heard_bytes(self, data: bytes) -> None:
        self._in += data
        while (command := self._command()) is not None:
            self._obey(*command)

    def _command(self) -> tuple[int, bytes] | None:
        while (start := self._in.find(b"\xef\xaa")) >= 0:
            del self._in[:start]
            if len(self._in) < 6:
                return None
            end = 6 + int.from_bytes(self._in[3:5])
            if len(self._in) < end:
                return None
            whole = bytes(self._in[:end])
            del self._in[:end]
            if frame(whole[2], whole[5:-1]) == whole:
                return whole[2], whole[5:-1]
        return None

    def _obey(self, code: int, data: bytes) -> None:
        module = self.module
        if module is None:
            return
        faults = self._faults[code]
        fault = faults.popleft() if faults else self.always
        if not fault.carried_out:
            self._arrive(fault, reply(code, OK))
        elif code == RESET:
            ended, owed = self._end(), self.owes
            self._arrive(fault, reply(RESET, OK))
            if ended and owed >= 0:
                self._loop.call_later(owed, self.send, reply(ended, ABORTED))
        elif self._running:
            self._arrive(fault, reply(code, OK, b"\x01") if code == STATUS else reply(code, REJECTED))
        elif code in TASKS:
            self._running = code
            self._task = asyncio.ensure_future(self._perform(code, data, fault))
        else:
            self._arrive(fault, reply(code, *module.answer(code, data)))
        if fault.then is not None and not (code in TASKS and fault.carried_out):
            fault.then()
        self.heard.append(code)
        self._more.set()

    async def _perform(self, code: int, data: bytes, fault: Fault) -> None:
        module = self.module
        assert module is not None
        work = self._verify(module) if code == VERIFY else self._enrol(module, code, data)
        seconds = data[1] if code == VERIFY else data[{ENROL_ITG: 36}.get(code, 34)]
        until = self._loop.time() + seconds * self.scale
        result: tuple[int, bytes] | None = None
        while result is None:
            await asyncio.sleep(self.tick)
            result = (TIMED_OUT, b"") if self._loop.time() >= until else next(work)
        self._running = 0
        self._task = None
        self._arrive(fault, reply(code, *result))
        if fault.then is not None:
            fault.then()

    def _see(self, module: Module) -> Shown | None:
        """What is before it, told as it is seen; None where nothing can be done with it."""
        shown = module.shown
        state = NOTHING if shown is None else shown.state
        if shown is not None and shown.palm and state == GOOD and module.dialect == "ai10":
            state = PALM_SEEN
        if module.notes:
            self.send(face_note(state))
        return shown if shown is not None and shown.state == GOOD else None

    def _verify(self, module: Module) -> Iterator[tuple[int, bytes] | None]:
        while True:
            shown = self._see(module)
            if shown is None:
                yield None
                continue
            number = module.found(shown)
            if not shown.alive:
                yield NOT_ALIVE, b""
            elif number is None:
                yield module.unknown, b""
            else:
                yield OK, module.record(number) + self._unlock(module, shown)

    def _unlock(self, module: Module, shown: Shown) -> bytes:
        if module.dialect == "ai10":
            return b""
        return bytes([(0xFA if shown.palm else 0xC8) if module.dialect == "fp00x" else 1])

    def _enrol(self, module: Module, code: int, data: bytes) -> Iterator[tuple[int, bytes] | None]:
        name, direction = data[1:33].rstrip(b"\0"), data[33]
        single = code == ENROL_SINGLE or (code == ENROL_ITG and data[34] == 1)
        duplicates = code == ENROL_ITG and data[35] == 1
        while True:
            shown = self._see(module)
            wanted_palm = direction == 0xFD if module.dialect == "fp00x" else None
            if shown is None or (wanted_palm is not None and shown.palm is not wanted_palm):
                yield None
            elif not shown.alive:
                yield NOT_ALIVE, b""
            elif not single and shown.pose != direction:
                if module.notes:
                    self.send(face_note(WRONG_WAY))
                yield None
            elif module.found(shown) is not None and not duplicates:
                yield KNOWN, b""
            elif len(module.users) >= module.capacity:
                yield FULL, b""
            else:
                module.poses |= direction
                if single or module.poses == ALL_POSES:
                    module.poses = 0
                    number = module.enrol(shown.who, name.decode(), palm=shown.palm)
                    yield OK, number.to_bytes(2) + bytes([ALL_POSES])
                else:
                    yield OK, b"\xff\xff" + bytes([module.poses])

    def _end(self) -> int:
        """The task under way ends; which it was."""
        if self._task is not None:
            self._task.cancel()
            self._task = None
        ended, self._running = self._running, 0
        return ended

    def _arrive(self, fault: Fault, answer: bytes) -> None:
        for delay, chunk in fault.arrives(answer):
            if delay:
                self._loop.call_later(delay, self.send, chunk)
            else:
                self.send(chunk)
