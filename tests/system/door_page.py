"""A simulated door with its page in a real browser, and nobody but the test behind it."""

from collections.abc import Callable
from typing import Any, Self

from playwright.async_api import Browser, BrowserContext, Page

from lock_bridge import profiles
from lock_bridge.clock import ScaledClock, SystemClock
from lock_bridge.hardware.simulated import Person, SimulatedConfig, SimulatedDoor
from lock_bridge.hardware.simulated.gateway import SimulatedGateway
from lock_bridge.panel.server import Panel
from tests.system.home import DESKTOP, WAIT_S, door_seen, until

ANNA = Person(name="Anna", fingers=("right thumb", "left index"), cards=("04A1B2C3",))
BEN = Person(name="Ben", fingers=("right thumb",))


class DoorPage:
    """`reports` is what the door's parts say; `faults` what the browser has to complain about."""

    def __init__(self, browser: Browser, profile: str) -> None:
        self.reports: list[Any] = []
        self.faults: list[str] = []
        self.asked: set[str] = set()
        self.gateway = SimulatedGateway(SystemClock())
        self.door = SimulatedDoor(
            SimulatedConfig(travel_ms=0, people=(ANNA, BEN)), ScaledClock(SystemClock()), profiles.load(profile)
        )
        self.panel = Panel(self.door, "Front door", 0)
        self._browser = browser
        self._contexts: list[BrowserContext] = []

    async def __aenter__(self) -> Self:
        door = self.door
        door.stand_beside(self.gateway)
        await self.gateway.start(lambda _down: None)
        for port in (
            door.keypad,
            door.sounder,
            door.fingerprint,
            door.card,
            door.face,
            door.palm_vein,
            door.radios,
            door.bolt,
            door.contacts,
            door.power,
            door.inside,
        ):
            await port.start(self.reports.append)
        self.reports.clear()
        await self.panel.start()
        return self

    async def __aexit__(self, *_error: object) -> None:
        for context in self._contexts:
            await context.close()
        await self.panel.stop()

    async def open(self, *, size: tuple[int, int] = DESKTOP, dark: bool = False, touch: bool = False) -> Page:
        """The page in a browser window of its own."""
        context = await self._browser.new_context(
            viewport={"width": size[0], "height": size[1]},
            color_scheme="dark" if dark else "light",
            locale="en-GB",
            reduced_motion="reduce",
            has_touch=touch,
        )
        self._contexts.append(context)
        page = await context.new_page()
        page.set_default_timeout(WAIT_S * 1000)
        page.on("pageerror", lambda error: self.faults.append(str(error)))
        page.on("console", lambda said: self.faults.append(said.text) if said.type in ("error", "warning") else None)
        page.on("request", lambda request: self.asked.add(request.url))
        await page.goto(self.panel.url)
        await door_seen(page)
        return page

    async def until(self, holds: Callable[[], bool]) -> None:
        """Wait for what the page has asked for."""

        async def there() -> bool:
            return holds()

        await until(there)
