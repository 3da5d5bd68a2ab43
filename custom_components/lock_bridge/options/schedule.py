"""Steps of a person."""

from .base import OptionsBase


class ScheduleSteps(OptionsBase):
    """Steps of the flow."""
