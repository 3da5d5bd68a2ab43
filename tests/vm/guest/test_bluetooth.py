"""The radios' driver against the true bluetoothd, on a virtual adapter, with a phone that is Bumble's."""

import asyncio
import contextlib
import os
import signal
from asyncio.subprocess import Process
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any, Final

import bumble.core
import bumble.hci
import bumble.link
import pytest
import pytest_asyncio
from bumble.controller import Controller
from bumble.core import UUID
from bumble.device import Device, Peer
from bumble.hci import Address
from bumble.link import LocalLink
from bumble.transport import open_transport

from lock_bridge.ble.codec import ANSWER, HELLO, REQUEST, SERVICE, Answer, Phone
from lock_bridge.ble.visitor import Exchange
from lock_bridge.clock import ManualClock
from lock_bridge.engine import bluetooth
from lock_bridge.engine.effects import PhoneTold, Radio
from lock_bridge.engine.passcode import Keys
from lock_bridge.hardware.bluez.driver import BluezRadios, Settings
from lock_bridge.hardware.ports import PartBack, PartFault, PhoneActs, PhonePairs, RadioSeen, Reading
from lock_bridge.wire.words import Part
from vm.packages import Packages

pytestmark = pytest.mark.asyncio(loop_scope="module")

WAIT_S: Final = 60
ADAPTER: Final = "F0:F1:F2:F3:F4:F5"
KEYS: Final = Keys(pin=b"p" * 32, card=b"c" * 32, ble=b"b" * 32)
KEY_ID: Final = b"12345678"
KEY: Final = bluetooth.key_text(KEYS, KEY_ID)
CODE: Final = "024751"
CARA: Final = Phone("Cara's phone", b"c" * 16)
ON: Final = Radio(wifi=True, bluetooth=True)
OFF: Final = Radio(wifi=True, bluetooth=False)

BUS: Final = """<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig>
  <type>system</type>
  <listen>unix:path={path}</listen>
  <policy context="default">
    <allow user="*"/><deny own="*"/><deny send_type="method_call"/>
    <allow send_type="signal"/><allow send_type="method_return"/><allow send_type="error"/><allow receive_type="*"/>
    <allow send_destination="org.freedesktop.DBus"/>
  </policy>
  <includedir>{policies}</includedir>
</busconfig>
"""
"""The system's own rules, with those that BlueZ brings: root and the group `bluetooth` may ask it, and nobody else."""


class Air(LocalLink):
    """The air between adapters."""

    def send_acl_data(self, sender: Any, destination: Any, transport: Any, data: bytes) -> None:
        """Bumble tells the receiver a random address of the sender's, which a public one is not known by."""
        connection = sender.le_connections.get(destination)
        if transport == bumble.core.PhysicalTransport.LE and connection is not None:
            receiver = self.find_le_controller(destination)
            if receiver is not None:
                loop = asyncio.get_running_loop()
                loop.call_soon(receiver.on_link_acl_data, connection.self_address, transport, data)
                return
        super().send_acl_data(sender, destination, transport, data)


