"""Leaf, handles, contacts and power of the simulated door; what its file keeps."""

import json
from pathlib import Path
from typing import Any

import pytest

from lock_bridge.engine.effects import Drive, Lamp, Light, Prompt, Say, Sound, Tone
from lock_bridge.hardware.ports import (
    BoltPosition,
    BoltSeen,
    DoorSeen,
    Handle,
    HandleSeen,
    InsideHandleUsed,
    Inventory,
    Key,
    KeyDown,
    KeyUp,
    NearSeen,
    PartBack,
    PartFault,
    PowerSeen,
    PrivacySeen,
    RadioSeen,
    TamperSeen,
)
from lock_bridge.wire.words import CredentialType, Part
from tests.hardware.simulated_rig import Rig

LEVELS = [
    BoltSeen(BoltPosition.THROWN),
    DoorSeen(open=False),
    PrivacySeen(on=False),
    TamperSeen(off=False),
    PowerSeen(100, emergency=False),
    Inventory(CredentialType.FINGERPRINT, frozenset()),
    Inventory(CredentialType.FACE, frozenset()),
    NearSeen(near=False),
    Inventory(CredentialType.PALM_VEIN, frozenset()),
    RadioSeen(-58, bluetooth_connected=False),
]


@pytest.fixture
async def rig() -> Rig:
    rig = Rig()
    await rig.start()
    return rig


async def test_levels_are_told_at_the_start() -> None:
    assert await Rig().start() == LEVELS


async def test_a_clutch_lock_tells_of_its_handle_too() -> None:
    assert HandleSeen(Handle.REST) in await Rig("l2s").start()


async def test_a_stopped_part_says_nothing_and_is_dark(rig: Rig) -> None:
    rig.door.keypad.light(Light(frozenset({"1"}), frozenset({Lamp.GREEN})))
    await rig.stop()
    assert await rig.reports_of("press 1") == []
    assert rig.door.look()["lights"] == {"keys": [], "flashing": [], "lamps": []}


async def test_a_locked_door_does_not_give(rig: Rig) -> None:
    rig.heard()
    assert (await rig.do("open"))["felt"] == "The bolt holds: the door does not give."
    assert rig.heard() == []
    assert rig.door.look()["door"] == "closed"


async def test_an_unlocked_door_opens_and_closes(rig: Rig) -> None:
    rig.outcome_of(Drive.RETRACT)
    assert await rig.reports_of("open") == [DoorSeen(open=True)]
    assert (await rig.do("open"))["felt"] == "The door is open already."
    assert await rig.reports_of("close") == [DoorSeen(open=False)]
    assert (await rig.do("close"))["felt"] == "The door is closed already."


async def test_a_thrown_bolt_strikes_the_frame(rig: Rig) -> None:
    rig.outcome_of(Drive.RETRACT)
    await rig.do("open")
    await rig.do("key lock")
    assert (await rig.do("close"))["felt"] == "The bolt strikes the frame: the door does not close."
    assert rig.door.look()["door"] == "open"


@pytest.mark.spec("ALM-5")
async def test_a_forced_door_is_open_although_the_bolt_is_thrown(rig: Rig) -> None:
    assert await rig.reports_of("force") == [DoorSeen(open=True)]
    look = rig.door.look()
    assert (look["door"], look["bolt"]) == ("open", "thrown")


@pytest.mark.spec("BLT-11")
@pytest.mark.parametrize("profile", ["palm6068", "l2s"])
async def test_the_inside_handle_always_opens(profile: str) -> None:
    rig = Rig(profile)
    await rig.start()
    await rig.do("stall on")
    await rig.do("power off")
    assert (await rig.do("handle inside"))["felt"] == "The door opens."
    assert rig.door.look()["bolt"] == "retracted"


@pytest.mark.spec("BLT-11")
async def test_the_inside_handle_says_so_before_bolt_and_door_move(rig: Rig) -> None:
    seen = [InsideHandleUsed(), BoltSeen(BoltPosition.RETRACTED), DoorSeen(open=True)]
    assert await rig.reports_of("handle inside") == seen


