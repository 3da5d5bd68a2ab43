"""What must not be known is not known: nothing that records, shows or keeps has any of a whole day's secrets.

Three things are as they are, and each has its test: the storage of config entries has the token, for Home Assistant
needs it; a call that is given the lock entity's code is recorded with it by Home Assistant itself; and whoever asks an
action for a passcode in its answer, in place of sending it, has it in the trace of the script that asked.
"""

import json
import logging
import re
from collections.abc import Iterable
from datetime import timedelta
from typing import Any, override

import pytest
from homeassistant.components.recorder import get_instance
from homeassistant.components.recorder.util import session_scope
from homeassistant.components.trace.const import DATA_TRACE
from homeassistant.config_entries import SOURCE_REAUTH
from homeassistant.const import EVENT_HOMEASSISTANT_FINAL_WRITE
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError
from homeassistant.helpers import device_registry as dr
from homeassistant.setup import async_setup_component
from homeassistant.util import dt as dt_util
from pytest_homeassistant_custom_component.components.diagnostics import (
    get_diagnostics_for_config_entry,
    get_diagnostics_for_device,
)
from pytest_homeassistant_custom_component.components.recorder.common import async_wait_recording_done
from pytest_homeassistant_custom_component.typing import ClientSessionGenerator
from sqlalchemy import inspect, text

from custom_components.lock_bridge.client import Address, Connection, Pairing, Transport
from custom_components.lock_bridge.const import DOMAIN
from custom_components.lock_bridge.wire.words import Scope
from tests.integration.actions import Phone, add_phone, ask, hear_everything
from tests.integration.automations import Automations
from tests.integration.dialog import Dialog
from tests.integration.home import LOCK, Home
from tests.integration.house import House, until

CARD = "04A1B2C3"
TYPED, FORCED, LONG, WRONG = "27041395", "91827346", "417530962418", "60514283"
AROUND = f"83{TYPED}61"
PHONE_CODE = "395172"
LOCK_CODE, OTHER_LOCK_CODE = "48127306", "73064812"
WRONG_PAIRING = "01928374"


class Secrets:
    """What nobody else may know, by what it is; and whether it stands somewhere."""

    def __init__(self) -> None:
        self._known: dict[str, str] = {}

    def add(self, name: str, secret: str) -> str:
        assert len(secret) >= 3, name
        assert name not in self._known, name
        self._known[name] = secret
        return secret

    def in_(self, where: str) -> list[str]:
        """The names of those that stand in a text. Of digits only whole runs count: times are full of digits."""
        return [name for name, secret in self._known.items() if re.search(_pattern(secret), where)]

    def __len__(self) -> int:
        return len(self._known)


def _pattern(secret: str) -> str:
    if not secret.isdigit():
        return re.escape(secret)
    apart = f"{secret[:4]}[ -]?{secret[4:]}" if len(secret) == 8 else secret
    return rf"(?<![\d.]){apart}(?!\d)"


class Gossip(Phone):
    """A notifier that fails, and says in its error what it was to send."""

    @override
    async def async_send_message(self, message: str, title: str | None = None) -> None:
        self.got.append(message)
        raise RuntimeError(f"could not send {message!r}")


@pytest.fixture
async def secrets(house: House) -> Secrets:
    """The secrets that are there before the day begins. The lock reads cards, and has Bluetooth."""
    house.locks = {"front_door": ("Front door", "dl50fvs")}
    house.people = f'{{ name = "Anna", fingers = ["right thumb"], cards = ["{CARD}"] }}'
    await house.stop()
    await house.start()
    secrets = Secrets()
    secrets.add("card number", CARD)
    secrets.add("verification code", house.running.bridge.runner("front_door").setup.identity.verification_code)
    for name, secret in {
        "passcode": TYPED,
        "passcode among other digits": AROUND,
        "duress passcode": FORCED,
        "passcode that was too long": LONG,
        "passcode that nobody has": WRONG,
        "pairing code for phones": PHONE_CODE,
        "lock code": LOCK_CODE,
        "wrong pairing code": WRONG_PAIRING,
    }.items():
        secrets.add(name, secret)
    return secrets


