"""Every text that can be shown is there in five languages, and no text is there that nothing shows."""

import importlib
import json
import re
from collections.abc import Mapping
from functools import cache
from typing import Any

import pytest
import yaml
from homeassistant.core import HomeAssistant
from homeassistant.helpers.entity import Entity, EntityDescription
from homeassistant.helpers.translation import async_load_integrations
from homeassistant.setup import async_setup_component

from checks import translations
from checks.spec import ROOT
from custom_components.lock_bridge import PLATFORMS, errors, event
from custom_components.lock_bridge import texts as texts_module
from custom_components.lock_bridge.const import DOMAIN, EVENTS_LOST
from custom_components.lock_bridge.wire.errors import ErrorCode, LockBridgeError
from custom_components.lock_bridge.wire.model import ChangedBy
from custom_components.lock_bridge.wire.words import (
    CredentialType,
    EventType,
    OperatingMode,
    OperationSource,
    Part,
    Refusal,
)
from lock_bridge.engine.model import Actor
from tests.integration.texts import FOLDER, flat, placeholders, read

LANGUAGES = ("en", "nb", "sv", "it", "nl")
SOURCES = {path.name: path.read_text(encoding="utf-8") for path in FOLDER.glob("*.py")}

# Texts that Home Assistant itself shows for what is not written in our code.
HOME_ASSISTANTS = {"config.flow_title"}


@pytest.fixture(params=LANGUAGES)
def texts(request: pytest.FixtureRequest) -> dict[str, str]:
    return read(request.param)


def test_there_are_these_languages() -> None:
    assert {path.stem for path in (FOLDER / "translations").iterdir()} == set(LANGUAGES)


def test_every_language_has_the_same_texts_with_the_same_placeholders(texts: dict[str, str]) -> None:
    english = read("en")
    assert texts.keys() == english.keys()
    for key, text in texts.items():
        assert text.strip() == text != "", key
        assert placeholders(text) == placeholders(english[key]), key
        assert text.count("`") == english[key].count("`"), key


SAME_BY_NATURE = {
    "nb": "administrator bluetooth motor person port wi-fi",
    "sv": "bluetooth motor person port wi-fi",
    "it": "bluetooth no",
    "nl": "bluetooth motor",
}
"""Words that are what they are in English."""


def test_a_text_is_translated() -> None:
    english = read("en")
    for language, words in SAME_BY_NATURE.items():
        same = {text for key, text in read(language).items() if text == english[key]}
        # What is left of a text without what is filled in.
        said = {re.sub(r"\{\w+\}", "", text).strip(" *\n·:(),").casefold() for text in same} - {""}
        assert said <= set(words.split()), language


def test_code_and_texts_know_of_the_same_keys() -> None:
    """Both ways, for all languages: forms and their ends, exceptions, issues, actions, and icons beside them."""
    assert list(translations.problems(ROOT)) == []


@pytest.mark.parametrize("code", ErrorCode)
def test_every_refusal_of_the_bridge_has_its_text_which_names_only_what_it_is_given(code: ErrorCode) -> None:
    for detail in ({}, {"limit": 5}, {"limit": 5, "per_user": True}, {"min": 6, "max": 10}, {"field": "x"}):
        for moves in (True, False):
            said = errors.trouble(LockBridgeError(code, detail), lock="Front door", moves=moves)
            assert placeholders(read("en")[f"exceptions.{said.key}.message"]) <= said.placeholders.keys()


def test_every_entity_has_its_texts_and_no_others() -> None:
    there = {(platform, key) for platform, entities in read_entities().items() for key in entities}
    assert there == entities_of_the_code().keys()
    assert all(entity["name"] for entities in read_entities().values() for entity in entities.values())


