"""Steps of a person."""

from .base import OptionsBase


class LocksSteps(OptionsBase):
    """Steps of the flow."""
