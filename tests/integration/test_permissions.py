"""Who may do what: each way in, tried as administrator, as user, as one who may only look, and with no login.

The table of docs/security.md is this one. What is registered and not in it fails here: think, then write it down.
"""

from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import pytest
from homeassistant.components.websocket_api.const import DOMAIN as WEBSOCKET
from homeassistant.config_entries import HANDLERS, SOURCE_REAUTH
from homeassistant.core import HomeAssistant
from homeassistant.helpers import device_registry as dr
from homeassistant.helpers import entity_registry as er
from homeassistant.setup import async_setup_component
from pytest_homeassistant_custom_component.typing import ClientSessionGenerator, WebSocketGenerator

from custom_components.lock_bridge.const import DOMAIN, EVENT
from custom_components.lock_bridge.issues import async_raise_identity_issue
from lock_bridge.wire.errors import LockBridgeError
from tests.integration.home import LOCK, Home
from tests.integration.house import House, until
from tests.integration.people_of_the_house import GROUPS, Visitor, visitors

DOCUMENT = Path(__file__).parents[2] / "docs" / "security.md"

ADMIN = ("administrator",)
USERS = ("user", "administrator")
LOGGED_IN = ("read-only", "user", "administrator")

ENTRY = "/api/config/config_entries/entry"
FLOW = "/api/config/config_entries/flow"
OPTIONS = "/api/config/config_entries/options/flow"
FIX = "/api/repairs/issues/fix"


@dataclass
class Place:
    """Where it is tried."""

    home: Home
    house: House
    client: ClientSessionGenerator
    connect: WebSocketGenerator

    @property
    def hass(self) -> HomeAssistant:
        return self.home.hass

    @property
    def entry_id(self) -> str:
        return self.home.entry.entry_id

    async def person(self) -> str:
        """Somebody new on the lock; her id."""
        added = await self.house.command("users.add", lock="front_door", user_name="Bert")
        user_id = str(added["user_id"])
        await self.device(user_id)
        return user_id

    async def device(self, user_id: str) -> str:
        key = (DOMAIN, f"{self.home.entry.data['bridge_id']}/person/{user_id}")
        devices = dr.async_get(self.hass)
        found = await until(lambda: devices.async_get_device_by_identifier(key, self.entry_id))
        return found.id

    async def config_flow(self) -> str:
        flow = await self.hass.config_entries.flow.async_init(DOMAIN, context={"source": "user"})
        return flow["flow_id"]

    async def options_flow(self) -> str:
        return (await self.hass.config_entries.options.async_init(self.entry_id))["flow_id"]

    def issue(self) -> str:
        async_raise_identity_issue(self.hass, self.home.entry)
        return f"identity_changed_{self.entry_id}"


type Try = Callable[[Place, Visitor], Awaitable[bool]]
type Data = Callable[[Place], Awaitable[Mapping[str, Any]]]


# Actions of our own: who may call them, and with what they are called here.


async def _nothing(_place: Place) -> Mapping[str, Any]:
    return {}


async def _somebody(place: Place) -> Mapping[str, Any]:
    return {"user_id": await place.person()}


async def _new_passcode(place: Place) -> Mapping[str, Any]:
    return {"user_id": await place.person(), "credential_type": "pin"}


async def _her_passcode(place: Place) -> Mapping[str, Any]:
    hers = {"user_id": await place.person(), "credential_type": "pin"}
    made = await place.hass.services.async_call(
        DOMAIN, "set_credential", {"entity_id": LOCK, **hers}, blocking=True, return_response=True
    )
    # The slot is a number of Home Assistant's own.
    return {**hers, "credential_slot": cast("Any", made)[LOCK]["credential_slot"]}


async def _enrolment(place: Place) -> Mapping[str, Any]:
    with suppress(LockBridgeError):  # none is running
        await place.house.command("credentials.cancel", lock="front_door")
    return {"user_id": await place.person(), "credential_type": "fingerprint"}


