"""What the guest is made of, from Debian: a kernel, QEMU and a few programs, unpacked into a folder of their own.

Nothing on this machine changes: apt works on a state of its own. Mirror and keys are those that this machine's apt is
set up with. The kernel is that of the release `sid`, the only one with all the parts' stand-ins as modules; programs
come from there too, with all that they need, libc included, so that they fit together on whatever machine.
"""

import fcntl
import hashlib
import os
import platform
import pwd
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

CACHE: Final = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "lock-bridge"
"""The same as in scripts/lib.sh."""

_RELEASE: Final = "sid"
_PROGRAMS: Final = ("qemu-system-x86", "busybox-static", "udev", "bluez", "dbus-daemon", "alsa-utils", "espeak-ng")
_COMMANDS: Final = ("aplay", "arecord", "amixer", "espeak-ng", "udevadm", "bluetoothctl", "busybox")
_KERNEL: Final = "linux-image-amd64"
_KEYRING: Final = Path("/usr/share/keyrings/debian-archive-keyring.gpg")
_OWN_LIBRARIES: Final = ("systemd", "pulseaudio")
"""Folders of libraries beside the others, which their programs know and our loader does not."""
_LAYOUT: Final = 2
"""To be raised when what is made of the packages changes."""

_APT: Final = """\
Dir::State "{at}/state";
Dir::State::Lists "{at}/state/lists";
Dir::State::status "{at}/state/status";
Dir::Cache "{at}/cache";
Dir::Etc::SourceList "{at}/sources.list";
Dir::Etc::SourceParts "/dev/null";
Dir::Etc::PreferencesParts "/dev/null";
APT::Sandbox::User "{user}";
APT::Install-Recommends "false";
Acquire::Languages "none";
Acquire::Retries "2";
Acquire::http::Timeout "20";
Acquire::https::Timeout "20";
Debug::NoLocking "1";
"""


class Unavailable(Exception):
    """Why the guest cannot be had on this machine, in a sentence."""


@dataclass(frozen=True, slots=True)
class Packages:
    """The packages, unpacked below `root`."""

    root: Path

    @property
    def kernel(self) -> Path:
        """The kernel's image."""
        return self.modules / "vmlinuz"

    @property
    def modules(self) -> Path:
        """The folder of the kernel's modules."""
        return next(self.root.glob("usr/lib/modules/*"))

    @property
    def bin(self) -> Path:
        """Those of the programs that drivers start, as commands for PATH."""
        return self.root / "commands"

    def command(self, program: str, *, called: str | None = None) -> tuple[str, ...]:
        """How a program of them is started, with its own libraries; `called` is the name it is to see."""
        found = next((path for path in self._candidates(program) if path.exists()), None)
        if found is None:
            raise Unavailable(f"Debian's packages brought no {program}")
        folders = (self._libraries, *(self._libraries / name for name in _OWN_LIBRARIES))
        libraries = [path for path in folders if path.is_dir()]
        loader = self._libraries / "ld-linux-x86-64.so.2"
        path = ":".join(map(str, libraries))
        return (str(loader), "--library-path", path, "--argv0", called or str(found), str(found))

    def write_commands(self) -> None:
        """Make `bin`."""
        self.bin.mkdir()
        for program in _COMMANDS:
            command = self.bin / program
            command.write_text(f'#!/bin/sh\nexec {shlex.join(self.command(program))} "$@"\n', encoding="utf-8")
            command.chmod(0o755)

    @property
    def _libraries(self) -> Path:
        return self.root / "usr/lib/x86_64-linux-gnu"

    def _candidates(self, program: str) -> Iterator[Path]:
        for folder in ("usr/bin", "usr/sbin", "usr/libexec/bluetooth", "usr/lib/systemd"):
            yield self.root / folder / program


@contextmanager
def alone() -> Iterator[None]:
    """Wait until no other guest runs on this machine, and keep others out: two take ten times as long as one."""
    CACHE.mkdir(parents=True, exist_ok=True)
    with (CACHE / "vm.lock").open("w", encoding="utf-8") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            print("Waiting for another guest on this machine to end", file=sys.stderr, flush=True)
            fcntl.flock(file, fcntl.LOCK_EX)
        yield


