"""Who and what is enrolled on one lock, with the look-ups that verification needs. Frozen: a change makes a new one."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType

from lock_bridge.wire.words import CredentialType, Role

from .model import Credential, User

type CredentialKey = tuple[CredentialType, int]

_NOBODY: Mapping[str, User] = MappingProxyType({})
_NOTHING: Mapping[CredentialKey, Credential] = MappingProxyType({})
_NO_MACS: Mapping[bytes, Credential] = MappingProxyType({})
_NO_SLOTS: Mapping[CredentialKey, Credential] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Directory:
    """Users by id and credentials by (kind, number), found by MAC or reader slot in constant time."""

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
        return replace(self, users={**self.users, user.id: user})

    def without_user(self, user_id: str) -> Directory:
        """Without a user and all her credentials (USR-5)."""
        users = {key: user for key, user in self.users.items() if key != user_id}
        return _indexed(users, {key: item for key, item in self.credentials.items() if item.user_id != user_id})

    def with_credential(self, credential: Credential) -> Directory:
        """With `credential` added, or in place of the one with the same kind and number."""
        return _indexed(self.users, {**self.credentials, (credential.type, credential.number): credential})

    def without_credential(self, kind: CredentialType, number: int) -> Directory:
        """Without one credential."""
        return _indexed(self.users, {key: item for key, item in self.credentials.items() if key != (kind, number)})

    def of_user(self, user_id: str, kind: CredentialType | None = None) -> tuple[Credential, ...]:
        """A user's credentials, by kind and number."""
        found = (item for item in self.credentials.values() if item.user_id == user_id and kind in (None, item.type))
        return tuple(sorted(found, key=lambda item: (item.type, item.number)))

    def count(self, kind: CredentialType) -> int:
        """How many credentials of a kind there are."""
        return sum(1 for item in self.credentials.values() if item.type is kind)

    def free_credential_number(self, kind: CredentialType) -> int:
        """The lowest free number of a kind, from 1 (CAP-21)."""
        return _lowest_free({number for found, number in self.credentials if found is kind})

    def free_user_number(self) -> int:
        """The lowest free user number, from 1 (USR-2)."""
        return _lowest_free({user.number for user in self.users.values() if user.number is not None})

    def administrators(self) -> frozenset[str]:
        """The ids of the administrators who are enabled."""
        return frozenset(user.id for user in self.users.values() if user.role is Role.ADMINISTRATOR and user.enabled)

    def opens_menu(self) -> bool:
        """Whether an administrator has a credential to open the menu with (USR-1)."""
        administrators = self.administrators()
        return any(item.user_id in administrators for item in self.credentials.values())


def _indexed(users: Mapping[str, User], credentials: Mapping[CredentialKey, Credential]) -> Directory:
    return Directory(
        users,
        credentials,
        by_mac={item.mac: item for item in credentials.values() if item.mac is not None},
        by_slot={(item.type, item.slot): item for item in credentials.values() if item.slot is not None},
    )


def _lowest_free(taken: set[int]) -> int:
    return next(number for number in range(1, len(taken) + 2) if number not in taken)
