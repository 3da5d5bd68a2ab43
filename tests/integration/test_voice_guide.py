"""What docs/voice.md prints and says of voice assistants."""

import re
from typing import Any, override

import pytest
import yaml
from homeassistant.components import alexa, google_assistant, homekit
from homeassistant.components.alexa.capabilities import AlexaLockController
from homeassistant.components.homeassistant.exposed_entities import async_should_expose
from homeassistant.config_entries import ConfigEntryState
from homeassistant.helpers import intent
from homeassistant.setup import async_setup_component
from pytest_homeassistant_custom_component.typing import ClientSessionGenerator

from checks.spec import ROOT
from custom_components.lock_bridge.lock_code import hash_code
from tests.integration.home import DOORBELL, LOCK, Home
from tests.integration.house import House
from tests.integration.test_voice_alexa import Alexa, endpoint
from tests.integration.test_voice_assist import SPOKEN, assist, say
from tests.integration.test_voice_google import PIN, Google

__all__ = ["assist"]

GUIDE = (ROOT / "docs" / "voice.md").read_text(encoding="utf-8")


class Loader(yaml.SafeLoader):
    """Reads `!secret` too."""

    @override
    def construct_object(self, node: yaml.Node, deep: bool = False) -> Any:
        return PIN if node.tag == "!secret" else super().construct_object(node, deep)


EXAMPLES = {
    name: settings
    for text in re.findall(r"^```yaml\n(.*?)^```", GUIDE, re.MULTILINE | re.DOTALL)
    for name, settings in yaml.load(text, Loader).items()  # noqa: S506 - a SafeLoader
}


@pytest.fixture
def language() -> str:
    return "en"


def test_the_guide_prints_settings_for_these() -> None:
    assert EXAMPLES.keys() == {"google_assistant", "alexa", "homekit"}


@pytest.mark.parametrize(
    ("name", "of"), [("google_assistant", google_assistant), ("alexa", alexa), ("homekit", homekit)]
)
def test_home_assistant_takes_the_printed_settings(name: str, of: Any) -> None:
    assert of.CONFIG_SCHEMA({name: EXAMPLES[name]})[name]


async def test_with_the_printed_settings_google_finds_lock_and_doorbell_and_asks_for_the_pin(
    paired: Home, hass_client: ClientSessionGenerator
) -> None:
    assert await async_setup_component(
        paired.hass, "google_assistant", {"google_assistant": EXAMPLES["google_assistant"]}
    )
    await paired.hass.async_block_till_done()
    (entry,) = paired.hass.config_entries.async_entries("google_assistant")
    assert entry.state is ConfigEntryState.LOADED
    google = Google(paired, await hass_client())
    assert (await google.devices()).keys() == {LOCK, DOORBELL}
    assert (await google.lock(lock=False))["challengeNeeded"] == {"type": "pinNeeded"}
    await google.lock(lock=False, pin=PIN)
    await paired.until_state(LOCK, "unlocked")


async def test_with_the_printed_settings_alexa_finds_lock_and_doorbell_and_no_more(
    paired: Home, hass_client: ClientSessionGenerator
) -> None:
    assert await async_setup_component(paired.hass, "alexa", {"alexa": EXAMPLES["alexa"]})
    await paired.hass.async_block_till_done()
    assert (await Alexa(paired, await hass_client()).endpoints()).keys() == {endpoint(LOCK), endpoint(DOORBELL)}


@pytest.mark.parametrize("spoken", SPOKEN.values(), ids=SPOKEN)
def test_the_guide_has_the_sentences_that_are_tested(spoken: Any) -> None:
    assert f" | {spoken.lock} | {spoken.unlock} | {spoken.ask} | {spoken.ask_battery} |" in GUIDE


def test_the_guide_has_the_languages_in_which_alexa_opens() -> None:
    printed = re.findall(r"`([a-z]{2}-[A-Z]{2})`", GUIDE)
    assert set(printed) == AlexaLockController.supported_locales


async def test_assist_is_shown_the_door_by_itself_and_the_lock_is_not(paired: Home) -> None:
    assert await async_setup_component(paired.hass, "homeassistant", {})
    ours = [state.entity_id for state in paired.hass.states.async_all() if "front_door" in state.entity_id]
    shown = {entity_id for entity_id in ours if async_should_expose(paired.hass, "conversation", entity_id)}
    assert shown == {"binary_sensor.front_door_door"}


async def test_with_a_lock_code_assist_moves_nothing_and_says_so(assist: Home, house: House) -> None:
    await set_lock_code(assist)
    response = await say(assist, "en", SPOKEN["en"].unlock)
    assert response.response_type is intent.IntentResponseType.ERROR
    assert assist.state(LOCK).state == "locked"


async def test_with_a_lock_code_alexa_says_ok_and_nothing_moves(
    paired: Home, hass_client: ClientSessionGenerator
) -> None:
    await set_lock_code(paired)
    assert await async_setup_component(paired.hass, "alexa", {"alexa": EXAMPLES["alexa"]})
    await paired.hass.async_block_till_done()
    answer = await Alexa(paired, await hass_client()).direct("Alexa.LockController", "Unlock", LOCK)
    assert answer["event"]["header"]["name"] == "Response"
    assert paired.state(LOCK).state == "locked"


async def set_lock_code(home: Home) -> None:
    """The owner has Home Assistant ask for a code."""
    stored = await home.hass.async_add_executor_job(hash_code, "80417")
    home.hass.config_entries.async_update_entry(home.entry, options={"code": stored})
    await home.hass.config_entries.async_reload(home.entry.entry_id)
    await home.hass.async_block_till_done()
