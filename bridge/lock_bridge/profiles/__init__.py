"""The lock models that come with the bridge, a TOML file each; and those that somebody has written himself."""

import re
import tomllib
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Final

from lock_bridge.engine.profile import Profile, ProfileError

_ID: Final = re.compile(r"[a-z][a-z0-9_]{0,31}")
_MAX_FILE: Final = 64 * 1024


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


def read(file: Path) -> Profile:
    """The profile of a file of one's own; its id is the file's name. Raises `ProfileError`."""
    if not _ID.fullmatch(file.stem) or file.stem in names():
        raise ProfileError(
            f"the file's name is the model's id: a word of a-z, 0-9 and _ that begins with a letter, and none of "
            f"{', '.join(names())}"
        )
    try:
        with file.open("rb") as opened:
            raw = opened.read(_MAX_FILE + 1)
    except OSError as error:
        raise ProfileError(f"{file} cannot be read: {error.strerror}") from None
    if len(raw) > _MAX_FILE:
        raise ProfileError(f"{file} is larger than {_MAX_FILE // 1024} KB, so it is no profile")
    try:
        data = tomllib.loads(raw.decode())
    except ValueError, RecursionError:
        raise ProfileError(f"{file} is no TOML in UTF-8") from None
    return Profile.from_mapping({**data, "id": file.stem})
