"""The visitors' page in a real browser, from the bridge itself, with the lock's own protocol behind a fake radio."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from playwright.async_api import Browser, BrowserContext, Page, expect

from lock_bridge.ble.codec import SERVICE
from lock_bridge.engine.bluetooth import key_text
from lock_bridge.key_page import LANGUAGES, document
from tests.engine.lock import KEYS
from tests.hardware.key_lock import DEFAULT_CODE, KeyLock
from tests.server.world import World
from tests.system.home import DESKTOP, PHONE, PICTURES, WAIT_S

pytestmark = [pytest.mark.system, pytest.mark.timeout(300), pytest.mark.asyncio(loop_scope="session")]

FAKE = Path(__file__).with_name("fake_bluetooth.js")


class Visit:
    """A visitor's browser before a door. `faults` is what the browser has to complain about."""

    def __init__(self, browser: Browser, url: str) -> None:
        self.door = KeyLock()
        self.url = url
        self.faults: list[str] = []
        self.asked: list[str] = []
        self.mtu = 23
        self.deaf = False
        self._browser = browser
        self._contexts: list[BrowserContext] = []
        self._frames: list[bytes] = []

    async def close(self) -> None:
        for context in self._contexts:
            await context.close()

    async def open(
        self,
        where: str = "",
        *,
        size: tuple[int, int] = PHONE,
        dark: bool = False,
        locale: str = "en-GB",
        bluetooth: bool = True,
    ) -> Page:
        context = await self._browser.new_context(
            viewport={"width": size[0], "height": size[1]},
            color_scheme="dark" if dark else "light",
            locale=locale,
            ignore_https_errors=True,
            reduced_motion="reduce",
        )
        self._contexts.append(context)
        await context.expose_function("lockHello", self._hello)
        await context.expose_function("lockWrite", self._write)
        await context.expose_function("lockLeft", lambda: self.door.service.gone("phone"))
        if bluetooth:
            await context.add_init_script(path=FAKE)
        else:
            await context.add_init_script("delete Navigator.prototype.bluetooth")
        page = await context.new_page()
        page.set_default_timeout(WAIT_S * 1000)
        page.on("pageerror", lambda error: self.faults.append(str(error)))
        page.on("console", lambda said: self.faults.append(said.text) if said.type in ("error", "warning") else None)
        page.on("request", lambda request: self.asked.append(request.url))
        await page.goto(self.url + where)
        return page

    async def with_key(self, **options: Any) -> Page:
        """The page with the key, by its link."""
        return await self.open(f"#key={self.door.key}&door=Front%20door", **options)

    def _hello(self) -> list[int]:
        return [*self.door.service.hello("phone", self.mtu)]

    def _write(self, frame: list[int]) -> list[list[int]]:
        self._frames.clear()
        self.door.send = lambda _peer, told: self._frames.append(told)
        self.door.service.take("phone", bytes(frame))
        return [] if self.deaf else [[*told] for told in self._frames]


@pytest_asyncio.fixture(loop_scope="session")
async def bridge(tmp_path: Path) -> AsyncIterator[World]:
    world = World(tmp_path)
    await world.open()
    yield world
    await world.close()


@pytest_asyncio.fixture(loop_scope="session")
async def visit(browser: Browser, bridge: World) -> AsyncIterator[Visit]:
    visit = Visit(browser, f"{bridge.url}/key/")
    yield visit
    await visit.close()
    assert visit.faults == []


def said(page: Page) -> Any:
    return page.get_by_role("status")


async def press(page: Page, name: str) -> None:
    await page.get_by_role("button", name=name, exact=True).click()


async def pair(page: Page, code: str = DEFAULT_CODE, phone: str = "Cara's phone") -> None:
    details = page.locator("details")
    if await details.get_attribute("open") is None:
        await page.get_by_text("First time at this door?").click()
    await page.get_by_label("Pairing code").fill(code)
    await page.get_by_label("What this phone is called").fill(phone)
    await press(page, "Pair this phone")


