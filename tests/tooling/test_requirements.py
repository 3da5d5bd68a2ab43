"""The pinned packages: enough for a Home Assistant that installs nothing by itself, with hashes, the same for both."""

import re
import tomllib
from pathlib import Path

import homeassistant
import pytest
from homeassistant import bootstrap
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from checks.hass_requirements import requirements_of, used_integrations

ROOT = Path(__file__).resolve().parents[2]
HOME_ASSISTANT = Path(homeassistant.__file__).parent
FILES = ("bootstrap.txt", "bridge.txt", "dev.txt")


def pins(name: str) -> dict[str, str]:
    """Package and version of every pin in a file of requirements/."""
    text = (ROOT / "requirements" / name).read_text(encoding="utf-8")
    return {
        canonicalize_name(package): version
        for package, version in re.findall(r"^([\w.-]+)==([^\s;]+)", text, re.MULTILINE)
    }


def test_home_assistant_finds_what_its_integrations_need() -> None:
    started = {
        *bootstrap.CORE_INTEGRATIONS,
        *bootstrap.DEFAULT_INTEGRATIONS,
        *bootstrap.LOGGING_AND_HTTP_DEPS_INTEGRATIONS - {"sentry"},
        *used_integrations(),
    }
    pinned = pins("dev.txt")
    for line in requirements_of(HOME_ASSISTANT, started):
        requirement = Requirement(line)
        assert requirement.specifier.contains(pinned[canonicalize_name(requirement.name)]), line


def test_home_assistants_own_constraints_are_kept() -> None:
    pinned = pins("dev.txt")
    constraints = (HOME_ASSISTANT / "package_constraints.txt").read_text(encoding="utf-8")
    for line in constraints.splitlines():
        if line and not line.startswith("#"):
            constraint = Requirement(line)
            version = pinned.get(canonicalize_name(constraint.name))
            assert version is None or constraint.specifier.contains(version), line


def test_the_bridge_is_tested_with_the_versions_it_is_pinned_to() -> None:
    assert pins("bridge.txt").items() <= pins("dev.txt").items()


def test_the_bridges_own_needs_are_pinned_for_it() -> None:
    project = tomllib.loads((ROOT / "bridge" / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    pinned = pins("bridge.txt")
    for line in project["dependencies"]:
        requirement = Requirement(line)
        assert requirement.specifier.contains(pinned[canonicalize_name(requirement.name)]), line


@pytest.mark.parametrize("name", FILES)
def test_every_pin_has_hashes_and_no_address(name: str) -> None:
    entries = re.split(r"\n(?=\S)", (ROOT / "requirements" / name).read_text(encoding="utf-8").strip())
    for entry in entries:
        if not entry.startswith("#"):
            assert "--hash=sha256:" in entry
            assert "://" not in entry
