"""The machine's Wi-Fi beside a lock: its signal, and that nobody is cut off by switching it off (PWR-3)."""

import asyncio
import struct
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from lock_bridge.engine.effects import Radio
from lock_bridge.hardware.bluez.driver import SIGNAL_MS
from lock_bridge.hardware.bluez.wifi import Machine, Wifi
from lock_bridge.hardware.ports import RadioSeen
from tests.hardware.bluez_rig import Rig

WIRELESS = """\
Inter-| sta-|   Quality        |   Discarded packets               | Missed | WE
 face | tus | link level noise |  nwid  crypt   frag  retry   misc | beacon | 22
{lines}
"""
ROUTES = "Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT\n"
LAN = "eth0\t00000000\t0101A8C0\t0003\t0\t0\t100\t00000000\t0\t0\t0\n"
WLAN = "wlan0\t00000000\t0101A8C0\t0003\t0\t0\t600\t00000000\t0\t0\t0\n"
NEAR = "eth0\t0001A8C0\t00000000\t0001\t0\t0\t100\t00FFFFFF\t0\t0\t0\n"
TUNNEL = "wg0\t00000000\t00000000\t0001\t0\t0\t0\t00000000\t0\t0\t0\n"


class Kernel:
    """What the kernel tells in files, and what was written to /dev/rfkill."""

    def __init__(self, folder: Path) -> None:
        self.machine = Machine(folder / "proc", folder / "sys", folder / "rfkill")
        self.machine.proc.mkdir()
        self.machine.rfkill.touch()
        self.interface("wlan0", radio=3)
        self.interface("eth0")
        self.interface("lo", device=False)
        self.interface("wg0", device=False)
        self.signal("-58.")
        self.routes(LAN, NEAR, WLAN)

    def interface(self, name: str, *, radio: int | None = None, device: bool = True) -> None:
        folder = self.machine.sys / name
        (folder / "device" if device else folder).mkdir(parents=True)
        if radio is not None:
            (folder / "phy80211" / f"rfkill{radio}").mkdir(parents=True)

    def signal(self, level: str, name: str = "wlan0") -> None:
        line = f" {name}: 0000   52.  {level}  -256        0      0      0      0      0        0"
        (self.machine.proc / "wireless").write_text(WIRELESS.format(lines=line))

    def routes(self, *routes: str) -> None:
        (self.machine.proc / "route").write_text(ROUTES + "".join(routes))

    @property
    def written(self) -> list[tuple[int, int, int, int]]:
        """Index, type, operation and whether blocked, of all that was written."""
        raw = self.machine.rfkill.read_bytes()
        return [event[:4] for event in struct.iter_unpack("=IBBBB", raw)]


@pytest.fixture
def kernel(tmp_path: Path) -> Kernel:
    return Kernel(tmp_path)


@pytest.mark.spec("PWR-3")
@pytest.mark.parametrize(
    ("level", "dbm"),
    [("-58.", -58), ("-91", -91), ("198.", -58), ("0.", None), ("-256", None), ("x", None), ("", None)],
)
def test_the_signal_is_what_the_kernel_says(kernel: Kernel, level: str, dbm: int | None) -> None:
    kernel.signal(level)
    assert Wifi(None, kernel.machine).signal_dbm() == dbm


def test_the_signal_is_of_the_interface_that_was_named(kernel: Kernel) -> None:
    kernel.interface("wlan1", radio=4)
    assert Wifi("wlan1", kernel.machine).signal_dbm() is None
    kernel.signal("-40.", "wlan1")
    assert Wifi("wlan1", kernel.machine).signal_dbm() == -40
    assert Wifi(None, kernel.machine).signal_dbm() is None


def test_a_machine_without_wifi_has_no_signal(tmp_path: Path) -> None:
    wifi = Wifi(None, Machine(tmp_path, tmp_path, tmp_path / "rfkill"))
    assert (wifi.interface, wifi.signal_dbm(), wifi.has_another_way()) == (None, None, False)
    wifi.allow(False)
    wifi.allow(True)
    assert not (tmp_path / "rfkill").exists()


@pytest.mark.spec("PWR-3")
def test_wifi_is_switched_off_and_on_where_a_cable_leads_to_the_house(kernel: Kernel) -> None:
    wifi = Wifi(None, kernel.machine)
    wifi.allow(False)
    wifi.allow(False)
    assert kernel.written == [(3, 1, 2, 1)]
    kernel.machine.rfkill.write_bytes(b"")
    wifi.allow(True)
    wifi.allow(True)
    assert kernel.written == [(3, 1, 2, 0)]


