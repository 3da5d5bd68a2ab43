"""What the doctor says of one thing."""

from dataclasses import dataclass
from typing import Any, Literal

type Level = Literal["ok", "note", "wrong"]
type Status = dict[str, Any] | None
"""What a running bridge says of itself (`service.status`); None: none runs."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at: what, whether it is right, and a sentence with what to do if it is not."""

    level: Level
    about: str
    text: str
