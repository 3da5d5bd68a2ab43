"""Pairing: from a code that somebody reads at the bridge to a token and a certificate to hold it to."""

import re
from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Final

import aiohttp

from custom_components.lock_bridge.wire.codec import decode
from custom_components.lock_bridge.wire.errors import ErrorCode, LockBridgeError
from custom_components.lock_bridge.wire.model import BridgeInfo
from custom_components.lock_bridge.wire.pairing import (
    ConfirmationFailed,
    FinishReply,
    PairingClient,
    PairingFailed,
    StartReply,
    normalise_code,
)
from custom_components.lock_bridge.wire.words import API_VERSION, Scope

from .errors import CertificateChanged, NotABridge
from .transport import Address, Transport, certificate_fingerprint

INFO_PATH = "/api/info"
START_PATH = "/api/pair/start"
FINISH_PATH = "/api/pair/finish"

_BRIDGE_ID: Final = re.compile(r"[0-9a-f]{16}")
"""A bridge's id is the beginning of whatever is named after it: no id may be another's with something behind it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pairing:
    """What a pairing leaves: whom to trust, and by what token one is known there."""

    bridge_id: str
    client_id: str
    scopes: frozenset[Scope]
    fingerprint: bytes
    token: str = field(repr=False)


async def look_up(session: aiohttp.ClientSession, address: Address) -> BridgeInfo:
    """What the bridge at `address` says to anybody, proved by nothing. Raises ClientError, LockBridgeError."""
    transport = Transport(session, address, await certificate_fingerprint(session, address))
    info = _info(await transport.get(INFO_PATH))
    if info.api != API_VERSION:
        raise LockBridgeError(ErrorCode.VERSION_UNSUPPORTED, {"api": info.api})
    return info


async def is_bridge(transport: Transport) -> bool:
    """Whether the bridge with this certificate is there. Raises ClientError if nobody can be asked."""
    try:
        await transport.get(INFO_PATH)
    except CertificateChanged, NotABridge, LockBridgeError:
        return False
    return True


async def pair(
    session: aiohttp.ClientSession, address: Address, code: str, client_name: str, scopes: Collection[Scope]
) -> Pairing:
    """Pair with the bridge at `address` by the code that it shows.

    Raises MalformedCode before anything is sent, LockBridgeError (`pairing_closed`, `pairing_refused`,
    `pairing_limit`), ClientError. A certificate that is not the bridge's own ends as `pairing_refused`, like a wrong
    code: the two look alike.
    """
    code = normalise_code(code)
    transport = Transport(session, address, await certificate_fingerprint(session, address))
    client = PairingClient(code, transport.fingerprint, client_name, sorted(scopes))
    try:
        start = StartReply.from_json(await transport.post(START_PATH, client.start().to_json()))
        finish = FinishReply.from_json(await transport.post(FINISH_PATH, client.on_start_reply(start).to_json()))
        grant = client.on_finish_reply(finish)
    except ConfirmationFailed as err:
        raise LockBridgeError(ErrorCode.PAIRING_REFUSED) from err
    except PairingFailed as err:
        raise NotABridge("what answers there does not pair as the bridge does") from err
    return _granted(grant, start.device_id, transport.fingerprint)


def _granted(grant: dict[str, object], device_id: str, fingerprint: bytes) -> Pairing:
    token, client_id, scopes = grant.get("token"), grant.get("client_id"), grant.get("scopes")
    if not (isinstance(token, str) and isinstance(client_id, str) and isinstance(scopes, list)):
        raise NotABridge("the grant lacks what the client needs")
    if not _BRIDGE_ID.fullmatch(device_id):
        raise NotABridge("no bridge has such an id")
    return Pairing(
        # The handshake has proved this id, so it is the bridge's name from here on.
        bridge_id=device_id,
        client_id=client_id,
        scopes=frozenset(Scope(scope) for scope in scopes if scope in set(Scope)),
        fingerprint=fingerprint,
        token=token,
    )


def _info(data: dict[str, object]) -> BridgeInfo:
    try:
        return decode(BridgeInfo, data, strict=False)
    except LockBridgeError as err:
        raise NotABridge("what answers there is not a bridge") from err
