"""The systemd unit starts what there is, where the command line looks for it."""

import shlex
import shutil
import subprocess
from pathlib import Path

import pytest

import lock_bridge
from lock_bridge.cli.find import CONFIG, PLACES
from lock_bridge.cli.parser import parser
from lock_bridge.config import DEFAULT_DATA
from lock_bridge.systemd import MAX_LAG_S

UNIT = Path(lock_bridge.__file__).parents[1] / "systemd" / "lock-bridge.service"


def values(key: str) -> list[str]:
    return [line.partition("=")[2] for line in UNIT.read_text().splitlines() if line.startswith(f"{key}=")]


def test_its_command_is_understood_and_reads_the_usual_config() -> None:
    program, *words = shlex.split(values("ExecStart")[0])

    assert Path(program).name == "lock-bridge"
    assert parser().parse_args(words).config == str(CONFIG)


def test_what_was_left_on_is_switched_off_before_it_starts_anew() -> None:
    program, *words = shlex.split(values("ExecStopPost")[0])

    assert program.startswith("-"), "a config with a mistake must not keep it from starting again"
    assert Path(program).name == "lock-bridge"
    given = parser().parse_args(words)
    assert (given.command, given.file) == ("release:release", str(CONFIG))


def test_it_may_use_what_parts_are_attached_to_and_no_other_device() -> None:
    assert values("DevicePolicy") == ["closed"]
    serial = {"char-ttyUSB", "char-ttyACM", "char-ttyAMA", "char-ttyS"}
    others = {"char-gpiochip", "char-input", "char-i2c", "char-alsa", "/dev/rfkill"}
    assert {value.removesuffix(" rw") for value in values("DeviceAllow")} == serial | others


def test_its_folders_are_those_that_the_bridge_uses() -> None:
    assert Path("/run") / values("RuntimeDirectory")[0] == PLACES[0].parent
    assert Path("/var/lib") / values("StateDirectory")[0] == PLACES[1].parent == Path(DEFAULT_DATA)
    assert Path("/etc") / values("ConfigurationDirectory")[0] == CONFIG.parent


def test_it_is_watched_and_starts_again_for_ever() -> None:
    assert values("Type") == ["notify"]
    assert float(values("WatchdogSec")[0]) > 3 * MAX_LAG_S
    assert values("Restart") == ["always"]
    assert values("StartLimitIntervalSec") == ["0"]


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="this machine has no systemd to ask")
def test_systemd_understands_it_and_finds_it_tight() -> None:
    def told(*words: str) -> str:
        done = subprocess.run(
            ["systemd-analyze", *words, str(UNIT)], capture_output=True, text=True, timeout=60, check=False
        )
        return done.stdout + done.stderr

    complaints = [line for line in told("verify").splitlines() if "is not executable" not in line]
    assert complaints == []
    (verdict,) = [line for line in told("security", "--offline=true").splitlines() if "Overall exposure" in line]
    assert float(verdict.split(": ")[1].split()[0]) < 2.5
