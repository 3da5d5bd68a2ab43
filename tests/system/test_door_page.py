"""The door's page in a real browser: what can be seen there, and that hands, keyboards and fingers reach the door."""

import re
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Locator, Page, expect

from lock_bridge.engine.effects import Lamp, Light, Prompt, Radio, Say, Sound, Tone, View
from lock_bridge.hardware.ports import (
    BiometricSeen,
    CardSeen,
    Handle,
    HandleSeen,
    Key,
    KeyDown,
    KeyUp,
    PhoneActs,
    PhonePairs,
    PowerSeen,
    RingLight,
)
from lock_bridge.hardware.simulated.face import Pose, Spoilt
from lock_bridge.wire.words import CredentialType, Part
from tests.system.door_page import DoorPage
from tests.system.home import PHONE

pytestmark = [pytest.mark.system, pytest.mark.timeout(300), pytest.mark.asyncio(loop_scope="session")]

MODELS = ("l2s", "dl50fvs", "palm6068")

QR_CODE = """
#######.#.#...#######
#.....#..#....#.....#
#.###.#.##.##.#.###.#
#.###.#..##.#.#.###.#
#.###.#..##.#.#.###.#
#.....#.#.#...#.....#
#######.#.#.#.#######
.........#.#.........
#.#...##.####..#..#.#
..#.##..###...###..##
..#.###..##..#####.##
.#.##..##.#.#..##..#.
......####...##.#..##
........####.####..##
#######.#..###.##..##
#.....#..###.##.#....
#.###.#..#.####.#..#.
#.###.#..#.....###...
#.###.#.#.#...#######
#.....#..##.#..#.....
#######.##....#.#...#
""".split()
"""The code of 12345678 as another program draws it (python-qrcode 8.2, bytes, level M, mask 1)."""


@pytest_asyncio.fixture(params=MODELS, loop_scope="session")
async def any_door(request: pytest.FixtureRequest, browser: Browser) -> AsyncIterator[DoorPage]:
    async with DoorPage(browser, request.param) as door:
        yield door
    assert door.faults == []
    assert {url for url in door.asked if not url.startswith(door.panel.url)} == set(), "nothing comes from elsewhere"


@pytest_asyncio.fixture(loop_scope="session")
async def palm(browser: Browser) -> AsyncIterator[DoorPage]:
    async with DoorPage(browser, "palm6068") as door:
        yield door
    assert door.faults == []


@pytest_asyncio.fixture(loop_scope="session")
async def camera(browser: Browser) -> AsyncIterator[DoorPage]:
    async with DoorPage(browser, "dl50fvs") as door:
        yield door
    assert door.faults == []


@pytest_asyncio.fixture(loop_scope="session")
async def clutch(browser: Browser) -> AsyncIterator[DoorPage]:
    async with DoorPage(browser, "l2s") as door:
        yield door
    assert door.faults == []


async def test_every_button_of_every_model_has_a_name_and_every_key_reaches_the_lock(any_door: DoorPage) -> None:
    page = await any_door.open()
    for button in await page.locator("button:visible").all():
        assert await button.evaluate("node => (node.ariaLabel || node.textContent).trim()"), await button.inner_html()
    names = {"ok": "Confirm", "back": "Back", "doorbell": "Doorbell", "leave": "Leaving home", "set": "SET"}
    names |= {"lock": "Lock", "reset": "RESET", "emergency": "Emergency unlock", "home": "Home: show the outside"}
    for key in sorted(any_door.door.profile.keys):
        sides = page.locator(".lock")
        exact = key.value not in ("ok", "back")
        await sides.get_by_role("button", name=names.get(key.value, key.value), exact=exact).click()
        await any_door.until(lambda key=key: any_door.reports[-2:] == [KeyDown(key), KeyUp(key)])  # type: ignore[misc]


async def test_the_page_fits_every_window_and_nothing_needs_a_sideways_scroll(any_door: DoorPage) -> None:
    for size in ((1280, 800), (1024, 640), PHONE, (320, 568), (740, 360)):
        page = await any_door.open(size=size)
        assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth"), size
        box = await page.locator(".front").bounding_box()
        assert box is not None
        assert 0 <= box["x"] <= size[0] - box["width"], size
        assert 0 <= box["y"] <= size[1] - box["height"], size
        for crowded in ("header", ".acts", "main", "#drawers"):
            for node in await page.locator(crowded).filter(visible=True).all():
                assert await node.evaluate("node => node.scrollWidth <= node.clientWidth"), (crowded, size)
        await page.context.close()


