"""What docs/hardware.md and its pages say of attached parts is so."""

import json
import re
from pathlib import Path

import pytest

from lock_bridge import profiles
from lock_bridge.config import load, parse
from lock_bridge.config_parts import MAY_BE_ABSENT
from lock_bridge.hardware.catalogue import DRIVERS, PORTS
from lock_bridge.wire.words import Trouble

ROOT = Path(__file__).resolve().parents[2]
DOCS = ROOT / "docs"
GUIDE = DOCS / "hardware.md"
PAGES = [GUIDE, *sorted((DOCS / "hardware").glob("*.md"))]
EXAMPLES = sorted((DOCS / "examples" / "hardware").glob("*.toml"))
TABLES = [
    pytest.param(block, id=f"{page.stem}-{number}")
    for page in PAGES
    for number, block in enumerate(re.findall(r"```toml\n(.*?)```", page.read_text(), re.DOTALL))
]
LINKS = [
    pytest.param(page, target, id=f"{page.stem}-{number}")
    for page in PAGES
    for number, target in enumerate(re.findall(r"\]\(([^)\s]+)\)", page.read_text()))
    if not target.startswith("http")
]


def rows() -> list[list[str]]:
    """Cells of the table of all drivers."""
    table = GUIDE.read_text().partition("## All drivers")[2].partition("\n## ")[0]
    return [re.split(r"\s*\|\s*", line)[1:-1] for line in table.splitlines() if line.startswith("| ")]


def slug(heading: str) -> str:
    """The anchor that is made of a heading."""
    return re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")


def test_each_driver_has_its_row_with_its_ports_and_extra() -> None:
    told = {
        name: (tuple(re.findall(r"`(\w+)`", port)), extra)
        for port, driver, *_, extra in rows()[1:]
        for name in re.findall(r'"(\w+)"', driver)
        if port not in ("all", "`[bridge]` `ring`") and name != "none"
    }
    assert set(told) == set(DRIVERS)
    for name, driver in DRIVERS.items():
        ports, extra = told[name]
        assert set(ports) == set(driver.ports), name
        required = extra.partition("(")[0].strip()
        assert required in (f"`{driver.extra}`" if driver.extra else "", "`sound`" if name == "speaker" else ""), name


def test_what_may_not_be_left_out_is_told() -> None:
    (none,) = [port for port, driver, *_ in rows() if driver == '`"none"`']
    assert set(re.findall(r"`(\w+)`", none)) == set(PORTS) - set(MAY_BE_ABSENT)


@pytest.mark.parametrize("file", EXAMPLES, ids=lambda file: file.stem)
def test_each_door_can_be_run_and_is_drawn_and_named(file: Path) -> None:
    assert load(file, profiles.names()).locks
    text = GUIDE.read_text()
    assert f"(examples/hardware/{file.name})" in text
    assert f"(images/hardware/{file.stem}.svg)" in text


@pytest.mark.parametrize("table", TABLES)
def test_each_table_that_is_shown_can_be_used(table: str) -> None:
    profile = "dl50fvs" if "parts.card" in table else "palm6068"
    lock = f'[[lock]]\nid = "front_door"\nprofile = "{profile}"\n[lock.simulated]\n'
    if table.startswith("in1 ="):  # one line of the motor's table
        table = table_of("motor").replace('in1 = "GPIO17" ', table.strip() + "\n#")
    elif not table.startswith("["):
        table = f"[lock.parts]\n{table}"
    assert parse(table + lock if table.startswith("[bridge") else lock + table, profiles.names()).locks


def table_of(driver: str) -> str:
    (found,) = [block for block in (param.values[0] for param in TABLES) if f'driver = "{driver}"' in str(block)]
    return str(found)


@pytest.mark.parametrize(("page", "target"), LINKS)
def test_each_link_leads_somewhere(page: Path, target: str) -> None:
    name, _, anchor = target.partition("#")
    file = (page.parent / name).resolve() if name else page
    assert file.exists()
    if anchor:
        headings = re.findall(r"^#+ (.+)$", file.read_text(), re.MULTILINE)
        assert anchor in {slug(heading) for heading in headings}


def test_each_trouble_of_a_part_has_its_line_in_troubleshooting() -> None:
    titles = json.loads((ROOT / "custom_components/lock_bridge/translations/en.json").read_text())["issues"]
    table = (DOCS / "troubleshooting.md").read_text().partition("## Parts that are in trouble")[2].partition("\n## ")[0]
    said = {re.sub(r"\W+", " ", line.partition(" | ")[0]).strip().lower() for line in table.splitlines()}
    for key, issue in titles.items():
        if key.startswith("part_"):
            title = re.sub(r"\W+", " ", re.sub(r"\{(part|lock)\}( of \{lock\})?( at \{lock\})?", "", issue["title"]))
            words = set(title.lower().split()) - {"at", "of", "the"}
            assert any(words <= set(line.split()) for line in said), key
    assert {f"part_{trouble.value}" for trouble in Trouble} - set(titles) <= {"part_unknown"}


@pytest.mark.parametrize("file", EXAMPLES, ids=lambda file: file.stem)
def test_no_example_names_the_debug_plug_of_a_pi_5(file: Path) -> None:
    assert "/dev/serial0" not in file.read_text()


def test_each_boot_line_that_the_installer_names_is_explained() -> None:
    script = (ROOT / "bridge" / "installing" / "boot.sh").read_text()
    named = set(re.findall(r'echo "((?:dtparam|enable_uart)=\S+)"', script))
    assert len(named) == 3
    table = GUIDE.read_text().partition("**Boot lines**")[2]
    assert named <= set(re.findall(r"^\| `(\S+)`", table, re.MULTILINE))


def test_lines_that_an_i2s_amplifier_takes_are_told_where_the_examples_use_them() -> None:
    told = GUIDE.read_text().partition("### Lines that are wanted twice")[2].partition("\n## ")[0]
    used = set().union(*(re.findall(r'"(GPIO\d+)"', file.read_text()) for file in EXAMPLES))
    taken = used & {"GPIO18", "GPIO19", "GPIO21"}
    assert taken
    assert taken <= set(re.findall(r"\((GPIO\d+)\)", told))
