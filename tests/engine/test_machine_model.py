"""Any life of a lock, step by step beside a plain model of it: people, menus, entries, time, doors, faults, power cuts.

What has to hold after each step is said in `machine/base.py`.
"""

import os
from typing import Any

import pytest
from hypothesis import HealthCheck, settings

from tests.engine.machine.app import App
from tests.engine.machine.door import Front, Hands
from tests.engine.machine.menus import Menus
from tests.engine.machine.power import Power

LONG = os.environ.get("LOCK_BRIDGE_LONG") == "1"
STEPS = 100
LIVES = 7_600 if LONG else 190 if os.environ.get("CI") else 40
"""Of each model, with some 88 steps in each life: 2,000,000 steps of all three in a long run, 50,000 in CI."""


class Life(App, Front, Hands, Menus, Power):
    """All rules at once."""

    profile = "palm6068"


class LifeOfL2s(Life):
    profile = "l2s"


class LifeOfDl50fvs(Life):
    profile = "dl50fvs"


def case(machine: type[Life]) -> Any:
    """The test of a machine."""
    found: Any = machine.TestCase
    found.settings = settings(
        max_examples=LIVES, stateful_step_count=STEPS, suppress_health_check=[HealthCheck.too_slow]
    )
    return pytest.mark.timeout(14_400 if LONG else 300)(found)


TestALifeOfPalm6068 = case(Life)
TestALifeOfL2s = case(LifeOfL2s)
TestALifeOfDl50fvs = case(LifeOfDl50fvs)