class Machine:
    """The machine at the door: message bus, bluetoothd, a virtual adapter, the driver."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.address = f"unix:path={folder / 'bus'}"
        self.air = Air()
        self.reports: list[Reading] = []
        self.lock: Callable[[PhonePairs | PhoneActs], str | None] = lambda _given: None
        self.clock = ManualClock()
        self.radios = BluezRadios(Settings(name="Front door", address=self.address), self.clock)
        self._packages = Packages(Path(os.environ["LOCK_BRIDGE_VM_ROOT"]))
        self._processes: list[Process] = []
        self._bluetoothd: Process | None = None
        self._stick: Any = None
        self._woken = asyncio.Event()

    async def start(self) -> None:
        config = self.folder / "bus.conf"
        policies = self._packages.root / "usr/share/dbus-1/system.d"
        assert (policies / "bluetooth.conf").exists()
        config.write_text(BUS.format(path=self.folder / "bus", policies=policies), encoding="utf-8")
        command = self._packages.command("dbus-daemon")
        await self._run(*command, "--nofork", "--nopidfile", f"--config-file={config}")
        await self.until((self.folder / "bus").exists)
        await self.plug()
        await self.start_bluetoothd()
        self.radios.switch(ON)
        await self.radios.start(self._hear)

    async def stop(self) -> None:
        await self.radios.stop()
        for process in (*self._processes, self._bluetoothd):
            if process is not None and process.returncode is None:
                process.send_signal(signal.SIGTERM)
                await process.wait()
        await self.unplug()

    async def start_bluetoothd(self) -> None:
        self._bluetoothd = await self._run(*self._packages.command("bluetoothd"), "--nodetach")

    async def stop_bluetoothd(self) -> None:
        assert self._bluetoothd is not None
        self._bluetoothd.kill()
        await self._bluetoothd.wait()

    async def plug(self) -> None:
        """Put the adapter in: the kernel makes one of whoever speaks for it at /dev/vhci."""
        self._stick = await open_transport("vhci")
        controller = Controller(
            "adapter",
            host_source=self._stick.source,
            host_sink=self._stick.sink,
            link=self.air,
            public_address=ADAPTER,
        )
        # The kernel asks for what Bumble offers here and does not have.
        for feature in bumble.hci.LeFeatureMask:
            if "PERIPHERAL_INITIATED" in feature.name:
                controller.le_features &= ~feature

    async def unplug(self) -> None:
        stick, self._stick = self._stick, None
        if stick is not None:
            await stick.close()

    async def until(self, holds: Callable[[], bool]) -> None:
        async with asyncio.timeout(WAIT_S):
            while not holds():
                self._woken.clear()
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(self._woken.wait(), 0.1)  # files and processes wake nobody

    async def reported(self, wanted: Callable[[Reading], bool]) -> None:
        """Wait for a report of that kind; it and those before it have been looked at then."""
        await self.until(lambda: any(map(wanted, self.reports)))
        place = next(number for number, report in enumerate(self.reports) if wanted(report))
        del self.reports[: place + 1]

    async def served(self) -> None:
        await self.until(lambda: self.radios.health.words.startswith("hci"))

    async def _run(self, *command: str) -> Process:
        environment = os.environ | {"DBUS_SYSTEM_BUS_ADDRESS": self.address}
        process = await asyncio.create_subprocess_exec(*command, env=environment)
        self._processes.append(process)
        return process

    def _hear(self, reading: Reading) -> None:
        self.reports.append(reading)
        self._woken.set()
        if isinstance(reading, (PhonePairs, PhoneActs)):
            told = PhoneTold(reading.phone, self.lock(reading))
            asyncio.get_running_loop().call_soon(self.radios.tell_phone, told)


class Handset:
    """A phone of Bumble's."""

    def __init__(self, device: Device) -> None:
        self.device = device
        self.connection: Any = None
        self._service: Any = None
        self._frames: asyncio.Queue[bytes] = asyncio.Queue()

    @classmethod
    async def switched_on(cls, air: Air, address: str) -> Handset:
        controller = Controller(address, link=air, public_address=Address(address))
        device = Device.with_hci("phone", Address(address), controller, controller)
        await device.power_on()
        return cls(device)

    async def looks(self, seconds: float = WAIT_S) -> Any:
        """The advertisement of a lock; None when there is none for so long."""
        found: asyncio.Future[Any] = asyncio.get_running_loop().create_future()

        def seen(advertisement: Any) -> None:
            services = advertisement.data.get(bumble.core.AdvertisingData.COMPLETE_LIST_OF_128_BIT_SERVICE_CLASS_UUIDS)
            if not found.done() and services and UUID(SERVICE) in services:
                found.set_result(advertisement)

        self.device.on("advertisement", seen)
        await self.device.start_scanning(filter_duplicates=False)
        try:
            return await asyncio.wait_for(found, seconds)
        except TimeoutError:
            return None
        finally:
            await self.device.stop_scanning()
            self.device.remove_listener("advertisement", seen)

    async def comes(self, *, mtu: int | None = None) -> None:
        """Find the lock, connect, and listen for answers."""
        advertisement = await self.looks()
        assert advertisement is not None, "the phone finds no lock here"
        async with asyncio.timeout(WAIT_S):
            self.connection = await self.device.connect(advertisement.address)
            peer = Peer(self.connection)
            if mtu is not None:
                await peer.request_mtu(mtu)
            await peer.discover_service(UUID(SERVICE))
            (self._service,) = peer.get_services_by_uuid(UUID(SERVICE))
            await self._service.discover_characteristics()
            await self._characteristic(ANSWER).discover_descriptors()
            await self._characteristic(ANSWER).subscribe(self._notified)

    async def goes(self) -> None:
        await self.connection.disconnect()

    async def hello(self) -> bytes:
        async with asyncio.timeout(WAIT_S):
            return bytes(await self._characteristic(HELLO).read_value())

    async def write(self, frame: bytes) -> None:
        async with asyncio.timeout(WAIT_S):
            await self._characteristic(REQUEST).write_value(frame, with_response=True)

    async def pair(self, code: str) -> Answer:
        exchange = Exchange(await self.hello())
        return await self._ask(exchange, list(exchange.pair(CARA, code)))

    async def unlock(self, counter: int) -> Answer:
        exchange = Exchange(await self.hello())
        return await self._ask(exchange, list(exchange.act(CARA, "unlock", KEY, counter)))

    async def _ask(self, exchange: Exchange, frames: list[bytes]) -> Answer:
        for frame in frames:
            await self.write(frame)
        async with asyncio.timeout(WAIT_S):
            while True:
                if (answer := exchange.take(await self._frames.get())) is not None:
                    return answer

    def _notified(self, value: bytes) -> None:
        self._frames.put_nowait(bytes(value))

    def _characteristic(self, uuid: str) -> Any:
        (found,) = self._service.get_characteristics_by_uuid(UUID(uuid))
        return found


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def machine(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Machine]:
    machine = Machine(tmp_path_factory.mktemp("bluetooth"))
    await machine.start()
    await machine.served()
    yield machine
    await machine.stop()


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def handset(machine: Machine) -> Handset:
    return await Handset.switched_on(machine.air, "C4:F2:17:1A:1D:BB")


