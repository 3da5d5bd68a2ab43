"""Home Assistant and the real bridge in one loop, with a network between them that can be made to fail."""

import asyncio
import os
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowManager
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers import issue_registry as ir
from homeassistant.helpers import translation

from custom_components.lock_bridge.const import DOMAIN
from custom_components.lock_bridge.options import LockBridgeOptionsFlow
from tests.integration.fault_proxy import FaultProxy
from tests.integration.home import Home
from tests.integration.house import House, until
from tests.integration.scripted import ScriptedBridge
from tests.integration.texts import look_at_texts, placeholders, read


def pytest_configure(config: pytest.Config) -> None:
    """What Home Assistant's own web server does is not ours to mend."""
    config.addinivalue_line("filterwarnings", "ignore::aiohttp.web.NotAppKeyWarning")


@pytest.fixture(autouse=True)
def sockets(socket_enabled: None) -> None:
    """The bridge is reached over a real socket, on this machine alone."""


@pytest.fixture(autouse=True)
async def enable_event_loop_debug() -> None:
    """Home Assistant's plugin has asyncio keep a stack for every future, which takes half of the time.

    What its debug mode forbids, to use the loop from another thread, is forbidden without it too.
    """
    loop = asyncio.get_running_loop()
    if os.environ.get("LOCK_BRIDGE_LONG") == "1":
        loop.set_debug(True)
        return

    def on_its_thread(call: Callable[..., Any]) -> Callable[..., Any]:
        def checked(*args: Any, **kwargs: Any) -> Any:
            loop._check_thread()
            return call(*args, **kwargs)

        return checked

    for name in ("call_soon", "call_at"):
        setattr(loop, name, on_its_thread(getattr(loop, name)))


@pytest.fixture(autouse=True)
def custom_integrations(request: pytest.FixtureRequest) -> None:
    """Ours is one. A recorder has to be there before Home Assistant is."""
    if "recorder_mock" in request.fixturenames:
        request.getfixturevalue("recorder_mock")
    request.getfixturevalue("enable_custom_integrations")


@pytest.fixture(autouse=True)
def forms_are_complete(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever a form, menu or end of the set-up shows has its text, and the text what it names."""
    handle = FlowManager._async_handle_step

    async def handle_and_look(manager: Any, flow: Any, *args: Any, **kwargs: Any) -> Any:
        repaired = ir.async_get(manager.hass).async_get_issue(DOMAIN, flow.context.get("issue_id", ""))
        result = await handle(manager, flow, *args, **kwargs)
        if flow.handler == DOMAIN:
            look_at_texts(result, f"issues.{repaired.translation_key}.fix_flow" if repaired else "config")
        elif isinstance(flow, LockBridgeOptionsFlow):
            look_at_texts(result, "options")
        return result

    monkeypatch.setattr(FlowManager, "_async_handle_step", handle_and_look)


@pytest.fixture(autouse=True)
def exceptions_are_complete(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Whatever is raised in the user's language has its text, and the text what it names."""
    begin, incomplete = HomeAssistantError.__init__, set[str]()

    def begin_and_look(error: HomeAssistantError, *args: object, **told: Any) -> None:
        begin(error, *args, **told)
        if error.translation_domain == DOMAIN:
            text = read("en").get(f"exceptions.{error.translation_key}.message")
            if text is None or not placeholders(text) <= (error.translation_placeholders or {}).keys():
                incomplete.add(f"{error.translation_key}: {text}")

    monkeypatch.setattr(HomeAssistantError, "__init__", begin_and_look)
    yield
    assert incomplete == set()


@pytest.fixture(autouse=True)
def nothing_of_yesterday(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    """Home Assistant says so in its log when an integration uses what it is about to give up."""
    yield
    said = [record.message for phase in ("setup", "call") for record in caplog.get_records(phase)]
    assert [message for message in said if "Detected that custom integration" in message] == []


@pytest.fixture
def travel_ms() -> int:
    """How long a bolt takes on its way; a test may say otherwise by its parameters."""
    return 0


@pytest.fixture
async def house(tmp_path: Path, travel_ms: int) -> AsyncIterator[House]:
    """The bridge at work, with one locked front door and nobody enrolled."""
    house = House(tmp_path / "bridge", travel_ms=travel_ms)
    await house.start()
    yield house
    await house.stop()
    # Its store's thread is told to end, and does so as soon as it has a core: Home Assistant's plugin looks for it.
    await until(lambda: all(thread.name != "store" for thread in threading.enumerate()))


@pytest.fixture
async def network(house: House) -> AsyncIterator[FaultProxy]:
    """The way from Home Assistant to the bridge."""
    proxy = FaultProxy(lambda: house.port)
    await proxy.start()
    yield proxy
    await proxy.stop()


@pytest.fixture
async def scripted() -> AsyncIterator[ScriptedBridge]:
    """Something that answers like a bridge, as far as the test says."""
    bridge = ScriptedBridge()
    await bridge.start()
    yield bridge
    await bridge.stop()


@pytest.fixture
def home(hass: HomeAssistant) -> Home:
    """Home Assistant, not paired yet."""
    translation.async_setup(hass)  # as Home Assistant's own start does, so that a change of language is followed
    return Home(hass)


@pytest.fixture
async def paired(home: Home, house: House) -> Home:
    """Home Assistant, paired with the bridge, and allowed to open the door."""
    await home.pair(house, port=house.port)
    return home


@pytest.fixture
async def far(home: Home, house: House, network: FaultProxy) -> Home:
    """The same, over a network that can fail."""
    await home.pair(house, port=network.port)
    return home
