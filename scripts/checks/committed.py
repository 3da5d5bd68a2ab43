"""Nothing of one machine, and no address that packages were fetched from, is committed."""

import re
from collections.abc import Iterator
from pathlib import Path

from checks.files import tracked

# People that documentation speaks of; every other home folder is somebody's.
EXAMPLE_USERS = "homeassistant|lock-bridge|pi|user|you"
TRACES = {
    "a path of one machine": re.compile(rf"(?<![\w.-])/(?:root|work|Users/\w+|home/(?!(?:{EXAMPLE_USERS})\b)\w+)/"),
    "the address of a package registry": re.compile(
        r"pypi\.org|pythonhosted\.org|registry\.npmjs\.org|deb\.debian\.org|(?:extra-)?index-url\s*=|--(?:extra-)?index-url\s"
    ),
    "a private key": re.compile(r"-----BEGIN (?:[A-Z]+ )?PRIVATE KEY-----"),
}
FORBIDDEN_NAMES = {"uv.lock": "records download addresses; pins belong in requirements/"}


def problems(root: Path) -> Iterator[str]:
    """Lines and files that give something away; files that are not text are passed over."""
    for path in tracked(root):
        where = path.relative_to(root)
        if path.name in FORBIDDEN_NAMES:
            yield f"{where}: {FORBIDDEN_NAMES[path.name]}"
        try:
            text = path.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue
        if str(root) in text and len(root.parts) > 2:
            yield f"{where}: names the folder of this checkout"
        for number, line in enumerate(text.splitlines(), 1):
            for what, trace in TRACES.items():
                if trace.search(line):
                    yield f"{where}:{number}: {what}"
