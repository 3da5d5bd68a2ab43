"""A house with a browser in it: what people do there, and what they see."""

import asyncio
import os
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from playwright.async_api import Browser, BrowserContext, FloatRect, Locator, Page, expect

from house.bridge import Bridge
from house.dashboard import LOCK, show_front_door
from house.hass import HomeAssistant
from house.pairing import pair
from house.processes import ROOT
from tests.integration.fault_proxy import FaultProxy

PICTURES = Path(os.environ.get("LOCK_BRIDGE_PICTURES", ROOT / ".test-results" / "pictures"))
"""Where pictures go."""

DESKTOP = (1280, 800)
PHONE = (390, 844)

INTEGRATION = "/config/integrations/integration/lock_bridge"
"""Where its entries and their devices are listed."""

MARGIN = 24
"""Around what a picture is of, in pixels."""

WAIT_S = 60.0
"""What takes longer than this does not happen, on however slow a machine."""

expect.set_options(timeout=WAIT_S * 1000)


async def until[T](look: Callable[[], Awaitable[T]], *, within: float = WAIT_S) -> T:
    """What `look` gives as soon as it gives something true. Raises `TimeoutError`."""
    async with asyncio.timeout(within):
        while not (seen := await look()):  # noqa: ASYNC110 - other processes set no event of ours
            await asyncio.sleep(0.05)
        return seen


class Home:
    """The bridge and Home Assistant, a network between them that can be cut, and a browser."""

    def __init__(
        self,
        folder: Path,
        bridge: Bridge,
        hass: HomeAssistant,
        network: FaultProxy,
        browser: Browser,
        logs: dict[str, list[str]],
    ) -> None:
        self.folder = folder
        self.bridge = bridge
        self.hass = hass
        self.network = network
        self.logs = logs
        self._browser = browser
        self._contexts: list[BrowserContext] = []

    async def close(self) -> None:
        """Close all pages."""
        while self._contexts:
            await self._contexts.pop().close()

    async def keep_pictures(self, name: str) -> None:
        """Keep pictures of all pages that are open."""
        for number, page in enumerate(page for context in self._contexts for page in context.pages):
            await picture(page, f"{name}-{number}")

    async def page(self, *, size: tuple[int, int] = DESKTOP, dark: bool = False) -> Page:
        """A browser's page, logged in to Home Assistant."""
        context = await self._browser.new_context(
            viewport={"width": size[0], "height": size[1]},
            color_scheme="dark" if dark else "light",
            locale="en-GB",
            reduced_motion="reduce",
        )
        self._contexts.append(context)
        await context.add_init_script(f"localStorage.setItem('hassTokens', {self.hass.browser_tokens()!r})")
        page = await context.new_page()
        page.set_default_timeout(WAIT_S * 1000)
        return page

    async def ensure_paired(self) -> str:
        """Pair by the config flow's API if no test has done it in the dialog yet; the entry's id."""
        for entry in await self.hass.entries("lock_bridge"):
            return str(entry["entry_id"])
        entry_id = await pair(self.hass, self.bridge, may_open=True, port=self.network.port)
        await self.until_state(LOCK, "locked", "unlocked")
        return entry_id

    async def unpair(self) -> None:
        """Remove the integration, as a user would."""
        for entry in await self.hass.entries("lock_bridge"):
            await self.hass.delete(f"/api/config/config_entries/entry/{entry['entry_id']}")

    async def dashboard(self, *, size: tuple[int, int] = DESKTOP, dark: bool = False) -> Page:
        """The front door's dashboard."""
        await self.ensure_paired()
        path = await show_front_door(self.hass, anew=True)
        page = await self.page(size=size, dark=dark)
        await page.goto(f"{self.hass.url}{path}")
        await page.get_by_text("What happened").wait_for()
        return page

    async def door(self, *, size: tuple[int, int] = DESKTOP, dark: bool = False, at: str | None = None) -> Page:
        """The simulated door's page."""
        page = await self.page(size=size, dark=dark)
        await page.goto(at or self.bridge.door)
        await door_seen(page)
        return page

    async def device(self, name: str = "Front door", *, dark: bool = False) -> Page:
        """The page of a lock, a person or the bridge, on the way that people go: by the integration's.

        One that is opened by its address may lack what can be done with the device for good: the frontend looks for
        that when it has heard of the integrations, and not again if it hears of the devices only then.
        """
        device_id = await self.device_id(name)
        page = await self.page(dark=dark)
        await page.goto(f"{self.hass.url}{INTEGRATION}")
        rows = page.locator("ha-config-entry-device-row")
        await rows.filter(has=page.get_by_text(name, exact=True)).click()
        await page.wait_for_url(f"**/config/devices/device/{device_id}")
        await expect(page.locator("ha-config-device-page").get_by_text(name, exact=True).first).to_be_visible()
        return page

    async def device_id(self, name: str = "Front door") -> str:
        """A lock, a person or the bridge in Home Assistant's list of devices, as soon as it is there."""

        async def there() -> str | None:
            async with self.hass.socket() as socket:
                devices = await socket.call("config/device_registry/list")
            return next((str(item["id"]) for item in devices if item["name"] == name), None)

        found = await until(there)
        assert found is not None
        return found

    async def state(self, entity_id: str) -> dict[str, Any]:
        """An entity as Home Assistant has it."""
        state: dict[str, Any] = await self.hass.get(f"/api/states/{entity_id}")
        return state

    async def until_state(self, entity_id: str, *wanted: str, within: float = WAIT_S) -> None:
        """Wait until an entity is in one of these states."""

        async def there() -> bool:
            async with self.hass.session.get(
                f"{self.hass.url}/api/states/{entity_id}", headers=self.hass.headers()
            ) as answer:
                return answer.status == 200 and (await answer.json())["state"] in wanted

        await until(there, within=within)

    async def until_bolt(self, wanted: str) -> None:
        """Wait until the bolt is "thrown" or "retracted"."""

        async def there() -> bool:
            return (await self.bridge.at_door("state"))["bolt"] == wanted

        await until(there)

    async def lock_up(self) -> None:
        """Close the door and lock it from inside, if it is not."""
        seen = await self.bridge.at_door("close")
        if seen["bolt"] != "thrown":
            await self.bridge.at_door("lockbutton")
            await self.until_bolt("thrown")


