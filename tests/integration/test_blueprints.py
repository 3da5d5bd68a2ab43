"""Each blueprint imported as somebody does it, and run to its effect at a real bridge's door."""

import json
import shutil
from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml
from aiohttp import web
from aiohttp.test_utils import TestServer
from homeassistant.components.blueprint.importer import fetch_blueprint_from_url
from homeassistant.core import HomeAssistant
from homeassistant.setup import async_setup_component
from homeassistant.util import dt as dt_util
from pytest_homeassistant_custom_component.common import MockConfigEntry
from pytest_homeassistant_custom_component.test_util.aiohttp import AiohttpClientMocker
from pytest_homeassistant_custom_component.typing import WebSocketGenerator

from checks import blueprints
from checks.spec import ROOT
from lock_bridge.engine.model import Fact
from lock_bridge.wire.words import CredentialType, EventType
from tests.integration.automations import Automations, person
from tests.integration.fault_proxy import FaultProxy
from tests.integration.home import DOOR, LOCK, Home
from tests.integration.house import House, until
from tests.integration.notifiers import Phone, Screen, phone, screen
from tests.integration.test_triggers import anna_with_duress, enters, record

__all__ = ["phone", "screen"]

FOLDER = ROOT / blueprints.MADE
NAMES = blueprints.names(ROOT)
ANNAS, FORCED = "270413", "918274"


@pytest.fixture
def hass_config_dir(hass_tmp_config_dir: str) -> str:
    """A folder of our own, with blueprints in it as somebody copies them there."""
    shutil.copytree(FOLDER, Path(hass_tmp_config_dir) / "blueprints" / "automation" / "lock_bridge")
    (Path(hass_tmp_config_dir) / ".storage").mkdir()  # as the local calendar finds it
    return hass_tmp_config_dir


@pytest.fixture
async def automations(hass: HomeAssistant) -> AsyncIterator[Automations]:
    assert await async_setup_component(hass, "persistent_notification", {})
    automations = Automations(hass)
    yield automations
    # Those that wait for something, an hour of the day among it, stop.
    if "automation" in hass.config.components:
        await hass.services.async_call("automation", "turn_off", {"entity_id": "all"}, blocking=True)


@pytest.fixture
async def web_site() -> AsyncIterator[TestServer]:
    """Where the blueprints are published."""
    application = web.Application()
    application.router.add_static("/", FOLDER)
    server = TestServer(application, host="127.0.0.1")
    await server.start_server()
    yield server
    await server.close()


def from_blueprint(name: str, language: str = "en", **inputs: Any) -> dict[str, Any]:
    """An automation made of a blueprint."""
    return {
        "id": name,
        "alias": name,
        "use_blueprint": {"path": f"lock_bridge/{language}/{name}.yaml", "input": inputs},
    }


def needed(name: str) -> dict[str, Any]:
    """The inputs that somebody has to fill in, filled in."""
    return {
        "doorbell_with_picture": {},
        "guest_code": {
            "calendar": "calendar.guests",
            "lock": LOCK,
            "host": "a_device",
            "phones": ["notify.anna_s_phone"],
        },
        "left_open": {"door": DOOR},
        "lock_at_night": {"lock": LOCK},
        "quiet_message": {"phones": ["notify.anna_s_phone"]},
        "who_came_home": {},
    }[name]


@pytest.mark.parametrize("language", blueprints.LANGUAGES)
async def test_every_blueprint_is_taken_in_every_language(
    paired: Home, automations: Automations, language: str, caplog: pytest.LogCaptureFixture
) -> None:
    await automations.set_up(*(from_blueprint(name, language, **needed(name)) for name in NAMES))
    assert {name: paired.state(f"automation.{name}").state for name in NAMES} == dict.fromkeys(NAMES, "on")
    assert [record.getMessage() for record in caplog.records if record.levelname == "ERROR"] == []