async def _begun(place: Place) -> Mapping[str, Any]:
    who = await _enrolment(place)
    await place.house.command("credentials.enrol", lock="front_door", user_id=who["user_id"], type="fingerprint")
    return {}


async def _visitors_phone(place: Place) -> Mapping[str, Any]:
    await place.house.command("settings.set", lock="front_door", changes={"bluetooth": True})
    return await _somebody(place)


ACTIONS: Mapping[str, tuple[tuple[str, ...], Data]] = {
    "get_users": (LOGGED_IN, _nothing),
    "get_credential_capabilities": (LOGGED_IN, _nothing),
    "get_events": (LOGGED_IN, _nothing),
    "set_user": (ADMIN, _somebody),
    "delete_user": (ADMIN, _somebody),
    "delete_all_users": (ADMIN, _nothing),
    "set_credential": (ADMIN, _new_passcode),
    "delete_credential": (ADMIN, _her_passcode),
    "delete_all_credentials": (ADMIN, _somebody),
    "enroll_credential": (ADMIN, _enrolment),
    "cancel_enrollment": (ADMIN, _begun),
    "create_temporary_passcode": (ADMIN, _somebody),
    "create_bluetooth_key": (ADMIN, _visitors_phone),
    "end_lockout": (ADMIN, _nothing),
}

# Actions of Home Assistant for our entities: users may, who may only look may not. That is Home Assistant's own doing.

ENTITY_ACTIONS: Mapping[str, tuple[tuple[str, ...], Mapping[str, Any]]] = {
    "button.press": (USERS, {"entity_id": "button.front_door_end_lockout"}),
    "lock.lock": (USERS, {"entity_id": LOCK}),
    "lock.unlock": (USERS, {"entity_id": LOCK}),
    "number.set_value": (USERS, {"entity_id": "number.front_door_countdown_delay", "value": 30}),
    "select.select_first": (USERS, {"entity_id": "select.front_door_volume"}),
    "select.select_last": (USERS, {"entity_id": "select.front_door_volume"}),
    "select.select_next": (USERS, {"entity_id": "select.front_door_volume"}),
    "select.select_option": (USERS, {"entity_id": "select.front_door_volume", "option": "low"}),
    "select.select_previous": (USERS, {"entity_id": "select.front_door_volume"}),
    "switch.turn_off": (USERS, {"entity_id": "switch.front_door_countdown_locking"}),
    "switch.turn_on": (USERS, {"entity_id": "switch.front_door_countdown_locking"}),
    "switch.toggle": (USERS, {"entity_id": "switch.front_door_countdown_locking"}),
}
NOT_FOR_OURS = {
    "lock.open": "no model pulls a latch",
    "update.install": "the bridge is updated at the bridge",
    "update.skip": "there is nothing to skip without an update",
    "update.clear_skipped": "there is nothing to skip without an update",
}
"""Registered by Home Assistant for a platform of ours, and refused by our entities, whoever asks."""


# Everything else that reaches us: forms, devices, files.


async def _begin_set_up(_place: Place, visitor: Visitor) -> bool:
    return await visitor.go("POST", FLOW, {"handler": DOMAIN})


async def _begin_reconfiguration(place: Place, visitor: Visitor) -> bool:
    return await visitor.go("POST", FLOW, {"handler": DOMAIN, "entry_id": place.entry_id})


async def _see_a_step(place: Place, visitor: Visitor) -> bool:
    return await visitor.go("GET", f"{FLOW}/{await place.config_flow()}")


async def _fill_in_a_step(place: Place, visitor: Visitor) -> bool:
    return await visitor.go("POST", f"{FLOW}/{await place.config_flow()}", {"host": "127.0.0.1", "port": 1})


async def _close_a_flow(place: Place, visitor: Visitor) -> bool:
    return await visitor.go("DELETE", f"{FLOW}/{await place.config_flow()}")


async def _list_flows(_place: Place, visitor: Visitor) -> bool:
    return await visitor.ask("config_entries/flow/progress")


