"""What a visitor is told, in English; the web page says the same in five languages."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from .codec import Answer, Fault

WORDS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "unknown_credential": "The lock does not know this key, or not this phone. Is it the right lock? Pair with it "
        "if this is the first time; otherwise ask for a new key.",
        "pairing_code": "The pairing code is not right. Ask the people who live here for it.",
        "locked_out": "The lock is locked for a few minutes, because somebody tried too often. Try again later.",
        "bluetooth_off": "The lock's Bluetooth has been switched off.",
        "outside_validity": "The key is not valid now. Look at its dates, or ask for a new one.",
        "outside_schedule": "The key is not valid at this hour.",
        "clock_untrusted": "The lock does not know what time it is, so that it cannot tell whether the key is valid. "
        "Ask the people who live here to open.",
        "used_up": "The key has been used as often as it may be. Ask for a new one.",
        "user_disabled": "The key has been switched off. Ask the people who live here.",
        "no_credential": "The lock has not been set up yet.",
        "not_administrator": "The lock is waiting for somebody else. Try again in a minute.",
        "privacy_on": "Somebody inside has blocked the door.",
        "passage_on": "The door is held open: just go in.",
        "handle_not_at_rest": "Somebody is using the handle. Let go of it and try again.",
        "door_open": "The door is open. Close it first.",
        "door_unknown": "The lock cannot tell whether the door is closed, and does not lock then.",
        "bolt_by_hand": "This lock is locked by hand: lift the handle.",
        "jammed": "The bolt is stuck. Push or pull the door a little, then try again.",
        "motor_fault": "The lock's motor does not move. Ask the people who live here to open.",
        "part_fault": "A part of the lock does not work. Ask the people who live here to open.",
        "menu_open": "Somebody is setting up the lock. Try again in a minute.",
        "busy": "The lock is busy. Try again in a moment.",
        "superseded": "Somebody else has moved the bolt meanwhile. Look at the door.",
        "no_answer": "The lock did not answer in time. Look at the door before you try again.",
        "storage": "The lock cannot write down what happens, and does not open then. Ask the people who live here.",
        "stopping": "The lock is starting anew. Try again in a minute.",
        "not_supported": "This lock cannot do that.",
        "bad_request": "The lock does not like the phone's name. Give it a plain one.",
    }
)
"""By the word of the lock's answer. One that is not here: `OTHER`."""

OTHER: Final = "The lock has refused this."

FAULTS: Final[Mapping[Fault, str]] = MappingProxyType(
    {
        Fault.VERSION: "The lock and this program speak different versions. Update the older one.",
        Fault.MALFORMED: "The lock did not understand. Try again.",
        Fault.TOO_LONG: "The lock did not understand. Try again.",
        Fault.EXPIRED: "That took too long. Try again, closer to the lock.",
        Fault.BUSY: "The lock is still busy with this phone. Try again in a moment.",
        Fault.SLOW_DOWN: "The lock has been asked too often. Try again in {seconds} s.",
        Fault.NO_ANSWER: WORDS["no_answer"],
    }
)


def sentence(answer: Answer) -> str:
    """Why a request was not carried out."""
    if answer.fault is not None:
        return FAULTS[answer.fault].format(seconds=answer.seconds)
    return WORDS.get(answer.word or "", OTHER)