@pytest.mark.parametrize("language", blueprints.LANGUAGES)
async def test_every_blueprint_is_imported(
    hass: HomeAssistant, hass_ws_client: WebSocketGenerator, web_site: TestServer, language: str
) -> None:
    assert await async_setup_component(hass, "automation", {})
    client = await hass_ws_client(hass)
    titles = set()
    for name in NAMES:
        url = str(web_site.make_url(f"/{language}/{name}.yaml"))
        await client.send_json_auto_id({"type": "blueprint/import", "url": url})
        answer = await client.receive_json()
        assert answer["success"], answer
        imported = answer["result"]
        assert imported["validation_errors"] is None
        assert imported["blueprint"]["metadata"]["domain"] == "automation"
        titles.add(imported["blueprint"]["metadata"]["name"])
        save = {"domain": "automation", "path": imported["suggested_filename"], "yaml": imported["raw_data"]}
        await client.send_json_auto_id({"type": "blueprint/save", **save})
        assert (await client.receive_json())["success"]
    assert len(titles) == len(NAMES)


async def test_the_address_in_the_blueprint_is_where_it_is_imported_from(
    hass: HomeAssistant, aioclient_mock: AiohttpClientMocker
) -> None:
    raw = "https://raw.githubusercontent.com/lock-bridge/lock-bridge/main/blueprints/automation/lock_bridge/nb"
    text = (FOLDER / "nb" / "left_open.yaml").read_text(encoding="utf-8")
    aioclient_mock.get(f"{raw}/left_open.yaml", text=text)
    url = blueprints.url("nb", "left_open")
    imported = await fetch_blueprint_from_url(hass, url)
    assert imported.blueprint.metadata["source_url"] == url
    assert f"source_url: {url}" in text


def test_they_are_up_to_date() -> None:
    assert list(blueprints.problems(ROOT)) == []


def test_a_text_that_is_missing_is_named(tmp_path: Path) -> None:
    shutil.copytree(ROOT / "blueprints", tmp_path / "blueprints", dirs_exist_ok=True)
    texts = tmp_path / blueprints.SOURCE / "texts" / "left_open.yaml"
    read = yaml.safe_load(texts.read_text(encoding="utf-8"))
    del read["door"]["nl"]
    read["message_default"]["sv"] = "{{ dorr }}"
    read["window"] = dict.fromkeys(blueprints.LANGUAGES, "Window")
    texts.write_text(yaml.safe_dump(read), encoding="utf-8")
    found = "\n".join(blueprints.problems(tmp_path))
    assert "door is missing in nl" in found
    assert "message_default names something else in sv" in found
    assert "window is not used" in found


def test_a_file_that_somebody_changed_by_hand_is_named(tmp_path: Path) -> None:
    shutil.copytree(ROOT / "blueprints", tmp_path / "blueprints", dirs_exist_ok=True)
    changed = tmp_path / blueprints.MADE / "en" / "left_open.yaml"
    changed.write_text(changed.read_text(encoding="utf-8") + "# mine\n", encoding="utf-8")
    (tmp_path / blueprints.MADE / "en" / "old.yaml").write_text("", encoding="utf-8")
    assert len(list(blueprints.problems(tmp_path))) == 2


async def test_who_came_home(
    paired: Home, house: House, automations: Automations, phone: Phone, screen: Screen
) -> None:
    anna = await house.add_person("Anna", ANNAS)
    device = await person(paired, anna)
    await automations.set_up(
        from_blueprint(
            "who_came_home",
            phones=[phone.entity_id, screen.entity_id],
            persons=[device],
            also=[{"event": "automation_ran", "event_data": {"trigger": "{{ who }}"}}],
        )
    )
    await record(house, Fact(EventType.ACCESS_GRANTED, user_name="Ben", credential_type=CredentialType.FACE))
    await house.enter(ANNAS)
    await automations.until_ran()
    assert automations.ran == ["Anna"]
    assert [(told["title"], told["message"]) for told in phone.got] == [("Front door", "Anna came home (passcode)")]
    assert screen.got == [("Front door", "Anna came home (passcode)")]
    assert notes(paired.hass) == []


