"""A whole door in the guest: its parts, whoever stands before it, and the bridge as a process of its own.

Lines of JSON on standard input say what to do, `{"do": METHOD, ...}`; each is answered by `{"done": ...}`.
"""

import asyncio
import json
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from house.processes import Process, python
from tests.hardware.emulators.ef01 import EXTRACT, GET_IMAGE, Cable, Sensor
from tests.vm.parts.bolt import SimBolt
from tests.vm.parts.gpio_sim import SimChip
from tests.vm.parts.i2c import bus, max17048
from tests.vm.parts.keypad import NAME, Keypad
from tests.vm.parts.usb_serial import UsbSerial
from tests.vm.parts.waiting import WAIT_S, until

_FOLDER: Final = Path("/run/door")
_CONFIG: Final = """\
[bridge]
name = "Guest bridge"
data = "data"
time_zone = "Europe/Oslo"
trust_clock = "always"

[server]
host = "10.0.2.15"
port = 8643
zeroconf = false

[[lock]]
id = "front_door"
name = "Front door"
profile = "palm6068"

# Some parts are real, some are not: a voice takes longer to be made here than it may.
[lock.simulated]

[lock.parts.keypad]
driver = "input"
name = "{keypad}"

[lock.parts.fingerprint]
driver = "ef01"
device = "{fingerprint}"

[lock.parts.bolt]
driver = "motor"
in1 = "IN1"
in2 = "IN2"
# The resistors are on the board: the simulator's own would hold the wires against the sensors.
thrown = {{ line = "THROWN", pull = "as_is" }}
retracted = {{ line = "RETRACTED", pull = "as_is" }}

[lock.parts.contacts]
driver = "gpio"
door = {{ line = "DOOR", pull = "as_is" }}
tamper = {{ line = "TAMPER", pull = "as_is" }}
buttons.doorbell = {{ line = "BELL", pull = "as_is" }}

[lock.parts.power]
driver = "max17048"
bus = {bus}
interval_s = 1
"""


class Door:
    """What can be done at it. Every wait has its end."""

    def __init__(self) -> None:
        self.chip = SimChip("pinctrl-guest", ("IN1", "IN2", "THROWN", "RETRACTED", "DOOR", "TAMPER", "BELL"))
        self.chip.put("BELL", high=True)
        self.bolt = SimBolt(self.chip)
        self.keypad = Keypad()
        self.cable = Cable(_FOLDER / "module")
        self.usb = UsbSerial("FP01", self.cable.path)
        self.bridge: Process | None = None
        self._moving = asyncio.create_task(self.bolt.run())

    async def start(self) -> None:
        """The parts are plugged in, and the bridge starts. Returns when it serves."""
        self.cable.plug(Sensor())
        max17048(percent=87)
        await self.usb.plug()
        config = _FOLDER / "bridge.toml"
        config.write_text(_CONFIG.format(keypad=NAME, fingerprint=self.usb.path, bus=bus()), encoding="utf-8")
        command = (python(), "-m", "lock_bridge", "run", "--config", config)
        self.bridge = await Process.start("bridge", *command, line=_log)
        await self.bridge.until(self._serves, WAIT_S * 5)

    async def pairing_code(self) -> str:
        """Open the pairing window, as somebody does who may log in to the machine."""
        words = ("-m", "lock_bridge", "pair", "--no-wait", "--json", "--config", str(_FOLDER / "bridge.toml"))
        process = await asyncio.create_subprocess_exec(str(python()), *words, stdout=asyncio.subprocess.PIPE)
        async with asyncio.timeout(WAIT_S * 2):
            out, _ = await process.communicate()
        return str(json.loads(out)["code"])

    async def type(self, keys: list[str]) -> None:
        """Press these keys."""
        self.keypad.press(*keys)

    async def touch(self, finger: str) -> None:
        """Put a finger on the glass until it has been seen, and lift it until that has been seen."""
        assert self.cable.sensor is not None
        seen = self.cable.heard.count(EXTRACT)
        self.cable.sensor.press(finger)
        await until(lambda: self.cable.heard.count(EXTRACT) > seen)
        self.cable.sensor.lift()
        looked = self.cable.heard.count(GET_IMAGE)
        await until(lambda: self.cable.heard.count(GET_IMAGE) > looked + 2)

    async def unplug_reader(self) -> None:
        """Pull the fingerprint module's USB plug."""
        self.usb.unplug()

    async def plug_reader(self) -> None:
        """Plug it in again."""
        await self.usb.plug()

    async def put(self, wire: str, high: bool) -> None:
        """What a contact makes of its wire."""
        self.chip.put(wire, high=high)

    async def charge(self, percent: float) -> None:
        """How full the battery is from now on."""
        max17048(percent=percent)

    async def jam(self, at: float | None) -> None:
        """Something is in the way of the bolt, or no longer."""
        self.bolt.jam = at

    async def see(self) -> dict[str, Any]:
        """Where the bolt is, which way the motor turns, and which way it has been driven since last asked."""
        driven, self.bolt.driven = self.bolt.driven, []
        return {"bolt": round(self.bolt.at, 2), "pushes": self.bolt.pushes, "driven": driven}

    async def stop(self) -> int:
        """End the bridge as systemd does; its exit code."""
        assert self.bridge is not None
        code = await self.bridge.stop()
        self._moving.cancel()
        self.usb.remove()
        self.cable.unplug()
        self.keypad.unplug()
        self.chip.remove()
        return code

    async def _serves(self) -> bool:
        return (_FOLDER / "data" / "control.sock").exists()


def _log(text: str) -> None:
    sys.stderr.write(f"bridge: {text}\n")


async def main() -> None:
    """Until standard input ends, or it is told to stop."""
    _FOLDER.mkdir()
    orders = asyncio.StreamReader()
    await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(orders), sys.stdin)
    door = Door()
    async for line in orders:
        order: dict[str, Any] = json.loads(line)
        name = order.pop("do")
        method: Callable[..., Any] = getattr(door, name)
        sys.stdout.write(json.dumps({"done": await method(**order)}) + "\n")
        sys.stdout.flush()
        if name == "stop":
            return


if __name__ == "__main__":
    os.umask(0o077)
    asyncio.run(main())
