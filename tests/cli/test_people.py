"""People, visitors and what they have, from the command line: shown once, never an argument, and never by accident."""

import time
from typing import Any

import pytest

from lock_bridge.wire.errors import ErrorCode, LockBridgeError

from .conftest import ANNA, FRONT_DOOR, Cli, FakeBridge, Terminal

BACK_DOOR = {**FRONT_DOOR, "id": "back_door", "name": "Back door"}
WEEKDAYS = {"days": [0, 1, 2, 3, 4], "start": "08:00", "end": "17:00"}


@pytest.mark.spec("USR-7")
async def test_a_user_has_hours_and_a_number_of_entries(bridge: FakeBridge, cli: Cli) -> None:
    bridge.answers["users.add"] = {"user_id": "c3", "number": 2}
    cleaner = {**ANNA, "name": "Cleaner", "role": "user", "schedule": [WEEKDAYS], "uses_left": 12}
    bridge.answers["users.list"] = {"users": [cleaner]}

    said = await cli("user", "add", "Cleaner", "--schedule", "mon-fri 08:00-17:00", "--uses", "12")
    assert said.code == 0
    (asked,) = bridge.was_asked("users.add")
    assert (asked["schedule"], asked["uses_left"], asked["user_id"]) == ([WEEKDAYS], 12, None)

    said = await cli("user", "change", "Cleaner", "--schedule", "none", "--uses", "none")
    (asked,) = bridge.was_asked("users.change")
    assert asked["changes"] == {"schedule": [], "uses_left": None}
    assert said.lines == ["Cleaner: user, may enter: mon-fri 08:00-17:00, 12 times."]


async def test_hours_that_are_not_understood_reach_no_bridge(bridge: FakeBridge, cli: Cli) -> None:
    said = await cli("user", "add", "Cleaner", "--schedule", "office hours")
    assert said.code == 2
    assert said.error.startswith('--schedule takes days and hours such as "mon-fri 08:00-17:00"')
    assert bridge.asked == []


@pytest.mark.spec("USR-10")
async def test_a_user_of_another_lock_joins_this_one_as_the_same_person(bridge: FakeBridge, cli: Cli) -> None:
    bridge.answers["locks.list"] = {"locks": [FRONT_DOOR, BACK_DOOR]}
    people = {"front_door": [ANNA], "back_door": []}
    bridge.answers["users.list"] = lambda command: {"users": people[command.lock]}
    bridge.answers["users.add"] = {"user_id": "a1", "number": 7}

    assert (await cli("user", "join", "anna", "--lock", "back_door")).lines == [
        "Anna is on Back door as number 7 (id a1)."
    ]
    (asked,) = bridge.was_asked("users.add")
    assert (asked["lock"], asked["user_id"], asked["user_name"]) == ("back_door", "a1", "")
    said = await cli("user", "join", "Bo", "--lock", "back_door")
    assert (said.code, said.error) == (2, "There is no such user on another lock. There are: a1 (Anna).\n")


async def test_a_user_is_shown_with_all_that_she_has_and_none_of_its_content(bridge: FakeBridge, cli: Cli) -> None:
    plain: dict[str, Any] = {
        "label": "",
        "duress": False,
        "temporary": False,
        "valid_from_ms": None,
        "valid_until_ms": None,
        "uses_left": None,
    }
    details = [
        {**plain, "type": "pin", "number": 1},
        {**plain, "type": "pin", "number": 2, "duress": True},
        {**plain, "type": "pin", "number": 3, "temporary": True, "uses_left": 1, "label": "Plumber"},
        {**plain, "type": "pin", "number": 4, "temporary": True, "uses_left": 0},
        {**plain, "type": "ble", "number": 1, "valid_until_ms": 1_798_106_400_000},
    ]
    bridge.answers["users.list"] = {"users": [{**ANNA, "details": details, "locks": ["front_door", "back_door"]}]}
    assert (await cli("user", "show", "Anna")).lines == [
        "Anna (id a1, number 1): administrator, may enter: always.",
        "  passcode 1",
        "  passcode 2: duress",
        "  passcode 3: temporary, once, Plumber",
        "  passcode 4: temporary, no more (used up)",
        "  key 1: until 2026-12-24 10:00:00",
        "  on front_door, back_door",
    ]


@pytest.mark.spec("VER-12")
async def test_a_duress_passcode_is_asked_for_by_its_name(bridge: FakeBridge, cli: Cli) -> None:
    bridge.answers["credentials.set_passcode"] = {"number": 2}
    terminal = await Terminal.start(cli, "credential", "passcode", "Anna", "--duress")
    await terminal.asked("New duress passcode of Anna: ", "13579086")
    await terminal.asked("The same again: ", "13579086")

    assert await terminal.ended() == 0
    assert "1357908" not in terminal.screen
    assert "Anna has a new duress passcode." in terminal.screen
    (asked,) = bridge.was_asked("credentials.set_passcode")
    assert (asked["passcode"], asked["duress"]) == ("13579086", True)