async def test_who_came_home_without_a_phone_and_with_a_condition(
    paired: Home, house: House, automations: Automations
) -> None:
    only_at_work = {"condition": "state", "entity_id": "input_boolean.at_work", "state": "on"}
    paired.hass.states.async_set("input_boolean.at_work", "off")
    await automations.set_up(from_blueprint("who_came_home", only_if=[only_at_work], message="{{ who }} at {{ door }}"))
    anna = await house.add_person("Anna", ANNAS)
    await enters(house, ANNAS)
    await paired.until_event("access_granted")
    await paired.hass.async_block_till_done()
    paired.hass.states.async_set("input_boolean.at_work", "on")
    made = await house.command("credentials.create_temporary", lock="front_door", user_id=anna, label="Plumber")
    await house.enter(made["passcode"])
    await until(lambda: notes(paired.hass) == ["Plumber at Front door"])


@pytest.mark.parametrize(
    ("camera", "picture"),
    [
        ("camera.porch", "/api/camera_proxy/camera.porch"),
        ("image.porch", "/api/image_proxy/image.porch"),
        ("", None),
    ],
)
async def test_the_doorbell_with_a_picture(
    paired: Home, house: House, automations: Automations, phone: Phone, camera: str, picture: str | None
) -> None:
    await automations.set_up(
        from_blueprint("doorbell_with_picture", phones=[phone.entity_id], camera=camera, locks=[LOCK])
    )
    await house.do("ring")
    await house.do("ring")  # within the pause
    await until(lambda: phone.got)
    await paired.until_event("doorbell", count=2)
    await until(lambda: paired.hass.states.get("automation.doorbell_with_picture").attributes["current"] == 1)
    (told,) = phone.got
    assert (told["title"], told["message"]) == ("Front door", "Somebody is at the door")
    assert told["data"].get("image") == picture
    assert told["data"]["priority"] == "high"


async def test_the_doorbell_in_home_assistant_itself(paired: Home, house: House, automations: Automations) -> None:
    paired.hass.states.async_set("camera.porch", "idle", {"entity_picture": "/api/camera_proxy/camera.porch?token=x"})
    await automations.set_up(from_blueprint("doorbell_with_picture", camera="camera.porch", pause=0))
    await house.do("ring")
    await until(lambda: notes(paired.hass))
    (note,) = notes(paired.hass)
    assert note.startswith("Somebody is at the door")
    assert note.endswith("\n\n![](/api/camera_proxy/camera.porch?token=x)")


@pytest.mark.spec("VER-12")
async def test_a_call_for_help(
    paired: Home,
    house: House,
    automations: Automations,
    phone: Phone,
    screen: Screen,
    hass_ws_client: WebSocketGenerator,
) -> None:
    await automations.set_up(from_blueprint("quiet_message", phones=[phone.entity_id, screen.entity_id]))
    await anna_with_duress(house)
    await enters(house, ANNAS)
    await house.enter(FORCED)
    await until(lambda: screen.got)
    (told,) = phone.got
    assert told["title"] == "Front door"
    assert told["message"].startswith("Anna needs you. (20")
    assert "Told late" not in told["message"]
    assert told["data"]["push"]["sound"]["critical"] == 1
    assert "duress" not in json.dumps([phone.got, screen.got, automations.called])
    assert notes(paired.hass) == []

    assert await async_setup_component(paired.hass, "trace", {})
    client = await hass_ws_client(paired.hass)
    await client.send_json_auto_id({"type": "trace/list", "domain": "automation", "item_id": "quiet_message"})
    assert (await client.receive_json())["result"] == []


@pytest.mark.spec("VER-12")
async def test_a_call_for_help_that_comes_late_says_so(
    far: Home, house: House, network: FaultProxy, automations: Automations, screen: Screen
) -> None:
    await automations.set_up(from_blueprint("quiet_message", phones=[screen.entity_id], loud=False))
    await anna_with_duress(house)
    await network.stop()
    await far.until_state(LOCK, "unavailable")
    await house.enter(FORCED)
    await house.bolt("unlocked")
    await network.start()
    await until(lambda: screen.got, within=20)
    (message,) = screen.messages
    assert message.startswith("Anna needs you. (20")
    assert "Told late: it was at 20" in message


