"""How long the bolt travels: learnt of the last runs from end to end, remembered over restarts."""

import logging
from statistics import median
from typing import Final

from lock_bridge.engine.effects import Drive
from lock_bridge.hardware.memory import PartMemory

_LOG: Final = logging.getLogger(__name__)

_KEPT: Final = 9
"""Runs of which the median is taken: a stiff morning or a full battery does not move it."""

_ENOUGH: Final = 3
"""Runs before their median counts."""

_EARLY: Final = 0.5
"""A run of less than this part of the learnt time did not go the whole way."""

_PATIENCE: Final = 2.0
_PATIENCE_MS: Final = 200
"""A run of more than so many times the learnt time, and so much, is stuck."""

_DRIFT: Final = 1.4
"""So much slower than when it was new, or faster, a bolt wants to be looked at."""


class TravelTimes:
    """The learnt times of one motor, in milliseconds, each way by itself."""

    def __init__(self, memory: PartMemory, name: str) -> None:
        """`name` is for the log."""
        self._memory = memory
        self._name = name
        self._runs: dict[Drive, list[int]] = {}
        self._early: dict[Drive, list[int]] = {}
        self._drifted: set[Drive] = set()
        for drive in Drive:
            if runs := _numbers(memory.get(drive.value)):
                self._runs[drive] = runs[-_KEPT:]

    def of(self, drive: Drive) -> int | None:
        """The learnt time; None: not known yet."""
        runs = self._runs.get(drive, [])
        return round(median(runs)) if len(runs) >= _ENOUGH else None

    def patience(self, drive: Drive) -> int | None:
        """After how long the bolt is stuck; None: that is not known yet."""
        learnt = self.of(drive)
        return None if learnt is None else round(learnt * _PATIENCE) + _PATIENCE_MS

    def add(self, drive: Drive, took_ms: int, floor_ms: int) -> bool:
        """Learn of a run from end to end. False where it was too early to be true: below the floor, or half the time.

        Three in a row, alike and above the floor, are believed: the bolt has become faster.
        """
        learnt = self.of(drive)
        if took_ms < floor_ms or (learnt is not None and took_ms < learnt * _EARLY):
            early = self._early.setdefault(drive, [])
            early.append(took_ms)
            if took_ms < floor_ms:
                early.clear()
            if len(early) < _ENOUGH or max(early) > 2 * min(early):
                del early[:-_ENOUGH]
                return False
            self._runs[drive] = []
            for run in early:
                self._keep(drive, run)
            self._memory.forget(_new(drive))
        else:
            self._keep(drive, took_ms)
        self._early.pop(drive, None)
        self._watch_drift(drive)
        return True

    def words(self) -> str:
        """What is known, for people."""
        return ", ".join(_words(drive, learnt, self._new(drive)) for drive in Drive if (learnt := self.of(drive)))

    def _keep(self, drive: Drive, took_ms: int) -> None:
        runs = self._runs.setdefault(drive, [])
        before = median(runs) if len(runs) == _KEPT else None
        runs.append(took_ms)
        del runs[:-_KEPT]
        # A memory card lives longer when the same is not written again for every opening of the door.
        if before is None or abs(median(runs) - before) > before / 20:
            self._memory.put(drive.value, " ".join(str(run) for run in runs))

    def _watch_drift(self, drive: Drive) -> None:
        learnt = self.of(drive)
        if learnt is None:
            return
        new = self._new(drive)
        if new is None:
            if len(self._runs[drive]) == _KEPT:
                self._memory.put(_new(drive), str(learnt))
        elif not _drifted(learnt, new):
            self._drifted.discard(drive)
        elif drive not in self._drifted:
            self._drifted.add(drive)
            _LOG.warning("%s %s. Look at grease, screws and battery", self._name, _words(drive, learnt, new))

    def _new(self, drive: Drive) -> int | None:
        numbers = _numbers(self._memory.get(_new(drive)))
        return numbers[0] if numbers else None


def _new(drive: Drive) -> str:
    """Where the time is kept that it took when it was new."""
    return f"{drive.value}.new"


def _drifted(learnt: int, new: int) -> bool:
    return learnt > new * _DRIFT or learnt * _DRIFT < new


def _words(drive: Drive, learnt: int, new: int | None) -> str:
    was = f" ({new / 1000:.2f} s when it was new)" if new is not None and _drifted(learnt, new) else ""
    return f"{_VERBS[drive]} in {learnt / 1000:.2f} s{was}"


def _numbers(text: str | None) -> list[int]:
    words = (text or "").split()
    return [int(word) for word in words] if all(word.isascii() and word.isdigit() for word in words) else []


_VERBS: Final = {
    Drive.THROW: "throws",
    Drive.RETRACT: "retracts",
    Drive.COUPLE: "couples",
    Drive.UNCOUPLE: "uncouples",
}
