"""Each event of the journal is a sentence: what, who, how."""

from typing import Any

import pytest

from lock_bridge.cli.output import duration, moment, table
from lock_bridge.cli.sentences import SENTENCES, sentence
from lock_bridge.wire.codec import encode
from lock_bridge.wire.model import Event
from lock_bridge.wire.words import EventType, OperationSource, Priority, Refusal

ANNA = {"user_id": "a1", "user_name": "Anna"}
HOME = {"client_id": "c1", "client_name": "Home Assistant"}
HERE = {"client_id": "local", "client_name": "local"}
PIN = {"credential_type": "pin", "credential_number": 2}
FINGER = {"credential_type": "fingerprint", "credential_number": 1}


@pytest.mark.parametrize(
    ("kind", "fields", "told"),
    [
        ("access_granted", {**ANNA, **PIN, "source": "keypad"}, "Anna opened with a passcode (number 2)"),
        (
            "access_granted",
            {**ANNA, **PIN, "data": {"label": "Plumber"}},
            "Anna opened with a passcode (number 2) for Plumber",
        ),
        ("access_granted", {**ANNA, **FINGER, "source": "biometric"}, "Anna opened with a fingerprint (number 1)"),
        ("access_refused", {"credential_type": "pin", "reason": "unknown_credential"}, "Refused a passcode: not known"),
        (
            "access_refused",
            {**ANNA, **PIN, "reason": "outside_validity"},
            "Refused a passcode of Anna: not at this time",
        ),
        (
            "access_refused",
            {**ANNA, **PIN, "reason": "outside_schedule"},
            "Refused a passcode of Anna: not at this hour",
        ),
        ("access_refused", {**ANNA, **PIN, "reason": "used_up"}, "Refused a passcode of Anna: no entries are left"),
        (
            "access_refused",
            {"credential_type": "ble", "reason": "pairing_code"},
            "Refused a Bluetooth key: the Bluetooth pairing code was wrong",
        ),
        (
            "access_refused",
            {**ANNA, **FINGER, "reason": "privacy_on"},
            "Refused a fingerprint of Anna: somebody inside has blocked the door",
        ),
        ("duress", {**ANNA, **PIN, "source": "keypad"}, "Anna opened with a passcode (number 2), under duress"),
        (
            "mode_changed",
            {**HOME, "source": "remote", "data": {"mode": "passage", "seconds": 7200}},
            "The door is held open for 2 h by Home Assistant",
        ),
        (
            "mode_changed",
            {**ANNA, **PIN, "data": {"mode": "normal"}},
            "The lock is back to normal by Anna with a passcode",
        ),
        ("mode_changed", {"data": {"mode": "privacy"}}, "Privacy was switched on"),
        ("mode_changed", {"data": {"mode": "siesta"}}, "The lock's mode is siesta"),
        ("intrusion", {}, "Somebody opened from inside though nobody should be at home"),
        ("forced_open", {}, "The door was forced open"),
        ("door_ajar", {}, "The door stands open"),
        ("menu_opened", {**ANNA, **FINGER}, "The menu was opened by Anna with a fingerprint"),
        ("credential_changed", {**ANNA, **PIN, **HERE}, "A passcode (number 2) of Anna was changed at this machine"),
        ("phone_paired", {}, "A phone was paired by Bluetooth"),
        ("bluetooth_cleared", {**HOME, "source": "remote"}, "The paired phones were forgotten by Home Assistant"),
        (
            "factory_reset",
            {**HOME, "source": "remote"},
            "The lock was factory-reset by Home Assistant",
        ),
        ("locked", {"source": "auto"}, "Locked by itself"),
        ("locked", {"source": "button"}, "Locked with the button"),
        ("locked", {**HOME, "source": "remote"}, "Locked by Home Assistant"),
        ("unlocked", {**HERE, "source": "remote"}, "Unlocked at this machine"),
        ("unlocked", {"source": "mechanical_key"}, "Unlocked with the mechanical key"),
        ("unlocked", {"source": "unknown"}, "Unlocked"),
        ("opened_from_inside", {"source": "inside_handle"}, "Opened from inside"),
        (
            "operation_failed",
            {**HERE, "source": "remote", "reason": "superseded", "data": {"operation": "lock"}},
            "Could not be locked at this machine: something else moved the bolt in the meantime",
        ),
        (
            "operation_failed",
            {**HOME, "source": "remote", "reason": "remote_unlock_off", "data": {"operation": "unlock"}},
            "Could not be unlocked by Home Assistant: remote unlock off",
        ),
        (
            "operation_failed",
            {**ANNA, **FINGER, "source": "biometric", "reason": "motor_fault"},
            "The bolt could not be moved by Anna with a fingerprint: motor fault",
        ),
        ("lock_jammed", {**ANNA, **PIN}, "The bolt is jammed, moved by Anna with a passcode"),
        ("lock_jammed", {"source": "unknown"}, "The bolt is jammed"),
        ("lockout_started", {"data": {"seconds": 180}}, "Locked out after too many wrong tries, for 3 min"),
        ("lockout_ended", {"reason": "time"}, "The lockout ended, its time was over"),
        ("lockout_ended", {**HOME, "source": "remote", "reason": "remote"}, "The lockout ended by Home Assistant"),
        ("doorbell", {}, "Somebody rang"),
        ("tamper_started", {}, "The lock was forced off the door"),
        (
            "tamper_started",
            {"reason": "part_replaced", "data": {"part": "fingerprint"}},
            "Another device answers as the fingerprint than before: it is not trusted",
        ),
        ("battery_low", {"data": {"percent": 19}}, "The battery is low (19 %)"),
        ("battery_ok", {"data": {}}, "The battery is well again"),
        ("fault_started", {"reason": "no_answer", "data": {"part": "motor"}}, "Fault of the motor: no answer"),
        ("fault_ended", {"data": {"part": "motor"}}, "The motor works again"),
        ("user_added", {**ANNA, **HERE}, "Anna was added at this machine"),
        ("user_deleted", {**ANNA, **HOME}, "Anna was deleted by Home Assistant"),
        (
            "credential_added",
            {**ANNA, **FINGER, **HOME},
            "A fingerprint (number 1) of Anna was enrolled by Home Assistant",
        ),
        (
            "setting_changed",
            {**HOME, "data": {"setting": "remote_unlock", "value": True}},
            "Setting remote unlock was set to on by Home Assistant",
        ),
        ("setting_changed", {"data": {"setting": "volume", "value": "low"}}, "Setting volume was set to low"),
        (
            "enrolment_failed",
            {**ANNA, "credential_type": "rfid", "reason": "timeout"},
            "A card of Anna was not learnt: timeout",
        ),
        (
            "credential_added",
            {**ANNA, **HERE, "credential_type": "ble", "credential_number": 1},
            "A Bluetooth key (number 1) of Anna was enrolled at this machine",
        ),
        ("bridge_started", {"data": {"version": "0.1.0"}}, "The bridge 0.1.0 started"),
        ("pairing_opened", {"source": "button"}, "Pairing was opened with the button"),
        (
            "pairing_failed",
            {"reason": "wrong_code", "data": {"address": "10.0.0.9"}},
            "A pairing failed: wrong code, asked for by 10.0.0.9",
        ),
        (
            "client_paired",
            {**HOME, "data": {"scopes": ["lock", "state"]}},
            "Home Assistant was paired (may: lock, state)",
        ),
        (
            "client_revoked",
            {**HOME, "data": {"by": "local", "by_id": "local"}},
            "Home Assistant was revoked at this machine",
        ),
        ("client_revoked", {**HOME, "data": {"by": "Home Assistant", "by_id": "c1"}}, "Home Assistant left"),
        ("restored", {}, "The store was restored from a backup"),
        ("window_broken", {**HOME, "reason": "by_a_ball"}, "Window broken by Home Assistant: by a ball"),
    ],
)
def test_an_event_is_told_in_a_sentence(kind: str, fields: dict[str, Any], told: str) -> None:
    assert sentence({"type": kind, "data": {}, **fields}) == told


def test_every_kind_of_event_has_its_sentence_even_with_nothing_else_known() -> None:
    assert set(SENTENCES) == set(EventType)
    for kind in EventType:
        bare = Event(
            seq=1,
            type=kind,
            priority=Priority.INFO,
            wall_ms=0,
            time_trusted=True,
            boot_id="b",
            boot_ms=0,
            source=OperationSource.UNKNOWN,
            reason=Refusal.UNKNOWN_CREDENTIAL,
        )
        told = sentence(encode(bare))
        assert told[0].isupper()
        assert "None" not in told
        assert "_" not in told


def test_lengths_of_time_have_two_units() -> None:
    assert [duration(seconds) for seconds in (0, 59.6, 61, 3_600, 93_784)] == [
        "0 s",
        "1 min",
        "1 min 1 s",
        "1 h",
        "1 d 2 h",
    ]


def test_a_time_beyond_the_calendar_is_no_trouble() -> None:
    assert moment(2**70) == "at a time beyond the calendar"


def test_columns_stand_below_each_other() -> None:
    assert table(("A", "LONG"), [("x\x1b", "1"), ("yyy", "2")]) == [
        "A    LONG",
        "x\N{REPLACEMENT CHARACTER}   1",
        "yyy  2",
    ]
