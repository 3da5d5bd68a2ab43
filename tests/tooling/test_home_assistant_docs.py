"""docs/home-assistant.md has a remedy for everything that the integration may say has gone wrong."""

import json
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
TEXTS = json.loads((ROOT / "custom_components/lock_bridge/translations/en.json").read_text(encoding="utf-8"))
GUIDE = (ROOT / "docs/home-assistant.md").read_text(encoding="utf-8")

SAID = {
    **{f"error {key}": text for key, text in TEXTS["config"]["error"].items()},
    **{f"abort {key}": text for key, text in TEXTS["config"]["abort"].items()},
    **{f"exception {key}": text["message"] for key, text in TEXTS["exceptions"].items()},
    **{f"issue {key}": text["title"] for key, text in TEXTS["issues"].items()},
}


@pytest.mark.parametrize("said", SAID.values(), ids=SAID.keys())
def test_the_guide_says_what_to_do_about_it(said: str) -> None:
    first_sentence = re.match(r"[^.]*(?:\.|$)", re.sub(r"\{\w+\}", "…", said))
    assert first_sentence is not None
    symptoms = re.findall(r"^\| (.+?) \| .{10,} \|$", GUIDE, re.MULTILINE)
    assert first_sentence[0] in symptoms


def test_every_link_of_the_guides_leads_somewhere() -> None:
    broken = [
        f"{guide.name}: {target}"
        for guide in [ROOT / "README.md", *(ROOT / "docs").glob("*.md")]
        for target in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", guide.read_text(encoding="utf-8"))
        if not (guide.parent / target).exists()
    ]
    assert broken == []
