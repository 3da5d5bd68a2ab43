"""People by action: who is there, adding, changing and deleting; shaped as Z-Wave's locks have it."""

import ast
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import homeassistant.components
import probatio
import pytest
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError, Unauthorized, UnknownUser
from homeassistant.helpers import device_registry as dr
from homeassistant.setup import async_setup_component
from pytest_homeassistant_custom_component.common import MockUser

from custom_components.lock_bridge.client import LinkLost
from custom_components.lock_bridge.const import DOMAIN
from tests.integration.actions import BACK, add_back_door, ask, order, people
from tests.integration.fault_proxy import FaultProxy
from tests.integration.home import LOCK, Home
from tests.integration.house import House, until

CODE, FORCED = "270413", "918274"


async def boss(house: House, lock: str = "front_door") -> str:
    """Somebody has to be the administrator."""
    return await house.add_person("Boss", "193746", lock, role="administrator")


async def known(home: Home, user_id: str) -> str:
    """Wait until Home Assistant knows a person; her device."""
    device_id = await until(lambda: home.entry.runtime_data.person_device_id(user_id))
    assert isinstance(device_id, str)
    return device_id


async def test_who_is_there_is_told_with_what_she_has_but_never_what_is_in_it(paired: Home, house: House) -> None:
    anna = await house.add_person("Anna", CODE)
    device = await known(paired, anna)

    answer = await ask(paired, "get_users")

    assert answer["max_users"] == 50
    (user,) = answer["users"]
    assert (user["user_id"], user["user_name"], user["active"], user["person"]) == (anna, "Anna", True, device)
    assert [has["type"] for has in user["credentials"]] == ["pin"]
    assert CODE not in repr(answer)


@pytest.mark.spec("VER-12")
async def test_nothing_in_who_is_there_tells_of_a_duress_passcode(paired: Home, house: House) -> None:
    anna = await house.add_person("Anna", CODE)
    before = await ask(paired, "get_users")
    await house.command("credentials.set_passcode", lock="front_door", user_id=anna, passcode=FORCED, duress=True)
    assert await ask(paired, "get_users") == before
    assert "duress" not in repr(before)


@pytest.mark.spec("VER-12")
async def test_no_gap_in_the_numbers_of_passcodes_tells_of_one(paired: Home, house: House) -> None:
    anna = await house.add_person("Anna", CODE)
    await house.command("credentials.set_passcode", lock="front_door", user_id=anna, passcode=FORCED, duress=True)
    await house.add_person("Bo", "640281")
    told = [has["slot"] for user in (await ask(paired, "get_users"))["users"] for has in user["credentials"]]
    # The bridge's are 1 and 3; these stand as far apart as chance has it.
    assert all(slot > 100 for slot in told)
    assert told == [has["slot"] for user in (await ask(paired, "get_users"))["users"] for has in user["credentials"]], (
        "and stay the same"
    )


def typed_dicts() -> dict[str, set[str]]:
    """Names of what Z-Wave's actions answer, by its own words."""
    source = Path(homeassistant.components.__path__[0]) / "zwave_js" / "lock_helpers.py"
    tree = ast.parse(source.read_text(encoding="utf-8"))
    return {
        node.name: {line.target.id for line in node.body if isinstance(line, ast.AnnAssign)}  # type: ignore[union-attr]
        for node in tree.body
        if isinstance(node, ast.ClassDef) and any(ast.unparse(base) == "TypedDict" for base in node.bases)
    }


async def test_answers_have_all_that_those_of_zwave_have(paired: Home, house: House) -> None:
    zwave = typed_dicts()
    anna = await house.add_person("Anna", CODE)
    users = await ask(paired, "get_users")
    assert users.keys() == zwave["UsersResult"]
    assert users["users"][0].keys() >= zwave["UserEntry"]
    assert users["users"][0]["credentials"][0].keys() >= zwave["Credential"]
    capabilities = await ask(paired, "get_credential_capabilities")
    assert capabilities.keys() == zwave["CredentialCapabilitiesResult"]
    assert capabilities["supported_credential_types"]["pin"].keys() >= zwave["CredentialTypeCapability"]
    assert (await ask(paired, "set_user", user_name="Bo")).keys() == zwave["SetUserReturn"]
    made = await ask(paired, "set_credential", user_id=anna, credential_type="pin")
    assert made.keys() - {"passcode"} == zwave["SetCredentialReturn"]