@pytest.mark.spec("S21")
async def test_a_day_in_the_house_leaves_no_secret_behind(
    home: Home,
    house: House,
    secrets: Secrets,
    caplog: pytest.LogCaptureFixture,
    hass_storage: dict[str, Any],
    hass_client: ClientSessionGenerator,
    recorder_mock: Any,
) -> None:
    caplog.set_level(logging.DEBUG)
    heard = hear_everything(home.hass)
    for component in ("repairs", "trace"):
        assert await async_setup_component(home.hass, component, {})

    await _pair(home, house, secrets)
    await _configure(home, house, secrets)
    await _call_actions(home, house, secrets)
    await _come_and_go(home, house)
    shown = await _diagnostics(home, hass_client)
    await _set_lock_code(home)
    await _pair_again(home, house, secrets)
    assert len(secrets) == 23

    places = {
        "log": caplog.text,
        "states": _json(state.as_dict() for state in home.hass.states.async_all()),
        "bus": _json(event.as_dict() for event in heard),
        "diagnostics": shown,
        "traces": _traces(home.hass),
        "recorder": await _recorded(home.hass),
        **await _stored(home.hass, hass_storage),
    }
    # Each place has what it is there for, so that it was really looked at.
    marks = {"diagnostics": "dl50fvs", "stored entries": "scrypt$", "traces": "create_temporary_passcode"}
    for name, place in places.items():
        assert marks.get(name, "front_door") in place, name
    assert {name: found for name, place in places.items() if (found := secrets.in_(place))} == {}


async def test_the_token_is_in_the_storage_of_entries_alone(paired: Home, hass_storage: dict[str, Any]) -> None:
    await paired.hass.async_block_till_done()
    await _stored(paired.hass, hass_storage)
    token = paired.entry.data["token"]
    assert [key for key, content in hass_storage.items() if token in json.dumps(content, default=str)] == [
        "core.config_entries"
    ]
    (entry,) = (entry for entry in hass_storage["core.config_entries"]["data"]["entries"] if entry["domain"] == DOMAIN)
    assert token in entry["data"].values()
    assert token not in json.dumps({name: value for name, value in entry.items() if name != "data"}, default=str)


async def test_of_the_lock_entitys_code_only_home_assistants_own_record_of_calls_knows(
    paired: Home, house: House, caplog: pytest.LogCaptureFixture, hass_storage: dict[str, Any]
) -> None:
    caplog.set_level(logging.DEBUG)
    await _set_lock_code(paired)
    heard = hear_everything(paired.hass)
    with pytest.raises(ServiceValidationError) as refused:
        await paired.act("unlock", LOCK, code=OTHER_LOCK_CODE)
    await paired.act("unlock", LOCK, code=LOCK_CODE)
    await paired.until_state(LOCK, "unlocked")

    secrets = Secrets()
    secrets.add("lock code", LOCK_CODE)
    secrets.add("wrong lock code", OTHER_LOCK_CODE)
    calls = [event for event in heard if event.event_type == "call_service"]
    others = [event for event in heard if event.event_type != "call_service"]
    assert secrets.in_(_json(event.as_dict() for event in calls)) == ["lock code", "wrong lock code"]
    ours = "\n".join(record.getMessage() for record in caplog.records if DOMAIN in record.name)
    states = _json(state.as_dict() for state in paired.hass.states.async_all())
    stored = "\n".join((await _stored(paired.hass, hass_storage)).values())
    for place in (_json(event.as_dict() for event in others), ours, states, stored, str(refused.value)):
        assert secrets.in_(place) == []


async def test_what_holds_a_token_does_not_show_it(house: House) -> None:
    pairing = Pairing(
        bridge_id="b", client_id="c", scopes=frozenset({Scope.STATE}), fingerprint=bytes(32), token="lb1_secret"
    )
    transport = Transport(None, Address("127.0.0.1", 1), bytes(32))  # type: ignore[arg-type]
    assert "lb1_secret" not in repr(pairing) + repr(Connection(transport, "lb1_secret"))


