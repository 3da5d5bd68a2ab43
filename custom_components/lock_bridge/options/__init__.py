"""What "Configure" at the bridge offers: people and what they open the door with, and the lock entity's code.

Nothing of it is kept here: the bridge is asked and told at each step, so that forms of two administrators, and the menu
at the door, always meet over the same people.
"""

from .credentials import CredentialSteps
from .enrolment import EnrolmentSteps
from .lock_code import LockCodeSteps
from .locks import LocksSteps
from .menu import MenuSteps
from .passcodes import PasscodeSteps
from .person import PersonSteps
from .schedule import ScheduleSteps
from .visitors import VisitorSteps

__all__ = ["LockBridgeOptionsFlow"]


class LockBridgeOptionsFlow(
    MenuSteps,
    PersonSteps,
    ScheduleSteps,
    LocksSteps,
    LockCodeSteps,
    PasscodeSteps,
    EnrolmentSteps,
    VisitorSteps,
    CredentialSteps,
):
    """The flow behind "Configure"."""
