"""Passcodes and keys that the bridge makes: told once, or sent past everything that keeps records."""

import asyncio
import json
import logging
import re
from dataclasses import replace
from typing import Any

import probatio
import pytest
from homeassistant.components.group.notify import NotifyGroup
from homeassistant.components.trace import DATA_TRACE
from homeassistant.const import EVENT_CALL_SERVICE, STATE_UNAVAILABLE
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError
from homeassistant.helpers.json import ExtendedJSONEncoder
from homeassistant.setup import async_setup_component

from custom_components.lock_bridge.actions import handover
from custom_components.lock_bridge.wire.messages import People
from lock_bridge.wire.errors import ErrorCode, LockBridgeError
from tests.integration.actions import (
    BACK,
    Phone,
    add_back_door,
    add_phone,
    ask,
    hear_everything,
    order,
    people,
)
from tests.integration.home import LOCK, Home
from tests.integration.house import House, until

PHONE = "notify.anna_s_phone"
VISIT = {"label": "Plumber", "valid_from": "2026-01-01 08:00:00", "valid_until": "2036-01-01 18:00:00"}


@pytest.fixture
async def anna(paired: Home, house: House) -> str:
    """Somebody who has visitors. She is the administrator, by a finger that was learnt long ago."""
    return await house.add_person("Anna", "193746", role="administrator")


async def opens(house: House, code: str) -> bool:
    """Whether the front door lets in whoever types this."""
    await house.lock_from_inside()
    before = house.head
    await house.enter(code)
    await until(lambda: house.head > before)
    events = (await house.command("journal.query", after=before))["events"]
    return any(event["type"] == "access_granted" for event in events)


async def passcodes(house: House, user: str = "Anna") -> list[int]:
    return list((await people(house))[user]["credentials"].get("pin", ()))


@pytest.mark.spec("VER-13", "APP-3")
async def test_a_visitors_passcode_is_made_answered_and_opens_the_door(paired: Home, house: House, anna: str) -> None:
    made = await ask(paired, "create_temporary_passcode", user_id=anna, **VISIT)
    assert made.keys() == {"credential_slot", "user_id", "opens_only_when_host_may", "passcode"}
    assert made["opens_only_when_host_may"] is False
    assert await opens(house, made["passcode"])

    await order(
        paired, "delete_credential", user_id=anna, credential_type="pin", credential_slot=made["credential_slot"]
    )
    assert not await opens(house, made["passcode"])


@pytest.mark.spec("VER-13", "USR-7")
async def test_the_answer_and_the_message_say_that_it_opens_only_when_the_host_may(paired: Home, house: House) -> None:
    clara = await house.add_person(
        "Clara", "193746", schedule=[{"days": [1, 4], "start": "09:00", "end": "12:00"}], uses_left=3
    )
    await paired.until_people(house)
    phone = await add_phone(paired.hass, Phone())
    made = await ask(paired, "create_temporary_passcode", user_id=clara, send_to=PHONE)
    assert made["opens_only_when_host_may"] is True
    assert phone.got[0].endswith(
        "It works once. It opens only when Clara may enter. 3 entries left; Weekly: Tuesday, Friday: 09:00 to 12:00."
    )


@pytest.mark.parametrize(
    ("now", "key"),
    [
        ({"enabled": False}, "host_switched_off"),
        ({"uses_left": 0}, "host_used_up"),
        ({"valid_until_ms": 1}, "host_over"),
    ],
)
async def test_nothing_is_made_for_visitors_of_a_host_who_may_not_enter(
    paired: Home, house: House, now: dict[str, Any], key: str
) -> None:
    clara = await house.add_person("Clara", "193746")
    await paired.until_people(house)
    hub = paired.entry.runtime_data
    told = replace(hub.person(clara)["front_door"], **now)
    hub.connection._take_people(People(lock="front_door", users=(told,), gone=()))
    for action in ("create_temporary_passcode", "create_bluetooth_key"):
        with pytest.raises(ServiceValidationError, match="Clara") as refused:
            await ask(paired, action, user_id=clara)
        assert refused.value.translation_key == key
    assert await passcodes(house, "Clara") == [1]
    assert (await ask(paired, "set_credential", user_id=clara, credential_type="pin"))["passcode"]