@pytest.mark.spec("VER-13")
async def test_a_visitors_passcode_is_shown_once_with_its_limits(bridge: FakeBridge, cli: Cli) -> None:
    bridge.answers["credentials.create_temporary"] = {"number": 3, "passcode": "24681357"}
    said = await cli("credential", "temporary", "Anna", "--label", "Plumber", "--until", "2026-12-24 10:00", "--once")
    assert said.lines == [
        "A passcode for a visitor of Anna, shown only now: 24681357",
        "It is number 3 and opens: until 2026-12-24 10:00:00, once.",
    ]
    (asked,) = bridge.was_asked("credentials.create_temporary")
    assert asked == {
        "lock": "front_door",
        "user_id": "a1",
        "label": "Plumber",
        "valid_from_ms": None,
        "valid_until_ms": 1_798_106_400_000,
        "uses": 1,
    }


@pytest.mark.spec("VER-14")
async def test_a_visitors_bluetooth_key_is_shown_once_and_good_for_a_while(bridge: FakeBridge, cli: Cli) -> None:
    bridge.answers["credentials.create_bluetooth_key"] = {"number": 1, "key": "ABCD-EFGH-2345"}
    before = round(time.time() * 1000)
    said = await cli("credential", "key", "Anna", "--for", "2h", "--uses", "4")
    after = round(time.time() * 1000)

    assert said.lines[0] == "A Bluetooth key for a visitor of Anna, shown only now: ABCD-EFGH-2345"
    assert said.lines[1].endswith(", 4 times.")
    (asked,) = bridge.was_asked("credentials.create_bluetooth_key")
    assert before <= asked["valid_until_ms"] - 7_200_000 <= after
    assert asked["uses"] == 4

    await cli("credential", "key", "Anna", "--from", "2026-12-24 10:00", "--for", "1d")
    asked = bridge.was_asked("credentials.create_bluetooth_key")[1]
    assert asked["valid_until_ms"] - asked["valid_from_ms"] == 86_400_000


@pytest.mark.parametrize(
    "words", [["--until", "2026-12-24", "--for", "2h"], ["--once", "--uses", "2"], ["24681357"], ["--for", "soon"]]
)
async def test_limits_that_contradict_each_other_are_not_understood(
    bridge: FakeBridge, cli: Cli, words: list[str]
) -> None:
    assert (await cli("credential", "temporary", "Anna", *words)).code == 2
    assert bridge.was_asked("credentials.create_temporary") == []


async def test_a_credential_is_labelled_marked_and_given_to_somebody(bridge: FakeBridge, cli: Cli) -> None:
    said = await cli("credential", "change", "fingerprint", "2", "--label", "Left thumb", "--duress", "--user", "Anna")
    assert said.lines == ["The fingerprint 2 of Front door is changed."]
    assert bridge.was_asked("credentials.change") == [
        {
            "lock": "front_door",
            "type": "fingerprint",
            "number": 2,
            "changes": {"label": "Left thumb", "duress": True, "user_id": "a1"},
        }
    ]
    assert (await cli("credential", "change", "passcode", "2")).code == 2
    assert (await cli("credential", "change", "passcode", "2", "--duress", "--no-duress")).code == 2


@pytest.mark.parametrize(
    ("said", "wire"),
    [
        ("passcode", "pin"),
        ("fingerprint", "fingerprint"),
        ("card", "rfid"),
        ("face", "face"),
        ("palm", "palm_vein"),
        ("key", "ble"),
        ("rfid", "rfid"),
    ],
)
async def test_a_kind_of_credential_goes_by_what_people_call_it_or_by_its_name_on_the_wire(
    bridge: FakeBridge, cli: Cli, said: str, wire: str
) -> None:
    bridge.answers["credentials.delete"] = {}
    assert (await cli("credential", "delete", said, "2")).code == 0
    assert bridge.was_asked("credentials.delete") == [{"lock": "front_door", "type": wire, "number": 2}]


async def test_what_no_reader_learns_is_refused_with_what_is_allowed(bridge: FakeBridge, cli: Cli) -> None:
    refused = await cli("credential", "enrol", "Anna", "passcode")
    assert refused.code == 2
    assert "allowed is one of fingerprint, card, face, palm" in refused.error
    assert bridge.was_asked("credentials.enrol") == []


async def test_clearing_asks_whose_and_what_before_it_does_it(bridge: FakeBridge, cli: Cli) -> None:
    bridge.answers["credentials.clear"] = {"deleted": 2}
    said = await cli("credential", "clear", "--user", "Anna", "--type", "fingerprint")
    assert (said.code, said.error) == (
        2,
        "That deletes every fingerprint of Anna. Say --yes if that is meant.\n",
    )
    terminal = await Terminal.start(cli, "credential", "clear", "--user", "Anna", "--type", "fingerprint")
    await terminal.asked("Delete every fingerprint of Anna? Type yes: ", "no")
    assert await terminal.ended() == 1
    assert "Nothing was changed." in terminal.screen
    assert bridge.was_asked("credentials.clear") == []

    assert (await cli("credential", "clear", "--type", "rfid", "--yes")).lines == ["2 credentials deleted."]
    assert bridge.was_asked("credentials.clear") == [{"lock": "front_door", "user_id": None, "type": "rfid"}]
    said = await cli("credential", "clear", "--yes")
    assert said.code == 2
    assert said.error.startswith("Say what to delete")


