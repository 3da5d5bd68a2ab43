"""docs/protocol.md says what the code does."""

import re

import pytest

from checks.protocol import DOCUMENT, TABLES, missing, render
from lock_bridge.server import gate, pairing, session
from lock_bridge.wire import messages
from lock_bridge.wire.errors import ErrorCode
from lock_bridge.wire.pairing import CODE_DIGITS, FinishReply, FinishRequest, StartReply, StartRequest
from lock_bridge.wire.words import API_VERSION, GRANTABLE, SERVICE_TYPE


@pytest.fixture(scope="module")
def text() -> str:
    return DOCUMENT.read_text(encoding="utf-8")


def test_the_tables_are_those_of_the_code(text: str) -> None:
    assert render(text) == text, "PYTHONPATH=scripts python -m checks.protocol"


def test_every_table_is_there(text: str) -> None:
    assert not missing(text)
    assert set(TABLES) == set(re.findall(r"<!-- table: (.+) -->", text))


def test_a_table_that_nobody_makes_is_an_error() -> None:
    with pytest.raises(ValueError, match="nonsense"):
        render("<!-- table: nonsense --><!-- end -->")


def test_the_words_of_the_document_are_those_of_the_wire(text: str) -> None:
    for scope in GRANTABLE:
        assert f"`{scope}`" in text
    for code in ErrorCode:
        assert f"| `{code}` |" in text
    assert SERVICE_TYPE in text
    for message in (StartRequest, StartReply, FinishRequest, FinishReply):
        assert message.__name__ not in text  # the fields count, not our names for them
    for field in ("protocol", "sid", "ya", "name", "scopes", "yb", "device_id", "ta", "tb", "nonce", "sealed"):
        assert f'"{field}"' in text


def test_the_numbers_in_its_sentences_are_those_of_the_code(text: str) -> None:
    assert f"version of this protocol, {API_VERSION})" in text
    words = " ".join(text.split())
    assert f"open for {pairing.WINDOW_MS // 60_000} minutes" in words
    assert f"a code of {CODE_DIGITS} digits" in words
    assert f"`tick` and a ping every {messages.TICK_S} s" in text
    assert f"no frame for {messages.DEAD_S} s" in text
    assert f"nothing was heard for {session.SILENT_MS // 1000} s" in text
    assert f"than {messages.MAX_AGE_MS // 1000} s is refused" in text
    assert f"At most {messages.WINDOW} are under way" in text
    assert gate.HEAD_MS < gate.REQUEST_MS < gate.IDLE_MS


def test_its_links_lead_somewhere(text: str) -> None:
    headings = {
        re.sub(r"[^a-z0-9 -]", "", heading.lower()).replace(" ", "-")
        for heading in re.findall(r"^#+ (.+)$", text, re.MULTILINE)
    }
    assert set(re.findall(r"\]\(#(.+?)\)", text)) <= headings
