"""The texts of spoken prompts: a TOML file for each language (SND-2), with one line for each `Prompt`."""

import tomllib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from types import MappingProxyType
from typing import Final

from lock_bridge.engine.effects import Prompt

LANGUAGES: Final = ("en", "nb", "sv", "it", "nl")
"""English, Norwegian Bokmål, Swedish, Italian, Dutch."""

_SPELLED: Final = frozenset({"serial", "code"})
_NO_VALUES: Final[Mapping[str, str]] = MappingProxyType({})


def spoken_in(language: str) -> str:
    """The language that is spoken where `language` is wished for: itself, or English."""
    return language if language in LANGUAGES else "en"


def text(prompt: Prompt, language: str = "en", values: Mapping[str, str] = _NO_VALUES) -> str:
    """What is said, with `values` in its places; in English where a language lacks a line.

    Serial numbers and codes are spelled, sign by sign: a voice would else read them as words and large numbers.
    """
    line = texts(spoken_in(language)).get(prompt) or texts("en")[prompt]
    if not values:
        return line
    return line.format(**{name: " ".join(value) if name in _SPELLED else value for name, value in values.items()})


@cache
def texts(language: str) -> Mapping[str, str]:
    """All lines of one of `LANGUAGES`, by the prompts' keys."""
    data = tomllib.loads((files(__name__) / f"{language}.toml").read_text(encoding="utf-8"))
    return MappingProxyType({key: str(value) for key, value in data.items()})