async def test_at_night_the_door_is_locked(paired: Home, house: House, automations: Automations) -> None:
    await automations.set_up(from_blueprint("lock_at_night", lock=LOCK))
    await paired.call("unlock")
    await night(paired)
    await paired.until_state(LOCK, "locked")
    assert notes(paired.hass) == []
    locks = [call for call in automations.called if call[0] == "lock.lock"]
    await night(paired)
    assert [call for call in automations.called if call[0] == "lock.lock"] == locks


async def test_at_night_an_open_door_is_waited_for(
    paired: Home, house: House, automations: Automations, screen: Screen
) -> None:
    await automations.set_up(from_blueprint("lock_at_night", lock=LOCK, phones=[screen.entity_id]))
    await stands_open(paired, house)
    await night(paired)
    await until(lambda: screen.messages == ["Front door is open. It is locked as soon as it is closed."])
    assert paired.state(LOCK).state == "unlocked"
    await house.do("close")
    await paired.until_state(LOCK, "locked")
    assert len(screen.messages) == 1


async def test_at_night_somebody_is_told_of_a_door_that_stays_open(
    paired: Home, house: House, automations: Automations, screen: Screen
) -> None:
    await automations.set_up(from_blueprint("lock_at_night", lock=LOCK, phones=[screen.entity_id], wait=0))
    await stands_open(paired, house)
    await night(paired)
    await until(lambda: screen.messages == ["Front door is not locked: the door is open."])
    assert not [call for call in automations.called if call[0] == "lock.lock"]


async def test_at_night_somebody_is_told_that_the_bridge_is_away(
    far: Home, house: House, network: FaultProxy, automations: Automations
) -> None:
    await automations.set_up(from_blueprint("lock_at_night", lock=LOCK))
    await network.stop()
    await far.until_state(LOCK, "unavailable")
    await far.hass.services.async_call("automation", "trigger", {"entity_id": "automation.lock_at_night"})
    # It waits a little for the bolt before it says so.
    said = "Nobody knows whether Front door is locked: the bridge does not answer."
    await until(lambda: notes(far.hass) == [said], within=30)


async def test_a_door_left_open_is_told_until_it_is_closed(
    paired: Home, house: House, automations: Automations, screen: Screen
) -> None:
    await automations.set_up(
        from_blueprint(
            "left_open", door=DOOR, after={"milliseconds": 100}, every=0.003, times=3, phones=[screen.entity_id]
        )
    )
    await stands_open(paired, house)
    await until(lambda: len(screen.got) == 3)
    assert all(message.startswith("Front door has been open since ") for message in screen.messages)
    automation = "automation.left_open"
    await until(lambda: paired.state(automation).attributes["current"] == 0)
    assert len(screen.got) == 3

    await house.do("close")
    await paired.until_state(DOOR, "off")
    await stands_open(paired, house)
    await until(lambda: len(screen.got) >= 4)
    await house.do("close")
    await until(lambda: paired.state(automation).attributes["current"] == 0)


@pytest.fixture
async def calendar(hass: HomeAssistant) -> str:
    """A calendar of guests."""
    entry = MockConfigEntry(
        domain="local_calendar", title="Guests", data={"calendar_name": "Guests", "storage_key": "guests"}
    )
    entry.add_to_hass(hass)
    assert await hass.config_entries.async_setup(entry.entry_id)
    await hass.async_block_till_done()
    assert hass.states.get("calendar.guests") is not None
    return "calendar.guests"


