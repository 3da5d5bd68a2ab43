"""The journal's events as sentences: what, who, how."""

from collections.abc import Callable, Mapping
from typing import Any, Final

from .output import duration, moment, words

type Event = Mapping[str, Any]

_KINDS: Final = {
    "pin": "a passcode",
    "fingerprint": "a fingerprint",
    "rfid": "a card",
    "face": "a face",
    "palm_vein": "a palm",
    "ble": "a Bluetooth key",
}
_SOURCES: Final = {
    "auto": "by itself",
    "ble": "by Bluetooth",
    "button": "with the button",
    "emergency_button": "with the emergency button",
    "inside_handle": "with the inside handle",
    "keypad": "at the keypad",
    "mechanical_key": "with the mechanical key",
    "outside_handle": "with the outside handle",
    "remote": "from afar",
}
_REASONS: Final = {
    "bluetooth_off": "Bluetooth is off",
    "bluetooth_on": "Bluetooth is on",
    "superseded": "something else moved the bolt in the meantime",
    "ambiguous_passcode": "the entry holds the passcodes of two people",
    "clock_untrusted": "the clock cannot be trusted, and this user's time is limited",
    "handle_not_at_rest": "the handle was not at rest",
    "no_credential": "nothing is enrolled",
    "not_administrator": "not an administrator",
    "outside_schedule": "not at this hour",
    "outside_validity": "not at this time",
    "pairing_code": "the Bluetooth pairing code was wrong",
    "privacy_on": "somebody inside has blocked the door",
    "unknown_credential": "not known",
    "used_up": "no entries are left",
    "user_disabled": "the user is disabled",
}
"""Where the wire's word alone would not do."""

LOCAL: Final = "local"
"""The client whose name stands for the machine's own socket."""


def line(event: Event, locks: Mapping[str, str]) -> str:
    """One line of the journal: time, lock, sentence. `locks` are names by id."""
    # "~": that clock could not be believed when it was written down.
    when = f"{'' if event['time_trusted'] else '~'}{moment(event['wall_ms'])}"
    lock = event.get("lock_id")
    return f"{when}  {f'{locks.get(lock, lock)}: ' if lock else ''}{sentence(event)}"


def sentence(event: Event) -> str:
    """What happened, who did it, and how."""
    make = SENTENCES.get(event["type"])
    # An event of a newer bridge is told by its own name.
    return make(event) if make else words(event["type"]).capitalize() + _by(event) + _because(event)


def _granted(event: Event) -> str:
    return f"{_person(event)} opened with {_kind(event)}{_numbered(event)}{_for(event)}"


def _refused(event: Event) -> str:
    whose = f" of {event['user_name']}" if event.get("user_name") else ""
    return f"Refused {_kind(event)}{whose}{_for(event)}{_because(event)}"


def _for(event: Event) -> str:
    """The visitor for whom a temporary passcode or a Bluetooth key was made."""
    label = event["data"].get("label")
    return f" for {label}" if label else ""


def _moved(verb: str) -> Callable[[Event], str]:
    return lambda event: f"{verb}{_by(event)}"


def _jammed(event: Event) -> str:
    by = _by(event)
    return f"The bolt is jammed, moved{by}" if by else "The bolt is jammed"


def _failed(event: Event) -> str:
    operation = event["data"].get("operation")
    what = {"lock": "Could not be locked", "unlock": "Could not be unlocked"}.get(
        operation, "The bolt could not be moved"
    )
    return f"{what}{_by(event)}{_because(event)}"


def _mode(event: Event) -> str:
    mode = event["data"].get("mode")
    seconds = event["data"].get("seconds")
    what = {
        "passage": f"The door is held open{f' for {duration(seconds)}' if seconds else ''}",
        "privacy": "Privacy was switched on",
        "leaving_home": "The lock was armed for leaving home",
        "normal": "The lock is back to normal",
    }
    return what.get(mode, f"The lock's mode is {words(mode)}" if mode else "The lock's mode was changed") + _by(event)


def _lockout_started(event: Event) -> str:
    seconds = event["data"].get("seconds")
    return f"Locked out after too many wrong tries{f', for {duration(seconds)}' if seconds else ''}"


def _lockout_ended(event: Event) -> str:
    how = {"time": ", its time was over", "switched_off": ", it was switched off"}.get(event.get("reason") or "", "")
    return f"The lockout ended{how}{_by(event)}"


def _tamper_started(event: Event) -> str:
    if event.get("reason") == "part_replaced":
        return f"Another device answers as the {_part(event)} than before: it is not trusted"
    return "The lock was forced off the door"


def _battery(level: str) -> Callable[[Event], str]:
    def battery(event: Event) -> str:
        percent = event["data"].get("percent")
        return f"The battery is {level}{f' ({percent} %)' if percent is not None else ''}"

    return battery


def _user(verb: str) -> Callable[[Event], str]:
    return lambda event: f"{_person(event)} was {verb}{_by_client(event)}"


def _credential(verb: str) -> Callable[[Event], str]:
    return lambda event: f"{_begun(_kind(event))}{_numbered(event)} of {_person(event)} was {verb}{_by_client(event)}"