async def _pair(home: Home, house: House, secrets: Secrets) -> None:
    form = await home.begin(port=house.port)
    code = secrets.add("pairing code", await house.open_pairing())
    form = await home.submit(form, may_unlock=True, code=WRONG_PAIRING)
    assert form["errors"] == {"code": "wrong_code"}
    await home.submit(form, may_unlock=True, code=f"{code[:4]} {code[4:]}")
    await home.until_state(LOCK, "locked")
    secrets.add("token", home.entry.data["token"])


async def _configure(home: Home, house: House, secrets: Secrets) -> None:
    """Everything that is given to people under Configure."""
    await house.command("users.add", lock="front_door", user_name="Anna", role="administrator")
    await house.command("settings.set", lock="front_door", changes={"bluetooth": True})
    await home.until_people(house)
    dialog = Dialog(home)
    await dialog.open("Anna")
    await dialog.choose("passcode")
    await dialog.submit(passcode=LONG)
    assert dialog.errors == {"passcode": "passcode_length"}
    await dialog.submit(passcode=TYPED)
    await dialog.choose("duress_passcode")
    await dialog.submit(passcode=FORCED)
    await dialog.choose("visitor_passcode")
    until_ = f"{dt_util.now() + timedelta(hours=1):%Y-%m-%d %H:%M:%S}"
    await dialog.submit(label="Plumber", valid_until=until_, endless=False)
    visitors = secrets.add("visitor's passcode, made under Configure", dialog.value("passcode"))
    await dialog.submit(passcode=visitors, message=dialog.value("message"))
    await dialog.choose("bluetooth_key")
    await dialog.submit(label="Painter")
    key = secrets.add("visitor's key, made under Configure", dialog.value("key"))
    await dialog.submit(key=key, message=dialog.value("message"))
    await dialog.choose("enrol")
    await dialog.submit(kind="rfid")
    await house.do("card", CARD)
    await dialog.until_step("enrolled")
    await dialog.submit(another=False)
    dialog.close()
    await house.command("bluetooth.set_code", lock="front_door", code=PHONE_CODE)


async def _call_actions(home: Home, house: House, secrets: Secrets) -> None:
    """Everything secret that an action makes: answered to a person, and sent by automations."""
    (anna,) = (await house.command("users.list", lock="front_door"))["users"]
    who = {"user_id": anna["id"]}
    ben = str((await house.command("users.add", lock="front_door", user_name="Ben"))["user_id"])
    made = await ask(home, "set_credential", user_id=ben, credential_type="pin")
    secrets.add("passcode that was answered", made["passcode"])
    made = await ask(home, "create_temporary_passcode", **who)
    secrets.add("visitor's passcode that was answered", made["passcode"])
    made = await ask(home, "create_bluetooth_key", **who)
    secrets.add("visitor's key that was answered", made["key"])

    phone, gossip = await add_phone(home.hass, Phone()), await add_phone(home.hass, Gossip("Bens phone"))
    automations = Automations(home.hass)
    send = {"target": {"entity_id": LOCK}, "response_variable": "answer"}
    await automations.set_up(
        {
            "id": "guests",
            "alias": "Guests",
            "triggers": [{"trigger": "event", "event_type": "guests"}],
            "actions": [
                {"action": f"{DOMAIN}.{action}", "data": {**data, "send_to": [phone.entity_id]}, **send}
                for action, data in (
                    ("set_credential", {"user_id": ben, "credential_type": "pin", "message": "New: {code}"}),
                    ("create_temporary_passcode", {**who, "message": "Guest: {code}"}),
                    ("create_bluetooth_key", {**who, "message": "Phone: {code}"}),
                )
            ],
        }
    )
    home.hass.bus.async_fire("guests")
    await until(lambda: len(phone.got) == 3)
    await home.hass.async_block_till_done()
    for sent in phone.got:
        what, secret = sent.split(": ")
        secrets.add(f"{what} that was sent", secret)

    with pytest.raises(HomeAssistantError) as failed:
        await ask(home, "create_temporary_passcode", **who, send_to=[gossip.entity_id], message="Lost: {code}")
    lost = secrets.add("passcode that could not be sent", gossip.got[0].removeprefix("Lost: "))
    assert lost not in repr(failed.value) + repr(failed.value.__cause__)


