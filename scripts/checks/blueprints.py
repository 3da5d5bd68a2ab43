"""The blueprints in every language, from one source. Made by `scripts/blueprints`, checked with --check.

Home Assistant has no translations for blueprints, so there is a file for each language. In a source, `[[key]]` is a
text of `texts/<blueprint>.yaml` or `texts/common.yaml`, and a line `[[> part]]` is the file `parts/<part>.yaml`.
"""

import json
import re
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

import yaml  # type: ignore[import-untyped]

from checks.spec import ROOT

MAKE_ANEW: Final = "scripts/blueprints"
SOURCE: Final = Path("blueprints/source")
MADE: Final = Path("blueprints/automation/lock_bridge")
REPOSITORY: Final = "https://github.com/lock-bridge/lock-bridge"
LANGUAGES: Final = ("en", "nb", "sv", "it", "nl")

_PART: Final = re.compile(r"^( *)\[\[> (\w+)\]\]\n", re.MULTILINE)
_TEXT: Final = re.compile(r"\[\[(\w+)\]\]")

type Texts = Mapping[str, Mapping[str, str]]


def names(root: Path) -> list[str]:
    """The blueprints that there are."""
    return sorted(path.stem for path in (root / SOURCE).glob("*.yaml"))


def url(language: str, name: str) -> str:
    """Where a blueprint is imported from."""
    return f"{REPOSITORY}/blob/main/{MADE.as_posix()}/{language}/{name}.yaml"


def made(root: Path) -> dict[Path, str]:
    """Every file as it should be, by its path from the root."""
    return {
        MADE / language / f"{name}.yaml": _make(root / SOURCE, language, name)
        for name in names(root)
        for language in LANGUAGES
    }


def problems(root: Path) -> Iterator[str]:
    """Texts that are missing or that nothing uses, and files that are not as they should be."""
    if broken := [problem for name in names(root) for problem in _texts_wrong(root / SOURCE, name)]:
        yield from broken
        return
    should = made(root)
    there = {path.relative_to(root) for path in (root / MADE).rglob("*.yaml")}
    yield from (f"{path} is of no blueprint any more; remove it" for path in sorted(there - should.keys()))
    for path, text in should.items():
        if path not in there or (root / path).read_text(encoding="utf-8") != text:
            yield f"{path} is not up to date; run {MAKE_ANEW}"


def _make(source: Path, language: str, name: str) -> str:
    texts = _texts(source, name)
    filled = _TEXT.sub(lambda found: _scalar(texts[found[1]][language]), _whole(source, name))
    head = f"# Made by {MAKE_ANEW} from {SOURCE.as_posix()}/{name}.yaml: change it there.\n"
    return head + filled.replace("[url]", url(language, name))


def _whole(source: Path, name: str) -> str:
    """The source with its parts, each as far to the right as where it is put."""

    def part(found: re.Match[str]) -> str:
        lines = (source / "parts" / f"{found[2]}.yaml").read_text(encoding="utf-8").splitlines(keepends=True)
        return "".join(found[1] + line if line.strip() else line for line in lines)

    return _PART.sub(part, (source / f"{name}.yaml").read_text(encoding="utf-8"))


def _texts(source: Path, name: str) -> Texts:
    return {**_read(source / "texts" / "common.yaml"), **_read(source / "texts" / f"{name}.yaml")}


def _texts_wrong(source: Path, name: str) -> Iterator[str]:
    used, own = set(_TEXT.findall(_whole(source, name))), _read(source / "texts" / f"{name}.yaml")
    texts = _texts(source, name)
    yield from (f"{SOURCE}/{name}.yaml: there is no text {key}" for key in sorted(used - texts.keys()))
    yield from (f"{SOURCE}/texts/{name}.yaml: {key} is not used" for key in sorted(own.keys() - used))
    for key in sorted(used & texts.keys()):
        missing = [language for language in LANGUAGES if not texts[key].get(language, "").strip()]
        yield from (f"{SOURCE}/texts: {key} is missing in {language}" for language in missing)
        english = _named(texts[key].get("en", ""))
        others = [language for language in LANGUAGES if _named(texts[key].get(language, "")) != english]
        yield from (f"{SOURCE}/texts: {key} names something else in {language}" for language in others)


def _named(text: str) -> list[str]:
    """What a text says about the moment: templates, and what an action fills in."""
    return sorted(re.findall(r"\{\{.*?\}\}|\{%.*?%\}|\{\w+\}", text))


def _read(path: Path) -> Texts:
    texts: Texts = yaml.safe_load(path.read_text(encoding="utf-8")) or {}
    return texts


def _scalar(text: str) -> str:
    """A text on one line of YAML, which knows JSON's strings."""
    return json.dumps(" ".join(text.split()), ensure_ascii=False)


def main(arguments: list[str]) -> int:
    """Make the files anew, or look at them."""
    if "--check" in arguments:
        found = list(problems(ROOT))
        print("\n".join(found), end="\n" if found else "")
        return 1 if found else 0
    if found := [problem for name in names(ROOT) for problem in _texts_wrong(ROOT / SOURCE, name)]:
        print("\n".join(found))
        return 1
    should = made(ROOT)
    for path in (ROOT / MADE).rglob("*.yaml"):
        if path.relative_to(ROOT) not in should:
            path.unlink()
    for path, text in should.items():
        (ROOT / path).parent.mkdir(parents=True, exist_ok=True)
        (ROOT / path).write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
