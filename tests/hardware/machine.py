"""A machine for parts that are built from a config: no GPIO but what a test gives, and memories that last as long."""

from pathlib import Path

from lock_bridge.clock import ManualClock
from lock_bridge.hardware.build import Machine
from lock_bridge.hardware.gpio.lines import Lines
from lock_bridge.hardware.memory import Forgetful, PartMemory
from tests.hardware.emulators.gpio import FakeLines


def machine(folder: Path, lines: Lines | None = None) -> Machine:
    """With `folder` for its data. A part that is built again finds what it has remembered."""
    memories: dict[tuple[str, str], PartMemory] = {}
    return Machine(
        data=folder,
        lines=lines or FakeLines(ManualClock()),
        memory=lambda lock, port: memories.setdefault((lock, port), Forgetful()),
    )
