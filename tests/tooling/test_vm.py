"""The guest's making, as far as it needs no guest: what it is made of, and what is said where it cannot be had."""

import os
import platform
import shutil
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from vm import image, packages
from vm.packages import Packages, Unavailable, bring

ROOT = Path(__file__).resolve().parents[2]
VERSION = "7.2.13+deb14-amd64"


@pytest.fixture
def debian(tmp_path: Path) -> Packages:
    """Packages with a kernel of a few modules, which say what they need as the kernel's do."""
    folder = tmp_path / "usr/lib/modules" / VERSION
    (folder / "kernel").mkdir(parents=True)
    (folder / "modules.builtin").write_text("kernel/drivers/virtio/virtio_pci.ko\n", encoding="utf-8")
    for name, depends in (
        ("gpio-sim", "configfs"),
        ("configfs", ""),
        ("cdc-acm", "usbcore,virtio_pci"),
        ("usbcore", ""),
    ):
        module = b"\x7fELF\0license=GPL\0depends=" + depends.encode() + b"\0name=x\0"
        (folder / "kernel" / f"{name}.ko").write_bytes(module)
    return Packages(tmp_path)


def test_each_module_comes_after_those_that_it_needs(debian: Packages) -> None:
    assert list(image._closure(debian, ["cdc_acm", "gpio_sim"])) == ["usbcore", "cdc_acm", "configfs", "gpio_sim"]


def test_a_module_that_the_kernel_lacks_is_named(debian: Packages) -> None:
    with pytest.raises(Unavailable, match="no module snd_aloop"):
        image._closure(debian, ["gpio_sim", "snd_aloop"])


def test_the_first_file_system_is_an_archive_that_the_kernel_reads() -> None:
    files = {"bin": None, "init": b"#!/bin/sh\n", "bin/odd": b"abc"}
    found: dict[str, bytes | None] = {}
    rest = image._archive(files)
    assert len(rest) % 4 == 0
    while rest:
        assert rest[:6] == b"070701"
        fields = [int(rest[6 + 8 * at : 14 + 8 * at], 16) for at in range(13)]
        mode, size, name_size = fields[1], fields[6], fields[11]
        name = rest[110 : 110 + name_size - 1].decode()
        begin = 110 + name_size + -(110 + name_size) % 4
        found[name] = None if stat.S_ISDIR(mode) else rest[begin : begin + size]
        rest = rest[begin + size + -size % 4 :]
    assert found == {**files, "TRAILER!!!": b""}


def test_on_another_kind_of_machine_it_cannot_be_had(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(platform, "machine", lambda: "aarch64")
    with pytest.raises(Unavailable, match="on Linux on x86_64 only"):
        bring()


def test_without_debians_tools_it_cannot_be_had(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(packages, "CACHE", tmp_path)
    monkeypatch.setattr(platform, "machine", lambda: "x86_64")
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.setattr(shutil, "which", lambda _program: None)
    with pytest.raises(Unavailable, match="there is no apt-get here"):
        bring()


def without_apt(folder: Path, **more: str) -> subprocess.CompletedProcess[str]:
    """Run a test of the guest where its packages cannot be fetched."""
    environment = {
        **os.environ,
        "PATH": str(folder),
        "XDG_CACHE_HOME": str(folder),
        "PYTHONPATH": f"{ROOT}/scripts",
        **more,
    }
    environment.pop("LOCK_BRIDGE_TEST_COUNTS", None)
    command = (sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "tests/vm/guest/test_kernel.py")
    return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False, timeout=100)


def test_where_it_cannot_be_had_its_tests_skip_and_say_why(tmp_path: Path) -> None:
    run = without_apt(tmp_path)
    assert run.returncode == 0, run.stdout + run.stderr
    assert "*** The guest cannot be had, and its tests are SKIPPED: " in run.stderr
    assert "5 skipped" in run.stdout
    assert "no guest: its packages come from Debian" in run.stdout


def test_where_it_is_required_that_is_an_error(tmp_path: Path) -> None:
    run = without_apt(tmp_path, LOCK_BRIDGE_VM="required")
    assert run.returncode == pytest.ExitCode.USAGE_ERROR
    assert "The guest cannot be had: " in run.stderr
