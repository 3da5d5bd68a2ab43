"""A disk whose power can go: what a process did to its files, and what of it may be left after a cut."""

import os
import shutil
import struct
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

SECTOR = 512
ACKS = "acks"
"""The file in which a process says what it was promised; it survives every cut."""

_ROOT = Path(__file__).parents[2]
_HEAD = struct.Struct("<cxHHxxqI")


def built_shim(folder: Path) -> Path:
    """The library that watches a process's files. Without a compiler the test is skipped, but never in CI."""
    import pytest  # only here: the watched processes import this module too, and are started often

    compiler = shutil.which("cc") or shutil.which("gcc") or shutil.which("clang")
    if compiler is None or sys.platform != "linux":
        message = "no C compiler (cc) on this machine: power cuts and failing disks are NOT tested"
        if os.environ.get("CI"):
            pytest.fail(message)
        pytest.skip(message)
    shim = folder / "disk_shim.so"
    source = Path(__file__).with_name("disk_shim.c")
    subprocess.run([compiler, "-O1", "-shared", "-fPIC", "-o", shim, source], check=True, timeout=60)
    return shim


def run_watched(shim: Path, watch: Path, *arguments: str, trace: Path | None = None) -> str:
    """Run a Python script with its files below `watch` under the library's eyes. What it printed."""
    extra = {"LD_PRELOAD": str(shim), "LB_WATCH": str(watch)} | ({"LB_TRACE": str(trace)} if trace else {})
    done = subprocess.run(
        [sys.executable, *arguments],
        env=child_environment() | extra,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def child_environment() -> dict[str, str]:
    return os.environ | {"PYTHONPATH": f"{_ROOT}{os.pathsep}{_ROOT / 'bridge'}", "PYTHONDONTWRITEBYTECODE": "1"}


@dataclass(frozen=True, slots=True)
class Step:
    """One call that changed something; `kind` is a letter of the library's."""

    kind: str
    name: str
    second: str = ""
    offset: int = 0
    data: bytes = b""


def read_trace(path: Path) -> list[Step]:
    content, at, steps = path.read_bytes(), 0, []
    while at < len(content):
        kind, first, second, offset, length = _HEAD.unpack_from(content, at)
        at += _HEAD.size
        name, other = content[at : at + first].decode(), content[at + first : at + first + second].decode()
        at += first + second
        steps.append(Step(kind.decode(), name, other, offset, content[at : at + length]))
        at += length
    return steps


@dataclass
class _File:
    durable: bytearray = field(default_factory=bytearray)
    pending: list[Step] = field(default_factory=list)

    def sync(self) -> None:
        for step in self.pending:
            _apply(self.durable, step)
        self.pending.clear()


@dataclass
class Disk:
    """Files as they are on the disk for sure, and what was asked since without a sync.

    Nothing is assumed but what POSIX promises: content is there after a sync of the file, a name after a sync of its
    folder. Only the changes of names keep their order, as they do on every file system with a journal.
    """

    files: list[_File] = field(default_factory=list)
    names: dict[str, int] = field(default_factory=dict)
    durable_names: dict[str, int] = field(default_factory=dict)
    pending_names: list[tuple[Step, int]] = field(default_factory=list)
    acks: list[str] = field(default_factory=list)

    def do(self, step: Step) -> None:
        if step.name == ACKS:
            if step.kind == "w":
                self.acks += step.data.decode().split()
            return
        match step.kind:
            case "c":
                self.files.append(_File())
                self.names[step.name] = len(self.files) - 1
                self.pending_names.append((step, len(self.files) - 1))
            case "w" | "t":
                self.files[self.names[step.name]].pending.append(step)
            case "s" if step.name == ".":
                self.durable_names = dict(self.names)
                self.pending_names.clear()
            case "s":
                self.files[self.names[step.name]].sync()
            case "r" | "l" | "u":
                self.pending_names.append((step, self.names[step.name]))
                _rename(self.names, step, self.names[step.name])
            case _:
                raise ValueError(step.kind)

    def after_cut(self, random: Random) -> dict[str, bytes]:
        """The files as they may be when the power comes back: any of the unsynced writes, whole, torn or not at all."""
        names = dict(self.durable_names)
        for step, file in self.pending_names[: random.randint(0, len(self.pending_names))]:
            _rename(names, step, file)
        mood = random.choice(_MOODS)
        return {name: self._content(self.files[file], mood, random) for name, file in names.items()}

    def _content(self, file: _File, mood: str, random: Random) -> bytes:
        content = bytearray(file.durable)
        pieces = [piece for step in file.pending for piece in _torn(step)]
        if mood == "garbage":
            # The file has its new length already, and what is there was never written.
            end = max((piece.offset + len(piece.data) for piece in pieces if piece.kind == "w"), default=0)
            content += random.randbytes(max(0, end - len(content)))
        first = random.randint(0, len(pieces))
        for number, piece in enumerate(pieces):
            if _survives(mood, number, first, random):
                _apply(content, piece)
        return bytes(content)


_MOODS = ("none", "all", "beginning", "end", "few", "half", "most", "garbage")


def _survives(mood: str, number: int, first: int, random: Random) -> bool:
    match mood:
        case "none":
            return False
        case "all":
            return True
        case "beginning":
            return number < first
        case "end":
            return number >= first
        case "few":
            return random.random() < 0.05
        case "most":
            return random.random() < 0.95
        case _:
            return random.random() < 0.5


def _torn(step: Step) -> Iterator[Step]:
    if step.kind == "t":
        yield step
        return
    at = 0
    while at < len(step.data):
        # Sectors lie where the disk has them, not where a write begins.
        end = min(len(step.data), at + SECTOR - (step.offset + at) % SECTOR)
        yield Step("w", step.name, "", step.offset + at, step.data[at:end])
        at = end


def _apply(content: bytearray, step: Step) -> None:
    if step.kind == "t":
        del content[step.offset :]
        content += bytes(step.offset - len(content))
    else:
        content += bytes(max(0, step.offset - len(content)))
        content[step.offset : step.offset + len(step.data)] = step.data


def _rename(names: dict[str, int], step: Step, file: int) -> None:
    match step.kind:
        case "c":
            names[step.name] = file
        case "l":
            names[step.second] = file
        case "r":
            names.pop(step.name, None)
            names[step.second] = file
        case "u":
            names.pop(step.name, None)


def images(
    steps: Sequence[Step], count: int, seed: int, since: str | None = None
) -> Iterator[tuple[dict[str, bytes], list[str]]]:
    """`count` states of the disk after cuts at random moments, each with what had been promised by then.

    With `since`, only moments after that promise.
    """
    random = Random(seed)
    first = next((n for n, step in enumerate(steps) if step.name == ACKS and step.data.decode().strip() == since), 0)
    # The moment just after a promise is the one at which most can be wrong.
    promises = [n + 1 for n, step in enumerate(steps) if step.name == ACKS and n >= first]
    cuts = sorted(
        random.choice(promises) if random.random() < 0.25 else random.randint(first, len(steps)) for _ in range(count)
    )
    disk, done = Disk(), 0
    for cut in cuts:
        for step in steps[done:cut]:
            disk.do(step)
        done = cut
        yield disk.after_cut(random), list(disk.acks)


def write_image(image: dict[str, bytes], folder: Path) -> None:
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(mode=0o700)
    for name, content in image.items():
        path = folder / name
        path.write_bytes(content)
        path.chmod(0o600)
