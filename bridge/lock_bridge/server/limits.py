"""How much a stranger, and how much a client, may ask in a while."""

import asyncio
import ipaddress
from collections import Counter, deque
from typing import Final

from lock_bridge.clock import Clock

UNKNOWN_PER_ADDRESS: Final = 10
"""Requests without a valid token that one address gets a minute."""

UNKNOWN_OVERALL: Final = 60
"""And all addresses together."""

MINUTE_MS: Final = 60_000


REQUESTS_PER_S: Final = 50
REQUESTS_AT_ONCE: Final = 100
"""REST requests of one client."""


class ClientLimit:
    """Requests of paired clients, each by itself."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._buckets: dict[str, Bucket] = {}

    def allow(self, client_id: str) -> bool:
        """Count a request of a client, unless there were too many."""
        if (bucket := self._buckets.get(client_id)) is None:
            bucket = Bucket(self._clock, per_second=REQUESTS_PER_S, burst=REQUESTS_AT_ONCE)
            self._buckets[client_id] = bucket
        return bucket.has(1)


class StrangerLimit:
    """Requests that carry no valid token. What is refused doesn't count, so that waiting a minute always helps."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._recent: deque[tuple[int, str]] = deque()
        self._by_address: Counter[str] = Counter()

    def allow(self, address: str) -> bool:
        """Count a request of `address`, unless there were too many."""
        now = self._clock.now().mono_ms
        while self._recent and self._recent[0][0] <= now - MINUTE_MS:
            _, old = self._recent.popleft()
            self._by_address[old] -= 1
            if not self._by_address[old]:
                del self._by_address[old]
        source = network(address)
        if len(self._recent) >= UNKNOWN_OVERALL or self._by_address[source] >= UNKNOWN_PER_ADDRESS:
            return False
        self._recent.append((now, source))
        self._by_address[source] += 1
        return True


class Bucket:
    """A token bucket: `burst` at once, then `per_second`. Who asks for more has to wait."""

    def __init__(self, clock: Clock, *, per_second: float, burst: float) -> None:
        self._clock = clock
        self._rate = per_second / 1000
        self._burst = burst
        self._left = burst
        self._at_ms = clock.now().mono_ms

    def take(self, cost: float) -> int:
        """Take `cost`, and say how many ms to wait before going on (0: none)."""
        self._fill()
        self._left -= cost
        return 0 if self._left >= 0 else round(-self._left / self._rate) + 1

    def has(self, cost: float) -> bool:
        """Take `cost` if there is so much."""
        self._fill()
        if self._left < cost:
            return False
        self._left -= cost
        return True

    def _fill(self) -> None:
        now = self._clock.now().mono_ms
        self._left = min(self._burst, self._left + (now - self._at_ms) * self._rate)
        self._at_ms = now


async def pause(clock: Clock, ms: int) -> None:
    """Wait `ms` of the clock's time."""
    done = asyncio.get_running_loop().create_future()
    handle = clock.call_later(ms, lambda: None if done.done() else done.set_result(None))
    try:
        await done
    finally:
        handle.cancel()


def network(address: str) -> str:
    """What counts as one source: an IPv4 address, or the /64 that one IPv6 host has to itself."""
    try:
        parsed = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return address
    if isinstance(parsed, ipaddress.IPv4Address):
        return str(parsed)
    if parsed.ipv4_mapped:
        return str(parsed.ipv4_mapped)
    return str(ipaddress.ip_network((parsed, 64), strict=False))
