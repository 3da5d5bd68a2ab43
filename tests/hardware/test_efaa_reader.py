"""People before a face or palm module, and a module that comes and goes, as a real serial port shows them."""

import asyncio
import logging
import os
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from lock_bridge.hardware.gpio.lines import Line
from lock_bridge.hardware.memory import Forgetful
from lock_bridge.hardware.ports import BiometricSeen, EnrolDone, EnrolFailed, Inventory, Reading
from lock_bridge.wire.words import CredentialType
from tests.hardware.efaa_rig import FACE, FAST, IMPATIENT, PALM, Rig, back, fault, inventory, replaced
from tests.hardware.emulators.efaa import (
    ALL_IDS,
    DELETE,
    DELETE_ALL,
    LOG,
    READY,
    REJECTED,
    RESET,
    SERIAL,
    STATUS,
    UNKNOWN,
    USER_INFO,
    VERIFY,
    VERSION,
    Fault,
    Module,
    User,
    damaged,
    frame,
    instead,
    late,
    noisy,
    reply,
    silent,
    split,
    wrong_length,
)

type Build = Callable[..., Rig]

NEAR = Line("GPIO5")


@pytest.fixture
async def build(tmp_path: Path) -> AsyncIterator[Build]:
    rigs: list[Rig] = []

    def make(module: Module | None = None, *kinds: Any, **options: Any) -> Rig:
        rigs.append(Rig(tmp_path, module, *kinds, **options))
        return rigs[-1]

    yield make
    for rig in rigs:
        await rig.close()


def with_anna(rig: Rig, *, palm: bool = False) -> Rig:
    """Anna is enrolled in slot 3, Bert in slot 7."""
    rig.enrolled("Anna", 3, palm=palm)
    rig.enrolled("Bert", 7, palm=palm)
    return rig


def seen(slot: int | None) -> BiometricSeen:
    return BiometricSeen(FACE, slot)


def palm_seen(slot: int | None) -> BiometricSeen:
    return BiometricSeen(PALM, slot)


@pytest.mark.spec("VER-5")
@pytest.mark.parametrize("dialect", ["hlk_fm22x", "ai10", "fp00x"])
async def test_a_known_face_is_told_by_its_slot_and_a_strangers_by_none(build: Build, dialect: str) -> None:
    memory = Forgetful()
    rig = build(Module(dialect), memory=memory)
    await rig.start(inventory())
    for who, slot in (("Anna", 3), ("Bert", 7)):
        await rig.face.enrol(slot, 1)
        rig.show(who)
        while not isinstance(report := await rig.report(), EnrolDone):
            pass
        assert report == EnrolDone(FACE, slot)
        rig.go()
    await rig.finds("Anna", 3)
    await rig.finds("Bert", 7)
    await rig.finds("Eve", None)


@pytest.mark.parametrize("unknown", [REJECTED, UNKNOWN])
async def test_both_ways_to_say_that_somebody_is_not_known_are_a_failure(build: Build, unknown: int) -> None:
    rig = with_anna(build(Module(unknown=unknown)))
    await rig.start(inventory(3, 7))
    await rig.finds("Eve", None)


async def test_a_picture_that_is_held_up_is_a_failure(build: Build) -> None:
    rig = with_anna(build())
    await rig.start(inventory(3, 7))
    rig.show("Anna", alive=False)
    rig.face.look(True)
    await rig.reported(seen(None))
    assert VERIFY in rig.cable.heard


async def test_a_module_that_refuses_because_it_is_busy_has_seen_nobody(build: Build) -> None:
    rig = with_anna(build())
    await rig.start(inventory(3, 7))
    rig.cable.spoil(VERIFY, instead(reply(VERIFY, REJECTED)))
    rig.cable.spoil(STATUS, instead(reply(STATUS, 0, b"\x01")))
    rig.face.look(True)
    await rig.looks(3)
    assert rig.reports.empty()


@pytest.mark.spec("VER-5")
async def test_no_face_is_told_while_none_is_looked_for(build: Build) -> None:
    rig = with_anna(build())
    await rig.start(inventory(3, 7))
    rig.show("Anna")
    await rig.is_quiet()
    rig.show("Eve")
    await rig.is_quiet()
    rig.face.look(True)
    await rig.reported(seen(None))
    rig.show("Anna")
    await rig.is_quiet()
    rig.face.look(False)
    await rig.is_quiet()
    rig.face.look(True)
    await rig.reported(seen(3))


