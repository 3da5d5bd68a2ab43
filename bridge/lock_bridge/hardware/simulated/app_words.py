"""What the app does in a transcript: sentences for the commands of the wire."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final

from lock_bridge.wire.words import CredentialType, OperatingMode, Role

from .grammar import NotUnderstood

KINDS: Final = {
    "passcode": CredentialType.PIN,
    "fingerprint": CredentialType.FINGERPRINT,
    "card": CredentialType.RFID,
    "face": CredentialType.FACE,
    "palm": CredentialType.PALM_VEIN,
    "Bluetooth key": CredentialType.BLE,
}

_KIND: Final = "|".join(KINDS)
_REFUSED: Final = re.compile(r"(.*), refused ([a-z_]+)")
_USES: Final = r"(?: (once|[0-9]+ times))?"
_DATE: Final = r"[0-9]{4}-[0-9]{2}-[0-9]{2}"
_UNITS: Final = {"s": 1, "m": 60, "h": 3_600}


@dataclass(frozen=True, slots=True)
class AppStep:
    """A command of the wire. `user` is a name whose id goes into `user_id`; `binds` names what its answer gives."""

    command: str
    args: Mapping[str, Any] = field(default_factory=dict, repr=False)
    user: str | None = None
    binds: str | None = None
    refused: str | None = None
    """The error that it must be refused with."""


def read_app(sentence: str) -> AppStep:
    """The command that a sentence stands for. Raises `NotUnderstood`."""
    refused = None
    if found := _REFUSED.fullmatch(sentence):
        sentence, refused = found[1], found[2]
    for pattern, make in SENTENCES:
        if found := pattern.fullmatch(sentence):
            step = make(*found.groups())
            return AppStep(step.command, step.args, step.user, step.binds, refused)
    raise NotUnderstood("the app can: " + "; ".join(pattern.pattern for pattern, _ in SENTENCES))


def _add(role: str, name: str, number: str | None, until: str | None) -> AppStep:
    args: dict[str, Any] = {"user_name": name, "role": Role(role).value}
    if number is not None:
        args["uses_left"] = int(number)
    if until is not None:
        args["valid_until_ms"] = _ms(until)
    return AppStep("users.add", args)


def _passcode(name: str, duress: str | None, code: str) -> AppStep:
    args = {"passcode": code} | ({"duress": True} if duress else {})
    return AppStep("credentials.set_passcode", args, name)


def _temporary(name: str, uses: str | None, until: str | None) -> AppStep:
    return AppStep("credentials.create_temporary", _limits(uses, until), name, "passcode")


def _bluetooth_key(name: str, uses: str | None, until: str | None) -> AppStep:
    return AppStep("credentials.create_bluetooth_key", _limits(uses, until), name, "key")


def _enrol(kind: str, name: str, duress: str | None) -> AppStep:
    args: dict[str, Any] = {"type": KINDS[kind].value} | ({"duress": True} if duress else {})
    return AppStep("credentials.enrol", args, name)


def _change(name: str, **changes: Any) -> AppStep:
    return AppStep("users.change", {"changes": changes}, name)


def _passage(amount: str | None, unit: str | None) -> AppStep:
    args: dict[str, Any] = {"mode": OperatingMode.PASSAGE.value}
    return AppStep("mode.set", args | ({"seconds": int(amount) * _UNITS[unit]} if amount and unit else {}))


def _set(name: str, value: str) -> AppStep:
    plain: Any = {"on": True, "off": False}.get(value, int(value) if value.isdecimal() else value)
    return AppStep("settings.set", {"changes": {name: plain}})


def _limits(uses: str | None, until: str | None) -> dict[str, Any]:
    args: dict[str, Any] = {}
    if uses is not None:
        args["uses"] = 1 if uses == "once" else int(uses.split()[0])
    if until is not None:
        args["valid_until_ms"] = _ms(until)
    return args


def _ms(day: str) -> int:
    return round(datetime.fromisoformat(day).replace(tzinfo=UTC).timestamp() * 1_000)


SENTENCES: Final = tuple(
    (re.compile(pattern), make)
    for pattern, make in (
        (rf"add (administrator|user) (\w+)(?: for ([0-9]+) entr(?:y|ies))?(?: until ({_DATE}))?", _add),
        (r"give (\w+) the (duress )?passcode ([0-9]+)", _passcode),
        (rf"make a temporary passcode for (\w+){_USES}(?: until ({_DATE}))?", _temporary),
        (rf"make a Bluetooth key for (\w+){_USES}(?: until ({_DATE}))?", _bluetooth_key),
        (rf"enrol a ({_KIND}) of (\w+)( for duress)?", _enrol),
        (r"cancel the enrolment", lambda: AppStep("credentials.cancel")),
        (r"disable (\w+)", lambda name: _change(name, enabled=False)),
        (r"enable (\w+)", lambda name: _change(name, enabled=True)),
        (rf"let (\w+) enter until ({_DATE})", lambda name, day: _change(name, valid_until_ms=_ms(day))),
        (
            rf"delete ({_KIND}) ([0-9]+)",
            lambda kind, number: AppStep("credentials.delete", {"type": KINDS[kind].value, "number": int(number)}),
        ),
        (rf"clear every ({_KIND})", lambda kind: AppStep("credentials.clear", {"type": KINDS[kind].value})),
        (r"delete (\w+)", lambda name: AppStep("users.delete", {}, name)),
        (r"set the Bluetooth code ([0-9]+)", lambda code: AppStep("bluetooth.set_code", {"code": code})),
        (r"set ([a-z_]+) (\w+)", _set),
        (r"allow remote unlock", lambda: AppStep("remote_unlock.set", {"on": True})),
        (r"lock", lambda: AppStep("lock")),
        (r"unlock", lambda: AppStep("unlock")),
        (r"end the lockout", lambda: AppStep("lockout.end")),
        (r"passage(?: for ([0-9]+)([smh]))?", _passage),
        (r"leaving home", lambda: AppStep("mode.set", {"mode": OperatingMode.LEAVING_HOME.value})),
        (r"normal mode", lambda: AppStep("mode.set", {"mode": OperatingMode.NORMAL.value})),
        (r"clear Bluetooth", lambda: AppStep("bluetooth.clear")),
        (r"restart the lock", lambda: AppStep("lock.restart")),
        (r"open pairing", lambda: AppStep("lock.pairing")),
        (r"factory reset", lambda: AppStep("lock.factory_reset")),
    )
)
"""Sentences and the commands that they stand for."""
