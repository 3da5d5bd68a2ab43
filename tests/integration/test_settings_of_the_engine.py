"""The entities repeat what the engine takes for each setting; here both are laid side by side (APP-5)."""

from typing import Any

import pytest

from custom_components.lock_bridge.number import NUMBERS
from custom_components.lock_bridge.select import SELECTS
from custom_components.lock_bridge.switch import SWITCHES
from custom_components.lock_bridge.wire.commands import SetSettings
from lock_bridge import profiles
from lock_bridge.engine import settings as engine

OF_LOCKS = frozenset[str]().union(*(profiles.load(name).settings for name in profiles.names()))
WITHOUT_ENTITY = {"remote_unlock"}
"""It has a command of its own, with a scope of its own (VER-16)."""


def sent_by_switches() -> dict[str, set[Any]]:
    """Which values each switch sends for its setting."""
    sent: dict[str, set[Any]] = {}
    for switch in SWITCHES:
        if switch.key in OF_LOCKS - WITHOUT_ENTITY:
            for wanted in (True, False):
                kind, args = switch.order_fn(None, wanted)  # type: ignore[arg-type,misc]
                assert kind is SetSettings
                ((name, value),) = args["changes"].items()
                assert name == switch.key
                sent.setdefault(name, set()).add(value)
    return sent


def offered_by_selects() -> dict[str, tuple[str, ...]]:
    """What each select of a setting offers."""
    return {select.key: select.options_fn(None) for select in SELECTS if select.key in OF_LOCKS}  # type: ignore[arg-type]


@pytest.mark.spec("APP-5")
def test_every_setting_of_every_model_has_one_entity() -> None:
    entities = [*sent_by_switches(), *offered_by_selects(), *(number.key for number in NUMBERS)]
    assert sorted(entities) == sorted(OF_LOCKS - WITHOUT_ENTITY)


def test_a_setting_of_some_words_has_just_these() -> None:
    words = {name: set(options) for name, options in offered_by_selects().items()}
    words |= {name: values for name, values in sent_by_switches().items() if name in engine._CHOICES}
    assert words == {name: set(choices) for name, choices in engine._CHOICES.items()}


def test_a_setting_that_is_a_number_has_just_its_range() -> None:
    ranges = {number.key: (number.native_min_value, number.native_max_value, number.native_step) for number in NUMBERS}
    assert ranges == {name: (taken[0], taken[-1], taken.step) for name, taken in engine._RANGES.items()}


def test_every_other_setting_is_on_or_off() -> None:
    sent = {name: values for name, values in sent_by_switches().items() if name not in engine._CHOICES}
    assert sent.keys() == OF_LOCKS - WITHOUT_ENTITY - engine._CHOICES.keys() - engine._RANGES.keys()
    assert all(values == {True, False} for values in sent.values())