async def test_without_a_watch_the_module_sleeps_until_a_face_is_looked_for(build: Build) -> None:
    rig = with_anna(build(watch=False))
    await rig.start(inventory(3, 7))
    await rig.cable.hears(SERIAL, 2)
    assert VERIFY not in rig.cable.heard
    await rig.finds("Anna", 3)
    await rig.cable.hears(RESET)
    looks = rig.cable.heard.count(VERIFY)
    await rig.cable.hears(SERIAL, 2)
    assert rig.cable.heard.count(VERIFY) <= looks + 1


@pytest.mark.spec("VER-5")
async def test_a_module_that_watches_tells_who_comes_near_and_then_who_it_is(build: Build) -> None:
    rig = with_anna(build())
    rig.looks_when_near = True
    await rig.start(inventory(3, 7))
    assert rig.nears == [False]
    rig.show("Anna")
    await rig.reported(seen(3))
    assert rig.nears == [False, True]
    rig.go()
    async with asyncio.timeout(10):
        while rig.nears[-1]:
            await rig.looks(1)
    assert rig.nears == [False, True, False]


async def test_a_module_that_tells_nothing_while_it_looks_still_tells_who_is_near(build: Build) -> None:
    rig = with_anna(build(Module(notes=False)))
    rig.looks_when_near = True
    await rig.start(inventory(3, 7))
    rig.show("Anna")
    await rig.reported(seen(3))
    assert rig.nears == [False, True]


@pytest.mark.spec("VER-5")
async def test_a_presence_sensor_tells_who_comes_near_and_the_module_sleeps_meanwhile(build: Build) -> None:
    rig = with_anna(build(near=NEAR))
    rig.looks_when_near = True
    rig.show("Anna")
    await rig.start(inventory(3, 7))
    await rig.cable.hears(SERIAL, 2)
    assert VERIFY not in rig.cable.heard
    rig.lines.put("GPIO5", high=True)
    rig.clock.advance(100)
    await rig.reported(seen(3))
    rig.lines.put("GPIO5", high=False)
    rig.clock.advance(100)
    assert rig.nears == [False, True, False]


async def test_whoever_is_near_at_the_start_is_told(build: Build) -> None:
    rig = with_anna(build(near=NEAR))
    rig.lines.put("GPIO5", high=True)
    await rig.start(inventory(3, 7))
    assert rig.nears == [True]
    rig.cable.unplug()
    await rig.reported(fault("unplugged"))
    rig.cable.plug(rig.module)
    await rig.reported(back(), inventory(3, 7))
    assert rig.nears == [True, True]


async def test_a_sensors_line_that_the_machine_does_not_have_is_said(build: Build) -> None:
    rig = build(near=Line("GPIO99"))
    await rig.start(fault("no_line"))


@pytest.mark.parametrize("dialect", ["ai10", "fp00x"])
async def test_a_palm_is_told_once_while_it_is_held_there_and_again_when_it_comes_again(
    build: Build, dialect: str
) -> None:
    rig = build(Module(dialect), PALM)
    await rig.start(inventory(kind=PALM))
    await rig.palm.enrol(3, 1)
    rig.show("Anna", palm=True)
    while not isinstance(report := await rig.report(), EnrolDone):
        pass
    assert report == EnrolDone(PALM, 3)
    await rig.is_quiet()
    for _ in range(2):
        rig.go()
        await rig.looks(3)
        rig.show("Anna", palm=True)
        await rig.reported(palm_seen(3))
        await rig.is_quiet()


async def test_an_unknown_palm_is_told_once_and_another_one_at_once(build: Build) -> None:
    rig = with_anna(build(Module("ai10"), PALM), palm=True)
    await rig.start(inventory(3, 7, kind=PALM))
    rig.show("Eve", palm=True)
    await rig.reported(palm_seen(None))
    await rig.is_quiet()
    rig.show("Anna", palm=True)
    await rig.reported(palm_seen(3))
    rig.show("Eve", palm=True)
    await rig.is_quiet()
    rig.show("Bert", palm=True)
    await rig.reported(palm_seen(7))


