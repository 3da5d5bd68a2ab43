"""Each check finds what it is there to find: a small repository with one fault planted."""

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from checks import committed, imports, manifest, sizes, translations
from checks.counts import closing_line

ENGLISH: dict[str, Any] = {
    "config": {
        "step": {"user": {"title": "Connect", "data": {"host": "Host"}}},
        "error": {"cannot_connect": "No answer from {host}"},
        "abort": {"already_configured": "It is set up already"},
    },
    "entity": {"sensor": {"last_access": {"name": "Last access"}}},
    "exceptions": {"door_open": {"message": "{door} is open"}},
}
CODE = """
from homeassistant.const import CONF_HOST

class Flow:
    async def async_step_user(self, user_input):
        errors = {}
        errors["base"] = "cannot_connect"
        return self.async_show_form(step_id="user", data_schema={CONF_HOST: str}, errors=errors)

def refuse():
    raise HomeAssistantError(translation_domain="lock_bridge", translation_key="door_open")
"""
SENSOR = 'DESCRIPTION = SensorEntityDescription(key="last", translation_key="last_access")\n'
# Ways of a key to where it is raised, in short for `raise Error(translation_domain="lock_bridge", translation_key`.
FOLLOWED = {
    "a parameter": """
def refuse(key):
    RAISE=key)

refuse("jammed")
refuse(key="stuck")
""",
    "what a function returns": """
def why(x):
    return "jammed" if x else STUCK

STUCK = "stuck"
RAISE=why(1))
""",
    "a table": """
KEYS = {1: "jammed", 2: "stuck"}
RAISE=KEYS[x])
""",
    "a loop": """
KEYS = ("jammed", "stuck")

def check():
    for key in KEYS:
        RAISE=key)
""",
    "a field": """
class Refusal:
    key: str

def refusal() -> Refusal:
    return Refusal("jammed") if x else Refusal(key="stuck")

def refuse():
    said = refusal()
    RAISE=said.key)
""",
    "a method of a class below": """
class Base:
    def refuse(self, key):
        RAISE=key)

class Bolt(Base):
    def throw(self):
        self.refuse("jammed" if self.blocked else "stuck")
""",
    "a question": """
def refuse(x):
    if x.why in ("jammed", "stuck"):
        RAISE=x.why)
""",
}


class Repository:
    """A folder that git knows, with files as a test wants them."""

    def __init__(self, root: Path) -> None:
        self.root = root
        subprocess.run(["git", "init", "-q", str(root)], check=True)

    def write(self, path: str, content: str) -> None:
        target = self.root / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(content, encoding="utf-8")

    def write_json(self, path: str, content: object) -> None:
        self.write(path, json.dumps(content))

    def say(self, sections: dict[str, Any]) -> None:
        """Put these sections in the place of those that all languages have."""
        for language in ("en", "nb"):
            self.write_json(f"custom_components/lock_bridge/translations/{language}.json", ENGLISH | sections)


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    return Repository(tmp_path)


@pytest.fixture
def integration(repository: Repository) -> Repository:
    """An integration whose texts and code agree."""
    folder = "custom_components/lock_bridge"
    repository.write(f"{folder}/config_flow.py", CODE)
    repository.write(f"{folder}/sensor.py", SENSOR)
    repository.write_json(f"{folder}/translations/en.json", ENGLISH)
    repository.write_json(f"{folder}/translations/nb.json", ENGLISH)
    return repository


@pytest.fixture
def publishable(repository: Repository) -> Repository:
    """A repository whose manifest, hacs.json and versions are as they should be."""
    repository.write_json("custom_components/lock_bridge/manifest.json", GOOD_MANIFEST)
    repository.write_json("hacs.json", {"name": "Lock Bridge", "homeassistant": "2026.10.0"})
    repository.write("requirements/dev.txt", "homeassistant==2026.10.4 \\\n")
    repository.write("bridge/lock_bridge/__init__.py", '__version__ = "1.2.3"\n')
    repository.write("CHANGELOG.md", "# Changelog\n\n## 1.2.3\n\n## 1.2.2\n")
    return repository


