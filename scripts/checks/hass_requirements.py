"""What Home Assistant's integrations would install at first start: python -m checks.hass_requirements PACKAGE."""

import ast
import json
import re
import sys
import tomllib
from collections.abc import Iterable
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]

# An integration that can be discovered needs the one that discovers; as homeassistant/requirements.py has it.
DISCOVERY = {
    "dhcp": {"dhcp"},
    "mqtt": {"mqtt"},
    "ssdp": {"ssdp"},
    "zeroconf": {"zeroconf", "homekit"},
}


def used_integrations(pyproject: Path = ROOT / "pyproject.toml") -> list[str]:
    """The integrations that this repository's tests and scripts set up."""
    settings = tomllib.loads(pyproject.read_text(encoding="utf-8"))
    integrations: list[str] = settings["tool"]["lock-bridge"]["home-assistant-integrations"]
    return integrations


def requirements_of(homeassistant: Path, integrations: Iterable[str]) -> list[str]:
    """The pinned requirements of these integrations, of all they may depend on, and of the ways to log in; sorted."""
    requirements = set(_login_requirements(homeassistant))
    seen: set[str] = set()
    waiting = list(integrations)
    while waiting:
        domain = waiting.pop()
        if domain in seen:
            continue
        seen.add(domain)
        manifest = json.loads((homeassistant / "components" / domain / "manifest.json").read_text(encoding="utf-8"))
        requirements.update(manifest.get("requirements", ()))
        waiting.extend(manifest.get("dependencies", ()))
        waiting.extend(manifest.get("after_dependencies", ()))
        waiting.extend(discovery for discovery, keys in DISCOVERY.items() if keys & manifest.keys())
    return sorted(requirements, key=str.lower)


def _login_requirements(homeassistant: Path) -> list[str]:
    """What the second factor needs that is on unless configured otherwise."""
    module = ast.parse((homeassistant / "auth" / "mfa_modules" / "totp.py").read_bytes())
    for node in module.body:
        match node:
            case ast.Assign(targets=[ast.Name(id="REQUIREMENTS")], value=value):
                return list(ast.literal_eval(value))
    raise LookupError("totp.py names no REQUIREMENTS")


def pinned_version(package: str, requirements: Path) -> str:
    """The version of a package in a file of pins; raises LookupError where it is not pinned."""
    pin = re.search(rf"^{re.escape(package)}==(\S+)", requirements.read_text(encoding="utf-8"), re.MULTILINE)
    if pin is None:
        raise LookupError(f"{package} is not pinned in {requirements.name}")
    return pin[1]


if __name__ == "__main__":
    print("\n".join(requirements_of(Path(sys.argv[1]), used_integrations())))
