"""Who and what is enrolled on one lock, with the look-ups that verification needs. Frozen: a change makes a new one."""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from types import MappingProxyType
from typing import Final

from lock_bridge.wire.words import CredentialType, Role

from .model import Credential, User

_OF_CREDENTIALS: Final = ("_by_user", "_counts")
"""Properties, worked out once, that do not depend on the users."""

type CredentialKey = tuple[CredentialType, int]

_NOBODY: Mapping[str, User] = MappingProxyType({})
_NOTHING: Mapping[CredentialKey, Credential] = MappingProxyType({})
_NO_MACS: Mapping[bytes, Credential] = MappingProxyType({})
_NO_SLOTS: Mapping[CredentialKey, Credential] = MappingProxyType({})


@dataclass(frozen=True)
class Directory:
    """Users by id and credentials by (kind, number), found by MAC or reader slot in constant time.

    What else is asked of it is worked out once, when it is asked for first, and kept: no slots, for that.
    """

    users: Mapping[str, User] = field(default=_NOBODY)
    credentials: Mapping[CredentialKey, Credential] = field(default=_NOTHING)
    by_mac: Mapping[bytes, Credential] = field(default=_NO_MACS, repr=False, compare=False)
    by_slot: Mapping[CredentialKey, Credential] = field(default=_NO_SLOTS, repr=False, compare=False)

    @classmethod
    def of(cls, users: Iterable[User], credentials: Iterable[Credential]) -> Directory:
        """The directory of these users and credentials."""
        return _indexed({user.id: user for user in users}, {(item.type, item.number): item for item in credentials})

    def with_user(self, user: User) -> Directory:
        """With `user` added, or in place of the one with the same id."""
        after = replace(self, users={**self.users, user.id: user})
        # What follows from the credentials alone is still so: an entry that is counted (USR-7) changes no more.
        vars(after).update({name: known for name, known in vars(self).items() if name in _OF_CREDENTIALS})
        return after

    def without_user(self, user_id: str) -> Directory:
        """Without a user and all her credentials (USR-5)."""
        return self.without_users((user_id,))

    def without_users(self, user_ids: Collection[str]) -> Directory:
        """Without some users and all their credentials."""
        users = {key: user for key, user in self.users.items() if key not in user_ids}
        return _indexed(users, {key: item for key, item in self.credentials.items() if item.user_id not in user_ids})

    def with_credential(self, credential: Credential) -> Directory:
        """With `credential` added, or in place of the one with the same kind and number."""
        key = (credential.type, credential.number)
        before = self.credentials.get(key)
        by_mac, by_slot = dict(self.by_mac), dict(self.by_slot)
        if before is not None:
            _unlist(before, by_mac, by_slot)
        if credential.mac is not None:
            by_mac[credential.mac] = credential
        if credential.slot is not None:
            by_slot[credential.type, credential.slot] = credential
        return Directory(self.users, {**self.credentials, key: credential}, by_mac, by_slot)

    def without_credentials(self, keys: Iterable[CredentialKey]) -> Directory:
        """Without some credentials."""
        credentials, by_mac, by_slot = dict(self.credentials), dict(self.by_mac), dict(self.by_slot)
        for key in keys:
            _unlist(credentials.pop(key), by_mac, by_slot)
        return Directory(self.users, credentials, by_mac, by_slot)

    def of_user(self, user_id: str, kind: CredentialType | None = None) -> tuple[Credential, ...]:
        """A user's credentials, by kind and number."""
        found = self._by_user.get(user_id, ())
        return found if kind is None else tuple(item for item in found if item.type is kind)

    def count(self, kind: CredentialType) -> int:
        """How many credentials of a kind there are."""
        return self._counts[kind]

    def free_credential_number(self, kind: CredentialType) -> int:
        """The lowest free number of a kind, from 1 (CAP-21)."""
        return _lowest_free({number for found, number in self.credentials if found is kind})

    def free_user_number(self) -> int:
        """The lowest free user number, from 1 (USR-2)."""
        return _lowest_free({user.number for user in self.users.values() if user.number is not None})

    def administrators(self) -> frozenset[str]:
        """The ids of the administrators who are enabled."""
        return self._administrators

    def opens_menu(self) -> bool:
        """Whether an administrator has a credential of her own to open the menu with (USR-1).

        A visitor's is none: neither a temporary passcode nor a Bluetooth key.
        """
        return self._opens_menu

    @cached_property
    def _by_user(self) -> Mapping[str, tuple[Credential, ...]]:
        found: dict[str, list[Credential]] = {}
        for item in sorted(self.credentials.values(), key=lambda item: (item.type, item.number)):
            found.setdefault(item.user_id, []).append(item)
        return {user_id: tuple(items) for user_id, items in found.items()}

    @cached_property
    def _counts(self) -> Counter[CredentialType]:
        return Counter(kind for kind, _ in self.credentials)

    @cached_property
    def _administrators(self) -> frozenset[str]:
        return frozenset(user.id for user in self.users.values() if user.role is Role.ADMINISTRATOR and user.enabled)

    @cached_property
    def _opens_menu(self) -> bool:
        return any(
            item.type is not CredentialType.BLE and not item.temporary
            for user_id in self._administrators
            for item in self.of_user(user_id)
        )


def _indexed(users: Mapping[str, User], credentials: Mapping[CredentialKey, Credential]) -> Directory:
    return Directory(
        users,
        credentials,
        by_mac={item.mac: item for item in credentials.values() if item.mac is not None},
        by_slot={(item.type, item.slot): item for item in credentials.values() if item.slot is not None},
    )


def _unlist(gone: Credential, by_mac: dict[bytes, Credential], by_slot: dict[CredentialKey, Credential]) -> None:
    if gone.mac is not None:
        by_mac.pop(gone.mac, None)
    if gone.slot is not None:
        by_slot.pop((gone.type, gone.slot), None)


def _lowest_free(taken: set[int]) -> int:
    return next(number for number in range(1, len(taken) + 2) if number not in taken)
