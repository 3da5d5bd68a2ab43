"""`Power`, by a gauge that is looked at now and then, and often while the motor draws its current."""

import asyncio
import logging
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Final

from lock_bridge.clock import Handle
from lock_bridge.hardware.gpio.lines import Line
from lock_bridge.hardware.joint import Joint
from lock_bridge.hardware.pause import pause
from lock_bridge.hardware.ports import Health, PartBack, PartFault, PowerSeen, Reading, Report
from lock_bridge.hardware.surroundings import Surroundings
from lock_bridge.hardware.upkeep import Upkeep
from lock_bridge.hardware.watched_line import WatchedLine
from lock_bridge.wire.words import Part, Trouble

from .gauges import Gauge, Sample

_LOG: Final = logging.getLogger(__name__)

DRIVING_MS: Final = 50
"""Between two looks while the motor runs: its inrush lasts 100 ms and more."""
SETTLED_MS: Final = 5_000
"""After a run the battery recovers; what it says before is no level."""
_SAG: Final = "sag_mv"
_GRACE_S: Final = 0.5


class GaugeReader:
    """The port `Power`. The lowest voltage under load is kept over restarts: a weak battery shows there first."""

    def __init__(
        self,
        gauge: Gauge,
        around: Surroundings,
        *,
        interval_ms: int,
        emergency: Line | None = None,
        hwmon: Path = Path("/sys/class/hwmon"),
    ) -> None:
        """`emergency` is a line that is active while the emergency supply is plugged in."""
        self._gauge = gauge
        self._around = around
        self._clock = around.clock
        self._interval_ms = interval_ms
        self._hwmon = hwmon
        self._emergency = emergency
        self._emergency_line: WatchedLine | None = None
        self._plugged = False
        self._thread: ThreadPoolExecutor | None = None
        self._report: Report | None = None
        self._joint = Joint(self._say)
        self._upkeep = Upkeep([Part.POWER], around.name, self._session, sleep=partial(pause, self._clock))
        self._wake = asyncio.Event()
        self._timer: Handle | None = None
        self._driving = False
        self._quiet_until_ms: int | None = None
        self._lowest: int | None = None
        self._under_voltage = False
        self._told: PowerSeen | None = None
        self._name = ""
        around.loads.listen(self._load)

    @property
    def health(self) -> Health:
        """See `Attached`."""
        return self._upkeep.health

    @property
    def sag_mv(self) -> int | None:
        """The lowest voltage of the last run of the motor; None: never measured."""
        kept = self._around.memory.get(_SAG)
        return int(kept) if kept is not None and kept.isdecimal() else None

    async def start(self, report: Report) -> None:
        """Look now, and then every `interval_ms`."""
        self._report = report
        self._joint = Joint(self._say)
        self._told = None
        self._under_voltage = False
        self._thread = ThreadPoolExecutor(1, thread_name_prefix=self._around.name)
        self._upkeep.start(self._joint.member("gauge"))

    async def stop(self) -> None:
        """Let gauge and line go."""
        self._report = None
        await self._upkeep.stop(grace_s=_GRACE_S, wake=self._wake.set)
        if self._thread is not None:
            # A bus that hangs is not waited for.
            self._thread.shutdown(wait=False)
            self._thread = None

    async def _session(self) -> None:
        self._told = None  # with a fault the engine forgets the level
        try:
            self._name = await self._in_thread(self._gauge.open)
            self._watch_emergency()
            while not self._upkeep.stopping:
                await self._look()
                await self._rest()
        finally:
            if self._emergency_line is not None:
                self._emergency_line.close()
                self._emergency_line = None
            with suppress(RuntimeError):  # the thread has ended
                await self._in_thread(self._gauge.close)

    async def _look(self) -> None:
        sample = await self._in_thread(self._gauge.sample)
        if self._emergency_line is not None:
            self._emergency_line.check()
        self._upkeep.served(self._words(sample))
        self._upkeep.works()
        if self._driving:
            self._measure(sample)
            return
        self._watch_voltage(await self._in_thread(self._is_under_voltage))
        now = self._clock.now().mono_ms
        if self._quiet_until_ms is not None and now < self._quiet_until_ms and self._told is not None:
            return
        self._tell(PowerSeen(sample.percent, sample.emergency or self._plugged))

    def _tell(self, seen: PowerSeen) -> None:
        if seen != self._told:
            self._told = seen
            self._say(seen)

    def _measure(self, sample: Sample) -> None:
        if sample.millivolts is not None and (self._lowest is None or sample.millivolts < self._lowest):
            self._lowest = sample.millivolts

    def _load(self, on: bool) -> None:
        if on:
            self._lowest = None
        elif self._lowest is not None:
            _LOG.info("%s: at least %d mV while the motor ran", self._around.name, self._lowest)
            self._around.memory.put(_SAG, str(self._lowest))
        self._driving = on
        self._quiet_until_ms = None if on else self._clock.now().mono_ms + SETTLED_MS
        self._wake.set()

    def _watch_emergency(self) -> None:
        if self._emergency is None:
            return
        self._emergency_line = WatchedLine(
            self._around.lines, self._around.name, self._emergency, self._plug, debounce_ms=_DEBOUNCE_MS
        )
        self._emergency_line.open()

    def _plug(self, plugged: bool) -> None:
        self._plugged = plugged
        if self._told is not None:
            self._tell(PowerSeen(self._told.percent, plugged))

    def _watch_voltage(self, under: bool) -> None:
        """The computer's own supply: with it the whole door fails."""
        if under != self._under_voltage:
            self._under_voltage = under
            told = self._joint.member("supply")
            told(PartFault(Part.POWER, Trouble.UNDER_VOLTAGE) if under else PartBack(Part.POWER))
            self._told = None

    def _is_under_voltage(self) -> bool:
        """What a Raspberry Pi says of its supply."""
        for alarm in self._hwmon.glob("*/in0_lcrit_alarm"):
            with suppress(OSError):
                if (alarm.parent / "name").read_text().strip() == "rpi_volt" and alarm.read_text().strip() == "1":
                    return True
        return False

    def _words(self, sample: Sample) -> str:
        told = [self._name]
        if sample.percent is not None:
            told.append(f"{sample.percent} %")
        if sample.millivolts is not None:
            told.append(f"{sample.millivolts / 1000:.2f} V")
        if (sag := self.sag_mv) is not None:
            told.append(f"at least {sag / 1000:.2f} V under load")
        return ", ".join(told)

    async def _rest(self) -> None:
        delay = DRIVING_MS if self._driving else SETTLED_MS if self._quiet_until_ms is not None else self._interval_ms
        if self._quiet_until_ms is not None and self._clock.now().mono_ms >= self._quiet_until_ms:
            self._quiet_until_ms = None
            delay = self._interval_ms
        self._wake.clear()
        timer = self._clock.call_later(delay, self._wake.set)
        try:
            await self._wake.wait()
        finally:
            timer.cancel()

    async def _in_thread[T](self, work: Callable[[], T]) -> T:
        if self._thread is None:
            raise RuntimeError("stopped")
        return await asyncio.get_running_loop().run_in_executor(self._thread, work)

    def _say(self, reading: Reading) -> None:
        if self._report is not None:
            self._report(reading)


_DEBOUNCE_MS: Final = 50
