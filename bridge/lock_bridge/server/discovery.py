"""How the bridge is found: zeroconf says which bridge is where. That is a hint; the certificate is the proof."""

import asyncio
import ipaddress
import logging
import socket
from collections.abc import Sequence
from typing import Final

import zeroconf
from zeroconf import Error, InterfaceChoice, IPVersion
from zeroconf.asyncio import AsyncServiceInfo, AsyncZeroconf

from lock_bridge.wire.model import BridgeInfo
from lock_bridge.wire.words import SERVICE_TYPE

_LOGGER = logging.getLogger(__name__)

_STOP_S: Final = 0.7
"""Saying goodbye takes zeroconf a third of a second; a dead network must not hold up the stop."""


class Discovery:
    """Announces one service. A network that refuses it is logged; the bridge serves on."""

    def __init__(self, info: BridgeInfo, host: str, port: int, interfaces: Sequence[str]) -> None:
        addresses = _addresses(host, interfaces)
        self._service = service(info, port, addresses)
        self._ip_version = IPVersion.V6Only if all(":" in address for address in addresses) else IPVersion.V4Only
        self._interfaces = list(interfaces) or ([host] if _is_one(host) else InterfaceChoice.All)
        self._zeroconf: AsyncZeroconf | None = None

    async def start(self) -> None:
        """Announce the service."""
        try:
            self._zeroconf = AsyncZeroconf(interfaces=self._interfaces, ip_version=self._ip_version)
            # The name holds the bridge's id: nobody else has it, so there is no need to ask around first.
            announced = await self._zeroconf.async_register_service(
                self._service, allow_name_change=True, cooperating_responders=True
            )
            await announced
        except (OSError, Error) as err:
            _LOGGER.warning("The bridge cannot be found by zeroconf: %s. Enter its address by hand.", err)

    async def stop(self) -> None:
        """Say that the service is gone."""
        if self._zeroconf is None:
            return
        try:
            async with asyncio.timeout(_STOP_S):
                await self._zeroconf.async_unregister_all_services()
                await self._zeroconf.async_close()
        except (OSError, Error, TimeoutError) as err:
            _LOGGER.debug("Zeroconf has not ended well: %s", type(err).__name__)
        self._zeroconf = None


def service(info: BridgeInfo, port: int, addresses: Sequence[str]) -> AsyncServiceInfo:
    """What is announced."""
    return AsyncServiceInfo(
        SERVICE_TYPE,
        f"lock-bridge-{info.id}.{SERVICE_TYPE}",
        port=port,
        addresses=[socket.inet_pton(_family(address), address) for address in addresses],
        properties={"id": info.id, "api": str(info.api), "name": info.name},
        server=f"lock-bridge-{info.id}.local.",
    )


def _addresses(host: str, interfaces: Sequence[str]) -> Sequence[str]:
    """Where clients are told to come to."""
    if _is_one(host):
        return [host]
    own: list[str] = list(interfaces) or zeroconf.get_all_addresses()  # type: ignore[attr-defined] # not in its __all__
    return [address for address in own if not ipaddress.ip_address(address).is_loopback] or own


def _is_one(host: str) -> bool:
    try:
        return not ipaddress.ip_address(host).is_unspecified
    except ValueError:
        return False


def _family(address: str) -> socket.AddressFamily:
    return socket.AF_INET6 if ":" in address else socket.AF_INET
