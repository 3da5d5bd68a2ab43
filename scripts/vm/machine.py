"""The machine that the guest runs in: QEMU without help of the processor, as any user may start it."""

import contextlib
import json
import os
import queue
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final, Self

from .image import image
from .packages import Packages
from .words import PORT

ROOT: Final = Path(__file__).resolve().parents[2]
"""The checkout, there and here."""

BOOT_S: Final = 300.0
"""5 s where nothing else runs."""

_MEMORY_MB: Final = 1536
_STOP_S: Final = 30.0


class GuestFailed(Exception):
    """The guest, or a process in it, is not as it should be; the message has the console's last lines."""


class Guest:
    """A running guest. Its console is written to `log`."""

    def __init__(self, packages: Packages, log: Path, *, ports: Mapping[int, int] | None = None) -> None:
        """`ports` are those of the guest that are reached at 127.0.0.1, and at which port there."""
        self.packages = packages
        self.log = log
        self._ports = ports or {}
        self._processes: dict[str, GuestProcess] = {}
        self._ready: queue.Queue[bool] = queue.Queue()
        self._sending = threading.Lock()

    def __enter__(self) -> Self:
        """Boot it. Raises `GuestFailed`."""
        started = time.monotonic()
        self.log.parent.mkdir(parents=True, exist_ok=True)
        ours, theirs = socket.socketpair()
        with tempfile.NamedTemporaryFile(suffix=".img") as first, self.log.open("wb") as log, theirs:
            first.write(image(self.packages, self._environment(), sys.executable, "-m", "vm.agent"))
            first.flush()
            self._qemu = subprocess.Popen(
                self._command(first.name, theirs.fileno()),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                pass_fds=(theirs.fileno(),),
                start_new_session=True,
            )
            theirs.close()
            self._port = ours
            threading.Thread(target=self._listen, name="guest", daemon=True).start()
            try:
                up = self._ready.get(timeout=BOOT_S)
            except queue.Empty:
                up = False
        if not up:
            self.__exit__()
            raise GuestFailed(self.story("The guest did not boot"))
        self.boot_s = time.monotonic() - started
        return self

    def __exit__(self, *_: object) -> None:
        with contextlib.suppress(OSError):
            self._port.shutdown(socket.SHUT_RDWR)  # the agent ends, and with it the guest
        try:
            self._qemu.wait(_STOP_S)
        except subprocess.TimeoutExpired:
            self._qemu.kill()
            self._qemu.wait()
        self._port.close()

    def start(self, name: str, *command: str | Path) -> GuestProcess:
        """Start a process in the guest, as root and in the checkout."""
        process = self._processes[name] = GuestProcess(self, name)
        self.send(start=name, command=[str(word) for word in command])
        return process

    def send(self, **message: Any) -> None:
        """To the agent. Raises `GuestFailed`."""
        try:
            with self._sending:
                self._port.sendall(json.dumps(message).encode() + b"\n")
        except OSError:
            raise GuestFailed(self.story("The guest has ended")) from None

    def story(self, what: str) -> str:
        """What went wrong, and the console's last lines."""
        lines = self.log.read_text(encoding="utf-8", errors="replace").splitlines()[-40:]
        return "\n".join([f"{what}; its console ({self.log}) ends with", *(f"  {line}" for line in lines)])

    def _listen(self) -> None:
        with contextlib.suppress(OSError), self._port.makefile("rb") as messages:
            for line in messages:
                match json.loads(line):
                    case {"ready": True}:
                        self._ready.put(True)
                    case {"name": name, "line": text}:
                        self._processes[name].said.put({"line": text})
                    case {"name": name, "ended": code}:
                        self._processes[name].said.put({"ended": code})
        self._ready.put(False)
        for process in self._processes.values():
            process.said.put({"ended": None})

    def _environment(self) -> dict[str, str]:
        paths = (self.packages.bin, *(os.environ.get("PATH") or os.defpath).split(":"))
        return {
            "PATH": ":".join(map(str, paths)),
            "PYTHONPATH": ":".join(map(str, (ROOT / "scripts", ROOT, ROOT / "bridge"))),
            "HOME": "/run",
            "TMPDIR": "/run",
            "LC_ALL": "C.UTF-8",
            "LOCK_BRIDGE_VM_ROOT": str(self.packages.root),
            "ALSA_CONFIG_DIR": str(self.packages.root / "usr/share/alsa"),
            "ESPEAK_DATA_PATH": str(self.packages.root / "usr/lib/x86_64-linux-gnu"),
        }

    def _command(self, first: str, port: int) -> list[str]:
        data = self.packages.root / "usr/share"
        forwards = "".join(f",hostfwd=tcp:127.0.0.1:{here}-:{there}" for there, here in self._ports.items())
        return [
            *self.packages.command("qemu-system-x86_64"),
            *("-L", str(data / "qemu"), "-L", str(data / "seabios")),
            *("-machine", "q35,accel=tcg", "-cpu", "max", "-smp", "2", "-m", str(_MEMORY_MB)),
            *("-nodefaults", "-no-user-config", "-display", "none", "-no-reboot", "-serial", "stdio"),
            *("-run-with", "exit-with-parent=on"),
            *("-kernel", str(self.packages.kernel), "-initrd", first),
            *("-append", "console=ttyS0 quiet panic=-1 mitigations=off"),
            *("-fsdev", "local,id=host,path=/,security_model=none,readonly=on,multidevs=remap"),
            *("-device", "virtio-9p-pci,fsdev=host,mount_tag=host"),
            *("-device", "virtio-rng-pci"),
            *("-chardev", f"socket,id=agent,fd={port}", "-device", "virtio-serial-pci"),
            *("-device", f"virtserialport,chardev=agent,name={PORT}"),
            *("-nic", f"user,model=virtio-net-pci,restrict=on{forwards}"),
        ]


class GuestProcess:
    """A process in the guest, which talks in lines on its standard input and output."""

    def __init__(self, guest: Guest, name: str) -> None:
        self.name = name
        self.said: queue.Queue[dict[str, Any]] = queue.Queue()
        self._guest = guest

    def tell(self, **message: Any) -> None:
        """Say something to it, in JSON. Raises `GuestFailed`."""
        self._guest.send(tell=self.name, line=json.dumps(message))

    def hear(self, seconds: float) -> Any:
        """What it says next, of JSON; None when it has ended well. Raises `GuestFailed`."""
        try:
            said = self.said.get(timeout=seconds)
        except queue.Empty:
            raise GuestFailed(self._guest.story(f"{self.name} said nothing for {seconds:g} s")) from None
        if "ended" in said:
            self.said.put(said)  # it stays so
            if said["ended"] != 0:
                raise GuestFailed(self._guest.story(f"{self.name} has ended with {said['ended']}"))
            return None
        return json.loads(said["line"])

    def end(self) -> None:
        """Ask it to end."""
        self._guest.send(end=self.name)
