"""The bridge as it is now: one frozen value, replaced by each push."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any, Self

from custom_components.lock_bridge.wire.messages import Welcome, apply_changes
from custom_components.lock_bridge.wire.model import BridgeInfo, LockSnapshot
from custom_components.lock_bridge.wire.words import Scope


@dataclass(frozen=True, slots=True, kw_only=True)
class Cursor:
    """How far the journal has been read."""

    epoch: str
    seq: int


@dataclass(frozen=True, slots=True, kw_only=True)
class BridgeData:
    """The bridge, what this client may do there, and its locks by id."""

    info: BridgeInfo
    client_id: str
    scopes: frozenset[Scope]
    locks: Mapping[str, LockSnapshot]

    @classmethod
    def from_welcome(cls, welcome: Welcome) -> Self:
        """The state that a `Welcome` tells."""
        return cls(
            info=welcome.bridge,
            client_id=welcome.client_id,
            scopes=frozenset(welcome.scopes),
            locks=MappingProxyType({lock.id: lock for lock in welcome.locks}),
        )

    def changed(self, lock_id: str, changes: Mapping[str, Any]) -> Self:
        """The same with some fields of a lock other than before. Raises `bad_request` for values that no lock has."""
        lock = apply_changes(self.locks[lock_id], changes)
        return replace(self, locks=MappingProxyType({**self.locks, lock_id: lock}))
