"""A whole door in the guest, opened from a real Home Assistant outside: on a kernel's devices, over a network, by TLS.

What happened, and when, is kept in .test-results/vm/whole-door.log.
"""

import asyncio
import sys
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any, Final

import pytest
import pytest_asyncio

from house.hass import HomeAssistant
from house.processes import ROOT, Failed, free_port
from tests.system.home import until
from vm.machine import Guest, GuestProcess

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.timeout(1800)]

LOG: Final = ROOT / ".test-results" / "vm" / "whole-door.log"
LOCK: Final = "lock.front_door"
PROBLEM: Final = "binary_sensor.front_door_fault"
BATTERY: Final = "sensor.front_door_battery"
ACCESS: Final = "event.front_door_access"
WAIT_S: Final = 240.0
THUMB: Final = "Anna right thumb"


class Story:
    """The door in the guest, Home Assistant outside, and what happened between them."""

    def __init__(self, door: GuestProcess, hass: HomeAssistant) -> None:
        self.hass = hass
        self._door = door
        self._began = time.monotonic()
        LOG.write_text("", encoding="utf-8")

    def tell(self, what: str) -> None:
        """Into the log."""
        with LOG.open("a", encoding="utf-8") as log:
            log.write(f"{time.monotonic() - self._began:7.1f} s  {what}\n")

    async def at_door(self, do: str, **more: Any) -> Any:
        """Do something in the guest."""
        self._door.tell(do=do, **more)
        answer = await asyncio.to_thread(self._door.hear, WAIT_S * 3)
        return answer["done"]

    async def state(self, entity_id: str) -> dict[str, Any]:
        state: dict[str, Any] = await self.hass.get(f"/api/states/{entity_id}")
        return state

    async def until(self, entity_id: str, wanted: str) -> dict[str, Any]:
        """An entity, once its state is `wanted`."""
        began = time.monotonic()
        while (state := await self._maybe(entity_id)) is None or state["state"] != wanted:
            if time.monotonic() > began + WAIT_S:
                self.tell(f"    Home Assistant: {entity_id} does not become {wanted}: {state}")
                raise AssertionError(f"{entity_id} does not become {wanted}: {state}")
            await asyncio.sleep(0.05)
        self.tell(f"    Home Assistant: {entity_id} is {wanted} (after {time.monotonic() - began:.1f} s)")
        return state

    async def ask(self, action: str, **data: Any) -> dict[str, Any]:
        """Call an action of the integration; its answer."""
        async with self.hass.socket() as socket:
            answer = await socket.call(
                "call_service",
                domain="lock_bridge",
                service=action,
                service_data=data,
                target={"entity_id": LOCK},
                return_response=True,
            )
        response: dict[str, Any] = answer["response"]
        return response.get(LOCK, response)

    async def turn(self, action: str) -> None:
        """`lock.lock` or `lock.unlock`, as somebody does on the dashboard."""
        async with self.hass.socket() as socket:
            await socket.service("lock", action, LOCK)

    async def bolt(self, *, thrown: bool) -> None:
        """It lies where it should, the motor rests, and it was driven there and nowhere else."""
        seen = await self.at_door("see")
        self.tell(f"    At the door: bolt at {seen['bolt']}, motor driven {', '.join(seen['driven'])}, and off now")
        assert seen["pushes"] == 0
        assert seen["bolt"] == pytest.approx(1 if thrown else 0, abs=0.1)
        assert seen["driven"] == ["out" if thrown else "back"]

    async def last_access(self) -> tuple[str, str | None, str | None]:
        """What the last access event says: how it ended, of whom, by what."""
        told = (await self.state(ACCESS))["attributes"]
        how, who, what = told["event_type"], told.get("user_name"), told.get("method")
        self.tell(f"    Home Assistant: access {how}, {who}, {what}")
        return how, who, what

    async def repairs(self) -> list[str]:
        """What Home Assistant suggests to do about the bridge."""
        async with self.hass.socket() as socket:
            issues = (await socket.call("repairs/list_issues"))["issues"]
        return [issue["translation_key"] for issue in issues if issue["domain"] == "lock_bridge"]

    async def lock_up(self) -> None:
        """From the dashboard, if it is not locked."""
        if (await self.state(LOCK))["state"] != "locked":
            await self.turn("lock")
        await self.until(LOCK, "locked")
        await self.at_door("see")

    async def unlock(self) -> None:
        """The same the other way."""
        if (await self.state(LOCK))["state"] != "unlocked":
            await self.turn("unlock")
        await self.until(LOCK, "unlocked")
        await self.at_door("see")

    async def _maybe(self, entity_id: str) -> dict[str, Any] | None:
        url, headers = f"{self.hass.url}/api/states/{entity_id}", self.hass.headers()
        async with self.hass.session.get(url, headers=headers) as answer:
            return await answer.json() if answer.status == 200 else None


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def story(guest: Guest, bridge_port: int, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Story]:
    """Home Assistant is paired with the guest's bridge."""
    hass = HomeAssistant(tmp_path_factory.mktemp("hass"), port=free_port())
    story = Story(guest.start("door", sys.executable, "-m", "tests.vm.parts.door"), hass)
    try:
        story.tell(f"The guest has booted, in {guest.boot_s:.1f} s")
        await asyncio.gather(_start_outside(story), _start_inside(story))
        await _pair(story, bridge_port)
        yield story
        code = await story.at_door("stop")
        story.tell(f"The bridge has ended with {code}")
        assert code == 0
    finally:
        await hass.stop()


