"""What the engine decides gets to the part that it is for; one that fails or is not there keeps nobody waiting."""

import asyncio
from collections.abc import Collection
from typing import Any

import pytest

from lock_bridge.engine.effects import (
    BeginEnrolment,
    DeleteTemplates,
    Drive,
    DriveBolt,
    EndEnrolment,
    Light,
    Look,
    PhoneTold,
    Prompt,
    Radio,
    Say,
    Screen,
    Sound,
    StartTimer,
    StopBolt,
    Tone,
    View,
)
from lock_bridge.engine.inputs import EnrolFailed, Input, MotorOutcome, MotorStopped, SpeechEnded, Timer
from lock_bridge.hardware.ports import PortBusy
from lock_bridge.parts import PartControl, Ports
from lock_bridge.wire.words import CredentialType

FINGER, FACE, PALM, RFID = (
    CredentialType.FINGERPRINT,
    CredentialType.FACE,
    CredentialType.PALM_VEIN,
    CredentialType.RFID,
)


class Part:
    """Any part: it notes what it is told, and raises what it is given to raise."""

    def __init__(self, name: str, log: list[Any]) -> None:
        self.name = name
        self.log = log
        self.error: Exception | None = None

    def note(self, *what: Any) -> None:
        self.log.append((self.name, *what))
        if self.error is not None:
            raise self.error

    async def start(self, _report: Any) -> None:
        self.note("start")

    async def stop(self) -> None:
        self.note("stop")

    def light(self, light: Light) -> None:
        self.note(light)

    def sound(self, sound: Sound) -> None:
        self.note(sound)

    def say(self, say: Say) -> None:
        self.note(say)

    def drive(self, drive: DriveBolt) -> None:
        self.note(drive)

    def halt(self) -> None:
        self.note("halt")

    def show_code(self, code: str | None) -> None:
        self.note(code)

    def show(self, view: View) -> None:
        self.note(view)

    def look(self, on: bool) -> None:
        self.note(on)

    def switch(self, radio: Radio) -> None:
        self.note(radio)

    def tell_phone(self, told: PhoneTold) -> None:
        self.note(told)

    async def enrol(self, slot: int, steps: int) -> None:
        self.note("enrol", slot, steps)

    async def cancel(self) -> None:
        self.note("cancel")

    async def delete(self, slots: Collection[int]) -> None:
        self.note("delete", set(slots))


NAMES = (
    *("keypad", "sounder", "bolt", "contacts", "power", "fingerprint", "card", "face", "palm_vein", "radios"),
    "inside",
)


class Bench:
    """All parts on a table."""

    def __init__(self, *missing: str) -> None:
        self.log: list[Any] = []
        self.heard: list[Input] = []
        self.parts: dict[str, Any] = {name: Part(name, self.log) for name in NAMES if name not in missing}
        self.control = PartControl("front_door", Ports(**self.parts), self.heard.append)

    async def tell(self, effect: Any) -> list[Any]:
        """Hand an effect over; what any part was told."""
        self.log.clear()
        self.control.tell(effect)
        await asyncio.sleep(0)
        return self.log


DRIVE = DriveBolt(Drive.THROW, 7, 3000)
LIGHT, SOUND, SAY = Light(frozenset({"1"})), Sound(Tone.KEY), Say(Prompt.MENU)
RADIO, TOLD = Radio(wifi=True, bluetooth=False), PhoneTold("phone")


@pytest.mark.parametrize(
    ("effect", "told"),
    [
        (DRIVE, ("bolt", DRIVE)),
        (StopBolt(), ("bolt", "halt")),
        (LIGHT, ("keypad", LIGHT)),
        (SOUND, ("sounder", SOUND)),
        (SAY, ("sounder", SAY)),
        (Screen(View.OUTSIDE), ("inside", View.OUTSIDE)),
        (Look(FACE, True), ("face", True)),
        (RADIO, ("radios", RADIO)),
        (TOLD, ("radios", TOLD)),
        *[
            entry
            for kind, name in ((FINGER, "fingerprint"), (FACE, "face"), (PALM, "palm_vein"))
            for entry in (
                (BeginEnrolment(kind, 3, 5), (name, "enrol", 3, 5)),
                (EndEnrolment(kind), (name, "cancel")),
                (DeleteTemplates(kind, frozenset({1, 2})), (name, "delete", {1, 2})),
            )
        ],
    ],
)
async def test_each_effect_goes_to_its_part_alone(effect: Any, told: Any) -> None:
    assert await Bench().tell(effect) == [told]


async def test_what_is_for_no_part_goes_to_none() -> None:
    assert await Bench().tell(StartTimer(Timer.MOTOR, 5)) == []


async def test_a_lock_that_lacks_a_part_does_without_and_an_enrolment_there_fails() -> None:
    bench = Bench("face", "palm_vein", "radios", "inside")
    for effect in (Look(FACE, True), RADIO, TOLD, Screen(View.OFF), DeleteTemplates(PALM, frozenset({1}))):
        assert await bench.tell(effect) == []
    bench.control.show_code("12345678")
    assert not bench.control.shows_codes
    assert bench.heard == []
    await bench.tell(BeginEnrolment(FACE, 0, 5))
    await bench.tell(EndEnrolment(PALM))
    await bench.tell(BeginEnrolment(RFID, 0, 1))
    assert bench.heard == [EnrolFailed(FACE, "fault"), EnrolFailed(PALM, "fault"), EnrolFailed(RFID, "fault")]


async def test_a_pairing_code_is_shown_inside() -> None:
    bench = Bench()
    assert bench.control.shows_codes
    bench.control.show_code("12345678")
    assert bench.log == [("inside", "12345678")]


@pytest.mark.spec("FLT-1")
@pytest.mark.parametrize(
    ("part", "effect", "heard"),
    [
        ("bolt", DRIVE, [MotorStopped(7, MotorOutcome.FAULT)]),
        ("sounder", SAY, [SpeechEnded()]),
        ("sounder", SOUND, []),
        ("keypad", LIGHT, []),
        ("face", BeginEnrolment(FACE, 0, 5), [EnrolFailed(FACE, "fault")]),
        ("face", DeleteTemplates(FACE, frozenset({1})), []),
    ],
)
async def test_a_drivers_defect_is_logged_and_whoever_waits_for_it_is_told(
    part: str, effect: Any, heard: list[Input], caplog: pytest.LogCaptureFixture
) -> None:
    bench = Bench()
    bench.parts[part].error = RuntimeError("a defect")
    await bench.tell(effect)
    assert bench.heard == heard
    assert [record.levelname for record in caplog.records] == ["ERROR"]


async def test_a_reader_that_is_busy_is_no_defect(caplog: pytest.LogCaptureFixture) -> None:
    bench = Bench()
    bench.parts["fingerprint"].error = PortBusy()
    await bench.tell(BeginEnrolment(FINGER, 0, 6))
    assert bench.heard == [EnrolFailed(FINGER, "fault")]
    assert caplog.records == []


async def test_parts_are_started_and_stopped_and_one_that_cannot_be_stopped_keeps_none_of_the_others() -> None:
    bench = Bench()
    await bench.control.start()
    assert {name for name, what in bench.log} == set(NAMES)
    bench.log.clear()
    bench.parts["bolt"].error = RuntimeError("a defect")
    await bench.control.stop()
    assert {name for name, what in bench.log} == set(NAMES)
