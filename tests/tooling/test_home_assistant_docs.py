"""The guides have a remedy for everything that may be said to have gone wrong, tell of every entity, and lead on."""

import json
import re
from pathlib import Path

import pytest

from custom_components.lock_bridge.wire.words import EventType

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
TEXTS = json.loads((ROOT / "custom_components/lock_bridge/translations/en.json").read_text(encoding="utf-8"))
REMEDIES = "".join((DOCS / name).read_text(encoding="utf-8") for name in ("troubleshooting.md", "messages.md"))
ENTITIES = (DOCS / "entities.md").read_text(encoding="utf-8")

SAID = {
    **{f"error {key}": text for key, text in TEXTS["config"]["error"].items()},
    **{f"abort {key}": text for key, text in TEXTS["config"]["abort"].items()},
    **{f"form {key}": text for key, text in TEXTS["options"]["error"].items()},
    **{f"form {key}": text for key, text in TEXTS["options"]["abort"].items()},
    **{f"exception {key}": text["message"] for key, text in TEXTS["exceptions"].items()},
    **{f"issue {key}": text["title"] for key, text in TEXTS["issues"].items()},
}

NAMES = {
    f"{platform} {key}": texts["name"] for platform, of_it in TEXTS["entity"].items() for key, texts in of_it.items()
}

GUIDES = [ROOT / "README.md", *sorted(DOCS.glob("*.md"))]


@pytest.mark.parametrize("said", SAID.values(), ids=SAID.keys())
def test_the_guide_says_what_to_do_about_it(said: str) -> None:
    first_sentence = re.match(r"[^.]*(?:\.|$)", re.sub(r"\{\w+\}", "…", said))
    assert first_sentence is not None
    symptoms = re.findall(r"^\| (.+?) \| .{10,} \|$", REMEDIES, re.MULTILINE)
    assert first_sentence[0] in symptoms


@pytest.mark.parametrize("name", NAMES.values(), ids=NAMES.keys())
def test_the_guide_tells_of_every_entity(name: str) -> None:
    assert re.search(rf"^\| \*?{re.escape(name)}\*? \| .{{10,}} \|", ENTITIES, re.MULTILINE)


def test_the_guide_names_every_event_but_the_one_that_nobody_is_told() -> None:
    guide = (DOCS / "automations.md").read_text(encoding="utf-8")
    (row,) = re.findall(r"^\| `type` \| (.*) \|$", guide, re.MULTILINE)
    assert set(re.findall(r"`(\w+)`", row)) == {*EventType, "events_lost"} - {EventType.DURESS}


def test_every_link_of_the_guides_leads_somewhere() -> None:
    broken = [
        f"{guide.name}: {target}"
        for guide in GUIDES
        for target in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", guide.read_text(encoding="utf-8"))
        if not (guide.parent / target).exists()
    ]
    assert broken == []


def test_every_link_to_a_section_finds_it() -> None:
    lost = [
        f"{guide.name}: {target}#{section}"
        for guide in GUIDES
        for target, section in re.findall(r"\]\(([^)#:]*)#([^)]+)\)", guide.read_text(encoding="utf-8"))
        if section not in sections(guide.parent / target if target else guide)
    ]
    assert lost == []


def sections(guide: Path) -> set[str]:
    """The names that a page's headings have in links."""
    if guide.suffix != ".md":
        return set()
    headings = re.findall(r"^#+ (.+)$", guide.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}