async def _start_outside(story: Story) -> None:
    await story.hass.start()
    await story.hass.log_in()
    await story.hass.until_started()
    story.tell("Home Assistant serves, outside the guest")


async def _start_inside(story: Story) -> None:
    await story.at_door("start")
    story.tell("The bridge serves, in the guest: USB plugged in, lines taken")


async def _pair(story: Story, port: int) -> None:
    code = await story.at_door("pairing_code")
    address = {"host": "127.0.0.1", "port": port}
    flow = await story.hass.flow("lock_bridge", address, {"may_unlock": True, "code": code})
    assert flow["type"] == "create_entry", flow
    story.tell("Home Assistant is paired, by the code that the bridge shows")
    await story.until(LOCK, "locked")
    await story.until(PROBLEM, "off")


@dataclass(frozen=True, slots=True)
class Anna:
    """Who lives here."""

    user_id: str
    passcode: str = field(repr=False)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def anna(story: Story) -> Anna:
    """Added in Home Assistant, given a passcode there, and enrolled from there: her thumb is learnt at the door."""
    added = await story.ask("set_user", user_name="Anna", role="administrator")
    user_id = added["user_id"]
    given = await story.ask("set_credential", user_id=user_id, credential_type="pin")
    story.tell("Anna is added in Home Assistant, and given a passcode there")
    begun = await story.ask("enroll_credential", user_id=user_id, credential_type="fingerprint")
    for _ in range(begun["steps"]):
        await story.at_door("touch", finger=THUMB)

    async def learnt() -> bool:
        users = (await story.ask("get_users"))["users"]
        return any(user["user_id"] == user_id and "fingerprint" in str(user) for user in users)

    await until(learnt, within=WAIT_S)
    story.tell(f"Her right thumb is learnt at the door, in {begun['steps']} touches")
    return Anna(user_id, given["passcode"])


@pytest.fixture(autouse=True)
async def in_the_log(request: pytest.FixtureRequest, story: Story) -> AsyncIterator[None]:
    """What is tried, and whether it went well."""
    story.tell(request.node.name.removeprefix("test_").replace("_", " ").capitalize())
    failed = request.session.testsfailed
    yield
    if request.session.testsfailed > failed:
        story.tell("    FAILED")