async def test_the_actions_of_zwave_are_all_there(paired: Home) -> None:
    ours = set(paired.hass.services.async_services_for_domain(DOMAIN))
    assert ours >= {
        "get_users",
        "get_credential_capabilities",
        "set_user",
        "delete_user",
        "delete_all_users",
        "set_credential",
        "delete_credential",
        "delete_all_credentials",
    }


async def test_what_a_lock_takes(paired: Home) -> None:
    takes = await ask(paired, "get_credential_capabilities")
    assert takes["supports_user_management"] is True
    assert takes["supported_credential_types"]["fingerprint"] == {
        "num_slots": 50,
        "min_length": 0,
        "max_length": 0,
        "supports_learn": True,
        "max_per_user": 5,
        "learn_steps": 6,
    }
    assert takes["supported_credential_types"]["pin"]["min_length"] == 6
    assert takes["supported_credential_types"]["pin"]["supports_learn"] is False


@pytest.mark.spec("APP-2", "USR-7")
async def test_somebody_is_added_with_all_that_she_may(paired: Home, house: House) -> None:
    await paired.hass.config.async_set_time_zone("Europe/Oslo")
    await boss(house)
    answer = await ask(
        paired,
        "set_user",
        user_name="  Anna ",
        valid_from="2026-07-01 08:00:00",
        valid_until="2026-12-24T15:00:00+00:00",
        schedule=[{"days": ["friday", "mon"], "start": "08:00:00", "end": "24:00"}],
        uses_left=9,
    )

    anna = (await people(house))["Anna"]
    assert answer == {"user_id": anna["id"], "credential_slot": None}
    assert anna["valid_from_ms"] == datetime(2026, 7, 1, 6, tzinfo=UTC).timestamp() * 1000  # summer time of the house
    assert anna["valid_until_ms"] == datetime(2026, 12, 24, 15, tzinfo=UTC).timestamp() * 1000
    assert anna["schedule"] == [{"days": [0, 4], "start": "08:00", "end": "24:00"}]
    assert (anna["uses_left"], anna["role"], anna["enabled"]) == (9, "user", True)
    told = next(user for user in (await ask(paired, "get_users"))["users"] if user["user_name"] == "Anna")
    assert told["schedule"] == [{"days": ["monday", "friday"], "start": "08:00", "end": "24:00"}]
    assert told["valid_from"] == "2026-07-01T08:00:00+02:00"
    assert told["user_type"] == "disposable"


async def test_only_what_is_named_changes_and_null_takes_a_limit_away(paired: Home, house: House) -> None:
    await boss(house)
    anna = await house.add_person("Anna", CODE, uses_left=3)
    await order(paired, "set_user", user_id=anna, active=False)
    assert ((await people(house))["Anna"]["enabled"], (await people(house))["Anna"]["uses_left"]) == (False, 3)
    await order(paired, "set_user", user_id=anna, uses_left=None, active=True)
    assert ((await people(house))["Anna"]["enabled"], (await people(house))["Anna"]["uses_left"]) == (True, None)


async def test_a_person_can_be_named_by_her_device(paired: Home, house: House) -> None:
    await boss(house)
    anna = await house.add_person("Anna", CODE)
    await order(paired, "set_user", person=await known(paired, anna), user_name="Anna Berg")
    assert (await people(house))["Anna Berg"]["id"] == anna


async def test_whom_a_call_is_about_is_said_in_one_way(paired: Home, house: House) -> None:
    anna = await house.add_person("Anna", CODE)
    with pytest.raises(probatio.Invalid):
        await order(paired, "delete_user", user_id=anna, person=await known(paired, anna))
    with pytest.raises(probatio.Invalid):
        await order(paired, "delete_user")


async def test_a_device_that_is_nobodys_is_refused(paired: Home) -> None:
    door = paired.device("front_door")
    for device, name in ((door.id, "Front door"), ("0123", "0123")):
        with pytest.raises(ServiceValidationError) as refused:
            await order(paired, "delete_user", person=device)
        assert refused.value.translation_key == "not_a_person"
        assert refused.value.translation_placeholders == {"person": name, "lock": "Front door"}


