"""Tests of parts that this machine does not have, in a guest with a real kernel: one boot for all of them.

Those in `guest/` run inside, by a pytest of its own, and are shown here as if they had run here. The others run here
and start in the guest what they need.
"""

import os
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any, Final

import pytest

from house.processes import free_port
from vm.machine import ROOT, Guest, GuestFailed, GuestProcess
from vm.packages import Packages, Unavailable, alone, bring

INSIDE: Final = Path(__file__).parent / "guest"
LOG: Final = ROOT / ".test-results" / "vm" / "console.log"

BRIDGE_PORT: Final = 8643
"""In the guest."""

_TEST_S: Final = 480
"""For one test: without help of the processor all is ten times slower, and Python's imports more than that."""

_HOST: Final = pytest.StashKey["_Host"]()


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Bring the guest, or skip all that needs it and say why."""
    ours = [item for item in items if item.path.is_relative_to(Path(__file__).parent)]
    if not ours or config.option.collectonly:
        return
    items.sort(key=lambda item: not item.path.is_relative_to(INSIDE))
    inside = [item.nodeid for item in items if item.path.is_relative_to(INSIDE)]
    for item in ours:
        if item.nodeid in inside:  # the guest's pytest watches over them
            item.add_marker(pytest.mark.timeout(0))
    kept = ExitStack()
    kept.enter_context(alone())
    config.add_cleanup(kept.close)
    try:
        config.stash[_HOST] = _Host(config, bring(), inside)
    except Unavailable as reason:
        if os.environ.get("LOCK_BRIDGE_VM") == "required":
            raise pytest.UsageError(f"The guest cannot be had: {reason}") from None
        sys.stderr.write(f"*** The guest cannot be had, and its tests are SKIPPED: {reason}\n")
        for item in ours:
            item.add_marker(pytest.mark.skip(reason=f"no guest: {reason}"))


@pytest.hookimpl(wrapper=True)
def pytest_runtestloop(session: pytest.Session) -> Iterator[None]:
    """The guest ends with the tests."""
    try:
        return (yield)
    finally:
        if (host := session.config.stash.get(_HOST, None)) is not None:
            host.close()


def pytest_runtest_protocol(item: pytest.Item) -> bool | None:
    """Let a test in `guest/` run in the guest, and its reports be this one's."""
    host = item.config.stash.get(_HOST, None)
    if host is None or not item.path.is_relative_to(INSIDE):
        return None
    item.ihook.pytest_runtest_logstart(nodeid=item.nodeid, location=item.location)
    for report in host.reports_of(item):
        item.ihook.pytest_runtest_logreport(report=report)
    item.ihook.pytest_runtest_logfinish(nodeid=item.nodeid, location=item.location)
    return True


@pytest.fixture(scope="session")
def guest(pytestconfig: pytest.Config) -> Guest:
    """The running guest."""
    return pytestconfig.stash[_HOST].guest


@pytest.fixture(scope="session")
def bridge_port(pytestconfig: pytest.Config) -> int:
    """Where the guest's bridge is reached at 127.0.0.1."""
    return pytestconfig.stash[_HOST].bridge_port


class _Host:
    """The one guest of a run, booted when it is first needed, and the pytest in it."""

    def __init__(self, config: pytest.Config, packages: Packages, inside: list[str]) -> None:
        self.bridge_port = free_port()
        self._config = config
        self._machine = Guest(packages, LOG, ports={BRIDGE_PORT: self.bridge_port})
        self._inside = inside
        self._pytest: GuestProcess | None = None
        self._booted = False
        self._failed: GuestFailed | None = None

    @property
    def guest(self) -> Guest:
        """Raises `GuestFailed`, and does not try twice."""
        if self._failed is not None:
            raise self._failed
        if not self._booted:
            try:
                self._machine.__enter__()
            except GuestFailed as failed:
                self._failed = failed
                raise
            self._booted = True
            sys.stderr.write(f"The guest booted in {self._machine.boot_s:.1f} s\n")
        return self._machine

    def close(self) -> None:
        if self._booted:
            self._machine.__exit__()

    def reports_of(self, item: pytest.Item) -> Iterator[pytest.TestReport]:
        """What the guest's pytest says of a test, until that is over."""
        try:
            while True:
                report = self._next(item)
                yield report
                if report.when == "teardown":
                    return
        except GuestFailed as failed:
            self._failed = failed
            yield pytest.TestReport(item.nodeid, item.location, {}, "failed", str(failed), "call")

    def _next(self, item: pytest.Item) -> pytest.TestReport:
        guest = self.guest
        if self._pytest is None:
            self._pytest = guest.start("pytest", *_pytest(self._inside))
        match self._pytest.hear(_TEST_S + 60):
            case {"report": data}:
                report = self._config.hook.pytest_report_from_serializable(config=self._config, data=data)
                if report.nodeid != item.nodeid:
                    raise GuestFailed(guest.story(f"The guest ran {report.nodeid} when {item.nodeid} was to run"))
                return report
            case {"broken": story}:
                raise GuestFailed(story)
            case other:
                raise GuestFailed(guest.story(f"The guest's pytest has ended before {item.nodeid} ({other})"))


def _pytest(nodes: list[str]) -> tuple[Any, ...]:
    """Without the plugins and conftests that these tests do not need: each import costs seconds there."""
    return (
        *("env", "PYTEST_DISABLE_PLUGIN_AUTOLOAD=1", sys.executable, "-m", "pytest", "-p", "vm.reports"),
        *(
            "-p",
            "pytest_asyncio.plugin",
            "-p",
            "pytest_timeout",
            "-p",
            "no:cacheprovider",
            "--durations=0",
            "--color=no",
        ),
        *("--confcutdir", INSIDE, "--timeout", str(_TEST_S), "--tb=short", *nodes),
    )