async def test_unlock_on_the_dashboard_turns_the_motor_and_lock_turns_it_back(story: Story) -> None:
    await story.lock_up()
    await story.turn("unlock")
    state = await story.until(LOCK, "unlocked")
    assert "Home Assistant" in state["attributes"]["changed_by"]
    await story.bolt(thrown=False)
    await story.turn("lock")
    await story.until(LOCK, "locked")
    await story.bolt(thrown=True)


async def test_a_finger_on_the_glass_opens_and_home_assistant_names_its_owner(story: Story, anna: Anna) -> None:
    await story.lock_up()
    await story.at_door("touch", finger=THUMB)
    state = await story.until(LOCK, "unlocked")
    assert state["attributes"]["changed_by"] == "Anna · fingerprint"
    await story.bolt(thrown=False)
    assert await story.last_access() == ("granted", "Anna", "fingerprint")


async def test_a_strangers_finger_opens_nothing(story: Story, anna: Anna) -> None:
    await story.lock_up()
    before = await story.state(ACCESS)
    await story.at_door("touch", finger="somebody's")
    async with asyncio.timeout(WAIT_S):
        while (await story.state(ACCESS))["state"] == before["state"]:  # noqa: ASYNC110
            await asyncio.sleep(0.05)
    assert (await story.last_access())[0] == "refused"
    seen = await story.at_door("see")
    assert seen["bolt"] == pytest.approx(1, abs=0.1)
    assert seen["driven"] == []


@pytest.mark.spec("VER-1", "VER-3")
async def test_a_passcode_among_other_digits_opens_at_the_keypad(story: Story, anna: Anna) -> None:
    await story.lock_up()
    await story.at_door("type", keys=["0", *"77", *anna.passcode, *"31", "confirm"])
    state = await story.until(LOCK, "unlocked")
    assert state["attributes"]["changed_by"] == "Anna · passcode"
    await story.bolt(thrown=False)
    assert await story.last_access() == ("granted", "Anna", "pin")


@pytest.mark.spec("FLT-1")
async def test_a_pulled_reader_is_a_problem_until_it_is_plugged_in_and_the_keypad_opens_meanwhile(
    story: Story, anna: Anna
) -> None:
    await story.lock_up()
    await story.at_door("unplug_reader")
    story.tell("    At the door: the fingerprint module's plug is pulled")
    await story.until(PROBLEM, "on")
    story.tell(f"    Home Assistant suggests: {await story.repairs()}")
    await story.at_door("type", keys=["0", *anna.passcode, "confirm"])
    await story.until(LOCK, "unlocked")
    await story.bolt(thrown=False)
    await story.at_door("plug_reader")
    story.tell("    At the door: it is plugged in again")
    await story.until(PROBLEM, "off")
    assert await story.repairs() == []
    await story.lock_up()
    await story.at_door("touch", finger=THUMB)
    await story.until(LOCK, "unlocked")


async def test_the_battery_is_seen_as_its_gauge_tells_it(story: Story) -> None:
    await story.until(BATTERY, "87")
    await story.at_door("charge", percent=14)
    await story.until(BATTERY, "14")
    await story.at_door("charge", percent=87)
    await story.until(BATTERY, "87")


async def test_a_door_that_is_opened_is_seen_open(story: Story) -> None:
    await story.at_door("put", wire="DOOR", high=True)
    await story.until("binary_sensor.front_door_door", "on")
    await story.at_door("put", wire="DOOR", high=False)
    await story.until("binary_sensor.front_door_door", "off")


async def test_a_bolt_that_jams_is_told_and_locks_when_it_is_free(story: Story) -> None:
    await story.unlock()
    await story.at_door("jam", at=0.5)
    with pytest.raises(Failed, match="is jammed"):
        await story.turn("lock")
    await story.until(LOCK, "jammed")
    assert (await story.at_door("see"))["pushes"] == 0
    await story.at_door("jam", at=None)
    await story.turn("lock")
    await story.until(LOCK, "locked")
    assert (await story.at_door("see"))["bolt"] == pytest.approx(1, abs=0.1)
