"""A person in words: what she is, when she may enter, what she has at each lock, and when she last came in."""

from collections import Counter
from collections.abc import Iterator, Mapping

from homeassistant.core import HomeAssistant

from custom_components.lock_bridge.hosts import is_limited
from custom_components.lock_bridge.hub import Hub
from custom_components.lock_bridge.last_entries import happened_at
from custom_components.lock_bridge.moments import moment
from custom_components.lock_bridge.wire.model import UserInfo
from custom_components.lock_bridge.wire.words import CredentialType

from .words import say, say_count, say_time, say_window


def in_a_line(hass: HomeAssistant, hub: Hub, user_id: str) -> str:
    """Her line in the list of people: `Anna · administrator · Front door 001: 2 fingers, 1 passcode`."""
    on = hub.person(user_id)
    user = next(iter(on.values()))
    parts = [user.name, role(hass, user)]
    if len(hub.data.locks) > 1:
        parts += [f"{_place(hub, lock_id, here)}: {has(hass, here)}" for lock_id, here in on.items()]
    else:
        parts[0] = f"{_number(user)} {user.name}".strip()
        parts.append(has(hass, user))
    if not user.enabled:
        parts.append(say(hass, "disabled"))
    elif user.uses_left == 0:
        parts.append(say(hass, "used_up"))
    elif is_limited(user):
        parts.append(say(hass, "limited"))
    return " · ".join(parts)


def summary(hass: HomeAssistant, hub: Hub, user_id: str) -> str:
    """What her menu tells of her, a line for each thing."""
    on = hub.person(user_id)
    return "\n".join(f"- {line}" for line in _lines(hass, hub, on, next(iter(on.values()))))


def schedule(hass: HomeAssistant, user: UserInfo) -> str:
    """Her week, a line for each window."""
    if not user.schedule:
        return say(hass, "schedule_none")
    return "\n".join(f"- {say_window(hass, window)}" for window in user.schedule)


def role(hass: HomeAssistant, user: UserInfo) -> str:
    """Her role; one of a newer bridge as it came."""
    return say(hass, f"role_{user.role}") or user.role


def has(hass: HomeAssistant, user: UserInfo) -> str:
    """What she has at a lock: `2 fingers, 1 passcode`. Who sees it does not see that something is for duress."""
    visitors = {(item.type, item.number) for item in user.details if item.temporary}
    # Nobody has two passcodes of her own but for when she is forced (VER-12). Of many fingers one more tells nothing.
    secret = {item.number for item in user.details if item.duress and item.type == CredentialType.PIN}
    counts: Counter[str] = Counter()
    for kind, all_numbers in user.credentials.items():
        numbers = [number for number in all_numbers if kind != CredentialType.PIN or number not in secret]
        temporary = sum((kind, number) in visitors for number in numbers)
        counts[kind] += len(numbers) - temporary
        counts["visitor" if kind == CredentialType.PIN else kind] += temporary
    said = [say_count(hass, f"has_{kind}", count) or f"{count} {kind}" for kind, count in counts.items() if count]
    return ", ".join(said) or say(hass, "has_nothing")


def only_when_host_may(hass: HomeAssistant, host: UserInfo) -> str:
    """What binds her visitors; nothing if she may enter always."""
    return say(hass, "host_only", name=host.name, limits="; ".join(_limits(hass, host))) if is_limited(host) else ""


def _lines(hass: HomeAssistant, hub: Hub, on: Mapping[str, UserInfo], user: UserInfo) -> Iterator[str]:
    yield say(hass, f"is_{user.role}") or role(hass, user)
    if not user.enabled:
        yield say(hass, "is_disabled")
    if is_limited(user):
        yield from _limits(hass, user)
    for lock_id, here in on.items():
        yield f"{_place(hub, lock_id, here)}: {has(hass, here)}"
        if lost := [item for item in here.details if item.lost]:
            names = ", ".join(say(hass, f"credential_{item.type}", number=item.number) for item in lost)
            yield say(hass, "has_lost", what=names)
        if any(item.duress for item in here.details):
            yield say(hass, "has_duress", lock=hub.data.locks[lock_id].name)
    if (entry := hub.last_entries.of_person(user.id)) is not None and (when := happened_at(entry)) is not None:
        lock = hub.data.locks.get(entry.lock_id or "")
        yield say(hass, "last_entry", when=say_time(hass, when), lock=lock.name if lock else "?")


def _limits(hass: HomeAssistant, user: UserInfo) -> Iterator[str]:
    limits = {"from": user.valid_from_ms, "until": user.valid_until_ms}
    times = {name: say_time(hass, moment(ms)) for name, ms in limits.items() if ms is not None}
    if times:
        yield say(hass, f"valid_{'_'.join(times)}", **{f"{name}_time": text for name, text in times.items()})
    if user.uses_left is not None:
        yield say_count(hass, "uses", user.uses_left) if user.uses_left else say(hass, "is_used_up")
    if user.schedule:
        yield say(hass, "schedule", windows="; ".join(say_window(hass, window) for window in user.schedule))


def _place(hub: Hub, lock_id: str, user: UserInfo) -> str:
    return f"{hub.data.locks[lock_id].name} {_number(user)}".strip()


def _number(user: UserInfo) -> str:
    """As the keypad shows it (USR-2); nothing where the lock numbers nobody."""
    return "" if user.number is None else f"{user.number:03}"
