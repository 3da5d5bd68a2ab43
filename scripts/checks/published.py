"""What HassCheck says of the repository as others would install it; hasscheck.yaml names rules that do not apply."""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path


def problems(root: Path) -> Iterator[str]:
    """Its failures and its warnings."""
    report = subprocess.run(
        [str(Path(sys.executable).with_name("hasscheck")), "check", "--path", str(root), "--format", "json"],
        check=False,
        capture_output=True,
        text=True,
        timeout=60,
    )
    try:
        findings = json.loads(report.stdout)["findings"]
    except ValueError, KeyError:
        yield f"hasscheck gave no report: {report.stderr.strip() or report.stdout.strip()}"
        return
    for finding in findings:
        if finding["status"] in ("fail", "warn"):
            yield f"{finding['rule_id']}: {finding['message']}"