@pytest.mark.spec("BLT-14")
async def test_a_clutch_lock_senses_its_handle(rig: Rig) -> None:
    clutch = Rig("l2s")
    await clutch.start()
    assert await clutch.reports_of("handle press") == [HandleSeen(Handle.PRESSED)]
    assert clutch.door.look()["handle"] == "pressed"
    assert await clutch.reports_of("handle rest") == [HandleSeen(Handle.REST)]
    assert await rig.reports_of("handle") == [], "the motor lock's handle has no sensor"


@pytest.mark.spec("ALM-1")
async def test_the_tamper_switch_tells_when_the_lock_leaves_the_door(rig: Rig) -> None:
    assert await rig.reports_of("tamper on") == [TamperSeen(off=True)]
    assert await rig.reports_of("tamper off") == [TamperSeen(off=False)]


@pytest.mark.spec("PWR-1")
async def test_battery_and_emergency_supply_are_told(rig: Rig) -> None:
    assert await rig.reports_of("battery 12") == [PowerSeen(12)]
    assert await rig.reports_of("supply on") == [PowerSeen(12, emergency=True)]
    assert await rig.reports_of("battery 0") == [PowerSeen(0, emergency=True)]


@pytest.mark.spec("PWR-2")
async def test_an_empty_battery_silences_the_lock_until_a_supply_is_connected(rig: Rig) -> None:
    assert await rig.reports_of("battery 0") == []
    assert await rig.reports_of("press 1 2 3") == []
    assert await rig.reports_of("key unlock") == [], "the key turns, but nothing notices it"
    assert rig.door.look()["bolt"] == "retracted"
    back = await rig.reports_of("supply on")
    assert BoltSeen(BoltPosition.RETRACTED) in back
    assert PowerSeen(0, emergency=True) in back
    assert await rig.reports_of("press 1") == [KeyDown(Key.D1), KeyUp(Key.D1)]


@pytest.mark.spec("PWR-1")
async def test_a_lock_with_its_battery_out_lives_on_the_supply_with_no_level_to_tell(rig: Rig) -> None:
    await rig.do("supply on")
    assert await rig.reports_of("battery out") == [PowerSeen(None, emergency=True)]
    assert await rig.reports_of("battery in") == [PowerSeen(100, emergency=True)]
    assert await rig.reports_of("power off") == [], "without power means: by neither of the two"
    assert PowerSeen(None, emergency=True) in await rig.reports_of("supply on")


async def test_a_power_cut_is_told_to_the_service_and_its_return_before_the_levels(rig: Rig) -> None:
    told: list[Any] = []
    rig.door.power_listeners.append(lambda on: told.append((on, rig.heard())))
    rig.drive(Drive.RETRACT)
    rig.door.keypad.light(Light(frozenset({"1"})))
    rig.door.sounder.sound(Sound(Tone.ALARM))
    rig.heard()

    await rig.do("power off")
    assert told == [(False, [])]
    look = rig.door.look()
    assert (look["lights"], look["alarm"]) == ({"keys": [], "flashing": [], "lamps": []}, False)
    rig.clock.advance(10_000)
    assert rig.heard() == []
    assert look["bolt"] == "thrown", "the motor had not moved yet"

    await rig.do("power on")
    assert told[1:] == [(True, [])]
    assert set(rig.heard()) == set(LEVELS)


async def test_the_parts_speak_only_when_the_service_is_ready_again(rig: Rig) -> None:
    await rig.do("power off")
    at_return: list[Any] = []

    async def restart() -> None:
        at_return.extend(rig.heard())

    rig.heard()
    rig.door.power_listeners.append(lambda on: restart() if on else None)
    await rig.do("power on")
    assert at_return == []
    assert set(rig.heard()) == set(LEVELS)


async def test_a_power_cut_on_the_way_leaves_the_bolt_there(rig: Rig) -> None:
    rig.drive(Drive.RETRACT)
    rig.clock.advance(450)
    await rig.do("power off")
    rig.clock.advance(10_000)
    assert rig.door.look()["bolt"] == "between"
    assert BoltSeen(BoltPosition.BETWEEN) in await rig.reports_of("power on")