def test_every_word_that_an_entity_shows_has_its_text_and_no_others() -> None:
    of_attributes = {
        "source": set(OperationSource),
        "method": {*OperationSource, *CredentialType},
        "part": set(Part),
        "parts": set(Part),
    }
    texts = read_entities()
    for description in event.EVENTS:
        words = texts["event"][description.key]["state_attributes"]["event_type"]["state"]
        assert words.keys() == set(description.event_types or ()), description.key
    for platform, entities in texts.items():
        for key, entity in entities.items():
            for name, attribute in entity.get("state_attributes", {}).items():
                words = attribute.get("state", {}).keys()
                assert name not in of_attributes or words == of_attributes[name], f"{platform}.{key}.{name}"
                assert name != "reason" or words == set(Refusal) or words <= set(ErrorCode), f"{platform}.{key}.{name}"


def test_every_event_part_and_reason_has_its_words_and_no_others() -> None:
    kinds = {*EventType, EVENTS_LOST} - {EventType.DURESS}  # of which nothing is told (see test_duress)
    sentences = {key.removeprefix("common.event_") for key in keys("common.event_")}
    ending = re.compile(r"_(by_with|by|with)$")
    told_apart = {
        "operation_failed_lock",
        "operation_failed_unlock",
        *(f"mode_changed_{mode}" for mode in OperatingMode),
    }
    assert {ending.sub("", key) for key in sentences} == kinds | told_apart
    assert kinds <= sentences, "each has a sentence for when nobody and nothing is known"
    assert keys("common.part_") == {f"common.part_{part}" for part in Part}
    bridge = FOLDER.parent.parent / "bridge" / "lock_bridge"
    of_pairing = re.findall(r'_fail\([\w.]+, "(\w+)"\)', (bridge / "server/pairing.py").read_text(encoding="utf-8"))
    of_the_bolt = {
        ErrorCode[name]
        for file in ("bolt.py", "hands.py", "motor.py")
        for name in re.findall(r"ErrorCode\.(\w+)", (bridge / "engine" / file).read_text(encoding="utf-8"))
    }
    assert of_pairing
    shown_at_the_event_entity = {str(reason) for reason in Refusal}
    said = {str(reason) for reason in (*of_pairing, *of_the_bolt)} - shown_at_the_event_entity
    assert keys("common.reason_") == {f"common.reason_{reason}" for reason in said}
    assert keys("common.client_") == {f"common.client_{Actor().client_id}"}
    told = ("event_", "part_", "reason_", "client_", "message_", "people_", "visitor", "update_notes")
    assert all(key.removeprefix("common.").startswith(told) for key in keys("common"))


def test_sentences_use_only_what_they_are_given() -> None:
    given = {"who", "method", "reason", "part", "count"}
    for key in keys("common.event_"):
        assert placeholders(read("en")[key]) <= given, key
        assert ("{who}" in read("en")[key]) == ("_by" in key), key
        assert ("{method}" in read("en")[key]) == key.endswith("_with"), key


async def test_the_bridges_own_command_line_goes_by_what_it_is(hass: HomeAssistant) -> None:
    assert await async_setup_component(hass, "homeassistant", {})
    await async_load_integrations(hass, {DOMAIN})
    who = ChangedBy(source=OperationSource.REMOTE, client_name=Actor().name)
    assert texts_module.changed_by(hass, who) == "The bridge's command line"
    refused = {"type": "operation_failed", "client_name": Actor().name, "reason": "superseded"}
    said = texts_module.sentence(hass, {**refused, "data": {"operation": "lock"}})
    assert said == "not locked for the bridge's command line: somebody else moved the bolt in the meantime"


async def test_what_only_a_newer_bridge_knows_is_shown_as_it_came(hass: HomeAssistant) -> None:
    assert texts_module.sentence(hass, {"type": "roof_lifted"}) == "roof lifted"
    who = ChangedBy(source="mind", user_name="Anna")  # type: ignore[arg-type]
    assert texts_module.changed_by(hass, who) == "Anna · mind"
    assert texts_module.changed_by(hass, ChangedBy(source=OperationSource.UNKNOWN)) is None
    assert texts_module.changed_by(hass, ChangedBy(source=OperationSource.REMOTE)) == "Remote"