@pytest.mark.spec("CAP-15")
async def test_learning_a_face_says_where_to_look(bridge: FakeBridge, cli: Cli) -> None:
    poses = ("straight", "up", "down", "left", "right")
    states: list[dict[str, Any]] = [
        {"status": "step" if done else "started", "done": done, "wanted": pose} for done, pose in enumerate(poses)
    ]
    states[1:1] = [{"status": "step_retry", "done": 0, "wanted": "straight", "reason": "too_far"}]
    states.append({"status": "done", "done": 5, "number": 2})
    looks = iter([None, *states])
    base = {"id": "e1", "steps": 5, "reason": None, "number": None}
    bridge.answers["credentials.enrol"] = {"enrolment": "e1", "steps": 5}

    def look(_command: object) -> dict[str, Any]:
        state = next(looks)
        return {"locks": [{**FRONT_DOOR, "enrolment": None if state is None else {**base, **state}}]}

    bridge.answers["locks.list"] = look
    said = await cli("credential", "enrol", "Anna", "face")
    assert said.lines == [
        "Anna: look into the lock from an arm's length, 5 poses.",
        "Look straight ahead.",
        "That was too far away. Come closer.",
        "1 of 5 done. Look up.",
        "2 of 5 done. Look down.",
        "3 of 5 done. Look left.",
        "4 of 5 done. Look right.",
        "Done: it is number 2.",
    ]


@pytest.mark.spec("VER-12")
async def test_a_finger_may_be_learnt_as_duress(bridge: FakeBridge, cli: Cli) -> None:
    bridge.answers["credentials.enrol"] = {"enrolment": "e1", "steps": 6}
    said = await cli("credential", "enrol", "Anna", "fingerprint", "--duress", "--no-wait")
    assert said.lines == ["Anna's fingerprint is being learnt."]
    assert bridge.was_asked("credentials.enrol") == [
        {"lock": "front_door", "user_id": "a1", "type": "fingerprint", "duress": True}
    ]


async def test_a_refusal_names_its_rule_and_its_number(bridge: FakeBridge, cli: Cli) -> None:
    bridge.answers["credentials.create_temporary"] = LockBridgeError(ErrorCode.NO_SLOT_LEFT, {"limit": 50})
    said = await cli("credential", "temporary", "Anna")
    assert (said.code, said.error) == (1, "There is no room for another one. Delete one first. (limit: 50)\n")


@pytest.mark.spec("USR-5", "USR-10")
async def test_a_person_is_deleted_from_all_her_locks_or_from_the_one_that_is_named(
    bridge: FakeBridge, cli: Cli
) -> None:
    bridge.answers["locks.list"] = {"locks": [FRONT_DOOR, BACK_DOOR]}
    people = {"front_door": [], "back_door": [ANNA]}
    bridge.answers["users.list"] = lambda command: {"users": people[command.lock]}

    said = await cli("user", "delete", "anna")
    assert (said.code, said.lines) == (0, ["Anna and all her credentials are deleted."])
    said = await cli("user", "delete", "Anna", "--lock", "back_door")
    assert said.lines == ["Anna and all her credentials are deleted from Back door."]
    assert bridge.was_asked("users.delete") == [
        {"user_id": "a1", "lock": None},
        {"user_id": "a1", "lock": "back_door"},
    ]
    said = await cli("user", "delete", "Bo")
    assert (said.code, said.error) == (2, "There is no such user. There are: a1 (Anna).\n")


async def test_with_one_lock_a_person_is_deleted_by_her_number(bridge: FakeBridge, cli: Cli) -> None:
    assert (await cli("user", "delete", str(ANNA["number"]))).code == 0
    assert bridge.was_asked("users.delete") == [{"user_id": "a1", "lock": None}]


async def test_everybody_but_administrators_is_deleted_once_that_is_confirmed(bridge: FakeBridge, cli: Cli) -> None:
    bridge.answers["users.clear"] = {"deleted": 2}
    terminal = await Terminal.start(cli, "user", "clear")
    await terminal.asked("Delete everybody on Front door who is no administrator?", "no")
    assert await terminal.ended() == 1
    assert bridge.was_asked("users.clear") == []

    assert (await cli("user", "clear", "--yes")).lines == ["2 users deleted."]
    bridge.answers["users.clear"] = {"deleted": 1}
    assert (await cli("user", "clear", "--yes")).lines == ["1 user deleted."]
    assert bridge.was_asked("users.clear") == [{"lock": "front_door"}] * 2


@pytest.mark.spec("DLM-12")
async def test_a_lock_is_muted_once_and_the_mute_taken_back(bridge: FakeBridge, cli: Cli) -> None:
    said = await cli("mute", "on")
    assert said.lines == ["Front door is silent until somebody who is enrolled has opened it."]
    assert (await cli("mute", "off")).lines == ["Front door is no longer muted."]
    assert bridge.was_asked("mute.set") == [{"lock": "front_door", "on": on} for on in (True, False)]
