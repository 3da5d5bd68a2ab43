"""What docs/install-bridge.md says of config and command line is so."""

import re
import shlex
from pathlib import Path

import pytest

from lock_bridge import profiles
from lock_bridge.cli.parser import GROUPS, parser
from lock_bridge.config import ConfigError, parse

DOCS = Path(__file__).resolve().parents[2] / "docs"
TEXT = (DOCS / "install-bridge.md").read_text()
CONFIGS = [
    pytest.param(block, id=f"{name}-{number}")
    for name in ("install-bridge.md", "simulator.md")
    for number, block in enumerate(re.findall(r"```toml\n(.*?)```", (DOCS / name).read_text(), re.DOTALL))
]
COMMANDS = [
    line.partition("#")[0].removeprefix("sudo ").removeprefix("lock-bridge ")
    for block in re.findall(r"```sh\n(.*?)```", TEXT, re.DOTALL)
    for line in block.splitlines()
    if line.removeprefix("sudo ").startswith("lock-bridge ") and "--version" not in line
]
SECTIONS = {
    "bridge": "[bridge]\n{}\n" + "[[lock]]\nid = 'a'\nprofile = 'l2s'\n[lock.simulated]\n",
    "server": "[server]\n{}\n" + "[[lock]]\nid = 'a'\nprofile = 'l2s'\n[lock.simulated]\n",
    "lock.simulated": "[[lock]]\nid = 'a'\nprofile = 'l2s'\n[lock.simulated]\n{}\n",
}


@pytest.mark.parametrize("text", CONFIGS)
def test_each_config_that_is_shown_can_be_used(text: str) -> None:
    assert parse(text, profiles.names(), folder=Path("/etc/lock-bridge")).locks


def test_there_are_configs_and_commands_to_look_at() -> None:
    assert len(CONFIGS) >= 3
    assert len(COMMANDS) >= 10


@pytest.mark.parametrize("command", COMMANDS)
def test_each_command_that_is_shown_is_understood(command: str) -> None:
    assert parser().parse_args(shlex.split(command)).command


def rows(section: str) -> dict[str, str]:
    """Keys and defaults of a section's table."""
    table = TEXT.partition(f"### `[{section}]`")[2].partition("\n#")[0]
    return dict(re.findall(r"^\| `(\w+)` \| (.*?) \|", table, re.MULTILINE))


@pytest.mark.parametrize("section", SECTIONS)
def test_each_key_of_a_table_is_there_with_the_default_that_is_told(section: str) -> None:
    documented = rows(section)
    with pytest.raises(ConfigError) as caught:
        parse(SECTIONS[section].format("no_such_key = 1"), profiles.names())
    known = str(caught.value).partition("Allowed here: ")[2].removesuffix(".")

    assert set(documented) == set(known.split(", "))
    for key, default in documented.items():
        if value := re.fullmatch(r"`(.*)`", default):
            said = "socket = 'control.sock'" if key == "socket" else f"{key} = {value[1]}"
            assert parse(
                SECTIONS[section].format(said), profiles.names(), folder=Path("/var/lib/lock-bridge")
            ) == parse(SECTIONS[section].format(""), profiles.names(), folder=Path("/var/lib/lock-bridge"))


def test_each_command_has_its_line() -> None:
    table = TEXT.partition("| command | |")[2].partition("| exit code")[0]

    for name in (name for names, _ in GROUPS for name in names):
        assert f"`{name}" in table, name