@pytest.mark.parametrize("dark", [False, True])
async def test_texts_can_be_read_by_day_and_by_night(any_door: DoorPage, dark: bool) -> None:
    page = await any_door.open(dark=dark)
    for drawer in ("People", "World", "Heard"):
        await page.get_by_role("tab", name=drawer).click()
        assert await page.evaluate(_TOO_FAINT) == []


async def test_a_menu_is_read_by_its_lights(palm: DoorPage) -> None:
    page = await palm.open()
    palm.door.keypad.light(
        Light(frozenset({"1", "2", "back"}), frozenset({Lamp.PALM, Lamp.INFRARED}), frozenset({"0"}))
    )
    await expect(page.locator(".key.lit")).to_have_text(["1", "2", "↩", "0"])
    await expect(page.locator(".key.flashes")).to_have_text(["0"])
    await expect(page.locator(".front.lamp-palm.lamp-infrared")).to_be_visible()
    await expect(page.locator("#live")).to_contain_text("Lit: 1 2 back, 0 flashing")
    palm.door.keypad.light(Light())
    await expect(page.locator(".key.lit")).to_have_count(0)
    await expect(page.locator("#live")).to_contain_text("The keypad goes dark")


@pytest.mark.spec("DLM-13")
async def test_the_pairing_code_can_be_scanned_from_the_screen(palm: DoorPage) -> None:
    page = await palm.open()
    palm.door.inside.show(View.PAIRING)
    palm.door.inside.show_code("12345678")
    await expect(page.get_by_role("img", name="QR code")).to_be_visible()
    await expect(page.locator(".screen .digits")).to_have_text("1234 5678")
    drawn = await page.evaluate("async text => (await import('/qr.js')).qr(text)", "12345678")
    assert ["".join("#" if dark else "." for dark in row) for row in drawn] == QR_CODE
    path = await page.locator(".qr path").get_attribute("d")
    assert path is not None
    assert path.count("M") == sum(row.count("#") for row in QR_CODE), "what is drawn is that code"
    refused = await page.evaluate("import('/qr.js').then(({ qr }) => qr('x'.repeat(43))).catch(error => error.name)")
    assert refused == "RangeError", "what does not fit is not drawn"
    palm.door.inside.show_code(None)
    palm.door.inside.show(View.OFF)
    await expect(page.locator(".screen")).to_have_attribute("data-view", "off")


async def test_whoever_rings_is_seen_on_the_screen(camera: DoorPage) -> None:
    page = await camera.open()
    camera.door.inside.show(View.OUTSIDE)
    screen = page.get_by_role("group", name="Screen")
    await expect(screen).to_contain_text("nobody is there")
    await page.get_by_role("radio", name="Ben").click()
    await page.get_by_role("switch", name="Ben stands at the door").click()
    await expect(screen).to_contain_text("Ben outside")
    await expect(page.locator(".screen .figure")).to_be_visible()
    await page.get_by_role("switch", name="Ben stands at the door").click()
    await expect(page.locator(".screen .figure")).to_have_count(0)


async def test_a_face_is_turned_by_its_arrows_and_spoilt(camera: DoorPage) -> None:
    page = await camera.open()
    for pose, name in {
        Pose.STRAIGHT: "straight ahead",
        Pose.UP: "up",
        Pose.DOWN: "down",
        Pose.LEFT: "left",
        Pose.RIGHT: "right",
    }.items():
        await page.get_by_role("button", name=f"Anna looks {name}").click()
        await camera.until(lambda pose=pose: camera.door.face.shown == ("Anna", pose, None))  # type: ignore[misc]
    for label, spoilt in {"covered": Spoilt.COVERED, "moving": Spoilt.MOVING, "too far": Spoilt.FAR}.items():
        await page.get_by_role("group", name="Anna's face").get_by_role("button", name=label).click()
        await camera.until(lambda spoilt=spoilt: camera.door.face.shown == ("Anna", Pose.STRAIGHT, spoilt))  # type: ignore[misc]
    await page.get_by_role("group", name="Anna's face").get_by_role("button", name="too far").click()
    await camera.until(lambda: camera.door.face.shown == ("Anna", Pose.STRAIGHT, None))


