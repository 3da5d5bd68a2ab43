"""The examples of docs/automations.md, and what it says of triggers, conditions and blueprints."""

import json
import re
from typing import Any
from urllib.parse import parse_qs, urlparse

import yaml
from homeassistant.setup import async_setup_component

from checks import blueprints
from checks.spec import ROOT
from custom_components.lock_bridge.condition import CONDITIONS
from custom_components.lock_bridge.trigger import KINDS, TRIGGERS
from custom_components.lock_bridge.wire.words import Refusal
from lock_bridge.engine.model import Fact
from lock_bridge.wire.words import EventType
from tests.integration.automations import Automations
from tests.integration.home import Home
from tests.integration.house import House, until
from tests.integration.test_blueprints import notes
from tests.integration.test_triggers import record
from tests.integration.texts import FOLDER

GUIDE = (ROOT / "docs" / "automations.md").read_text(encoding="utf-8")
EXAMPLES: list[dict[str, Any]] = [
    yaml.safe_load(example) for example in re.findall(r"^```yaml\n(.*?)^```", GUIDE, re.MULTILINE | re.DOTALL)
]


async def test_every_example_works_as_it_is_written(paired: Home, house: House) -> None:
    assert len(EXAMPLES) == 9
    assert await async_setup_component(paired.hass, "persistent_notification", {})
    await Automations(paired.hass).set_up(*EXAMPLES)
    states = {state.attributes["friendly_name"]: state.state for state in paired.hass.states.async_all("automation")}
    assert states == {example["alias"]: "on" for example in EXAMPLES}

    await house.add_person("Anna", "270413")
    await house.enter("270413")
    await house.do("ring")
    await house.do("tamper", "on")
    why = Fact(EventType.ACCESS_REFUSED, user_name="Ben", reason=Refusal.OUTSIDE_SCHEDULE)
    await record(house, why)
    said = {
        "Anna came home",
        "Somebody is at the door",
        "Look at the front door: tamper alarm",
        "refused Ben: outside the allowed hours",
    }
    await until(lambda: set(notes(paired.hass)) == said)


def test_the_guide_tells_of_every_trigger_and_condition_and_of_all_that_can_be_chosen() -> None:
    for key in (*TRIGGERS, *CONDITIONS):
        assert f"`lock_bridge.{key}`" in GUIDE, key
    for word in (*KINDS, *Refusal):
        assert f"`{word}`" in GUIDE, word


def test_every_blueprint_can_be_imported_from_the_guide() -> None:
    links = re.findall(r"\((https://my\.home-assistant\.io/[^)]*)\)", GUIDE)
    leads_to = [parse_qs(urlparse(link).query)["blueprint_url"][0] for link in links]
    names = blueprints.names(ROOT)
    assert sorted(leads_to) == sorted(
        blueprints.url(language, name) for language in blueprints.LANGUAGES for name in names
    )
    start = f"{blueprints.REPOSITORY}/blob/main/"
    assert all((ROOT / address.removeprefix(start)).is_file() for address in leads_to)


def test_the_editor_has_a_text_and_an_icon_for_everything_and_no_others() -> None:
    texts = json.loads((FOLDER / "translations" / "en.json").read_text(encoding="utf-8"))
    icons = json.loads((FOLDER / "icons.json").read_text(encoding="utf-8"))
    choices: dict[str, set[str]] = {}
    for what, of_kind in (("trigger", TRIGGERS), ("condition", CONDITIONS)):
        described = yaml.safe_load((FOLDER / f"{what}s.yaml").read_text(encoding="utf-8"))
        offered = {key: told for key, told in described.items() if not key.startswith(".")}
        assert offered.keys() == of_kind.keys() == texts[f"{what}s"].keys() == icons[f"{what}s"].keys()
        for key, told in offered.items():
            said = texts[f"{what}s"][key]
            assert {"name", "description"} <= said.keys()
            assert told.get("fields", {}).keys() == said.get("fields", {}).keys(), key
            assert icons[f"{what}s"][key][what].startswith("mdi:")
            for field in told.get("fields", {}).values():
                if select := field["selector"].get("select"):
                    choices.setdefault(select["translation_key"], set()).update(select["options"])
    assert {key: texts["selector"][key]["options"].keys() for key in choices} == choices
