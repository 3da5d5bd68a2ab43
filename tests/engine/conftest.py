"""Locks to test with, each with Anna, its administrator, who has just been enrolled."""

import pytest

from tests.engine.lock import Lock

ANNA = "482913"
BEN = "7305148"


def lock_with_anna(profile: str) -> Lock:
    """A locked door; Anna's passcode is `ANNA`."""
    lock = Lock(profile)
    lock.add("Anna", ANNA, admin=True)
    lock.listen()
    return lock


@pytest.fixture(params=["palm6068", "dl50fvs", "l2s"])
def lock(request: pytest.FixtureRequest) -> Lock:
    """What holds for every model is shown on each."""
    return lock_with_anna(request.param)


@pytest.fixture(params=["palm6068", "dl50fvs"])
def numbered(request: pytest.FixtureRequest) -> Lock:
    """What holds where users have numbers."""
    return lock_with_anna(request.param)


@pytest.fixture(params=["palm6068", "dl50fvs"])
def driven(request: pytest.FixtureRequest) -> Lock:
    """What holds where a motor moves the bolt itself."""
    return lock_with_anna(request.param)


@pytest.fixture
def palm() -> Lock:
    return lock_with_anna("palm6068")


@pytest.fixture
def dl50() -> Lock:
    return lock_with_anna("dl50fvs")


@pytest.fixture
def l2s() -> Lock:
    return lock_with_anna("l2s")
