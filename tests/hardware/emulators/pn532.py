"""A PN532 on a pseudo-terminal, with cards that come and go, and with all that real ones do wrong.

Written after NXP's user manual (UM0701-02), and with framing of its own, so that it shares no mistake with the driver;
`test_pn532_emulator.py` has it used by nfcpy, which this project did not write.
"""

import asyncio
import os
import termios
import tty
from collections import defaultdict, deque
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

type Chunks = Iterable[tuple[float, bytes]]

DIAGNOSE, FIRMWARE, READ_REGISTER, WRITE_REGISTER, BAUDRATE, PARAMETERS = 0x00, 0x02, 0x06, 0x08, 0x10, 0x12
SAM, POWER_DOWN, RF, EXCHANGE, THROUGH, DESELECT, LIST, RELEASE, SELECT = (
    0x14,
    0x16,
    0x32,
    0x40,
    0x42,
    0x44,
    0x4A,
    0x52,
    0x54,
)

ACK = bytes.fromhex("00 00 FF 00 FF 00")
NACK = bytes.fromhex("00 00 FF FF 00 00")
SYNTAX_ERROR = bytes.fromhex("00 00 FF 01 FF 7F 81 00")

RATES = (9600, 19200, 38400, 57600, 115200, 230400, 460800, 921600)
_SPEEDS = {getattr(termios, f"B{rate}"): rate for rate in RATES}


def frame(body: bytes) -> bytes:
    """A frame as the manual draws it; `body` begins with TFI."""
    size = len(body)
    if size <= 0xFF:
        head = [size, (0x100 - size) & 0xFF]
    else:
        head = [0xFF, 0xFF, size >> 8, size & 0xFF, (0x100 - (size >> 8) - (size & 0xFF)) & 0xFF]
    return bytes([0x00, 0x00, 0xFF, *head, *body, (0x100 - sum(body)) & 0xFF, 0x00])


def answer(code: int, data: bytes = b"") -> bytes:
    """The frame that answers a command."""
    return frame(bytes([0xD5, code + 1]) + data)


@dataclass(eq=False)
class Card:
    """Something with an antenna. One that is `shy`, as a phone, makes a number anew each time that it gets power."""

    uid: bytes
    sens_res: bytes = b"\x00\x04"
    sel_res: int = 0x08
    ats: bytes = b""
    """With its length in front, of cards with a protocol (`sel_res` 0x20)."""

    shy: bool = False
    _made: int = 0

    def powered(self) -> None:
        """The field comes on."""
        if self.shy:
            self._made += 1
            self.uid = b"\x08" + self._made.to_bytes(3)


def phone() -> Card:
    return Card(b"\x08\x00\x00\x00", sel_res=0x20, ats=bytes.fromhex("05 78 80 70 02"), shy=True)


@dataclass
class Chip:
    """The chip: what it is set to is lost with its power."""

    firmware: bytes = bytes.fromhex("32 01 06 07")
    cards: list[Card] = field(default_factory=list)
    unanswered: frozenset[int] = frozenset()
    """Commands that it acknowledges, and no more."""

    def __post_init__(self) -> None:
        self.restart()

    def restart(self) -> None:
        """Power comes back."""
        self.awake = False
        self.ready = False
        self.field = False
        self.tries: int | None = None
        self.protocol = True
        self.rate = 115_200
        self._registers: dict[int, int] = {}
        self._next_rate = self.rate

    def hears(self, rate: int) -> bool:
        """Whether it finds frames in what comes at this rate.

        A new rate begins with the host's acknowledgement. nfcpy opens its port anew so soon that the pseudo-terminal
        loses that one; what comes at the new rate then stands for it.
        """
        if rate == self._next_rate:
            self.rate = rate
        return rate == self.rate

    def execute(self, code: int, arguments: bytes) -> bytes | None:
        """Carry out a command; what it answers, with code, or `None` as long as there is nothing to answer."""
        handler = _HANDLERS.get(code)
        if handler is None:
            return b""
        data = handler(self, arguments)
        return None if data is None or code in self.unanswered else bytes([code + 1]) + data

    def _diagnose(self, arguments: bytes) -> bytes:
        return arguments if arguments[0] == 0 else b"\x00"

    def _firmware(self, _: bytes) -> bytes:
        return self.firmware

    def _read_register(self, arguments: bytes) -> bytes:
        places = [int.from_bytes(arguments[at : at + 2]) for at in range(0, len(arguments), 2)]
        return bytes(self._registers.get(place, 0) for place in places)

    def _write_register(self, arguments: bytes) -> bytes:
        for at in range(0, len(arguments), 3):
            self._registers[int.from_bytes(arguments[at : at + 2])] = arguments[at + 2]
        return b""

    def _set_rate(self, arguments: bytes) -> bytes:
        self._next_rate = RATES[arguments[0]]
        return b""

    def _parameters(self, arguments: bytes) -> bytes:
        self.protocol = bool(arguments[0] & 0x10)
        return b""

    def _sam(self, _: bytes) -> bytes:
        self.ready = True
        return b""

    def _power_down(self, _: bytes) -> bytes:
        self.switch(on=False)
        return b"\x00"

    def _rf(self, arguments: bytes) -> bytes:
        item, values = arguments[0], arguments[1:]
        if item == 0x01:
            self.switch(on=bool(values[0] & 1))
        elif item == 0x05:
            self.tries = None if values[2] == 0xFF else values[2] + 1
        return b""

    def _list(self, arguments: bytes) -> bytes | None:
        if not self.ready:
            return None
        most, modulation = arguments[:2]
        self.switch(on=True)
        there = self.cards[:most] if modulation == 0 else []
        self._registers[_FIFO] = 0 if there else _ASKS_FOR_CARDS
        if not there and self.tries is None:
            return None
        return bytes([len(there)]) + b"".join(self._target(number, card) for number, card in enumerate(there, 1))

    def _target(self, number: int, card: Card) -> bytes:
        told = bytes([number]) + card.sens_res + bytes([card.sel_res, len(card.uid)]) + card.uid
        return told + (card.ats if self.protocol and card.sel_res & 0x20 else b"")

    def _status(self, _: bytes) -> bytes:
        return b"\x00"

    def _through(self, _: bytes) -> bytes:
        return b"\x01"

    def switch(self, *, on: bool) -> None:
        """The field, by itself or because somebody asks for cards."""
        if on and not self.field:
            for card in self.cards:
                card.powered()
        self.field = on


