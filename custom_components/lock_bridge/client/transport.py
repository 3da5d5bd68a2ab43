"""HTTPS to one bridge, pinned to its certificate. aiohttp's errors end here and ours begin."""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Final, override

import aiohttp
from yarl import URL

from custom_components.lock_bridge.wire.codec import Json
from custom_components.lock_bridge.wire.messages import MAX_FRAME

from .errors import CannotConnect, CertificateChanged, LinkLost, NoAnswer, NotABridge, refusal

CONNECT_S: Final = 5.0
"""For TCP and TLS together. A slow board needs a second; and a packet lost on the way is sent again within it."""

ANSWER_S: Final = 10.0

_LONGEST_LABEL: Final = 63
"""Of what stands between two dots of a host's name."""

_TIMEOUT: Final = aiohttp.ClientTimeout(total=ANSWER_S, sock_connect=CONNECT_S)


@dataclass(frozen=True, slots=True)
class Address:
    """Where a bridge is to be found."""

    host: str
    port: int

    def url(self, path: str) -> URL:
        """An address there. Always https: aiohttp looks at no pin of any other. Raises CannotConnect for no host."""
        try:
            url = URL.build(scheme="https", host=self.host, port=self.port, path=path)
        except ValueError as err:
            raise CannotConnect("this is not a host name or address") from err
        if not all(0 < len(label) <= _LONGEST_LABEL for label in (url.raw_host or "").removesuffix(".").split(".")):
            # Those who look names up each raise something else for these.
            raise CannotConnect("this is not a host name or address")
        return url

    @override
    def __str__(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


class Transport:
    """Requests to one bridge over connections that show one certificate, whose SHA-256 is `fingerprint`."""

    def __init__(self, session: aiohttp.ClientSession, address: Address, fingerprint: bytes) -> None:
        self.session = session
        self.address = address
        # One object for all requests: aiohttp keeps connections by its identity, a new one would mean a new handshake.
        self.pin = aiohttp.Fingerprint(fingerprint)

    @property
    def fingerprint(self) -> bytes:
        """SHA-256 of the certificate (DER) that is trusted."""
        return self.pin.fingerprint

    async def get(self, path: str) -> Json:
        """What the bridge says at `path`. Raises ClientError or LockBridgeError."""
        return await self._request("GET", path)

    async def post(self, path: str, body: Mapping[str, Any]) -> Json:
        """The bridge's answer to `body`. Raises ClientError or LockBridgeError."""
        return await self._request("POST", path, json=body)

    async def delete(self, path: str, token: str) -> Json:
        """The bridge's answer to a client that shows its token. Raises ClientError or LockBridgeError."""
        return await self._request("DELETE", path, headers=authorization(token))

    async def _request(self, method: str, path: str, **options: Any) -> Json:
        url = self.address.url(path)
        with client_errors():
            async with self.session.request(
                method, url, ssl=self.pin, allow_redirects=False, timeout=_TIMEOUT, **options
            ) as response:
                status, data = response.status, _json(await _read(response))
        if status == HTTPStatus.OK:
            return data
        raise _refusal(data)


def authorization(token: str) -> Mapping[str, str]:
    """The header by which a client is known."""
    return {"Authorization": f"Bearer {token}"}


async def certificate_fingerprint(session: aiohttp.ClientSession, address: Address) -> bytes:
    """SHA-256 of the certificate (DER) that is shown at `address`. Nothing is sent there. Raises ClientError."""
    # No certificate has a SHA-256 of zeros: aiohttp refuses the connection before any request, and says what it got.
    unknown = aiohttp.Fingerprint(bytes(32))
    with client_errors():
        try:
            await session.head(address.url("/"), ssl=unknown, allow_redirects=False, timeout=_TIMEOUT)
        except aiohttp.ServerFingerprintMismatch as err:
            return err.got
    raise NotABridge("no certificate was shown")


@contextmanager
def client_errors() -> Iterator[None]:
    """Let aiohttp's errors leave as this package's."""
    try:
        yield
    except aiohttp.ServerFingerprintMismatch as err:
        raise CertificateChanged("another certificate than the paired one") from err
    except aiohttp.ConnectionTimeoutError as err:
        raise CannotConnect("nobody answers there") from err
    except TimeoutError as err:
        raise NoAnswer("no answer in time") from err
    except aiohttp.ClientSSLError as err:
        raise NotABridge("what answers there does not speak TLS as the bridge does") from err
    except (aiohttp.ClientConnectorError, aiohttp.InvalidURL) as err:
        raise CannotConnect("nobody is there") from err
    except (aiohttp.ClientConnectionError, aiohttp.ClientPayloadError, ConnectionError) as err:
        raise LinkLost("the connection ended before the answer") from err
    except aiohttp.ClientError as err:
        raise NotABridge("the answer is not HTTP as the bridge speaks it") from err


async def _read(response: aiohttp.ClientResponse) -> bytes:
    body = bytearray()
    async for chunk in response.content.iter_any():
        body += chunk
        if len(body) > MAX_FRAME:
            raise NotABridge("the answer is too long")
    return bytes(body)


def _json(body: bytes) -> Json:
    try:
        data = json.loads(body)
    except ValueError, RecursionError:
        data = None
    if not isinstance(data, dict):
        raise NotABridge("the answer is not JSON")
    return data


def _refusal(data: Json) -> Exception:
    error = data.get("error")
    if isinstance(error, dict) and isinstance(error.get("code"), str):
        return refusal(error)
    return NotABridge("the answer is no refusal as the bridge gives it")
