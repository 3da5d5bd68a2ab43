"""What entities say of an event: who, where, how and when. Never which of her passcodes it was, nor what is in one."""

from collections.abc import Mapping
from typing import Any

from .hub import Hub
from .last_entries import happened_at
from .texts import label_of, method_of
from .wire.model import Event


def who_and_how(event: Event) -> dict[str, Any]:
    """By whom, and by what; `label` is the visitor whom she answers for (VER-13, VER-14)."""
    return known({"user_id": event.user_id, "user_name": event.user_name, **how(event)})


def how(event: Event) -> dict[str, Any]:
    """By what, and by which visitor, where it is plain who she is."""
    return known({"label": label_of(event), "method": method_of(event), "source": event.source})


def where(hub: Hub, event: Event) -> dict[str, Any]:
    """At which lock."""
    lock = hub.data.locks.get(event.lock_id or "")
    return known({"lock": event.lock_id, "lock_name": lock.name if lock else None})


def when(event: Event, *, delayed: bool = False) -> dict[str, Any]:
    """At what time; `delayed` is what happened during an outage and is told after it."""
    happened = happened_at(event)
    return known({"occurred_at": happened.isoformat() if happened else None, "delayed": delayed})


def known(facts: Mapping[str, Any]) -> dict[str, Any]:
    """The facts without those that are not known, in plain words."""
    return {name: str(value) if isinstance(value, str) else value for name, value in facts.items() if value is not None}
