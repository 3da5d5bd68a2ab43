"""The bridge as it is now: one frozen value, replaced by each push."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Any, Self

from custom_components.lock_bridge.wire.messages import People, Welcome, apply_changes
from custom_components.lock_bridge.wire.model import BridgeInfo, BridgeStatus, LockSnapshot, UserInfo
from custom_components.lock_bridge.wire.words import Scope


@dataclass(frozen=True, slots=True, kw_only=True)
class Cursor:
    """How far the journal has been read."""

    epoch: str
    seq: int


@dataclass(frozen=True, slots=True, kw_only=True)
class BridgeData:
    """The bridge, what this client may do there, its locks by id, and who is on them."""

    info: BridgeInfo
    client_id: str
    scopes: frozenset[Scope]
    locks: Mapping[str, LockSnapshot]
    people: Mapping[str, Mapping[str, UserInfo]] = field(default_factory=lambda: MappingProxyType({}))
    """By lock, then by user; nobody where this client may not know who is there."""
    status: BridgeStatus | None = None

    @classmethod
    def from_welcome(cls, welcome: Welcome) -> Self:
        """The state that a `Welcome` tells."""
        return cls(
            info=welcome.bridge,
            client_id=welcome.client_id,
            scopes=frozenset(welcome.scopes),
            locks=MappingProxyType({lock.id: lock for lock in welcome.locks}),
            people=MappingProxyType({lock.id: MappingProxyType({}) for lock in welcome.locks}),
            status=welcome.status,
        )

    def changed(self, lock_id: str, changes: Mapping[str, Any]) -> Self:
        """The same with some fields of a lock other than before. Raises `bad_request` for values that no lock has."""
        lock = apply_changes(self.locks[lock_id], changes)
        return replace(self, locks=MappingProxyType({**self.locks, lock_id: lock}))

    def with_people(self, told: People) -> Self:
        """The same with other people on a lock; the order is the bridge's."""
        here = {**self.people.get(told.lock, {}), **{user.id: user for user in told.users}}
        for user_id in told.gone:
            here.pop(user_id, None)
        return replace(self, people=MappingProxyType({**self.people, told.lock: MappingProxyType(here)}))

    def with_status(self, status: BridgeStatus) -> Self:
        """The same with another state of the bridge itself."""
        return replace(self, status=status)

    def user(self, user_id: str) -> Mapping[str, UserInfo]:
        """A person as she is on each of her locks, by lock (USR-10); empty: nobody has that id."""
        return {lock_id: users[user_id] for lock_id, users in self.people.items() if user_id in users}
