"""Which files of the repository are checked."""

import subprocess
from collections.abc import Iterator
from pathlib import Path


def tracked(root: Path, *patterns: str) -> Iterator[Path]:
    """Files that are committed, or new and not ignored, and match a git pattern; links are not followed."""
    listed = subprocess.run(
        ["git", "-C", str(root), "ls-files", "-z", "--cached", "--others", "--exclude-standard", "--", *patterns],
        check=True,
        capture_output=True,
        text=True,
    ).stdout
    for name in sorted(set(filter(None, listed.split("\0")))):
        path = root / name
        if path.is_file() and not path.is_symlink():
            yield path