async def _configure(place: Place, visitor: Visitor) -> bool:
    return await visitor.go("POST", OPTIONS, {"handler": place.entry_id})


async def _see_a_form(place: Place, visitor: Visitor) -> bool:
    return await visitor.go("GET", f"{OPTIONS}/{await place.options_flow()}")


async def _fill_in_a_form(place: Place, visitor: Visitor) -> bool:
    return await visitor.go("POST", f"{OPTIONS}/{await place.options_flow()}", {"next_step_id": "people"})


async def _close_a_form(place: Place, visitor: Visitor) -> bool:
    return await visitor.go("DELETE", f"{OPTIONS}/{await place.options_flow()}")


async def _repair(place: Place, visitor: Visitor) -> bool:
    return await visitor.go("POST", FIX, {"handler": DOMAIN, "issue_id": place.issue()})


async def _repair_flow(place: Place) -> str:
    flow = await place.hass.data["repairs"]["flow_manager"].async_init(DOMAIN, context={"issue_id": place.issue()})
    return str(flow["flow_id"])


async def _see_a_repair(place: Place, visitor: Visitor) -> bool:
    return await visitor.go("GET", f"{FIX}/{await _repair_flow(place)}")


async def _go_on_with_a_repair(place: Place, visitor: Visitor) -> bool:
    return await visitor.go("POST", f"{FIX}/{await _repair_flow(place)}", {})


async def _see_what_is_to_be_repaired(place: Place, visitor: Visitor) -> bool:
    place.issue()
    return await visitor.ask("repairs/list_issues")


async def _details_of_a_repair(place: Place, visitor: Visitor) -> bool:
    return await visitor.ask("repairs/get_issue_data", domain=DOMAIN, issue_id=place.issue())


async def _ignore_a_repair(place: Place, visitor: Visitor) -> bool:
    return await visitor.ask("repairs/ignore_issue", domain=DOMAIN, issue_id=place.issue(), ignore=True)


async def _diagnostics(place: Place, visitor: Visitor) -> bool:
    return await visitor.go("GET", f"/api/diagnostics/config_entry/{place.entry_id}")


async def _diagnostics_of_a_device(place: Place, visitor: Visitor) -> bool:
    device = place.home.device("front_door").id
    return await visitor.go("GET", f"/api/diagnostics/config_entry/{place.entry_id}/device/{device}")


async def _listen(_place: Place, visitor: Visitor) -> bool:
    return await visitor.ask("subscribe_events", event_type=EVENT)


async def _pretend(_place: Place, visitor: Visitor) -> bool:
    return await visitor.go("POST", f"/api/events/{EVENT}", {"type": "unlocked"})


async def _trigger(_place: Place, visitor: Visitor) -> bool:
    return await visitor.ask("subscribe_trigger", trigger={"trigger": "state", "entity_id": LOCK})


async def _states(_place: Place, visitor: Visitor) -> bool:
    return await visitor.go("GET", f"/api/states/{LOCK}")


async def _entities_of_the_entry(place: Place, visitor: Visitor) -> bool:
    if not await visitor.ask("config_entries/get", domain=DOMAIN):
        return False
    assert place.home.entry.data["token"] not in str(visitor.told)
    return True


async def _switch_an_entity_on(_place: Place, visitor: Visitor) -> bool:
    return await visitor.ask("config/entity_registry/update", entity_id=LOCK, disabled_by=None)


async def _rename_a_device(place: Place, visitor: Visitor) -> bool:
    return await visitor.ask(
        "config/device_registry/update", device_id=place.home.device("front_door").id, name_by_user="Door"
    )


async def _remove_a_person(place: Place, visitor: Visitor) -> bool:
    """By her device: the bridge deletes her."""
    user_id = await place.person()
    gone = await visitor.ask("config/device_registry/remove", device_id=await place.device(user_id))
    users = (await place.house.command("users.list", lock="front_door"))["users"]
    assert gone is (user_id not in [user["id"] for user in users])
    return gone


