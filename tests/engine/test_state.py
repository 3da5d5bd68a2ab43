"""The lock's state as a value: a change makes a new one, and only of what there is."""

from dataclasses import FrozenInstanceError, replace

import pytest

from tests.engine.lock import Lock


def test_a_change_gives_what_replacing_gives_and_leaves_the_old_state_alone(lock: Lock) -> None:
    lock.press("back", "1")
    before = lock.state
    after = before.with_changes({"awake": False, "entry": ""})
    assert after == replace(before, awake=False, entry="")
    assert (before.awake, before.entry) == (True, "1")
    assert after != before
    assert before.with_changes({}) == before


def test_what_a_state_does_not_have_cannot_be_changed(lock: Lock) -> None:
    with pytest.raises(TypeError, match="has no asleep"):
        lock.state.with_changes({"asleep": True})


def test_a_state_cannot_be_changed_in_place(lock: Lock) -> None:
    with pytest.raises(FrozenInstanceError):
        lock.state.awake = True  # type: ignore[misc]
