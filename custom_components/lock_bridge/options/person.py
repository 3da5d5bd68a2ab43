"""Steps of a person."""

from .base import OptionsBase


class PersonSteps(OptionsBase):
    """Steps of the flow."""
