"""Every text that can be shown is there in five languages, and no text is there that nothing shows."""

import importlib
import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
import yaml
from homeassistant.core import HomeAssistant
from homeassistant.helpers.entity import Entity, EntityDescription
from homeassistant.helpers.translation import async_load_integrations
from homeassistant.setup import async_setup_component

from custom_components.lock_bridge import PLATFORMS, config_forms, errors, event, issues
from custom_components.lock_bridge import texts as texts_module
from custom_components.lock_bridge.config_forms import ADDRESS_FORM, PAIR_FORM
from custom_components.lock_bridge.const import DOMAIN, EVENTS_LOST
from custom_components.lock_bridge.wire.errors import ErrorCode
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


def test_a_text_is_translated() -> None:
    """Words that are the same in two languages are few and known."""
    english = read("en")
    same_by_nature = re.compile(r"^\{\w+\}$|^(Port|Person|Bluetooth|motor|IP)$", re.IGNORECASE)
    for language in LANGUAGES[1:]:
        same = [key for key, text in read(language).items() if text == english[key] and not same_by_nature.match(text)]
        assert same == [], language


def test_the_forms_have_their_texts_and_no_others() -> None:
    steps = set(re.findall(r"async def async_step_(\w+)", SOURCES["config_flow.py"]))
    menus = {"reconfigure": ("address", "pair_again"), "another_bridge": ("keep", "replace")}
    without_form = {"zeroconf", "hassio", "reauth", "keep", "replace"}
    fields = dict.fromkeys(("pair", "pair_again", "reauth_confirm", "certificate_changed"), PAIR_FORM.schema)
    fields |= dict.fromkeys(("user", "address"), ADDRESS_FORM.schema)
    expected = {f"config.step.{step}.{part}" for step in steps - without_form for part in ("title", "description")}
    expected |= {
        f"config.step.{step}.{part}.{field}"
        for step, names in fields.items()
        for part in ("data", "data_description")
        for field in names
    }
    expected |= {f"config.step.{step}.menu_options.{option}" for step, options in menus.items() for option in options}
    assert keys("config.step") == expected


def test_every_error_and_every_end_of_a_form_has_its_text_and_no_others() -> None:
    troubles = {key for _, key in config_forms._TROUBLES}
    known = troubles | set(config_forms._REFUSALS.values()) | {"unknown", issues.OLDER, issues.NEWER}
    assert keys("config.error") == {f"config.error.{key}" for key in known}
    ends = set(re.findall(r'reason="(\w+)"', SOURCES["config_flow.py"]))
    ends |= {issues.OLDER, issues.NEWER, "cannot_connect"}
    assert keys("config.abort") == {f"config.abort.{key}" for key in ends}


def test_every_exception_has_its_text_and_no_others() -> None:
    raised = {
        *errors.FOR_THE_USER.values(),
        *errors.FAULTS.values(),
        errors.OTHER,
        errors.NOT_CONNECTED,
        errors.NO_ANSWER,
    }
    raised |= set(re.findall(r'translation_key="(\w+)"', SOURCES["__init__.py"])) | {issues.OLDER, issues.NEWER}
    assert keys("exceptions") == {f"exceptions.{key}.message" for key in raised}


def test_exceptions_name_only_what_they_are_given() -> None:
    for key in keys("exceptions"):
        given = {"address"} if key.split(".")[1] in ("cannot_connect", "certificate_changed") else {"lock", "error"}
        assert placeholders(read("en")[key]) <= given, key


def test_every_issue_has_its_text_and_no_others() -> None:
    only_told = {f"issues.{key}.{part}" for key in (issues.OLDER, issues.NEWER) for part in ("title", "description")}
    repaired = (
        "title",
        "fix_flow.step.confirm.title",
        "fix_flow.step.confirm.description",
        "fix_flow.abort.pair_again",
    )
    assert keys("issues") == only_told | {f"issues.{issues.IDENTITY}.{part}" for part in repaired}


def test_every_entity_has_its_texts_and_no_others() -> None:
    there = {(platform, key) for platform, entities in read_entities().items() for key in entities}
    assert there == set(entities_of_the_code())
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


def test_icons_are_of_entities_that_there_are() -> None:
    icons = json.loads((FOLDER / "icons.json").read_text(encoding="utf-8"))
    there = {(platform, key) for platform, entities in icons["entity"].items() for key in entities}
    assert there <= set(entities_of_the_code())
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


def entities_of_the_code() -> Iterator[tuple[str, str]]:
    """Platform and translation key of each description in the modules, and of each entity that has its own."""
    ours = [importlib.import_module(f"custom_components.{DOMAIN}.{path.stem}") for path in FOLDER.glob("*.py")]
    for module in ours:
        for thing in vars(module).values():
            for description in thing if isinstance(thing, tuple) else ():
                platform = module.__name__.rpartition(".")[2]
                if platform in PLATFORMS and isinstance(description, EntityDescription) and description.translation_key:
                    yield platform, description.translation_key
            if isinstance(thing, type) and issubclass(thing, Entity):
                key = vars(thing).get("__attr_translation_key")  # Home Assistant keeps `_attr_...` there
                if isinstance(key, str):
                    yield platform_of(thing), key


def platform_of(entity: type[Entity]) -> str:
    """The platform whose kind of entity it is."""
    homes = [kind.__module__.split(".") for kind in entity.__mro__]
    return next(home[2] for home in homes if home[:2] == ["homeassistant", "components"])
