"""What Home Assistant's integrations would install at first start: python -m checks.hass_requirements COMPONENTS."""

import json
import re
import sys
import tomllib
from collections.abc import Iterable
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def used_integrations(pyproject: Path = ROOT / "pyproject.toml") -> list[str]:
    """The integrations that this repository's tests and scripts set up."""
    settings = tomllib.loads(pyproject.read_text(encoding="utf-8"))
    integrations: list[str] = settings["tool"]["lock-bridge"]["home-assistant-integrations"]
    return integrations


def requirements_of(components: Path, integrations: Iterable[str]) -> list[str]:
    """The pinned requirements of these integrations and of all they depend on, sorted."""
    requirements: set[str] = set()
    seen: set[str] = set()
    waiting = list(integrations)
    while waiting:
        domain = waiting.pop()
        if domain in seen:
            continue
        seen.add(domain)
        manifest = json.loads((components / domain / "manifest.json").read_text(encoding="utf-8"))
        requirements.update(manifest.get("requirements", ()))
        waiting.extend(manifest.get("dependencies", ()))
    return sorted(requirements, key=str.lower)


def pinned_version(package: str, requirements: Path) -> str:
    """The version of a package in a file of pins; raises LookupError where it is not pinned."""
    pin = re.search(rf"^{re.escape(package)}==(\S+)", requirements.read_text(encoding="utf-8"), re.MULTILINE)
    if pin is None:
        raise LookupError(f"{package} is not pinned in {requirements.name}")
    return pin[1]


if __name__ == "__main__":
    print("\n".join(requirements_of(Path(sys.argv[1]), used_integrations())))
