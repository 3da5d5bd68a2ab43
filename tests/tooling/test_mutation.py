"""The mutants: which defects are tried, and that a test that looks closely enough is told from one that does not."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from mutation.mutants import mutants

ROOT = Path(__file__).parents[2]


def changes(source: str) -> list[str]:
    return [mutant.what for mutant in mutants(source, "m", "m.py")]


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("def f(a, b): return a < b", ["return a < b  ->  return None", "a < b  ->  a <= b", "a < b  ->  a >= b"]),
        ("def f(a):\n    if a.ready: g()", ["a.ready  ->  not a.ready", "g()  ->  pass"]),
        ("def f(a, b):\n    x = a and b", ["a and b  ->  a or b"]),
        ("LIMIT = 5", ["5  ->  6"]),
        ("def f():\n    return False", ["False  ->  True"]),
        ("def f(a):\n    x = min(a) + 1", ["min(a) + 1  ->  min(a) - 1", "min  ->  max", "1  ->  2"]),
    ],
)
def test_each_thing_that_is_decided_is_decided_otherwise_once(source: str, expected: list[str]) -> None:
    assert changes(source) == expected


@pytest.mark.parametrize(
    "source",
    [
        '"""Words."""',
        "def f(a: list[1]) -> tuple[2]: ...",
        "class C:\n    limit: int = 5",
        "def f():\n    raise ValueError('no more than' + str(5))",
        "def f(a):\n    x = f'{a + 1}'",
    ],
)
def test_words_annotations_and_fields_are_left_alone(source: str) -> None:
    assert changes(source) == []


MODULE = """
LIMIT = 5

def too_many(count: int, limit: int = LIMIT) -> bool:
    return count > limit

class Door:
    @property
    def open(self) -> bool:
        return not self.closed

    def __init__(self) -> None:
        self.closed = True
"""


@pytest.mark.parametrize(
    ("test", "killed", "survivor"),
    [
        ("assert too_many(6) and not too_many(5) and Door().open is False", "killed 7 of 7", None),
        ("assert too_many(99) and not Door().open", "killed 4 of 7", "count > limit  ->  count >= limit"),
        ("assert too_many(6) and not too_many(5)", "killed 4 of 7", "not run by any test: not self.closed"),
        ("assert not too_many(6)", "nothing to measure", None),
    ],
)
def test_what_no_test_notices_is_named(tmp_path: Path, test: str, killed: str, survivor: str | None) -> None:
    (tmp_path / "house").mkdir()
    (tmp_path / "house" / "__init__.py").touch()
    (tmp_path / "house" / "door.py").write_text(MODULE)
    (tmp_path / "test_it.py").write_text(f"from house.door import *\ndef test_it():\n    {test}\n")
    arguments = [sys.executable, "-m", "mutation", "--package", "house", "--modules", "door", "--", "test_it.py"]
    done = subprocess.run(
        arguments,
        cwd=tmp_path,
        env=os.environ
        | {"PYTHONPATH": f"{ROOT / 'scripts'}{os.pathsep}{tmp_path}", "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"},
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )
    assert killed in done.stdout, done.stdout + done.stderr
    assert survivor is None or survivor in done.stdout, done.stdout
    assert done.returncode == (0 if killed == "killed 7 of 7" else 1)
