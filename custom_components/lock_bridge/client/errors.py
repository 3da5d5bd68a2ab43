"""What can go wrong on the way, sorted by what to do about it. What the bridge itself says is `LockBridgeError`."""

from collections.abc import Mapping
from typing import Any, Final

from custom_components.lock_bridge.wire.errors import ErrorCode, LockBridgeError


class ClientError(Exception):
    """Anything that is not the bridge's own answer."""


class CannotConnect(ClientError):
    """Nobody is there: refused, unreachable, or a name that leads nowhere. Dial again."""


class NoAnswer(CannotConnect):
    """Somebody took the call and said nothing in time. Dial again."""


class LinkLost(ClientError):
    """The connection ended before the answer came: what was asked may or may not have been done."""


class NotABridge(ClientError):
    """What answers does not speak the bridge's language. Look at the address."""


class CertificateChanged(ClientError):
    """What answers shows another certificate than the paired one. It is not to be trusted without pairing again."""


def refusal(data: Mapping[str, Any]) -> LockBridgeError:
    """The bridge's error as it came. Before pairing it may be anybody's, so nothing in it is taken for granted."""
    message, detail = data.get("message"), data.get("detail")
    told = {
        "code": str(data.get("code", ErrorCode.INTERNAL))[:_LONGEST],
        "message": message[:_LONGEST] if isinstance(message, str) else None,
        "detail": detail if isinstance(detail, dict) else {},
    }
    return LockBridgeError.from_json(told)


REFUSALS: Final = frozenset({ErrorCode.UNAUTHORIZED, ErrorCode.FORBIDDEN})


def is_refusal(error: Exception) -> bool:
    """Whether dialling again cannot help until a person has done something."""
    return isinstance(error, CertificateChanged) or (isinstance(error, LockBridgeError) and error.code in REFUSALS)


_LONGEST: Final = 200
