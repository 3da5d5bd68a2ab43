"""`hardware release` switches off what a bridge that has died may have left on."""

from argparse import Namespace
from pathlib import Path

import pytest

from lock_bridge.cli.release import release
from lock_bridge.cli.session import Session
from lock_bridge.cli.usage import UsageError
from lock_bridge.clock import ManualClock
from lock_bridge.hardware.gpio.lines import Line
from tests.hardware.emulators.gpio import FakeLines

DOOR = """\
[[lock]]
id = "front_door"
profile = "palm6068"
[lock.simulated]
[lock.parts.bolt]
driver = "motor"
in1 = "GPIO17"
in2 = { line = "GPIO27", active = "low" }
thrown = "GPIO5"
retracted = "GPIO6"
"""


def session(folder: Path, text: str, *, json: bool = False) -> Session:
    file = folder / "config.toml"
    file.write_text(text)
    return Session(Namespace(file=str(file), json=json))


def left_on() -> FakeLines:
    """A motor's lines as a dead bridge leaves them on a Raspberry Pi."""
    lines = FakeLines(ManualClock(), keeps_outputs=True)
    held = lines.outputs("bridge", {"in1": Line("GPIO17"), "in2": Line("GPIO27", active_low=True)})
    held.set({"in1": True, "in2": True})
    lines.crash()
    return lines


def test_every_driven_line_is_switched_off(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    lines = left_on()
    assert (lines.high("GPIO17"), lines.high("GPIO27")) == (True, False)
    before = len(lines.driven)
    assert release(session(tmp_path, DOOR), lines=lines) == 0
    assert [(one.name, one.high) for one in lines.driven[before:] if one.high is not None] == [
        ("GPIO17", False),
        ("GPIO27", True),
    ], "inactive, each in its own sense"
    assert (lines.taken("GPIO17"), lines.taken("GPIO27")) == (None, None)
    assert capsys.readouterr().out == "Switched off: GPIO17, GPIO27.\n"


def test_a_bridge_that_runs_keeps_its_lines(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    lines = FakeLines(ManualClock())
    lines.foreign |= {"GPIO17", "GPIO27"}
    assert release(session(tmp_path, DOOR), lines=lines) == 0
    assert "GPIO17 is in use, and was left alone." in capsys.readouterr().out


def test_a_door_without_such_lines_has_nothing_to_switch_off(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    text = DOOR.partition("[lock.parts.bolt]")[0]
    assert release(session(tmp_path, text), lines=FakeLines(ManualClock())) == 0
    assert capsys.readouterr().out == "No part of this config has a line that is driven.\n"


def test_a_config_with_a_mistake_is_named(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="in3"):
        release(session(tmp_path, DOOR.replace("in1", "in3")), lines=FakeLines(ManualClock()))
