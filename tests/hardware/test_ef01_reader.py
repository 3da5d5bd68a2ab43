"""Fingers at the door, and a sensor that comes and goes, as a real serial port shows them."""

import asyncio
import errno
import fcntl
import logging
import os
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Protocol

import pytest

from lock_bridge.hardware.ef01 import Colour, Ef01Reader, Effect, Glow, Identity, Product, Settings
from lock_bridge.hardware.gpio.lines import Line
from lock_bridge.hardware.memory import Forgetful
from lock_bridge.hardware.ports import BiometricSeen, EnrolDone, EnrolFailed, EnrolStep, Inventory, PartReplaced
from lock_bridge.wire.words import CredentialType, Part
from tests.hardware.ef01_rig import BACK, FAST, IMPATIENT, Rig, fault, inventory
from tests.hardware.emulators.ef01 import (
    DELETE,
    EXTRACT,
    GET_IMAGE,
    READ_INDEX,
    READ_PARAMETERS,
    READ_PRODUCT,
    RING,
    SEARCH,
    STORE,
    VERIFY_PASSWORD,
    Fault,
    Sensor,
    damaged,
    instead,
    late,
    noisy,
    silent,
    split,
    wrong_length,
)

REPLACED = PartReplaced(Part.FINGERPRINT)


class Build(Protocol):
    def __call__(self, sensor: Sensor | None = None, **settings: object) -> Rig: ...


@pytest.fixture
async def build(tmp_path: Path) -> AsyncIterator[Build]:
    rigs: list[Rig] = []

    def make(sensor: Sensor | None = None, **settings: object) -> Rig:
        rigs.append(Rig(tmp_path, sensor, **settings))  # type: ignore[arg-type]
        return rigs[-1]

    yield make
    for rig in rigs:
        await rig.close()


def family(**features: object) -> Sensor:
    """A sensor that knows Anna in slot 3 and Bert in slot 7."""
    templates = {3: frozenset({"Anna"}), 7: frozenset({"Bert"})}
    return Sensor(templates=templates, **features)  # type: ignore[arg-type]


async def test_a_known_finger_is_told_by_its_slot(build: Build) -> None:
    rig = build(family())
    await rig.start()
    await rig.opens_for("Anna", 3)
    await rig.opens_for("Bert", 7)


async def test_an_unknown_finger_is_told_to_be_unknown(build: Build) -> None:
    rig = build(family())
    await rig.start()
    await rig.opens_for("Eve", None)


async def test_an_empty_library_knows_nobody(build: Build) -> None:
    rig = build(Sensor())
    await rig.start()
    await rig.opens_for("Anna", None)
    rig.cable.spoil(SEARCH, instead(0x24))
    await rig.opens_for("Anna", None)


async def test_a_finger_is_told_once_a_touch(build: Build) -> None:
    rig = build(family())
    await rig.start()
    rig.sensor.press("Anna")
    await rig.reported(BiometricSeen(CredentialType.FINGERPRINT, 3))
    await rig.is_quiet()
    await rig.lift()
    assert rig.reports.empty()
    await rig.opens_for("Anna", 3)


async def test_a_finger_that_rolls_is_still_the_same_touch(build: Build) -> None:
    rig = build(family())
    await rig.start()
    rig.sensor.press("Eve")
    await rig.reported(BiometricSeen(CredentialType.FINGERPRINT, None))
    rig.cable.spoil(GET_IMAGE, instead(0x02), Fault(), instead(0x02), Fault(), instead(0x03))
    await rig.looks(6)
    await rig.is_quiet()


@pytest.mark.parametrize("quality", ["messy", "short", "landing"])
async def test_a_picture_that_cannot_be_read_is_no_failure_and_the_next_look_may_open(
    build: Build, quality: str
) -> None:
    rig = build(family())
    await rig.start()
    rig.sensor.press("Anna", quality)
    await rig.is_quiet()
    rig.sensor.press("Anna")
    await rig.reported(BiometricSeen(CredentialType.FINGERPRINT, 3))


async def test_a_finger_that_cannot_be_read_is_asked_to_come_again_by_the_ring(build: Build) -> None:
    rig = build(family())
    await rig.start()
    rig.sensor.press("Anna", "messy")
    await rig.cable.hears(RING)
    assert rig.sensor.rings == [(Effect.FLASH, 25, Colour.RED, 2)]


