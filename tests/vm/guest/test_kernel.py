"""What the guest is: a kernel with stand-ins of parts, in which nothing reaches the machine outside."""

from pathlib import Path

import pytest


@pytest.mark.parametrize("device", ["uinput", "vhci", "watchdog", "snd/controlC0"])
def test_the_kernel_has_stand_ins_of_parts(device: str) -> None:
    assert Path("/dev", device).exists()


def test_what_is_written_here_stays_here(tmp_path: Path) -> None:
    root = next(line.split() for line in Path("/proc/mounts").read_text(encoding="utf-8").splitlines())
    assert root[2] == "overlay"
    (tmp_path / "file").write_text("here", encoding="utf-8")
