"""Parts of the kernel's, each gone when its test is over."""

from collections.abc import Iterator

import pytest

from tests.vm.parts.gpio_sim import SimChip

LINES = ("IN1", "IN2", "EN", "THROWN", "RETRACTED", "DOOR", "TAMPER", "BELL", "RELAY", "LATCH")


@pytest.fixture
def chip() -> Iterator[SimChip]:
    """With lines for a whole door; all of them low at first."""
    chip = SimChip("pinctrl-guest", LINES)
    yield chip
    chip.remove()