async def test_with_a_touch_pin_the_glass_is_looked_at_only_when_touched(build: Build) -> None:
    rig = build(family(), touch=Line("GPIO4", active_low=True, pull="up"))
    await rig.start()
    before = rig.cable.heard.count(GET_IMAGE)
    await rig.cable.hears(READ_PARAMETERS, 3)
    assert rig.cable.heard.count(GET_IMAGE) == before
    for _ in range(2):
        rig.sensor.press("Bert")
        rig.lines.put("GPIO4", high=False)
        rig.clock.advance(1)
        await rig.reported(BiometricSeen(CredentialType.FINGERPRINT, 7))
        rig.sensor.lift()
        rig.lines.put("GPIO4", high=True)
        rig.clock.advance(1)
        await rig.cable.hears(READ_PARAMETERS)


async def test_a_touch_pin_that_tells_of_no_edge_is_read_now_and_then(build: Build) -> None:
    rig = build(family(), touch=Line("GPIO4", active_low=True, pull="up"))
    await rig.start()
    rig.lines.deafen("GPIO4")
    rig.sensor.press("Bert")
    rig.lines.put("GPIO4", high=False)
    await rig.reported(BiometricSeen(CredentialType.FINGERPRINT, 7))


async def test_a_finger_that_is_there_at_the_start_is_seen(build: Build) -> None:
    rig = build(family(), touch=Line("GPIO4", active_low=True, pull="up"))
    rig.sensor.press("Bert")
    rig.lines.put("GPIO4", high=False)
    await rig.start()
    await rig.reported(BiometricSeen(CredentialType.FINGERPRINT, 7))


async def test_a_touch_pin_that_is_no_line_of_the_machine_is_said(build: Build) -> None:
    rig = build(family(), touch=Line("GPIO99"))
    await rig.start(fault("no_line"))


async def test_the_ring_shows_what_it_is_told_and_then_the_last_wish(build: Build) -> None:
    rig = build(family())
    await rig.start()
    clock = asyncio.get_running_loop()
    began = clock.time()
    rig.reader.light(Glow(Effect.FLASH, Colour.PURPLE, speed=2, count=3))
    await rig.cable.hears(RING)
    rig.reader.light(Glow(Effect.ON, Colour.RED))
    rig.reader.light(Glow(Effect.BREATHE, Colour.BLUE, speed=200))
    await rig.cable.hears(RING)
    assert clock.time() - began >= 2 * 3 * 0.01
    assert rig.sensor.rings == [(2, 2, 3, 3), (1, 200, 2, 0)]
    await rig.reader.stop()
    assert rig.sensor.rings[-1][0] == Effect.OFF


@pytest.mark.parametrize("unknown", [None, 0x01, 0xFC], ids=["silent", "refuses", "unsupported"])
async def test_a_module_of_the_old_kind_works_without_ring_and_product(build: Build, unknown: int | None) -> None:
    rig = build(family(model=None, ring=False, buffers=2, unknown=unknown), timing=IMPATIENT)
    await rig.start()
    identity = rig.reader.identity
    assert identity == Identity(0, 200, None)
    rig.reader.light(Glow(Effect.ON, Colour.BLUE))
    await rig.cable.hears(RING)
    await rig.opens_for("Anna", 3)
    rig.reader.light(Glow(Effect.ON, Colour.BLUE))
    await rig.is_quiet()
    assert rig.cable.heard.count(RING) == 1


async def test_the_reader_tells_who_the_module_is(build: Build) -> None:
    rig = build(family(serial="00004711", system_id=9))
    await rig.start()
    assert rig.reader.identity == Identity(9, 200, Product("R503", "2011", "00004711", "1.2", "GC0308"))


async def test_a_library_of_several_pages_is_read_to_its_end(build: Build) -> None:
    rig = build(
        Sensor(capacity=600, templates={0: frozenset({"Anna"}), 256: frozenset({"Bert"}), 599: frozenset({"Carla"})})
    )
    await rig.start(inventory(0, 256, 599))
    await rig.opens_for("Carla", 599)


