"""How far the bridge's journal has been told, kept through restarts of Home Assistant."""

from collections.abc import Iterable
from typing import Final, NotRequired, TypedDict, cast

from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.storage import Store

from .client import Cursor
from .const import DOMAIN

SAVE_S: Final = 1.0
"""So long a cursor may lie unsaved. If Home Assistant is killed within it, the events of that second are told again,
marked as replayed, and with the same `id`."""


class _Saved(TypedDict):
    epoch: str
    seq: int
    untold: NotRequired[list[int]]


class CursorStore:
    """How far the journal was told, and what was left out on the way."""

    def __init__(self, hass: HomeAssistant, entry_id: str) -> None:
        self.cursor: Cursor | None = None
        """The last event told; None before the bridge was ever met."""
        self.untold: frozenset[int] = frozenset()
        """Alarms before it that wait to be told."""
        self._due = False
        self._store = Store[_Saved](hass, 1, f"{DOMAIN}.{entry_id}", private=True, atomic_writes=True)

    async def async_load(self) -> None:
        """Read it from disk."""
        if saved := await self._store.async_load():
            self.cursor = Cursor(epoch=saved["epoch"], seq=saved["seq"])
            self.untold = frozenset(saved.get("untold", ()))

    @callback
    def async_set(self, cursor: Cursor, untold: Iterable[int] = ()) -> None:
        """Keep it, soon."""
        self.cursor = cursor
        self.untold = frozenset(untold)
        # Each call puts a pending save off, so there is one at a time: a busy door is saved as often as a calm one.
        if not self._due:
            self._due = True
            self._store.async_delay_save(self._data, SAVE_S)

    async def async_save(self) -> None:
        """Keep it now."""
        if self._due:
            await self._store.async_save(self._data())

    async def async_remove(self) -> None:
        """Forget it."""
        await self._store.async_remove()

    def _data(self) -> _Saved:
        self._due = False
        cursor = cast("Cursor", self.cursor)
        return {"epoch": cursor.epoch, "seq": cursor.seq, "untold": sorted(self.untold)}
