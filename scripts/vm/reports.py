"""A plugin of the pytest in the guest: each test's reports go out as lines of JSON, what is printed to the console."""

import json
import os
from typing import Any, Final

import pytest

_OUT: Final = os.dup(1)
os.dup2(2, 1)


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    """Pass it on; the pytest outside makes it its own."""
    _say(report=_CONFIG[0].hook.pytest_report_to_serializable(config=_CONFIG[0], report=report))


def pytest_collectreport(report: pytest.CollectReport) -> None:
    """Pass on what could not be imported."""
    if report.failed:
        _say(broken=str(report.longrepr))


def pytest_configure(config: pytest.Config) -> None:
    """Keep the config, without which no report can be written."""
    _CONFIG.append(config)


_CONFIG: Final[list[pytest.Config]] = []


def _say(**message: Any) -> None:
    data = json.dumps(message).encode() + b"\n"
    while data:
        data = data[os.write(_OUT, data) :]
