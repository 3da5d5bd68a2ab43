"""People and credentials over the wire, at a running bridge: each command served, each refusal with its reason."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from lock_bridge import profiles
from lock_bridge.engine.bluetooth import read_key
from lock_bridge.wire.errors import ErrorCode, LockBridgeError

from .running import House

SCHEDULE = [{"days": [0, 4], "start": "08:00", "end": "24:00"}]


@pytest.fixture(params=profiles.names())
async def house(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[House]:
    house = House(tmp_path, request.param)
    await house.service.start()
    yield house
    await house.service.stop()


@pytest.fixture
async def palm(tmp_path: Path) -> AsyncIterator[House]:
    house = House(tmp_path, "palm6068")
    await house.service.start()
    yield house
    await house.service.stop()


@pytest.fixture
async def two(tmp_path: Path) -> AsyncIterator[House]:
    """A front door that numbers its users, and a back door that does not."""
    house = House(tmp_path, "palm6068", "l2s")
    await house.service.start()
    yield house
    await house.service.stop()


@pytest.mark.spec("APP-2", "USR-7")
async def test_users_are_added_listed_changed_and_deleted(house: House) -> None:
    numbered = house.lock().capabilities.users > 0
    anna = await house.add_anna()
    added = await house.ask(
        "users.add", user_name=" Ben ", valid_from_ms=5, valid_until_ms=9, schedule=SCHEDULE, uses_left=3
    )
    assert added["number"] == (2 if numbered else None)
    ben = (await house.users())["Ben"]
    assert (ben["role"], ben["enabled"], ben["valid_from_ms"], ben["valid_until_ms"]) == ("user", True, 5, 9)
    assert (ben["schedule"], ben["uses_left"], ben["locks"]) == (SCHEDULE, 3, ["front_door"])
    assert (ben["credentials"], ben["details"]) == ({}, [])

    await house.ask("users.change", user_id=ben["id"], changes={"name": "Benny", "schedule": [], "enabled": False})
    benny = (await house.users())["Benny"]
    assert (benny["schedule"], benny["enabled"], benny["uses_left"]) == ([], False, 3)
    await house.ask("users.delete", user_id=ben["id"])
    assert set(await house.users()) == {"Anna"}
    told = await house.events("user_added", "user_changed", "user_deleted", user_id=ben["id"])
    assert [event["user_name"] for event in told] == ["Ben", "Benny", "Benny"]
    assert {event["client_name"] for event in told} == {"Home Assistant"}
    assert (await house.refused("users.delete", user_id=anna)).code is ErrorCode.LAST_ADMINISTRATOR


@pytest.mark.spec("CAP-20")
@pytest.mark.parametrize(
    ("args", "code", "field"),
    [
        ({}, ErrorCode.BAD_REQUEST, "AddUser.user_name"),
        ({"user_name": "Ben", "uses_left": 0}, ErrorCode.BAD_REQUEST, "uses_left"),
        ({"user_name": "Ben", "valid_from_ms": 9, "valid_until_ms": 5}, ErrorCode.BAD_REQUEST, "valid_until_ms"),
        (
            {"user_name": "Ben", "schedule": [{"days": [7], "start": "08:00", "end": "09:00"}]},
            ErrorCode.BAD_REQUEST,
            "schedule",
        ),
        (
            {"user_name": "Ben", "schedule": [{"days": [1], "start": "08:00"}]},
            ErrorCode.BAD_REQUEST,
            "AddUser.schedule.end",
        ),
        ({"user_id": "nobody"}, ErrorCode.UNKNOWN_USER, None),
        ({"user_id": "nobody", "user_name": "Ben"}, ErrorCode.BAD_REQUEST, "AddUser.user_name"),
    ],
)
async def test_a_user_who_cannot_be_is_not_added(
    palm: House, args: dict[str, Any], code: ErrorCode, field: str | None
) -> None:
    error = await palm.refused("users.add", **args)
    assert (error.code, error.detail.get("field")) == (code, field)
    assert await palm.users() == {}
    assert await palm.events("user_added") == []


@pytest.mark.spec("APP-2", "VER-12")
async def test_a_passcode_and_a_duress_passcode_are_set_and_never_told(house: House) -> None:
    anna = await house.add_anna()
    made = await house.ask("credentials.set_passcode", user_id=anna, duress=True)
    await house.types(made["passcode"])
    await house.until(lambda: house.lock().changed_by is not None)
    granted, duress = await house.events("access_granted", "duress")
    assert [granted["type"], duress["type"]] == ["access_granted", "duress"]
    details = (await house.users())["Anna"]["details"]
    assert [(item["type"], item["number"], item["duress"]) for item in details] == [("pin", 1, False), ("pin", 2, True)]
    everything = str(await house.do("journal.query", limit=1000)) + str(await house.users())
    assert made["passcode"] not in everything
    assert "482913" not in everything


@pytest.mark.spec("APP-3", "VER-13")
async def test_a_temporary_passcode_is_made_told_once_and_opens_once(house: House) -> None:
    anna = await house.add_anna()
    made = await house.ask("credentials.create_temporary", user_id=anna, label="Plumber")
    (visitor,) = [item for item in (await house.users())["Anna"]["details"] if item["temporary"]]
    assert (visitor["label"], visitor["uses_left"], visitor["number"]) == ("Plumber", 1, made["number"])
    await house.types(made["passcode"])
    await house.until(lambda: house.lock().changed_by is not None)
    (granted,) = await house.events("access_granted")
    assert (granted["user_name"], granted["credential_number"]) == ("Anna", made["number"])
    (visitor,) = [item for item in (await house.users())["Anna"]["details"] if item["temporary"]]
    assert visitor["uses_left"] == 0
    await house.types(made["passcode"])
    (refusal,) = await house.events("access_refused")
    assert refusal["reason"] == "used_up"


@pytest.mark.spec("CAP-11", "VER-13")
async def test_with_more_than_ten_codes_the_bridge_makes_longer_ones(house: House) -> None:
    anna = await house.add_anna()
    lengths = [
        len((await house.ask("credentials.create_temporary", user_id=anna, uses=2))["passcode"]) for _ in range(12)
    ]
    assert lengths == [6] * 10 + [8] * 2


@pytest.mark.spec("CAP-12", "CAP-18", "CAP-20")
async def test_a_code_that_the_bridge_makes_and_that_breaks_a_rule_is_made_anew(
    palm: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    anna = await palm.add_anna()
    digits = iter("123456" + "482913" + "777777" + "604182")
    monkeypatch.setattr("lock_bridge.handlers.credentials.secrets.choice", lambda _digits: next(digits))
    assert (await palm.ask("credentials.create_temporary", user_id=anna))["passcode"] == "604182"
    monkeypatch.setattr("lock_bridge.handlers.credentials.secrets.choice", lambda _digits: "7")
    assert (await palm.refused("credentials.create_temporary", user_id=anna)).code is ErrorCode.NO_SLOT_LEFT
    assert (await palm.refused("credentials.create_temporary", user_id="ghost")).code is ErrorCode.UNKNOWN_USER


@pytest.mark.spec("APP-3", "VER-14")
async def test_a_bluetooth_key_is_handed_out_opens_the_door_and_is_revoked(palm: House) -> None:
    anna = await palm.add_anna()
    assert (await palm.refused("credentials.create_bluetooth_key", user_id=anna)).code is ErrorCode.BLUETOOTH_OFF
    await palm.ask("settings.set", changes={"bluetooth": True})
    made = await palm.ask("credentials.create_bluetooth_key", user_id=anna, label="Cleaner", uses=5)
    read_key(made["key"])
    assert (await palm.ask("bluetooth.set_code", code="135790")) == {}
    await palm.at_door("phone", "Ben", "pair", "135790")
    assert palm.lock().phones == 1
    await palm.at_door("phone", "Ben", "unlock", made["key"])
    await palm.until(lambda: palm.lock().bolt == "unlocked")
    (granted,) = await palm.events("access_granted")
    assert (granted["source"], granted["credential_type"]) == ("ble", "ble")

    await palm.ask("credentials.delete", type="ble", number=made["number"])
    await palm.at_door("phone", "Ben", "unlock", made["key"])
    assert (await palm.events("access_refused"))[-1]["reason"] == "unknown_credential"
    await palm.ask("bluetooth.clear")
    assert palm.lock().phones == 0
    assert made["key"] not in str(await palm.do("journal.query", limit=1000))


@pytest.mark.spec("APP-2", "DLM-5", "DLM-14")
async def test_a_face_and_a_palm_are_enrolled_at_the_lock_and_followed_step_by_step(palm: House) -> None:
    """Of DLM-5 and DLM-14 the steps, as a client sees them."""
    anna = await palm.add_anna()
    begun = await palm.ask("credentials.enrol", user_id=anna, type="face")
    assert (begun["steps"], begun["number"]) == (5, 1)
    wanted = []
    for pose in ("straight", "up", "down", "left", "right"):
        enrolment = palm.lock().enrolment
        assert enrolment is not None
        assert (enrolment.id, enrolment.at_keypad) == (begun["enrolment"], False)
        wanted.append(enrolment.wanted)
        await palm.at_door("face", "Anna", *([pose] if pose != "straight" else []))
        await palm.until(lambda at=enrolment.done: palm.lock().enrolment.done > at)  # type: ignore[misc, union-attr]
    assert wanted == ["straight", "up", "down", "left", "right"]
    await palm.until(lambda: palm.lock().enrolment.status == "done")  # type: ignore[union-attr]
    assert (await palm.users())["Anna"]["credentials"] == {"pin": [1], "face": [1]}

    await palm.ask("credentials.enrol", user_id=anna, type="palm_vein")
    assert (await palm.refused("credentials.enrol", user_id=anna, type="face")).code is ErrorCode.ENROLMENT_RUNNING
    await palm.ask("credentials.cancel")
    assert (await palm.refused("credentials.cancel")).code is ErrorCode.NO_ENROLMENT
    assert (await palm.users())["Anna"]["credentials"] == {"pin": [1], "face": [1]}


async def test_a_credential_is_labelled_and_all_of_a_user_are_cleared(house: House) -> None:
    anna = await house.add_anna()
    ben = (await house.ask("users.add", user_name="Ben"))["user_id"]
    await house.ask("credentials.set_passcode", user_id=ben, passcode="730514")
    await house.ask("credentials.change", type="pin", number=2, changes={"label": "For the cleaner"})
    assert (await house.users())["Ben"]["details"][0]["label"] == "For the cleaner"
    assert await house.ask("credentials.clear", user_id=ben) == {"deleted": 1}
    assert (await house.users())["Ben"]["details"] == []
    error = await house.refused("credentials.clear", user_id=anna)
    assert (error.code, error.can_retry) == (ErrorCode.LAST_ADMINISTRATOR, False)
    assert (await house.refused("credentials.clear")).code is ErrorCode.BAD_REQUEST


@pytest.mark.spec("USR-10", "GWY-3")
async def test_a_user_is_the_same_on_several_locks_with_her_own_number_on_each(two: House) -> None:
    await two.add_anna()
    ben = (await two.ask("users.add", user_name="Ben", uses_left=2))["user_id"]
    assert await two.do("users.add", lock="back_door", user_id=ben) == {"user_id": ben, "number": None}
    again = await two.refused("users.add", user_id=ben)
    assert again.code is ErrorCode.DUPLICATE
    await two.do("users.change", lock="back_door", user_id=ben, changes={"name": "Benny"})
    front, back = (await two.users())["Benny"], (await two.users("back_door"))["Benny"]
    assert (front["number"], back["number"]) == (2, None)
    assert front["locks"] == back["locks"] == ["front_door", "back_door"]
    await two.ask("users.delete", user_id=ben)
    assert (await two.users("back_door"))["Benny"]["locks"] == ["back_door"]
    assert set(await two.users()) == {"Anna"}


@pytest.mark.spec("USR-10", "USR-7")
async def test_an_entry_at_one_lock_is_one_less_at_all_of_them_and_survives_a_power_cut(two: House) -> None:
    await two.add_anna()
    ben = (await two.ask("users.add", user_name="Ben", uses_left=2))["user_id"]
    await two.do("users.add", lock="back_door", user_id=ben)
    for lock in ("front_door", "back_door"):
        await two.do("credentials.set_passcode", lock=lock, user_id=ben, passcode="730514")
    for lock in ("front_door", "back_door"):
        await two.types("730514", lock=lock)
        await two.until(lambda at=lock: two.lock(at).changed_by is not None)  # type: ignore[misc]
    for lock in ("front_door", "back_door"):
        assert (await two.users(lock))["Ben"]["uses_left"] == 0
        await two.at_door("power", "off", lock=lock)
        await two.at_door("power", "on", lock=lock)
        assert (await two.users(lock))["Ben"]["uses_left"] == 0
        await two.types("730514", lock=lock)
        (refusal,) = await two.events("access_refused", lock=lock)
        assert refusal["reason"] == "used_up"


@pytest.mark.spec("USR-10", "USR-3")
async def test_a_change_that_would_leave_another_lock_without_an_administrator_is_refused(two: House) -> None:
    """On the back door she is the only one; nobody looks at that lock just now."""
    anna = await two.add_anna()
    await two.do("users.add", lock="back_door", user_id=anna)
    cara = (await two.ask("users.add", user_name="Cara", role="administrator"))["user_id"]
    for changes in ({"role": "user"}, {"enabled": False}):
        error = await two.refused("users.change", user_id=anna, changes=changes)
        assert (error.code, error.detail) == (ErrorCode.ON_ANOTHER_LOCK, {"lock": "back_door"})
    assert (await two.refused("users.change", user_id=anna, changes={"role": "king"})).code is ErrorCode.BAD_REQUEST
    assert (await two.users())["Anna"]["role"] == "administrator"
    await two.do("users.add", lock="back_door", user_id=cara)
    await two.ask("users.change", user_id=anna, changes={"role": "user"})
    assert (await two.users("back_door"))["Anna"]["role"] == "user"


@pytest.mark.spec("USR-5", "USR-10")
async def test_a_person_goes_from_all_her_locks_at_once(two: House) -> None:
    await two.add_anna()
    await two.add_anna("730514", lock="back_door")
    ben = (await two.ask("users.add", user_name="Ben"))["user_id"]
    await two.do("users.add", lock="back_door", user_id=ben)
    await two.do("credentials.set_passcode", lock="back_door", user_id=ben, passcode="905172")
    assert await two.do("users.delete", user_id=ben) == {}
    assert set(await two.users()) == set(await two.users("back_door")) == {"Anna"}
    deleted = await two.events("user_deleted")
    assert [(event["lock_id"], event["user_name"]) for event in deleted] == [
        ("front_door", "Ben"),
        ("back_door", "Ben"),
    ]


@pytest.mark.spec("USR-3", "USR-10")
async def test_a_person_whom_one_of_her_locks_needs_goes_from_none(two: House) -> None:
    anna = await two.add_anna()
    await two.ask("users.add", user_name="Cara", role="administrator")
    await two.do("users.add", lock="back_door", user_id=anna)
    await two.do("credentials.set_passcode", lock="back_door", user_id=anna, passcode="905172")
    with pytest.raises(LockBridgeError) as refused:
        await two.do("users.delete", user_id=anna)
    assert (refused.value.code, refused.value.detail) == (ErrorCode.LAST_ADMINISTRATOR, {"lock": "back_door"})
    assert "Anna" in await two.users()
    assert "Anna" in await two.users("back_door")


async def test_a_person_of_a_lock_without_power_goes_from_none(two: House) -> None:
    await two.add_anna()
    await two.add_anna("730514", lock="back_door")
    ben = (await two.ask("users.add", user_name="Ben"))["user_id"]
    await two.do("users.add", lock="back_door", user_id=ben)
    two.service.bridge.runner("back_door").power_cut()
    with pytest.raises(LockBridgeError) as refused:
        await two.do("users.delete", user_id=ben)
    assert (refused.value.code, refused.value.detail) == (ErrorCode.PART_FAULT, {"part": "power"})
    assert "Ben" in await two.users()
    await two.service.bridge.runner("back_door").power_back()
    await two.do("users.delete", user_id=ben)
    assert "Ben" not in await two.users("back_door")


async def test_nobody_goes_who_is_not_there(palm: House) -> None:
    with pytest.raises(LockBridgeError) as refused:
        await palm.do("users.delete", user_id="ghost")
    assert refused.value.code == ErrorCode.UNKNOWN_USER


async def test_everybody_but_administrators_goes_at_once(house: House) -> None:
    await house.add_anna()
    for name, code in (("Ben", "730514"), ("Cara", "905172")):
        user = (await house.ask("users.add", user_name=name))["user_id"]
        await house.ask("credentials.set_passcode", user_id=user, passcode=code)
    assert await house.ask("users.clear") == {"deleted": 2}
    assert set(await house.users()) == {"Anna"}
    assert [event["user_name"] for event in await house.events("user_deleted")] == ["Ben", "Cara"]
    assert await house.ask("users.clear") == {"deleted": 0}


async def test_an_enrolment_is_cancelled_by_its_id(palm: House) -> None:
    anna = await palm.add_anna()
    started = await palm.ask("credentials.enrol", user_id=anna, type="fingerprint")
    assert (await palm.refused("credentials.cancel", enrolment="another")).code == ErrorCode.NO_ENROLMENT
    assert await palm.ask("credentials.cancel", enrolment=started["enrolment"]) == {}
