"""The radios' driver and bluetoothd, over a real message bus: what is offered, who is served, what goes away."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Protocol

import pytest
from dbus_fast import Message, MessageType, Variant
from dbus_fast.aio import MessageBus

from lock_bridge.ble.codec import ANSWER, HELLO, MESSAGE_MAX, REQUEST, SERVICE, Answer, Phone
from lock_bridge.engine import bluetooth
from lock_bridge.engine.effects import PhoneTold, Radio
from lock_bridge.engine.passcode import Keys
from lock_bridge.hardware.bluez.service import IDLE_MS
from lock_bridge.hardware.ports import PhoneActs, PhonePairs, RadioSeen
from tests.hardware.bluez_rig import BACK, OFF, ON, Rig, fault
from tests.hardware.emulators.bluez import Handset, Stick

KEYS = Keys(pin=b"p" * 32, card=b"c" * 32, ble=b"b" * 32)
KEY = bluetooth.key_text(KEYS, b"12345678")
CARA = Phone("Cara's phone", b"c" * 16)
DAN = Phone("Dan's phone", b"d" * 16)


class Build(Protocol):
    async def __call__(self, *sticks: Stick, **settings: object) -> Rig: ...


@pytest.fixture
async def build(tmp_path: Path) -> AsyncIterator[Build]:
    rigs: list[Rig] = []

    async def make(*sticks: Stick, **settings: object) -> Rig:
        rig = Rig(tmp_path, *sticks, **settings)  # type: ignore[arg-type]
        rigs.append(rig)
        await rig.open()
        return rig

    yield make
    for rig in rigs:
        await rig.close()


@pytest.fixture
async def rig(build: Build) -> Rig:
    """A door that phones find, at which the lock says done to everybody."""
    rig = await build()
    rig.on_phone = lambda given: rig.radios.tell_phone(PhoneTold(given.phone))
    await rig.start()
    await rig.bluez.served()
    return rig


async def test_phones_find_the_service_under_the_locks_name(rig: Rig) -> None:
    assert rig.bluez.advertisement is not None
    assert rig.bluez.application is not None
    told = {name: value.value for name, value in rig.bluez.advertisement.items()}
    assert told == {"Type": "peripheral", "ServiceUUIDs": [SERVICE], "LocalName": "Front door", "Discoverable": True}
    flags = {
        uuid: rig.bluez.application.objects[rig.bluez.application.at(uuid)]["org.bluez.GattCharacteristic1"]["Flags"]
        for uuid in (HELLO, REQUEST, ANSWER)
    }
    assert {uuid: value.value for uuid, value in flags.items()} == {
        HELLO: ["read"],
        REQUEST: ["write"],
        ANSWER: ["notify"],
    }
    async with asyncio.timeout(10):
        while rig.radios.health.state != "served":  # noqa: ASYNC110
            await asyncio.sleep(0.005)
    assert rig.radios.health.words == "hci0 F0:F1:F2:F3:F4:F5"


@pytest.mark.spec("DLM-9", "VER-14")
@pytest.mark.parametrize("mtu", [23, 185, 517])
async def test_a_visitor_pairs_unlocks_and_locks(rig: Rig, mtu: int) -> None:
    phone = Handset(rig.bluez, CARA, mtu=mtu)
    assert await phone.pair("024751") == Answer()
    assert await phone.act("unlock", KEY) == Answer()
    assert await phone.act("lock", KEY) == Answer()
    await phone.leave()
    seen = []
    while rig.reports.qsize():
        seen.append(rig.reports.get_nowait())
    requests = [report for report in seen if isinstance(report, (PhonePairs, PhoneActs))]
    pairs, unlocks, locks = requests
    assert isinstance(pairs, PhonePairs)
    assert isinstance(unlocks, PhoneActs)
    assert isinstance(locks, PhoneActs)
    assert (pairs.code, unlocks.operation, locks.operation) == ("024751", "unlock", "lock")
    assert unlocks.challenge != locks.challenge


@pytest.mark.spec("VER-14")
async def test_a_visitor_is_told_why_not(rig: Rig) -> None:
    rig.on_phone = lambda given: rig.radios.tell_phone(PhoneTold(given.phone, "outside_validity"))
    assert await Handset(rig.bluez, CARA).act("unlock", KEY) == Answer(word="outside_validity")


async def test_each_of_two_visitors_gets_the_own_answer(rig: Rig) -> None:
    waiting: list[str] = []
    rig.on_phone = lambda given: waiting.append(given.phone)
    cara, dan = Handset(rig.bluez, CARA, mtu=100), Handset(rig.bluez, DAN)
    asking = [asyncio.ensure_future(phone.act("unlock", KEY)) for phone in (cara, dan)]
    async with asyncio.timeout(10):
        while len(waiting) < 2:  # noqa: ASYNC110
            await asyncio.sleep(0.005)
    for phone in waiting:
        rig.radios.tell_phone(PhoneTold(phone, None if phone.startswith("Cara") else "used_up"))
    assert await asyncio.gather(*asking) == [Answer(), Answer(word="used_up")]


@pytest.mark.spec("PWR-3", "APP-1")
async def test_whether_a_phone_is_connected_is_told(rig: Rig) -> None:
    phone = Handset(rig.bluez, CARA)
    await phone.pair("024751")
    await rig.connected(True)
    await phone.leave()
    await rig.connected(False)


async def test_a_phone_that_has_nothing_to_say_is_hung_up(rig: Rig) -> None:
    phone = Handset(rig.bluez, CARA)
    await phone.begin()
    await rig.connected(True)
    rig.clock.advance(IDLE_MS)
    await rig.bluez.until(lambda: not phone.connected)
    await rig.connected(False)


async def test_nothing_longer_than_a_message_is_taken(rig: Rig) -> None:
    phone = Handset(rig.bluez, CARA)
    await phone.begin()
    long = bytes(MESSAGE_MAX + 1)
    assert await phone.write(long, type=Variant("s", "reliable")) == "org.bluez.Error.InvalidValueLength"
    assert await phone.write(b"\0" * 20, offset=Variant("q", 5)) == "org.bluez.Error.InvalidOffset"
    assert not [report for report in [rig.reports.get_nowait()] if isinstance(report, (PhonePairs, PhoneActs))]


async def test_a_phone_that_asks_for_challenges_all_the_time_gets_no_more(rig: Rig) -> None:
    phone = Handset(rig.bluez, CARA, mtu=517)
    phone.come()
    for _ in range(40):
        assert await phone.read_hello()
    with pytest.raises(PermissionError, match="NotAuthorized"):
        await phone.read_hello()


async def test_other_programs_of_the_machine_are_not_taken_for_bluez(rig: Rig) -> None:
    assert rig.bluez.application is not None
    stranger = await MessageBus(rig.system.address).connect()
    try:
        path = rig.bluez.application.at(HELLO)
        asked = Message(
            rig.bluez.application.owner,
            path,
            "org.bluez.GattCharacteristic1",
            "ReadValue",
            signature="a{sv}",
            body=[{"device": Variant("o", "/org/bluez/hci0/dev_00")}],
        )
        async with asyncio.timeout(10):
            reply = await stranger.call(asked)
        assert reply.message_type is MessageType.ERROR
        assert reply.error_name == "org.freedesktop.DBus.Error.AccessDenied"
    finally:
        stranger.disconnect()
        await stranger.wait_for_disconnect()


# Off and on


@pytest.mark.spec("PWR-3")
async def test_bluetooth_off_ends_advertising_and_connections(rig: Rig) -> None:
    phone = Handset(rig.bluez, CARA)
    await phone.pair("024751")
    rig.radios.switch(OFF)
    await rig.bluez.until(
        lambda: not phone.connected and rig.bluez.advertisement is None and rig.bluez.application is None
    )
    assert rig.bluez.sticks["/org/bluez/hci0"].powered, "others may be using the adapter"
    rig.radios.switch(ON)
    await rig.bluez.served()
    assert await phone.pair("024751") == Answer()


@pytest.mark.spec("PWR-3")
async def test_an_adapter_that_is_the_locks_alone_is_switched_off_with_it(build: Build) -> None:
    rig = await build(Stick(powered=True), exclusive=True)
    await rig.start(OFF)
    await rig.bluez.until(lambda: not rig.bluez.sticks["/org/bluez/hci0"].powered)
    rig.radios.switch(ON)
    await rig.bluez.served()
    assert rig.bluez.sticks["/org/bluez/hci0"].powered
    rig.radios.switch(OFF)
    await rig.bluez.until(lambda: not rig.bluez.sticks["/org/bluez/hci0"].powered)


@pytest.mark.spec("PWR-3")
async def test_while_bluetooth_is_off_nothing_of_it_is_missing(build: Build) -> None:
    rig = await build()
    await rig.bluez.stop()
    await rig.start(OFF)
    assert await rig.report() == RadioSeen(None)
    async with asyncio.timeout(10):
        while rig.radios.health.state != "served":  # noqa: ASYNC110
            await asyncio.sleep(0.005)
    rig.radios.switch(ON)
    await rig.reported(fault("service_missing"))
    rig.radios.switch(OFF)
    await rig.reported(BACK)


async def test_at_the_end_nothing_is_left_behind(rig: Rig) -> None:
    phone = Handset(rig.bluez, CARA)
    await phone.pair("024751")
    await rig.radios.stop()
    await rig.bluez.until(lambda: rig.bluez.advertisement is None and rig.bluez.application is None)
    await rig.bluez.until(lambda: not phone.connected)
    await rig.radios.stop()


# What goes away, and comes back


@pytest.mark.spec("FLT-1")
async def test_bluetoothd_is_started_anew(rig: Rig) -> None:
    phone = Handset(rig.bluez, CARA)
    await phone.pair("024751")
    await rig.bluez.stop()
    await rig.reported(fault("service_missing"))
    await rig.bluez.start()
    await rig.reported(BACK)
    await rig.bluez.served()
    assert await phone.pair("024751") == Answer()
    assert set(rig.slept)


@pytest.mark.spec("FLT-1")
async def test_bluetoothd_is_started_anew_so_fast_that_it_is_hardly_missed(rig: Rig) -> None:
    await rig.bluez.restart()
    await rig.reported(BACK)
    await rig.bluez.served()
    assert await Handset(rig.bluez, CARA).pair("024751") == Answer()


@pytest.mark.spec("FLT-1")
async def test_the_adapter_is_pulled_and_put_back(rig: Rig) -> None:
    phone = Handset(rig.bluez, CARA)
    await phone.begin()
    stick = await rig.bluez.unplug()
    await rig.reported(fault("unplugged"))
    assert rig.radios.health.trouble in ("unplugged", "missing")
    rig.bluez.plug(stick)
    await rig.reported(BACK)
    await rig.bluez.served()
    assert await phone.pair("024751") == Answer()


@pytest.mark.spec("FLT-1")
async def test_the_whole_bus_goes_away(rig: Rig) -> None:
    rig.system.stop()
    await rig.reported(fault("service_missing"))
    rig.bluez.bus = None
    rig.system.start()
    await rig.bluez.start()
    await rig.reported(BACK)


@pytest.mark.spec("FLT-1")
async def test_somebody_blocks_the_radio(rig: Rig) -> None:
    rig.bluez.block()
    await rig.reported(fault("switched_off"))
    rig.bluez.unblock()
    await rig.reported(BACK)
    await rig.bluez.until(lambda: rig.bluez.sticks["/org/bluez/hci0"].powered)


@pytest.mark.spec("FLT-1")
async def test_bluez_drops_the_advertisement(rig: Rig) -> None:
    assert rig.bluez.application is not None
    assert rig.bluez.bus is not None
    released = Message(
        rig.bluez.application.owner, "/lock_bridge/advertisement", "org.bluez.LEAdvertisement1", "Release"
    )
    rig.bluez.advertisement = None
    await rig.bluez.bus.call(released)
    await rig.reported(BACK)
    await rig.bluez.served()


# At the start


@pytest.mark.spec("FLT-1")
async def test_no_bus_at_all_is_a_service_that_is_missing(build: Build) -> None:
    rig = await build()
    await rig.bluez.stop()
    rig.system.stop()
    await rig.start()
    await rig.reported(fault("service_missing"))


@pytest.mark.spec("FLT-1")
@pytest.mark.parametrize(
    ("stick", "settings", "reason"),
    [
        (Stick(blocked=True), {}, "switched_off"),
        (Stick(), {"adapter": "hci1"}, "missing"),
        (Stick(low_energy=False), {"adapter": "hci0"}, "unsupported"),
        (Stick(low_energy=False), {}, "missing"),
        (Stick(slots=0), {}, "in_use"),
    ],
)
async def test_what_cannot_be_used_is_told_with_its_reason(
    build: Build, stick: Stick, settings: dict[str, str], reason: str
) -> None:
    rig = await build(stick, **settings)
    await rig.start()
    await rig.reported(fault(reason))
    assert rig.radios.health.trouble == reason


@pytest.mark.spec("FLT-1")
async def test_who_is_not_in_the_group_bluetooth_is_told_so(build: Build) -> None:
    rig = await build()
    rig.bluez.denied = True
    await rig.start()
    await rig.reported(fault("no_permission"))
    rig.bluez.denied = False
    await rig.reported(BACK)


async def test_an_adapter_that_takes_no_name_advertises_the_service_alone(build: Build) -> None:
    rig = await build(Stick(plain_only=True))
    await rig.start()
    await rig.bluez.served()
    assert rig.bluez.advertisement is not None
    assert set(rig.bluez.advertisement) == {"Type", "ServiceUUIDs"}


@pytest.mark.parametrize("wanted", ["hci1", "aa:bb:cc:dd:ee:ff", "AA:BB:CC:DD:EE:FF"])
async def test_of_several_adapters_the_one_of_the_config_is_used(build: Build, wanted: str) -> None:
    other = Stick(path="/org/bluez/hci1", address="AA:BB:CC:DD:EE:FF")
    rig = await build(Stick(), other, adapter=wanted)
    await rig.start()
    await rig.bluez.served()
    assert (rig.bluez.sticks["/org/bluez/hci0"].powered, other.powered) == (False, True)


async def test_a_lock_without_bluetooth_asks_for_none(build: Build) -> None:
    rig = await build()
    rig.radios = type(rig.radios)(rig.radios._settings, rig.clock, bluetooth=False)
    await rig.start(Radio(wifi=True, bluetooth=True))
    assert await rig.report() == RadioSeen(None)
    assert rig.radios.health.state == "served"
    await rig.radios.stop()
    assert rig.bluez.application is None