def test_every_entity_has_an_icon_unless_its_class_has_one_and_there_are_no_others() -> None:
    icons = json.loads((FOLDER / "icons.json").read_text(encoding="utf-8"))
    there = {(platform, key) for platform, entities in icons["entity"].items() for key in entities}
    without_class = {place for place, has_class in entities_of_the_code().items() if not has_class}
    assert without_class <= there <= entities_of_the_code().keys()
    assert all(icon.startswith("mdi:") for _, icon in flat(icons))


def test_the_manifest_says_what_is_so() -> None:
    manifest = json.loads((FOLDER / "manifest.json").read_text(encoding="utf-8"))
    assert list(manifest)[:2] == ["domain", "name"]
    assert list(manifest)[2:] == sorted(list(manifest)[2:])
    assert manifest["requirements"] == []
    assert manifest["zeroconf"] == ["_lock-bridge._tcp.local."]
    assert manifest["version"] == "0.1.0"


def test_the_quality_scale_answers_every_rule() -> None:
    rules = yaml.safe_load((FOLDER / "quality_scale.yaml").read_text(encoding="utf-8"))["rules"]
    assert len(rules) == 54
    for rule, answer in rules.items():
        status = answer if isinstance(answer, str) else answer["status"]
        assert status in ("done", "todo", "exempt"), rule
        assert status != "exempt" or answer["comment"], rule
    assert len(rules) == 54


def keys(start: str) -> set[str]:
    """Keys of the English texts under `start`."""
    return {key for key in read("en").keys() - HOME_ASSISTANTS if key.startswith(start)}


def read_entities() -> dict[str, dict[str, Any]]:
    """The English texts of the entities, by platform and key."""
    texts: dict[str, Any] = json.loads((FOLDER / "translations" / "en.json").read_text(encoding="utf-8"))
    return dict(texts["entity"])


@cache
def entities_of_the_code() -> Mapping[tuple[str, str], bool]:
    """Platform and translation key of every entity, and whether it has a device class, which has its own icon."""
    found: dict[tuple[str, str], bool] = {}
    for path in FOLDER.glob("*.py"):
        module = importlib.import_module(f"custom_components.{DOMAIN}.{path.stem}")
        for thing in vars(module).values():
            for described in thing if isinstance(thing, tuple) else ():
                if path.stem in PLATFORMS and isinstance(described, EntityDescription) and described.translation_key:
                    found[path.stem, described.translation_key] = described.device_class is not None
            own = vars(thing) if isinstance(thing, type) and issubclass(thing, Entity) else {}
            # Home Assistant keeps `_attr_...` there.
            if isinstance(key := own.get("__attr_translation_key"), str):
                found[platform_of(thing), key] = own.get("__attr_device_class") is not None
    return found


def platform_of(entity: type[Entity]) -> str:
    """The platform whose kind of entity it is."""
    homes = [kind.__module__.split(".") for kind in entity.__mro__]
    return next(home[2] for home in homes if home[:2] == ["homeassistant", "components"])


SWITCHED_OFF = {
    "en": "switched off",
    "nb": "deaktivert",
    "sv": "inaktiverad",
    "it": "disabilitata",
    "nl": "uitgeschakeld",
}


@pytest.mark.parametrize(("language", "words"), SWITCHED_OFF.items())
def test_the_logbook_and_the_forms_say_in_the_same_words_that_somebody_may_not_enter_at_all(
    language: str, words: str
) -> None:
    said = {
        key: text
        for key, text in read(language).items()
        if key.endswith(".user_disabled") or key in ("common.people_disabled", "common.people_is_disabled")
    }
    assert len(said) == 6
    assert [key for key, text in said.items() if words not in text.casefold()] == []


def test_a_number_has_no_word_after_it_that_would_be_wrong_for_one() -> None:
    """Home Assistant does not bend a unit: it would say "1 clients"."""
    for language in LANGUAGES:
        assert [key for key in read(language) if key.endswith("unit_of_measurement")] == []
