"""A dashboard with the front door on it, and the people who may open it."""

from typing import Any, Final

from .hass import HomeAssistant, Socket

PATH: Final = "front-door"

LOCK: Final = "lock.front_door"

_NOTHING: Final = ["unknown", "unavailable"]

_AT_THE_DOOR: Final[list[dict[str, Any]]] = [
    {"type": "heading", "heading": "At the door", "icon": "mdi:door"},
    {
        "type": "tile",
        "entity": LOCK,
        "features": [{"type": "lock-commands"}],
        "state_content": ["state", "changed_by", "last_changed"],
        "grid_options": {"columns": "full"},
    },
    {"type": "tile", "entity": "binary_sensor.front_door_door", "name": "Door"},
    {"type": "tile", "entity": "sensor.front_door_battery", "name": "Battery"},
    {
        "type": "tile",
        "entity": "sensor.front_door_last_access",
        "name": "Last access",
        "state_content": ["user_name", "state"],
    },
    {"type": "tile", "entity": "event.front_door_doorbell", "name": "Doorbell"},
    {
        "type": "tile",
        "entity": "event.front_door_alert",
        "name": "Last alert",
        "state_content": ["event_type", "state"],
        # It tells all-clears too, so neither its icon nor its colour may alarm.
        "icon": "mdi:bell-outline",
        "visibility": [{"condition": "state", "entity": "event.front_door_alert", "state_not": _NOTHING}],
    },
    {
        "type": "tile",
        "entity": "binary_sensor.front_door_lockout",
        "name": "Lockout",
        "color": "red",
        "visibility": [{"condition": "state", "entity": "binary_sensor.front_door_lockout", "state": "on"}],
    },
]

_SETTINGS: Final[list[dict[str, Any]]] = [
    {"type": "heading", "heading": "How it works now", "icon": "mdi:tune"},
    {
        "type": "tile",
        "entity": "select.front_door_operating_mode",
        "name": "Mode",
        "hide_state": True,
        "features": [{"type": "select-options"}],
        "grid_options": {"columns": "full"},
    },
    *(
        {
            "type": "tile",
            "entity": f"switch.front_door_{switch}",
            "name": name,
            "tap_action": {"action": "toggle"},
        }
        for switch, name in (
            ("lock_by_itself", "Locks by itself"),
            ("silent_until_the_next_entry", "Silent once"),
        )
    ),
]

_WHAT_HAPPENED: Final[list[dict[str, Any]]] = [
    {"type": "heading", "heading": "What happened", "icon": "mdi:history"},
    {
        "type": "logbook",
        # What happens at the door is told of the lock; the event entities would say it again.
        "target": {"entity_id": [LOCK]},
        "hours_to_show": 24,
        "grid_options": {"columns": "full", "rows": 6},
    },
]


async def show_front_door(hass: HomeAssistant, *, anew: bool = False) -> str:
    """Put the front door on a dashboard of its own, which opens first; its path.

    One that is there stays as it is, unless it is to be made `anew` with the people of now.
    """
    async with hass.socket() as socket:
        if not anew and await socket.maybe("lovelace/config", url_path=PATH) is not None:
            return f"/{PATH}/0"
        await socket.maybe(
            "lovelace/dashboards/create",
            url_path=PATH,
            title="Front door",
            icon="mdi:door",
            mode="storage",
            show_in_sidebar=True,
            require_admin=False,
        )
        cards = ([*_AT_THE_DOOR, *await _people(socket)], [*_WHAT_HAPPENED, *_SETTINGS])
        sections = [{"type": "grid", "cards": part} for part in cards]
        config = {"views": [{"title": "Front door", "type": "sections", "max_columns": 2, "sections": sections}]}
        await socket.call("lovelace/config/save", url_path=PATH, config=config)
        await socket.maybe("frontend/set_user_data", key="core", value={"default_panel": PATH, "defaultPanel": PATH})
    return f"/{PATH}/0"


async def _people(socket: Socket) -> list[dict[str, Any]]:
    """Each person in two tiles: when they came in last, and whether they may enter now."""
    names = {device["id"]: device["name"] for device in await socket.call("config/device_registry/list")}
    entities = [item for item in await socket.call("config/entity_registry/list") if item["platform"] == "lock_bridge"]
    cards: list[dict[str, Any]] = [{"type": "heading", "heading": "People", "icon": "mdi:account-group"}]
    for device, name in sorted(names.items(), key=lambda item: str(item[1])):
        hers = {item["translation_key"]: item["entity_id"] for item in entities if item["device_id"] == device}
        if "may_enter" in hers:
            cards += [
                {"type": "tile", "entity": hers["last_entry"], "name": name},
                {"type": "tile", "entity": hers["may_enter"], "name": "May enter"},
            ]
    return cards
