"""Taking one's leave: the bridge forgets a client that will not come back."""

import logging
from typing import Final

from custom_components.lock_bridge.wire.errors import LockBridgeError

from .errors import ClientError
from .transport import Transport

_LOGGER = logging.getLogger(__name__)

PATH: Final = "/api/clients/me"


async def leave(transport: Transport, token: str) -> bool:
    """Have the bridge take `token` back; whether it did. If it is away, the token lives on there."""
    try:
        await transport.delete(PATH, token)
    except (ClientError, LockBridgeError) as err:
        _LOGGER.debug("The bridge at %s was not told: %s", transport.address, err)
        return False
    return True
