"""The web page for visitors' phones: one file with all that it needs, which holds no secret and asks no server."""

import base64
import hashlib
import json
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any, Final

from lock_bridge.ble.codec import ANSWER, HELLO, REQUEST, SERVICE
from lock_bridge.ble.sentences import FAULTS, OTHER, WORDS

LANGUAGES: Final = {"en": "English", "nb": "Norsk bokmål", "sv": "Svenska", "it": "Italiano", "nl": "Nederlands"}
"""SND-2."""

_SCRIPTS: Final = ("protocol.js", "store.js", "radio.js", "page.js")


@dataclass(frozen=True, slots=True)
class Document:
    """The page, and what a server has to say of it: nothing is loaded, and nothing but its own script runs."""

    html: bytes
    policy: str


@cache
def document() -> Document:
    """The page as one file."""
    style, page = _read("page.css"), _read("index.html")
    texts = {code: _texts(code) for code in LANGUAGES}
    given = {"uuids": [SERVICE, HELLO, REQUEST, ANSWER], "languages": LANGUAGES, "texts": texts}
    script = "\n".join(
        [
            '"use strict";',
            # In a script no text may end it.
            f"const GIVEN = {json.dumps(given, ensure_ascii=False).replace('<', '\\u003c')};",
            *map(_read, _SCRIPTS),
        ]
    )
    policy = "; ".join(
        [
            "default-src 'none'",
            f"script-src '{_hash(script)}'",
            f"style-src '{_hash(style)}'",
            "img-src data:",
            "base-uri 'none'",
            "form-action 'none'",
            "require-trusted-types-for 'script'",
        ]
    )
    html = page.replace("{{policy}}", policy).replace("{{style}}", style).replace("{{script}}", script)
    return Document(html.encode(), f"{policy}; frame-ancestors 'none'")


def _texts(code: str) -> dict[str, Any]:
    texts: dict[str, Any] = json.loads(_read(f"{code}.json"))
    if code == "en":
        faults = {str(fault.value): text for fault, text in FAULTS.items()}
        texts |= {"words": dict(WORDS), "other": OTHER, "faults": faults}
    return texts


def _read(name: str) -> str:
    return files(__package__).joinpath("page", name).read_text(encoding="utf-8")


def _hash(text: str) -> str:
    return f"sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}"