def bring() -> Packages:
    """The packages, fetched where they are not in the cache; to be called when `alone`. Raises `Unavailable`."""
    if sys.platform != "linux" or platform.machine() != "x86_64":
        raise Unavailable(f"the guest runs on Linux on x86_64 only, and this is {sys.platform} on {platform.machine()}")
    wanted = hashlib.sha256(repr((_LAYOUT, _RELEASE, _PROGRAMS, _COMMANDS, _KERNEL, _APT)).encode()).hexdigest()[:12]
    folder = CACHE / f"vm-{wanted}"
    if not folder.is_dir():
        _make(folder)
    return Packages(folder)


def _make(folder: Path) -> None:
    for program in ("apt-get", "apt-cache", "dpkg-deb"):
        if shutil.which(program) is None:
            raise Unavailable(f"its packages come from Debian, and there is no {program} here")
    if not _KEYRING.is_file():
        raise Unavailable(f"its packages come from Debian, whose keys are not here ({_KEYRING})")
    mirror = _mirror()
    print(f"The guest's packages: fetching them from Debian {_RELEASE} into {folder}", file=sys.stderr, flush=True)
    for older in CACHE.glob("vm-*/"):
        shutil.rmtree(older, ignore_errors=True)
    with tempfile.TemporaryDirectory(dir=CACHE, prefix="vm.tmp.") as temporary:
        apt, root = Path(temporary, "apt"), Path(temporary, "root")
        environment = _set_up(apt, mirror)
        _run(environment, "apt-get", "-q", "update")
        _run(environment, "apt-get", "-q", "-y", "--download-only", "install", *_PROGRAMS)
        _run(environment, "apt-get", "-q", "download", *_kernel(environment), at=apt / "cache/archives")
        root.mkdir()
        for package in sorted((apt / "cache/archives").glob("*.deb")):
            _run(environment, "dpkg-deb", "-x", str(package), str(root))
        shutil.rmtree(root / "usr/share/doc", ignore_errors=True)
        root.rename(folder)
        Packages(folder).write_commands()


def _mirror() -> str:
    """Where this machine's apt gets Debian from."""
    for origin in (("Origin: Debian",), ()):
        command = ["apt-get", "indextargets", "--format", "$(SITE)", "Created-By: Packages", *origin]
        found = subprocess.run(command, capture_output=True, text=True, check=False).stdout.split()
        if mirrors := [site for site in found if origin or site.endswith("/debian")]:
            return mirrors[0]
    raise Unavailable("its packages come from Debian, and this machine's apt knows no mirror of it")


def _set_up(apt: Path, mirror: str) -> dict[str, str]:
    """A state of apt's own; the environment in which it is used."""
    (apt / "state/lists/partial").mkdir(parents=True)
    (apt / "cache/archives/partial").mkdir(parents=True)
    (apt / "state/status").touch()
    source = f"deb [arch=amd64 signed-by={_KEYRING}] {mirror} {_RELEASE} main\n"
    (apt / "sources.list").write_text(source, encoding="utf-8")
    user = pwd.getpwuid(os.getuid()).pw_name
    (apt / "apt.conf").write_text(_APT.format(at=apt, user=user), encoding="utf-8")
    return {**os.environ, "APT_CONFIG": str(apt / "apt.conf"), "LC_ALL": "C"}


def _kernel(environment: dict[str, str]) -> tuple[str, ...]:
    """The packages of the release's newest kernel, whatever its version is now."""
    depends = _run(environment, "apt-cache", "depends", _KERNEL)
    if (found := re.search(r"Depends: linux-image-(\d\S+)", depends)) is None:
        raise Unavailable(f"Debian {_RELEASE} has no kernel now: {_KERNEL} depends on none")
    return tuple(f"linux-{part}-{found[1]}" for part in ("base", "binary", "modules"))


def _run(environment: dict[str, str], *command: str, at: Path | None = None) -> str:
    """What it prints. Raises `Unavailable` with its last words."""
    result = subprocess.run(command, env=environment, cwd=at, capture_output=True, text=True, check=False)
    if result.returncode != 0:
        said = (result.stderr or result.stdout).strip().splitlines()
        raise Unavailable(f"its packages could not be fetched from Debian {_RELEASE}: {' / '.join(said[-2:])}")
    return result.stdout
