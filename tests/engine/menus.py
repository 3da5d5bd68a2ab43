"""What people do in the menus, for the tests of both families."""

from itertools import groupby

from lock_bridge.engine.effects import Light
from lock_bridge.engine.inputs import Key
from lock_bridge.engine.menu_state import Menu, Stage
from tests.engine.conftest import ANNA
from tests.engine.lock import Lock


def ask_for_menu(lock: Lock) -> None:
    """SET on the rear, or the code of the menu."""
    if lock.profile.menu == "numbered":
        lock.press(Key.SET)
    else:
        lock.enter("3571")


def open_menu(lock: Lock, code: str = ANNA) -> None:
    """An administrator opens the menu, hears what is said, and it is quiet again."""
    ask_for_menu(lock)
    lock.press(*code, "ok")
    assert stage(lock) is Stage.TOP
    lock.listen_out()
    lock.listen()


def menu(lock: Lock) -> Menu:
    """The menu that is open."""
    assert lock.state.menu is not None
    return lock.state.menu


def stage(lock: Lock) -> Stage | None:
    """What the menu waits for; None: none is open."""
    return None if lock.state.menu is None else lock.state.menu.stage


def blinked(lock: Lock) -> str:
    """Digits that have lit one at a time since the last `listen`, in their order, once the show is over."""
    lock.advance(5_000)
    pictures = [keys for keys, _ in groupby(effect.keys for effect in lock.of(Light))]
    return "".join(next(iter(keys)) for keys in pictures if len(keys) == 1 and next(iter(keys)).isdigit())


def code(lock: Lock, digits: str) -> None:
    """A new passcode, the same one twice."""
    lock.press(*digits, "ok", *digits, "ok")