@pytest.mark.spec("FLT-1")
async def test_an_unplugged_part_is_named_and_the_others_go_on(rig: Rig) -> None:
    assert await rig.reports_of("unplug door") == [PartFault(Part.DOOR, "no_answer")]
    await rig.do("handle inside")
    assert not [item for item in rig.heard() if isinstance(item, DoorSeen)]
    assert await rig.reports_of("tamper on") == [TamperSeen(off=True)]
    assert await rig.reports_of("plug door") == [
        PartBack(Part.DOOR),
        DoorSeen(open=True),
        PrivacySeen(on=False),
    ]


@pytest.mark.spec("FLT-1")
@pytest.mark.parametrize("profile", ["palm6068", "l2s"])
async def test_every_part_that_the_model_has_fails_and_comes_back(profile: str) -> None:
    rig = Rig(profile)
    await rig.start()
    for part in rig.door.parts:
        assert await rig.reports_of(f"unplug {part}") == [PartFault(part, "no_answer")]
        assert await rig.reports_of(f"unplug {part}") == []
        assert (await rig.reports_of(f"plug {part}"))[0] == PartBack(part)


@pytest.mark.spec("FLT-1")
async def test_a_part_that_is_away_at_the_start_is_named(rig: Rig) -> None:
    await rig.do("unplug fingerprint")
    await rig.stop()
    rig.heard()
    started = await rig.start()
    assert PartFault(Part.FINGERPRINT, "no_answer") in started
    kinds = {item.type for item in started if isinstance(item, Inventory)}
    assert kinds == {CredentialType.FACE, CredentialType.PALM_VEIN}


@pytest.mark.spec("FLT-1")
async def test_a_keypad_without_its_cable_is_dark_and_lights_as_wanted_on_return(rig: Rig) -> None:
    rig.door.keypad.light(Light(frozenset({"1"})))
    assert rig.door.look()["lights"]["keys"] == ["1"]
    await rig.do("unplug keypad")
    assert rig.door.look()["lights"]["keys"] == []
    assert await rig.reports_of("press 1") == []
    assert await rig.reports_of("set") == [KeyDown(Key.SET), KeyUp(Key.SET)], "the rear has a cable of its own"
    rig.door.keypad.light(Light(frozenset({"2"})))
    await rig.do("plug keypad")
    assert rig.door.look()["lights"]["keys"] == ["2"]


async def test_what_sounds_is_heard_once_with_its_age(rig: Rig) -> None:
    rig.door.sounder.sound(Sound(Tone.SUCCESS, "low"))
    rig.clock.advance(250)
    rig.door.sounder.say(Say(Prompt.JAMMED, "nb"))
    look = await rig.do("state")
    assert look["heard"] == [
        {"seq": 1, "age_ms": 250, "kind": "tone", "what": "success", "volume": "low"},
        {
            "seq": 2,
            "age_ms": 0,
            "kind": "prompt",
            "what": "jammed",
            "text": "Låsebolten sitter fast. Kontroller døren.",
            "language": "nb",
            "volume": "high",
        },
    ]
    assert look["seq"] == 2
    assert (await rig.do("state"))["heard"] == []
    assert [item["seq"] for item in rig.door.look(since=1)["heard"]] == [2]


async def test_what_other_answers_let_hear_is_still_in_the_next_state(rig: Rig) -> None:
    rig.door.settled = lambda: _sound(rig)
    assert [item["what"] for item in (await rig.do("press 1"))["heard"]] == ["key"]
    rig.door.settled = None
    assert [item["what"] for item in (await rig.do("state"))["heard"]] == ["key"]


@pytest.mark.spec("DLM-11")
async def test_a_pairing_code_is_shown_inside_and_goes_with_the_power(rig: Rig) -> None:
    rig.door.inside.show_code("12345678")
    look = rig.door.look()
    assert look["inside"] == "12345678"
    assert "12345678" not in repr(look["heard"])
    await rig.do("power off")
    assert rig.door.look()["inside"] is None
    rig.door.inside.show_code("12345678")
    assert rig.door.look()["inside"] is None, "without power nothing is shown"
    await rig.do("power on")
    rig.door.inside.show_code("12345678")
    rig.door.inside.show_code(None)
    assert rig.door.look()["inside"] is None


