"""Home Assistant as its owner sees it: states, what happens, and the set-up's forms."""

from typing import Any

from homeassistant.config_entries import SOURCE_USER, ConfigEntry, ConfigEntryState, ConfigFlowResult
from homeassistant.core import Event, HomeAssistant, State, callback
from homeassistant.data_entry_flow import FlowResultType
from homeassistant.helpers import device_registry as dr
from homeassistant.helpers import entity_registry as er
from homeassistant.helpers.device_registry import DeviceEntry

from custom_components.lock_bridge.const import CONF_SWITCH_ON, DOMAIN, EVENT
from custom_components.lock_bridge.wire.codec import encode
from tests.integration.house import House, until

LOCK = "lock.front_door"
DOOR = "binary_sensor.front_door_door"
BATTERY = "sensor.front_door_battery"
BATTERY_LOW = "binary_sensor.front_door_battery_low"
ACCESS = "event.front_door_access"
DOORBELL = "event.front_door_doorbell"
CONNECTIVITY = "binary_sensor.home_connectivity"

OF_THE_LOCK = (LOCK, DOOR, BATTERY, BATTERY_LOW, ACCESS, DOORBELL)


class Home:
    """Home Assistant, and what it has been told."""

    def __init__(self, hass: HomeAssistant) -> None:
        self.hass = hass
        self.events: list[Event[dict[str, Any]]] = []
        """Everything on the bus for `lock_bridge_event`, in order."""
        hass.bus.async_listen(EVENT, self._told)

    @callback
    def _told(self, event: Event[dict[str, Any]]) -> None:
        self.events.append(event)

    @property
    def entry(self) -> ConfigEntry[Any]:
        """The one bridge that is set up."""
        (entry,) = self.hass.config_entries.async_entries(DOMAIN)
        return entry

    async def pair(
        self, house: House, *, port: int, may_unlock: bool = True, may_manage: bool = True
    ) -> ConfigEntry[Any]:
        """Go through the set-up's forms as somebody at the screen does."""
        form = await self.begin(port=port)
        code = await house.open_pairing()
        result = await self.submit(form, may_unlock=may_unlock, may_manage=may_manage, code=code)
        assert result["type"] is FlowResultType.CREATE_ENTRY, result
        await until(lambda: self.entry.state is ConfigEntryState.LOADED)
        # Remote unlock is switched on (VER-16), or there was nothing to switch.
        await until(lambda: CONF_SWITCH_ON not in self.entry.data)
        await self.hass.async_block_till_done()
        return self.entry

    async def begin(self, *, port: int, host: str = "127.0.0.1") -> ConfigFlowResult:
        """Begin by hand, up to the code."""
        form = await self.hass.config_entries.flow.async_init(DOMAIN, context={"source": SOURCE_USER})
        assert form["step_id"] == "user"
        return await self.submit(form, host=host, port=port)

    async def submit(self, form: ConfigFlowResult, **fields: Any) -> ConfigFlowResult:
        """Fill in a form and send it."""
        return await self.hass.config_entries.flow.async_configure(form["flow_id"], fields)

    async def configure(self, *steps: str) -> ConfigFlowResult:
        """Choose "Configure" at the bridge, and then these in its menus."""
        result = await self.hass.config_entries.options.async_init(self.entry.entry_id)
        for step in steps:
            result = await self.choose(result, step)
        return result

    async def choose(self, menu: ConfigFlowResult, step: str) -> ConfigFlowResult:
        """Choose something in a menu of "Configure"."""
        assert menu["type"] is FlowResultType.MENU, menu
        return await self.hass.config_entries.options.async_configure(menu["flow_id"], {"next_step_id": step})

    async def fill(self, form: ConfigFlowResult, **fields: Any) -> ConfigFlowResult:
        """Fill in a form of "Configure" and send it."""
        assert form["type"] is FlowResultType.FORM, form
        return await self.hass.config_entries.options.async_configure(form["flow_id"], fields)

    async def until_people(self, house: House) -> None:
        """Wait until Home Assistant knows everybody as the bridge does: what was done elsewhere comes as a message."""
        for lock_id in house.locks:
            told = (await house.command("users.list", lock=lock_id))["users"]
            await until(lambda: self._people(lock_id) == sorted(told, key=lambda user: user["id"]))  # noqa: B023

    def _people(self, lock_id: str) -> list[Any]:
        users = encode(self.entry.runtime_data.data.people.get(lock_id, {}))
        return sorted(users.values(), key=lambda user: user["id"])

    async def open_person(self, user_id: str) -> ConfigFlowResult:
        """Her menu under "Configure"."""
        return await self.fill(await self.configure("people"), person=user_id)

    def state(self, entity_id: str) -> State:
        """An entity's state."""
        state = self.hass.states.get(entity_id)
        assert state is not None, entity_id
        return state

    async def until_state(self, entity_id: str, *states: str, within: float = 10.0) -> State:
        """Wait until an entity has one of these states."""
        await until(lambda: self.state(entity_id).state in states, within=within)
        return self.state(entity_id)

    async def until_event(self, kind: str, count: int = 1) -> Event[dict[str, Any]]:
        """Wait until that many events of a kind were told; the last of them."""
        return (await until(lambda: len(found := self.told(kind)) >= count and found))[-1]

    def device(self, lock_id: str | None) -> DeviceEntry:
        """A lock's device, or the bridge's."""
        key = self.entry.data["bridge_id"] + (f"_{lock_id}" if lock_id else "")
        device = dr.async_get(self.hass).async_get_device_by_identifier((DOMAIN, key), self.entry.entry_id)
        assert device is not None
        return device

    def told(self, kind: str) -> list[Event[dict[str, Any]]]:
        """What was told of a kind, in order."""
        return [event for event in self.events if event.data["type"] == kind]

    async def call(self, service: str, entity_id: str = LOCK) -> None:
        """Lock or unlock, and wait for the end of it."""
        await self.hass.services.async_call("lock", service, {"entity_id": entity_id}, blocking=True)

    async def act(self, service: str, entity_id: str, **data: Any) -> None:
        """Call a service of the entity's own domain, and wait for the end of it."""
        domain, _, _ = entity_id.partition(".")
        await self.hass.services.async_call(domain, service, {"entity_id": entity_id, **data}, blocking=True)

    async def enable(self, *entity_ids: str) -> None:
        """Somebody switches entities on that are off from the beginning."""
        registry = er.async_get(self.hass)
        for entity_id in entity_ids:
            registry.async_update_entity(entity_id, disabled_by=None)
        await self.hass.config_entries.async_reload(self.entry.entry_id)
        await self.hass.async_block_till_done()


def suggested(form: ConfigFlowResult, field: str) -> Any:
    """What stands in a field of a form."""
    schema = form["data_schema"]
    assert schema is not None
    (key,) = (key for key in schema.schema if key == field)
    return key.description["suggested_value"]


def choices(form: ConfigFlowResult, field: str) -> dict[str, str]:
    """What can be chosen in a field of a form: values, and what is shown for them."""
    schema = form["data_schema"]
    assert schema is not None
    (config,) = (selector.config for key, selector in schema.schema.items() if key == field)
    return {option["value"]: option["label"] for option in config["options"]}


def placeholder(result: ConfigFlowResult, name: str) -> str:
    """What a form or menu says in place of a name in its text."""
    return (result["description_placeholders"] or {})[name]
