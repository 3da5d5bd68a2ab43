"""`backup` and `restore`: the store as a file."""

import os
import shutil
from pathlib import Path
from typing import Final

from .ask import sure
from .connection import Connection, Unreachable
from .find import CONFIG
from .session import Session
from .usage import UsageError

_NEW: Final = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC


def backup(session: Session) -> int | None:
    """Let the running bridge write a verified copy of its store, and copy that to the file that was named."""
    wanted = session.args.file
    answer = session.call("store.backup")
    if wanted:
        # Copied from here: the service itself is shut out of people's own folders.
        target = Path(wanted).absolute()
        try:
            _copy(Path(answer["file"]), target)
        except FileExistsError:
            return _failed(session, f"{target} is there already. The backup is in {answer['file']}.")
        except OSError as error:
            return _failed(session, f"{target} cannot be written: {error.strerror}. The backup is in {answer['file']}.")
        answer["file"] = str(target)
    session.show(
        answer,
        [
            f"{answer['file']} holds the store ({answer['bytes'] / 1024:.0f} KB), and was looked at in full.",
            "The device key is not in it. Keep a copy of that elsewhere: without it, passcodes and cards are lost.",
        ],
    )
    return None


def restore(session: Session) -> int:
    """Put a backup in the store's place while the bridge is stopped."""
    from lock_bridge import profiles
    from lock_bridge.config import ConfigError, load
    from lock_bridge.store import StoreError, verify
    from lock_bridge.store import restore as put_back

    args = session.args
    backup_file = Path(args.file).absolute()
    try:
        config = load(Path(args.config) if args.config else CONFIG, profiles.names())
    except ConfigError as error:
        raise UsageError(str(error)) from None
    if _runs(config.bridge.socket):
        return _failed(session, "The bridge runs. Stop it first (systemctl stop lock-bridge).")
    try:
        verify(backup_file)
        if not args.yes and not _sure(config.bridge.database, backup_file):
            return _failed(session, "Nothing was changed.")
        put_back(backup_file, config.bridge.database)
        _give_to_owner(config.bridge.database)
    except StoreError as error:
        return _failed(session, str(error))
    session.show(
        {"restored": str(config.bridge.database), "from": str(backup_file)},
        [
            f"{config.bridge.database} is as it was in {backup_file}. What was there before is kept beside it.",
            "Users, credentials and clients are those of the backup: look through them before you trust the door.",
        ],
    )
    return 0


def _copy(source: Path, target: Path) -> None:
    with source.open("rb") as reading, os.fdopen(os.open(target, _NEW, 0o600), "wb") as writing:
        shutil.copyfileobj(reading, writing)
        writing.flush()
        os.fsync(writing.fileno())


def _give_to_owner(database: Path) -> None:
    """What root restores belongs to whom the folder belongs to, or the bridge could not open it."""
    owner = database.parent.stat()
    if os.geteuid() == 0 and owner.st_uid != 0:
        for file in database.parent.glob(f"{database.name}*"):
            os.chown(file, owner.st_uid, owner.st_gid, follow_symlinks=False)


def _runs(socket: Path) -> bool:
    try:
        with Connection(socket) as bridge:
            bridge.call("service.status", answer_s=5.0)
    except Unreachable:
        return False
    return True


def _sure(database: Path, backup_file: Path) -> bool:
    return sure(
        f"Replace {database} with {backup_file}? Everything since the backup is lost.", "Restoring replaces the store."
    )


def _failed(session: Session, text: str) -> int:
    from .output import say_error, say_json

    if session.json:
        say_json({"error": {"code": "refused", "message": text}})
    else:
        say_error(text)
    return 1
