"""Real processes of Home Assistant and the bridge, and a real browser; started once for all tests here."""

import os
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from playwright.async_api import Browser, async_playwright

from house.bridge import Bridge
from house.hass import HomeAssistant
from house.people import move_in
from house.processes import free_port
from tests.integration.fault_proxy import FaultProxy
from tests.system.automations import AUTOMATIONS, COUNTERS
from tests.system.home import Home

_FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


@pytest.fixture(scope="session")
def browser_path() -> str:
    """The browser that `scripts/test` has found."""
    path = os.environ.get("LOCK_BRIDGE_BROWSER")
    if not path:
        pytest.skip("no browser: run scripts/test, which finds or installs one, or set LOCK_BRIDGE_BROWSER")
    return path


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def browser(browser_path: str) -> AsyncIterator[Browser]:
    """Chromium."""
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=browser_path, args=_FLAGS)
        yield browser
        await browser.close()


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def home(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Home]:
    """The bridge with its front door, where Anna and Ben live, a network, and Home Assistant, not paired yet."""
    folder = tmp_path_factory.mktemp("house")
    logs = {"bridge": list[str](), "hass": list[str]()}
    bridge = Bridge(folder / "bridge", port=free_port(), door_port=free_port(), line=logs["bridge"].append)
    hass = HomeAssistant(
        folder / "hass", port=free_port(), line=logs["hass"].append, extra=COUNTERS, automations=AUTOMATIONS
    )
    network = FaultProxy(lambda: bridge.port)
    home = Home(folder, bridge, hass, network, browser, logs)
    try:
        await bridge.start()
        await move_in(bridge)
        await network.start()
        await hass.start()
        await hass.log_in()
        await hass.until_started()
        yield home
    finally:
        await home.close()
        await hass.stop()
        await network.stop()
        await bridge.stop()


@pytest_asyncio.fixture(autouse=True, loop_scope="session")
async def pages(request: pytest.FixtureRequest) -> AsyncIterator[None]:
    """Keep what the pages show when a test fails, and close them."""
    failed_before = request.session.testsfailed
    yield
    if "home" in request.fixturenames:
        home: Home = request.getfixturevalue("home")
        if request.session.testsfailed > failed_before:
            await home.keep_pictures(f"failed-{request.node.name}")
        await home.close()
