"""The first words with what answers on the port: whether it is a PN532, and its settings."""

from typing import Final

from lock_bridge.hardware.doubt import DoubtError
from lock_bridge.hardware.trouble import PartError, Trouble

from .commands import PN532, Firmware, field_off, firmware, no_protocol, normal_mode, two_tries
from .link import Link


async def greet(link: Link) -> Firmware:
    """Wake the chip and set it up, whatever it was doing. Raises `PartError` that says what answers instead."""
    for _ in range(_TRIES - 1):
        try:
            return await _greet(link)
        except DoubtError:
            # A waking chip loses a command, and noise damages one.
            continue
    before = link.counters.echoes
    try:
        return await _greet(link)
    except DoubtError as error:
        raise _verdict(bytes(link.sample), error, echoes=link.counters.echoes != before) from error
    finally:
        link.sample.clear()


async def _greet(link: Link) -> Firmware:
    link.sample.clear()
    await link.settle()
    found = await link.ask(firmware())
    if found.ic != PN532:
        raise PartError(f"a {found.words} answers, and no PN532", Trouble.UNSUPPORTED)
    for command in (normal_mode(), no_protocol(), two_tries(), field_off()):
        await link.ask(command)
    return found


def _verdict(heard: bytes, error: DoubtError, *, echoes: bool) -> PartError:
    """What those few bytes tell of who sends them."""
    if echoes:
        return PartError("our own commands come back: the two data wires touch each other", Trouble.GARBLED)
    for mark, what in _STRANGERS.items():
        if mark in heard:
            return PartError(f"{what} answers", Trouble.UNSUPPORTED)
    if len(heard) >= _LINE and all(byte in _TEXT for byte in heard):
        return PartError("something that sends text answers", Trouble.UNSUPPORTED)
    return PartError(str(error), error.trouble)


_TRIES: Final = 3
_STRANGERS: Final = {
    bytes.fromhex("EF01 FFFFFFFF"): "a fingerprint module",
    bytes.fromhex("EFAA 00"): "a face or palm vein module",
}
_TEXT: Final = frozenset((9, 10, 13, *range(32, 127)))
_LINE: Final = 12
"""So much text is hardly noise."""
