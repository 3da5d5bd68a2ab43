"""What is shown once and never again: a passcode or key that the bridge has made, as text and as a QR to hand on."""

from collections.abc import Mapping
from typing import Any, Final

import voluptuous as vol
from homeassistant.config_entries import ConfigFlowResult
from homeassistant.helpers.selector import (
    QrCodeSelector,
    QrCodeSelectorConfig,
    QrErrorCorrectionLevel,
    TextSelector,
    TextSelectorConfig,
)

from .base import Input
from .doors import DoorSteps

_LINE: Final = TextSelector(TextSelectorConfig(autocomplete="off"))
_LINES: Final = TextSelector(TextSelectorConfig(multiline=True, autocomplete="off"))
_QR_SCALE: Final = 4


class OnceSteps(DoorSteps):
    """A form that has a secret in it. The flow itself keeps none: it is gone with the form."""

    def show_once(self, step_id: str, message: str, secret: Mapping[str, str], **placeholders: str) -> ConfigFlowResult:
        """The form: `secret` by its field, and the message to hand on, also for a camera. Fields can be copied from."""
        code = QrCodeSelector(
            QrCodeSelectorConfig(data=message, scale=_QR_SCALE, error_correction_level=QrErrorCorrectionLevel.MEDIUM)
        )
        fields: dict[vol.Marker, Any] = {
            **{vol.Optional(field): _LINE for field in secret},
            vol.Optional("message"): _LINES,
            vol.Optional("qr"): code,
        }
        return self.show(step_id, fields, {**secret, "message": message}, **placeholders)

    async def shown_once(self, user_input: Input) -> ConfigFlowResult:
        """The step of such a form: it stays until it is put away."""
        if user_input is None and self.cur_step is not None:
            return self.cur_step
        return await self.back()