@pytest.fixture
def phone(machine: Machine, handset: Handset) -> Handset:
    """It has not asked for anything for a while, so that it may ask again."""
    machine.clock.advance(60_000)
    return handset


@pytest.mark.spec("DLM-9", "VER-14")
@pytest.mark.parametrize("mtu", [None, 517], ids=["23 bytes", "517 bytes"])
async def test_a_phone_finds_the_lock_pairs_and_opens_it(machine: Machine, phone: Handset, mtu: int | None) -> None:
    machine.reports.clear()
    await phone.comes(mtu=mtu)
    assert await phone.pair(CODE) == Answer()
    assert await phone.unlock(1) == Answer()
    machine.lock = lambda _given: "outside_validity"
    assert await phone.unlock(2) == Answer(word="outside_validity")
    machine.lock = lambda _given: None
    await phone.goes()
    await machine.reported(lambda report: report == RadioSeen(None, bluetooth_connected=True))
    pairs, first, second = (report for report in machine.reports if isinstance(report, (PhonePairs, PhoneActs)))
    assert isinstance(pairs, PhonePairs)
    assert pairs.code == CODE
    _, key = bluetooth.read_key(KEY)
    for act, counter in ((first, 1), (second, 2)):
        assert isinstance(act, PhoneActs)
        assert act.proof == bluetooth.proof(key, act.challenge, "unlock", counter)
    await machine.reported(lambda report: report == RadioSeen(None, bluetooth_connected=False))


@pytest.mark.spec("VER-14")
async def test_what_was_recorded_on_one_connection_opens_nothing_on_the_next(machine: Machine, phone: Handset) -> None:
    await phone.comes(mtu=517)
    recorded = list(Exchange(await phone.hello()).act(CARA, "unlock", KEY, 9))
    await phone.goes()
    await machine.reported(lambda report: report == RadioSeen(None, bluetooth_connected=False))
    await phone.comes(mtu=517)
    await phone.hello()
    for frame in recorded:
        await phone.write(frame)
    assert not any(isinstance(report, PhoneActs) for report in machine.reports)
    assert await phone.pair(CODE) == Answer(), "the right one is heard all the same"
    await phone.goes()


@pytest.mark.spec("PWR-3")
async def test_bluetooth_off_cuts_off_phones_and_is_found_by_none(machine: Machine, phone: Handset) -> None:
    await phone.comes()
    await phone.hello()
    cut_off = asyncio.Event()
    phone.connection.on("disconnection", lambda _reason: cut_off.set())
    machine.radios.switch(OFF)
    await asyncio.wait_for(cut_off.wait(), WAIT_S)
    await machine.until(lambda: machine.radios.health.words.startswith("Bluetooth is off"))
    assert await phone.looks(3) is None
    machine.radios.switch(ON)
    await machine.served()
    assert await phone.looks() is not None


@pytest.mark.spec("FLT-1")
async def test_bluetoothd_that_is_killed_is_missed_and_served_again(machine: Machine, phone: Handset) -> None:
    machine.reports.clear()
    await machine.stop_bluetoothd()
    await machine.reported(lambda report: report == PartFault(Part.BLUETOOTH, "service_missing"))
    await machine.start_bluetoothd()
    await machine.reported(lambda report: report == PartBack(Part.BLUETOOTH))
    await phone.comes()
    assert await phone.pair(CODE) == Answer()
    await phone.goes()


@pytest.mark.spec("FLT-1")
async def test_the_adapter_is_pulled_and_put_back(machine: Machine, phone: Handset) -> None:
    machine.reports.clear()
    await machine.unplug()
    await machine.reported(lambda report: isinstance(report, PartFault))
    assert machine.radios.health.trouble in ("unplugged", "missing", "switched_off")
    await machine.plug()
    await machine.reported(lambda report: report == PartBack(Part.BLUETOOTH))
    await machine.served()
    assert await phone.looks() is not None
