"""The machine's files, as far as a scan and the doctor look at them; below another folder in tests."""

import grp
import os
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path


class Tree:
    """`/dev`, `/sys` and `/proc`. Nothing raises: what cannot be read is not there."""

    def __init__(self, root: Path = Path("/")) -> None:
        self.root = root

    def __truediv__(self, path: str) -> Path:
        return self.root / path

    def shown(self, path: Path) -> str:
        """The path as it is on the machine itself."""
        return str(Path("/") / path.relative_to(self.root))

    def entries(self, folder: str, pattern: str = "*") -> Iterator[Path]:
        """What is in a folder, in the order in which people count: 2 before 10."""
        with suppress(OSError):
            yield from sorted((self / folder).glob(pattern), key=lambda path: (len(path.name), path.name))

    def text(self, path: Path) -> str:
        """The first line of a file without blanks around it; empty where there is none."""
        with suppress(OSError, IndexError):
            return path.read_text(errors="replace").splitlines()[0].strip()
        return ""

    def lines(self, path: str) -> list[str]:
        """All lines of a file."""
        with suppress(OSError):
            return (self / path).read_text(errors="replace").splitlines()
        return []

    def links(self, folder: str) -> dict[str, Path]:
        """Links in a folder by the name of what they lead to; the first one of each."""
        found: dict[str, Path] = {}
        for link in self.entries(folder):
            with suppress(OSError):
                found.setdefault(link.resolve().name, link)
        return found

    def usable(self, path: Path) -> bool:
        """Whether this user may read and write it."""
        return os.access(path, os.R_OK | os.W_OK)

    def group(self, path: Path) -> str | None:
        """The group that may use it; None for root's own."""
        with suppress(OSError, KeyError):
            status = path.stat()
            if status.st_gid and status.st_mode & 0o060 == 0o060:
                return grp.getgrgid(status.st_gid).gr_name
        return None