@pytest.mark.parametrize("dialect", ["ai10", "fp00x"])
async def test_passers_by_before_a_palm_reader_are_no_failures(build: Build, dialect: str) -> None:
    rig = build(Module(dialect), PALM)
    await rig.start(inventory(kind=PALM))
    rig.show("Eve")
    await rig.is_quiet(6)
    rig.show("Eve", alive=False)
    await rig.is_quiet(6)


async def test_one_module_serves_faces_and_palms(build: Build) -> None:
    rig = build(Module("ai10"), FACE, PALM)
    rig.enrolled("Anna", 3)
    rig.enrolled("Anna", 3, palm=True)
    rig.enrolled("Bert", 5, palm=True)
    await rig.start(inventory(3), inventory(3, 5, kind=PALM))
    rig.show("Bert", palm=True)
    await rig.reported(palm_seen(5))
    rig.show("Anna")
    await rig.is_quiet()
    rig.face.look(True)
    await rig.reported(seen(3))
    rig.show("Eve", palm=True)
    await rig.looks(1)
    rig.cable.unplug()
    reports = {type(await rig.report()) for _ in range(2)}
    assert len(reports) >= 1


async def test_both_ports_of_a_module_fail_and_come_back_together(build: Build) -> None:
    rig = build(Module("ai10"), FACE, PALM)
    await rig.start(inventory(), inventory(kind=PALM))
    rig.cable.unplug()
    await rig.reported(fault("unplugged"), fault("unplugged", PALM))
    rig.cable.plug(rig.module)
    await rig.reported(back(), back(PALM), inventory(), inventory(kind=PALM))
    await rig.face.stop()
    rig.cable.restart()
    await rig.looks()
    rig.cable.unplug()
    await rig.reported(fault("unplugged", PALM))


async def test_a_port_that_starts_later_hears_how_the_module_is(build: Build) -> None:
    rig = build(Module("ai10"), FACE, PALM)
    reports: asyncio.Queue[Reading] = asyncio.Queue()
    rig.cable.plug(rig.module)
    await rig.face.start(rig.reports.put_nowait)
    await rig.report()
    await rig.palm.start(reports.put_nowait)
    assert await asyncio.wait_for(reports.get(), 10) == inventory(kind=PALM)
    with pytest.raises(RuntimeError):
        await rig.palm.start(reports.put_nowait)
    await rig.palm.stop()
    rig.cable.unplug()
    while await rig.report() != fault("unplugged"):
        pass
    await rig.palm.start(reports.put_nowait)
    assert await asyncio.wait_for(reports.get(), 10) == fault("unplugged", PALM)


ODDITIES: dict[str, Fault] = {
    "byte by byte": split(1),
    "in two": split(9),
    "after noise": noisy(before=b"\x13\xef\x02\x80"),
    "after half a frame": noisy(before=b"\xef\xaa\x00\x00\x20"),
    "after a log": noisy(before=frame(LOG, b"hello")),
    "before noise": noisy(after=b"\xef\xaa\x01"),
    "with a wrong parity": damaged(-1),
    "with another result": damaged(6),
    "with a size of 64 KB": wrong_length(0xFFFF),
    "too long": wrong_length(60),
    "too short": wrong_length(1),
    "never": silent(),
    "too late": late(0.25),
    "not carried out": silent(carried_out=False),
    "after a restart": noisy(before=READY),
    "as another's": instead(reply(0x51, 0, b"x")),
}


@pytest.mark.parametrize("oddity", ODDITIES)
async def test_a_face_is_found_however_the_reply_comes(build: Build, oddity: str) -> None:
    rig = with_anna(build(timing=IMPATIENT, watch=False))
    await rig.start(inventory(3, 7))
    rig.cable.spoil(VERIFY, ODDITIES[oddity])
    rig.show("Anna")
    rig.face.look(True)
    await rig.reported(seen(3))


@pytest.mark.parametrize("oddity", ODDITIES)
@pytest.mark.parametrize("code", [RESET, STATUS, VERSION, SERIAL, ALL_IDS, USER_INFO])
async def test_the_greeting_succeeds_however_a_reply_comes(build: Build, oddity: str, code: int) -> None:
    rig = with_anna(build(timing=IMPATIENT))
    rig.cable.spoil(code, ODDITIES[oddity])
    await rig.start(inventory(3, 7))
    assert rig.driver.identity is not None
    assert (rig.driver.identity.version, rig.driver.identity.serial) == ("FM225_V1.12", "FM00012345")
    await rig.finds("Bert", 7)


