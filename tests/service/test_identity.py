"""What stands on a lock, and where the house is."""

from datetime import UTC
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from lock_bridge import zone
from lock_bridge.identity import identity_of

KEY = b"k" * 32


@pytest.mark.spec("RST-1", "DLM-10")
def test_what_is_not_in_the_config_is_made_of_the_device_key_and_stays() -> None:
    """Of RST-1: the serial number and the verification code stay."""
    made = identity_of("front_door", KEY)
    assert made == identity_of("front_door", KEY)
    assert made.serial.isdecimal()
    assert len(made.serial) == 9
    assert made.verification_code.isalpha()
    assert made.verification_code.isupper()
    assert len(made.verification_code) == 6
    assert identity_of("back_door", KEY).serial != made.serial
    assert identity_of("front_door", b"K" * 32).verification_code != made.verification_code


def test_what_is_printed_on_the_lock_counts() -> None:
    told = identity_of("front_door", KEY, "E12345678", "QWERTZ")
    assert (told.lock_id, told.serial, told.verification_code) == ("front_door", "E12345678", "QWERTZ")
    assert "QWERTZ" not in repr(told)


@pytest.mark.spec("USR-7")
def test_the_machines_zone_is_that_of_etc_localtime(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of USR-7: in the house's time zone."""
    monkeypatch.delenv("TZ", raising=False)
    link = tmp_path / "localtime"
    link.symlink_to("/usr/share/zoneinfo/Europe/Oslo")
    found = zone.of_machine(link)
    assert isinstance(found, ZoneInfo)
    assert found.key == "Europe/Oslo"
    copy = tmp_path / "copy"
    copy.write_bytes(link.read_bytes())
    assert isinstance(zone.of_machine(copy), ZoneInfo)


def test_the_environment_goes_before_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TZ", ":Asia/Tokyo")
    assert zone.of_machine(tmp_path / "none") == ZoneInfo("Asia/Tokyo")


@pytest.mark.parametrize("content", [None, b"", b"no zone at all"])
def test_a_machine_that_knows_no_zone_is_taken_for_one_in_utc(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, content: bytes | None
) -> None:
    monkeypatch.delenv("TZ", raising=False)
    file = tmp_path / "localtime"
    if content is not None:
        file.write_bytes(content)
    assert zone.of_machine(file) is UTC


@pytest.mark.parametrize("name", ["Europe/Atlantis", "", "Europe", "/etc/passwd", "../x", "a\0b"])
def test_what_is_no_zone_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match="no time zone"):
        zone.named(name)
