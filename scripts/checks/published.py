"""What HassCheck says of the repository as others would install it; hasscheck.yaml names rules that do not apply."""

import json
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory


def problems(root: Path) -> Iterator[str]:
    """Its failures and its warnings."""
    with TemporaryDirectory() as folder:
        # What others install holds no bytecode, and HassCheck takes a folder of it for an integration.
        copy = Path(folder) / root.name
        shutil.copytree(root, copy, symlinks=True, ignore=_left_out)
        report = subprocess.run(
            [str(Path(sys.executable).with_name("hasscheck")), "check", "--path", str(copy), "--format", "json"],
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


_PUBLISHED = (".git", ".github", ".ci", ".gitignore")
"""What is published though its name begins with a dot."""


def _left_out(_folder: str, names: list[str]) -> set[str]:
    return {name for name in names if name == "__pycache__" or (name.startswith(".") and name not in _PUBLISHED)}