def _setting(event: Event) -> str:
    if (name := event["data"].get("setting")) is None:
        return f"A setting was changed{_by_client(event)}"
    value = event["data"].get("value")
    shown = {True: "on", False: "off"}[value] if isinstance(value, bool) else value
    return f"Setting {words(name)} was set to {shown}{_by_client(event)}"


def _enrolment(event: Event) -> str:
    return f"{_begun(_kind(event))} of {_person(event)} was not learnt{_because(event)}"


def _pairing_opened(event: Event) -> str:
    return "Pairing was opened" + (" with the button" if event.get("source") == "button" else "")


def _pairing_failed(event: Event) -> str:
    address = event["data"].get("address")
    return f"A pairing failed{_because(event)}{f', asked for by {address}' if address else ''}"


def _paired(event: Event) -> str:
    scopes = ", ".join(event["data"].get("scopes", []))
    return f"{_client(event)} was paired{f' (may: {scopes})' if scopes else ''}"


def _revoked(event: Event) -> str:
    by, left = event["data"].get("by"), event["data"].get("by_id") == event.get("client_id")
    return f"{_client(event)} " + ("left" if left else f"was revoked{_named(by)}")


def _started(event: Event) -> str:
    version = event["data"].get("version")
    return f"The bridge{f' {version}' if version else ''} started"


SENTENCES: Final[Mapping[str, Callable[[Event], str]]] = {
    "access_granted": _granted,
    "access_refused": _refused,
    "duress": lambda event: f"{_granted(event)}, under duress",
    "locked": _moved("Locked"),
    "unlocked": _moved("Unlocked"),
    "opened_from_inside": lambda _event: "Opened from inside",
    "mode_changed": _mode,
    "intrusion": lambda _event: "Somebody opened from inside though nobody should be at home",
    "forced_open": lambda _event: "The door was forced open",
    "door_ajar": lambda _event: "The door stands open",
    "door_ajar_ended": lambda _event: "The door no longer stands open",
    "operation_failed": _failed,
    "lock_jammed": _jammed,
    "lockout_started": _lockout_started,
    "lockout_ended": _lockout_ended,
    "doorbell": lambda _event: "Somebody rang",
    "door_opened": lambda _event: "The door was opened",
    "door_closed": lambda _event: "The door was closed",
    "tamper_started": _tamper_started,
    "tamper_ended": lambda _event: "The lock is back on the door",
    "battery_low": _battery("low"),
    "battery_critical": _battery("nearly empty"),
    "battery_ok": _battery("well again"),
    "fault_started": lambda event: f"Fault of the {_part(event)}{_because(event)}",
    "fault_ended": lambda event: f"The {_part(event)} works again",
    "user_added": _user("added"),
    "user_changed": _user("changed"),
    "user_deleted": _user("deleted"),
    "credential_added": _credential("enrolled"),
    "credential_changed": _credential("changed"),
    "credential_deleted": _credential("deleted"),
    "credential_lost": lambda event: (
        f"The reader has lost {_kind(event)}{_numbered(event)} of {_person(event)}, who has to enrol again"
    ),
    "part_trusted": lambda event: f"The new {_part(event)} is trusted{_by(event)}",
    "menu_opened": lambda event: f"The menu was opened{_by(event)}",
    "phone_paired": lambda _event: "A phone was paired by Bluetooth",
    "bluetooth_cleared": lambda event: f"The paired phones were forgotten{_by(event)}",
    "factory_reset": lambda event: f"The lock was factory-reset{_by(event)}",
    "setting_changed": _setting,
    "enrolment_failed": _enrolment,
    "bridge_started": _started,
    "pairing_opened": _pairing_opened,
    "pairing_failed": _pairing_failed,
    "client_paired": _paired,
    "client_revoked": _revoked,
    "restored": lambda _event: "The store was restored from a backup",
}


def _person(event: Event) -> str:
    return event.get("user_name") or "Somebody"


def _client(event: Event) -> str:
    return event.get("client_name") or "A client"


def _kind(event: Event) -> str:
    kind = event.get("credential_type") or ""
    return _KINDS.get(kind, words(kind) or "an unknown credential")


def _begun(text: str) -> str:
    """`text` as a sentence begins; a name within it keeps its capital."""
    return text[:1].upper() + text[1:]


def _numbered(event: Event) -> str:
    number = event.get("credential_number")
    return "" if number is None else f" (number {number})"


def _part(event: Event) -> str:
    return words(event["data"].get("part", "lock"))


def _by(event: Event) -> str:
    """Who, then how; where a person used a credential, that is how."""
    who = f" by {event['user_name']}" if event.get("user_name") else _by_client(event)
    if event.get("credential_type"):
        return f"{who} with {_kind(event)}"
    source = event.get("source") or ""
    if source == "remote" and event.get("client_name"):
        return who
    return f"{who} {_SOURCES[source]}" if source in _SOURCES else who


def _by_client(event: Event) -> str:
    return _named(event.get("client_name"))


def _named(name: str | None) -> str:
    if not name:
        return ""
    return " at this machine" if name == LOCAL else f" by {name}"


def _because(event: Event) -> str:
    reason = event.get("reason")
    return f": {_REASONS.get(reason, words(reason))}" if reason else ""
