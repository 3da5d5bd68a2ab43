"""A converter from USB to serial, plugged into the kernel's dummy host for real, and what hangs on its far end."""

import asyncio
import os
import tty
from contextlib import suppress
from pathlib import Path
from typing import Final

from tests.vm.parts.waiting import read, until, write

_GADGETS: Final = Path("/sys/kernel/config/usb_gadget")
_FAR_END: Final = Path("/dev/ttyGS0")
_HOST: Final = "dummy_udc.0"
_AT_ONCE: Final = 4096


class UsbSerial:
    """A converter with a serial number; its port is `path`, a link of udev's.

    A module on a pseudo-terminal at `module` is wired to it: what each sends the other gets.
    """

    def __init__(self, serial: str, module: Path) -> None:
        self.path = Path(f"/dev/serial/by-id/usb-Maker_Converter_{serial}-if00")
        self._module = module
        self._ends: tuple[int, ...] = ()
        self._loop = asyncio.get_running_loop()
        self._folder = _GADGETS / serial
        self._folder.mkdir()
        texts, function, config = (self._folder / part for part in ("strings/0x409", "functions/acm.0", "configs/c.1"))
        for folder in (texts, function, config):
            folder.mkdir(parents=True)
        write(self._folder / "idVendor", "0x1d6b")
        write(self._folder / "idProduct", "0x0104")
        for name, text in (("manufacturer", "Maker"), ("product", "Converter"), ("serialnumber", serial)):
            write(texts / name, text)
        (config / "acm.0").symlink_to(function)

    async def plug(self) -> None:
        """Put it into the only socket that there is, and wait for its port."""
        far, module = (os.open(path, os.O_RDWR | os.O_NOCTTY | os.O_NONBLOCK) for path in (_FAR_END, self._module))
        self._ends = (far, module)
        for end in self._ends:
            tty.setraw(end)
        self._loop.add_reader(far, _copy, far, module)
        self._loop.add_reader(module, _copy, module, far)
        write(self._folder / "UDC", _HOST)
        await until(self.path.exists)

    def unplug(self) -> None:
        """Pull it."""
        ends, self._ends = self._ends, ()
        for end in ends:
            self._loop.remove_reader(end)
            os.close(end)
        if read(self._folder / "UDC"):
            write(self._folder / "UDC", "\n")

    def remove(self) -> None:
        """Leave nothing of it."""
        self.unplug()
        (self._folder / "configs/c.1/acm.0").unlink()
        for part in ("configs/c.1", "functions/acm.0", "strings/0x409", ""):
            (self._folder / part).rmdir()


def _copy(from_end: int, to_end: int) -> None:
    with suppress(OSError):  # nothing there after all, or nobody listens, as on any wire
        os.write(to_end, os.read(from_end, _AT_ONCE))
