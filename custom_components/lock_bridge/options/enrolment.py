"""Steps of a person's enrolment."""

from .base import OptionsBase


class EnrolmentSteps(OptionsBase):
    """Steps of the flow."""