async def _reload(place: Place, visitor: Visitor) -> bool:
    return await visitor.go("POST", f"{ENTRY}/{place.entry_id}/reload")


async def _switch_the_bridge_off(place: Place, visitor: Visitor) -> bool:
    return await visitor.ask("config_entries/disable", entry_id=place.entry_id, disabled_by="user")


async def _remove_the_bridge(place: Place, visitor: Visitor) -> bool:
    return await visitor.go("DELETE", f"{ENTRY}/{place.entry_id}")


WAYS: Mapping[str, tuple[tuple[str, ...], Try]] = {
    "see the states of locks and people": (LOGGED_IN, _states),
    "set a bridge up: begin": (ADMIN, _begin_set_up),
    "set a bridge up, pair again: see a step": (ADMIN, _see_a_step),
    "set a bridge up, pair again: fill in a step": (ADMIN, _fill_in_a_step),
    "set a bridge up, pair again: close the window, if its random id is known": (LOGGED_IN, _close_a_flow),
    "list what was found, and windows that are open": (ADMIN, _list_flows),
    "reconfigure: begin": (ADMIN, _begin_reconfiguration),
    "Configure (people, passcodes, enrolment): begin": (ADMIN, _configure),
    "Configure: see a form": (ADMIN, _see_a_form),
    "Configure: fill in a form": (ADMIN, _fill_in_a_form),
    "Configure: close the window, if its random id is known": (LOGGED_IN, _close_a_form),
    "repair: begin": (ADMIN, _repair),
    "repair: see a step": (ADMIN, _see_a_repair),
    "repair: go on": (ADMIN, _go_on_with_a_repair),
    "repair: see that there is something": (LOGGED_IN, _see_what_is_to_be_repaired),
    "repair: see which entry it is about": (LOGGED_IN, _details_of_a_repair),
    "repair: hide the notice": (LOGGED_IN, _ignore_a_repair),
    "download diagnostics of a bridge": (ADMIN, _diagnostics),
    "download diagnostics of a lock or person": (ADMIN, _diagnostics_of_a_device),
    f"listen to `{EVENT}`": (ADMIN, _listen),
    f"fire `{EVENT}`": (ADMIN, _pretend),
    "listen to triggers": (ADMIN, _trigger),
    "see that a bridge is set up, without its data": (LOGGED_IN, _entities_of_the_entry),
    "switch on an entity that is off at first": (ADMIN, _switch_an_entity_on),
    "rename a device": (ADMIN, _rename_a_device),
    "delete a person by her device": (ADMIN, _remove_a_person),
    "reload a bridge": (ADMIN, _reload),
    "switch a bridge off": (ADMIN, _switch_the_bridge_off),
    "remove a bridge": (ADMIN, _remove_the_bridge),
}
"""In this order: the last ones leave nothing to try."""


@pytest.fixture
def expected_lingering_timers() -> bool:
    """The heartbeat of a websocket that Home Assistant has closed, for want of a login, before the first one."""
    return True


@pytest.fixture
async def place(
    paired: Home, house: House, hass_client_no_auth: ClientSessionGenerator, hass_ws_client: WebSocketGenerator
) -> Place:
    """A home in which everything that reaches us is there."""
    for component in ("api", "config", "diagnostics", "repairs", "websocket_api"):
        assert await async_setup_component(paired.hass, component, {})
    await house.add_person("Anna", "193746", role="administrator")  # with whom the lock leaves its initial state
    return Place(paired, house, hass_client_no_auth, hass_ws_client)


async def test_no_action_of_ours_is_without_an_answer(place: Place) -> None:
    assert set(place.hass.services.async_services_for_domain(DOMAIN)) == set(ACTIONS)


