"""Steps of a person's credentials."""

from .base import OptionsBase


class CredentialSteps(OptionsBase):
    """Steps of the flow."""
