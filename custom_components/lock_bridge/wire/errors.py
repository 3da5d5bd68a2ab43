"""Errors that travel: each has a code, a sentence that says what to do, and whether trying again can help."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Any, Final


class ErrorCode(StrEnum):
    """Every error that crosses the wire or the local socket."""

    BAD_REQUEST = "bad_request"
    UNKNOWN_COMMAND = "unknown_command"
    VERSION_UNSUPPORTED = "version_unsupported"
    UNAUTHORIZED = "unauthorized"
    FORBIDDEN = "forbidden"
    RATE_LIMITED = "rate_limited"
    TOO_OLD = "too_old"
    TOO_LARGE = "too_large"
    SUPERSEDED = "superseded"
    BUSY = "busy"
    STORAGE = "storage"
    INTERNAL = "internal"
    STOPPING = "stopping"
    NO_ANSWER = "no_answer"

    PAIRING_CLOSED = "pairing_closed"
    PAIRING_REFUSED = "pairing_refused"
    PAIRING_LIMIT = "pairing_limit"

    UNKNOWN_LOCK = "unknown_lock"
    UNKNOWN_USER = "unknown_user"
    UNKNOWN_CREDENTIAL = "unknown_credential"
    UNKNOWN_CLIENT = "unknown_client"
    NOT_SUPPORTED = "not_supported"

    REMOTE_UNLOCK_OFF = "remote_unlock_off"
    BLUETOOTH_ON = "bluetooth_on"
    DOOR_OPEN = "door_open"
    DOOR_UNKNOWN = "door_unknown"
    HANDLE_NOT_AT_REST = "handle_not_at_rest"
    BOLT_BY_HAND = "bolt_by_hand"
    PRIVACY_ON = "privacy_on"
    PASSAGE_ON = "passage_on"
    JAMMED = "jammed"
    MOTOR_FAULT = "motor_fault"

    DUPLICATE = "duplicate"
    NO_SLOT_LEFT = "no_slot_left"
    PASSCODE_LENGTH = "passcode_length"
    PASSCODE_SIMPLE = "passcode_simple"
    PASSCODE_CONTAINS = "passcode_contains"
    LAST_ADMINISTRATOR = "last_administrator"
    LAST_USER = "last_user"
    ADMINISTRATOR_UNLIMITED = "administrator_unlimited"
    ON_ANOTHER_LOCK = "on_another_lock"
    BLUETOOTH_CODE = "bluetooth_code"
    BLUETOOTH_OFF = "bluetooth_off"
    MENU_OPEN = "menu_open"
    ENROLMENT_RUNNING = "enrolment_running"
    NO_ENROLMENT = "no_enrolment"
    PART_FAULT = "part_fault"


_SENTENCES: Final[Mapping[ErrorCode, tuple[bool, str]]] = {
    ErrorCode.BAD_REQUEST: (False, "The request is not of the form that the bridge expects."),
    ErrorCode.UNKNOWN_COMMAND: (False, "The bridge does not know this command. Update the bridge."),
    ErrorCode.VERSION_UNSUPPORTED: (False, "The two sides speak different versions. Update the older one."),
    ErrorCode.UNAUTHORIZED: (False, "The bridge does not know this client. Pair again."),
    ErrorCode.FORBIDDEN: (False, "This client may not do that. Pair again and allow it."),
    ErrorCode.RATE_LIMITED: (True, "Too many requests. Wait a minute."),
    ErrorCode.TOO_OLD: (True, "The command was too long on its way and was not carried out. Try again."),
    ErrorCode.TOO_LARGE: (False, "The message is larger than the bridge accepts."),
    ErrorCode.SUPERSEDED: (False, "Another operation of the bolt took over."),
    ErrorCode.BUSY: (True, "The lock is busy. Try again in a moment."),
    ErrorCode.STORAGE: (True, "The bridge cannot write to its disk. Free some space or replace the card."),
    ErrorCode.INTERNAL: (False, "Something went wrong in the bridge. Its log says more."),
    ErrorCode.STOPPING: (True, "The bridge is stopping. Try again when it is back."),
    ErrorCode.NO_ANSWER: (True, "The lock did not answer in time. Look at the door before trying again."),
    ErrorCode.PAIRING_CLOSED: (True, "Pairing is closed. Open it at the bridge, then try again."),
    ErrorCode.PAIRING_REFUSED: (True, "The pairing code was not right, or somebody is in between."),
    ErrorCode.PAIRING_LIMIT: (True, "Too many tries. Open pairing anew, or wait until tomorrow."),
    ErrorCode.UNKNOWN_LOCK: (False, "There is no such lock on this bridge."),
    ErrorCode.UNKNOWN_USER: (False, "There is no such user."),
    ErrorCode.UNKNOWN_CREDENTIAL: (False, "There is no such credential."),
    ErrorCode.UNKNOWN_CLIENT: (False, "There is no such client."),
    ErrorCode.NOT_SUPPORTED: (False, "This lock cannot do that."),
    ErrorCode.REMOTE_UNLOCK_OFF: (False, "Remote unlock is off. Switch it on in the lock's settings."),
    ErrorCode.BLUETOOTH_ON: (False, "This lock opens remotely only while its Bluetooth is off."),
    ErrorCode.DOOR_OPEN: (True, "The door is open. Close it first."),
    ErrorCode.DOOR_UNKNOWN: (True, "The door contact does not answer, so the bolt is not thrown. Check the contact."),
    ErrorCode.HANDLE_NOT_AT_REST: (True, "The handle is not at rest. Let go of it and try again."),
    ErrorCode.BOLT_BY_HAND: (False, "This lock's bolt is thrown by hand: lift the handle."),
    ErrorCode.PRIVACY_ON: (True, "Privacy is on: somebody inside has blocked the door. It ends at the knob inside."),
    ErrorCode.PASSAGE_ON: (False, "The door is held open. End passage first."),
    ErrorCode.JAMMED: (
        True,
        "The bolt is jammed. Check that the door is fully closed and that the strike plate lines up.",
    ),
    ErrorCode.MOTOR_FAULT: (True, "The motor does not move. Use the mechanical key and check the cable."),
    ErrorCode.DUPLICATE: (False, "This is enrolled already."),
    ErrorCode.NO_SLOT_LEFT: (False, "There is no room for another one. Delete one first."),
    ErrorCode.PASSCODE_LENGTH: (False, "The passcode is too short or too long for this lock."),
    ErrorCode.PASSCODE_SIMPLE: (False, "The passcode is too simple: no runs and no repeats."),
    ErrorCode.PASSCODE_CONTAINS: (False, "The passcode contains one that is there already. Choose another."),
    ErrorCode.LAST_ADMINISTRATOR: (False, "This is the last administrator. Make another one first."),
    ErrorCode.LAST_USER: (False, "This is the last user on the lock. Add another one first."),
    ErrorCode.ADMINISTRATOR_UNLIMITED: (False, "An administrator has no validity period."),
    ErrorCode.ON_ANOTHER_LOCK: (False, "Another of this person's locks would be left without an administrator."),
    ErrorCode.BLUETOOTH_CODE: (False, "A Bluetooth pairing code has six digits."),
    ErrorCode.BLUETOOTH_OFF: (False, "Bluetooth is off. Switch it on in the lock's settings."),
    ErrorCode.MENU_OPEN: (True, "Somebody is in the menu at the lock. Try again when it is closed."),
    ErrorCode.ENROLMENT_RUNNING: (True, "Another enrolment is running at this lock. Finish or cancel it first."),
    ErrorCode.NO_ENROLMENT: (False, "No such enrolment is running."),
    ErrorCode.PART_FAULT: (True, "The part of the lock that this needs does not answer. Check its cable."),
}


class LockBridgeError(Exception):
    """A typed error. `detail` holds plain values for placeholders (limits, names), never a secret."""

    def __init__(
        self, code: ErrorCode | str, detail: Mapping[str, Any] | None = None, message: str | None = None
    ) -> None:
        known = code if isinstance(code, ErrorCode) else _known(code)
        self.code: ErrorCode | str = known or code
        self.detail: dict[str, Any] = dict(detail or {})
        self.can_retry, sentence = _SENTENCES[known] if known else (False, "The bridge refused this.")
        super().__init__(message or sentence)

    def to_json(self) -> dict[str, Any]:
        """The error as it goes over the wire."""
        return {"code": str(self.code), "message": str(self), "can_retry": self.can_retry, "detail": self.detail}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> LockBridgeError:
        """The error as it came; a code of a newer bridge keeps its name and sentence."""
        error = cls(str(data.get("code", ErrorCode.INTERNAL)), data.get("detail") or {}, data.get("message"))
        error.can_retry = bool(data.get("can_retry", error.can_retry))
        return error


def _known(code: str) -> ErrorCode | None:
    try:
        return ErrorCode(code)
    except ValueError:
        return None
