"""The logbook says who, how, and when it really was, in the language of the house."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from homeassistant.components.recorder import Recorder
from homeassistant.setup import async_setup_component
from homeassistant.util import dt as dt_util
from pytest_homeassistant_custom_component.components.recorder.common import async_wait_recording_done
from pytest_homeassistant_custom_component.typing import WebSocketGenerator

from lock_bridge.engine.model import Fact
from lock_bridge.wire.words import CredentialType, EventType, OperationSource
from tests.integration.fault_proxy import FaultProxy
from tests.integration.home import LOCK, Home
from tests.integration.house import House

CODE = "270413"


@pytest.fixture
async def recorded(recorder_mock: Recorder, far: Home) -> Home:
    """Home Assistant with its logbook."""
    assert await async_setup_component(far.hass, "logbook", {})
    return far


async def test_the_logbook_of_the_lock_names_the_person_and_the_method(
    recorded: Home, house: House, hass_ws_client: WebSocketGenerator
) -> None:
    await house.add_person("Anna", CODE)
    await house.enter(CODE)
    await recorded.until_event("access_granted")

    for target in ({"entity_ids": [LOCK]}, {"device_ids": [recorded.device("front_door").id]}, {}):
        lines = await logbook(recorded, hass_ws_client, **target)
        (line,) = [line for line in lines if line.get("message", "").startswith("opened by")]
        assert line["name"] == "Front door"
        assert line["message"] == "opened by Anna with passcode"
        assert line["entity_id"] == LOCK
        assert line["icon"] == "mdi:lock-open-check"
        assert line["domain"] == "lock_bridge"


async def test_old_news_stands_where_it_belongs(
    recorded: Home, house: House, network: FaultProxy, hass_ws_client: WebSocketGenerator
) -> None:
    await house.add_person("Anna", CODE)
    await recorded.until_event("credential_added")
    await network.stop()
    await recorded.until_state(LOCK, "unavailable")
    house.clock.set_back(timedelta(hours=3))
    happened = dt_util.utcnow() - timedelta(hours=3)
    await house.enter(CODE)
    house.clock.set_back(timedelta(0))
    await network.start()
    await recorded.until_event("access_granted")

    lines = await logbook(recorded, hass_ws_client, since=happened - timedelta(hours=1), entity_ids=[LOCK])
    (line,) = [line for line in lines if line.get("message", "").startswith("opened by")]
    assert abs(line["when"] - happened.timestamp()) < 30


SENTENCES = {
    "en": ("opened by Anna with fingerprint", "refused somebody with card: not known", "fault: motor"),
    "nb": ("åpnet av Anna med fingeravtrykk", "avviste noen med kort: ikke kjent", "feil: motor"),
    "sv": ("öppnades av Anna med fingeravtryck", "nekade någon med kort: inte känt", "fel: motor"),
    "it": (
        "aperta da Anna con impronta digitale",
        "ha rifiutato qualcuno con tessera: non riconosciuto",
        "guasto: motore",
    ),
    "nl": ("geopend door Anna met vingerafdruk", "weigerde iemand met kaart: niet bekend", "storing: motor"),
}


@pytest.mark.parametrize("language", SENTENCES)
async def test_sentences_are_in_the_language_of_the_house(
    recorded: Home, house: House, hass_ws_client: WebSocketGenerator, language: str
) -> None:
    await recorded.hass.config.async_update(language=language)
    await recorded.hass.async_block_till_done()
    await record(
        house,
        Fact(
            EventType.ACCESS_GRANTED,
            source=OperationSource.BIOMETRIC,
            user_id="u",
            user_name="Anna",
            credential_type=CredentialType.FINGERPRINT,
        ),
        Fact(
            EventType.ACCESS_REFUSED,
            source=OperationSource.RFID,
            credential_type=CredentialType.RFID,
            reason="unknown_credential",
        ),
        Fact(EventType.FAULT_STARTED, reason="no_motion", data={"part": "motor"}),
    )
    await recorded.until_event("fault_started")
    lines = await logbook(recorded, hass_ws_client, entity_ids=[LOCK])
    assert [line["message"] for line in lines if line.get("domain") == "lock_bridge"][-3:] == list(SENTENCES[language])


async def test_every_kind_of_event_has_a_sentence(
    recorded: Home, house: House, hass_ws_client: WebSocketGenerator
) -> None:
    # In another language than the bridge's own words, so that a missing sentence cannot look like one.
    await recorded.hass.config.async_update(language="nb")
    await recorded.hass.async_block_till_done()
    silent = {EventType.LOCKED, EventType.UNLOCKED, EventType.DOOR_OPENED, EventType.DOOR_CLOSED, EventType.DURESS}
    kinds = [kind for kind in EventType if kind not in silent]
    await record(house, *(Fact(kind, reason="wrong_code", data={"part": "motor", "count": 3}) for kind in kinds))
    await recorded.until_event(kinds[-1])
    lines = await logbook(recorded, hass_ws_client, device_ids=[recorded.device("front_door").id])
    messages = [line["message"] for line in lines if line.get("domain") == "lock_bridge"][-len(kinds) :]
    said = dict(zip(kinds, messages, strict=True))
    assert [kind for kind, message in said.items() if message == kind.replace("_", " ")] == []


@pytest.mark.spec("APP-4")
@pytest.mark.parametrize(
    ("fact", "message"),
    [
        (
            Fact(
                EventType.OPERATION_FAILED,
                OperationSource.REMOTE,
                client_name="Phone",
                reason="door_open",
                data={"operation": "lock"},
            ),
            "not locked for Phone: the door is open",
        ),
        (
            Fact(
                EventType.OPERATION_FAILED,
                OperationSource.KEYPAD,
                user_name="Anna",
                credential_type=CredentialType.PIN,
                reason="motor_fault",
            ),
            "did not move for Anna: the motor does not move",
        ),
        (Fact(EventType.OPENED_FROM_INSIDE, OperationSource.INSIDE_HANDLE), "opened from inside"),
        (
            Fact(EventType.LOCKOUT_ENDED, OperationSource.REMOTE, client_name="Phone", reason="remote"),
            "lockout ended by Phone",
        ),
        (Fact(EventType.ACCESS_REFUSED, reason="no_credential"), "refused somebody: nothing is enrolled yet"),
        (
            Fact(EventType.ACCESS_REFUSED, OperationSource.KEYPAD, reason="of_tomorrow"),
            "refused somebody with keypad: of tomorrow",
        ),
        (
            Fact(
                EventType.MODE_CHANGED,
                OperationSource.REMOTE,
                client_name="Phone",
                data={"mode": "passage", "seconds": 7200},
            ),
            "held open by Phone",
        ),
        (
            Fact(
                EventType.MODE_CHANGED,
                OperationSource.KEYPAD,
                user_name="Anna",
                credential_type=CredentialType.PIN,
                data={"mode": "normal"},
            ),
            "back to normal by Anna",
        ),
        (Fact(EventType.MODE_CHANGED, data={"mode": "siesta"}), "mode changed"),
        (Fact(EventType.INTRUSION), "opened from inside though nobody should be at home"),
        (
            Fact(EventType.ACCESS_REFUSED, OperationSource.BLE, reason="pairing_code"),
            "refused somebody with Bluetooth key: wrong Bluetooth pairing code",
        ),
        (
            Fact(
                EventType.MENU_OPENED,
                OperationSource.BIOMETRIC,
                user_name="Anna",
                credential_type=CredentialType.PALM_VEIN,
            ),
            "menu opened by Anna with palm",
        ),
        (
            Fact(EventType.FAULT_STARTED, reason="no_answer", data={"part": "link"}),
            "fault: cable between outside and inside",
        ),
        (
            Fact(
                EventType.ACCESS_GRANTED,
                OperationSource.KEYPAD,
                user_name="Anna",
                credential_type=CredentialType.PIN,
                data={"label": "Plumber"},
            ),
            "opened by Anna's guest “Plumber” with passcode",
        ),
        (
            Fact(
                EventType.ACCESS_REFUSED,
                OperationSource.BLE,
                user_name="Anna",
                credential_type=CredentialType.BLE,
                reason="used_up",
                data={"label": "{Plumber}"},
            ),
            "refused Anna's guest “{Plumber}” with Bluetooth key: no entries are left",
        ),
        (
            Fact(
                EventType.CREDENTIAL_ADDED,
                OperationSource.REMOTE,
                user_name="Anna",
                client_name="Phone",
                credential_type=CredentialType.PIN,
                data={"label": "Plumber"},
            ),
            "passcode added for Anna's guest “Plumber”",
        ),
        (Fact(EventType.USER_ADDED, OperationSource.REMOTE, user_name="Bo", client_name="Phone"), "person added: Bo"),
    ],
)
async def test_a_sentence_says_what_is_known(
    recorded: Home, house: House, hass_ws_client: WebSocketGenerator, fact: Fact, message: str
) -> None:
    await record(house, fact)
    await recorded.until_event(fact.type)
    lines = await logbook(recorded, hass_ws_client, entity_ids=[LOCK])
    assert message in [line.get("message") for line in lines]


async def test_what_concerns_the_bridge_stands_with_the_bridge(
    recorded: Home, house: House, hass_ws_client: WebSocketGenerator
) -> None:
    await house.open_pairing()
    await recorded.until_event("pairing_opened")
    (line,) = await logbook(recorded, hass_ws_client, device_ids=[recorded.device(None).id])
    assert (line["name"], line["message"]) == ("Home", "pairing opened")


async def record(house: House, *facts: Fact) -> None:
    await house.running.bridge.record(*facts, lock_id="front_door")


async def logbook(
    home: Home, ws: WebSocketGenerator, *, since: datetime | None = None, **target: Any
) -> list[dict[str, Any]]:
    """What the frontend asks for and shows."""
    await async_wait_recording_done(home.hass)
    client = await ws()
    start = since or dt_util.utcnow() - timedelta(minutes=5)
    await client.send_json_auto_id({"type": "logbook/get_events", "start_time": start.isoformat(), **target})
    answer = await client.receive_json()
    assert answer["success"], answer
    lines: list[dict[str, Any]] = answer["result"]
    return lines