async def test_a_module_that_does_not_tell_its_slots_is_said_to_be_unsupported(build: Build) -> None:
    rig = build(family())
    rig.cable.spoil(READ_INDEX, *[instead(0xFC)] * 1000)
    await rig.start(fault("unsupported"))


async def test_a_module_without_a_library_is_said_to_be_unsupported(build: Build) -> None:
    rig = build(Sensor(capacity=0))
    await rig.start(fault("unsupported"))


async def test_a_module_that_wants_another_address_is_a_matter_of_settings(build: Build) -> None:
    rig = build(family())
    rig.cable.spoil(GET_IMAGE, instead(0x20))
    await rig.start()
    await rig.reported(fault("settings"), BACK, inventory(3, 7))


ODDITIES: dict[str, Fault] = {
    "byte by byte": split(1),
    "in two": split(7),
    "after noise": noisy(before=b"\x13\xef\x02\x80"),
    "after half a frame": noisy(before=b"\xef\x01\xff\xff\xff\xff\x07\x00\x20"),
    "before noise": noisy(after=b"\xef\x01\xff"),
    "with a wrong sum": damaged(-1),
    "with another status": damaged(9),
    "from another address": damaged(3),
    "with a length of 64 KB": wrong_length(0xFFFF),
    "too long": wrong_length(40),
    "too short": wrong_length(1),
    "never": silent(),
    "too late": late(0.25),
    "not carried out": silent(carried_out=False),
    "after a restart": noisy(before=b"\x00\x55"),
    "as a refusal": instead(0x01),
    "as another's": instead(0x00, bytes(10)),
}


@pytest.mark.parametrize("code", [GET_IMAGE, EXTRACT, SEARCH])
@pytest.mark.parametrize("oddity", ODDITIES)
async def test_a_finger_is_found_however_an_answer_comes(build: Build, oddity: str, code: int) -> None:
    rig = build(family(), timing=IMPATIENT)
    await rig.start()
    rig.cable.spoil(code, ODDITIES[oddity])
    rig.sensor.press("Anna")
    await rig.reported(BiometricSeen(CredentialType.FINGERPRINT, 3))
    await rig.is_quiet()


@pytest.mark.parametrize("oddity", ODDITIES)
@pytest.mark.parametrize("code", [VERIFY_PASSWORD, READ_PARAMETERS, READ_PRODUCT, READ_INDEX])
async def test_the_greeting_succeeds_however_an_answer_comes(build: Build, oddity: str, code: int) -> None:
    rig = build(family(serial="5"), timing=IMPATIENT)
    rig.cable.spoil(code, ODDITIES[oddity])
    await rig.start()
    assert rig.reader.identity == Identity(0, 200, Product("R503", "2011", "5", "1.2", "GC0308"))
    await rig.opens_for("Bert", 7)


async def test_all_answers_may_come_byte_by_byte(build: Build) -> None:
    rig = build(family())
    rig.cable.always = split(1, pause=0.0002)
    await rig.start()
    await rig.opens_for("Anna", 3)
    await rig.opens_for("Eve", None)


async def test_a_late_match_of_one_finger_never_opens_for_the_next(build: Build) -> None:
    rig = build(family(), timing=IMPATIENT)
    await rig.start()
    rig.sensor.press("Anna")
    rig.cable.spoil(SEARCH, Fault(late(0.25).arrives, then=lambda: rig.sensor.press("Eve")))
    await rig.reported(BiometricSeen(CredentialType.FINGERPRINT, None))
    await rig.is_quiet()


async def test_a_match_that_nobody_asked_for_opens_nothing(build: Build) -> None:
    rig = build(family())
    await rig.start()
    match_of_anna = bytes.fromhex("EF01FFFFFFFF0700070000030078") + b"\x00\x89"
    for _ in range(20):
        rig.cable.send(match_of_anna)
        await rig.looks(1)
    rig.sensor.press("Eve")
    rig.cable.spoil(GET_IMAGE, *[noisy(before=match_of_anna), noisy(after=match_of_anna)] * 5)
    rig.cable.spoil(EXTRACT, *[noisy(before=match_of_anna)] * 5)
    while not isinstance(seen := await rig.report(), BiometricSeen):
        pass
    assert seen == BiometricSeen(CredentialType.FINGERPRINT, None)


