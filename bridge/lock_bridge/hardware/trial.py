"""Tries a lock's attached parts without the bridge: builds and starts them as the service does, and listens."""

import asyncio
import contextlib
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from lock_bridge.clock import Clock
from lock_bridge.config import LockConfig
from lock_bridge.config_parts import NONE, SIMULATED
from lock_bridge.engine.effects import Drive, DriveBolt, Light, Prompt, Radio, Say, Sound, Tone
from lock_bridge.engine.profile import Profile

from .build import build_part, fitted
from .catalogue import DRIVERS
from .gpio.lines import Lines
from .memory import Forgetful
from .ports import BoltPosition, BoltSeen, Health, MotorOutcome, MotorStopped, Reading, SpeechEnded
from .surroundings import Loads, Surroundings
from .trial_words import LEVELS, level
from .trouble import Trouble, advice

PATIENCE_S: Final = 15.0
"""The slowest part, a face module that comes up, has said by then how it is."""
_AGAIN_S: Final = 2.5
"""What goes wrong once is given another try: a module may have been in the middle of something."""
_SETTLE_S: Final = 0.3
"""Levels come right after a part's start."""
_LOOK_S: Final = 0.02
_STOP_S: Final = 5.0
_MOTOR_S: Final = 15.0
_MOTOR_MS: Final = 10_000
_PAUSE_S: Final = 0.5
_SPEECH_S: Final = 30.0

_FINAL: Final = (Trouble.LIBRARY_MISSING, Trouble.NO_LINE, Trouble.NO_PERMISSION, Trouble.SETTINGS)

_ERRNO: Final = re.compile(r"\[Errno -?\d+\] ")


@dataclass(frozen=True, slots=True, kw_only=True)
class Tried:
    """One part: `ok` None where there is nothing attached to try."""

    port: str
    driver: str
    title: str
    ok: bool | None
    text: str
    """What answers, or what is wrong and what to do."""
    trouble: Trouble | None = None
    levels: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Moved:
    """What came of moving a bolt, or of playing a sound."""

    port: str
    ok: bool
    text: str


@dataclass(slots=True)
class _Part:
    port: str
    driver: str
    made: Any
    heard: list[Reading] = field(default_factory=list)
    failure: str | None = None

    @property
    def health(self) -> Health:
        if self.failure is not None:
            return Health("trouble", Trouble.INTERNAL, self.failure)
        health: Health = self.made.health
        return health


