"""What stands beside the actions: their forms and words belong to what they take, and to nothing else."""

import re
from typing import Any

import pytest
import yaml
from homeassistant.core import HomeAssistant
from homeassistant.helpers.service import async_get_all_descriptions
from homeassistant.setup import async_setup_component

from custom_components.lock_bridge.actions import ACTIONS
from custom_components.lock_bridge.actions.credentials import LEARNT
from custom_components.lock_bridge.actions.handover import PLACEHOLDERS
from custom_components.lock_bridge.const import DOMAIN, PERSON
from custom_components.lock_bridge.wire.words import CredentialType, EventType, Role
from tests.integration.texts import FOLDER, placeholders, read

FORMS: dict[str, dict[str, Any]] = yaml.safe_load((FOLDER / "services.yaml").read_text(encoding="utf-8"))
OF_TARGET = {"entity_id", "device_id", "area_id", "floor_id", "label_id"}


def options(action: str, field: str) -> list[str]:
    return list(FORMS[action]["fields"][field]["selector"]["select"]["options"])


@pytest.mark.parametrize("action", ACTIONS, ids=lambda action: action.name)
def test_a_form_has_just_the_fields_that_the_action_takes(action: Any) -> None:
    form = FORMS[action.name]
    assert form["target"] == {"entity": {"domain": "lock", "integration": DOMAIN}}
    assert set(form.get("fields", {})) == {str(field) for field in action.fields}
    required = {str(field) for field in action.fields if type(field).__name__ == "Required"}
    assert {name for name, field in form.get("fields", {}).items() if field.get("required")} == required


def test_there_is_no_form_without_an_action() -> None:
    assert list(FORMS)
    assert set(FORMS) == {action.name for action in ACTIONS}


def test_each_action_has_its_words_and_there_are_no_others() -> None:
    said = {key for key in read("en") if key.startswith("services.")}
    of_actions = {f"services.{action.name}" for action in ACTIONS}
    of_fields = {f"services.{action.name}.fields.{field}" for action in ACTIONS for field in action.fields}
    assert said == {f"{what}.{part}" for what in of_actions | of_fields for part in ("name", "description")}


def test_what_can_be_chosen_is_what_there_is() -> None:
    assert options("get_events", "types") == [str(kind) for kind in EventType if kind is not EventType.DURESS]
    assert options("set_user", "role") == [str(role) for role in reversed(Role)]
    assert options("set_credential", "credential_type") == ["pin"]
    assert options("enroll_credential", "credential_type") == [str(kind) for kind in LEARNT]
    assert set(options("delete_credential", "credential_type")) == set(map(str, CredentialType))
    for action in FORMS.values():
        if "person" in action.get("fields", {}):
            assert action["fields"]["person"]["selector"] == {"device": {"integration": DOMAIN, "model": PERSON}}


def test_each_choice_has_its_words() -> None:
    for form in FORMS.values():
        for field in form.get("fields", {}).values():
            for select in re.findall(r"'select': (\{.*?\})", repr(field["selector"])):
                chosen = yaml.safe_load(select)
                keys = {f"selector.{chosen['translation_key']}.options.{option}" for option in chosen["options"]}
                assert keys <= set(read("en"))
    fields = FORMS["set_user"]["fields"]["schedule"]["selector"]["object"]["fields"]
    assert {f"selector.schedule.fields.{name}" for name in fields} <= set(read("en"))


def test_messages_name_only_what_is_filled_in() -> None:
    for key in ("passcode", "bluetooth_key", "from", "until", "from_until", "once"):
        assert placeholders(read("en")[f"common.message_{key}"]) <= set(PLACEHOLDERS)
    for key in ("passcode", "bluetooth_key"):
        assert "{code}" in read("en")[f"common.message_{key}"]


async def test_home_assistant_takes_the_forms(hass: HomeAssistant, caplog: pytest.LogCaptureFixture) -> None:
    assert await async_setup_component(hass, DOMAIN, {})
    described = (await async_get_all_descriptions(hass))[DOMAIN]
    assert set(described) == set(FORMS)
    assert described["set_user"]["fields"]["schedule"]["selector"]["object"]["multiple"] is True
    assert "services.yaml" not in caplog.text
