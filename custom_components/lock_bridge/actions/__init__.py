"""What automations, scripts and people may ask of a lock beside its bolt, named and shaped as Z-Wave's locks have it.

They are no entity services: those leave out a lock that is not available without a word, and hold up `lock.unlock`.
Who may read a lock's state may read who is on it and what happened there; to change anything takes an administrator,
or an automation.
"""

from homeassistant.core import HomeAssistant, callback

from .action import Action, async_register
from .codes import ACTIONS as _CODES
from .credentials import ACTIONS as _CREDENTIALS
from .information import ACTIONS as _INFORMATION
from .people import ACTIONS as _PEOPLE

ACTIONS: tuple[Action, ...] = (*_INFORMATION, *_PEOPLE, *_CREDENTIALS, *_CODES)


@callback
def async_setup_actions(hass: HomeAssistant) -> None:
    """Make all of them known, whether a bridge is set up or not."""
    for action in ACTIONS:
        async_register(hass, action)
