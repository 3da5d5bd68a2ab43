"""Steps of a person's passcodes."""

from .base import OptionsBase


class PasscodeSteps(OptionsBase):
    """Steps of the flow."""
