"""`Keypad` on an input device of Linux: keys by its events, lights by GPIO lines where they are wired."""

import asyncio
import errno
import os
from collections.abc import Callable, Mapping
from contextlib import suppress
from functools import partial
from types import MappingProxyType
from typing import Final

from lock_bridge.engine.effects import Lamp, Light
from lock_bridge.hardware.gpio.lamps import STEADY, Lamps
from lock_bridge.hardware.joint import Joint, health_of
from lock_bridge.hardware.pause import pause
from lock_bridge.hardware.ports import Health, Reading, Report
from lock_bridge.hardware.surroundings import Surroundings
from lock_bridge.hardware.trouble import PartError, Trouble, trouble_of
from lock_bridge.hardware.upkeep import Upkeep
from lock_bridge.wire.words import Part

from .about import BACKLIGHT, Options
from .device import Device, find, open_device
from .states import EVENT, TYPED, KeyStates

FLASH_MS: Final = 450
"""A key, or the pairing lamp: so many ms on, so many off."""

BLINK_MS: Final = 500
"""The infrared light, while a face is looked for (VER-5)."""

_RHYTHMS: Final[Mapping[str, int]] = MappingProxyType({Lamp.PAIRING: FLASH_MS, Lamp.INFRARED: BLINK_MS})

_AT_ONCE: Final = 256 * EVENT.size
"""More than the kernel keeps for us: 64 events of a keypad, or a few more."""

_LONGEST_S: Final = 10.0
"""Between two tries to open it: a keypad that is plugged in again is waited for by somebody at the door."""


class EvdevKeypad:
    """The port `Keypad`. Keys and lights fail each by themselves; both are the part `keypad`."""

    def __init__(
        self,
        options: Options,
        around: Surroundings,
        *,
        opener: Callable[[str], Device] = open_device,
        finder: Callable[[str], str] = find,
    ) -> None:
        self._options = options
        self._name = around.name
        self._opener = opener
        self._finder = finder
        self._keys = KeyStates(options.plain, options.shifted)
        self._report: Report | None = None
        self._served = False
        self._lost: asyncio.Future[None] | None = None
        sleep = partial(pause, around.clock)
        self._upkeep = Upkeep((Part.KEYPAD,), around.name, self._session, sleep=sleep, longest_s=_LONGEST_S)
        self._lamps: Lamps | None = None
        if options.lights:
            name = f"{around.name} lights"
            self._lamps = Lamps(around.lines, name, options.lights, around.clock, parts=(Part.KEYPAD,))

    @property
    def health(self) -> Health:
        """See `Attached`."""
        if self._lamps is None:
            return self._upkeep.health
        return health_of({"keys": self._upkeep.health, "lights": self._lamps.upkeep.health})

    async def start(self, report: Report) -> None:
        """See `Port`."""
        if self._report is not None:
            raise RuntimeError(f"{self._name} has been started already.")
        self._report = report
        self._served = False
        joint = Joint(self._say)
        self._upkeep.start(joint.member("keys"))
        if self._lamps is not None:
            self._lamps.start(joint.member("lights"))

    async def stop(self) -> None:
        """Dark, and the device is anybody's again."""
        self._report = None
        await self._upkeep.stop()
        if self._lamps is not None:
            await self._lamps.stop()

    def light(self, light: Light) -> None:
        """See `Keypad`."""
        if self._lamps is not None:
            self._lamps.show(shining(light))

    async def _session(self) -> None:
        # In a thread: a device that sleeps on its bus takes its time.
        device = await asyncio.to_thread(self._open)
        loop = asyncio.get_running_loop()
        try:
            device.grab()
            active = device.active()
            self._lost = loop.create_future()
            self._upkeep.served(device.words)
            served, self._served = self._served, True
            loop.add_reader(device.fd, self._read, device)
            for held in self._keys.begin(active, tell_rear=not served):
                self._say(held)
            await self._lost
        except OSError as error:
            raise _told(device, error) from None
        finally:
            loop.remove_reader(device.fd)
            for reading in self._keys.end():
                self._say(reading)
            device.close()

    def _open(self) -> Device:
        device = self._opener(self._options.device or self._finder(self._options.name))
        missing = TYPED - {self._options.plain.get(code) for code in device.codes}
        missing -= {self._options.shifted.get(code) for code in device.codes}
        if missing:
            device.close()
            names = ", ".join(sorted(missing))
            raise PartError(f"{device.words} has no key for {names}; name them in `keys`", Trouble.UNSUPPORTED)
        return device

    def _read(self, device: Device) -> None:
        if self._lost is None or self._lost.done():
            return
        try:
            with suppress(BlockingIOError):
                data = os.read(device.fd, _AT_ONCE)
                if not data:
                    raise OSError(errno.ENODEV, os.strerror(errno.ENODEV))
                for reading in self._keys.feed(data, device.active):
                    self._say(reading)
                self._upkeep.works()
        except OSError as error:
            self._lost.set_exception(_told(device, error))

    def _say(self, reading: Reading) -> None:
        if self._report is not None:
            self._report(reading)


def shining(light: Light) -> dict[str, int]:
    """The lights by name, each with its rhythm."""
    shown: dict[str, int] = dict.fromkeys(light.keys, STEADY)
    shown |= {lamp.value: _RHYTHMS.get(lamp, STEADY) for lamp in light.lamps}
    shown |= dict.fromkeys(light.flashing, FLASH_MS)
    if light.keys:
        shown[BACKLIGHT] = STEADY
    elif light.flashing:
        shown[BACKLIGHT] = FLASH_MS
    return shown


def _told(device: Device, error: OSError) -> PartError:
    trouble = Trouble.UNPLUGGED if error.errno in (errno.ENODEV, errno.EIO) else trouble_of(error)
    return PartError(f"{device.words}: {error.strerror}", trouble)
