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


def spoken_in(language: str) -> str:
    """The language that is spoken where `language` is wished for: itself, or English."""
    return language if language in LANGUAGES else "en"


def text(prompt: Prompt, language: str = "en") -> str:
    """What is said; in English where a language lacks a line."""
    return texts(spoken_in(language)).get(prompt) or texts("en")[prompt]


@cache
def texts(language: str) -> Mapping[str, str]:
    """All lines of one of `LANGUAGES`, by the prompts' keys."""
    data = tomllib.loads((files(__name__) / f"{language}.toml").read_text(encoding="utf-8"))
    return MappingProxyType({key: str(value) for key, value in data.items()})
