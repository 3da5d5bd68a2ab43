"""Enrolling at the door, deleting what was enrolled, ending a lockout, and what happened there: all by action."""

import asyncio
from typing import Any

import probatio
import pytest
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError

from custom_components.lock_bridge.actions import information
from lock_bridge.wire.words import EventType
from tests.integration.actions import ask, order, people
from tests.integration.fault_proxy import FaultProxy
from tests.integration.home import LOCK, Home
from tests.integration.house import House, until

CODE, FORCED = "270413", "918274"


@pytest.fixture
async def anna(paired: Home, house: House) -> str:
    return await house.add_person("Anna", "193746", role="administrator")


@pytest.mark.spec("APP-2")
async def test_enrolling_answers_at_once_and_goes_on_at_the_door(paired: Home, house: House, anna: str) -> None:
    begun = await ask(paired, "enroll_credential", user_id=anna, credential_type="fingerprint")
    running = house.running.bridge.runner("front_door").snapshot.enrolment
    assert running is not None
    assert begun == {"enrollment_id": running.id, "steps": 6, "user_id": anna}

    await house.do("touch", "Anna right thumb", "x6")
    await until(lambda: paired.entry.runtime_data.data.locks["front_door"].enrolment.status == "done")
    assert (await people(house))["Anna"]["credentials"]["fingerprint"] == [1]


async def test_the_door_is_unlocked_while_somebody_is_being_enrolled(paired: Home, house: House, anna: str) -> None:
    begun = await ask(paired, "enroll_credential", user_id=anna, credential_type="fingerprint")
    async with asyncio.timeout(5):
        await paired.call("unlock")
    assert house.door.look()["bolt"] == "retracted"
    running = house.running.bridge.runner("front_door").snapshot.enrolment
    assert running is not None
    assert (running.id, running.status) == (begun["enrollment_id"], "started")


@pytest.mark.spec("APP-2")
async def test_enrolling_is_cancelled_and_nothing_of_it_stays(paired: Home, house: House, anna: str) -> None:
    begun = await ask(paired, "enroll_credential", user_id=anna, credential_type="palm_vein")
    with pytest.raises(ServiceValidationError, match="enrolled at Front door already"):
        await order(paired, "enroll_credential", user_id=anna, credential_type="face")
    with pytest.raises(ServiceValidationError, match="Nobody is being enrolled"):
        await order(paired, "cancel_enrollment", enrollment_id="another")
    await order(paired, "cancel_enrollment", enrollment_id=begun["enrollment_id"])
    with pytest.raises(ServiceValidationError, match="Nobody is being enrolled"):
        await order(paired, "cancel_enrollment")
    assert (await people(house))["Anna"]["credentials"] == {"pin": [1]}


async def test_what_is_not_learnt_at_the_door_is_not_enrolled(paired: Home, anna: str) -> None:
    for kind in ("pin", "ble", "tail"):
        with pytest.raises(probatio.Invalid):
            await order(paired, "enroll_credential", user_id=anna, credential_type=kind)


async def test_a_lock_without_the_reader_says_so(paired: Home, anna: str) -> None:
    with pytest.raises(ServiceValidationError, match="cannot do that"):
        await order(paired, "enroll_credential", user_id=anna, credential_type="rfid")


async def test_while_the_menu_is_open_nobody_is_enrolled_from_afar(paired: Home, house: House, anna: str) -> None:
    front = house.running.bridge.runner("front_door")
    async with asyncio.timeout(10):
        while front.state.menu is None:  # not before the rear has done with what it shows of the start
            await house.do("set")
    await house.do("press", "193746", "ok")
    await until(lambda: front.snapshot.menu_open)
    with pytest.raises(ServiceValidationError, match="Somebody is in the menu"):
        await order(paired, "enroll_credential", user_id=anna, credential_type="face")


async def test_a_reader_that_does_not_answer_names_what_to_check(paired: Home, house: House, anna: str) -> None:
    await house.do("unplug", "fingerprint")
    await until(lambda: "fingerprint" in house.running.bridge.runner("front_door").snapshot.faults)
    with pytest.raises(HomeAssistantError, match="Check its cable") as failed:
        await order(paired, "enroll_credential", user_id=anna, credential_type="fingerprint")
    assert failed.value.translation_key == "reader_fault"


async def test_only_what_is_hers_is_deleted(paired: Home, house: House, anna: str) -> None:
    bo = await house.add_person("Bo", CODE)
    (told,) = (user for user in (await ask(paired, "get_users"))["users"] if user["user_id"] == bo)
    number = told["credentials"][0]["slot"]
    for who, slot in ((anna, number), (bo, 49)):
        with pytest.raises(ServiceValidationError) as refused:
            await order(paired, "delete_credential", user_id=who, credential_type="pin", credential_slot=slot)
        assert refused.value.translation_key == "unknown_credential"
    await order(paired, "delete_credential", user_id=bo, credential_type="pin", credential_slot=number)
    assert (await people(house))["Bo"]["credentials"] == {}


