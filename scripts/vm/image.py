"""The guest's first file system: busybox, the kernel's modules in the order in which they load, and what runs first."""

import gzip
import lzma
import re
import shlex
import stat
from collections.abc import Callable, Iterable, Mapping, Sequence
from compression import zstd
from pathlib import Path
from typing import Final

from .packages import Packages, Unavailable

INIT: Final = Path(__file__).with_name("init.sh")

_FOR_ITSELF: Final = ("virtio_pci", "9p", "9pnet_virtio", "overlay", "virtio_net", "virtio_console", "virtio_rng")
_FOR_PARTS: Final[Mapping[str, str]] = {
    "gpio_sim": "",
    "uinput": "",
    "evdev": "",
    "dummy_hcd": "",
    "libcomposite": "",
    "usb_f_acm": "",
    "cdc_acm": "",
    "snd_aloop": "id=Door pcm_substreams=1",
    "i2c_dev": "",
    "i2c_stub": "chip_addr=0x36,0x40",
    "softdog": "soft_margin=30",
    "hci_vhci": "",
    "cmac": "",
    "algif_hash": "",
    "algif_skcipher": "",
    "ecdh_generic": "",
}
"""Stand-ins of parts, what their drivers need, and with which options they load."""

_READERS: Final[Mapping[str, Callable[[bytes], bytes]]] = {
    ".ko": bytes,
    ".xz": lzma.decompress,
    ".gz": gzip.decompress,
    ".zst": zstd.decompress,
}


def image(packages: Packages, environment: Mapping[str, str], *command: str) -> bytes:
    """An initramfs, not packed, that runs `command` in the machine's own files.

    Raises `Unavailable` where the kernel lacks a module.
    """
    busybox = (packages.root / "usr/bin/busybox").read_bytes()
    files: dict[str, bytes | None] = dict.fromkeys(("bin", "modules", "proc", "sys", "dev", "host", "own", "guest"))
    files |= {"init": INIT.read_bytes(), "bin/busybox": busybox}
    order = []
    for name, module in _closure(packages, (*_FOR_ITSELF, *_FOR_PARTS)).items():
        files[f"modules/{name}.ko"] = module
        order.append(f"{name} {_FOR_PARTS.get(name, '')}".strip() + "\n")
    files["modules/order"] = "".join(order).encode()
    files["start"] = _start(packages, environment, command).encode()
    return _archive(files)


def _start(packages: Packages, environment: Mapping[str, str], command: Sequence[str]) -> str:
    """For busybox: udev, so that devices get their links and groups as on any machine, and then the command."""
    values = [f"{name}={value}" for name, value in environment.items()]
    rules = packages.root / "usr/lib/udev"
    steps = (
        ("mkdir", "-p", "/guest/usr/lib/udev"),
        ("mount", "--bind", f"/guest{rules}", "/guest/usr/lib/udev"),
        ("chroot", "/guest", *packages.command("udevadm", called="systemd-udevd"), "--daemon"),
        ("exec", "env", "-i", *values, "chroot", "/guest", *command),
    )
    return "".join(f"{shlex.join(step)}\n" for step in steps)


def _closure(packages: Packages, wanted: Iterable[str]) -> dict[str, bytes]:
    """These modules and those that they need, each after what it needs; not those that are part of the kernel."""
    there = {_name(path.name): path for path in packages.modules.glob("kernel/**/*.ko*")}
    builtin = {_name(line) for line in (packages.modules / "modules.builtin").read_text(encoding="utf-8").split()}
    found: dict[str, bytes] = {}
    on_the_way = set(builtin)

    def add(name: str) -> None:
        if name in on_the_way:
            return
        on_the_way.add(name)
        if (path := there.get(name)) is None:
            raise Unavailable(f"Debian's kernel has no module {name}")
        module = _READERS[path.suffix](path.read_bytes())
        depends = re.search(rb"\0depends=([^\0]*)\0", module)
        for other in depends[1].decode().split(",") if depends and depends[1] else ():
            add(_name(other))
        found[name] = module

    for name in wanted:
        add(name)
    return found


def _name(file: str) -> str:
    """A module's name, of its file's."""
    return file.rpartition("/")[2].partition(".ko")[0].replace("-", "_")


def _archive(files: Mapping[str, bytes | None]) -> bytes:
    """A cpio archive as the kernel reads it ("newc"); None is a folder."""
    parts = []
    for number, (name, content) in enumerate([*files.items(), ("TRAILER!!!", b"")], start=1):
        mode = stat.S_IFDIR | 0o755 if content is None else stat.S_IFREG | 0o755
        data, path = content or b"", name.encode() + b"\0"
        fields = (number, mode, 0, 0, 1, 0, len(data), 0, 0, 0, 0, len(path), 0)
        head = b"070701" + b"".join(b"%08X" % field for field in fields) + path
        parts += [head, bytes(-len(head) % 4), data, bytes(-len(data) % 4)]
    return b"".join(parts)
