"""A dashboard with the front door on it."""

from typing import Any, Final

from .hass import HomeAssistant

PATH: Final = "front-door"

LOCK: Final = "lock.front_door"

_CARDS: Final[list[dict[str, Any]]] = [
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
        "entity": "event.front_door_access",
        "name": "Last access",
        "state_content": ["event_type", "user_name"],
    },
    {"type": "tile", "entity": "event.front_door_doorbell", "name": "Doorbell"},
]


async def show_front_door(hass: HomeAssistant) -> str:
    """Put the front door on a dashboard of its own, which opens first; its path. One that is there stays as it is."""
    async with hass.socket() as socket:
        if await socket.maybe("lovelace/config", url_path=PATH) is not None:
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
        logbook = {
            "type": "logbook",
            # What happens at the door is told of the lock; the event entities would say it again.
            "target": {"entity_id": [LOCK]},
            "hours_to_show": 24,
            "grid_options": {"columns": "full", "rows": 8},
        }
        sections = [
            {"type": "grid", "cards": _CARDS},
            {
                "type": "grid",
                "cards": [{"type": "heading", "heading": "What happened", "icon": "mdi:history"}, logbook],
            },
        ]
        config = {"views": [{"title": "Front door", "type": "sections", "max_columns": 2, "sections": sections}]}
        await socket.call("lovelace/config/save", url_path=PATH, config=config)
        await socket.maybe("frontend/set_user_data", key="core", value={"default_panel": PATH, "defaultPanel": PATH})
    return f"/{PATH}/0"