async def test_a_visitors_passcode_is_listed_for_whom_it_is(paired: Home, house: House, anna: str) -> None:
    made = await ask(paired, "create_temporary_passcode", user_id=anna, uses=2, **VISIT)
    (user,) = (await ask(paired, "get_users"))["users"]
    (listed,) = [has for has in user["credentials"] if has["temporary"]]
    assert (listed["slot"], listed["label"], listed["uses_left"]) == (made["credential_slot"], "Plumber", 2)
    assert made["passcode"] not in repr(user)


async def test_a_new_passcode_takes_the_place_of_the_old_one(paired: Home, house: House, anna: str) -> None:
    made = await ask(paired, "set_credential", user_id=anna, credential_type="pin")
    (told,) = (await ask(paired, "get_users"))["users"]
    assert made == {
        "credential_slot": told["credentials"][0]["slot"],
        "user_id": anna,
        "passcode": made["passcode"],
    }
    assert await opens(house, made["passcode"])
    assert not await opens(house, "193746")


@pytest.mark.parametrize("kind", ["fingerprint", "rfid", "face", "palm_vein", "ble"])
async def test_only_passcodes_can_be_made_from_afar(paired: Home, anna: str, kind: str) -> None:
    with pytest.raises(ServiceValidationError, match="enroll_credential"):
        await ask(paired, "set_credential", user_id=anna, credential_type=kind)


@pytest.mark.parametrize("field", ["passcode", "credential_data", "code", "pin"])
async def test_no_action_takes_a_passcode(paired: Home, house: House, anna: str, field: str) -> None:
    with pytest.raises(probatio.Invalid):
        await ask(paired, "set_credential", user_id=anna, credential_type="pin", **{field: "270413"})
    assert await opens(house, "193746")


async def test_what_nobody_would_be_told_is_not_made(paired: Home, house: House, anna: str) -> None:
    for action, more in (("create_temporary_passcode", {}), ("set_credential", {"credential_type": "pin"})):
        with pytest.raises(ServiceValidationError, match="Nobody would be told"):
            await order(paired, action, user_id=anna, **more)
    assert await passcodes(house) == [1]
    assert await opens(house, "193746")


@pytest.mark.spec("VER-14", "APP-3")
async def test_a_key_for_a_visitors_phone(paired: Home, house: House, anna: str) -> None:
    with pytest.raises(ServiceValidationError, match="Bluetooth is off"):
        await ask(paired, "create_bluetooth_key", user_id=anna)
    await house.command("settings.set", lock="front_door", changes={"bluetooth": True})

    made = await ask(paired, "create_bluetooth_key", user_id=anna, label="Grandma")
    assert made.keys() == {"credential_slot", "user_id", "opens_only_when_host_may", "key"}
    assert (await people(house))["Anna"]["credentials"]["ble"] == [made["credential_slot"]]

    phone = await add_phone(paired.hass, Phone())
    sent = await ask(paired, "create_bluetooth_key", user_id=anna, send_to=PHONE)
    assert sent.keys() == {"credential_slot", "user_id", "opens_only_when_host_may"}
    assert re.fullmatch(r"Your Bluetooth key for Front door: \S{20,}", phone.got[0])


