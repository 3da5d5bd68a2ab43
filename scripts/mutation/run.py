"""A pytest plugin: runs the tests once, notes who looks at which line, then runs those against every mutant."""

import gc
import importlib
import os
import signal
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from types import CodeType, ModuleType
from typing import Any, Final

import pytest
from _pytest.runner import runtestprotocol

from .mutants import Mutant, mutants
from .patch import apply

WORKERS: Final = os.cpu_count() or 1
PATIENCE: Final = 5.0
"""A mutant that takes so many times as long as the original, and a moment, goes on for ever."""
MOMENT_S: Final = 5.0


class Outcome(StrEnum):
    """What became of a mutant."""

    KILLED = "killed"
    SURVIVED = "survived"
    NOT_RUN = "not run by any test"


@dataclass
class _Child:
    mutant: Mutant
    pid: int
    deadline: float


class Mutation:
    """Mutants of some modules, and what the tests of this session make of them."""

    def __init__(self, modules: Sequence[str]) -> None:
        self.outcomes: dict[Mutant, Outcome] | None = None
        self._names = modules
        self._modules: dict[str, ModuleType] = {}
        self._originals: dict[str, CodeType] = {}
        self._seconds: dict[pytest.Item, float] = {}
        self._lookers: dict[tuple[str, int], set[pytest.Item]] = defaultdict(set)
        self._children: list[_Child] = []

    @property
    def percent(self) -> float:
        """How many of the mutants were killed."""
        outcomes = self.outcomes or {}
        return 100 * sum(outcome is Outcome.KILLED for outcome in outcomes.values()) / max(1, len(outcomes))

    def report(self) -> str:
        """The survivors, then a line for each module and one for all."""
        outcomes = self.outcomes or {}
        lines = [
            f"{mutant.module}:{mutant.line}: {outcome}: {mutant.what}"
            for mutant, outcome in sorted(outcomes.items(), key=lambda item: (item[0].module, item[0].line))
            if outcome is not Outcome.KILLED
        ]
        for name in self._names:
            counts = Counter(outcome for mutant, outcome in outcomes.items() if mutant.module == name)
            lines.append(f"{name}: {counts[Outcome.KILLED]} of {counts.total()} killed")
        killed = sum(outcome is Outcome.KILLED for outcome in outcomes.values())
        lines.append(f"killed {killed} of {len(outcomes)} mutants: {self.percent:.1f} %")
        return "\n".join(lines)

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        """In place of one run: one with a look at what each test looks at, then one for each mutant."""
        if session.config.option.collectonly:
            return True
        for name in self._names:
            self._modules[name] = importlib.import_module(name)
        good = [self._baseline(item) for item in session.items]
        if not good or not all(good):
            session.testsfailed += 1
            return True
        # What the children share with their parent stays shared.
        gc.collect()
        gc.freeze()
        self.outcomes = {}
        for mutant in self._mutants():
            self._start(mutant)
        while self._children:
            self._wait()
        return True

    def _baseline(self, item: pytest.Item) -> bool:
        began = time.perf_counter()
        with _Looking({module.__file__ or "": name for name, module in self._modules.items()}) as seen:
            good = _passes(item)
        self._seconds[item] = time.perf_counter() - began
        for place in seen:
            self._lookers[place].add(item)
        if not good:
            print(f"{item.nodeid} fails without any mutant")
        return good

    def _mutants(self) -> Iterator[Mutant]:
        for name, module in self._modules.items():
            path = Path(module.__file__ or "")
            source = path.read_text(encoding="utf-8")
            self._originals[name] = compile(source, str(path), "exec")
            yield from mutants(source, name, str(path))

    def _start(self, mutant: Mutant) -> None:
        lookers = set[pytest.Item]().union(*(self._lookers[mutant.module, line] for line in mutant.lines))
        if mutant.at_import:
            lookers = {item for (name, _), items in self._lookers.items() if name == mutant.module for item in items}
        if not lookers:
            self._note(mutant, Outcome.NOT_RUN)
            return
        while len(self._children) >= WORKERS:
            self._wait()
        # The quickest first: most mutants do not get far.
        items = sorted(lookers, key=lambda item: self._seconds[item])
        deadline = time.monotonic() + MOMENT_S + PATIENCE * sum(self._seconds[item] for item in items)
        sys.stdout.flush()
        pid = os.fork()
        if pid == 0:
            _in_child(lambda: self._try(mutant, items))
        self._children.append(_Child(mutant, pid, deadline))

    def _try(self, mutant: Mutant, items: Sequence[pytest.Item]) -> bool:
        """Whether all tests pass with the mutant in place."""
        if not apply(self._modules[mutant.module], self._originals[mutant.module], mutant.code):
            return True
        return all(_passes(item) for item in items)

    def _wait(self) -> None:
        while True:
            for child in self._children:
                pid, status = os.waitpid(child.pid, os.WNOHANG)
                late = time.monotonic() > child.deadline
                if pid == 0 and late:
                    os.kill(child.pid, signal.SIGKILL)
                    os.waitpid(child.pid, 0)
                if pid or late:
                    self._children.remove(child)
                    survived = pid and os.waitstatus_to_exitcode(status) == _SURVIVED
                    self._note(child.mutant, Outcome.SURVIVED if survived else Outcome.KILLED)
                    return
            time.sleep(0.002)

    def _note(self, mutant: Mutant, outcome: Outcome) -> None:
        assert self.outcomes is not None  # noqa: S101 - for the type checker
        self.outcomes[mutant] = outcome


_SURVIVED: Final = 17


def _in_child(survives: Callable[[], bool]) -> None:
    quiet = os.open(os.devnull, os.O_WRONLY)
    os.dup2(quiet, 1)
    os.dup2(quiet, 2)
    try:
        os._exit(_SURVIVED if survives() else 0)
    finally:
        os._exit(0)


def _passes(item: pytest.Item) -> bool:
    return not any(report.failed for report in runtestprotocol(item, log=False, nextitem=None))


class _Looking:
    """Notes which lines of some files run."""

    def __init__(self, files: dict[str, str]) -> None:
        self._files = files
        self._seen: set[tuple[str, int]] = set()

    def __enter__(self) -> set[tuple[str, int]]:
        monitoring = sys.monitoring
        monitoring.use_tool_id(monitoring.PROFILER_ID, "mutation")
        monitoring.register_callback(monitoring.PROFILER_ID, monitoring.events.LINE, self._line)
        monitoring.set_events(monitoring.PROFILER_ID, monitoring.events.LINE)
        monitoring.restart_events()
        return self._seen

    def __exit__(self, *_: object) -> None:
        sys.monitoring.set_events(sys.monitoring.PROFILER_ID, 0)
        sys.monitoring.free_tool_id(sys.monitoring.PROFILER_ID)

    def _line(self, code: CodeType, line: int) -> Any:
        module = self._files.get(code.co_filename)
        if module is not None:
            self._seen.add((module, line))
        return sys.monitoring.DISABLE