GOOD_MANIFEST = {
    "domain": "lock_bridge",
    "name": "Lock Bridge",
    "codeowners": ["@someone"],
    "config_flow": True,
    "documentation": "https://example.com",
    "integration_type": "hub",
    "iot_class": "local_push",
    "issue_tracker": "https://example.com/issues",
    "requirements": [],
    "version": "1.2.3",
}


class TestImports:
    @pytest.mark.parametrize(
        ("source", "problem"),
        [
            ("import time\n", "may not import time"),
            ("from os import path\n", "may not import os.path"),
            ("from lock_bridge.wire import messages\n", "may not import lock_bridge.wire.messages"),
            ("from ..store import Store\n", "may not import lock_bridge.store.Store"),
            ("import sqlite3 as words\n", "may not import sqlite3"),
            ("async def wait() -> None: ...\n", "waits"),
            ("from datetime import datetime\nNOW = datetime.now()\n", "calls datetime.now"),
            ("COUNT = 0\ndef more() -> None:\n    global COUNT\n    COUNT += 1\n", "changes the global COUNT"),
        ],
    )
    def test_the_engine_stays_pure(self, repository: Repository, source: str, problem: str) -> None:
        repository.write("bridge/lock_bridge/engine/bolt.py", source)
        (found,) = imports.problems(repository.root)
        assert found.endswith(problem)

    def test_the_engine_may_use_the_words_of_the_field(self, repository: Repository) -> None:
        repository.write(
            "bridge/lock_bridge/engine/people/roles.py",
            "import hmac\nfrom lock_bridge.wire.words import Role\nfrom ..turn import Turn\n",
        )
        assert not list(imports.problems(repository.root))

    @pytest.mark.parametrize(
        ("path", "source"),
        [
            ("custom_components/lock_bridge/wire/words.py", "import aiohttp\n"),
            ("custom_components/lock_bridge/lock.py", "from lock_bridge.engine import model\n"),
            ("bridge/lock_bridge/service.py", "import homeassistant.core\n"),
            ("bridge/lock_bridge/store/database.py", "from lock_bridge.server import tokens\n"),
            ("bridge/lock_bridge/hardware/ports.py", "from lock_bridge import store\n"),
        ],
    )
    def test_no_room_reaches_into_another(self, repository: Repository, path: str, source: str) -> None:
        repository.write(path, source)
        (found,) = imports.problems(repository.root)
        assert found.startswith(f"{path}:1: ")


class TestSizes:
    def test_a_module_of_two_subjects_is_found(self, repository: Repository) -> None:
        repository.write("bridge/lock_bridge/small.py", "x" * sizes.LIMIT)
        repository.write("bridge/lock_bridge/large.py", "x" * (sizes.LIMIT + 1))
        (found,) = sizes.problems(repository.root)
        assert found.startswith("bridge/lock_bridge/large.py: ")

    def test_what_git_ignores_is_not_looked_at(self, repository: Repository) -> None:
        repository.write(".gitignore", "/bridge/made.py\n")
        repository.write("bridge/made.py", "x" * (sizes.LIMIT + 1))
        assert not list(sizes.problems(repository.root))


class TestCommitted:
    @pytest.mark.parametrize(
        "line",
        [
            "see /ro" + "ot/notes.txt",
            "python = /ho" + "me/anna/.venv/bin/python",
            "open('/Us" + "ers/anna/door.db')",
            "https://files.pytho" + "nhosted.org/packages/x.whl",
            "--extra-index" + "-url https://example.com/simple",
            "-----BEGIN EC PRIV" + "ATE KEY-----",
        ],
    )
    def test_traces_of_a_machine_or_a_registry_are_found(self, repository: Repository, line: str) -> None:
        repository.write("docs/install.md", f"# Install\n\n{line}\n")
        (found,) = committed.problems(repository.root)
        assert found.startswith("docs/install.md:3: ")

    def test_paths_that_hold_everywhere_may_be_named(self, repository: Repository) -> None:
        repository.write(
            "docs/install.md", "/etc/lock-bridge.toml, /home/pi/door, /var/lib/lock-bridge, custom_components/work/x\n"
        )
        assert not list(committed.problems(repository.root))

    def test_a_lock_file_with_addresses_is_found(self, repository: Repository) -> None:
        repository.write("uv.lock", "version = 1\n")
        (found,) = committed.problems(repository.root)
        assert found.startswith("uv.lock: ")

    def test_the_folder_of_the_checkout_is_found(self, repository: Repository) -> None:
        repository.write("README.md", f"cd {repository.root}\n")
        assert any("names the folder of this checkout" in found for found in committed.problems(repository.root))