_FIFO, _ASKS_FOR_CARDS = 0x6339, 0x26
"""Where the chip's radio leaves what it has sent last, and nobody has answered."""

_HANDLERS: dict[int, Callable[[Chip, bytes], bytes | None]] = {
    DIAGNOSE: Chip._diagnose,
    FIRMWARE: Chip._firmware,
    READ_REGISTER: Chip._read_register,
    WRITE_REGISTER: Chip._write_register,
    BAUDRATE: Chip._set_rate,
    PARAMETERS: Chip._parameters,
    SAM: Chip._sam,
    POWER_DOWN: Chip._power_down,
    RF: Chip._rf,
    EXCHANGE: Chip._through,
    THROUGH: Chip._through,
    DESELECT: Chip._status,
    LIST: Chip._list,
    RELEASE: Chip._status,
    SELECT: Chip._status,
}


def _in_one(data: bytes) -> Chunks:
    return [(0.0, data)]


@dataclass(frozen=True)
class Fault:
    """What goes wrong with a command: its acknowledgement, how its answer arrives, whether it is carried out."""

    acknowledgement: bytes = ACK
    arrives: Callable[[bytes], Chunks] = _in_one
    carried_out: bool = True
    then: Callable[[], None] | None = None


def lost() -> Fault:
    """The command does not arrive."""
    return Fault(b"", carried_out=False)


def refused(how: bytes = NACK) -> Fault:
    """The command arrives damaged, and the chip says so."""
    return Fault(how, carried_out=False)


def silent() -> Fault:
    """It is acknowledged, and no answer comes."""
    return Fault(arrives=lambda _answer: [])


def late(seconds: float) -> Fault:
    """The answer takes its time."""
    return Fault(arrives=lambda data: [(seconds, data)])


