"""Where somebody is in the lock's menu, between two keys."""

from dataclasses import dataclass, field
from enum import StrEnum

from lock_bridge.wire.words import CredentialType, Role

from .model import Credential, User


class Stage(StrEnum):
    """What the menu waits for."""

    DIRECTION_ASKED = "direction_asked"
    DIRECTION = "direction"
    FIRST = "first"
    VERIFY = "verify"
    TOP = "top"
    KINDS = "kinds"
    PASSCODE = "passcode"
    PASSCODE_AGAIN = "passcode_again"
    ENROLLING = "enrolling"
    ENROLLED = "enrolled"
    NUMBER = "number"
    CONFIRM = "confirm"
    INFORMATION = "information"


@dataclass(frozen=True, slots=True)
class Menu:
    """An open menu. Nothing of it lasts: it goes with the idle time and with the power (MNU-1)."""

    stage: Stage
    opened_by: Credential | None = None
    """What opened it; None in the initial state."""
    user_id: str | None = None
    """Who opened it."""
    action: str = ""
    """The item or short code under way."""
    role: Role | None = None
    """What a new user will be."""
    for_user: str | None = None
    """Whose next credential is enrolled (DLM-6)."""
    new_user: User | None = None
    """Who is being made; she is kept with her first credential."""
    kind: CredentialType | None = None
    """What is enrolled, deleted or cleared."""
    enrolment: str | None = None
    """The id of the enrolment that the menu waits for."""
    typed: str = field(default="", repr=False)
    first: str = field(default="", repr=False)
    """A new passcode, typed once."""
    number: int | None = None
    """What is to be deleted."""

    @property
    def asks_anybody(self) -> bool:
        """Whether it is the first start's question, which waits without anybody at the door (DLM-1)."""
        return self.user_id is None and self.stage in (Stage.DIRECTION_ASKED, Stage.DIRECTION, Stage.FIRST)
