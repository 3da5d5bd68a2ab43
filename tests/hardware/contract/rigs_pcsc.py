"""A PC/SC reader with a person before it, and a real pcscd behind it."""

import asyncio
import os
import random
from pathlib import Path
from typing import Any

import pytest

from lock_bridge.hardware.memory import Forgetful
from lock_bridge.hardware.pcsc import PcscReader, Settings
from tests.hardware.contract.rigs_card import CardRig
from tests.hardware.emulators.pcscd import ACR122U, Pcscd, VirtualCard, why_not

OTHER = "SCM Microsystems uTrust 3700 F"


def needs_pcscd() -> None:
    """Skip, and say why, where there is none; in CI that is a failure."""
    if (reason := why_not()) is None:
        return
    if os.environ.get("CI") in {"true", "1"}:
        pytest.fail(f"{reason}, and CI skips nothing")
    pytest.skip(reason)


class PcscCardRig(CardRig):
    """A reader of the smart card service, chosen as the only one."""

    port: PcscReader

    def __init__(self, folder: Path, *, edge_ms: int = 0, **settings: Any) -> None:
        needs_pcscd()
        super().__init__()
        self.pcscd = Pcscd(folder)
        self.memory = Forgetful()
        self.slept: list[float] = []
        self.card: VirtualCard | None = None
        self.readers: tuple[str, ...] = (ACR122U,)
        self._settings = Settings(**settings)
        self._edge_ms = edge_ms
        self._slept = asyncio.Event()
        self.port = self._reader()

    def _reader(self) -> PcscReader:
        return PcscReader(
            self._settings, self.memory, sleep=self._sleep, jitter=random.Random(1), edge_ms=self._edge_ms
        )

    async def prepare(self) -> None:
        await self.pcscd.open()
        await self.pcscd.start(*self.readers)

    async def restart_bridge(self) -> None:
        """The bridge starts anew; what it has written down is still there."""
        await self.stop()
        self.port = self._reader()
        await self.start()

    async def restart_service(self, *readers: str) -> None:
        """Another pcscd, with these readers."""
        if self.card is not None:
            await self.card.leave()
        await self.pcscd.stop()
        self.readers = readers
        await self.pcscd.start(*readers)

    async def close(self) -> None:
        await self.stop()
        if self.card is not None:
            await self.card.leave()
        await self.pcscd.close()

    async def settle(self) -> None:
        if self.port.health.state == "trouble":
            for _ in range(3):
                self._slept.clear()
                async with asyncio.timeout(10):
                    await self._slept.wait()
        else:
            # pcscd looks at its readers every 0.4 s; what comes of it is known once a change after that has been seen.
            await self.until(lambda: (self.port._lying is not None) == (self.card is not None))

    async def present(self, uid: bytes | None) -> None:
        await self.lay(VirtualCard(uid))

    async def lay(self, card: VirtualCard) -> None:
        """This card."""
        self.card = card
        await self.pcscd.lay(card, self.readers[0])

    async def remove(self) -> None:
        assert self.card is not None
        await self.card.leave()
        self.card = None
        await self.settle()

    async def unplug(self) -> None:
        await self.restart_service()

    async def plug(self) -> None:
        await self.restart_service(ACR122U)

    async def exchange(self) -> None:
        await self.restart_service(OTHER)

    async def put_back(self) -> None:
        await self.restart_service(ACR122U)

    async def until(self, true: Any) -> None:
        """Wait for something that the reader's thread brings about."""
        async with asyncio.timeout(15):
            while not true():  # noqa: ASYNC110 - it comes from another thread
                await asyncio.sleep(0.01)

    async def _sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self._slept.set()
        await asyncio.sleep(0.01)
