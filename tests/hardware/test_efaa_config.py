"""What the config says of face and palm modules, and what is built of it."""

from pathlib import Path
from typing import Any

import pytest

from lock_bridge import profiles
from lock_bridge.clock import ManualClock
from lock_bridge.config import Config, ConfigError, parse
from lock_bridge.hardware.absent import AbsentPart
from lock_bridge.hardware.build import build
from lock_bridge.hardware.efaa import DIALECTS, EfaaFaceReader, EfaaReader
from lock_bridge.hardware.gpio.lines import Line
from lock_bridge.wire.words import Trouble
from tests.hardware.machine import machine

LOCK = '[[lock]]\nid = "door"\nprofile = "palm6068"\n[lock.simulated]\nport = 0\n'
FACE = '[lock.parts.face]\ndriver = "efaa"\ndevice = "/dev/ttyUSB0"\n'
PALM = '[lock.parts.palm_vein]\ndriver = "efaa"\ndevice = "/dev/ttyUSB0"\n'


def read(text: str) -> Config:
    return parse(LOCK + text, profiles.names(), folder=Path("/etc/lock-bridge"))


def built(text: str, folder: Path) -> Any:
    (lock,) = read(text).locks
    return build(lock, profiles.load("palm6068"), ManualClock(), machine(folder)).ports


def test_one_module_is_built_for_both_of_its_ports(tmp_path: Path) -> None:
    ports = built(FACE + 'dialect = "ai10"\nnear = "GPIO5"\nwatch = false\n' + PALM + 'dialect = "ai10"\n', tmp_path)
    assert isinstance(ports.face, EfaaFaceReader)
    assert isinstance(ports.palm_vein, EfaaReader)
    assert ports.face.module is ports.palm_vein.module
    settings = ports.face.module.settings
    assert settings.dialect is DIALECTS["ai10"]
    assert (settings.near, settings.watch, settings.baudrate) == (Line("GPIO5"), False, 115_200)
    assert ports.face.health.state == "starting"


def test_two_modules_are_built_where_each_port_has_its_own(tmp_path: Path) -> None:
    ports = built(FACE + PALM.replace("USB0", "USB1"), tmp_path)
    assert ports.face.module is not ports.palm_vein.module
    assert ports.face.module.settings.dialect is None


@pytest.mark.parametrize("other", ['dialect = "fp00x"\n', "baudrate = 9600\n"])
def test_ports_that_do_not_agree_about_their_module_are_told_so(tmp_path: Path, other: str) -> None:
    ports = built(FACE + PALM + other, tmp_path)
    assert isinstance(ports.palm_vein, AbsentPart)
    assert ports.palm_vein.health.trouble is Trouble.SETTINGS


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (PALM + 'dialect = "hlk_fm22x"\n', "reads faces only"),
        (FACE + 'dialect = "fm225"\n', "dialect"),
        (FACE + "baudrate = 12345\n", "12345 is not allowed"),
        (FACE + "watch = 1\n", "true or false"),
        (
            FACE + 'near = "GPIO5"\n' + '[lock.parts.fingerprint]\ndriver = "ef01"\ndevice = "/x"\ntouch = "GPIO5"',
            "taken",
        ),
        ('[lock.parts.face]\ndriver = "efaa"\ndevice = "COM3"\n', "COM3"),
    ],
)
def test_what_cannot_be_is_refused_with_what_can(text: str, problem: str) -> None:
    with pytest.raises(ConfigError, match=problem):
        read(text)
