"""`hardware scan`: what is attached to this machine, who may use it, and what to write into the config."""

import os
import pwd
from collections.abc import Iterator
from typing import Final

from lock_bridge.hardware.driver import UseKind
from lock_bridge.hardware.scan import Found, Scan, proposals
from lock_bridge.hardware.scan import scan as look

from .session import Session

_HEADS: Final[dict[UseKind, str]] = {
    "serial": "Serial ports (fingerprint, face and palm modules, card readers)",
    "input": "Input devices (keypads)",
    "line": "GPIO chips (bolt, contacts, buttons, lights)",
    "reader": "Card readers",
    "adapter": "Bluetooth adapters",
    "i2c": "I2C buses (battery gauges)",
    "sound": "Loudspeakers",
    "supply": "Power supplies",
}


def scan(session: Session) -> None:
    """List all, and propose lines for it."""
    seen = look()
    session.show(
        {
            "found": [
                {
                    "kind": each.kind,
                    "what": each.what,
                    "title": each.title,
                    "usable": each.usable,
                    "group": each.group,
                    "notes": list(each.notes),
                    "lines": list(proposals(each)),
                }
                for each in seen.found
            ],
            "missing": list(seen.missing),
        },
        lines(seen, _user()),
    )


def lines(seen: Scan, user: str) -> Iterator[str]:
    """For people; `user` is who asks."""
    for kind, head in _HEADS.items():
        found = [each for each in seen.found if each.kind == kind]
        yield head if found else f"{head}: none"
        for each in found:
            yield f"  {each.what}"
            yield f"      {each.title}"
            if each.usable is False:
                yield f"      {_refused(each, user)}"
            yield from (f"      {note}" for note in each.notes)
            yield from (f"      > {line}" for line in proposals(each))
        yield ""
    yield from seen.missing
    if any(each.options for each in seen.found):
        yield "Of the lines with > write those below [lock.parts] that fit what is attached there (docs/hardware.md)."
        yield 'GPIO lines are called by their names, such as "GPIO17".'


def _refused(found: Found, user: str) -> str:
    if found.group is None:
        return f"{user} may not use it, and there is no group that may: docs/hardware.md shows a rule of udev for it."
    return (
        f"{user} may not use it: sudo usermod --append --groups {found.group} {user}, then log in again "
        f"(the bridge's user needs the same)."
    )


def _user() -> str:
    try:
        return pwd.getpwuid(os.geteuid()).pw_name
    except KeyError:
        return str(os.geteuid())
