"""A lock over the wire, at a running bridge: state, settings, modes, starting anew, pairing, reset, and no clients."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from lock_bridge import profiles
from lock_bridge.wire.errors import ErrorCode, LockBridgeError

from .running import House


@pytest.fixture(params=profiles.names())
async def house(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[House]:
    house = House(tmp_path, request.param)
    await house.service.start()
    yield house
    await house.service.stop()


@pytest.fixture
async def palm(tmp_path: Path) -> AsyncIterator[House]:
    house = House(tmp_path, "palm6068", scale=50)
    await house.service.start()
    yield house
    await house.service.stop()


MODES = {
    "l2s": {"normal", "passage", "privacy"},
    "dl50fvs": {"normal", "passage", "privacy", "leaving_home"},
    "palm6068": {"normal", "passage", "privacy", "leaving_home"},
}


@pytest.mark.spec("APP-1", "PWR-1", "PWR-3")
async def test_a_client_sees_what_the_model_has_and_how_it_is(house: House) -> None:
    """Of APP-1 battery, signal and Bluetooth state."""
    (told,) = (await house.do("locks.list"))["locks"]
    has, wireless = told["capabilities"], told["profile"] != "l2s"
    assert set(has["modes"]) == MODES[told["profile"]]
    assert (has["camera"], has["bluetooth"], has["wifi"]) == (wireless, wireless, wireless)
    assert told["mode"] == "normal"
    assert told["battery"] > 0
    assert told["camera_available"] is (True if wireless else None)
    assert told["bluetooth_connected"] is (False if wireless else None)
    assert (told["signal_dbm"] is not None) is wireless
    assert (told["phones"], told["door_ajar"]) == (0, False)
    assert not told["menu_open"], "the first start's question waits for anybody (DLM-1)"
    assert told["serial"] == "Q06824751"


@pytest.mark.spec("ALM-4")
async def test_below_a_fifth_of_the_battery_the_camera_is_not_available(house: House) -> None:
    has_camera = house.lock().capabilities.camera
    for percent, available in (("20", True), ("19", False), ("80", True)):
        await house.at_door("battery", percent)
        assert house.lock().camera_available is (available if has_camera else None)


@pytest.mark.spec("BLT-9")
async def test_privacy_and_the_anti_peephole_button_are_told(house: House) -> None:
    """Of BLT-9 the state."""
    await house.at_door("knob", "on")
    assert house.lock().mode == "privacy"
    await house.at_door("knob", "off")
    assert house.lock().mode == "normal"
    if house.lock().profile == "l2s":
        await house.at_door("peephole", "off")
        assert house.lock().inside_handle_blocked is True
        await house.at_door("peephole", "on")
    assert house.lock().inside_handle_blocked is (False if house.lock().profile == "l2s" else None)


@pytest.mark.spec("APP-5")
async def test_settings_are_changed_told_and_kept(house: House) -> None:
    await house.ask("settings.set", changes={"countdown_locking": True, "countdown_delay_s": 45, "volume": "low"})
    settings = house.lock().settings
    assert (settings["countdown_locking"], settings["countdown_delay_s"], settings["volume"]) == (True, 45, "low")
    assert set(settings) == set(house.lock().capabilities.settings)
    error = await house.refused("settings.set", changes={"volume": "loud", "countdown_delay_s": 60})
    assert (error.code, error.detail["field"]) == (ErrorCode.BAD_REQUEST, "volume")
    assert house.lock().settings["countdown_delay_s"] == 45
    await house.ask("lock.restart")
    assert house.lock().settings["countdown_delay_s"] == 45


@pytest.mark.spec("BLT-7", "VER-16")
async def test_passage_begins_with_an_end_that_is_told_and_ends(palm: House) -> None:
    """Of VER-16: passage opens, so it needs remote unlock."""
    await palm.add_anna()
    assert (await palm.refused("mode.set", mode="passage")).code is ErrorCode.REMOTE_UNLOCK_OFF
    await palm.ask("remote_unlock.set", on=True)
    await palm.ask("mode.set", mode="passage", seconds=3600)
    await palm.until(lambda: palm.lock().bolt == "unlocked")
    lock = palm.lock()
    assert lock.mode == "passage"
    now = palm.service.bridge.clock.now().mono_ms
    assert lock.passage_ends_ms is not None
    assert 0 < lock.passage_ends_ms - now <= 3_600_000 // 50, "by the bridge's clock, not by the door's faster one"
    await palm.ask("mode.set", mode="normal")
    await palm.until(lambda: palm.lock().bolt == "locked")
    assert (palm.lock().mode, palm.lock().passage_ends_ms) == ("normal", None)
    assert [event["data"]["mode"] for event in await palm.events("mode_changed")] == ["passage", "normal"]


async def test_a_mode_that_the_lock_cannot_be_put_in_is_not_supported(house: House) -> None:
    assert (await house.refused("mode.set", mode="privacy")).code is ErrorCode.NOT_SUPPORTED
    if house.lock().profile == "l2s":
        assert (await house.refused("mode.set", mode="leaving_home")).code is ErrorCode.NOT_SUPPORTED


@pytest.mark.spec("APP-6", "VER-10", "VER-9")
async def test_a_restart_from_the_app_ends_no_lockout_and_forgets_no_failure(palm: House) -> None:
    """Of APP-6 the restart and the end of a lockout."""
    await palm.add_anna()
    for _ in range(3):
        await palm.types("999999")
    boot = palm.service.bridge.runner("front_door").state.lockout.boot_id
    await palm.ask("lock.restart")
    state = palm.service.bridge.runner("front_door").state
    assert state.lockout.boot_id == boot
    assert len(state.lockout.failures) == 3
    assert (palm.lock().bolt, palm.lock().door) == ("locked", "closed"), "the parts were asked again"
    for _ in range(2):
        await palm.types("999999")
    assert palm.lock().locked_out
    ends = palm.lock().lockout_ends_ms
    await palm.ask("lock.restart")
    assert palm.lock().locked_out
    assert palm.lock().lockout_ends_ms == ends
    await palm.types("482913")
    assert await palm.events("access_granted") == []
    assert await palm.ask("lockout.end") == {"ended": True}
    await palm.types("482913")
    await palm.until(lambda: palm.lock().changed_by is not None)
    assert [event["user_name"] for event in await palm.events("access_granted")] == ["Anna"]


@pytest.mark.spec("APP-6")
async def test_while_a_lock_restarts_commands_are_told_to_wait_and_menus_are_closed(palm: House) -> None:
    await palm.add_anna()
    await palm.at_door("wait", "11s")  # before that, SET may be the beginning of a reset (RST-1)
    await palm.at_door("set")
    await palm.at_door("press", *"482913", "ok")
    assert palm.lock().menu_open
    restarting = asyncio.ensure_future(palm.ask("lock.restart"))
    await asyncio.sleep(0)
    assert (await palm.refused("lock")).code is ErrorCode.BUSY
    assert (await palm.refused("lock.restart")).code is ErrorCode.BUSY
    await restarting
    assert not palm.lock().menu_open
    await palm.ask("lock")


@pytest.mark.spec("APP-7", "PWR-2")
async def test_a_lock_that_cannot_be_reached_refuses_and_nothing_half_added_stays(house: House) -> None:
    anna = await house.add_anna()
    await house.at_door("power", "off")
    commands: dict[str, dict[str, Any]] = {
        "users.add": {"user_name": "Ben"},
        "users.change": {"user_id": anna, "changes": {"name": "Annika"}},
        "users.delete": {"user_id": anna},
        "credentials.set_passcode": {"user_id": anna, "passcode": "350917"},
        "credentials.create_temporary": {"user_id": anna},
        "credentials.enrol": {"user_id": anna, "type": "fingerprint"},
        "credentials.clear": {"type": "pin"},
        "lock.restart": {},
        "mode.set": {"mode": "normal"},
    }
    for name, args in commands.items():
        error = await house.refused(name, **args)
        assert (error.code, error.detail) == (ErrorCode.PART_FAULT, {"part": "power"})
        assert error.can_retry
    await house.at_door("power", "on")
    assert set(await house.users()) == {"Anna"}
    assert (await house.users())["Anna"]["credentials"] == {"pin": [1]}
    await house.types("482913")
    await house.until(lambda: house.lock().changed_by is not None)


@pytest.mark.spec("APP-6", "DLM-11", "L2S-12")
async def test_pairing_mode_from_the_app_shows_its_code_inside_and_never_answers_it(house: House) -> None:
    shown = asyncio.Event()
    door = house.service.doors["front_door"]
    codes: list[str] = []

    def look() -> None:
        if code := door.look()["inside"]:
            codes.append(code)
            shown.set()

    door.subscribe(look)
    assert await house.ask("lock.pairing") == {}
    async with asyncio.timeout(20):
        await shown.wait()
    assert codes[0] not in str(await house.do("journal.query", limit=1000))


@pytest.mark.spec("APP-6", "RST-1")
async def test_a_factory_reset_from_the_app_leaves_a_lock_as_new_and_the_journal(house: House) -> None:
    """Of RST-1 what goes and what stays."""
    await house.add_anna()
    await house.ask("settings.set", changes={"volume": "low"})
    serial = house.lock().serial
    assert await house.ask("lock.factory_reset") == {}
    assert await house.users() == {}
    assert house.lock().settings["volume"] == "high"
    assert house.lock().serial == serial
    told = [event["type"] for event in await house.events()]
    assert "user_added" in told
    assert "factory_reset" in told
    await house.types("482913")
    assert (await house.events("access_granted")) == []
    await house.add_anna("350917")


@pytest.mark.spec("GWY-4", "APP-4")
async def test_with_no_client_the_door_works_and_the_journal_tells_of_it_in_order_afterwards(house: House) -> None:
    await house.add_anna()
    await house.types("999999")
    await house.types("482913")
    await house.until(lambda: house.lock().changed_by is not None)
    await house.at_door("ring")
    told = await house.do("journal.query", types=["access_refused", "access_granted", "doorbell"])
    assert [event["type"] for event in told["events"]] == ["doorbell", "access_granted", "access_refused"], (
        "newest first"
    )
    seqs = [event["seq"] for event in told["events"]]
    assert len(set(seqs)) == 3
    again = await house.do("journal.query", after=seqs[-1], types=["access_granted", "doorbell"])
    assert [event["seq"] for event in again["events"]] == [seqs[1], seqs[0]]
    granted = again["events"][0]
    assert (granted["user_name"], granted["source"], granted["credential_type"]) == ("Anna", "keypad", "pin")


@pytest.mark.spec("GWY-3")
async def test_a_bridge_serves_several_locks_each_by_itself(tmp_path: Path) -> None:
    house = House(tmp_path, "palm6068", "l2s", "dl50fvs")
    await house.service.start()
    try:
        assert [lock["profile"] for lock in (await house.do("locks.list"))["locks"]] == ["palm6068", "l2s", "dl50fvs"]
        await house.add_anna(lock="back_door")
        await house.types("482913", lock="back_door")
        await house.until(lambda: house.lock("back_door").changed_by is not None)
        assert (house.lock().changed_by, house.lock("shed").changed_by) == (None, None)
        assert {event["lock_id"] for event in await house.events("access_granted")} == {"back_door"}
        with pytest.raises(LockBridgeError) as refused:
            await house.do("lock", lock="cellar")
        assert refused.value.code is ErrorCode.UNKNOWN_LOCK
    finally:
        await house.service.stop()


@pytest.mark.spec("DLM-12")
async def test_a_lock_is_muted_once_and_says_so_where_it_can(house: House) -> None:
    if house.lock().muted_once is None:
        assert (await house.refused("mute.set", on=True)).code == ErrorCode.NOT_SUPPORTED
        return
    assert house.lock().muted_once is False
    await house.ask("mute.set", on=True)
    assert house.lock().muted_once is True
    await house.ask("mute.set", on=False)
    assert house.lock().muted_once is False