@pytest.mark.spec("PWR-3")
@pytest.mark.parametrize(
    "routes",
    [(WLAN,), (), (NEAR,), (WLAN, TUNNEL), (LAN.replace("0003", "0002"),)],
    ids=["wifi alone", "no route", "no way out by the cable", "a tunnel", "a cable that is down"],
)
def test_wifi_stays_on_where_it_is_the_only_way(kernel: Kernel, routes: tuple[str, ...]) -> None:
    kernel.routes(*routes)
    wifi = Wifi(None, kernel.machine)
    wifi.allow(False)
    assert kernel.written == []


def test_a_cable_with_ipv6_alone_is_a_way_too(kernel: Kernel) -> None:
    kernel.routes(WLAN)
    anywhere, nobody = "0" * 32, "fe80" + "0" * 28
    line = f"{anywhere} 00 {anywhere} 00 {nobody} 00000064 00000001 00000000 {{flags}} {{name:>8}}\n"
    assert not Wifi(None, kernel.machine).has_another_way()
    # The kernel lists unreachable routes at `lo`, and those of the Wi-Fi, as well.
    ways = line.format(flags="00200200", name="lo") + line.format(flags="00000003", name="wlan0")
    (kernel.machine.proc / "ipv6_route").write_text(ways)
    assert not Wifi(None, kernel.machine).has_another_way()
    (kernel.machine.proc / "ipv6_route").write_text(ways + line.format(flags="00000003", name="eth0"))
    assert Wifi(None, kernel.machine).has_another_way()


@pytest.mark.spec("PWR-3")
def test_wifi_comes_back_when_the_cable_is_pulled(kernel: Kernel) -> None:
    wifi = Wifi(None, kernel.machine)
    wifi.allow(False)
    kernel.routes()
    wifi.allow(False)
    written = kernel.machine.rfkill.read_bytes()
    assert written == struct.pack("=IBBBB", 3, 1, 2, 0, 0)


class Door(Rig):
    """A lock whose machine has Wi-Fi and no Bluetooth."""

    def __init__(self, folder: Path, kernel: Kernel, *, switches_wifi: bool) -> None:
        super().__init__(folder)
        self.kernel = kernel
        self.radios = type(self.radios)(
            self.radios._settings,
            self.clock,
            bluetooth=False,
            wifi=Wifi(None, kernel.machine),
            switches_wifi=switches_wifi,
        )

    async def until(self, holds: Callable[[], bool]) -> None:
        async with asyncio.timeout(20):
            while not holds():  # noqa: ASYNC110 - a file tells nobody
                await asyncio.sleep(0.005)


@pytest.fixture
async def door(tmp_path: Path, kernel: Kernel) -> AsyncIterator[Door]:
    door = Door(tmp_path, kernel, switches_wifi=True)
    yield door
    await door.radios.stop()


@pytest.mark.spec("PWR-3", "APP-1")
async def test_the_signal_is_told_at_the_start_and_when_it_is_noticeably_other(door: Door) -> None:
    await door.start()
    assert await door.report() == RadioSeen(-58)
    for level in ("-59.", "-56.", "-60."):
        door.kernel.signal(level)
        door.clock.advance(SIGNAL_MS)
    assert door.reports.empty(), "it always wavers by a decibel or two"
    door.kernel.signal("-61.")
    door.clock.advance(SIGNAL_MS)
    assert await door.report() == RadioSeen(-61)
    door.kernel.signal("0.")
    door.clock.advance(SIGNAL_MS)
    assert await door.report() == RadioSeen(None)


@pytest.mark.spec("PWR-3")
async def test_the_setting_reaches_the_radio_and_the_end_lets_it_free(door: Door) -> None:
    await door.start()
    door.radios.switch(Radio(wifi=False, bluetooth=False))
    await door.reported(RadioSeen(None))
    await door.until(lambda: door.kernel.written == [(3, 1, 2, 1)])
    await door.radios.stop()
    assert door.kernel.written == [(3, 1, 2, 0)], "nobody has to come with a cable because the bridge was stopped"


@pytest.mark.spec("PWR-3")
async def test_a_radio_that_may_not_be_switched_is_said_in_the_log_and_breaks_nothing(
    door: Door, caplog: pytest.LogCaptureFixture
) -> None:
    door.kernel.machine.rfkill.unlink()
    await door.start()
    door.radios.switch(Radio(wifi=False, bluetooth=False))
    await door.until(lambda: "/dev/rfkill" in caplog.text)
    assert door.radios.health.state == "served"


@pytest.mark.spec("PWR-3")
async def test_the_bridges_own_wifi_is_left_alone_unless_the_config_says_so(tmp_path: Path, kernel: Kernel) -> None:
    door = Door(tmp_path, kernel, switches_wifi=False)
    await door.start()
    assert await door.report() == RadioSeen(-58)
    door.radios.switch(Radio(wifi=False, bluetooth=False))
    assert await door.report() == RadioSeen(None), "as far as the lock is concerned"
    await door.radios.stop()
    assert kernel.written == []
