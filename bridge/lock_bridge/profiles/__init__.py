"""The lock models that come with the bridge: a TOML file each."""

import tomllib
from functools import cache
from importlib.resources import files

from lock_bridge.engine.profile import Profile


def names() -> tuple[str, ...]:
    """The ids of all profiles."""
    return tuple(
        sorted(item.name.removesuffix(".toml") for item in files(__name__).iterdir() if item.name.endswith(".toml"))
    )


@cache
def load(profile_id: str) -> Profile:
    """The profile of that id. Raises `KeyError` where there is none, `ProfileError` for wrong data."""
    if profile_id not in names():
        raise KeyError(profile_id)
    data = tomllib.loads((files(__name__) / f"{profile_id}.toml").read_text(encoding="utf-8"))
    return Profile.from_mapping({"id": profile_id, **data})
