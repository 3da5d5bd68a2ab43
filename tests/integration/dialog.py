"""The dialog behind "Configure", as somebody at the screen sees it."""

import contextlib
from collections.abc import Mapping
from typing import Any

from homeassistant.config_entries import ConfigFlowResult
from homeassistant.core import Event, HomeAssistant, callback
from homeassistant.data_entry_flow import (
    EVENT_DATA_ENTRY_FLOW_PROGRESS_UPDATE,
    EVENT_DATA_ENTRY_FLOW_PROGRESSED,
    FlowResultType,
    UnknownFlow,
)
from homeassistant.helpers.data_entry_flow import FlowManagerResourceView

from tests.integration.home import Home
from tests.integration.house import until


class Dialog:
    """One open dialog. As a browser does, it fetches the flow again whenever it is told that it has changed."""

    def __init__(self, home: Home) -> None:
        self.hass: HomeAssistant = home.hass
        self.manager = home.hass.config_entries.options
        self._home = home
        self.shown: ConfigFlowResult
        """What is on the screen."""
        self.seen: list[str] = []
        """Actions of a progress, each when it was shown first after another one."""
        self.bar: list[float] = []
        """Where the progress bar has stood."""
        self._stops = [
            self.hass.bus.async_listen(EVENT_DATA_ENTRY_FLOW_PROGRESSED, self._told),
            self.hass.bus.async_listen(EVENT_DATA_ENTRY_FLOW_PROGRESS_UPDATE, self._bar),
        ]

    @property
    def flow_id(self) -> str:
        return self.shown["flow_id"]

    @property
    def step(self) -> str:
        """The name of what is on the screen."""
        return str(self.shown.get("step_id"))

    @property
    def errors(self) -> Mapping[str, str]:
        return self.shown.get("errors") or {}

    @property
    def texts(self) -> Mapping[str, str]:
        """What the texts on the screen name."""
        return self.shown.get("description_placeholders") or {}

    @property
    def notice(self) -> str:
        return self.texts["notice"]

    @property
    def action(self) -> str:
        """What is to be done at the door."""
        return str(self.shown.get("progress_action"))

    @property
    def fields(self) -> list[str]:
        schema = self.shown["data_schema"]
        return [] if schema is None else [str(key) for key in schema.schema]

    def selector(self, field: str) -> Any:
        schema = self.shown["data_schema"]
        assert schema is not None
        return next(value for key, value in schema.schema.items() if key == field)

    def value(self, field: str) -> Any:
        """What stands in a field."""
        schema = self.shown["data_schema"]
        assert schema is not None
        (key,) = (key for key in schema.schema if key == field)
        return (key.description or {}).get("suggested_value")

    def options(self, field: str) -> dict[str, str]:
        """What can be chosen in a field, by its label where it has one."""
        options = self.selector(field).config["options"]
        return {o["label"]: o["value"] for o in options} if isinstance(options[0], dict) else {o: o for o in options}

    @property
    def browser_gets(self) -> Any:
        """All that a browser is sent of what is on the screen."""
        view: Any = FlowManagerResourceView(self.manager)
        return view._prepare_result_json(self.shown)

    async def open(self, name: str) -> None:
        """Open it, up to the menu of a person."""
        self.shown = await self.manager.async_init(self._home.entry.entry_id)
        await self.choose("people")
        chosen = next(value for label, value in self.options("person").items() if name in label)
        await self.submit(person=chosen)
        assert self.step == "person"

    async def choose(self, option: str) -> ConfigFlowResult:
        """Choose from a menu."""
        assert self.shown["type"] is FlowResultType.MENU, self.shown
        assert option in self.shown["menu_options"], self.shown["menu_options"]
        return await self._configure({"next_step_id": option})

    async def submit(self, **fields: Any) -> ConfigFlowResult:
        """Fill in a form and send it."""
        assert self.shown["type"] is FlowResultType.FORM, self.shown
        return await self._configure(fields)

    async def look(self) -> ConfigFlowResult:
        """Fetch what is to be shown now."""
        return await self._configure(None)

    def close(self) -> None:
        """Press the cross in the corner."""
        self.stop()
        self.manager.async_abort(self.flow_id)

    def stop(self) -> None:
        """Nobody looks at it any more."""
        for stop in self._stops:
            stop()
        self._stops = []

    async def until_action(self, action: str, **texts: str) -> None:
        """Wait until the progress asks for it."""
        await until(lambda: self.action == action and texts.items() <= self.texts.items())

    async def until_step(self, step: str) -> None:
        """Wait until something is on the screen."""
        await until(lambda: self.step == step and self.shown["type"] is not FlowResultType.SHOW_PROGRESS_DONE)

    async def _configure(self, fields: dict[str, Any] | None) -> ConfigFlowResult:
        self.shown = await self.manager.async_configure(self.shown["flow_id"], fields)
        if self.shown["type"] is FlowResultType.SHOW_PROGRESS and self.seen[-1:] != [self.action]:
            self.seen.append(self.action)
        return self.shown

    @callback
    def _told(self, event: Event) -> None:
        if event.data["flow_id"] == self.flow_id:
            self.hass.async_create_task(self._fetch())

    async def _fetch(self) -> None:
        with contextlib.suppress(UnknownFlow):  # closed meanwhile
            await self._configure(None)

    @callback
    def _bar(self, event: Event) -> None:
        if event.data["flow_id"] == self.flow_id:
            self.bar.append(event.data["progress"])
