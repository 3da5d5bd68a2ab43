"""`pair`, `clients`, `revoke`: who may speak with the bridge."""

import sys
import time
from typing import Any, Final

from . import output
from .output import duration, moment, say_json, table
from .session import Session

_POLL_S: Final = 0.5


def pair(session: Session) -> int | None:
    """Open the window, show its code, and wait until somebody has paired or it closes."""
    before = {client["id"] for client in session.call("clients.list")["clients"]}
    window = session.call("pairing.open")
    if session.json:
        say_json(window)
    else:
        for line in _shown(window):
            output.say_plain(line)
    if session.args.no_wait:
        return None
    session.tell("Waiting for somebody to pair. Ctrl-C closes the window.")
    try:
        return _wait(session, before)
    except KeyboardInterrupt:
        session.call("pairing.close")
        session.tell("Pairing is closed.")
        raise


def _wait(session: Session, before: set[str]) -> int:
    while True:
        status = session.call("pairing.status")
        # Asked after the window's state, so that whoever paired last is seen before the window is seen closed.
        new = [client for client in session.call("clients.list")["clients"] if client["id"] not in before]
        if new:
            client = new[0]
            session.show({"paired": client}, [f"{client['name']} has paired. It may: {', '.join(client['scopes'])}."])
            return 0
        if not status["open"]:
            session.show({"paired": None}, ["Pairing is closed, and nobody has paired."])
            return 1
        if not status["starts_left"]:
            session.show(
                {"paired": None}, ["All tries are used up. If you did not try, somebody else did: see the journal."]
            )
            return 1
        time.sleep(_POLL_S)


def clients(session: Session) -> None:
    """All paired clients."""
    found = session.call("clients.list")
    rows = [
        (
            client["name"],
            client["id"],
            "now" if client["connected"] else moment(client["last_used_ms"]),
            client["last_address"] or "",
            moment(client["created_ms"]),
            ", ".join(client["scopes"]),
        )
        for client in found["clients"]
    ]
    lines = table(("NAME", "ID", "LAST SEEN", "FROM", "PAIRED", "MAY"), rows) if rows else ["Nobody has paired yet."]
    session.show(found, lines)


def revoke(session: Session) -> None:
    """Take a client's access back."""
    client = session.client(session.args.client)
    session.call("clients.revoke", client_id=client["id"])
    session.show({"revoked": client}, [f"{client['name']} ({client['id']}) may no longer speak with the bridge."])


def _shown(window: dict[str, Any]) -> list[str]:
    code = f"{window['code'][:4]} {window['code'][4:]}"
    bold, plain = ("\033[1m", "\033[0m") if sys.stdout.isatty() else ("", "")
    fingerprint = window["fingerprint"]
    pairs = " ".join(fingerprint[place : place + 4] for place in range(0, len(fingerprint), 4))
    return [
        "",
        f"    Pairing code:  {bold}{code}{plain}",
        "",
        f"Type it in Home Assistant within {duration(window['seconds'])}. It works once.",
        f"Port {window['port']}, certificate {pairs}",
    ]
