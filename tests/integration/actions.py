"""Calling the integration's actions as people, automations and scripts do."""

from collections.abc import Mapping
from typing import Any

from homeassistant.components.notify import NotifyEntity
from homeassistant.components.notify.const import DATA_COMPONENT
from homeassistant.const import MATCH_ALL
from homeassistant.core import Context, Event, HomeAssistant, callback
from homeassistant.setup import async_setup_component

from custom_components.lock_bridge.const import DOMAIN
from tests.integration.home import LOCK, Home
from tests.integration.house import House

BACK = "lock.back_door"


async def ask(home: Home, action: str, *, user: str | None = None, at: Any = LOCK, **data: Any) -> dict[str, Any]:
    """Call an action that answers; its answer for the lock, or for all of them by entity id where there are several."""
    answer = await home.hass.services.async_call(
        DOMAIN,
        action,
        {**data, **({"entity_id": at} if at is not None else {})},
        blocking=True,
        context=Context(user_id=user),
        return_response=True,
    )
    assert isinstance(answer, dict)
    return answer[at] if isinstance(at, str) and at in answer else answer  # type: ignore[return-value]


async def order(home: Home, action: str, *, user: str | None = None, at: Any = LOCK, **data: Any) -> None:
    """Call an action whose answer nobody wants."""
    target = {"entity_id": at} if at is not None else {}
    await home.hass.services.async_call(
        DOMAIN, action, {**data, **target}, blocking=True, context=Context(user_id=user)
    )


async def people(house: House, lock: str = "front_door") -> dict[str, Mapping[str, Any]]:
    """Who is on a lock, by name, as the bridge has it."""
    return {user["name"]: user for user in (await house.command("users.list", lock=lock))["users"]}


async def add_back_door(house: House) -> None:
    """The house has a second lock of the same kind."""
    house.locks["back_door"] = ("Back door", "palm6068")
    await house.stop()
    await house.start()


class Phone(NotifyEntity):
    """Somebody's phone."""

    _attr_has_entity_name = False

    def __init__(self, name: str = "Anna's phone", *, error: BaseException | None = None) -> None:
        self._attr_name = name
        self._attr_unique_id = name
        self.error = error
        self.got: list[str] = []

    async def async_send_message(self, message: str, title: str | None = None) -> None:
        if self.error is not None:
            raise self.error
        self.got.append(message)


async def add_phone(hass: HomeAssistant, phone: Phone) -> Phone:
    """Home Assistant knows the phone."""
    assert await async_setup_component(hass, "notify", {})
    await hass.data[DATA_COMPONENT].async_add_entities([phone])
    return phone


def hear_everything(hass: HomeAssistant) -> list[Event[Any]]:
    """Everything on the bus from now on: what the recorder could write down."""
    heard: list[Event[Any]] = []

    @callback
    def hear(event: Event[Any]) -> None:
        heard.append(event)

    hass.bus.async_listen(MATCH_ALL, hear)
    return heard