async def test_a_match_in_a_slot_that_is_empty_is_not_believed(build: Build) -> None:
    rig = build(family(), timing=IMPATIENT)
    await rig.start()
    rig.cable.spoil(SEARCH, instead(0x00, b"\x00\x05\x00\x78"), instead(0x00, b"\x00\x05\x00\x78"))
    await rig.opens_for("Eve", None)


async def test_a_line_with_noise_at_every_look_is_reported_as_garbled(build: Build) -> None:
    rig = build(family())
    await rig.start()
    rig.cable.always = noisy(before=b"\x81")
    await rig.reported(fault("garbled"))
    rig.cable.always = Fault()
    await rig.reported(BACK, inventory(3, 7))
    await rig.opens_for("Anna", 3)


async def test_a_module_that_falls_silent_is_reported_once_and_when_it_is_back(build: Build) -> None:
    rig = build(family(), timing=IMPATIENT)
    await rig.start()
    rig.cable.always = silent(carried_out=False)
    await rig.reported(fault("no_answer"))
    await rig.cable.hears(VERIFY_PASSWORD, 5)
    assert rig.reports.empty()
    rig.cable.always = Fault()
    await rig.reported(BACK, inventory(3, 7))
    await rig.opens_for("Anna", 3)


async def test_a_cable_that_is_pulled_and_put_back_is_reported(build: Build) -> None:
    rig = build(family())
    await rig.start()
    for _ in range(3):
        rig.cable.unplug()
        await rig.reported(fault("unplugged"))
        rig.cable.plug(rig.sensor)
        await rig.reported(BACK, inventory(3, 7))
        await rig.opens_for("Anna", 3)


async def test_a_reader_may_start_before_its_sensor_is_there(build: Build) -> None:
    rig = build(family())
    await rig.reader.start(rig.reports.put_nowait)
    await rig.reported(fault("missing"))
    rig.cable.plug(rig.sensor)
    await rig.reported(BACK, inventory(3, 7))


async def test_the_waits_for_a_missing_sensor_grow_to_half_a_minute_and_are_never_equal(build: Build) -> None:
    rig = build(timing=replace(FAST, backoff_first=0.5, backoff_longest=30.0))
    await rig.reader.start(rig.reports.put_nowait)
    waits = [await asyncio.wait_for(rig.slept.get(), 10) for _ in range(10)]
    expected = [0.5, 1, 2, 4, 8, 16, 30, 30, 30, 30]
    assert all(0.75 * middle <= wait <= 1.25 * middle for middle, wait in zip(expected, waits, strict=True))
    assert len(set(waits)) == len(waits)


async def test_a_sensor_that_has_served_is_looked_for_again_at_once(build: Build) -> None:
    rig = build(family(), timing=replace(FAST, backoff_first=0.5, backoff_longest=30.0))
    await rig.reader.start(rig.reports.put_nowait)
    await rig.reported(fault("missing"))
    while await asyncio.wait_for(rig.slept.get(), 10) < 5:
        pass
    rig.cable.plug(rig.sensor)
    await rig.reported(BACK, inventory(3, 7))
    await rig.looks()
    while not rig.slept.empty():
        rig.slept.get_nowait()
    rig.cable.unplug()
    await rig.reported(fault("unplugged"))
    assert await asyncio.wait_for(rig.slept.get(), 10) < 1


async def test_a_port_that_another_program_holds_is_reported_as_in_use(build: Build) -> None:
    rig = build(family())
    rig.cable.plug(rig.sensor)
    other = os.open(rig.cable.path, os.O_RDWR | os.O_NOCTTY)
    fcntl.flock(other, fcntl.LOCK_EX)
    await rig.reader.start(rig.reports.put_nowait)
    await rig.reported(fault("in_use"))
    os.close(other)
    await rig.reported(BACK, inventory(3, 7))


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (PermissionError(errno.EACCES, "no"), "no_permission"),
        (OSError(errno.ENODEV, "gone"), "missing"),
        (OSError(errno.EIO, "io"), "unplugged"),
        (TimeoutError(), "unplugged"),
    ],
)
async def test_a_port_that_cannot_be_opened_says_why(
    build: Build, monkeypatch: pytest.MonkeyPatch, error: OSError, reason: str
) -> None:
    async def refuse(*_: object, **__: object) -> None:
        raise error

    monkeypatch.setattr("serialx.create_serial_connection", refuse)
    rig = build(family())
    await rig.start(fault(reason))


