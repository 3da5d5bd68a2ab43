"""What the config says of card readers, and what it may not say."""

import sys
from pathlib import Path

import pytest

from lock_bridge import profiles
from lock_bridge.clock import ManualClock
from lock_bridge.config import Config, ConfigError, parse
from lock_bridge.hardware.build import build
from lock_bridge.hardware.pcsc import PcscReader
from lock_bridge.hardware.pn532 import Pn532Reader
from lock_bridge.hardware.ports import PartFault, Reading
from lock_bridge.wire.words import Part, Trouble
from tests.hardware.machine import machine

DOOR = '[[lock]]\nid = "door"\nprofile = "l2s"\n[lock.simulated]\n[lock.parts]\ncard = { '


def parsed(options: str) -> Config:
    return parse(DOOR + options + " }\n", profiles.names(), folder=Path("/etc/lock-bridge"))


def built(options: str, folder: Path) -> object:
    (lock,) = parsed(options).locks
    return build(lock, profiles.load("l2s"), ManualClock(), machine(folder)).ports.card


async def test_each_driver_is_built_from_what_the_config_says(tmp_path: Path) -> None:
    assert isinstance(built('driver = "pn532", device = "/dev/serial/by-id/usb-x"', tmp_path), Pn532Reader)
    assert isinstance(built('driver = "pn532", device = "socket://10.0.0.9:6638"', tmp_path), Pn532Reader)
    assert isinstance(built('driver = "pcsc"', tmp_path), PcscReader)


def test_what_a_reader_takes_of_the_machine_is_known() -> None:
    (lock,) = parsed('driver = "pn532", device = "/dev/ttyAMA0"').locks
    (use,) = lock.parts["card"].uses
    assert (use.kind, use.what, use.key) == ("serial", "/dev/ttyAMA0", "device")
    (lock,) = parsed('driver = "pcsc", reader = "ACR122U", buzzer = false').locks
    (use,) = lock.parts["card"].uses
    assert (use.kind, use.what, use.key) == ("reader", "ACR122U", "reader")


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ('driver = "pn532"', "card.device: is missing"),
        ('driver = "pn532", device = "ttyUSB0"', "/dev/serial/by-id"),
        ('driver = "pn532", device = "/dev/x", baudrate = 115201', "begins with 115200"),
        ('driver = "pn532", device = "/dev/x", reader = "x"', "no such key"),
        ('driver = "pcsc", device = "/dev/x"', "no such key"),
        ('driver = "pcsc", buzzer = "off"', "true or false"),
        ('driver = "pcsc", reader = ""', "card.reader"),
    ],
)
def test_what_makes_no_sense_is_refused_with_what_is_allowed(options: str, words: str) -> None:
    with pytest.raises(ConfigError) as refused:
        parsed(options)
    assert words in str(refused.value)


async def test_without_its_library_a_reader_says_how_to_install_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "smartcard.scard", None)
    reader = built('driver = "pcsc"', tmp_path)
    heard: list[Reading] = []
    await reader.start(heard.append)  # type: ignore[attr-defined]
    assert heard == [PartFault(Part.CARD, Trouble.LIBRARY_MISSING)]
    assert "--extras pcsc" in reader.health.words  # type: ignore[attr-defined]
