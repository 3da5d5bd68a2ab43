"""The smart card service, as one thread speaks to it: readers, their states, and what a card answers.

All calls block, and raise `PartError` for what is more than a card that has gone.
"""

import importlib
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Final

from lock_bridge.hardware.trouble import PartError, Trouble


@dataclass(frozen=True, slots=True)
class State:
    """How a reader is: `count` grows with each card that comes or goes."""

    raw: int
    attached: bool
    card: bool
    count: int


UNKNOWN: Final = State(0, attached=True, card=False, count=-1)
"""Before the first look."""


class CardGone(Exception):
    """There is no card any more, or none that speaks."""


class Service:
    """One context of the service; a restart of the service ends it for good."""

    def __init__(self) -> None:
        # Imported here so that a bridge without such readers never loads it; raises `ImportError`.
        self._scard: Any = importlib.import_module("smartcard.scard")
        code, self._context = self._scard.SCardEstablishContext(self._scard.SCARD_SCOPE_SYSTEM)
        _check(code)

    def close(self) -> None:
        """Leave the service alone."""
        self._scard.SCardReleaseContext(self._context)

    def readers(self) -> Sequence[str]:
        """The names of all readers that are attached."""
        code, names = self._scard.SCardListReaders(self._context, [])
        if code & _MASK == _NO_READERS:
            return ()
        _check(code)
        return tuple(names)

    def wait(self, reader: str, before: State, longest_ms: int) -> State:
        """How the reader is, as soon as that differs from `before`; or after a while."""
        code, states = self._scard.SCardGetStatusChange(self._context, longest_ms, [(reader, before.raw)])
        if code & _MASK == _TIMEOUT:
            return before
        _check(code)
        raw = states[0][1]
        gone = self._scard.SCARD_STATE_UNKNOWN | self._scard.SCARD_STATE_UNAVAILABLE | self._scard.SCARD_STATE_IGNORE
        return State(
            raw & ~self._scard.SCARD_STATE_CHANGED,
            attached=not raw & gone,
            card=bool(raw & self._scard.SCARD_STATE_PRESENT) and not raw & self._scard.SCARD_STATE_MUTE,
            count=raw >> _COUNT,
        )

    def ask_card(self, reader: str, *commands: bytes) -> list[bytes]:
        """What the card, or the reader for it, answers. Raises `CardGone`; `PartError` while others have it."""
        code, card, protocol = self._scard.SCardConnect(
            self._context,
            reader,
            self._scard.SCARD_SHARE_SHARED,
            self._scard.SCARD_PROTOCOL_T0 | self._scard.SCARD_PROTOCOL_T1,
        )
        _check(code)
        first = protocol == self._scard.SCARD_PROTOCOL_T0
        header = self._scard.SCARD_PCI_T0 if first else self._scard.SCARD_PCI_T1
        answers = []
        try:
            for command in commands:
                code, answer = self._scard.SCardTransmit(card, header, list(command))
                _check(code)
                answers.append(bytes(answer))
        finally:
            self._scard.SCardDisconnect(card, self._scard.SCARD_LEAVE_CARD)
        return answers

    def ask_reader(self, reader: str, command: bytes) -> bytes | None:
        """What the reader itself answers, with or without a card; None where its driver lets nobody ask it."""
        with suppress(CardGone, PartError):
            code, handle, _ = self._scard.SCardConnect(self._context, reader, self._scard.SCARD_SHARE_DIRECT, 0)
            _check(code)
            try:
                code, answer = self._scard.SCardControl(handle, self._scard.SCARD_CTL_CODE(1), list(command))
                _check(code)
                return bytes(answer)
            finally:
                self._scard.SCardDisconnect(handle, self._scard.SCARD_LEAVE_CARD)
        return None

    def serial(self, reader: str) -> str | None:
        """The reader's serial number, where it tells one."""
        with suppress(CardGone, PartError):
            code, handle, _ = self._scard.SCardConnect(self._context, reader, self._scard.SCARD_SHARE_DIRECT, 0)
            _check(code)
            try:
                code, value = self._scard.SCardGetAttrib(handle, self._scard.SCARD_ATTR_VENDOR_IFD_SERIAL_NO)
                _check(code)
            finally:
                self._scard.SCardDisconnect(handle, self._scard.SCARD_LEAVE_CARD)
            text = bytes(value).split(b"\0")[0].decode("ascii", "replace").strip()
            return text if text.isprintable() and text else None
        return None


def _check(code: int) -> None:
    code &= _MASK
    if code == 0:
        return
    if code in _GONE:
        raise CardGone
    trouble, words = _TROUBLES.get(code, (Trouble.SERVICE_MISSING, "the smart card service ended the connection"))
    raise PartError(f"{words} (0x{code:08X})", trouble)


_MASK: Final = 0xFFFF_FFFF
_COUNT: Final = 16
_TIMEOUT: Final = 0x8010_000A
_NO_READERS: Final = 0x8010_002E

_GONE: Final = frozenset(
    {
        0x8010_000C,  # SCARD_E_NO_SMARTCARD
        0x8010_000F,  # SCARD_E_PROTO_MISMATCH
        0x8010_0016,  # SCARD_E_NOT_TRANSACTED
        0x8010_002F,  # SCARD_E_COMM_DATA_LOST
        0x8010_0065,  # SCARD_W_UNSUPPORTED_CARD
        0x8010_0066,  # SCARD_W_UNRESPONSIVE_CARD
        0x8010_0067,  # SCARD_W_UNPOWERED_CARD
        0x8010_0068,  # SCARD_W_RESET_CARD
        0x8010_0069,  # SCARD_W_REMOVED_CARD
    }
)
_TROUBLES: Final = {
    0x8010_0009: (Trouble.UNPLUGGED, "the reader is away"),  # SCARD_E_UNKNOWN_READER
    0x8010_0017: (Trouble.UNPLUGGED, "the reader is away"),  # SCARD_E_READER_UNAVAILABLE
    0x8010_000B: (Trouble.IN_USE, "another program keeps the reader to itself"),  # SCARD_E_SHARING_VIOLATION
    0x8010_0027: (Trouble.NO_PERMISSION, "the smart card service lets this user not in"),  # SCARD_E_NO_ACCESS
    0x8010_006A: (Trouble.NO_PERMISSION, "the smart card service lets this user not in"),  # SCARD_W_SECURITY_VIOLATION
    0x8010_001D: (Trouble.SERVICE_MISSING, "the smart card service (pcscd) does not run"),  # SCARD_E_NO_SERVICE
    0x8010_001E: (Trouble.SERVICE_MISSING, "the smart card service (pcscd) has stopped"),  # SCARD_E_SERVICE_STOPPED
}