async def test_all_replies_may_come_byte_by_byte(build: Build) -> None:
    rig = with_anna(build(timing=replace(FAST, gap=1.0)))
    rig.cable.always = split(1, pause=0.0002)
    await rig.start(inventory(3, 7))
    await rig.finds("Anna", 3)
    await rig.finds("Eve", None)


@pytest.mark.parametrize("owes", [-1.0, 0.0, 0.02, 0.2])
async def test_a_look_that_was_broken_off_answers_no_later_one(build: Build, owes: float) -> None:
    rig = with_anna(build(watch=False, scale=1.0))
    rig.cable.owes = owes
    await rig.start(inventory(3, 7))
    for _ in range(3):
        rig.face.look(True)
        await rig.looks(1)
        rig.face.look(False)
        await rig.cable.hears(RESET)
    rig.show("Anna")
    rig.face.look(True)
    await rig.reported(seen(3))


async def test_a_late_match_of_one_face_never_opens_for_the_next(build: Build) -> None:
    """The module finds Anna just as the look ends, and says so when Eve is before it."""
    rig = with_anna(build(watch=False, scale=1.0))
    rig.cable.owes = -1
    await rig.start(inventory(3, 7))
    anna = reply(VERIFY, 0, rig.module.record(0))
    rig.face.look(True)
    await rig.looks(1)
    rig.cable.spoil(RESET, noisy(after=b""))
    rig.face.look(False)
    await rig.cable.hears(RESET)
    rig.show("Eve")
    rig.cable.send(anna)
    rig.face.look(True)
    await rig.reported(seen(None))


async def test_a_match_that_nobody_asked_for_opens_nothing(build: Build) -> None:
    rig = with_anna(build(watch=False))
    await rig.start(inventory(3, 7))
    anna = reply(VERIFY, 0, rig.module.record(0))
    rig.show("Eve")
    for _ in range(10):
        rig.cable.send(anna)
        await rig.cable.hears(SERIAL)
    rig.face.look(True)
    while not isinstance(report := await rig.report(), BiometricSeen):
        pass
    assert report == seen(None)


@pytest.mark.parametrize("what", ["unknown id", "another name", "another kind"])
async def test_a_match_of_somebody_who_is_not_enrolled_is_not_believed(build: Build, what: str) -> None:
    rig = with_anna(build(Module("ai10"), watch=False, timing=IMPATIENT))
    await rig.start(inventory(3, 7))
    record = bytearray(rig.module.record(1))
    match what:
        case "unknown id":
            record[1] = 9
        case "another name":
            record[10] ^= 1
        case _:
            record[0:2] = (1001).to_bytes(2)
    rig.cable.spoil(VERIFY, *[instead(reply(VERIFY, 0, bytes(record)))] * 2)
    rig.show("Eve")
    rig.face.look(True)
    await rig.reported(seen(None))


async def test_a_line_with_noise_at_every_look_is_reported_as_garbled(build: Build) -> None:
    rig = with_anna(build())
    await rig.start(inventory(3, 7))
    rig.cable.always = noisy(before=b"\x81")
    await rig.reported(fault("garbled"))
    rig.cable.always = Fault()
    await rig.reported(back(), inventory(3, 7))
    await rig.finds("Anna", 3)


async def test_a_module_that_falls_silent_is_reported_once_and_when_it_is_back(build: Build) -> None:
    rig = with_anna(build(timing=IMPATIENT))
    await rig.start(inventory(3, 7))
    rig.cable.always = silent(carried_out=False)
    await rig.reported(fault("no_answer"))
    await rig.cable.hears(RESET, 5)
    assert rig.reports.empty()
    rig.cable.always = Fault()
    await rig.reported(back(), inventory(3, 7))
    await rig.finds("Anna", 3)


@pytest.mark.spec("FLT-1")
async def test_a_cable_that_is_pulled_and_put_back_is_reported(build: Build) -> None:
    rig = with_anna(build())
    await rig.start(inventory(3, 7))
    for _ in range(3):
        rig.cable.unplug()
        await rig.reported(fault("unplugged"))
        rig.cable.plug(rig.module)
        await rig.reported(back(), inventory(3, 7))
        await rig.finds("Anna", 3)