async def test_a_new_person_needs_a_name(paired: Home, house: House) -> None:
    with pytest.raises(ServiceValidationError, match="needs a name"):
        await order(paired, "set_user", active=True)
    assert await people(house) == {}


@pytest.mark.spec("USR-10")
async def test_on_two_locks_she_is_one_and_the_same(home: Home, house: House) -> None:
    await add_back_door(house)
    await home.pair(house, port=house.port)
    for lock in house.locks:
        await house.command("users.add", lock=lock, user_name="Boss", role="administrator")

    answer = await ask(home, "set_user", at=[LOCK, BACK], user_name="Anna")

    front, back = (await people(house, "front_door"))["Anna"], (await people(house, "back_door"))["Anna"]
    assert front["id"] == back["id"]
    assert answer == {entity: {"user_id": front["id"], "credential_slot": None} for entity in (LOCK, BACK)}


@pytest.mark.spec("USR-10")
async def test_somebody_of_another_lock_is_put_on_this_one_with_what_is_new_of_her(home: Home, house: House) -> None:
    await add_back_door(house)
    await home.pair(house, port=house.port)
    await boss(house, "back_door")
    anna = await house.add_person("Anna", CODE)
    await known(home, anna)

    await order(home, "set_user", at=BACK, user_id=anna, user_name="Anna Berg")
    assert (await people(house, "back_door"))["Anna Berg"]["id"] == anna
    assert (await people(house, "front_door"))["Anna Berg"]["id"] == anna

    await house.command("users.delete", lock="back_door", user_id=anna)
    await house.command("users.change", lock="front_door", user_id=anna, changes={"uses_left": 5})
    with pytest.raises(ServiceValidationError) as refused:
        await order(home, "set_user", at=BACK, user_id=anna, role="administrator")
    assert refused.value.translation_key == "administrator_unlimited"
    assert "Anna Berg" not in await people(house, "back_door"), "she is not left there half done"


@pytest.mark.spec("APP-2")
async def test_people_are_deleted_and_administrators_stay(paired: Home, house: House) -> None:
    await boss(house)
    anna = await house.add_person("Anna", CODE)
    await house.add_person("Bo", "640259")
    await order(paired, "delete_user", user_id=anna)
    assert set(await people(house)) == {"Boss", "Bo"}
    await house.add_person("Cy", CODE)
    await order(paired, "delete_all_users")
    assert set(await people(house)) == {"Boss"}


@pytest.mark.spec("USR-3")
async def test_the_last_administrator_stays(paired: Home, house: House) -> None:
    chief = await boss(house)
    with pytest.raises(ServiceValidationError, match="without an administrator") as refused:
        await order(paired, "delete_user", user_id=chief)
    assert refused.value.translation_placeholders == {"lock": "Front door"}
    with pytest.raises(ServiceValidationError) as refused:
        await order(paired, "set_user", user_id=chief, role="user")
    assert refused.value.translation_key == "last_administrator"
    assert set(await people(house)) == {"Boss"}


@pytest.mark.parametrize(
    ("action", "more"),
    [
        ("set_user", {"user_name": "Ghost"}),
        ("delete_user", {}),
        ("set_credential", {"credential_type": "pin"}),
        ("delete_credential", {"credential_type": "pin", "credential_slot": 1}),
        ("delete_all_credentials", {}),
        ("enroll_credential", {"credential_type": "fingerprint"}),
        ("create_temporary_passcode", {}),
    ],
)
async def test_nobody_is_found_by_a_wrong_id(paired: Home, house: House, action: str, more: dict[str, Any]) -> None:
    await boss(house)
    call = ask if "temporary" in action or action == "set_credential" else order
    with pytest.raises(ServiceValidationError, match="no such person") as refused:
        await call(paired, action, user_id="nobody", **more)
    assert refused.value.translation_key == "unknown_user"


async def test_two_deleting_at_once_both_get_a_clear_end(paired: Home, house: House) -> None:
    """A person is deleted elsewhere while an automation is about to."""
    await boss(house)
    anna = await house.add_person("Anna", CODE)
    await house.command("users.delete", lock="front_door", user_id=anna)
    with pytest.raises(ServiceValidationError, match="no such person"):
        await order(paired, "set_user", user_id=anna, active=False)


