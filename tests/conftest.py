"""What every test has: the spec's ids, Hypothesis' profiles, and which rooms run with Home Assistant's plugin."""

import json
import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings

# Imported here so that it is this repository's: Home Assistant's test tools bring a package of the same name.
import custom_components
from checks.spec import spec_ids

TESTS = Path(__file__).parent
assert Path(custom_components.__path__[0]) == TESTS.parent / "custom_components"


def long_run() -> bool:
    """Whether `scripts/test --long` asked for all that takes long."""
    return os.environ.get("LOCK_BRIDGE_LONG") == "1"


# What runs in the background of a shell ignores Ctrl-C, and so would all programs that the tests start and press it on.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

# A test's time differs too much between machines to be judged by Hypothesis' deadline.
settings.register_profile("local", deadline=None)
settings.register_profile("ci", deadline=None, derandomize=True, print_blob=True)
settings.register_profile("long", deadline=None, max_examples=5_000, print_blob=True)
settings.load_profile("long" if long_run() else "ci" if os.environ.get("CI") else "local")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Refuse unknown ids of the spec and rooms without their plugin; leave out what is only for long runs."""
    for item in items:
        for spec_id in spec_ids_of(item):
            if spec_id not in spec_ids():
                raise pytest.UsageError(f"{item.nodeid}: {spec_id} is no id in tests/spec_ids.toml")

    if not config.option.collectonly:
        with_plugin = config.pluginmanager.has_plugin("homeassistant")
        for item in items:
            if item.path.is_relative_to(TESTS / "integration") is not with_plugin:
                raise pytest.UsageError(
                    "tests/integration, and nothing else, runs with '-p homeassistant': "
                    "use scripts/test, which starts pytest once for each"
                )

    if not long_run():
        left_out = [item for item in items if item.get_closest_marker("long")]
        if left_out:
            config.hook.pytest_deselected(items=left_out)
            items[:] = [item for item in items if item not in left_out]


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Leave the counts for `scripts/test`, which adds up those of its runs."""
    report_to = os.environ.get("LOCK_BRIDGE_TEST_COUNTS")
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    if not report_to or reporter is None or hasattr(session.config, "workerinput"):
        return
    counts = {outcome: len(reports) for outcome, reports in reporter.stats.items() if outcome}
    with Path(report_to).open("a", encoding="utf-8") as file:
        file.write(json.dumps(counts) + "\n")


def spec_ids_of(item: pytest.Item) -> Iterator[str]:
    """The ids of the spec that a test names, on itself, its class or its module."""
    for mark in item.iter_markers("spec"):
        yield from mark.args
