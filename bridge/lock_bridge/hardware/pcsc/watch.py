"""One reader, watched by a thread of its own: who it is, the cards that come to it and go."""

import logging
import re
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Final

from lock_bridge.hardware.trouble import PartError, Trouble

from .service import UNKNOWN, CardGone, Service
from .settings import Settings

_LOG: Final = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Found:
    """A reader, by all that tells it from others."""

    words: str


@dataclass(frozen=True, slots=True)
class Card:
    """A card has come."""

    uid: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Gone:
    """It has left."""


type Seen = Found | Card | Gone


def watch(settings: Settings, tell: Callable[[Seen], None], stop: threading.Event) -> None:
    """Watch until `stop`. Blocks; raises `PartError`, or `ImportError` without its library."""
    service = _connected(stop)
    try:
        _watch(service, settings, tell, stop)
    finally:
        service.close()


def choose(names: Sequence[str], wanted: str | None) -> str:
    """The reader that is meant. Raises `PartError` that says which there are, where none or more than one is."""
    if not names:
        raise PartError("the smart card service sees no reader", Trouble.MISSING)
    meant = [name for name in names if wanted is None or wanted.casefold() in name.casefold()]
    # A slot for a security module lies inside the housing: nobody holds a card to it.
    meant = [name for name in meant if not _INSIDE.search(name)] or meant
    there = "; ".join(sorted({_bare(name) for name in names}))
    if not meant:
        raise PartError(f'no reader is called "{wanted}"; there is: {there}', Trouble.MISSING)
    if len({_bare(name) for name in meant}) > 1:
        raise PartError(
            f'more than one reader could be meant, name it with "reader"; there is: {there}', Trouble.MISSING
        )
    return min(meant)


def _connected(stop: threading.Event) -> Service:
    try:
        return Service()
    except PartError as error:
        if error.trouble is not Trouble.NO_PERMISSION:
            raise
    # A service that is about to end refuses everybody: who is refused twice may really not enter.
    stop.wait(_OTHERS_S)
    return Service()


def _watch(service: Service, settings: Settings, tell: Callable[[Seen], None], stop: threading.Event) -> None:
    reader = choose(service.readers(), settings.reader)
    serial = service.serial(reader)
    before: tuple[bytes, ...] = ()
    if not settings.buzzer and _BEEPS.search(reader):
        before = () if _good(service.ask_reader(reader, _BUZZER_OFF)) else (_BUZZER_OFF,)
    tell(Found(_bare(reader) if serial is None else f"{_bare(reader)}, serial {serial}"))
    state = UNKNOWN
    held = False
    while not stop.is_set():
        last, state = state, service.wait(reader, state, _WAIT_MS)
        if not state.attached:
            raise PartError("the reader is away", Trouble.UNPLUGGED)
        if state.count == last.count and state.card == last.card:
            continue  # nothing, or somebody else's use of the card
        if held:
            tell(Gone())
        held = state.card
        if held and (uid := _uid(service, reader, before, stop)) is not None:
            before = ()
            tell(Card(uid))


def _uid(service: Service, reader: str, before: tuple[bytes, ...], stop: threading.Event) -> bytes | None:
    """The number of the card; None for one without, or one that has gone already."""
    for left in reversed(range(_TRIES)):
        try:
            answer = service.ask_card(reader, *before, _GET_UID)[-1]
        except CardGone:
            continue
        except PartError as error:
            if error.trouble is not Trouble.IN_USE or not left:
                raise
            stop.wait(_OTHERS_S)
            continue
        if _good(answer) and _SHORTEST <= len(answer) - len(_OK) <= _LONGEST:
            return answer[: -len(_OK)]
        _LOG.debug("A card without a number of its own lies on %s", _bare(reader))
        return None
    return None


def _good(answer: bytes | None) -> bool:
    return answer is not None and answer.endswith(_OK)


def _bare(name: str) -> str:
    """A reader's name without the numbers of place and slot, which change when it is plugged in again."""
    return _PLACE.sub("", name)


_PLACE: Final = re.compile(r" [0-9A-F]{2} [0-9A-F]{2}$")
_INSIDE: Final = re.compile(r"\bSAM\b")
_BEEPS: Final = re.compile(r"ACR122")
_GET_UID: Final = bytes.fromhex("FFCA000000")
_BUZZER_OFF: Final = bytes.fromhex("FF00520000")
_OK: Final = b"\x90\x00"
_SHORTEST: Final = 4
_LONGEST: Final = 10
_WAIT_MS: Final = 500
"""So long a stop may take."""

_TRIES: Final = 3
_OTHERS_S: Final = 0.2
"""Given to a program that has the card to itself for a moment."""