async def test_no_action_for_our_entities_is_without_an_answer(place: Place) -> None:
    registry = er.async_get(place.hass)
    platforms = {entity.domain for entity in er.async_entries_for_config_entry(registry, place.entry_id)}
    registered = {
        f"{platform}.{service}"
        for platform in platforms
        for service in place.hass.services.async_services_for_domain(platform)
    }
    assert registered == ENTITY_ACTIONS.keys() | NOT_FOR_OURS


async def test_no_websocket_command_and_no_route_of_ours_is_without_an_answer(
    place: Place,
) -> None:
    """There are none: people are looked after in forms alone."""
    await place.client()
    commands = {
        kind
        for kind, (handler, _schema) in place.hass.data[WEBSOCKET].items()
        if DOMAIN in kind or DOMAIN in handler.__module__
    }
    assert commands == set()
    routes = [str(route.resource) for route in place.hass.http.app.router.routes()]
    assert [route for route in routes if DOMAIN in route] == []


def test_set_up_begins_only_in_ways_that_are_in_the_table() -> None:
    """All further steps are reached by the id of a flow that was begun so."""
    by_anybody_at_the_screen = {"user", "reconfigure"}
    by_home_assistant_alone = {"hassio", "zeroconf", SOURCE_REAUTH}
    flow = HANDLERS[DOMAIN]
    own = {name.removeprefix("async_step_") for name in vars(flow) if name.startswith("async_step_")}
    sources = {"bluetooth", "dhcp", "discovery", "homekit", "import", "integration_discovery", "mqtt", "ssdp", "usb"}
    assert own & (sources | by_anybody_at_the_screen | by_home_assistant_alone) == (
        by_anybody_at_the_screen | by_home_assistant_alone
    )
    assert flow.async_get_supported_subentry_types(None) == {}


@pytest.mark.parametrize("name", ACTIONS)
async def test_who_may_call_an_action_of_ours(place: Place, name: str) -> None:
    may, data = ACTIONS[name]

    async def call(visitor: Visitor) -> bool:
        # Over the websocket and over HTTP: what it needs is there each time anew.
        over_socket = await visitor.call_socket(DOMAIN, name, {"entity_id": LOCK, **await data(place)})
        over_http = await visitor.call_http(DOMAIN, name, {"entity_id": LOCK, **await data(place)})
        assert over_socket is over_http
        return over_http

    assert await _let_through(place, call) == may


@pytest.mark.parametrize("name", ENTITY_ACTIONS)
async def test_who_may_use_our_entities(place: Place, name: str) -> None:
    may, data = ENTITY_ACTIONS[name]
    domain, _, service = name.partition(".")

    async def call(visitor: Visitor) -> bool:
        over_socket = await visitor.call_socket(domain, service, data)
        assert await visitor.call_http(domain, service, data) is over_socket
        return over_socket

    assert await _let_through(place, call) == may


@pytest.mark.parametrize("name", WAYS)
async def test_who_may_go_another_way(place: Place, name: str) -> None:
    may, way = WAYS[name]
    assert await _let_through(place, lambda visitor: way(place, visitor)) == may


def test_the_table_of_the_document_is_this_one() -> None:
    text = DOCUMENT.read_text(encoding="utf-8")
    assert table() in text, f"docs/security.md should have:\n\n{table()}"


def table() -> str:
    """All answers, as the document shows them."""
    rows = [
        *((f"`{DOMAIN}.{name}`", may) for name, (may, _) in ACTIONS.items()),
        *((f"`{name}`", may) for name, (may, _) in ENTITY_ACTIONS.items()),
        *((name, may) for name, (may, _) in WAYS.items()),
    ]
    columns = tuple(reversed(GROUPS))
    lines = [("what", *columns), ("---",) * (1 + len(columns))]
    lines += [(what, *("yes" if who in may else "no" for who in columns)) for what, may in rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


async def _let_through(place: Place, way: Callable[[Visitor], Awaitable[bool]]) -> tuple[str, ...]:
    everybody = await visitors(place.hass, place.client, place.connect)
    return tuple([name for name, visitor in everybody.items() if await way(visitor)])
