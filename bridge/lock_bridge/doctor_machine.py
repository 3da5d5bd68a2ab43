"""What the doctor asks the machine about parts: who may use a file, who has it open, which services run."""

import grp
import os
import pwd
import shutil
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from .hardware.gpio.kernel import KernelLines, SeenChip
from .hardware.libraries import has_library
from .hardware.scan.finders import card_readers
from .hardware.scan.tree import Tree
from .hardware.trouble import PartError


@dataclass
class Machine:
    """The machine, or one that a test has made; each thing is looked at once."""

    tree: Tree = field(default_factory=Tree)
    survey: Callable[[], Sequence[SeenChip]] | None = None
    readers: Callable[[], Sequence[str]] = card_readers
    has_library: Callable[[str], bool] = has_library
    has_program: Callable[[str], bool] = lambda name: shutil.which(name) is not None

    @cached_property
    def chips(self) -> tuple[SeenChip, ...] | None:
        """The GPIO chips; None where nobody can tell, for want of the library."""
        try:
            return tuple((self.survey or KernelLines(self.tree / "dev").survey)())
        except PartError:
            return None

    def processes(self) -> frozenset[str]:
        """The names of all programs that run."""
        return frozenset(self.tree.text(comm) for comm in self.tree.entries("proc", "[0-9]*/comm"))

    def holder(self, device: Path) -> str | None:
        """A program that has a device open, as far as this user may see; "python3 (412)"."""
        try:
            wanted = device.resolve()
        except OSError:
            return None
        for link in self.tree.entries("proc", "[0-9]*/fd/*"):
            with suppress(OSError):
                if link.readlink() == wanted:
                    process = link.parent.parent
                    if process.name != str(os.getpid()):
                        return f"{self.tree.text(process / 'comm')} ({process.name})"
        return None


def user_name(uid: int) -> str:
    """A user by name, or by number where she has none."""
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return str(uid)


def may_use(device: Path, uid: int) -> bool:
    """Whether a user may read and write a device by its mode; not only for the one who asks, who may be root."""
    if uid == 0:
        return True
    try:
        account = pwd.getpwuid(uid)
        groups = os.getgrouplist(account.pw_name, account.pw_gid)
    except KeyError:
        groups = []
    status = device.stat()
    shift = 6 if status.st_uid == uid else 3 if status.st_gid in groups else 0
    return (status.st_mode >> shift) & 0o6 == 0o6


def group_of(device: Path) -> str:
    """The group of a device."""
    gid = device.stat().st_gid
    try:
        return grp.getgrgid(gid).gr_name
    except KeyError:
        return str(gid)