async def _come_and_go(home: Home, house: House) -> None:
    for entry in (TYPED, AROUND, FORCED):
        await house.enter(entry)
        await house.bolt("unlocked")
        await house.lock_from_inside()
    await house.enter(WRONG)
    await house.do("card", CARD)
    await house.bolt("unlocked")
    await home.until_state(LOCK, "unlocked")
    await home.call("lock")
    await house.command("settings.set", lock="front_door", changes={"bluetooth": False})
    await home.call("unlock")
    await home.call("lock")
    answer = await ask(home, "get_events")
    assert "Anna" in json.dumps(answer, default=str)
    await until(lambda: home.entry.runtime_data.connection.cursor.seq == house.head)


async def _set_lock_code(home: Home) -> None:
    form = await home.fill(await home.configure("lock_code"), code="12")
    assert form["errors"] == {"code": "code_digits"}
    await home.fill(form, code=LOCK_CODE)
    await home.hass.async_block_till_done()
    await home.until_state(LOCK, "locked")


async def _pair_again(home: Home, house: House, secrets: Secrets) -> None:
    await house.command("clients.revoke", client_id=home.entry.data["client_id"])
    flows = home.hass.config_entries.flow
    found = await until(lambda: flows.async_progress_by_handler(DOMAIN, match_context={"source": SOURCE_REAUTH}))
    form = await flows.async_configure(found[0]["flow_id"])
    code = secrets.add("second pairing code", await house.open_pairing())
    await home.submit(form, may_unlock=True, code=code)
    await home.until_state(LOCK, "locked")
    secrets.add("second token", home.entry.data["token"])
    await home.hass.async_block_till_done()


async def _diagnostics(home: Home, client: ClientSessionGenerator) -> str:
    assert await async_setup_component(home.hass, "diagnostics", {})
    shown = [await get_diagnostics_for_config_entry(home.hass, client, home.entry)]
    for device in dr.async_entries_for_config_entry(dr.async_get(home.hass), home.entry.entry_id):
        assert isinstance(device, dr.DeviceEntry)
        shown.append(await get_diagnostics_for_device(home.hass, client, home.entry, device))
    assert len(shown) == 1 + 4, "the entry, the bridge, the lock, Anna and Ben"
    return json.dumps(shown)


def _traces(hass: HomeAssistant) -> str:
    return _json(trace.as_extended_dict() for kept in hass.data[DATA_TRACE].values() for trace in kept.all_traces())


async def _recorded(hass: HomeAssistant) -> str:
    """Every row of every table."""
    await async_wait_recording_done(hass)

    def dump() -> str:
        with session_scope(hass=hass, read_only=True) as session:
            tables = inspect(session.connection()).get_table_names()
            assert {"events", "event_data", "states", "state_attributes"} <= set(tables)
            return "\n".join(
                repr(tuple(row))
                for table in tables
                for row in session.execute(text(f"SELECT * FROM {table}"))  # noqa: S608
            )

    return await get_instance(hass).async_add_executor_job(dump)


async def _stored(hass: HomeAssistant, storage: dict[str, Any]) -> dict[str, str]:
    """What lies in `.storage`, and so in a backup, by subject. The token in the entry's own data is left out."""
    hass.bus.async_fire(EVENT_HOMEASSISTANT_FINAL_WRITE)
    await hass.async_block_till_done()
    token = hass.config_entries.async_entries(DOMAIN)[0].data["token"]
    entries = json.dumps(storage["core.config_entries"], default=str).replace(f'"token": "{token}"', "")
    rest = {key: content for key, content in storage.items() if key != "core.config_entries"}
    assert {"core.device_registry", "core.entity_registry"} <= rest.keys()
    return {"stored entries": entries, "the rest of what is stored": json.dumps(rest, default=str)}


def _json(things: Iterable[Any]) -> str:
    return json.dumps([*things], default=str)