class TestManifest:
    def test_a_good_one_has_no_problem(self, publishable: Repository) -> None:
        assert not list(manifest.problems(publishable.root))

    @pytest.mark.parametrize("key", sorted(manifest.REQUIRED))
    def test_a_missing_key_is_found(self, publishable: Repository, key: str) -> None:
        without = {name: value for name, value in GOOD_MANIFEST.items() if name != key}
        publishable.write_json("custom_components/lock_bridge/manifest.json", without)
        assert any(f"{key} is missing" in found for found in manifest.problems(publishable.root))

    @pytest.mark.parametrize(
        ("change", "problem"),
        [
            ({"requirements": ["aiohttp"]}, "requirements is not empty"),
            ({"iot_class": "local_polling"}, "iot_class is not local_push"),
            ({"codeowners": ["someone"]}, "codeowners"),
            ({"domain": "lockbridge"}, "domain is not the folder's name"),
            ({"after_dependencies": []}, "hassfest's order"),
            ({"version": "1.2.4"}, "versions differ"),
            ({"version": "newest"}, "versions differ"),
        ],
    )
    def test_a_wrong_value_is_found(self, publishable: Repository, change: dict[str, Any], problem: str) -> None:
        publishable.write_json("custom_components/lock_bridge/manifest.json", GOOD_MANIFEST | change)
        assert any(problem in found for found in manifest.problems(publishable.root))

    def test_a_version_of_home_assistant_that_is_not_tested_is_found(self, publishable: Repository) -> None:
        publishable.write_json("hacs.json", {"name": "Lock Bridge", "homeassistant": "2026.11.0"})
        (found,) = manifest.problems(publishable.root)
        assert "2026.10.4" in found

    def test_a_bridge_of_another_version_is_found(self, publishable: Repository) -> None:
        publishable.write("bridge/lock_bridge/__init__.py", '__version__ = "1.2.4"\n')
        (found,) = manifest.problems(publishable.root)
        assert "lock_bridge.__version__ 1.2.4" in found


