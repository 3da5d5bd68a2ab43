"""Steps of a person."""

from .base import OptionsBase


class LockCodeSteps(OptionsBase):
    """Steps of the flow."""
