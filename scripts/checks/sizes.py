"""A module has one subject: above 20 KB it is two."""

from collections.abc import Iterator
from pathlib import Path

from checks.files import tracked

LIMIT = 20 * 1024
MODULES = ("bridge/*.py", "bridge/*.js", "custom_components/*.py", "scripts/*.py")


def problems(root: Path) -> Iterator[str]:
    """Modules above the limit."""
    for path in tracked(root, *MODULES):
        size = path.stat().st_size
        if size > LIMIT:
            yield f"{path.relative_to(root)}: {size / 1024:.1f} KB, more than {LIMIT // 1024}: it has two subjects"