async def test_a_script_gets_the_answer(paired: Home, house: House) -> None:
    await house.add_person("Anna", CODE)
    names = f"{{{{ who['{LOCK}'].users | map(attribute='user_name') | list }}}}"
    sequence = [
        {"action": "lock_bridge.get_users", "target": {"entity_id": LOCK}, "response_variable": "who"},
        {"event": "said", "event_data": {"names": names}},
    ]
    said: list[Any] = []
    paired.hass.bus.async_listen("said", lambda event: said.append(event.data["names"]))
    assert await async_setup_component(paired.hass, "script", {"script": {"who": {"sequence": sequence}}})
    await paired.hass.services.async_call("script", "who", blocking=True)
    await until(lambda: said)
    assert said == [["Anna"]]


async def test_an_automation_may_change_people(paired: Home, house: House) -> None:
    await boss(house)
    automation = {
        "alias": "New guest",
        "triggers": [{"trigger": "event", "event_type": "guest"}],
        "actions": [
            {
                "action": "lock_bridge.set_user",
                "target": {"device_id": paired.device("front_door").id},
                "data": {"user_name": "{{ trigger.event.data.name }}"},
            }
        ],
    }
    assert await async_setup_component(paired.hass, "automation", {"automation": automation})
    paired.hass.bus.async_fire("guest", {"name": "Bo"})
    await paired.hass.async_block_till_done()
    assert set(await people(house)) == {"Boss", "Bo"}


WRITES: tuple[tuple[str, dict[str, Any]], ...] = (
    ("set_user", {"user_name": "Eve"}),
    ("delete_user", {"user_id": "x"}),
    ("delete_all_users", {}),
    ("set_credential", {"user_id": "x", "credential_type": "pin", "send_to": "notify.x"}),
    ("delete_credential", {"user_id": "x", "credential_type": "pin", "credential_slot": 1}),
    ("delete_all_credentials", {"user_id": "x"}),
    ("enroll_credential", {"user_id": "x", "credential_type": "face"}),
    ("cancel_enrollment", {}),
    ("create_temporary_passcode", {"user_id": "x", "send_to": "notify.x"}),
    ("create_bluetooth_key", {"user_id": "x", "send_to": "notify.x"}),
    ("end_lockout", {}),
)
READS = ("get_users", "get_credential_capabilities", "get_events")


def test_every_action_is_one_that_writes_or_one_that_reads(paired: Home) -> None:
    assert {*READS, *(name for name, _ in WRITES)} == set(paired.hass.services.async_services_for_domain(DOMAIN))


@pytest.mark.parametrize(("action", "data"), WRITES)
async def test_only_administrators_write(
    paired: Home, house: House, hass_read_only_user: MockUser, action: str, data: dict[str, Any]
) -> None:
    plain = MockUser(name="Plain", groups=[]).add_to_hass(paired.hass)
    plain.mock_policy({"entities": True})
    before = house.head
    for user in (plain.id, hass_read_only_user.id):
        with pytest.raises(Unauthorized):
            await order(paired, action, user=user, **data)
    with pytest.raises(UnknownUser):
        await order(paired, action, user="gone", **data)
    assert house.head == before


async def test_an_administrator_writes(paired: Home, house: House, hass_admin_user: MockUser) -> None:
    await boss(house)
    await order(paired, "set_user", user=hass_admin_user.id, user_name="Anna")
    assert "Anna" in await people(house)


@pytest.mark.parametrize("action", READS)
async def test_who_may_see_the_lock_reads(
    paired: Home, house: House, hass_read_only_user: MockUser, action: str
) -> None:
    assert await ask(paired, action, user=hass_read_only_user.id)
    stranger = MockUser(name="Stranger", groups=[]).add_to_hass(paired.hass)
    stranger.mock_policy({"entities": {"domains": {"light": True}}})
    with pytest.raises(Unauthorized):
        await ask(paired, action, user=stranger.id)
    with pytest.raises(UnknownUser):
        await ask(paired, action, user="gone")


