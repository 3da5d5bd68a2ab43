"""Pictures of every screen, after a day at the door; `scripts/pictures` takes those of the documentation from here."""

from datetime import datetime, timedelta
from pathlib import Path

import pytest
from playwright.async_api import expect

from house.bridge import Bridge
from house.dashboard import LOCK
from house.people import CLARA, PEOPLE, expect_others, move_in
from house.processes import free_port
from tests.system.home import DESKTOP, PHONE, Home, picture

pytestmark = [pytest.mark.system, pytest.mark.timeout(600), pytest.mark.asyncio(loop_scope="session")]

ANNA, BEN = PEOPLE
SIZES = {"desktop": DESKTOP, "wide": (1280, 740), "phone": PHONE}
"""Of these, "wide" is for the README: without the empty part below."""
SHADES = {"light": False, "dark": True}


async def test_pictures_of_the_dashboard_and_the_device(home: Home) -> None:
    await _a_day_at_the_door(home)
    for shade, dark in SHADES.items():
        for form, size in SIZES.items():
            dashboard = await home.dashboard(size=size, dark=dark)
            await expect(dashboard.locator("hui-logbook-card")).to_contain_text("opened by Ben with fingerprint")
            await picture(dashboard, f"dashboard-{form}-{shade}")
            await home.close()
        page = await home.device(dark=dark)
        await expect(page.locator("ha-config-device-page")).to_contain_text("opened by Ben with fingerprint")
        await picture(page, f"device-{shade}")
        page = await home.device(CLARA.name, dark=dark)
        await expect(page.locator("ha-config-device-page")).to_contain_text("May enter")
        await expect(page.locator("ha-config-device-page")).to_contain_text("Refused")
        await picture(page, f"person-device-{shade}")
        await home.close()


@pytest.mark.parametrize("model", ["l2s", "dl50fvs", "palm6068"])
async def test_pictures_of_the_doors(home: Home, tmp_path: Path, model: str) -> None:
    bridge = Bridge(tmp_path / "bridge", port=free_port(), door_port=free_port(), profile=model)
    await bridge.start()
    try:
        await move_in(bridge)
        await _past_its_first_seconds(bridge)
        await bridge.at_door("battery", "86")
        has_screen = (await bridge.at_door("state"))["screen"] is not None
        if has_screen:
            await bridge.at_door("near", "Ben")
        for shade, dark in SHADES.items():
            for form, size in (("desktop", DESKTOP), ("phone", PHONE)):
                door = await home.door(size=size, dark=dark, at=bridge.door)
                if has_screen:
                    await bridge.at_door("home")
                    await expect(door.locator(".screen")).to_have_attribute("data-view", "outside")
                await door.get_by_role("button", name="Back").click()  # wakes the keypad
                await expect(door.locator(".front.lit")).to_be_visible()
                await picture(door, f"door-{model}-{form}-{shade}")
                await home.close()
        door = await home.door(at=bridge.door)
        seen = await bridge.at_door("set" if has_screen else "reset", "hold", "4s")
        assert {sound["what"] for sound in seen["heard"]} & {"pairing_open", "join_gateway"}
        await expect(door.locator(".pairing-code, .digits")).not_to_be_empty()
        await picture(door, f"door-{model}-pairing")
    finally:
        await bridge.stop()


async def _past_its_first_seconds(bridge: Bridge) -> None:
    """For ten seconds after the power came SET and RESET are for a factory reset alone (RST-1)."""
    for words in (("speed", "60"), ("wait", "10s"), ("speed", "1")):
        await bridge.at_door(*words)


async def _a_day_at_the_door(home: Home) -> None:
    await home.ensure_paired()
    await expect_others(home.bridge, days=_not_now())
    await home.lock_up()
    at_door = home.bridge.at_door
    await at_door("press", "0", *f"77{ANNA.passcode}31", "ok")
    await home.until_bolt("retracted")
    await home.lock_up()
    await at_door("press", "0", *CLARA.passcode, "ok")
    await at_door("ring")
    await at_door("touch", "Ben right thumb")
    await home.until_bolt("retracted")
    await at_door("battery", "86")
    await home.until_state(LOCK, "unlocked")
    async with home.hass.socket() as socket:
        await socket.call("call_service", domain="persistent_notification", service="dismiss_all")


def _not_now() -> str:
    """A weekday that it is not, wherever the clock stands by which the door goes."""
    return f"{datetime.now().astimezone() + timedelta(days=3):%a}".lower()
