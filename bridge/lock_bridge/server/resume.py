"""Where a client that has been away goes on in the journal."""

import asyncio
import logging
from collections.abc import Callable

from lock_bridge.engine.model import Fact
from lock_bridge.wire.messages import Gap, Hello
from lock_bridge.wire.words import EventType

from .contract import BridgeLike

_LOGGER = logging.getLogger(__name__)


class Resume:
    """Compares what a client knows with the journal as it is."""

    def __init__(self, bridge: BridgeLike, on_renewed: Callable[[], None]) -> None:
        self._bridge = bridge
        self._on_renewed = on_renewed
        self._renewed = False
        self._renewing = asyncio.Lock()

    async def after(self, hello: Hello) -> tuple[int | None, Gap | None]:
        """After which event the client goes on (None: at the head), and what it will not be told.

        What was trimmed since then is no matter here: `Follower` tells it where it is missing. A client of another
        epoch goes on with the event that began this one. Raises `StoreError`.
        """
        store = self._bridge.store
        if hello.last_seq is None:
            return None, None
        if hello.epoch == store.epoch and hello.last_seq > store.head:
            await self._rolled_back(hello.last_seq)
        if hello.epoch != store.epoch:
            restored = await store.query(types=(EventType.RESTORED,), limit=1)
            last = restored[0].seq - 1 if restored else 0
            return last, Gap(epoch=store.epoch, first=1, last=last)
        if hello.last_seq > store.head:
            return store.head, Gap(epoch=store.epoch, first=store.head + 1, last=store.head)
        return hello.last_seq, None

    async def _rolled_back(self, known: int) -> None:
        """A client knows events that aren't there: somebody has put back an old file by hand.

        Other clients may know such numbers too, without a way to see it; another epoch tells them. Once for each start,
        for only then can it have happened, and a client that makes numbers up must not disturb the others twice.
        """
        async with self._renewing:
            if self._renewed:
                return
            self._renewed = True
            _LOGGER.error(
                "A client knows event %s, the journal ends at %s: begins a new epoch", known, self._bridge.store.head
            )
            await self._bridge.store.renew_epoch()
            await self._bridge.record(Fact(EventType.RESTORED, reason="rolled_back"))
            self._on_renewed()