async def test_readers_may_start_before_their_module_is_there(build: Build) -> None:
    rig = with_anna(build())
    await rig.listen()
    await rig.reported(fault("missing"))
    rig.cable.plug(rig.module)
    await rig.reported(back(), inventory(3, 7))


async def test_a_module_that_restarts_in_the_middle_of_a_look_looks_on(build: Build) -> None:
    rig = with_anna(build(watch=False, scale=1.0))
    await rig.start(inventory(3, 7))
    rig.face.look(True)
    await rig.looks(1)
    rig.cable.restart()
    rig.show("Anna")
    await rig.reported(seen(3))
    assert rig.driver.counters is not None
    assert rig.driver.counters.restarts >= 1


@pytest.mark.parametrize(
    ("dialect", "version", "port"),
    [("ai10", "FM225_V1", FACE), (None, "unheard of 1.0", FACE), ("hlk_fm22x", "", PALM), (None, "FM225", PALM)],
)
async def test_a_module_of_another_kind_is_said_to_be_unsupported(
    build: Build, dialect: str | None, version: str, port: Any
) -> None:
    rig = build(Module(version=version or "FM225"), port, dialect=dialect)
    await rig.start(fault("unsupported", port))


async def test_a_version_that_tells_nothing_is_no_matter_where_the_config_names_the_dialect(build: Build) -> None:
    rig = with_anna(build(Module("ai10", version="1.0.7"), dialect="ai10"))
    await rig.start(inventory(3, 7))


async def test_a_camera_that_has_failed_is_reported(build: Build) -> None:
    rig = with_anna(build(timing=IMPATIENT))
    await rig.start(inventory(3, 7))
    rig.cable.spoil(VERIFY, *[instead(reply(VERIFY, 4))] * 3)
    await rig.reported(fault("no_answer"), back(), inventory(3, 7))


DIFFERENCES: dict[str, Callable[[Module], None]] = {
    "serial number": lambda module: setattr(module, "serial", "OTHER"),
    "version": lambda module: setattr(module, "version", "FM225_V9"),
    "a user less": lambda module: module.users.pop(1) and None,
    "a user more": lambda module: module.users.__setitem__(9, User(b"lb:face:9:00000000", "Eve", False)),
    "another in her place": lambda module: module.users.__setitem__(0, User(b"lb:face:3:00000000", "Eve", False)),
    "empty": lambda module: module.users.clear(),
}


@pytest.mark.parametrize("how", ["exchanged", "unplugged", "while the bridge was off"])
@pytest.mark.parametrize("difference", DIFFERENCES)
async def test_another_module_is_reported_and_nothing_that_it_sees_is_believed(
    build: Build, difference: str, how: str
) -> None:
    rig = with_anna(build(timing=IMPATIENT))
    await rig.start(inventory(3, 7))
    other = Module(users={n: User(user.name, "Eve", False) for n, user in rig.module.users.items()})
    DIFFERENCES[difference](other)
    match how:
        case "exchanged":
            rig.cable.exchange(other)
        case "unplugged":
            rig.cable.unplug()
            await rig.reported(fault("unplugged"))
            rig.cable.plug(other)
        case _:
            await rig.close()
            rig = build(other, memory=rig.memory, timing=IMPATIENT)
            await rig.start()
    await rig.reported(replaced())
    rig.cable.module = other
    rig.show("Eve")
    other.shown = rig.module.shown
    rig.face.look(True)
    looks = rig.cable.heard.count(VERIFY)
    await rig.cable.hears(SERIAL, 3)
    assert rig.reports.empty()
    assert rig.cable.heard.count(VERIFY) == looks
    await rig.face.enrol(20, 1)
    await rig.reported(EnrolFailed(FACE, "fault"))
    await rig.face.delete([3])
    assert DELETE not in rig.cable.heard


async def test_the_module_of_before_is_welcome_again(build: Build) -> None:
    rig = with_anna(build())
    await rig.start(inventory(3, 7))
    rig.cable.exchange(Module(serial="OTHER"))
    await rig.reported(replaced())
    rig.cable.exchange(rig.module)
    await rig.reported(back(), inventory(3, 7))
    await rig.finds("Anna", 3)


