"""Who is to be in the module and who is not: what is to be deleted, and how it is found out that it was."""

import logging
from collections.abc import Collection, Mapping
from typing import Final

from lock_bridge.hardware.trouble import PartError, Trouble
from lock_bridge.wire.words import CredentialType

from .known import Identity, Known, Listing, slot_of
from .module import Module


class Stock:
    """The books on one module, and the deletions that are still to be done in it."""

    def __init__(self, known: Known) -> None:
        self.known = known
        self._to_delete: dict[CredentialType, set[int]] = {}
        self._half: set[str] = set(known.changing)
        """Names of enrolments that have not come to their end, or of whoever was being deleted when all went dark."""
        self._learning: str | None = None
        self._stuck: frozenset[str] = frozenset()

    @property
    def doomed(self) -> frozenset[str]:
        """Names of those who are to be gone: they open nothing, whether they are or not."""
        wanted = {
            name
            for kind, slots in self._to_delete.items()
            for name in self.known.users.get(kind, {}).values()
            if slot_of(kind, name) in slots
        }
        return frozenset(wanted | self._half)

    @property
    def unsettled(self) -> bool:
        """Something is to be deleted that has not been tried."""
        return bool(self.doomed - self._stuck - {self._learning})

    def slots(self, kind: CredentialType) -> frozenset[int]:
        """The slots that are taken, and are to be."""
        return self.known.slots(kind) - frozenset(self._to_delete.get(kind, ()))

    def delete(self, kind: CredentialType, slots: Collection[int]) -> None:
        """These are to be gone."""
        self._to_delete.setdefault(kind, set()).update(slots)
        self.known.about_to_change(self.doomed)

    def begin(self, name: str) -> None:
        """Somebody is being enrolled, and to be gone unless `keep` follows."""
        self._half.add(name)
        self._learning = name
        self.known.about_to_change(self.doomed)

    def keep(self, identity: Identity, kind: CredentialType, user: int, name: str) -> None:
        """The enrolment has come to its end."""
        self._learning = None
        self._half.discard(name)
        self._to_delete.get(kind, set()).discard(slot_of(kind, name) or -1)
        users = {**self.known.users, kind: {**self.known.users.get(kind, {}), user: name}}
        self.known.keep(identity, users)
        self.known.about_to_change(self.doomed)

    def give_up(self) -> None:
        """The enrolment has failed: nobody of its name is to be there."""
        self._learning = None

    def condemned(self, listing: Listing) -> Mapping[CredentialType, frozenset[int]]:
        """Who is in the module and should not: doomed, a stranger, or a second one in the same slot."""
        doomed = self.doomed
        found: dict[CredentialType, frozenset[int]] = {}
        for kind, users in listing.users.items():
            taken: set[int] = set()
            out = set()
            for user, name in sorted(users.items()):
                slot = slot_of(kind, name)
                if slot is None or slot in taken or name in doomed:
                    out.add(user)
                else:
                    taken.add(slot)
            if out:
                found[kind] = frozenset(out)
        return found

    async def empty(self, module: Module) -> Listing:
        """Have everybody deleted. Raises `PartError` when somebody is still there."""
        await module.forget_all()
        listing = await module.listing({})
        if any(listing.users.values()) or any(listing.surplus.values()):
            raise PartError("the module keeps whom it should forget", Trouble.UNSUPPORTED)
        return listing

    async def settle(self, module: Module, listing: Listing) -> None:
        """Have deleted whoever is condemned, in a module that has just been met, and put down who is left."""
        condemned = self.condemned(listing)
        strangers = sum(
            slot_of(kind, listing.users[kind][user]) is None for kind, users in condemned.items() for user in users
        )
        if strangers:
            _LOG.warning("The module holds %d users whom this lock has not enrolled; they are deleted", strangers)
        users = {kind: dict(those) for kind, those in listing.users.items()}
        for kind, those in condemned.items():
            for user in await module.forget(kind, those):
                del users[kind][user]
        after = await module.listing(users)
        for kind, surplus in after.surplus.items():
            if surplus > 0:
                await self._search(module, kind, users.get(kind, {}), surplus)
        self._put_down(module.identity, after)

    def _put_down(self, identity: Identity, listing: Listing) -> None:
        self.known.keep(identity, listing.users)
        left = self.known.names()
        stuck = self.doomed & left
        if stuck - self._stuck:
            _LOG.error("The module keeps %d users whom it should forget", len(stuck))
        self._stuck = stuck
        self._half &= left
        for kind in self._to_delete:
            self._to_delete[kind] &= self.known.slots(kind)
        self.known.about_to_change(self.doomed)

    async def _search(self, module: Module, kind: CredentialType, known: Collection[int], surplus: int) -> None:
        """Delete whoever is not listed and not known, by trying all numbers."""
        for user in module.dialect.ids[kind]:
            if user not in known and await module.forgets_hidden(kind, user):
                surplus -= 1
                if not surplus:
                    return
        _LOG.error("The module holds %d users whom it does not name", surplus)


_LOG: Final = logging.getLogger(__name__)
