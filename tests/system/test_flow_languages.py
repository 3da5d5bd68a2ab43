"""One way through Configure in each of the five languages: nothing of ours is left in English."""

import json
import re
from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest
import pytest_asyncio
from playwright.async_api import expect

from house.processes import ROOT
from tests.system.dialog import Dialog
from tests.system.home import Home

pytestmark = [pytest.mark.system, pytest.mark.timeout(300), pytest.mark.asyncio(loop_scope="session")]

TRANSLATIONS = ROOT / "custom_components" / "lock_bridge" / "translations"
FINGER = "Anna left index"
ENROL, ENROLLING = "enrol", "enrolling"


@pytest_asyncio.fixture(loop_scope="session")
async def house_in_english(home: Home) -> AsyncIterator[Home]:
    """Whatever language is tried, the others' tests find the house in English."""
    await home.ensure_paired()
    yield home
    await _speak(home, "en")


@pytest.mark.parametrize("language", ["en", "nb", "sv", "it", "nl"])
async def test_somebody_is_enrolled_in_the_language_of_the_house(house_in_english: Home, language: str) -> None:
    home = house_in_english
    await _speak(home, language)
    texts = json.loads((TRANSLATIONS / f"{language}.json").read_text(encoding="utf-8"))
    steps, english = texts["options"]["step"], _english(texts)

    async def seen(dialog: Dialog, name: str, title: str) -> None:
        await expect(dialog.title).to_have_text(title)
        said = await dialog.texts()
        assert [text for text in said if any(pattern.fullmatch(text) for pattern in english)] == []
        await dialog.picture(f"flow-{language}-{name}")

    page = await home.page()
    await page.add_init_script(f"localStorage.setItem('selectedLanguage', JSON.stringify({language!r}))")
    dialog = await Dialog.configure(home, page)
    await seen(dialog, "init", steps["init"]["title"])
    await dialog.choose(steps["init"]["menu_options"]["people"])
    await expect(dialog.form.get_by_role("radio", name="Ben")).to_contain_text(texts["common"]["people_role_user"])
    await seen(dialog, "people", steps["people"]["title"])
    await dialog.pick("Ben")
    await dialog.submit()
    await expect(dialog.option(steps["person"]["menu_options"]["edit"])).to_be_visible()
    await seen(dialog, "person", steps["person"]["title"])
    await dialog.choose(steps["person"]["menu_options"][ENROL])
    await seen(dialog, "enrol", steps[ENROL]["title"].format(lock="Front door"))
    await dialog.pick(texts["selector"]["enrol_kind"]["options"]["fingerprint"])
    await dialog.submit()
    await expect(dialog.title).to_have_text(steps[ENROLLING]["title"])
    await home.bridge.at_door("touch", FINGER)
    asked = texts["options"]["progress"]["enrol_touch_again"].format(name="Ben", lock="Front door", done=1, steps=6)
    for line in asked.replace("*", "").split("\n\n"):
        await expect(dialog.progress.get_by_text(line)).to_be_visible()
    await seen(dialog, "enrolling", steps[ENROLLING]["title"])
    await dialog.close()


async def _speak(home: Home, language: str) -> None:
    async with home.hass.socket() as socket:
        await socket.call("config/core/update", language=language)


def _english(texts: dict[str, Any]) -> list[re.Pattern[str]]:
    """What Configure says in English and otherwise in this language."""
    english = json.loads((TRANSLATIONS / "en.json").read_text(encoding="utf-8"))
    patterns: dict[str, re.Pattern[str]] = {}
    for part in ("options", "common", "selector"):
        there = dict(_leaves(texts[part]))
        ours = set(there.values())
        for path, text in _leaves(english[part]):
            for line in filter(None, text.split("\n")):
                if there.get(path) != text and text not in ours and re.search(r"[a-z]{3}", re.sub(r"{.*?}", "", line)):
                    parts = re.split(r"{.*?}", line.replace("*", ""))
                    patterns[line] = re.compile(".*".join(map(re.escape, parts)))
    return list(patterns.values())


def _leaves(node: dict[str, Any], path: str = "") -> Iterator[tuple[str, str]]:
    for key, value in node.items():
        if isinstance(value, dict):
            yield from _leaves(value, f"{path}.{key}")
        else:
            yield f"{path}.{key}", str(value)
