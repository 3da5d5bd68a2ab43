"""Home Assistant and the bridge meet, through the config flow that a user goes through."""

from .bridge import Bridge
from .hass import HomeAssistant
from .processes import Failed


async def pair(
    hass: HomeAssistant, bridge: Bridge, *, may_open: bool, port: int | None = None, code: str | None = None
) -> str:
    """Set the integration up by hand; the config entry's id. Raises `Failed` with where the flow stopped.

    `port` is where Home Assistant finds the bridge, if not at its own; `code` that of a window which is open already.
    """
    code = code or await bridge.pairing_code()
    address = {"host": "127.0.0.1", "port": port or bridge.port}
    flow = await hass.flow("lock_bridge", address, {"may_unlock": may_open, "code": code})
    if flow.get("type") != "create_entry":
        raise Failed(f"Pairing stopped at {flow.get('step_id')}: {flow.get('errors') or flow.get('reason')}")
    return str(flow["result"]["entry_id"])
