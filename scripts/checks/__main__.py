"""Runs one check: python -m checks NAME. Prints what it found; the exit code is 1 for problems."""

import sys
from collections.abc import Callable, Iterable
from pathlib import Path

from checks import blueprints, committed, imports, manifest, published, shell, sizes, translations
from checks.spec import ROOT

CHECKS: dict[str, Callable[[Path], Iterable[str]]] = {
    "blueprints": blueprints.problems,
    "committed": committed.problems,
    "imports": imports.problems,
    "manifest": manifest.problems,
    "published": published.problems,
    "shell": shell.problems,
    "sizes": sizes.problems,
    "translations": translations.problems,
}

if __name__ == "__main__":
    found = list(CHECKS[sys.argv[1]](ROOT))
    for problem in found:
        print(problem)
    sys.exit(1 if found else 0)