async def test_fingers_are_dragged_to_the_sensor_by_mouse(clutch: DoorPage) -> None:
    page = await clutch.open()
    await _drag(page, page.get_by_role("button", name="Touch with Anna's left index"), page.locator(".sensor"))
    await clutch.until(lambda: BiometricSeen(CredentialType.FINGERPRINT, None) in clutch.reports)
    seen = len(clutch.reports)
    await _drag(page, page.get_by_role("button", name="Touch with Anna's right thumb"), page.locator(".card-area"))
    await page.get_by_role("button", name="Doorbell").click()
    await clutch.until(lambda: KeyUp(Key.DOORBELL) in clutch.reports)
    assert clutch.reports[seen:] == [KeyDown(Key.DOORBELL), KeyUp(Key.DOORBELL)], "a finger is no card"
    await _drag(page, page.get_by_role("button", name="Hold Anna's card to the reader"), page.locator(".card-area"))
    await clutch.until(lambda: CardSeen(bytes.fromhex("04A1B2C3")) in clutch.reports)


async def test_palms_are_dragged_to_the_reader_by_a_finger_on_the_screen(palm: DoorPage) -> None:
    page = await palm.open(size=PHONE, touch=True)
    await page.get_by_role("tab", name="People").click()
    chip = page.get_by_role("button", name="Hold Anna's left palm before the reader")
    await chip.scroll_into_view_if_needed()
    start, end = await _middle(chip), await _middle(page.locator(".palm").first)
    session = await page.context.new_cdp_session(page)

    async def finger(kind: str, at: tuple[float, float] | None) -> None:
        points = [{"x": at[0], "y": at[1]}] if at else []
        await session.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})

    await finger("touchStart", start)
    await expect(page.locator(".ghost")).to_be_visible()
    await finger("touchMove", ((start[0] + end[0]) / 2, (start[1] + end[1]) / 2))
    await finger("touchMove", end)
    await expect(page.locator(".palm.offered")).to_be_visible()
    await finger("touchEnd", None)
    await palm.until(lambda: BiometricSeen(CredentialType.PALM_VEIN, None) in palm.reports)
    await expect(page.locator(".ghost")).to_have_count(0)


async def test_a_phone_pairs_and_shows_its_key(palm: DoorPage) -> None:
    page = await palm.open()
    palm.door.radios.switch(Radio(wifi=True, bluetooth=True))
    await page.get_by_text("Phone", exact=True).first.click()
    await page.get_by_label("Pairing code").first.fill("012 345")
    await page.get_by_role("button", name="Pair").first.click()
    await palm.until(lambda: PhonePairs("Anna's phone", "012345") in palm.reports)
    palm.door.radios.go_quiet()
    await expect(page.locator(".told").first).to_have_text("The phone says: the lock does not answer.")
    await page.get_by_label("Key", exact=True).first.fill("no key")
    await page.get_by_role("button", name="Open", exact=True).first.click()
    await expect(page.locator("#heard")).to_contain_text("The key is the text that was handed to the visitor")
    assert not any(isinstance(report, PhoneActs) for report in palm.reports)


@pytest.mark.spec("RST-1")
async def test_set_stays_pressed_while_the_battery_goes_in(palm: DoorPage) -> None:
    page = await palm.open()
    await page.get_by_role("button", name="Take the battery out").click()
    await page.get_by_role("button", name="Keep SET pressed").click()
    await page.get_by_role("button", name="Put the battery in").click()
    await palm.until(lambda: KeyDown(Key.SET) in palm.reports)
    await page.get_by_role("button", name="Keep SET pressed").click()
    await palm.until(lambda: KeyUp(Key.SET) in palm.reports)


async def test_knobs_supply_handles_and_cables_are_within_reach(clutch: DoorPage) -> None:
    page = await clutch.open()
    world = clutch.door.world
    await page.get_by_role("switch", name="Thumb-turn").click()
    await page.get_by_role("switch", name="Anti-peephole").click()
    await page.get_by_role("button", name="Emergency supply, micro-USB").click()
    await clutch.until(lambda: world.knob and not world.peephole and world.supply)
    assert PowerSeen(100, True) in clutch.reports
    await page.get_by_role("button", name="Outside handle: lift").click()
    await clutch.until(lambda: HandleSeen(Handle.REST) in clutch.reports)
    await page.get_by_role("tab", name="World").click()
    await page.get_by_role("switch", name="Cable between front and rear").click()
    await clutch.until(lambda: Part.LINK in world.unplugged)


