"""Steps of a person's visitors."""

from .base import OptionsBase


class VisitorSteps(OptionsBase):
    """Steps of the flow."""
