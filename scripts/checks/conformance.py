"""docs/conformance.md: which tests show which line of the spec. Made by `scripts/conformance`, checked with --check."""

import contextlib
import io
import os
import sys
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from checks.spec import ROOT, SpecLine, SpecSection, spec_sections
from lock_bridge.hardware.catalogue import DRIVERS

TABLE = ROOT / "docs" / "conformance.md"
MAKE_ANEW = "scripts/conformance"

INTRODUCTION = """# Conformance

Which line of the spec is shown by which tests: those that carry its id as `@pytest.mark.spec`; and which tests show
that an attack fails. Made by `scripts/conformance`; `scripts/lint` fails when it is out of date, and when a line of the
locks' spec is shown by no test.
"""


CONTRACTS = Path("tests/hardware/contract")

DRIVERS_HEAD = """## Drivers

How many sentences of its port's contract (`tests/hardware/contract`) each driver is held to, and the simulated door.

| port | driver | sentences |
|---|---|---|"""


@dataclass(frozen=True, order=True, slots=True)
class SpecTest:
    """A test that names a line of the spec."""

    path: str
    name: str


@dataclass(eq=False, slots=True)
class Marks:
    """A pytest plugin that notes which test names which line; tests that are always skipped show nothing."""

    tests: dict[str, set[SpecTest]] = field(default_factory=lambda: defaultdict(set))
    drivers: dict[tuple[str, str], set[str]] = field(default_factory=lambda: defaultdict(set))
    """The sentences of a port's contract that a driver is held to, by port and driver."""

    def pytest_itemcollected(self, item: pytest.Item) -> None:
        if item.get_closest_marker("skip"):
            return
        self._note_driver(item)
        test = SpecTest(item.path.relative_to(ROOT).as_posix(), getattr(item, "originalname", None) or item.name)
        for mark in item.iter_markers("spec"):
            for spec_id in mark.args:
                self.tests[spec_id].add(test)

    def _note_driver(self, item: pytest.Item) -> None:
        # Names end in [motor] or [motor-and-more]; those of template readers in [face-efaa (ai10)].
        path = item.path.relative_to(ROOT)
        if path.parent != CONTRACTS or "[" not in item.name:
            return
        words = item.name.partition("[")[2].removesuffix("]").split(" ")[0].split("-")
        port = path.stem.removeprefix("test_")
        if port == "template_reader":
            port, words = words[0], words[1:]
        self.drivers[port, words[0]].add(item.name.partition("[")[0])


def collect() -> Marks:
    """The tests of each line and driver, from pytest's own collection; raises SystemExit with its output otherwise."""
    marks = Marks()
    output = io.StringIO()
    os.chdir(ROOT)
    os.environ["LOCK_BRIDGE_LONG"] = "1"
    with contextlib.redirect_stdout(output), contextlib.redirect_stderr(output):
        # Which id a test names does not depend on the warnings of what it imports.
        options = ["--collect-only", "-q", "-p", "no:cacheprovider", "-p", "no:xdist", "-W", "default"]
        status = pytest.main([*options, "tests"], plugins=[marks])
    if status not in (pytest.ExitCode.OK, pytest.ExitCode.NO_TESTS_COLLECTED):
        lines = output.getvalue().splitlines()
        raise SystemExit("\n".join(line for line in lines if line.startswith(("E ", "ERROR", "INTERNALERROR"))))
    return marks


def render(marks: Marks) -> str:
    """The page, as Markdown."""
    tests = marks.tests
    locks = [section for section in spec_sections() if not section.attacks and not section.later]
    later = [section for section in spec_sections() if section.later]
    attacks = [section for section in spec_sections() if section.attacks]
    counted = {"lines of the locks": locks, "lines of the cameras": later, "attacks": attacks}
    page = [INTRODUCTION, "; ".join(_count(what, sections, tests) for what, sections in counted.items()) + ".\n"]
    for section in spec_sections():
        page.append(f"## {section.title}\n")
        page.append("| id | what | models | tests |\n|---|---|---|---|")
        page.extend(_row(line, tests.get(line.id, set())) for line in section.lines)
        page.append("")
    page.append(DRIVERS_HEAD)
    page.extend(
        f"| `{port}` | `{driver}` | {len(sentences)} |" for (port, driver), sentences in sorted(marks.drivers.items())
    )
    page.append("")
    return "\n".join(page)


def unproven(marks: Marks) -> list[str]:
    """Drivers that the contract of a port of theirs does not know."""
    served = [(port, driver.name) for driver in DRIVERS.values() for port in driver.ports]
    return [f"{driver} as {port}" for port, driver in served if (port, driver) not in marks.drivers]


def unshown(tests: Mapping[str, set[SpecTest]]) -> list[str]:
    """Lines that no test shows and that are due: all but those for later, and attacks."""
    sections = (section for section in spec_sections() if not section.attacks and not section.later)
    return [line.id for section in sections for line in section.lines if not tests.get(line.id)]


def main(arguments: list[str]) -> int:
    """Write the page, or with --check say whether it is up to date and no line is without a test."""
    marks = collect()
    tests, page = marks.tests, render(marks)
    if "--check" not in arguments:
        TABLE.parent.mkdir(exist_ok=True)
        TABLE.write_text(page, encoding="utf-8")
        print(page.split("\n\n")[2])
        return 0
    if missing := unshown(tests):
        print(f"No test shows {', '.join(missing)}: mark one with @pytest.mark.spec, or build what the line says")
        return 1
    if missing := unproven(marks):
        print(f"No contract test holds {', '.join(missing)}: add a rig in {CONTRACTS}")
        return 1
    if not TABLE.exists() or TABLE.read_text(encoding="utf-8") != page:
        print(f"{TABLE.relative_to(ROOT)} is out of date: run {MAKE_ANEW}")
        return 1
    return 0


def _count(what: str, sections: Sequence[SpecSection], tests: Mapping[str, set[SpecTest]]) -> str:
    lines = [line for section in sections for line in section.lines]
    shown = sum(bool(tests.get(line.id)) for line in lines)
    return f"**{shown} of {len(lines)}** {what} are shown by a test, {len(lines) - shown} not yet"


def _row(line: SpecLine, tests: set[SpecTest]) -> str:
    shown = "<br>".join(_link(test) for test in sorted(tests)) or "not yet"
    return f"| {line.id} | {line.title} | {', '.join(line.profiles) or 'all'} | {shown} |"


def _link(test: SpecTest) -> str:
    sentence = test.name.removeprefix("test_").replace("_", " ")
    return f"[{sentence}]({_relative(test.path)})"


def _relative(path: str) -> str:
    return Path(os.path.relpath(ROOT / path, TABLE.parent)).as_posix()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
