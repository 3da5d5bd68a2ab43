"""The ports of a module: each is a reader of its own to the lock."""

from collections.abc import Collection
from typing import override

from lock_bridge.hardware.ports import FaceReader, Health, Report, TemplateReader
from lock_bridge.wire.words import CredentialType

from .driver import EfaaModule


class EfaaReader(TemplateReader):
    """Palm veins, or whatever else a module of the family reads."""

    def __init__(self, module: EfaaModule, kind: CredentialType) -> None:
        """Raises `PartError` when the module serves that kind already."""
        self.module = module
        self._kind = kind
        module.attach(kind)

    @property
    def health(self) -> Health:
        """How the module is now."""
        return self.module.health

    @override
    async def start(self, report: Report) -> None:
        self.module.start(self._kind, report)

    @override
    async def stop(self) -> None:
        await self.module.stop(self._kind)

    @override
    async def enrol(self, slot: int, steps: int) -> None:
        await self.module.enrol(self._kind, slot, steps)

    @override
    async def cancel(self) -> None:
        await self.module.cancel(self._kind)

    @override
    async def delete(self, slots: Collection[int]) -> None:
        await self.module.delete(self._kind, slots)

    def trust(self) -> None:
        """Take the module that answers now as the right one: an administrator has said so."""
        self.module.trust()


class EfaaFaceReader(EfaaReader, FaceReader):
    """Faces, looked for only while that is asked for."""

    def __init__(self, module: EfaaModule) -> None:
        super().__init__(module, CredentialType.FACE)

    @override
    def look(self, on: bool) -> None:
        self.module.look(on)
