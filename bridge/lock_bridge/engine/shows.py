"""Light shows at the keypad: a number digit by digit, a failure, a flash (USR-2, USR-3, DLM-12)."""

from typing import Final, cast

from .inputs import Key, Timer
from .model import User
from .state import Frame
from .turn import Turn

_DARK: Final[frozenset[str]] = frozenset()
_GAP_MS: Final = 200
"""Between two digits: the same one twice must be told from one that stays on."""

_RUN_MS: Final = 120
"""How long each digit of a failure lights: all ten while the beep is still in the ear."""

_FLASH_MS: Final = 300
_DIGITS: Final = "1234567890"
"""As they stand on the keypad."""


def number(turn: Turn, shown: int) -> None:
    """USR-2: the digits of a number, once each, in order; three of them where the lock numbers its users."""
    width = 3 if turn.profile.users else 1
    frames: list[Frame] = []
    for digit in f"{shown:0{width}}":
        frames += (Frame(frozenset((digit,)), turn.profile.digit_ms), Frame(_DARK, _GAP_MS))
    turn.play(*frames)


def user(turn: Turn, who: User) -> None:
    """USR-2: her number, where the lock numbers its users."""
    number(turn, cast("int", who.number))


def failure(turn: Turn) -> None:
    """USR-3: the digits light one after another."""
    turn.play(*(Frame(frozenset((digit,)), _RUN_MS) for digit in _DIGITS))


def twice(turn: Turn, key: Key) -> None:
    """DLM-12: one key flashes twice."""
    turn.play(*(Frame(frozenset((key.value,)), _FLASH_MS), Frame(_DARK, _FLASH_MS)) * 2)


def end(turn: Turn) -> None:
    """The lights follow from the state again."""
    if turn.state.show:
        turn.set(show=())
        turn.stop(Timer.SHOW)


def next_frame(turn: Turn) -> None:
    """The picture of now is over."""
    rest = turn.state.show[1:]
    turn.set(show=rest)
    if rest:
        turn.start(Timer.SHOW, rest[0].ms)
