"""A process that works on a store and says what it was promised; run by the tests, to be killed or cut off.

workload.py FOLDER SCENARIO [SETTING=VALUE ...]
"""

import asyncio
import os
import sqlite3
import sys
from collections.abc import Callable
from pathlib import Path
from random import Random

from lock_bridge.engine.effects import Durable, Record
from lock_bridge.engine.model import Instant
from lock_bridge.store import Budget, Store, connection, files, keys, open_store, restore, rows, thread
from lock_bridge.wire.words import Priority
from tests.store.disk import ACKS
from tests.store.plain import BOOT_ID, Plain, refused, some_changes

RETENTION = dict.fromkeys(Priority, Budget(rows=60, age_ms=10**12, floor=10))
COMMITS = 120


def commit_number(number: int, plain: Plain) -> tuple[str, list[Durable]]:
    """What the n-th commit does; the same in every process."""
    random = Random(number)
    lock_id, changes = some_changes(plain, random)
    return lock_id, [*changes, *(Record(refused(number)) for _ in range(random.randint(1, 3)))]


class History:
    """The state after each commit, and how many events there are by then."""

    def __init__(self) -> None:
        self.states = [Plain()]
        self.heads = [0]

    def upto(self, number: int) -> History:
        while len(self.states) <= number:
            lock_id, items = commit_number(len(self.states), self.states[-1])
            self.states.append(self.states[-1].after(lock_id, items))
            self.heads.append(self.heads[-1] + sum(isinstance(item, Record) for item in items))
        return self

    def number_of(self, head: int) -> int:
        """After which commit the journal ends at `head`. Raises `ValueError` in the middle of one."""
        while self.heads[-1] < head:
            self.upto(len(self.states))
        return self.heads.index(head)


class Acks:
    """Tells the test, by a file that it sees, what has begun and what was promised."""

    def __init__(self, folder: Path) -> None:
        self._file = os.open(folder / ACKS, os.O_CREAT | os.O_WRONLY | os.O_APPEND, 0o600)

    def say(self, word: str) -> None:
        os.write(self._file, f"{word}\n".encode())


def instant(number: int) -> Instant:
    return Instant(number * 1000, 1_780_000_000_000 + number * 1000)


async def commits(store: Store, history: History, acks: Acks, first: int, last: int) -> None:
    for number in range(first, last + 1):
        lock_id, items = commit_number(number, history.upto(number - 1).states[-1])
        await store.commit(lock_id, items, instant(number))
        acks.say(str(number))


async def work(folder: Path, acks: Acks) -> None:
    """Made, filled, trimmed, checkpointed, closed, opened, backed up."""
    history = History()
    store = await Store.open(folder / "store.db", boot_id=BOOT_ID, retention=RETENTION)
    await commits(store, history, acks, 1, COMMITS // 2)
    await store.close()
    store = await Store.open(folder / "store.db", boot_id=BOOT_ID, retention=RETENTION)
    await commits(store, history, acks, COMMITS // 2 + 1, COMMITS - 20)
    await store.backup(folder / "backup.db")
    acks.say("backup")
    await commits(store, history, acks, COMMITS - 19, COMMITS)
    await store.close()


async def setting_up(folder: Path, acks: Acks) -> None:
    """The first start of all, with the device key."""
    store, _ = await open_store(folder, boot_id=BOOT_ID)
    acks.say("made")
    await commits(store, History(), acks, 1, 3)
    await store.close()


async def restoring(folder: Path, acks: Acks) -> None:
    """A store with a log, put back to an earlier backup."""
    history = History()
    store = await Store.open(folder / "store.db", boot_id=BOOT_ID)
    await commits(store, history, acks, 1, 20)
    await store.backup(folder / "backup.db")
    acks.say("backup")
    await commits(store, history, acks, 21, 40)
    # As after a kill: the log is there, nobody holds it.
    killed = {name: (folder / name).read_bytes() for name in ("store.db", "store.db-wal")}
    await store.close()
    for name, content in killed.items():
        (folder / name).write_bytes(content)
        files.sync_file(folder / name)
    files.sync_folder(folder)
    acks.say("begun")
    await asyncio.to_thread(restore, folder / "backup.db", folder / "store.db")
    acks.say("restored")


async def migrating(folder: Path, acks: Acks) -> None:
    """A store of the version before, brought up."""
    store = await Store.open(folder / "store.db", boot_id=BOOT_ID)
    await commits(store, History(), acks, 1, 40)
    await store.close()
    install_next_version()
    store = await Store.open(folder / "store.db", boot_id=BOOT_ID)
    acks.say("migrated")
    await store.close()


def install_next_version() -> Callable[[], None]:
    """A version that rebuilds the credentials' table, in two steps. Call the answer to take it away."""
    from lock_bridge.store import backup, database, schema

    def copy(link: sqlite3.Connection) -> None:
        (create,) = link.execute("SELECT sql FROM sqlite_schema WHERE name = 'credential'").fetchone()
        link.execute(create.replace("TABLE credential", "TABLE other", 1))
        link.execute("INSERT INTO other SELECT * FROM credential")

    columns = rows.COLUMNS["credential"]
    rebuild = (
        copy,
        "DROP TABLE credential",
        "ALTER TABLE other RENAME TO credential",
        "CREATE INDEX credential_user ON credential (lock_id, user_id)",
        lambda link: rows.reseal(link, "credential", columns, columns),
    )
    before = schema.MIGRATIONS
    for module in (schema, database, backup):
        module.MIGRATIONS = (*before, ("CREATE TABLE more (id INTEGER PRIMARY KEY) STRICT",), rebuild)

    def remove() -> None:
        for module in (schema, database, backup):
            module.MIGRATIONS = before

    return remove


async def forever(folder: Path, _acks: Acks) -> None:
    """Commits without an end, promised on standard output."""
    history = History()
    store = await Store.open(folder / "store.db", boot_id=BOOT_ID, retention=RETENTION)
    number = history.number_of(store.head)
    os.write(1, f"open {number}\n".encode())
    while True:
        number += 1
        lock_id, items = commit_number(number, history.upto(number - 1).states[-1])
        await store.commit(lock_id, items, instant(number))
        os.write(1, f"{number}\n".encode())


SCENARIOS = {run.__name__: run for run in (work, setting_up, restoring, migrating, forever)}


def main(folder: str, scenario: str, *settings: str) -> None:
    for name, value in (setting.split("=") for setting in settings):
        match name:
            case "synchronous":
                connection.SYNCHRONOUS = value
            case "files" if value == "unsynced":
                for module in (files, keys):
                    module.sync_file = lambda path: None
            case "journal" if value == "rollback":
                sqlite3.sqlite_version_info = (3, 51, 2)
            case _:
                raise ValueError(name)
    thread.BUSY = 1  # the journal is trimmed at every chance
    path = Path(folder)
    asyncio.run(SCENARIOS[scenario](path, Acks(path)))


if __name__ == "__main__":
    main(*sys.argv[1:])