async def test_a_guest_gets_a_code_for_as_long_as_he_is_there(
    far: Home,
    house: House,
    network: FaultProxy,
    automations: Automations,
    screen: Screen,
    calendar: str,
    caplog: pytest.LogCaptureFixture,
) -> None:
    anna = await house.add_person("Anna", ANNAS)
    host = await person(far, anna)
    starts = in_seconds(4)
    ends = starts + timedelta(seconds=6)
    await plan(far.hass, calendar, "Plumber", starts, ends)
    await plan(far.hass, calendar, "Dentist", starts, ends)
    await automations.set_up(
        from_blueprint(
            "guest_code",
            calendar=calendar,
            lock=LOCK,
            host=host,
            phones=[screen.entity_id],
            word="plumb",
            message="{label} may enter {lock} with {code} until {until}",
        )
    )
    assert await codes(house, anna) == []
    await until(lambda: screen.got, within=15)
    (message,) = screen.messages
    passcode = next(word for word in message.split() if word.isdigit())
    assert message == f"Plumber may enter Front door with {passcode} until {ends:%Y-%m-%d %H:%M}"
    (code,) = await codes(house, anna)
    assert (code["label"], code["valid_until_ms"]) == ("Plumber", round(ends.timestamp() * 1000))

    await house.enter(passcode)
    await house.bolt("unlocked")
    assert passcode not in json.dumps(automations.called, default=str)
    assert passcode not in caplog.text

    # The bridge is away at the end: the code ends by itself, and is deleted as soon as that can be done.
    await network.stop()
    await far.until_state(LOCK, "unavailable")
    await until(lambda: dt_util.now() > ends, within=15)
    await house.lock_from_inside()
    await house.enter(passcode)
    assert house.running.bridge.runner("front_door").snapshot.bolt == "locked"
    assert len(await codes(house, anna)) == 1
    await network.start()
    await until_no_codes(far, anna)
    assert len(screen.got) == 1


async def test_the_code_is_sent_ahead_once_and_deleted_at_the_end(
    paired: Home, house: House, automations: Automations, screen: Screen, calendar: str
) -> None:
    anna = await house.add_person("Anna", ANNAS)
    host = await person(paired, anna)
    starts = in_seconds(4)
    ends = starts + timedelta(seconds=3)
    await plan(paired.hass, calendar, "Grandma", starts, ends)
    inputs = {"calendar": calendar, "lock": LOCK, "host": host, "phones": [screen.entity_id]}
    await automations.set_up(from_blueprint("guest_code", **inputs, ahead={"hours": 2}))
    run = {"entity_id": "automation.guest_code"}
    for _ in range(2):  # as after a restart
        await paired.hass.services.async_call("automation", "trigger", run, blocking=True)
    (message,) = screen.messages
    passcode = message.split(" is ")[1].split(",")[0]
    assert message.startswith(f"Grandma: the passcode for Front door is {passcode}, from {starts:%Y-%m-%d %H:%M}")
    await house.enter(passcode)  # too early
    assert house.running.bridge.runner("front_door").snapshot.bolt == "locked"
    await until_no_codes(paired, anna)
    assert dt_util.now() >= ends
    assert len(screen.got) == 1


async def night(home: Home) -> None:
    """It is eleven o'clock."""
    await home.hass.services.async_call("automation", "trigger", {"entity_id": "automation.lock_at_night"})


async def stands_open(home: Home, house: House) -> None:
    """Somebody goes out and leaves the door open."""
    if home.state(LOCK).state == "locked":
        await home.call("unlock")
    await house.do("open")
    await home.until_state(DOOR, "on")


def in_seconds(seconds: int) -> datetime:
    return (dt_util.now() + timedelta(seconds=seconds)).replace(microsecond=0)


async def plan(hass: HomeAssistant, calendar: str, summary: str, starts: datetime, ends: datetime) -> None:
    await hass.services.async_call(
        "calendar",
        "create_event",
        {"entity_id": calendar, "summary": summary, "start_date_time": starts, "end_date_time": ends},
        blocking=True,
    )


async def codes(house: House, user_id: str) -> list[dict[str, Any]]:
    """The temporary passcodes of somebody's visitors."""
    users = (await house.command("users.list", lock="front_door"))["users"]
    (user,) = [user for user in users if user["id"] == user_id]
    return [detail for detail in user["details"] if detail.get("temporary")]


async def until_no_codes(home: Home, user_id: str) -> None:
    """Wait until no visitor of hers has a passcode, as Home Assistant knows it."""

    def none_left() -> bool:
        user = home.entry.runtime_data.person(user_id)["front_door"]
        return not any(detail.temporary for detail in user.details)

    await until(none_left, within=20)


def notes(hass: HomeAssistant) -> list[str]:
    """What stands in Home Assistant's own notes."""
    return [note["message"] for note in hass.data.get("persistent_notification", {}).values()]