@pytest.mark.spec("VER-14", "DLM-9", "APP-1")
@pytest.mark.parametrize("mtu", [23, 185, 517])
async def test_a_visitor_opens_her_link_pairs_unlocks_and_locks(visit: Visit, mtu: int) -> None:
    visit.mtu = mtu
    page = await visit.with_key()
    await expect(page.get_by_role("heading", name="Front door")).to_be_visible()
    await pair(page)
    await expect(said(page)).to_have_text("The lock knows this phone now. You can use the key.")
    await press(page, "Unlock")
    await expect(said(page)).to_have_text("The door is open.")
    assert visit.door.lock.is_open
    await press(page, "Lock")
    await expect(said(page)).to_have_text("The door is locked.")
    assert not visit.door.lock.is_open
    assert visit.door.lock.state.modes.phones[0].startswith("Cara's phone #")
    assert set(await page.evaluate("world.asked")) == {f'{{"filters":[{{"services":["{SERVICE}"]}}]}}'}
    assert not visit.door.service.connected, "the page hangs up after each request"


async def test_the_key_of_a_link_is_sent_to_nobody_and_stays_in_no_history(visit: Visit) -> None:
    page = await visit.with_key()
    await expect(page.get_by_role("heading", name="Front door")).to_be_visible()
    assert page.url == visit.url
    assert [url for url in visit.asked if not url.startswith("data:")] == [visit.url]
    assert visit.door.key not in " ".join(visit.asked)
    await page.reload()
    await expect(page.get_by_role("button", name="Unlock")).to_be_visible()
    assert visit.door.key.replace("-", "") in await page.evaluate("JSON.stringify(localStorage)")


async def test_a_visitor_pastes_her_key(visit: Visit) -> None:
    page = await visit.open()
    await page.get_by_label("Key", exact=True).fill(f"{visit.door.key[:-1]}A")
    await press(page, "Keep this key")
    await expect(page.get_by_text("This is no key, or a letter of it is wrong.")).to_be_visible()
    await expect(page.get_by_label("Key", exact=True)).to_be_focused()
    await page.get_by_label("Key", exact=True).fill(f"  {visit.door.key.lower().replace('-', ' ')} ")
    await page.get_by_label("What the door is called").fill("Cellar")
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("heading", name="Cellar")).to_be_visible()


async def test_a_link_that_was_cut_is_said_to_be(visit: Visit) -> None:
    page = await visit.open(f"#{visit.door.key[:30]}")
    await expect(said(page)).to_have_text("The key in the link is not whole. Ask for it once more.")
    await expect(page.get_by_role("heading", name="Enter your key")).to_be_visible()


async def test_keys_of_two_doors_are_kept_apart_and_one_is_removed(visit: Visit) -> None:
    page = await visit.with_key()
    link = f"https://elsewhere/key/#key={key_text(KEYS, b'key 0002')}&door=Cellar"
    await press(page, "Add another key")
    await page.get_by_label("Key", exact=True).fill(link)
    await press(page, "Keep this key")
    await expect(page.get_by_role("heading", name="Cellar")).to_be_visible()
    await page.get_by_label("Which door").select_option("Front door")
    await expect(page.get_by_role("heading", name="Front door")).to_be_visible()
    await press(page, "Remove this key")
    await expect(page.get_by_text("Remove the key of “Front door” from this phone?")).to_be_visible()
    await press(page, "Keep")
    await expect(page.get_by_role("heading", name="Front door")).to_be_visible()
    await press(page, "Remove this key")
    await press(page, "Remove")
    await expect(page.get_by_role("heading", name="Cellar")).to_be_visible()
    assert visit.door.key.replace("-", "") not in await page.evaluate("JSON.stringify(localStorage)")


@pytest.mark.spec("VER-14")
async def test_a_key_that_is_used_up_is_told_so(visit: Visit) -> None:
    visit.door = KeyLock(uses=1)
    page = await visit.with_key()
    await press(page, "Unlock")
    await expect(said(page)).to_contain_text("The lock does not know this key, or not this phone.")
    await expect(page.get_by_label("Pairing code")).to_be_visible()
    await pair(page, "024752")
    await expect(said(page)).to_contain_text("The pairing code is not right.")
    await pair(page)
    await press(page, "Unlock")
    await expect(said(page)).to_have_text("The door is open.")
    await press(page, "Unlock")
    await expect(said(page)).to_have_text("The key has been used as often as it may be. Ask for a new one.")


async def test_wrong_entries_in_the_form_are_said_before_anything_is_sent(visit: Visit) -> None:
    page = await visit.with_key()
    await pair(page, "12345")
    await expect(said(page)).to_have_text("A pairing code has six digits.")
    await pair(page, phone=" ")
    await expect(said(page)).to_have_text("Give the phone a name of at most 40 letters.")
    assert visit.door.heard == []