@pytest.mark.spec("USR-3")
async def test_all_that_somebody_opens_with_is_deleted_but_not_the_last_administrators(
    paired: Home, house: House, anna: str
) -> None:
    bo = await house.add_person("Bo", CODE)
    await house.command("credentials.create_temporary", lock="front_door", user_id=bo)
    await order(paired, "delete_all_credentials", user_id=bo)
    assert (await people(house))["Bo"]["credentials"] == {}
    with pytest.raises(ServiceValidationError, match="without an administrator"):
        await order(paired, "delete_all_credentials", user_id=anna)


@pytest.mark.spec("VER-9", "APP-6")
async def test_a_lockout_is_ended(paired: Home, house: House, anna: str) -> None:
    for _ in range(5):
        await house.enter("864209")
    await until(lambda: house.running.bridge.runner("front_door").snapshot.locked_out)
    await order(paired, "end_lockout")
    assert not house.running.bridge.runner("front_door").snapshot.locked_out
    await house.enter("193746")
    await house.bolt("unlocked")


@pytest.mark.spec("APP-4")
async def test_what_happened_is_told_latest_first_as_on_the_bus(paired: Home, house: House, anna: str) -> None:
    await house.enter("193746")
    await house.bolt("unlocked")
    granted = await paired.until_event("access_granted")
    told = (await ask(paired, "get_events"))["events"]
    assert told[-1]["type"] == "setting_changed", "the oldest: remote unlock was switched on when pairing"
    (entry,) = [event for event in told if event["type"] == "access_granted"]
    assert entry == {name: value for name, value in granted.data.items() if name in entry}
    assert (entry["user_name"], entry["method"]) == ("Anna", "pin")
    assert type(entry["type"]) is str


async def test_events_of_one_kind_one_person_and_as_many_as_asked(paired: Home, house: House, anna: str) -> None:
    bo = await house.add_person("Bo", CODE)
    for code in ("193746", CODE, CODE, "864209"):
        await house.enter(code)
        await house.lock_from_inside()
    by_bo = await ask(paired, "get_events", types=["access_granted"], user_id=bo)
    assert [event["user_name"] for event in by_bo["events"]] == ["Bo", "Bo"]
    last = await ask(paired, "get_events", types="access_refused", limit=1)
    assert [event["reason"] for event in last["events"]] == ["unknown_credential"]


@pytest.mark.spec("VER-12")
async def test_among_what_happened_nothing_is_missing_where_somebody_was_forced(
    paired: Home, house: House, anna: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither the alarm nor a gap where it was: whoever counts gets as many events as she asked for."""
    monkeypatch.setattr(information, "_PAGE", 2)
    await house.command("credentials.set_passcode", lock="front_door", user_id=anna, passcode=FORCED, duress=True)
    for _ in range(3):
        await house.enter(FORCED)
        await house.bolt("unlocked")
        await house.lock_from_inside()
    assert len(await house.running.bridge.store.query(types=(EventType.DURESS,))) == 3

    for limit in range(1, 10):
        told = (await ask(paired, "get_events", limit=limit))["events"]
        assert len(told) == limit
        assert "duress" not in repr(told)
    with pytest.raises(probatio.Invalid):
        await ask(paired, "get_events", types="duress")


@pytest.mark.spec("APP-7")
async def test_a_bridge_that_is_away_is_said_to_be(far: Home, house: House, network: FaultProxy) -> None:
    await house.add_person("Anna", CODE)
    await network.stop()
    await far.until_state(LOCK, "unavailable")
    for action, data in (("get_users", {}), ("get_events", {}), ("get_credential_capabilities", {})):
        with pytest.raises(HomeAssistantError, match="not connected") as failed:
            await ask(far, action, **data)
        assert failed.value.translation_key == "not_connected"
    with pytest.raises(HomeAssistantError, match="Nothing was done"):
        await order(far, "delete_all_users")


@pytest.mark.parametrize(
    ("action", "data"),
    [
        ("delete_all_users", {}),
        ("delete_all_credentials", {"user_id": "x"}),
        ("enroll_credential", {"user_id": "x", "credential_type": "face"}),
        ("cancel_enrollment", {}),
    ],
)
async def test_an_answer_that_is_cut_says_what_to_look_at(
    far: Home, house: House, network: FaultProxy, monkeypatch: pytest.MonkeyPatch, action: str, data: dict[str, Any]
) -> None:
    async def cut(*_args: Any) -> Any:
        network.cut()
        return {}

    monkeypatch.setattr(house.running.bridge.dispatcher, "execute", cut)
    with pytest.raises(HomeAssistantError, match="did not answer in time") as failed:
        await order(far, action, **data)
    assert failed.value.translation_key == "no_answer_to_change"
