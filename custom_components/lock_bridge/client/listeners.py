"""Who is told of what. A listener that fails harms neither the link nor the other listeners."""

import logging
from collections.abc import Callable

_LOGGER = logging.getLogger(__name__)

type Stop = Callable[[], None]


class Listeners[**P]:
    """Callbacks of one kind, called in the order in which they came."""

    def __init__(self) -> None:
        self._callbacks: dict[object, Callable[P, None]] = {}

    def add(self, callback: Callable[P, None]) -> Stop:
        """Call `callback` from now on, until the function that is returned is called."""
        key = object()
        self._callbacks[key] = callback
        return lambda: void(self._callbacks.pop(key, None))

    def tell(self, *args: P.args, **kwargs: P.kwargs) -> None:
        """Call them all."""
        for callback in tuple(self._callbacks.values()):
            try:
                callback(*args, **kwargs)
            except Exception:
                _LOGGER.exception("A listener failed")


def void(_value: object) -> None:
    """Nothing."""