class Trial:
    """One lock's parts at work. What is heard goes to `listener` as well, with the port."""

    def __init__(
        self,
        lock: LockConfig,
        profile: Profile,
        *,
        clock: Clock,
        lines: Lines,
        cache: Path,
        only: str | None = None,
        listener: Callable[[str, Reading], None] = lambda _port, _reading: None,
    ) -> None:
        """`only`: try this port alone. `profile` is the model's; what the lock lacks of it is left out here."""
        self._lock = lock
        self._profile = fitted(lock, profile)
        self._clock = clock
        self.listener = listener
        self._loads = Loads()
        self._modules: dict[str, Any] = {}
        self._wanted = [port for port in lock.parts if only in (None, port)]
        self._parts: dict[str, _Part] = {}
        for port in self._wanted:
            config = lock.parts[port]
            if config.driver not in (SIMULATED, NONE):
                around = Surroundings(
                    name=f"{lock.id} {port}",
                    port=port,
                    profile=self._profile,
                    clock=clock,
                    memory=Forgetful(),
                    lines=lines,
                    cache=cache,
                    loads=self._loads,
                    modules=self._modules,
                    trial=True,
                )
                self._parts[port] = _Part(port, config.driver, build_part(config, around))

    @property
    def attached(self) -> tuple[str, ...]:
        """The ports with a part that can be tried."""
        return tuple(self._parts)

    def part(self, port: str) -> Any:
        """The driver at a port; None where there is none."""
        part = self._parts.get(port)
        return None if part is None else part.made

    async def start(self, patience_s: float = PATIENCE_S) -> None:
        """Start all, and wait until each has said how it is; not for longer than `patience_s`."""
        loop = asyncio.get_running_loop()
        until = loop.time() + patience_s
        await asyncio.gather(*(self._start(part, patience_s) for part in self._parts.values()))
        await _until(lambda: not self._unsure("starting"), until - loop.time())
        await _until(lambda: not self._unsure("trouble"), min(until - loop.time(), _AGAIN_S))
        await asyncio.sleep(_SETTLE_S)

    async def stop(self) -> None:
        """Leave all safe."""
        for part in self._parts.values():
            with contextlib.suppress(Exception):  # the next one is to be left safe too
                await asyncio.wait_for(part.made.stop(), _STOP_S)

    def results(self) -> tuple[Tried, ...]:
        """How each part is now."""
        return tuple(self._result(port) for port in self._wanted)

    async def move(self, port: str) -> Sequence[Moved]:
        """Run a bolt to and fro, or have a loudspeaker heard; nothing where there is nothing to move."""
        part = self._parts.get(port)
        if part is None or part.health.state != "served":
            return ()
        if port == "bolt":
            return await self._drive(part)
        return await self._sound(part) if port == "sounder" else ()

    def show(self, on: bool) -> None:
        """Light all that can be lit, look for faces, switch radios on: what a person needs who tries them."""
        for port, part in self._parts.items():
            match port:
                case "keypad":
                    part.made.light(Light(keys=frozenset(self._profile.keys)) if on else Light())
                case "face":
                    part.made.look(on)
                case "radios" if on:
                    part.made.switch(Radio(wifi=True, bluetooth=True))

    async def _start(self, part: _Part, patience_s: float) -> None:
        def report(reading: Reading) -> None:
            part.heard.append(reading)
            self.listener(part.port, reading)

        try:
            await asyncio.wait_for(part.made.start(report), patience_s)
        except TimeoutError:
            part.failure = "its start has not ended in time"
        except Exception as error:  # noqa: BLE001 - the others are tried all the same
            part.failure = f"its start has failed ({type(error).__name__})"

    def _unsure(self, state: str) -> bool:
        healths = [part.health for part in self._parts.values()]
        return any(health.state == state and health.trouble not in _FINAL for health in healths)

    def _result(self, port: str) -> Tried:
        config = self._lock.parts[port]
        part = self._parts.get(port)
        if part is None:
            words = "simulated: nothing to try" if config.driver == SIMULATED else "not built in"
            return Tried(port=port, driver=config.driver, title=config.driver, ok=None, text=words)
        driver, health = DRIVERS[config.driver], part.health
        last = {type(reading): reading for reading in part.heard if isinstance(reading, LEVELS)}
        text, trouble = health.words or "it answers", health.trouble
        if health.state == "starting":
            text, trouble = f"It has not said how it is. {advice(Trouble.NO_ANSWER)}", Trouble.NO_ANSWER
        elif health.state == "trouble":
            reason = health.trouble or Trouble.INTERNAL
            text = advice(reason, extra=driver.extra)
            if said := _ERRNO.sub("", health.words):
                text = text if said in text else f"{text} ({said})"
        return Tried(
            port=port,
            driver=driver.name,
            title=driver.title,
            ok=health.state == "served",
            text=text,
            trouble=trouble,
            levels=tuple(sentence for reading in last.values() if (sentence := level(reading)) is not None),
        )

    async def _drive(self, part: _Part) -> Sequence[Moved]:
        ways = (Drive.RETRACT, Drive.THROW)
        if self._profile.bolt_kind == "clutch":
            ways = (Drive.COUPLE, Drive.UNCOUPLE)
        elif [each.position for each in part.heard if isinstance(each, BoltSeen)][-1:] == [BoltPosition.RETRACTED]:
            ways = (Drive.THROW, Drive.RETRACT)
        return [await self._run(part, way, run) for run, way in enumerate(ways, start=1)]

    async def _run(self, part: _Part, way: Drive, run: int) -> Moved:
        before = self._clock.now().mono_ms
        part.made.drive(DriveBolt(way, run, _MOTOR_MS))
        stopped = await _heard(part, lambda reading: isinstance(reading, MotorStopped) and reading.run == run, _MOTOR_S)
        took = self._clock.now().mono_ms - before
        await asyncio.sleep(_PAUSE_S)
        if not isinstance(stopped, MotorStopped):
            part.made.halt()
            return Moved(part.port, False, f"{way}: the motor has not said in time that it stopped.")
        if stopped.outcome is MotorOutcome.REACHED:
            return Moved(part.port, True, f"{way}: there after {took} ms")
        return Moved(part.port, False, f"{way}: {_OUTCOMES[stopped.outcome]} ({took} ms)")

    async def _sound(self, part: _Part) -> Sequence[Moved]:
        part.made.sound(Sound(Tone.SUCCESS))
        part.made.say(Say(Prompt.TOUCH_FINGER))
        ended = await _heard(part, lambda reading: isinstance(reading, SpeechEnded), _SPEECH_S)
        health = part.health
        if health.state != "served":
            return [Moved(part.port, False, f"{advice(health.trouble or '')} ({health.words})")]
        if ended is None:
            return [Moved(part.port, False, "The prompt has not ended in time.")]
        return [Moved(part.port, True, "a tone and a prompt were played: were they heard?")]


async def _heard(part: _Part, wanted: Callable[[Reading], bool], within_s: float) -> Reading | None:
    await _until(lambda: any(map(wanted, part.heard)), within_s)
    return next(filter(wanted, part.heard), None)


async def _until(so: Callable[[], bool], within_s: float) -> None:
    """Return when it is so, or after a while: parts tell how they are only to those who look."""
    loop = asyncio.get_running_loop()
    until = loop.time() + within_s
    while not so() and loop.time() < until:  # noqa: ASYNC110 - there is no event to wait for
        await asyncio.sleep(_LOOK_S)


_OUTCOMES: Final = {
    MotorOutcome.STALLED: "stuck on the way. See that the bolt runs freely with the door closed",
    MotorOutcome.NO_MOTION: "nothing moved. Check the motor's supply and its wires",
    MotorOutcome.FAULT: "it could not be driven. The part itself says why",
}
