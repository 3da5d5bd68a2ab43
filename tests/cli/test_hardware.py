"""`lock-bridge hardware test`: a line for each part, live lines at a terminal, exit code 1 when something is wrong."""

from pathlib import Path

from lock_bridge.wire.words import CredentialType
from tests.hardware.emulators.ef01 import Cable, Sensor

from .conftest import Cli, FakeBridge, Terminal

CONFIG = """
[bridge]
data = "{folder}/data"
socket = "{folder}/run/control.sock"
[[lock]]
id = "front_door"
profile = "palm6068"
[lock.simulated]
port = 0
[lock.parts]
fingerprint = {{ driver = "ef01", device = "{folder}/finger" }}
"""


def config(folder: Path, text: str = CONFIG) -> str:
    file = folder / "c.toml"
    file.write_text(text.format(folder=folder))
    return str(file)


async def test_a_part_that_answers_is_ok(tmp_path: Path, cli: Cli) -> None:
    cable = Cable(tmp_path / "finger")
    cable.plug(Sensor())
    said = await cli("hardware", "test", config(tmp_path), "--only", "fingerprint")
    assert said.code == 0, said
    assert said.lines[0] == "Front door:"
    assert said.lines[1].startswith("OK     fingerprint: ")
    assert said.lines[-1] == "Nothing is wrong."
    said = await cli("hardware", "test", config(tmp_path), "--json")
    cable.unplug()
    assert said.code == 0
    (lock,) = said.json["locks"]
    assert {part["port"]: part["ok"] for part in lock["parts"]}["fingerprint"] is True
    assert not (tmp_path / "data").exists(), "trying changes nothing"


async def test_a_part_that_is_away_is_wrong_with_what_to_do(tmp_path: Path, cli: Cli) -> None:
    said = await cli("hardware", "test", config(tmp_path))
    assert said.code == 1
    (line,) = [line for line in said.lines if line.startswith("WRONG")]
    assert line.startswith("WRONG  fingerprint: The device is not there. Check its cable and the path in the config.")
    assert said.lines[-1] == "1 thing to put right."
    assert said.error == ""


async def test_at_a_terminal_what_happens_at_the_part_is_told_at_once(tmp_path: Path, cli: Cli) -> None:
    cable, sensor = Cable(tmp_path / "finger"), Sensor()
    cable.plug(sensor)
    terminal = await Terminal.start(cli, "hardware", "test", config(tmp_path), "--only", "fingerprint")
    await terminal.reads("Enter ends it.")
    sensor.press("a stranger's thumb")
    await terminal.asked("a finger was seen, that nobody has enrolled\r\n", "")
    assert await terminal.ended() == 0
    cable.unplug()
    assert CredentialType.FINGERPRINT in terminal.screen


async def test_while_the_bridge_runs_nothing_is_tried(tmp_path: Path, bridge: FakeBridge, cli: Cli) -> None:
    said = await cli("hardware", "test", config(tmp_path))
    assert said.code == 1
    assert said.error == (
        "The bridge runs, and its parts cannot be shared. Stop the bridge first: sudo systemctl stop lock-bridge\n"
    )
    assert bridge.was_asked("service.status") == [{}]


async def test_a_config_or_port_that_cannot_be_is_not_understood(tmp_path: Path, cli: Cli) -> None:
    said = await cli("hardware", "test", config(tmp_path), "--only", "nose")
    assert said.code == 2
    assert said.error.startswith("The config names no part nose. There are: keypad, sounder, fingerprint,")
    said = await cli("hardware", "test", config(tmp_path), "--lock", "shed")
    assert (said.code, said.error) == (2, "There is no such lock. There are: front_door (Front door).\n")
    said = await cli("hardware", "test", str(tmp_path / "none.toml"))
    assert said.code == 2
    assert "There is no such file." in said.error


async def test_prompts_are_made_before_anybody_needs_them(tmp_path: Path, cli: Cli) -> None:
    programs = tmp_path / "programs"
    programs.mkdir()
    voice = programs / "espeak-ng"
    voice.write_text('#!/bin/sh\ncat >/dev/null\nprintf "RIFF....WAVEsound"\n')
    voice.chmod(0o755)
    cli.environment["PATH"] = f"{programs}:{cli.environment['PATH']}"
    file = config(tmp_path, CONFIG + 'sounder = {{ driver = "speaker" }}\n')

    said = await cli("hardware", "render", file)
    assert said.code == 2
    assert "Start the bridge once" in said.error
    (tmp_path / "data").mkdir()
    said = await cli("hardware", "render", file)
    assert said.code == 0, said
    made = list((tmp_path / "data" / "cache" / "prompts").rglob("*.wav"))
    assert said.lines[-1] == f"All {len(made)} prompts are there."
    assert len(said.lines) == 11, "a line for each tenth"
    assert {file.parent.name for file in made} == {"en", "nb", "sv", "it", "nl"}


async def test_a_voice_that_is_not_installed_is_said(tmp_path: Path, cli: Cli) -> None:
    (tmp_path / "data").mkdir()
    cli.environment["PATH"] = str(tmp_path)
    said = await cli("hardware", "render", config(tmp_path, CONFIG + 'sounder = {{ driver = "speaker" }}\n'))
    assert said.code == 1
    assert "espeak-ng" in said.lines[0]
    said = await cli("hardware", "render", config(tmp_path))
    assert (said.code, said.lines) == (0, ["No part of this config speaks with a voice that is made here."])


async def test_this_machine_is_scanned_without_an_error(cli: Cli) -> None:
    said = await cli("hardware", "scan", "--json")
    assert (said.code, said.error) == (0, "")
    assert set(said.json) == {"found", "missing"}
    said = await cli("hardware", "scan")
    assert said.code == 0
    assert said.lines[0].startswith("Serial ports")


async def test_a_drawing_goes_into_a_file_or_to_the_standard_output(tmp_path: Path, cli: Cli) -> None:
    file = config(tmp_path)
    said = await cli("hardware", "drawing", file, "-o", str(tmp_path / "d.svg"))
    assert (said.code, said.lines) == (0, [f"{tmp_path}/d.svg shows 4 wires of Front door."])
    shown = await cli("hardware", "drawing", file)
    assert shown.out == (tmp_path / "d.svg").read_text()
    said = await cli("hardware", "drawing", file, "--json")
    assert said.json["wires"][0] == {
        "number": 1,
        "from": "3.3 V",
        "header_pin": 1,
        "to": "Fingerprint module",
        "pin": "3.3 V",
    }
    said = await cli("hardware", "drawing", file, "-o", str(tmp_path / "none" / "d.svg"))
    assert said.code == 2
    assert "cannot be written" in said.error