async def test_time_is_let_run_by_the_arrows_of_the_keyboard(clutch: DoorPage) -> None:
    page = await clutch.open()
    await page.get_by_role("tab", name="World").click()
    await page.get_by_role("radio", name="as it is").focus()
    await page.keyboard.press("ArrowRight")
    await expect(page.get_by_role("radio", name="10×")).to_be_checked()
    await clutch.until(lambda: clutch.door.clock.scale == 10)
    await expect(page.locator("#facts")).to_contain_text("10× as fast")


@pytest.mark.spec("GWY-1")
async def test_the_bridge_beside_the_door_shines_speaks_and_has_its_key(palm: DoorPage) -> None:
    page = await palm.open()
    palm.gateway.shine(RingLight("white", "fast"))
    palm.gateway.show_code("12345678")
    bridge = page.get_by_role("group", name="Bridge")
    await expect(bridge).to_contain_text("ready to be set up")
    await expect(bridge).to_contain_text("1234 5678")
    palm.gateway.say(Say(Prompt.PAIRING_OPEN))
    await expect(page.locator("#heard li").first).not_to_contain_text("quiet")
    await page.get_by_role("button", name="Bridge: function key").hover()
    await page.mouse.down()
    await palm.until(lambda: palm.gateway.held)
    await page.mouse.up()
    await palm.until(lambda: not palm.gateway.held)


@pytest.mark.spec("SND-2")
async def test_prompts_are_spoken_in_their_own_language(palm: DoorPage) -> None:
    page = await palm.open()
    await page.evaluate(
        "() => { speechSynthesis.speak = said => { document.body.dataset.said = `${said.lang} ${said.text}` } }"
    )
    await page.locator("h1").click()  # a page may sound once it has been touched
    palm.door.sounder.say(Say(Prompt.CLOSE_DOOR, "it"))
    await expect(page.locator("body")).to_have_attribute("data-said", _BEGINS_ITALIAN)
    palm.door.sounder.sound(Sound(Tone.FAILURE))
    await expect(page.locator("#heard li").first).to_contain_text("Failure tone")


_BEGINS_ITALIAN = re.compile(r"^it-IT \S")

_TOO_FAINT = """() => {
  const canvas = new OffscreenCanvas(1, 1).getContext("2d", { willReadFrequently: true });
  const rgba = (colour) => {
    canvas.clearRect(0, 0, 1, 1);
    canvas.fillStyle = colour;
    canvas.fillRect(0, 0, 1, 1);
    return [...canvas.getImageData(0, 0, 1, 1).data];
  };
  const light = ([r, g, b]) => {
    const part = (value) => (value /= 255) <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
    return 0.2126 * part(r) + 0.7152 * part(g) + 0.0722 * part(b);
  };
  const ground = (node) => {
    for (; node; node = node.parentElement) {
      const colour = rgba(getComputedStyle(node).backgroundColor);
      if (colour[3] === 255) return colour;
    }
    return [255, 255, 255];
  };
  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  const faint = [];
  while (texts.nextNode()) {
    const node = texts.currentNode.parentElement;
    const drawn = node.closest(".lock, .sr-only, noscript, script, :disabled, [hidden]");
    if (drawn || !texts.currentNode.data.trim() || !node.checkVisibility()) continue;
    const [a, b] = [light(rgba(getComputedStyle(node).color)), light(ground(node))];
    const contrast = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    if (contrast < 4.5) faint.push(`${texts.currentNode.data.trim()}: ${contrast.toFixed(2)}`);
  }
  return faint;
}"""
"""Texts of the page with less contrast than WCAG AA asks for; those on the lock are lamps and engravings."""


async def _drag(page: Page, thing: Locator, to: Locator) -> None:
    start, end = await _middle(thing), await _middle(to)
    await page.mouse.move(*start)
    await page.mouse.down()
    await page.mouse.move((start[0] + end[0]) / 2, (start[1] + end[1]) / 2)
    await page.mouse.move(*end, steps=3)
    await page.mouse.up()


async def _middle(node: Locator) -> tuple[float, float]:
    box = await node.bounding_box()
    assert box is not None
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
