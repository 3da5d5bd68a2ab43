"""The module that is trusted and who is enrolled in it, kept over restarts of the bridge.

A module chooses its users' numbers itself. So the lock's slot stands in a user's name, with a few random digits behind
it, by which a user of ours is told from one of the same slot in a module that somebody else has filled.
"""

import json
import logging
import re
import secrets
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from lock_bridge.hardware.memory import IDENTITY, PartMemory
from lock_bridge.wire.words import CredentialType

type Users = Mapping[CredentialType, Mapping[int, str]]
"""Names by the module's own numbers; an empty name: none that is known."""


def new_name(kind: CredentialType, slot: int) -> str:
    """A name for a user who is to be learnt into a slot."""
    return f"lb:{kind.value}:{slot}:{secrets.token_hex(4)}"


def slot_of(kind: CredentialType, name: str) -> int | None:
    """The slot in the name of a user of a kind; None: the name is not one of ours."""
    found = _NAME.fullmatch(name)
    return None if found is None or found[1] != kind.value else int(found[2])


@dataclass(frozen=True, slots=True)
class Identity:
    """By what a module is told from another one."""

    version: str
    serial: str


@dataclass(frozen=True, slots=True)
class Listing:
    """Who is enrolled in a module; of kinds that it only counts, how many there are beyond those who are known."""

    users: Users
    surplus: Mapping[CredentialType, int] = field(default_factory=dict)


class Known:
    """Tells the module of before from another one, also from one that was exchanged while the bridge was down."""

    def __init__(self, memory: PartMemory) -> None:
        self._memory = memory
        self.identity: Identity | None = None
        self.users: Users = {}
        self.changing: frozenset[str] = frozenset()
        """Names of those who are being enrolled or deleted: if all goes dark now, either will be right."""
        self.to_be_emptied = False
        """An administrator trusts whoever answers next, but not those who are enrolled in it."""
        self._forgotten = False
        """There was one, but who it was cannot be read: nobody passes for it."""
        self._read()
        self.first = self.identity is None and not (self._forgotten or self.to_be_emptied)
        """None was ever known before this start of the bridge: nobody in it is the lock's."""

    def name(self, kind: CredentialType, user: int) -> str | None:
        """The name of a user."""
        return self.users.get(kind, {}).get(user)

    def names(self) -> frozenset[str]:
        """The names of all users."""
        return frozenset(name for those in self.users.values() for name in those.values())

    def slots(self, kind: CredentialType) -> frozenset[int]:
        """The slots that are taken."""
        found = (slot_of(kind, name) for name in self.users.get(kind, {}).values())
        return frozenset(slot for slot in found if slot is not None)

    def is_same(self, identity: Identity, listing: Listing) -> bool:
        """Whether it is the module of before, or the first one."""
        if self.identity is None:
            return not self._forgotten
        return identity == self.identity and all(
            self._same_users(kind, listing) for kind in {*self.users, *listing.users, *listing.surplus}
        )

    def about_to_change(self, names: Collection[str]) -> None:
        """These users are being enrolled or deleted."""
        if self.changing != names:
            self.changing = frozenset(names)
            self._write()

    def keep(self, identity: Identity, users: Users) -> None:
        """This is the module, and who is in it."""
        if (identity, users) != (self.identity, self.users):
            self.identity, self.users = identity, {kind: dict(those) for kind, those in users.items()}
            self._write()

    def emptied(self) -> None:
        """Nothing is left in it of those who were enrolled before it was trusted."""
        if self.to_be_emptied:
            self.to_be_emptied = False
            self._write()

    def start_anew(self) -> None:
        """Whoever answers next is the right one, and is to be emptied first: also if all goes dark now."""
        self.identity, self.users, self.changing = None, {}, frozenset()
        self._forgotten = self.first = False
        self.to_be_emptied = True
        self._memory.put(IDENTITY, json.dumps({"empty": True}))

    def _same_users(self, kind: CredentialType, listing: Listing) -> bool:
        before, now = self.users.get(kind, {}), listing.users.get(kind, {})
        half = len(self.changing)
        if not -half <= listing.surplus.get(kind, 0) <= half:
            return False
        gone = [name for user, name in before.items() if user not in now]
        new = [name for user, name in now.items() if user not in before]
        renamed = any(name and name != before[user] for user, name in now.items() if user in before)
        nameless = new.count("")
        return (
            not renamed
            and all(name in self.changing for name in gone)
            and all(not name or name in self.changing for name in new)
            and nameless <= half
        )

    def _write(self) -> None:
        if self.identity is None:
            return
        kept = {
            "version": self.identity.version,
            "serial": self.identity.serial,
            "users": {
                kind.value: {str(user): name for user, name in those.items()} for kind, those in self.users.items()
            },
            "changing": sorted(self.changing),
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
            if "serial" not in kept and self.to_be_emptied:
                return
            identity = Identity(str(kept["version"]), str(kept["serial"]))
            users = {
                CredentialType(kind): {int(user): str(name) for user, name in those.items()}
                for kind, those in kept["users"].items()
            }
            changing = frozenset(map(str, kept["changing"]))
        except ValueError, KeyError, TypeError, AttributeError:
            _LOG.error("What was kept of the module cannot be read: whoever answers has to be trusted anew")
            self._forgotten, self.to_be_emptied = True, False
        else:
            self.identity, self.users, self.changing = identity, users, changing


_NAME: Final = re.compile(r"lb:([a-z_]+):([0-9]{1,5}):[0-9a-f]{8}")
_LOG: Final = logging.getLogger(__name__)
