"""`key`: a visitor's side of the Bluetooth key, on a machine with Bluetooth (VER-14, DLM-9)."""

import asyncio
import getpass
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

from lock_bridge.ble.codec import Answer, Malformed, Operation, is_name
from lock_bridge.ble.sentences import sentence
from lock_bridge.ble.visitor import Exchange, next_counter
from lock_bridge.engine import bluetooth

from .connection import Unreachable
from .key_file import KeyFile
from .key_link import Link, find
from .output import say_error, say_json
from .session import Session
from .usage import UsageError

_ANSWER_S: Final = 30.0
"""Longer than the lock ever takes."""


def unlock(session: Session) -> int:
    """Open the door with the key."""
    return _act(session, "unlock")


def lock(session: Session) -> int:
    """Lock the door with the key."""
    return _act(session, "lock")


def pair(session: Session) -> int:
    """Give the lock's pairing code, so that it knows this machine."""
    file = _file(session)
    code = _secret("The lock's Bluetooth pairing code", "the pairing code")
    answer = _ask(session, lambda exchange: exchange.pair(file.phone, code))
    return _tell(session, answer, "pair", "The lock knows this machine now.")


def page(session: Session) -> None:
    """Write the web page for visitors into a file of its own."""
    from lock_bridge.key_page import document

    target = Path(session.args.file)
    try:
        target.write_bytes(document().html)
    except OSError as error:
        raise UsageError(f"{target} cannot be written: {error.strerror}.") from None
    session.show({"file": str(target)}, [f"{target} is the page. Any web server with HTTPS may serve it."])


def _act(session: Session, operation: Operation) -> int:
    file = _file(session)
    text = _secret("The Bluetooth key", "the key")
    try:
        key_id, _ = bluetooth.read_key(text)
    except ValueError:
        raise UsageError("This is no Bluetooth key, or it has a slip of the pen. It has 40 signs.") from None

    def frames(exchange: Exchange) -> Iterator[bytes]:
        # Kept before it is shown: a counter that may have been heard is never used again.
        counter = next_counter(file.counter(key_id), time.time_ns() // 1_000_000)
        file.keep_counter(key_id, counter)
        return exchange.act(file.phone, operation, text, counter)

    answer = _ask(session, frames)
    return _tell(session, answer, operation, "The door is open." if operation == "unlock" else "The door is locked.")


def _ask(session: Session, frames: Callable[[Exchange], Iterator[bytes]]) -> Answer:
    async def asked() -> Answer:
        async with find(session.args.door, session.args.wait, session.args.adapter) as link:
            session.tell(f"Connected to {link.name}.")
            return await _over(link, frames)

    try:
        return asyncio.run(asked())
    except Malformed as error:
        return Answer(fault=error.fault)
    except TimeoutError:
        raise Unreachable("The lock has stopped answering. Look at the door, then go closer and try again.") from None


async def _over(link: Link, frames: Callable[[Exchange], Iterator[bytes]]) -> Answer:
    async with asyncio.timeout(_ANSWER_S):
        exchange = Exchange(await link.hello())
        for frame in frames(exchange):
            await link.write(frame)
        while True:
            if (answer := exchange.take(await link.answer())) is not None:
                return answer


def _tell(session: Session, answer: Answer, operation: str, done: str) -> int:
    if answer.done:
        session.show({"done": operation}, [done])
        return 0
    why = sentence(answer)
    if session.json:
        code = answer.word or (answer.fault.name.lower() if answer.fault is not None else "")
        say_json({"error": {"code": code, "message": why}})
    else:
        say_error(why)
    return 1


def _file(session: Session) -> KeyFile:
    file = KeyFile.load(session.args.file)
    name = session.args.name
    if name is not None:
        if not is_name(name):
            raise UsageError("A name has at most 40 letters, digits and signs.")
        file.rename(name)
    return file


def _secret(prompt: str, what: str) -> str:
    """What only the visitor has; never an argument, which others on the machine could read."""
    given = getpass.getpass(f"{prompt}: ") if sys.stdin.isatty() else sys.stdin.readline()
    if not given.strip():
        raise UsageError(f"Give {what} on standard input.")
    return given.strip()
