"""The page for visitors' phones, as the bridge serves it: to everybody, whole, and with nothing to steal in it."""

import hashlib
import json
import re
from base64 import b64encode

import aiohttp
import pytest

from lock_bridge.ble.codec import Fault
from lock_bridge.ble.sentences import FAULTS, WORDS
from lock_bridge.key_page import LANGUAGES, document
from lock_bridge.wire.errors import ErrorCode
from lock_bridge.wire.words import Refusal
from tests.server.world import World

TEXTS = json.loads(re.search(r"^const GIVEN = (.*);$", document().html.decode(), re.MULTILINE)[1])["texts"]  # type: ignore[index]


async def get(world: World) -> tuple[aiohttp.ClientResponse, str]:
    pin = aiohttp.Fingerprint(world.fingerprint)
    async with aiohttp.ClientSession() as session, session.get(f"{world.url}/key/", ssl=pin) as response:
        return response, await response.text()


async def test_everybody_gets_the_page_from_the_bridge(world: World) -> None:
    response, page = await get(world)
    assert response.status == 200
    assert response.content_type == "text/html"
    assert page.encode() == document().html
    assert response.headers["Cache-Control"] == "no-store"
    assert response.headers["Referrer-Policy"] == "no-referrer"


async def test_nothing_but_the_pages_own_script_and_style_runs_and_nothing_is_loaded(world: World) -> None:
    response, page = await get(world)
    policy = dict(part.split(" ", 1) for part in response.headers["Content-Security-Policy"].split("; "))
    for name in ("script", "style"):
        (content,) = re.findall(f"<{name}>(.*?)</{name}>", page, re.DOTALL)
        digest = b64encode(hashlib.sha256(content.encode()).digest()).decode()
        assert policy[f"{name}-src"] == f"'sha256-{digest}'"
    assert policy["default-src"] == policy["base-uri"] == policy["form-action"] == policy["frame-ancestors"] == "'none'"
    told = re.search(r'http-equiv="Content-Security-Policy" content="([^"]*)"', page)
    assert told is not None
    assert told[1] in response.headers["Content-Security-Policy"], "as a file of its own it says so itself"
    assert not re.findall(r'(?:src|href)="(?!data:)', page)
    assert not re.search(r"\son\w+=|innerHTML|eval\(|fetch\(|XMLHttpRequest|sendBeacon|WebSocket", page)


async def test_the_page_is_the_same_for_all_and_tells_nothing_of_the_house(world: World) -> None:
    _, page = await get(world)
    for told in (world.house.info.id, world.house.info.name, "lb1_", "127.0.0.1"):
        assert told not in page
    assert (await get(world))[1] == page


@pytest.mark.spec("SND-2")
@pytest.mark.parametrize("code", LANGUAGES)
def test_all_languages_say_the_same(code: str) -> None:
    texts, english = TEXTS[code], TEXTS["en"]
    assert texts.keys() == english.keys()
    assert texts["words"].keys() == english["words"].keys()
    assert texts["faults"].keys() == english["faults"].keys()

    def flat(texts: dict[str, object]) -> dict[str, str]:
        found = {}
        for name, text in texts.items():
            found |= {f"{name}.{key}": value for key, value in text.items()} if isinstance(text, dict) else {name: text}
        return found

    for name, text in flat(texts).items():
        assert text.strip() == text != ""
        assert set(re.findall(r"\{\w+\}", text)) == set(re.findall(r"\{\w+\}", flat(english)[name])), name
    if code != "en":
        same = [name for name, text in flat(texts).items() if text == flat(english)[name]]
        assert same == []


@pytest.mark.spec("VER-14")
def test_there_is_a_sentence_for_all_that_a_lock_can_tell_a_phone() -> None:
    assert {*Refusal} - {*WORDS} == {Refusal.AMBIGUOUS_PASSCODE}, "which is of passcodes alone"
    assert {"locked_out"} <= {*WORDS}
    assert {*WORDS} - {*Refusal} - {*ErrorCode} == {"locked_out"}
    assert {*FAULTS} == {*Fault}