@pytest.mark.parametrize("dialect", ["hlk_fm22x", "ai10", "fp00x"])
async def test_another_module_serves_once_it_is_trusted_and_has_forgotten_whom_it_knew(
    build: Build, dialect: str
) -> None:
    rig = build(Module(dialect))
    await rig.start(inventory())
    rig.face.trust()
    rig.module = Module(dialect, serial="OTHER")
    rig.enrolled("Eve", 3)
    rig.cable.exchange(rig.module)
    await rig.reported(replaced())
    rig.face.trust()
    await rig.reported(back(), inventory())
    assert rig.module.users == {}
    assert DELETE_ALL in rig.cable.heard
    await rig.finds("Eve", None)
    await rig.close()
    rig = build(rig.module, memory=rig.memory)
    await rig.start(inventory())


async def test_a_module_that_keeps_whom_it_should_forget_is_not_served(build: Build) -> None:
    rig = build()
    await rig.start(inventory())
    rig.module = Module(serial="OTHER", stuck=True)
    rig.enrolled("Eve", 3)
    rig.cable.exchange(rig.module)
    await rig.reported(replaced())
    rig.face.trust()
    await rig.reported(fault("unsupported"))


@pytest.mark.parametrize("dialect", ["hlk_fm22x", "ai10", "fp00x"])
async def test_users_of_nobody_are_deleted_when_the_module_is_met_first(
    build: Build, dialect: str, caplog: pytest.LogCaptureFixture
) -> None:
    rig = build(Module(dialect), *([PALM] if dialect != "hlk_fm22x" else [FACE]))
    rig.module.enrol("Mallory", "admin")
    if dialect != "hlk_fm22x":
        rig.module.enrol("Mallory", "admin", palm=True)
    await rig.start(inventory(kind=PALM if dialect != "hlk_fm22x" else FACE))
    assert rig.module.users == {}
    assert "not enrolled" in caplog.text


async def test_a_second_one_in_a_slot_is_deleted(build: Build) -> None:
    rig = with_anna(build())
    rig.enrolled("Eve", 3)
    await rig.start(inventory(3, 7))
    assert {user.who for user in rig.module.users.values()} == {"Anna", "Bert"}


@pytest.mark.parametrize("dialect", ["hlk_fm22x", "ai10"])
async def test_slots_are_forgotten(build: Build, dialect: str) -> None:
    rig = with_anna(build(Module(dialect)))
    await rig.start(inventory(3, 7))
    await asyncio.wait_for(rig.face.delete({3, 40}), 10)
    assert {user.who for user in rig.module.users.values()} == {"Bert"}
    await rig.finds("Anna", None)
    await rig.finds("Bert", 7)
    await asyncio.wait_for(rig.face.delete([]), 10)


@pytest.mark.parametrize("oddity", ODDITIES)
async def test_slots_are_forgotten_however_the_reply_comes(build: Build, oddity: str) -> None:
    rig = with_anna(build(timing=IMPATIENT))
    await rig.start(inventory(3, 7))
    rig.cable.spoil(DELETE, ODDITIES[oddity])
    await asyncio.wait_for(rig.face.delete({3}), 10)
    await rig.finds("Bert", 7)
    assert {user.who for user in rig.module.users.values()} == {"Bert"}


async def test_slots_that_cannot_be_reached_are_forgotten_when_the_module_is_back(build: Build) -> None:
    rig = with_anna(build())
    await rig.start(inventory(3, 7))
    rig.cable.unplug()
    await rig.reported(fault("unplugged"))
    await asyncio.wait_for(rig.face.delete({3}), 1)
    rig.cable.plug(rig.module)
    await rig.reported(back(), inventory(7))
    assert {user.who for user in rig.module.users.values()} == {"Bert"}


@pytest.mark.parametrize("carried_out", [True, False])
async def test_a_cable_pulled_while_slots_are_forgotten_is_no_other_module(build: Build, carried_out: bool) -> None:
    rig = with_anna(build())
    await rig.start(inventory(3, 7))
    rig.cable.spoil(DELETE, Fault(lambda _: [], carried_out=carried_out, then=rig.cable.unplug))
    await asyncio.wait_for(rig.face.delete({7}), 10)
    await rig.reported(fault("unplugged"))
    rig.cable.plug(rig.module)
    await rig.reported(back(), inventory(3))


