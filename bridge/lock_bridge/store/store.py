"""The store as the event loop sees it: one file, one connection, one thread."""

import asyncio
import logging
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Final, Self

from lock_bridge.engine.effects import Durable
from lock_bridge.engine.model import Fact, Instant, User
from lock_bridge.wire.model import Event
from lock_bridge.wire.words import EventType, Priority

from .backup import verify
from .database import Database
from .errors import KeyFileError, StoreBusy, StoreConflict, StoreDamaged, StoreError
from .files import discard, make_folder, put_in_place, sidecar
from .journal import RETENTION, Budget
from .keys import DeviceKeys
from .rows import ClientRow, LockData
from .thread import WorkThread

_LOG = logging.getLogger(__name__)

STORE_FILE: Final = "store.db"
KEY_FILE: Final = "device.key"

_CLOSE_S: Final = 10.0


class Store:
    """Users, credentials, settings, clients and the journal, durable when a call returns.

    A write that fails has changed nothing and is worth trying again. If the power goes before another one goes well, it
    may yet turn out to have happened, whole. So may one that is cancelled. There is no time limit on a write: a disk
    that takes seconds has not failed, and one that hangs is the watchdog's matter (`ping`).
    """

    epoch: str
    """Names this journal's numbering. Another one: numbers seen before say nothing any more."""
    head: int
    """The last event that a commit has returned. Moves in the same step of the event loop as that call returns."""
    healthy: bool = True
    """Whether the last write went well, and nothing that was read was damaged."""
    last_error: str | None = None
    """What was wrong when `healthy` turned false."""

    def __init__(self, database: Database, thread: WorkThread) -> None:
        self.epoch = database.epoch
        self.head = database.head
        self._database = database
        self._thread = thread
        self._damaged = False
        self._touched: dict[str, tuple[int, str | None]] = {}

    @classmethod
    async def open(
        cls, path: Path, *, boot_id: str, create: bool = True, retention: Mapping[Priority, Budget] = RETENTION
    ) -> Self:
        """Open the store, or make it (`create`). Raises `StoreError`: damaged, too new, in use, or no disk."""
        thread = WorkThread("store")
        try:
            database = await thread.put(partial(_opened, path, boot_id, create, retention))
        except BaseException:
            thread.end()
            raise
        thread.afterwards = database.tidy
        return cls(database, thread)

    @property
    def oldest(self) -> int:
        """From this number on nothing is missing. Of what lies before, events of longer-lived priorities are kept.

        A client whose `last_seq` is below `oldest - 1` has missed something for good: it is told, and given the rest.
        """
        return self._database.oldest

    async def load(self, lock_id: str) -> LockData:
        """All that is kept of a lock; empty for one that was never seen."""
        return await self._read(partial(self._database.load, lock_id))

    async def commit(self, lock_id: str | None, items: Sequence[Durable], at: Instant) -> tuple[Event, ...]:
        """Carry out changes and write down records in one transaction. An event for each record, in their order."""
        if not items:
            return ()
        touched, self._touched = self._touched, {}
        try:
            return await self._journalled(partial(self._database.commit, lock_id, tuple(items), at, touched))
        except BaseException:
            self._touched = touched | self._touched
            raise

    async def events_after(self, seq: int, limit: int) -> tuple[Event, ...]:
        """At most `limit` events after number `seq` and up to `head`, oldest first."""
        return await self._read(partial(self._database.events_after, seq, self.head, limit))

    async def query(
        self,
        *,
        after: int | None = None,
        before: int | None = None,
        limit: int = 100,
        lock_id: str | None = None,
        user_id: str | None = None,
        types: Sequence[EventType] = (),
    ) -> tuple[Event, ...]:
        """A page of the journal up to `head`, between `after` and `before`. Oldest first if `after` is given."""
        until = self.head + 1 if before is None else min(before, self.head + 1)
        kinds = tuple(dict.fromkeys(types))
        return await self._read(partial(self._database.query, after, until, limit, lock_id, user_id, kinds))

    async def users(self) -> tuple[tuple[User, tuple[str, ...]], ...]:
        """The bridge's users by id, without a number, and the locks that each is on."""
        return await self._read(self._database.users)

    async def clients(self) -> tuple[ClientRow, ...]:
        """The paired clients, oldest first."""
        await self._flush()
        return await self._read(self._database.clients)

    async def add_client(self, row: ClientRow, facts: Sequence[Fact], at: Instant) -> tuple[Event, ...]:
        """Keep a client. Raises `StoreConflict` if its id or token is there already."""
        return await self._journalled(partial(self._database.add_client, row, tuple(facts), at))

    async def remove_client(self, client_id: str, facts: Sequence[Fact], at: Instant) -> tuple[Event, ...]:
        """Forget a client. Nothing is written and no event returned if there is none."""
        events = await self._journalled(partial(self._database.remove_client, client_id, tuple(facts), at))
        self._touched.pop(client_id, None)
        return events

    async def touch_client(self, client_id: str, ms: int, address: str | None) -> None:
        """Note when a client was last there. Written with the next commit; a power cut may lose it."""
        self._touched[client_id] = (ms, address)

    async def value(self, key: str) -> bytes | None:
        """A small value of another room's."""
        return await self._read(partial(self._database.value, key))

    async def put_value(self, key: str, value: bytes) -> None:
        """Keep a small value, such as the count of pairing tries."""
        await self._write(partial(self._database.put_value, key, value))

    async def renew_epoch(self) -> str:
        """A new numbering in the clients' eyes: after a factory reset, or when one knows numbers beyond `head`."""
        self.epoch = await self._write(self._database.renew_epoch)
        return self.epoch

    async def bind(self, keys: DeviceKeys) -> None:
        """Tie the store to its device key, once. Raises `KeyFileError` for another one: it fits no passcode in here."""
        bound = await self._read(partial(self._database.meta, "key_check"))
        if bound is None:
            await self._write(partial(self._database.put_meta, "key_check", keys.check))
        elif bound != keys.check:
            raise KeyFileError(
                "The device key is another one than the store's passcodes and cards were made with. "
                "Put back the key file that belongs to this store."
            )

    async def needs_key(self) -> bool:
        """Whether something in here is worth nothing without the device key that it was made with."""
        bound = await self._read(partial(self._database.meta, "key_check"))
        return bound is not None or await self._read(self._database.holds_macs)

    async def backup(self, target: Path) -> int:
        """Make a compact copy, look at every page of it, and only then give it its name. Its size in bytes."""
        made = sidecar(target, ".part")
        try:
            await asyncio.to_thread(make_folder, target.parent)
            await self._read(partial(self._database.copy_to, made))
            # The copy is a file of its own: looking at it holds nobody up.
            size = await asyncio.to_thread(verify, made)
            await asyncio.to_thread(put_in_place, made, target)
        except OSError as error:
            raise StoreError(f"The backup was not made: {error.strerror}. Check the folder {target.parent}.") from None
        finally:
            await asyncio.to_thread(discard, made)
        return size

    async def check(self) -> None:
        """Look at everything (`integrity_check`). Holds up commits for about a second for each 100,000 events."""
        await self._read(self._database.check)

    async def ping(self, timeout_s: float = 5.0) -> None:
        """Return when the thread answers; if the last write failed, try one. Raises `StoreBusy`, or what is wrong."""
        try:
            async with asyncio.timeout(timeout_s):
                if self.healthy or self._damaged:
                    await self._read(_nothing)
                else:
                    await self._write(self._database.probe)
        except TimeoutError:
            raise StoreBusy("The disk does not answer.") from None

    async def close(self) -> None:
        """Write what is outstanding and let go of the file."""
        if self._closed:
            return
        try:
            await self._flush()
        except StoreError as error:
            _LOG.warning("When clients were last there was not written down: %s", error)
        self._thread.afterwards = _nothing
        closing = self._thread.put(self._database.close)
        self._thread.end()
        try:
            async with asyncio.timeout(_CLOSE_S):
                await closing
        except TimeoutError:
            raise StoreBusy("The disk does not answer; what was committed is safe in the log.") from None

    @property
    def _closed(self) -> bool:
        return self._thread.ended

    async def _flush(self) -> None:
        if self._touched:
            touched, self._touched = self._touched, {}
            try:
                await self._write(partial(self._database.touch, touched))
            except BaseException:
                self._touched = touched | self._touched
                raise

    async def _journalled(self, work: Callable[[], tuple[Event, ...]]) -> tuple[Event, ...]:
        events = await self._write(work, self._advance)
        self._advance(events)
        return events

    async def _write[T](self, work: Callable[[], T], lost: Callable[[T], None] | None = None) -> T:
        try:
            result = await self._thread.put(work, lost)
        except StoreError as error:
            self._note(error)
            raise
        if not self.healthy and not self._damaged:
            _LOG.warning("The store can be written again")
            self.healthy, self.last_error = True, None
        return result

    async def _read[T](self, work: Callable[[], T]) -> T:
        try:
            return await self._thread.put(work)
        except StoreDamaged as error:
            self._note(error)
            raise

    def _note(self, error: StoreError) -> None:
        if isinstance(error, StoreConflict) or self._closed:
            return  # the caller's mistake says nothing about the disk
        if self.healthy:
            _LOG.error("%s", error)
        self._damaged = self._damaged or isinstance(error, StoreDamaged)
        self.healthy, self.last_error = False, str(error)

    def _advance(self, events: Sequence[Event]) -> None:
        if events:
            self.head = max(self.head, events[-1].seq)


async def open_store(folder: Path, *, boot_id: str) -> tuple[Store, DeviceKeys]:
    """The store and the device key of a data folder, made if neither is there. Raises `StoreError` if one is gone.

    Neither is ever made anew beside the other: an empty store would let in whoever comes first, a new key nobody.
    """
    key_file = folder / KEY_FILE
    store = await Store.open(folder / STORE_FILE, boot_id=boot_id, create=not await asyncio.to_thread(key_file.exists))
    try:
        may_create = not await store.needs_key()
        keys = await asyncio.to_thread(DeviceKeys.load_or_create, key_file, create=may_create)
        await store.bind(keys)
    except BaseException:
        await store.close()
        raise
    return store, keys


def _opened(path: Path, boot_id: str, create: bool, retention: Mapping[Priority, Budget]) -> Database:
    try:
        return Database(path, boot_id=boot_id, create=create, retention=retention)
    except OSError as error:
        raise StoreError(
            f"The store cannot be opened: {error.strerror}. Check the data folder {path.parent}."
        ) from None


def _nothing() -> None:
    pass
