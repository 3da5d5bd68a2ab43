"""The simulated door's keypad and contacts, for the contracts of their ports."""

import shlex

from lock_bridge.engine.effects import Light
from lock_bridge.hardware.ports import Handle, Key, Reading
from lock_bridge.wire.words import Part
from tests.hardware.simulated_rig import Rig


class _Simulated:
    def __init__(self, profile: str) -> None:
        self._rig = Rig(profile)
        self._at_rest = True

    def heard(self) -> list[Reading]:
        return self._rig.heard()

    async def advance(self, ms: int) -> None:
        self._rig.clock.advance(ms)

    async def settle(self) -> None:
        """It has said all that it had to say."""

    async def _do(self, words: str) -> None:
        await self._rig.door.do(shlex.split(words))


class SimulatedKeypadRig(_Simulated):
    """Fingers on its keys, eyes on its lights."""

    def __init__(self, profile: str = "palm6068") -> None:
        super().__init__(profile)
        self.port = self._rig.door.keypad

    async def start(self) -> None:
        await self.port.start(self._rig.reports.append)

    async def stop(self) -> None:
        await self.port.stop()

    async def press(self, key: Key) -> None:
        self.port.press(key)

    async def release(self, key: Key) -> None:
        self.port.release(key)

    async def unplug(self) -> None:
        self.port.unplug(Part.KEYPAD)

    async def plug(self) -> None:
        self.port.plug(Part.KEYPAD)

    def shining(self) -> set[str]:
        light: Light = self._rig.door.site.senses.light
        return {*light.keys, *light.flashing, *(lamp.value for lamp in light.lamps)}


class SimulatedContactsRig(_Simulated):
    """Hands on door, handles and knob."""

    parts = (Part.DOOR, Part.TAMPER)

    def __init__(self, profile: str = "l2s") -> None:
        super().__init__(profile)
        self.port = self._rig.door.contacts

    async def start(self) -> None:
        await self.port.start(self._rig.reports.append)

    async def stop(self) -> None:
        await self.port.stop()

    async def unplug(self) -> None:
        for part in self.parts:
            self.port.unplug(part)

    async def plug(self) -> None:
        for part in self.parts:
            self.port.plug(part)

    async def door(self, *, open: bool) -> None:
        self._rig.door.world.door_open = open
        self.port.tell_door()

    async def tamper(self, *, off: bool) -> None:
        await self._do(f"tamper {'on' if off else 'off'}")

    async def knob(self, *, on: bool) -> None:
        await self._do(f"knob {'on' if on else 'off'}")

    async def peephole(self, *, on: bool) -> None:
        await self._do(f"peephole {'on' if on else 'off'}")

    async def handle(self, handle: Handle) -> None:
        await self._do(f"handle {HANDLE_WORDS[handle]}")

    async def use_inside_handle(self) -> None:
        await self._do("handle inside")


HANDLE_WORDS = {Handle.REST: "rest", Handle.LIFTED: "lift", Handle.PRESSED: "press"}