async def door_seen(page: Page) -> None:
    """Wait until the door's page is connected and has drawn the door as it is."""
    await expect(page.locator("#facts li").first).to_be_attached()


async def open_menu(menu: Locator) -> None:
    """Open one of Home Assistant's menus; pressed once more, its button would close it."""

    async def is_open() -> bool:
        if not await menu.evaluate(_IS_OPEN):
            await menu.locator("[slot=trigger]").click()
        return bool(await menu.evaluate(_IS_OPEN))

    await until(is_open)


_IS_OPEN = "menu => menu.open"


async def picture(page: Page, name: str, *, around: Locator | None = None) -> None:
    """Keep a picture of what the page shows, or of a part of it with a margin."""
    clip = None
    if around is not None and (box := await around.bounding_box()) is not None:
        clip = FloatRect(
            x=max(box["x"] - MARGIN, 0),
            y=max(box["y"] - MARGIN, 0),
            width=box["width"] + 2 * MARGIN,
            height=box["height"] + 2 * MARGIN,
        )
    await page.screenshot(path=PICTURES / f"{name}.png", animations="disabled", clip=clip)


async def type_at_door(door: Page, passcode: str) -> None:
    """Wake the keypad, type, confirm. The first key only wakes it (VER-1)."""
    for digit in f"0{passcode}":
        await door.get_by_role("button", name=digit, exact=True).click()
    await door.get_by_role("button", name="Confirm").click()
