"""The doctor says of each thing whether it is right, and what to do if it is not."""

import os
import socket
import sqlite3
import stat
import time
from pathlib import Path
from typing import Any

import pytest

from lock_bridge import doctor
from lock_bridge.config import Config, parse
from lock_bridge.doctor_finding import Finding
from lock_bridge.doctor_parts import locks, parts
from lock_bridge.store import Store

from .conftest import STATUS, Cli, FakeBridge

TEXT = """
[bridge]
data = "data"
trust_clock = "always"
[server]
port = 0
[[lock]]
id = "front_door"
profile = "palm6068"
[lock.simulated]
port = 0
"""
READER = '[lock.parts]\nfingerprint = {{ driver = "ef01", device = "{}", password = {} }}\n'


def config(folder: Path, text: str = TEXT) -> Config:
    return parse(text, ("palm6068",), folder=folder)


def levels(findings: Any) -> list[str]:
    return [finding.level for finding in findings]


def only(findings: Any) -> Finding:
    (finding,) = findings
    assert isinstance(finding, Finding)
    return finding


@pytest.fixture
async def kept(tmp_path: Path) -> Config:
    """A bridge that has run once, with its store and key."""
    kept = config(tmp_path)
    store = await Store.open(kept.bridge.database, boot_id="b")
    await store.close()
    kept.bridge.key_file.write_bytes(bytes(32))
    kept.bridge.key_file.chmod(0o600)
    return kept


def test_python_and_sqlite_are_those_that_are_needed() -> None:
    assert levels(doctor.machine()) == ["ok", "ok"]


def test_an_old_sqlite_is_a_note(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sqlite3, "sqlite_version_info", (3, 46, 1))
    monkeypatch.setattr(sqlite3, "sqlite_version", "3.46.1")

    assert [finding.text for finding in doctor.machine()][1].endswith("a slower one is used. Update it to 3.51.3.")


def test_before_the_first_start_nothing_is_missing(tmp_path: Path) -> None:
    fresh = config(tmp_path)

    assert levels(doctor.examine(fresh, tmp_path / "c.toml", None)).count("wrong") == 0
    assert "the first start makes it" in only(doctor.data_folder(fresh)).text
    assert list(doctor.store(fresh, None)) == []
    assert not fresh.bridge.data.exists(), "looking changes nothing"


def test_a_config_with_a_modules_password_is_for_its_owner_alone(tmp_path: Path) -> None:
    file = tmp_path / "c.toml"
    file.write_text("x")
    file.chmod(0o644)
    secret = config(tmp_path, TEXT + READER.format("/dev/ttyUSB0", 1234))

    assert only(doctor.config_file(secret, file)) == Finding(
        "wrong", "config", f"{file} holds a module's password and anybody may read it: chmod o-r {file}"
    )
    file.chmod(0o600)
    assert only(doctor.config_file(secret, file)).level == "ok"
    file.chmod(0o644)
    assert only(doctor.config_file(config(tmp_path), file)).level == "ok"


def test_what_is_open_to_others_is_named_with_the_remedy(kept: Config) -> None:
    assert only(doctor.data_folder(kept)).level == "ok"
    kept.bridge.data.chmod(0o750)
    kept.bridge.database.chmod(0o644)

    assert [finding.text for finding in doctor.data_folder(kept)] == [
        f"{kept.bridge.data} is open to others (mode 750): chmod 700 {kept.bridge.data}",
        f"{kept.bridge.database} is open to others (mode 644): chmod 600 {kept.bridge.database}",
    ]


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files away")
def test_what_root_left_behind_is_named(kept: Config) -> None:
    os.chown(kept.bridge.data, 65_534, 65_534)
    os.chown(kept.bridge.database, 65_534, 65_534)
    texts = [finding.text for finding in doctor.data_folder(kept)]

    assert (
        f"{kept.bridge.key_file} does not belong to nobody, as its folder does: chown nobody {kept.bridge.key_file}"
        in texts
    )
    assert not any(str(kept.bridge.database) + " " in text for text in texts)


def test_a_missing_or_damaged_key_is_named(kept: Config) -> None:
    assert only(doctor.key_file(kept)).level == "ok"
    kept.bridge.key_file.write_bytes(b"short")
    assert "is damaged (5 bytes, not 32)" in only(doctor.key_file(kept)).text
    kept.bridge.key_file.unlink()
    assert "Put it back from your own copy" in only(doctor.key_file(kept)).text


def test_the_store_is_looked_at_without_being_touched(kept: Config) -> None:
    before = {path: (path.read_bytes(), path.stat().st_mtime_ns) for path in kept.bridge.data.iterdir()}

    assert only(doctor.store(kept, None)).level == "ok"
    assert {path: (path.read_bytes(), path.stat().st_mtime_ns) for path in kept.bridge.data.iterdir()} == before


def test_a_damaged_store_is_wrong(kept: Config) -> None:
    content = bytearray(kept.bridge.database.read_bytes())
    content[4096:] = os.urandom(len(content) - 4096)
    kept.bridge.database.write_bytes(content)

    found = only(doctor.store(kept, None))
    assert found.level == "wrong"
    assert "lock-bridge restore FILE" in found.text