async def test_an_alarm_sounds_until_its_end(rig: Rig) -> None:
    rig.door.sounder.sound(Sound(Tone.ALARM))
    assert rig.door.look()["alarm"] is True
    rig.door.sounder.sound(Sound(Tone.ALARM_END))
    assert rig.door.look()["alarm"] is False


async def test_old_sounds_are_forgotten(rig: Rig) -> None:
    for _ in range(5_000):
        rig.door.sounder.sound(Sound(Tone.KEY))
    heard = rig.door.look(since=0)["heard"]
    assert len(heard) == 200
    assert heard[-1]["seq"] == 5_000


async def test_watchers_are_told_of_what_can_be_seen(rig: Rig) -> None:
    calls: list[str] = []
    end = rig.door.subscribe(lambda: calls.append("seen"))
    rig.drive(Drive.RETRACT)
    assert calls
    calls.clear()
    rig.clock.advance(900)
    assert calls
    end()
    calls.clear()
    await rig.do("handle inside")
    assert calls == []


async def test_the_door_is_as_it_was_after_a_restart(tmp_path: Path) -> None:
    file = tmp_path / "door.json"
    rig = Rig(file=file)
    await rig.start()
    rig.outcome_of(Drive.RETRACT)
    for act in ("open", "battery 37", "tamper on", "unplug motor", "stall on"):
        await rig.do(act)
    await rig.stop()

    again = Rig(file=file)
    assert again.door.world == rig.door.world
    seen = await again.start()
    assert {DoorSeen(open=True), PowerSeen(37), TamperSeen(off=True), BoltSeen(BoltPosition.RETRACTED)} < set(seen)
    assert file.stat().st_mode & 0o777 == 0o600


async def test_a_service_that_dies_while_the_motor_runs_finds_the_bolt_half_way(tmp_path: Path) -> None:
    file = tmp_path / "door.json"
    rig = Rig(file=file)
    await rig.start()
    rig.drive(Drive.RETRACT)
    rig.door.save()
    assert BoltSeen(BoltPosition.BETWEEN) in await Rig(file=file).start()


async def test_a_held_handle_is_let_go_of_by_the_next_start(tmp_path: Path) -> None:
    file = tmp_path / "door.json"
    rig = Rig("l2s", file=file)
    await rig.start()
    await rig.do("handle press")
    assert HandleSeen(Handle.REST) in await Rig("l2s", file=file).start()


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"\xff\xfe",
        b"[]",
        b'{"version": 2}',
        b'{"version": 1, "bolt": 7}',
        b'{"version": 1, "battery": "full"}',
        b'{"version": 1, "battery": true}',
        b'{"version": 1, "unplugged": [[]]}',
        b'{"version": 1, "templates": [1]}',
        b'{"version": 1, "hinge": "top"}',
    ],
)
async def test_a_damaged_file_is_put_aside_and_the_door_starts_as_new(
    tmp_path: Path, text: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    file = tmp_path / "door.json"
    file.write_bytes(text)
    rig = Rig(file=file)
    assert await rig.start() == LEVELS
    assert (tmp_path / "door.damaged").read_bytes() == text
    assert "cannot be read" in caplog.text


async def test_a_full_disk_is_said_once_and_the_door_goes_on(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    rig = Rig(file=tmp_path / "nowhere" / "door.json")
    await rig.start()
    for _ in range(3):
        await rig.do("tamper on")
    assert caplog.text.count("cannot be kept") == 1


async def test_what_people_have_done_is_in_the_file_when_it_is_answered(tmp_path: Path) -> None:
    file = tmp_path / "door.json"
    rig = Rig(file=file)
    await rig.start()
    await rig.do("tamper on")
    assert json.loads(file.read_text())["tampered"] is True


async def _sound(rig: Rig) -> None:
    rig.door.sounder.sound(Sound(Tone.KEY))
