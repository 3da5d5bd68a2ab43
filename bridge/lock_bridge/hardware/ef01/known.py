"""The module that is trusted: who it is and which slots it holds, kept over restarts of the bridge."""

import json
import logging
from collections.abc import Collection
from dataclasses import asdict
from typing import Any, Final

from lock_bridge.hardware.memory import IDENTITY, PartMemory

from .commands import Product
from .module import Identity


class Known:
    """Tells the module of before from another one, also from one that was exchanged while the bridge was down."""

    def __init__(self, memory: PartMemory) -> None:
        self._memory = memory
        self._identity: Identity | None = None
        self._slots: frozenset[int] | None = None
        self._changing: frozenset[int] = frozenset()
        self.to_be_emptied = False
        """An administrator trusts whoever answers next, but not those who are enrolled in it."""
        self._forgotten = False
        """There was one, but who it was cannot be read: nobody passes for it."""
        self._read()
        self.first = self._identity is None and not (self._forgotten or self.to_be_emptied)
        """None was ever known before this start of the bridge: nobody in it is the lock's."""

    @property
    def identity(self) -> Identity | None:
        """Who it is; None: nobody is known yet."""
        return self._identity

    @property
    def slots(self) -> frozenset[int]:
        """Those that are occupied in it, as far as is known."""
        return self._slots or frozenset()

    def is_same(self, identity: Identity, slots: frozenset[int]) -> bool:
        """Whether it is the module of before, or the first one; slots that were about to change may have done so."""
        if self._identity is None:
            return not self._forgotten
        changed = (slots ^ (self._slots or frozenset())) - self._changing
        return identity == self._identity and not changed

    def about_to_change(self, slots: Collection[int]) -> None:
        """These slots are being filled or emptied: if all goes dark now, either will be right."""
        if self._changing != slots:
            self._changing = frozenset(slots)
            self._write()

    def keep(self, identity: Identity, slots: frozenset[int]) -> None:
        """This is the module, and what it holds."""
        if (identity, slots) != (self._identity, self._slots):
            self._identity, self._slots = identity, slots
            self._write()

    def emptied(self) -> None:
        """Nothing is left in it of those who were enrolled before it was trusted."""
        if self.to_be_emptied:
            self.to_be_emptied = False
            self._write()

    def start_anew(self) -> None:
        """Whoever answers next is the right one, and is to be emptied first: also if all goes dark now."""
        self._identity = self._slots = None
        self._forgotten = self.first = False
        self.to_be_emptied = True
        self._memory.put(IDENTITY, json.dumps({"empty": True}))

    def _write(self) -> None:
        if self._identity is None or self._slots is None:
            return
        kept = {
            "system_id": self._identity.system_id,
            "capacity": self._identity.capacity,
            "product": None if self._identity.product is None else asdict(self._identity.product),
            "slots": sorted(self._slots),
            "changing": sorted(self._changing),
            "empty": self.to_be_emptied,
        }
        self._memory.put(IDENTITY, json.dumps(kept, sort_keys=True))

    def _read(self) -> None:
        text = self._memory.get(IDENTITY)
        if text is None:
            return
        try:
            kept: dict[str, Any] = json.loads(text)
            self.to_be_emptied = kept.get("empty") is True
            if "product" not in kept and self.to_be_emptied:
                return
            product = None if kept["product"] is None else Product(**kept["product"])
            identity = Identity(int(kept["system_id"]), int(kept["capacity"]), product)
            slots, changing = frozenset(map(int, kept["slots"])), frozenset(map(int, kept["changing"]))
        except ValueError, KeyError, TypeError, AttributeError:
            _LOG.error("What was kept of the fingerprint module cannot be read: whoever answers has to be trusted anew")
            self._forgotten, self.to_be_emptied = True, False
        else:
            self._identity, self._slots, self._changing = identity, slots, changing


_LOG: Final = logging.getLogger(__name__)
