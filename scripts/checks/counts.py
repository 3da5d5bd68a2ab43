"""Adds up the counts of several runs of pytest: python -m checks.counts FILE, one JSON object of outcomes a line."""

import json
import sys
from collections import Counter
from pathlib import Path

# pytest's words for an outcome, and what each is in the closing line.
OUTCOMES = {
    "passed": "passed",
    "failed": "failed",
    "error": "failed",
    "xpassed": "passed",
    "skipped": "skipped",
    "xfailed": "skipped",
}


def closing_line(runs: str) -> str:
    """The counts of all runs as one line."""
    total: Counter[str] = Counter()
    for run in runs.splitlines():
        for outcome, count in json.loads(run).items():
            if outcome in OUTCOMES:
                total[OUTCOMES[outcome]] += count
    return f"{total['passed']} passed, {total['failed']} failed, {total['skipped']} skipped"


if __name__ == "__main__":
    print(closing_line(Path(sys.argv[1]).read_text(encoding="utf-8")))
