"""Home Assistant's own Assist, spoken to in five languages."""

from dataclasses import dataclass

import pytest
from homeassistant.components import conversation
from homeassistant.components.homeassistant.exposed_entities import async_expose_entity
from homeassistant.core import Context
from homeassistant.helpers import entity_registry as er
from homeassistant.helpers import intent
from homeassistant.setup import async_setup_component

from tests.integration.home import BATTERY, LOCK, Home
from tests.integration.house import WAIT_S, House


@dataclass(frozen=True, slots=True)
class Spoken:
    """What a homeowner calls the door and its battery, and says of them."""

    door: str
    battery: str
    lock: str
    unlock: str
    ask: str
    ask_battery: str
    locked: str
    unlocked: str


SPOKEN = {
    "en": Spoken(
        "front door",
        "front door battery",
        "lock the front door",
        "unlock the front door",
        "is the front door locked?",
        "what is the front door battery?",
        "yes",
        "no",
    ),
    "nb": Spoken(
        "ytterdøra",
        "batteriet i ytterdøra",
        "lås ytterdøra",
        "lås opp ytterdøra",
        "er ytterdøra låst?",
        "hva er verdien til batteriet i ytterdøra?",
        "ja",
        "nei",
    ),
    "sv": Spoken(
        "ytterdörren",
        "batteriet i ytterdörren",
        "lås ytterdörren",
        "lås upp ytterdörren",
        "är ytterdörren låst?",
        "vad är batteriet i ytterdörren?",
        "ja",
        "nej",
    ),
    "it": Spoken(
        "porta d'ingresso",
        "batteria della porta",
        "blocca la porta d'ingresso",
        "sblocca la porta d'ingresso",
        "la porta d'ingresso è bloccata?",
        "qual è lo stato della batteria della porta?",
        "sì",
        "no",
    ),
    "nl": Spoken(
        "voordeur",
        "batterij van de voordeur",
        "vergrendel de voordeur",
        "ontgrendel de voordeur",
        "is de voordeur vergrendeld?",
        "wat is de status van de batterij van de voordeur?",
        "ja",
        "nee",
    ),
}


@pytest.fixture(params=SPOKEN)
def language(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
async def assist(paired: Home, language: str) -> Home:
    """Assist is set up, and the owner has exposed the lock to it under the name that the family uses."""
    for domain in ("homeassistant", "conversation"):
        assert await async_setup_component(paired.hass, domain, {})
    for entity_id in (LOCK, BATTERY):
        async_expose_entity(paired.hass, "conversation", entity_id, True)
    registry = er.async_get(paired.hass)
    registry.async_update_entity(LOCK, aliases=[SPOKEN[language].door])
    registry.async_update_entity(BATTERY, aliases=[SPOKEN[language].battery])
    return paired


async def say(home: Home, language: str, text: str) -> intent.IntentResponse:
    result = await conversation.async_converse(home.hass, text, None, Context(), language=language)
    await home.hass.async_block_till_done()
    return result.response


def speech(response: intent.IntentResponse) -> str:
    return str(response.speech["plain"]["speech"])


@pytest.mark.spec("APP-1")
async def test_the_door_is_locked_and_unlocked_by_voice(assist: Home, house: House, language: str) -> None:
    said = SPOKEN[language]
    response = await say(assist, language, said.unlock)
    assert response.response_type is intent.IntentResponseType.ACTION_DONE, speech(response)
    await assist.until_state(LOCK, "unlocked")
    response = await say(assist, language, said.lock)
    assert response.response_type is intent.IntentResponseType.ACTION_DONE, speech(response)
    await assist.until_state(LOCK, "locked")


async def test_whether_it_is_locked_is_answered_as_it_is(assist: Home, house: House, language: str) -> None:
    said = SPOKEN[language]
    response = await say(assist, language, said.ask)
    assert response.response_type is intent.IntentResponseType.QUERY_ANSWER, speech(response)
    assert speech(response).lower().startswith(said.locked), speech(response)
    await assist.call("unlock")
    await assist.until_state(LOCK, "unlocked")
    response = await say(assist, language, said.ask)
    assert speech(response).lower().startswith(said.unlocked), speech(response)


@pytest.mark.spec("APP-1")
async def test_the_battery_is_told(assist: Home, house: House, language: str) -> None:
    response = await say(assist, language, SPOKEN[language].ask_battery)
    assert response.response_type is intent.IntentResponseType.QUERY_ANSWER, speech(response)
    assert assist.state(BATTERY).state in speech(response)


async def test_a_door_that_assist_was_not_given_cannot_be_opened_by_voice(
    assist: Home, house: House, language: str
) -> None:
    async_expose_entity(assist.hass, "conversation", LOCK, False)
    response = await say(assist, language, SPOKEN[language].unlock)
    assert response.response_type is intent.IntentResponseType.ERROR
    assert assist.state(LOCK).state == "locked"


@pytest.mark.spec("VER-16")
async def test_what_the_bridge_refuses_assist_does_not_call_done(
    assist: Home, house: House, language: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Assist waits 0.2 s for a refusal, and then takes it for done. A bridge needs less, unless the machine is busy.
    monkeypatch.setattr(intent.DynamicServiceIntentHandler, "service_timeout", WAIT_S)
    await house.command("remote_unlock.set", lock="front_door", on=False)
    response = await say(assist, language, SPOKEN[language].unlock)
    assert response.response_type is intent.IntentResponseType.ERROR
    assert assist.state(LOCK).state == "locked"