async def test_what_was_not_allowed_when_pairing_says_how_to_allow_it(home: Home, house: House) -> None:
    await home.pair(house, port=house.port, may_manage=False)
    for action, data in WRITES:
        with pytest.raises(ServiceValidationError, match="choose Reconfigure") as refused:
            await order(home, action, **data)
        assert refused.value.translation_key == "not_allowed"
    with pytest.raises(ServiceValidationError, match="choose Reconfigure"):
        await ask(home, "get_users")
    assert (await ask(home, "get_credential_capabilities"))["supports_user_management"] is False


async def test_actions_are_there_before_a_bridge_is(hass: HomeAssistant) -> None:
    assert await async_setup_component(hass, DOMAIN, {})
    assert hass.services.has_service(DOMAIN, "set_user")
    with pytest.raises(ServiceValidationError) as refused:
        await hass.services.async_call(DOMAIN, "set_user", {"entity_id": LOCK, "user_name": "Anna"}, blocking=True)
    assert refused.value.translation_key == "unknown_target"


async def test_what_a_name_must_not_be(paired: Home) -> None:
    for name in ("", "   ", "two\nlines", "x" * 65):
        with pytest.raises(probatio.Invalid):
            await order(paired, "set_user", user_name=name)
    for schedule in ([{"days": [], "start": "08:00", "end": "09:00"}], [{"days": ["mon"], "start": "8", "end": "9"}]):
        with pytest.raises(probatio.Invalid):
            await order(paired, "set_user", user_name="Anna", schedule=schedule)
    with pytest.raises(probatio.Invalid):
        await order(paired, "set_user", user_name="Anna", valid_from="2026-07-02 08:00", valid_until="2026-07-01 08:00")


async def test_a_period_that_ends_before_it_began_is_refused_also_over_two_calls(paired: Home, house: House) -> None:
    await boss(house)
    anna = await house.add_person("Anna", CODE)
    await order(paired, "set_user", user_id=anna, valid_from="2026-07-02 08:00:00")
    with pytest.raises(ServiceValidationError) as refused:
        await order(paired, "set_user", user_id=anna, valid_until="2026-07-01 08:00:00")
    assert refused.value.translation_key == "invalid_period"


async def test_what_the_bridge_breaks_off_is_said_to_be_open(
    far: Home, house: House, network: FaultProxy, monkeypatch: pytest.MonkeyPatch
) -> None:
    await boss(house)
    execute = house.running.bridge.dispatcher.execute

    async def cut(*args: Any) -> Any:
        done = await execute(*args)
        network.cut()
        return done

    monkeypatch.setattr(house.running.bridge.dispatcher, "execute", cut)
    with pytest.raises(HomeAssistantError, match="it may have been done") as failed:
        await order(far, "set_user", user_name="Anna")
    assert failed.value.translation_key == "no_answer_to_change"
    assert "Anna" in await people(house)


@pytest.mark.parametrize("breaks", ["users.change", "users.delete"])
async def test_a_bridge_that_is_lost_while_somebody_is_put_on_a_second_lock(
    home: Home, house: House, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, breaks: str
) -> None:
    await add_back_door(house)
    await home.pair(house, port=house.port)
    await boss(house, "back_door")
    anna = await house.add_person("Anna", CODE)
    await known(home, anna)
    command = home.entry.runtime_data.connection.command

    async def lost(name: str, **args: Any) -> Any:
        if name == breaks:
            raise LinkLost("cut")
        return await command(name, **args)

    monkeypatch.setattr(home.entry.runtime_data.connection, "command", lost)
    with pytest.raises(HomeAssistantError) as failed:
        await order(
            home,
            "set_user",
            at=BACK,
            user_id=anna,
            valid_from="2026-07-02 08:00",
            valid_until=None,
            role="administrator",
        )
    there = "Anna" in await people(house, "back_door")
    if breaks == "users.change":
        assert (failed.value.translation_key, there) == ("no_answer_to_change", False)
    else:
        assert (failed.value.translation_key, there) == ("administrator_unlimited", True)
        assert "A person stays at Back door" in caplog.text


async def test_the_devices_of_people_are_no_locks(paired: Home, house: House) -> None:
    anna = await known(paired, await house.add_person("Anna", CODE))
    assert dr.async_get(paired.hass).async_get(anna) is not None
    with pytest.raises(ServiceValidationError, match="Choose a lock") as refused:
        await order(paired, "delete_all_users", at=None, device_id=anna)
    assert refused.value.translation_key == "no_lock"
