"""manifest.json and hacs.json are what Home Assistant and HACS ask for, and all versions are one."""

import json
import re
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

from checks.hass_requirements import pinned_version

INTEGRATION = Path("custom_components/lock_bridge")
REQUIRED = {
    "codeowners": list,
    "config_flow": bool,
    "documentation": str,
    "domain": str,
    "integration_type": str,
    "iot_class": str,
    "issue_tracker": str,
    "name": str,
    "requirements": list,
    "version": str,
}
INTEGRATION_TYPES = {"device", "hub", "service"}
VERSION = re.compile(r"\d+\.\d+\.\d+(?:(?:a|b|rc)\d+)?")


def problems(root: Path) -> Iterator[str]:
    """What is missing or at odds."""
    yield from _manifest(root)
    yield from _hacs(root)
    yield from _versions(root)


def _manifest(root: Path) -> Iterator[str]:
    where = INTEGRATION / "manifest.json"
    manifest = _read(root / where)
    if manifest is None:
        yield f"{where}: is missing or no JSON object"
        return
    for key, kind in REQUIRED.items():
        if not isinstance(manifest.get(key), kind):
            yield f"{where}: {key} is missing or no {kind.__name__}"
    if manifest.get("domain") != INTEGRATION.name:
        yield f"{where}: domain is not the folder's name"
    if manifest.get("requirements"):
        yield f"{where}: the integration needs nothing outside Home Assistant, but requirements is not empty"
    if manifest.get("iot_class") != "local_push":
        yield f"{where}: iot_class is not local_push"
    if manifest.get("integration_type") not in INTEGRATION_TYPES:
        yield f"{where}: integration_type is none of {', '.join(sorted(INTEGRATION_TYPES))}"
    if not all(str(owner).startswith("@") for owner in manifest.get("codeowners", ())):
        yield f"{where}: codeowners are not GitHub names with an @"
    keys = [key for key in manifest if key not in ("domain", "name")]
    if list(manifest)[:2] != ["domain", "name"] or any(one > other for one, other in pairwise(keys)):
        yield f"{where}: keys are not in hassfest's order (domain, name, then by alphabet)"


def _hacs(root: Path) -> Iterator[str]:
    hacs = _read(root / "hacs.json")
    if hacs is None:
        yield "hacs.json: is missing or no JSON object"
        return
    if not isinstance(hacs.get("name"), str):
        yield "hacs.json: name is missing"
    oldest = hacs.get("homeassistant")
    tested = pinned_version("homeassistant", root / "requirements" / "dev.txt")
    if not isinstance(oldest, str) or _numbers(oldest) > _numbers(tested):
        yield f"hacs.json: homeassistant is not the oldest version that works, at most the tested {tested}"


def _versions(root: Path) -> Iterator[str]:
    manifest = _read(root / INTEGRATION / "manifest.json") or {}
    versions = {
        "manifest.json": manifest.get("version"),
        "lock_bridge.__version__": _first(r'^__version__ = "(.*)"$', root / "bridge/lock_bridge/__init__.py"),
        "CHANGELOG.md": _first(r"^## (\d\S*)", root / "CHANGELOG.md"),
    }
    if len(set(versions.values())) != 1 or not VERSION.fullmatch(str(manifest.get("version"))):
        yield "versions differ: " + ", ".join(f"{place} {version}" for place, version in versions.items())


def _read(path: Path) -> dict[str, Any] | None:
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except OSError, ValueError:
        return None
    return content if isinstance(content, dict) else None


def _first(pattern: str, path: Path) -> str | None:
    found = re.search(pattern, path.read_text(encoding="utf-8") if path.exists() else "", re.MULTILINE)
    return found[1] if found else None


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(number) for number in re.findall(r"\d+", version))
