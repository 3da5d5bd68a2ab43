"""Shell scripts parse, and may be run."""

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

from checks.files import tracked


def problems(root: Path) -> Iterator[str]:
    """Scripts that bash cannot read, or nobody can start."""
    for path in tracked(root, "scripts", ".ci", "bridge"):
        if path.suffix == ".sh" or path.read_bytes().startswith(b"#!/usr/bin/env bash"):
            parsed = subprocess.run(["bash", "-n", str(path)], check=False, capture_output=True, text=True)
            if parsed.returncode:
                yield parsed.stderr.strip()
            if not path.suffix and not os.access(path, os.X_OK):
                yield f"{path.relative_to(root)}: is not executable"