@pytest.mark.parametrize("port", ["nonsense://door", "/tmp"])
async def test_settings_that_no_port_has_are_reported_and_tried_seldom(tmp_path: Path, port: str) -> None:
    slept: list[float] = []
    reports: asyncio.Queue[object] = asyncio.Queue()

    async def sleep(seconds: float) -> None:
        slept.append(seconds)
        await asyncio.sleep(0.01)

    reader = Ef01Reader(Settings(port=port), sleep=sleep)
    await reader.start(reports.put_nowait)
    assert await asyncio.wait_for(reports.get(), 10) == fault("settings")
    await reader.stop()
    assert all(wait > 20 for wait in slept)


async def test_a_wrong_password_is_reported_and_not_tried_often(build: Build) -> None:
    rig = build(family(password=0xABCD), timing=replace(FAST, backoff_longest=30.0), password=0xABCE)
    await rig.start(fault("wrong_password"))
    assert await asyncio.wait_for(rig.slept.get(), 10) > 20
    rig.sensor.password = 0xABCE
    await rig.reported(BACK, inventory(3, 7))


async def test_the_password_is_in_no_log_and_no_text(build: Build, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    password = 0x5EC2E71D
    rig = build(family(password=password), password=password, timing=IMPATIENT)
    await rig.start()
    rig.cable.spoil(VERIFY_PASSWORD, silent(), instead(0x13))
    rig.cable.restart()
    await rig.reported(fault("wrong_password"))
    texts = caplog.text + repr(rig.settings) + repr(rig.reader)
    for secret in str(password), f"{password:x}", repr(password.to_bytes(4))[2:-1], password.to_bytes(4).hex(" "):
        assert secret.lower() not in texts.lower()


async def test_a_module_that_restarts_is_greeted_again_and_goes_on(build: Build) -> None:
    rig = build(family(password=7), password=7)
    await rig.start()
    rig.cable.restart()
    await rig.cable.hears(VERIFY_PASSWORD)
    await rig.opens_for("Anna", 3)
    assert rig.reader.counters is not None
    assert rig.reader.counters.restarts >= 1


async def test_a_module_that_restarts_unnoticed_is_greeted_when_it_wants_the_password(build: Build) -> None:
    rig = build(family(password=7), password=7)
    await rig.start()
    rig.sensor.restart()
    await rig.opens_for("Anna", 3)


async def test_a_module_that_restarts_in_the_middle_of_a_match_opens_at_the_next_look(build: Build) -> None:
    rig = build(family())
    await rig.start()
    rig.cable.spoil(SEARCH, Fault(lambda _: [], carried_out=False, then=rig.cable.restart))
    await rig.opens_for("Anna", 3)


@pytest.mark.parametrize(
    ("difference", "slots"),
    [
        ({"serial": "2"}, {3, 7}),
        ({"capacity": 1000}, {3, 7}),
        ({"system_id": 1}, {3, 7}),
        ({"model": None}, {3, 7}),
        ({}, {3}),
        ({}, {3, 7, 8}),
        ({}, set()),
    ],
    ids=["serial number", "capacity", "system id", "kind", "a slot less", "a slot more", "empty"],
)
@pytest.mark.parametrize("how", ["exchanged", "unplugged", "without a ready byte"])
async def test_another_module_is_reported_and_nothing_that_it_sees_is_believed(
    build: Build, difference: dict[str, object], slots: set[int], how: str
) -> None:
    rig = build(family(serial="1"), timing=IMPATIENT)
    await rig.start()
    other = family(**({"serial": "1"} | difference))
    other.templates = {slot: frozenset({"Eve"}) for slot in slots}
    other.press("Eve")
    match how:
        case "exchanged":
            rig.cable.exchange(other)
        case "unplugged":
            rig.cable.unplug()
            await rig.reported(fault("unplugged"))
            rig.cable.plug(other)
        case _:
            rig.cable.spoil(GET_IMAGE, silent(carried_out=False))
            rig.cable.sensor = other
    await rig.reported(REPLACED)
    images = rig.cable.heard.count(GET_IMAGE)
    await rig.cable.hears(READ_PARAMETERS, 4)
    assert rig.reports.empty()
    assert rig.cable.heard.count(GET_IMAGE) == images
    await rig.reader.enrol(20, 2)
    await rig.reported(EnrolFailed(CredentialType.FINGERPRINT, "fault"))
    await rig.reader.delete([3])
    assert DELETE not in rig.cable.heard


async def test_the_module_of_before_is_welcome_again(build: Build) -> None:
    rig = build(family(serial="1"))
    await rig.start()
    rig.cable.exchange(family(serial="2"))
    await rig.reported(REPLACED)
    rig.cable.exchange(rig.sensor)
    await rig.reported(BACK, inventory(3, 7))
    await rig.opens_for("Anna", 3)


async def test_a_module_that_is_exchanged_without_a_gap_is_noticed_before_anybody_touches_it(build: Build) -> None:
    rig = build(family(serial="1"))
    await rig.start()
    # As somebody does who switches the wires over: no plug is pulled, and nothing starts anew.
    rig.sensor.serial = "2"
    await rig.reported(REPLACED)
    rig.sensor.serial = "1"
    await rig.reported(BACK, inventory(3, 7))


async def test_another_module_serves_once_it_is_trusted_and_has_forgotten_whom_it_knew(build: Build) -> None:
    rig = build(family(serial="1"))
    await rig.start()
    rig.reader.trust()
    rig.sensor = Sensor(serial="2", templates={3: frozenset({"Eve"}), 150: frozenset({"Mallory"})})
    rig.cable.exchange(rig.sensor)
    await rig.reported(REPLACED)
    rig.reader.trust()
    await rig.reported(BACK, inventory())
    assert rig.sensor.templates == {}
    await rig.opens_for("Eve", None)
    assert rig.reader.identity is not None
    assert rig.reader.identity.product is not None
    assert rig.reader.identity.product.serial == "2"


async def test_a_trusted_module_is_emptied_also_if_the_bridge_dies_before_it_was(build: Build) -> None:
    rig = build(family(serial="1"))
    await rig.start()
    rig.cable.exchange(family(serial="2"))
    await rig.reported(REPLACED)
    rig.reader.trust()
    assert "empty" in (rig.memory.get("identity") or "")
    rig.cable.unplug()
    rig = await restarted(build, rig, family(serial="2"))
    await rig.start(inventory())
    assert rig.sensor.templates == {}


async def test_a_module_that_keeps_whom_it_should_forget_is_not_served_after_a_restart_either(build: Build) -> None:
    rig = build(family(serial="1"))
    await rig.start()
    rig.sensor = family(serial="2", stuck=True)
    rig.cable.exchange(rig.sensor)
    await rig.reported(REPLACED)
    rig.reader.trust()
    await rig.reported(fault("unsupported"))
    rig = await restarted(build, rig, rig.sensor)
    await rig.start(fault("unsupported"))


async def test_a_trusted_module_that_goes_away_while_it_is_emptied_is_emptied_at_its_return(build: Build) -> None:
    rig = build(family(serial="1"), timing=IMPATIENT)
    await rig.start()
    rig.sensor = family(serial="2")
    rig.cable.exchange(rig.sensor)
    await rig.reported(REPLACED)
    # Slot 3 is gone; then nothing answers any more, and slot 7 is still there.
    rig.cable.spoil(DELETE, Fault(), silent(carried_out=False))
    rig.reader.trust()
    await rig.reported(fault("no_answer"), BACK, inventory())
    assert rig.sensor.templates == {}


async def restarted(build: Build, rig: Rig, sensor: Sensor) -> Rig:
    """The bridge stops, and starts with this sensor on the cable."""
    await rig.close()
    return build(sensor, memory=rig.memory)


async def test_the_module_of_before_a_restart_is_known(build: Build) -> None:
    rig = build(family(serial="1"))
    await rig.start()
    rig = await restarted(build, rig, rig.sensor)
    await rig.start()
    assert rig.reader.health.words == "R503, serial 1, 2 of 200 slots taken"
    assert rig.reader.health.state == "served"


@pytest.mark.parametrize(
    "other",
    [
        {"serial": "2"},
        {"capacity": 1000},
        {"model": None},
        {"templates": {3: frozenset({"Anna"})}},
        {"templates": {3: frozenset({"Anna"}), 7: frozenset({"Bert"}), 9: frozenset({"Eve"})}},
    ],
    ids=["serial number", "capacity", "kind", "a slot less", "a slot more"],
)
async def test_a_module_that_was_exchanged_while_the_bridge_was_off_is_noticed(
    build: Build, other: dict[str, object]
) -> None:
    rig = build(family(serial="1"), timing=IMPATIENT)
    await rig.start()
    old = rig.sensor
    new = Sensor(**({"serial": "1", "templates": dict(old.templates)} | other))  # type: ignore[arg-type]
    rig = await restarted(build, rig, new)
    await rig.start(REPLACED)
    assert rig.reader.health.state == "replaced"
    rig.reader.trust()
    await rig.reported(BACK, inventory())
    rig = await restarted(build, rig, new)
    await rig.start()
    rig = await restarted(build, rig, old)
    await rig.start(REPLACED)


async def test_a_slot_that_was_being_filled_when_the_bridge_died_makes_no_other_module(build: Build) -> None:
    rig = build(family(serial="1"))
    await rig.start()
    await rig.reader.enrol(4, 2)
    assert await rig.touch("Carla") == EnrolStep(CredentialType.FINGERPRINT, 1)
    kept: list[str] = []
    rig.cable.spoil(STORE, Fault(then=lambda: kept.append(rig.memory.get("identity") or "")))
    rig.sensor.press("Carla")
    await rig.reported(EnrolStep(CredentialType.FINGERPRINT, 2), EnrolDone(CredentialType.FINGERPRINT, 4))
    rig.memory.put("identity", kept[0])
    rig = await restarted(build, rig, rig.sensor)
    await rig.start(inventory(3, 4, 7))


async def test_only_a_module_that_was_never_met_is_told_to_be_the_first(build: Build) -> None:
    async def told(rig: Rig) -> list[bool]:
        rig.cable.plug(rig.sensor)
        await rig.reader.start(rig.reports.put_nowait)
        first = await rig.report()
        rig.cable.unplug()
        assert await rig.report() == fault("unplugged")
        rig.cable.plug(rig.sensor)
        assert await rig.report() == BACK
        return [reading.first for reading in (first, await rig.report()) if isinstance(reading, Inventory)]

    rig = build(family())
    assert await told(rig) == [True, False]
    rig = await restarted(build, rig, rig.sensor)
    assert await told(rig) == [False, False]


async def test_whoever_answers_has_to_be_trusted_where_it_cannot_be_read_who_was_known(build: Build) -> None:
    for text in ("", "[]", "{}", '{"system_id": "x"}', '{"product": 5, "system_id": 0, "capacity": 1, "slots": 7}'):
        memory = Forgetful()
        memory.put("identity", text)
        rig = build(family(), memory=memory)
        await rig.start(REPLACED)
        rig.reader.trust()
        await rig.reported(BACK, inventory())
        await rig.close()


async def test_slots_are_forgotten(build: Build) -> None:
    slots = {slot: frozenset({f"finger {slot}"}) for slot in range(12)}
    rig = build(Sensor(templates=slots))
    await rig.start(inventory(*range(12)))
    await asyncio.wait_for(rig.reader.delete({0, 1, 2, 5, 9, 10, 150}), 10)
    assert set(rig.sensor.templates) == {3, 4, 6, 7, 8, 11}
    assert rig.cable.heard.count(DELETE) == 3
    await rig.opens_for("finger 5", None)
    await rig.opens_for("finger 6", 6)
    await asyncio.wait_for(rig.reader.delete([]), 10)


async def test_slots_are_not_forgotten_in_another_module_that_nobody_has_noticed_yet(build: Build) -> None:
    rig = build(family(serial="1"))
    await rig.start()
    rig.cable.sensor = family(serial="2")
    await asyncio.wait_for(rig.reader.delete({3}), 10)
    await rig.reported(REPLACED)
    assert DELETE not in rig.cable.heard


async def test_slots_that_cannot_be_reached_are_forgotten_when_the_sensor_is_back(build: Build) -> None:
    rig = build(family())
    await rig.start()
    rig.cable.unplug()
    await rig.reported(fault("unplugged"))
    await asyncio.wait_for(rig.reader.delete({3}), 1)
    rig.cable.plug(rig.sensor)
    await rig.reported(BACK, inventory(7))
    assert set(rig.sensor.templates) == {7}


@pytest.mark.parametrize("carried_out", [True, False])
async def test_a_cable_pulled_while_slots_are_forgotten_is_no_other_module(build: Build, carried_out: bool) -> None:
    rig = build(family())
    await rig.start()
    rig.cable.spoil(DELETE, Fault(lambda _: [], carried_out=carried_out, then=rig.cable.unplug))
    await asyncio.wait_for(rig.reader.delete({7}), 10)
    await rig.reported(fault("unplugged"))
    rig.cable.plug(rig.sensor)
    await rig.reported(BACK, inventory(3))
    assert set(rig.sensor.templates) == {3}


@pytest.mark.parametrize("oddity", ODDITIES)
async def test_slots_are_forgotten_however_the_answer_comes(build: Build, oddity: str) -> None:
    rig = build(family(), timing=IMPATIENT)
    await rig.start()
    rig.cable.spoil(DELETE, ODDITIES[oddity])
    await asyncio.wait_for(rig.reader.delete({3}), 10)
    await rig.opens_for("Bert", 7)
    assert set(rig.sensor.templates) == {7}


async def test_a_finger_that_the_module_does_not_forget_no_longer_opens(
    build: Build, caplog: pytest.LogCaptureFixture
) -> None:
    rig = build(family(stuck=True))
    await rig.start()
    await asyncio.wait_for(rig.reader.delete({3}), 10)
    await rig.opens_for("Anna", None)
    await rig.opens_for("Bert", 7)
    assert rig.cable.heard.count(DELETE) == 1
    assert "forget" in caplog.text


async def test_a_stopped_reader_gives_the_port_back_and_can_start_again(build: Build) -> None:
    rig = build(family())
    await rig.start()
    await asyncio.wait_for(rig.reader.stop(), 2)
    other = os.open(rig.cable.path, os.O_RDWR | os.O_NOCTTY)
    fcntl.flock(other, fcntl.LOCK_EX | fcntl.LOCK_NB)
    os.close(other)
    heard = len(rig.cable.heard)
    await asyncio.sleep(0.02)
    assert len(rig.cable.heard) == heard
    await rig.reader.start(rig.reports.put_nowait)
    with pytest.raises(RuntimeError):
        await rig.reader.start(rig.reports.put_nowait)
    await rig.reported(inventory(3, 7))
    await rig.opens_for("Anna", 3)


@pytest.mark.parametrize("state", ["missing", "silent"])
async def test_a_reader_without_a_sensor_stops_at_once(build: Build, state: str) -> None:
    rig = build(family(), timing=replace(FAST, answer=30.0))
    if state == "silent":
        rig.cable.plug(rig.sensor)
        rig.cable.always = silent()
        await rig.reader.start(rig.reports.put_nowait)
        await rig.cable.hears(VERIFY_PASSWORD)
    else:
        await rig.reader.start(rig.reports.put_nowait)
        await rig.report()
    await asyncio.wait_for(rig.reader.stop(), 1)
    await rig.reader.stop()


async def test_a_mistake_in_the_driver_puts_the_reader_out_of_service_and_says_so(
    build: Build, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    rig = build(family())
    await rig.start()

    def mistake(*_: object) -> None:
        raise LookupError("a mistake")

    monkeypatch.setattr("lock_bridge.hardware.ef01.module.Module.search", mistake)
    rig.sensor.press("Anna")
    await rig.reported(fault("internal"))
    assert "a mistake" in caplog.text
    await rig.reader.stop()


def test_importing_the_driver_loads_no_serial_library() -> None:
    import subprocess
    import sys

    code = "import sys, lock_bridge.hardware.ef01 as e; sys.exit('serialx' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False, timeout=30).returncode == 0