def test_a_running_bridge_is_asked_about_its_store(kept: Config) -> None:
    assert only(doctor.store(kept, STATUS)).level == "ok"
    ill = {**STATUS, "store": {**STATUS["store"], "healthy": False, "error": "The disk is full."}}
    assert only(doctor.store(kept, ill)).text == "The store does not work: The disk is full."


def test_backups_should_be_there_and_young(kept: Config) -> None:
    assert "no backup" in only(doctor.backups(kept)).text
    kept.bridge.backups.mkdir()
    backup = kept.bridge.backups / "lock-bridge-000001-20261122.db"
    backup.touch()
    assert only(doctor.backups(kept)).level == "ok"
    os.utime(backup, (time.time() - 9 * 86_400,) * 2)
    assert "is 9 days old" in only(doctor.backups(kept)).text


@pytest.mark.parametrize(("free_mb", "level"), [(5, "wrong"), (100, "note"), (1000, "ok")])
def test_the_disk_has_room(kept: Config, monkeypatch: pytest.MonkeyPatch, free_mb: int, level: str) -> None:
    class Usage:
        free = free_mb * 1024 * 1024

    monkeypatch.setattr(doctor.shutil, "disk_usage", lambda _folder: Usage)

    found = only(doctor.disk(kept))
    assert found.level == level
    assert f"{free_mb} MB are free" in found.text


def test_the_bridge_knows_more_of_the_clock_than_the_machine(kept: Config) -> None:
    assert only(doctor.clock(kept, None)).level == "ok"
    behind = {**STATUS, "clock": {"wall_ms": 1_795_000_000_000, "trusted": False}}
    found = only(doctor.clock(kept, behind))
    assert (found.level, found.text) == (
        "note",
        "The bridge does not believe the clock, for it was later once. Set the clock.",
    )


def test_a_taken_port_is_named_by_its_key(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        found = list(doctor.ports(config(tmp_path, TEXT.replace("port = 0\n[[", f"port = {port}\n[[")), None))

    assert levels(found) == ["note", "wrong"]
    assert found[1].text.startswith(f"server.port: 127.0.0.1 port {port} cannot be used: ")
    assert list(doctor.ports(config(tmp_path), STATUS)) == [
        Finding("ok", "server", "The bridge 0.1.0 runs, with port 8643")
    ]


def test_a_device_must_be_there_be_one_and_be_allowed(tmp_path: Path) -> None:
    def found(device: str) -> Finding:
        reader = config(tmp_path, TEXT + READER.format(device, 0))
        return only(parts(reader, reader.locks[0]))

    assert "is not there" in found("/dev/serial/by-id/none").text
    (tmp_path / "file").touch()
    assert "is no device" in found(str(tmp_path / "file")).text
    assert found("/dev/full") == Finding("ok", "front_door fingerprint", "/dev/full is there")


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can make a device that is closed to others")
def test_a_device_that_the_bridges_user_may_not_use_is_told_with_its_group(tmp_path: Path) -> None:
    device = tmp_path / "ttyUSB0"
    try:
        os.mknod(device, stat.S_IFCHR | 0o660, os.makedev(1, 3))
    except PermissionError:
        pytest.skip("this machine lets nobody make devices")
    (tmp_path / "data").mkdir(mode=0o700)
    os.chown(tmp_path / "data", 65_534, 65_534)
    reader = config(tmp_path, TEXT + READER.format(device, 0))

    found = only(parts(reader, reader.locks[0]))
    assert found.level == "wrong"
    assert f"nobody may not use {device}: usermod --append --groups root nobody" in found.text


def test_faults_of_the_running_locks_are_told() -> None:
    ill = {**STATUS, "locks": {"front_door": {"bolt": "unknown", "faults": ["motor"]}}}

    assert only(locks(ill)).text == "The motor does not work. Check its cable; the bridge's log says more."
    assert list(locks(None)) == []


def test_a_lock_that_cannot_write_is_sent_to_the_disk_and_not_to_a_cable() -> None:
    ill = {**STATUS, "locks": {"front_door": {"bolt": "locked", "faults": ["storage"]}}}

    assert "cable" not in only(locks(ill)).text


async def test_mistakes_in_the_config_are_findings(tmp_path: Path, cli: Cli) -> None:
    file = tmp_path / "c.toml"
    file.write_text(TEXT.replace("palm6068", "l3s"))
    said = await cli("doctor", "--config", str(file))

    assert said.code == 1
    assert f'WRONG  config: {file}: line 9: lock[0].profile: "l3s" is not known.' in said.out
    assert said.lines[-1] == "1 thing to put right."


async def test_a_bridge_that_does_not_say_how_it_is_is_wrong(tmp_path: Path, bridge: FakeBridge, cli: Cli) -> None:
    file = tmp_path / "c.toml"
    file.write_text(TEXT)
    bridge.answers["service.status"] = ZeroDivisionError()
    said = await cli("doctor", "--json", "--config", str(file), "--socket", str(bridge.path))

    assert said.code == 1
    assert not said.json["ok"]
    (socket_finding,) = [finding for finding in said.json["findings"] if finding["about"] == "socket"]
    assert socket_finding["text"].startswith("The bridge runs, but refuses to say how it is: Something went wrong")