class TestTranslations:
    def test_texts_and_code_that_agree_have_no_problem(self, integration: Repository) -> None:
        assert not list(translations.problems(integration.root))

    def test_a_language_that_lacks_a_text_is_found(self, integration: Repository) -> None:
        integration.write_json(
            "custom_components/lock_bridge/translations/nb.json", {k: v for k, v in ENGLISH.items() if k != "entity"}
        )
        (found,) = translations.problems(integration.root)
        assert found == "translations/nb.json: entity.sensor.last_access.name is missing"

    def test_another_placeholder_is_found(self, integration: Repository) -> None:
        other = ENGLISH | {"exceptions": {"door_open": {"message": "{dør} står åpen"}}}
        integration.write_json("custom_components/lock_bridge/translations/nb.json", other)
        (found,) = translations.problems(integration.root)
        assert found == "translations/nb.json: exceptions.door_open.message has other placeholders than in en.json"

    @pytest.mark.parametrize(
        ("section", "content", "problem"),
        [
            (
                "exceptions",
                {"door_open": {"message": "{door}"}, "jammed": {"message": "J"}},
                "exceptions.jammed is used nowhere",
            ),
            (
                "entity",
                {"sensor": {"last_access": {"name": "L"}, "mood": {"name": "M"}}},
                "sensor.mood is used nowhere",
            ),
            ("issues", {"too_old": {"title": "Old"}}, "issues.too_old is used nowhere"),
        ],
    )
    def test_a_text_that_no_code_uses_is_found(
        self, integration: Repository, section: str, content: dict[str, Any], problem: str
    ) -> None:
        integration.say({section: content})
        (found,) = translations.problems(integration.root)
        assert found.endswith(problem)

    def test_a_word_that_is_put_together_is_used(self, integration: Repository) -> None:
        source = 'WORDS = ("began", "ended")\nkey = f"it_{how}_{why}"\n'
        integration.write("custom_components/lock_bridge/words.py", source)
        states = {"it_began_ended": "Over", "it_began_late": "Late"}
        integration.say({"entity": {"sensor": {"last_access": {"name": "L", "state": states}}}})
        (found,) = translations.problems(integration.root)
        assert found.endswith("entity.sensor.last_access.state.it_began_late is used nowhere")

    @pytest.mark.parametrize("source", FOLLOWED.values(), ids=FOLLOWED)
    def test_a_key_is_followed_to_where_it_comes_from(self, integration: Repository, source: str) -> None:
        source = source.replace("RAISE", 'raise Error(translation_domain="lock_bridge", translation_key')
        integration.write("custom_components/lock_bridge/lock.py", source)
        integration.say({"exceptions": {"door_open": {"message": "{door}"}, "left_over": {"message": "L"}}})
        assert sorted(problem.partition(": ")[2] for problem in translations.problems(integration.root)) == [
            "exceptions.jammed has no text",
            "exceptions.left_over is used nowhere",
            "exceptions.stuck has no text",
        ]

    def test_a_key_that_cannot_be_followed_is_said_to_be(self, integration: Repository) -> None:
        source = 'e(translation_domain="d", translation_key=whatever(it))\n'
        integration.write("custom_components/lock_bridge/lock.py", source)
        (found,) = translations.problems(integration.root)
        assert found == "lock.py:1: it cannot be read from the code what whatever(it) may be"

    def test_an_action_without_an_icon_is_found_and_an_icon_without_an_action(self, integration: Repository) -> None:
        integration.write("custom_components/lock_bridge/services.yaml", "ring:\n")
        integration.say({"services": {"ring": {"name": "Ring", "description": "Rings"}}})
        icons = {"services": {"sing": {"service": "mdi:music"}}}
        integration.write_json("custom_components/lock_bridge/icons.json", icons)
        assert list(translations.problems(integration.root)) == [
            "icons.json: services.sing has no text",
            "icons.json: services.ring has no icon",
        ]

    @pytest.mark.parametrize(
        ("source", "problem"),
        [
            ('e(translation_domain="lock_bridge", translation_key="jammed")', "exceptions.jammed has no text"),
            ('async_create_issue(hass, "lock_bridge", "x", translation_key="too_old")', "issues.too_old has no text"),
            ('flow.async_abort(reason="wrong_bridge")', "config.abort.wrong_bridge has no text"),
            ('flow.async_show_form(step_id="pair")', "config.step.pair has no text"),
            (
                'flow.async_show_form(step_id="user", errors={"base": "wrong_code"})',
                "config.error.wrong_code has no text",
            ),
            ('LockEntityDescription(key="bolt", translation_key="bolt")', "entity.lock.bolt has no text"),
        ],
    )
    def test_a_key_without_a_text_is_found(self, integration: Repository, source: str, problem: str) -> None:
        integration.write("custom_components/lock_bridge/lock.py", f"{source}\n")
        (found,) = translations.problems(integration.root)
        assert found == f"lock.py:1: {problem}"


class TestTheClosingLine:
    def test_it_adds_up_what_the_runs_counted(self) -> None:
        runs = '{"passed": 3, "skipped": 1, "deselected": 4}\n{"passed": 2, "failed": 1, "error": 1, "xfailed": 1}\n'
        assert closing_line(runs) == "5 passed, 2 failed, 2 skipped"

    def test_no_run_at_all_is_no_test(self) -> None:
        assert closing_line("") == "0 passed, 0 failed, 0 skipped"