async def test_too_many_tries_are_told_with_the_seconds_to_wait(visit: Visit) -> None:
    page = await visit.with_key()
    for _ in range(6):
        await pair(page)
        await expect(said(page)).to_have_text("The lock knows this phone now. You can use the key.")
    await pair(page)
    await expect(said(page)).to_have_text("The lock has been asked too often. Try again in 10 s.")


@pytest.mark.parametrize(
    ("world", "sentence"),
    [
        ("available = false", "Bluetooth is off on this phone."),
        ("near = false", "No lock was chosen."),
        ("failures = 2", "The lock cannot be reached."),
    ],
)
async def test_what_is_in_the_way_is_said_with_what_to_do(visit: Visit, world: str, sentence: str) -> None:
    page = await visit.with_key()
    await page.evaluate(f"world.{world}")
    await press(page, "Unlock")
    await expect(said(page)).to_contain_text(sentence)
    assert visit.door.heard == []
    await page.evaluate("Object.assign(world, {available: true, near: true, failures: 1})")
    await press(page, "Unlock")
    await expect(said(page)).to_contain_text("The lock does not know this key", timeout=WAIT_S * 1000)


async def test_a_connection_that_is_lost_meanwhile_is_said_to_be(visit: Visit) -> None:
    page = await visit.with_key()
    visit.deaf = True
    await press(page, "Unlock")
    await expect(said(page)).to_have_text("Asking the lock…")
    await expect(page.get_by_role("button", name="Unlock")).to_be_disabled()
    await page.wait_for_function("navigator.bluetooth && world.notify.toString().includes('value')")
    while not visit.door.heard:
        await page.wait_for_timeout(10)
    await page.evaluate("world.drop()")
    await expect(said(page)).to_have_text("The lock cannot be reached. Go closer to the door and try again.")
    await expect(page.get_by_role("button", name="Unlock")).to_be_enabled()


async def test_a_browser_without_bluetooth_says_which_ones_have_it(visit: Visit) -> None:
    page = await visit.open(bluetooth=False)
    await expect(page.get_by_role("alert").first).to_contain_text("This browser cannot use Bluetooth.")


async def test_the_page_works_as_a_file_of_its_own(browser: Browser, tmp_path: Path) -> None:
    (tmp_path / "key.html").write_bytes(document().html)
    visit = Visit(browser, (tmp_path / "key.html").as_uri())
    try:
        page = await visit.with_key()
        await pair(page)
        await expect(said(page)).to_have_text("The lock knows this phone now. You can use the key.")
        await press(page, "Unlock")
        await expect(said(page)).to_have_text("The door is open.")
        assert visit.faults == []
    finally:
        await visit.close()


@pytest.mark.spec("SND-2")
@pytest.mark.parametrize(("code", "locale"), zip(LANGUAGES, ("en-GB", "nb-NO", "sv-SE", "it-IT", "nl-NL"), strict=True))
@pytest.mark.parametrize("size", [PHONE, DESKTOP], ids=["phone", "desktop"])
async def test_the_page_speaks_the_browsers_language_and_fits_its_screen(
    visit: Visit, code: str, locale: str, size: tuple[int, int]
) -> None:
    page = await visit.with_key(locale=locale, size=size, dark=size is DESKTOP)
    assert await page.get_attribute("html", "lang") == code
    await page.locator("#unlock").click()
    await expect(said(page)).to_have_class("bad")
    for name in ("door", "enter"):
        if name == "enter":
            await page.locator("#another").click()
        assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth"), "nothing sticks out"
        empty = "[...document.querySelectorAll('[data-text]')].filter(element => !element.textContent).length"
        assert await page.evaluate(empty) == 0
        small = """[...document.querySelectorAll('button, select, summary')].filter(element => element.offsetParent
            && element.getBoundingClientRect().height < 44).map(element => element.id || element.textContent)"""
        assert await page.evaluate(small) == [], "fingers find all of it"
        PICTURES.mkdir(parents=True, exist_ok=True)
        where = PICTURES / f"key-{name}-{code}-{'phone' if size is PHONE else 'desktop'}.png"
        await page.screenshot(path=where, full_page=True)


async def test_the_language_can_be_chosen_and_is_kept(visit: Visit) -> None:
    page = await visit.with_key()
    await page.get_by_label("Language").select_option("Nederlands")
    await expect(page.get_by_role("button", name="Openen")).to_be_visible()
    await page.reload()
    await expect(page.get_by_role("button", name="Openen")).to_be_visible()