def split(size: int = 1, pause: float = 0.0005) -> Fault:
    """The answer arrives piece by piece."""
    return Fault(
        arrives=lambda data: [
            (pause * (start // size), data[start : start + size]) for start in range(0, len(data), size)
        ]
    )


def noisy(before: bytes = b"", after: bytes = b"") -> Fault:
    """Something is on the line around the answer."""
    return Fault(arrives=lambda data: [(0.0, before + data + after)])


def damaged(position: int = -3, bits: int = 0x40) -> Fault:
    """A bit flips on the way."""

    def arrives(data: bytes) -> Chunks:
        changed = bytearray(data)
        changed[position] ^= bits
        return [(0.0, bytes(changed))]

    return Fault(arrives=arrives)


def wrong_length(length: int) -> Fault:
    """The length field lies, and its checksum with it."""
    return Fault(arrives=lambda data: [(0.0, data[:3] + bytes([length, -length & 0xFF]) + data[5:])])


def instead(data: bytes, *, acknowledgement: bytes = ACK) -> Fault:
    """Other bytes than the right answer."""
    return Fault(acknowledgement, lambda _answer: [(0.0, data)], carried_out=False)


class Cable:
    """From a chip to the computer: a pseudo-terminal, and a link to it as of those below /dev/serial/by-id."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.chip: Chip | None = None
        self.heard: list[int] = []
        """The codes of all commands that have come."""
        self.aborts = 0
        """Acknowledgements of the host's own: each ends what the chip does."""
        self.stranger: Callable[[bytes], bytes] | None = None
        """Something else than a chip: what it says to what it hears."""
        self._faults: dict[int, deque[Fault]] = defaultdict(deque)
        self._more = asyncio.Event()
        self._master = self._slave = -1
        self._in = bytearray()
        self._out = bytearray()
        self._waiting: bytes | None = None
        self._loop = asyncio.get_running_loop()

    def plug(self, chip: Chip) -> None:
        """The chip gets power and a port."""
        self._master, self._slave = os.openpty()
        tty.setraw(self._slave)
        os.set_blocking(self._master, False)
        self.path.unlink(missing_ok=True)
        self.path.symlink_to(os.ttyname(self._slave))
        self._loop.add_reader(self._master, self._read)
        self.exchange(chip)

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
        self.chip = None

    def exchange(self, chip: Chip) -> None:
        """Another chip is put on the same port."""
        self.chip = chip
        self.restart()

    def restart(self) -> None:
        """The chip loses its power for a moment; it says nothing of it."""
        assert self.chip is not None
        self.chip.restart()
        self._in.clear()
        self._out.clear()
        self._waiting = None

    def present(self, *cards: Card) -> None:
        """These lie in the field from now on, and no others."""
        assert self.chip is not None
        came = [card for card in cards if card not in self.chip.cards]
        self.chip.cards = list(cards)
        if self.chip.field:
            for card in came:
                card.powered()
        if cards and self._waiting is not None:
            waiting, self._waiting = self._waiting, None
            self._answer(waiting, Fault())

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

    def _rate(self) -> int:
        return _SPEEDS.get(termios.tcgetattr(self._master)[5], 0)

    def _read(self) -> None:
        try:
            data = os.read(self._master, 4096)
        except OSError:
            return
        if self.stranger is not None:
            self.send(self.stranger(data))
            return
        if self.chip is None or not self.chip.hears(self._rate()):
            return
        self._in += data
        self._frames()

    def _frames(self) -> None:
        chip = self.chip
        assert chip is not None
        while (start := self._in.find(b"\x00\xff")) >= 0:
            # A chip that sleeps hears what wakes it, and loses a frame that comes at once.
            before = self._in[:start]
            chip.awake = chip.awake or b"\x55" in before or before.count(0) >= 8
            rest = self._in[start + 2 :]
            if len(rest) < 2:
                return
            size, check, head = rest[0], rest[1], 2
            if (size, check) == (0x00, 0xFF):
                del self._in[: start + 4]
                self.aborts += 1
                self._waiting = None
                continue
            if (size, check) == (0xFF, 0xFF):
                if len(rest) < 5:
                    return
                size, head = int.from_bytes(rest[2:4]), 5
                fits = sum(rest[2:5]) & 0xFF == 0
            else:
                fits = (size + check) & 0xFF == 0 and size > 0
            if not fits:
                del self._in[: start + 2]
                continue
            if len(rest) < head + size + 1:
                return
            body, total = bytes(rest[head : head + size]), sum(rest[head : head + size + 1]) & 0xFF
            del self._in[: start + 2 + head + size + 1]
            if not chip.awake:
                continue
            if total or body[0] != 0xD4 or len(body) < 2:
                self.send(SYNTAX_ERROR)
                continue
            self._command(body[1:])

    def _command(self, payload: bytes) -> None:
        code = payload[0]
        self._waiting = None
        fault = self._faults[code].popleft() if self._faults[code] else Fault()
        self.heard.append(code)
        self._more.set()
        self.send(fault.acknowledgement)
        self._answer(payload, fault)
        if fault.then is not None:
            fault.then()

    def _answer(self, payload: bytes, fault: Fault) -> None:
        assert self.chip is not None
        if fault.carried_out:
            told = self.chip.execute(payload[0], payload[1:])
            if told is None:
                self._waiting = payload
                return
            data = frame(b"\xd5" + told) if told else SYNTAX_ERROR
        else:
            data = b""
        chip = self.chip
        for seconds, chunk in fault.arrives(data):
            if seconds:
                self._loop.call_later(seconds, self._send_of, chip, chunk)
            else:
                self.send(chunk)

    def _send_of(self, chip: Chip, data: bytes) -> None:
        if self.chip is chip:
            self.send(data)

    def _write(self) -> None:
        self._loop.remove_writer(self._master)
        with suppress(BlockingIOError):
            sent = os.write(self._master, self._out)
            del self._out[:sent]
        if self._out:
            self._loop.add_writer(self._master, self._write)