async def test_a_passcode_that_is_sent_is_nowhere_in_home_assistant(
    paired: Home, house: House, anna: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    phone = await add_phone(paired.hass, Phone())
    heard = hear_everything(paired.hass)
    call = {
        "action": "lock_bridge.create_temporary_passcode",
        "target": {"entity_id": LOCK},
        "data": {"user_id": anna, "send_to": [PHONE], "message": "{code} for {label}", "label": "Plumber"},
        "response_variable": "made",
    }
    automation = {
        "id": "guest",
        "alias": "Guest",
        "triggers": [{"trigger": "event", "event_type": "guest"}],
        "actions": [call, {"event": "made", "event_data": {"answer": "{{ made }}"}}],
    }
    assert await async_setup_component(paired.hass, "automation", {"automation": automation})
    paired.hass.bus.async_fire("guest")
    await until(lambda: any(event.event_type == "made" for event in heard))
    await paired.hass.async_block_till_done()

    code = phone.got[0].removesuffix(" for Plumber")
    assert re.fullmatch(r"[0-9]{6,}", code)
    assert any(event.event_type == EVENT_CALL_SERVICE for event in heard)
    traces = [trace.as_dict() for kept in paired.hass.data[DATA_TRACE].values() for trace in kept.all_traces()]
    assert traces
    everything = {
        "bus": json.dumps([event.as_dict() for event in heard], cls=ExtendedJSONEncoder),
        "traces": json.dumps(traces, cls=ExtendedJSONEncoder),
        "states": json.dumps([state.as_dict() for state in paired.hass.states.async_all()], cls=ExtendedJSONEncoder),
        "log": caplog.text,
    }
    assert [place for place, text in everything.items() if code in text] == []
    assert await opens(house, code)


async def test_the_answer_alone_holds_a_passcode_that_is_not_sent(
    paired: Home, anna: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    heard = hear_everything(paired.hass)
    made = await ask(paired, "create_temporary_passcode", user_id=anna)
    await paired.hass.async_block_till_done()
    (called,) = [event for event in heard if event.event_type == EVENT_CALL_SERVICE]
    assert called.data["service_data"] == {"user_id": anna, "entity_id": LOCK}
    assert made["passcode"] not in json.dumps([event.as_dict() for event in heard], cls=ExtendedJSONEncoder)
    assert made["passcode"] not in caplog.text


@pytest.mark.parametrize(
    ("visit", "said"),
    [
        ({}, r"Your passcode for Front door: [0-9]+\. It works once\."),
        (VISIT, r".*: [0-9]+\. It works from 2026-01-01 08:00 until 2036-01-01 18:00\."),
        ({"valid_until": "2036-01-01 18:00:00"}, r".*: [0-9]+\. It works until 2036-01-01 18:00\."),
        ({"valid_from": "2026-01-01 08:00:00", "uses": 3}, r".*: [0-9]+\. It works from 2026-01-01 08:00\."),
        (
            {
                "label": "Bo",
                **{k: v for k, v in VISIT.items() if k != "label"},
                "message": "{label}|{from}|{until}|{lock}|{code}",
            },
            r"Bo\|2026-01-01 08:00\|2036-01-01 18:00\|Front door\|[0-9]+",
        ),
    ],
)
async def test_what_the_visitor_reads(paired: Home, anna: str, visit: dict[str, Any], said: str) -> None:
    phone = await add_phone(paired.hass, Phone())
    await order(paired, "create_temporary_passcode", user_id=anna, send_to=PHONE, **visit)
    assert re.fullmatch(said, phone.got[0])


async def test_a_language_that_is_not_there_yet_reads_english(paired: Home, anna: str) -> None:
    phone = await add_phone(paired.hass, Phone())
    paired.hass.config.language = "xx"
    await order(paired, "create_temporary_passcode", user_id=anna, send_to=PHONE)
    assert phone.got[0].startswith("Your passcode for Front door")


@pytest.mark.parametrize(
    ("message", "key"),
    [("Come in!", "message_without_code"), ("{code} {code.__class__} {passcode}", "message_placeholder")],
)
async def test_a_message_that_would_tell_nothing_is_refused_before_anything_is_made(
    paired: Home, house: House, anna: str, message: str, key: str
) -> None:
    await add_phone(paired.hass, Phone())
    with pytest.raises(ServiceValidationError) as refused:
        await order(paired, "create_temporary_passcode", user_id=anna, send_to=PHONE, message=message)
    assert refused.value.translation_key == key
    assert await passcodes(house) == [1]


async def test_a_recipient_that_is_not_there_is_found_out_before_anything_is_made(
    paired: Home, house: House, anna: str
) -> None:
    with pytest.raises(ServiceValidationError, match=r"no notification entity notify\.nobody"):
        await order(paired, "create_temporary_passcode", user_id=anna, send_to="notify.nobody")
    phone = await add_phone(paired.hass, Phone())
    phone._attr_available = False
    phone.async_write_ha_state()
    with pytest.raises(ServiceValidationError, match="not available now"):
        await order(paired, "create_temporary_passcode", user_id=anna, send_to=PHONE)
    with pytest.raises(probatio.Invalid):
        await order(paired, "create_temporary_passcode", user_id=anna, send_to="light.hall")
    assert paired.state(PHONE).state == STATE_UNAVAILABLE
    assert await passcodes(house) == [1]


class Angry(Exception):
    """A notifier that repeats what it was told."""


@pytest.mark.parametrize(
    ("action", "more", "key", "left"),
    [
        ("create_temporary_passcode", {}, "passcode_not_sent", [1]),
        ("create_bluetooth_key", {}, "key_not_sent", []),
    ],
)
async def test_what_cannot_be_sent_is_deleted_again(
    paired: Home,
    house: House,
    anna: str,
    caplog: pytest.LogCaptureFixture,
    action: str,
    more: dict[str, Any],
    key: str,
    left: list[int],
) -> None:
    await house.command("settings.set", lock="front_door", changes={"bluetooth": True})
    phone = await add_phone(paired.hass, Phone())
    told: list[str] = []

    async def refuse(message: str, title: str | None = None) -> None:
        told.append(message)
        raise Angry(message)

    phone.async_send_message = refuse  # type: ignore[method-assign]
    with pytest.raises(HomeAssistantError, match=r"could not be sent to notify\.anna_s_phone") as failed:
        await order(paired, action, user_id=anna, send_to=PHONE, message="<{code}>", **more)

    assert failed.value.translation_key == key
    kind = "ble" if "bluetooth" in action else "pin"
    assert list((await people(house))["Anna"]["credentials"].get(kind, ())) == left
    secret = told[0].strip("<>")
    assert secret not in caplog.text
    assert failed.value.__suppress_context__


async def test_a_new_passcode_that_cannot_be_sent_says_that_there_is_none_now(
    paired: Home, house: House, anna: str
) -> None:
    bo = await house.add_person("Bo", "640259")
    await add_phone(paired.hass, Phone(error=OSError("no network")))
    with pytest.raises(HomeAssistantError, match="none there now"):
        await order(paired, "set_credential", user_id=bo, credential_type="pin", send_to=PHONE)
    assert await passcodes(house, "Bo") == []


@pytest.mark.spec("USR-3")
async def test_what_can_neither_be_sent_nor_deleted_says_so(paired: Home, house: House, anna: str) -> None:
    """The only administrator's only passcode cannot be deleted, even one that nobody knows."""
    await add_phone(paired.hass, Phone(error=OSError("no network")))
    with pytest.raises(HomeAssistantError, match="nor be deleted"):
        await order(paired, "set_credential", user_id=anna, credential_type="pin", send_to=PHONE)
    assert await passcodes(house) == [1]


async def test_a_notifier_that_never_ends_is_given_up(
    paired: Home, house: House, anna: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(handover, "SEND_S", 0.05)
    phone = await add_phone(paired.hass, Phone())

    async def hang(message: str, title: str | None = None) -> None:
        await asyncio.Event().wait()

    phone.async_send_message = hang  # type: ignore[method-assign]
    with pytest.raises(HomeAssistantError, match="could not be sent"):
        await order(paired, "create_temporary_passcode", user_id=anna, send_to=PHONE)
    assert await passcodes(house) == [1]


async def test_a_script_that_is_stopped_while_sending_leaves_nothing(paired: Home, house: House, anna: str) -> None:
    phone = await add_phone(paired.hass, Phone())
    sending = asyncio.Event()

    async def hang(message: str, title: str | None = None) -> None:
        sending.set()
        await asyncio.Event().wait()

    phone.async_send_message = hang  # type: ignore[method-assign]
    call = asyncio.ensure_future(order(paired, "create_temporary_passcode", user_id=anna, send_to=PHONE))
    await sending.wait()
    call.cancel()
    with pytest.raises(asyncio.CancelledError):
        await call
    await paired.hass.async_block_till_done()
    assert await passcodes(house) == [1]


async def test_a_group_of_phones_is_told_one_by_one_so_that_no_call_is_recorded(
    paired: Home, house: House, anna: str
) -> None:
    first = await add_phone(paired.hass, Phone())
    second = await add_phone(paired.hass, Phone("Bo's phone"))
    group = NotifyGroup("all", "All phones", [PHONE, "notify.bo_s_phone"])
    await add_phone(paired.hass, group)  # type: ignore[arg-type]
    heard = hear_everything(paired.hass)
    await order(paired, "create_temporary_passcode", user_id=anna, send_to=[PHONE, "notify.all_phones"])
    await paired.hass.async_block_till_done()
    assert first.got == second.got
    assert len(first.got) == 1
    code = re.findall(r"[0-9]{6,}", first.got[0])[0]
    assert code not in json.dumps([event.as_dict() for event in heard], cls=ExtendedJSONEncoder)


async def test_of_two_locks_each_sends_its_own_and_one_failure_takes_back_what_nobody_heard(
    home: Home, house: House
) -> None:
    await add_back_door(house)
    await home.pair(house, port=house.port)
    for lock in house.locks:
        await house.add_person("Boss", "193746", lock, role="administrator")
    anna = await house.add_person("Anna", "270413")
    phone = await add_phone(home.hass, Phone())
    await house.command("users.add", lock="back_door", user_id=anna)

    both = await ask(home, "create_temporary_passcode", at=[LOCK, BACK], user_id=anna, send_to=PHONE)
    assert both.keys() == {LOCK, BACK}
    assert [message.split(":")[0] for message in phone.got] == [
        "Your passcode for Back door",
        "Your passcode for Front door",
    ]

    await house.command("users.delete", lock="front_door", user_id=anna)
    with pytest.raises(ServiceValidationError, match="What was made at Back door was deleted again") as failed:
        await ask(home, "create_temporary_passcode", at=[LOCK, BACK], user_id=anna)
    assert failed.value.translation_placeholders == {
        "failed": "There is no such person at Front door. Look under People, or call get_users, for who is there.",
        "locks": "Front door",
        "undone": "Back door",
    }
    assert len((await people(house, "back_door"))["Anna"]["credentials"]["pin"]) == 1

    with pytest.raises(ServiceValidationError, match="Done at Back door, but not at Front door"):
        await ask(home, "create_temporary_passcode", at=[LOCK, BACK], user_id=anna, send_to=PHONE)
    assert len((await people(house, "back_door"))["Anna"]["credentials"]["pin"]) == 2


async def test_what_the_bridge_refuses_is_said_with_its_limit(
    paired: Home, house: House, anna: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for _ in range(49):
        await house.command("credentials.create_temporary", lock="front_door", user_id=anna)
    with pytest.raises(ServiceValidationError, match="takes 50") as refused:
        await ask(paired, "create_temporary_passcode", user_id=anna)
    assert refused.value.translation_placeholders == {"lock": "Front door", "limit": "50"}


async def test_a_bridge_that_cannot_delete_leaves_a_word_in_the_log(
    paired: Home, house: House, anna: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    await add_phone(paired.hass, Phone(error=OSError("no network")))
    execute = house.running.bridge.dispatcher.execute

    async def no_deleting(name: str, *args: Any) -> Any:
        if name == "credentials.delete":
            raise LockBridgeError(ErrorCode.STORAGE)
        return await execute(name, *args)

    monkeypatch.setattr(house.running.bridge.dispatcher, "execute", no_deleting)
    with pytest.raises(HomeAssistantError) as failed:
        await order(paired, "create_temporary_passcode", user_id=anna, send_to=PHONE)
    assert failed.value.translation_key == "not_sent_not_deleted"
    assert "pin 2 at Front door is known to nobody" in caplog.text