async def test_a_face_that_the_module_does_not_forget_no_longer_opens(
    build: Build, caplog: pytest.LogCaptureFixture
) -> None:
    rig = with_anna(build(Module(stuck=True)))
    await rig.start(inventory(3, 7))
    await asyncio.wait_for(rig.face.delete({3}), 10)
    await rig.finds("Anna", None)
    await rig.finds("Bert", 7)
    assert rig.cable.heard.count(DELETE) == 1
    assert "forget" in caplog.text


async def test_the_module_of_before_a_restart_is_known(build: Build) -> None:
    rig = with_anna(build())
    await rig.start(inventory(3, 7))
    await rig.close()
    rig = build(rig.module, memory=rig.memory)
    await rig.start(inventory(3, 7))
    assert rig.driver.health.words == (
        "Hi-Link HLK-FM223 and FM225, version FM225_V1.12, serial FM00012345, enrolled: face 2"
    )


async def test_only_a_module_that_was_never_met_is_told_to_be_the_first_at_each_of_its_ports(build: Build) -> None:
    async def told(rig: Rig) -> list[tuple[CredentialType, bool]]:
        await rig.start()
        met = [await rig.report() for _ in rig.kinds]
        return sorted((reading.type, reading.first) for reading in met if isinstance(reading, Inventory))

    rig = build(Module("ai10"), FACE, PALM)
    assert await told(rig) == [(FACE, True), (PALM, True)]
    await rig.palm.stop()
    await rig.palm.start(rig.reports.put_nowait)
    again = await rig.report()
    assert isinstance(again, Inventory)
    assert (again.type, again.first) == (PALM, False)
    await rig.close()
    rig = build(rig.module, FACE, PALM, memory=rig.memory)
    assert await told(rig) == [(FACE, False), (PALM, False)]


@pytest.mark.parametrize(
    "text", ["", "[]", "{}", '{"serial": 1}', '{"serial": "1", "version": "2", "users": {"x": 1}, "changing": []}']
)
async def test_whoever_answers_has_to_be_trusted_where_it_cannot_be_read_who_was_known(build: Build, text: str) -> None:
    memory = Forgetful()
    memory.put("identity", text)
    rig = with_anna(build(memory=memory))
    await rig.start(replaced())
    rig.face.trust()
    await rig.reported(back(), inventory())
    assert rig.module.users == {}


async def test_a_stopped_reader_gives_the_port_back_and_can_start_again(build: Build) -> None:
    rig = with_anna(build())
    await rig.start(inventory(3, 7))
    await asyncio.wait_for(rig.face.stop(), 3)
    heard = len(rig.cable.heard)
    await asyncio.sleep(0.02)
    assert len(rig.cable.heard) == heard
    await rig.listen()
    await rig.reported(inventory(3, 7))
    await rig.finds("Anna", 3)


async def test_a_mistake_in_the_driver_puts_the_readers_out_of_service_and_says_so(
    build: Build, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    rig = with_anna(build())
    await rig.start(inventory(3, 7))

    def mistake(*_: object) -> None:
        raise LookupError("a mistake")

    monkeypatch.setattr("lock_bridge.hardware.efaa.sight.Sight.judge", mistake)
    rig.show("Anna")
    await rig.reported(fault("internal"))
    assert "a mistake" in caplog.text


async def test_no_name_and_no_byte_is_in_the_log(build: Build, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    rig = with_anna(build(timing=IMPATIENT))
    await rig.start(inventory(3, 7))
    rig.cable.spoil(VERIFY, damaged(), silent())
    await rig.finds("Anna", 3)
    rig.cable.restart()
    await rig.finds("Bert", 7)
    assert "lb:face" not in caplog.text
    assert "\\xef\\xaa" not in caplog.text


def test_importing_what_the_config_needs_loads_no_serial_library() -> None:
    import subprocess
    import sys

    code = (
        "import sys, lock_bridge.hardware.efaa.about; "
        "import lock_bridge.hardware.efaa; sys.exit('serialx' in sys.modules)"
    )
    environment = {"PYTHONPATH": os.pathsep.join(sys.path)}
    assert subprocess.run([sys.executable, "-c", code], check=False, timeout=30, env=environment).returncode == 0
