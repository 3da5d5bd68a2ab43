"""Front and rear of the simulated door: the link between them, buttons, knob, screen, voice, power, what goes wrong."""

import json
from pathlib import Path
from typing import Any

import pytest

from lock_bridge.engine.effects import Drive, Lamp, Light, Prompt, Say, Sound, Tone, View
from lock_bridge.hardware.ports import (
    BiometricSeen,
    BoltPosition,
    BoltSeen,
    EnrolFailed,
    Inventory,
    Key,
    KeyDown,
    KeyUp,
    MotorOutcome,
    NearSeen,
    PartBack,
    PartFault,
    PeepholeSeen,
    PowerSeen,
    PrivacySeen,
    SpeechEnded,
)
from lock_bridge.hardware.simulated.front import speaking_ms
from lock_bridge.hardware.simulated.world import World
from lock_bridge.wire.errors import LockBridgeError
from lock_bridge.wire.words import CredentialType, Part
from tests.hardware.simulated_rig import Rig


@pytest.fixture
async def rig() -> Rig:
    rig = Rig()
    await rig.start()
    rig.heard()
    return rig


async def l2s() -> Rig:
    rig = Rig("l2s")
    await rig.start()
    rig.heard()
    return rig


@pytest.mark.spec("FLT-1")
async def test_without_the_link_the_whole_front_is_dead_and_one_fault_says_so(rig: Rig) -> None:
    rig.door.keypad.light(Light(frozenset({"1"})))
    await rig.door.fingerprint.enrol(0, 6)
    rig.heard()
    assert await rig.reports_of("unplug link") == [
        EnrolFailed(CredentialType.FINGERPRINT, "fault"),
        PartFault(Part.LINK, "no_answer"),
    ]
    assert rig.door.look()["lights"]["keys"] == []
    for act in ("press 1", 'touch "Anna right thumb"', "face Anna", 'palm "Anna right"'):
        assert await rig.reports_of(act) == [], act
    rig.door.sounder.sound(Sound(Tone.KEY))
    assert rig.door.look()["heard"] == []
    assert await rig.reports_of("set") == [KeyDown(Key.SET), KeyUp(Key.SET)], "the rear is on the other side"
    assert rig.outcome_of(Drive.RETRACT) is MotorOutcome.REACHED


@pytest.mark.spec("FLT-1")
async def test_with_the_link_back_the_front_tells_what_it_holds_and_lights_as_wanted(rig: Rig) -> None:
    await rig.do("unplug link")
    rig.door.keypad.light(Light(frozenset({"2"})))
    back = await rig.reports_of("plug link")
    assert back[0] == PartBack(Part.LINK)
    inventories = {item.type for item in back if isinstance(item, Inventory)}
    assert inventories == {CredentialType.FINGERPRINT, CredentialType.FACE, CredentialType.PALM_VEIN}
    assert NearSeen(near=False) in back
    assert rig.door.look()["lights"]["keys"] == ["2"]
    assert await rig.reports_of('touch "Anna right thumb"') == [BiometricSeen(CredentialType.FINGERPRINT, None)]


@pytest.mark.spec("MNU-1")
async def test_the_voice_says_when_all_has_been_said(rig: Rig) -> None:
    rig.door.sounder.say(Say(Prompt.JAMMED))
    rig.door.sounder.say(Say(Prompt.ENROLLED))
    texts = [item["text"] for item in rig.door.look()["heard"]]
    takes_ms = sum(map(speaking_ms, texts))
    rig.clock.advance(takes_ms - 1)
    assert rig.heard() == []
    rig.clock.advance(1)
    assert rig.heard() == [SpeechEnded()]


async def test_a_voice_takes_its_time_even_for_a_short_word() -> None:
    assert speaking_ms("Added.") == 600
    assert speaking_ms("x" * 140) == 10_000


@pytest.mark.spec("ALM-1")
async def test_an_alarm_cuts_the_voice(rig: Rig) -> None:
    rig.door.sounder.say(Say(Prompt.JAMMED))
    rig.door.sounder.sound(Sound(Tone.ALARM))
    assert rig.heard() == [SpeechEnded()]
    rig.clock.advance(60_000)
    assert rig.heard() == []


@pytest.mark.spec("DLM-10")
async def test_a_voice_that_is_hushed_breaks_off(rig: Rig) -> None:
    rig.door.sounder.hush()
    assert (rig.heard(), rig.door.look()["heard"]) == ([], [])
    rig.door.sounder.say(Say(Prompt.JAMMED))
    rig.door.sounder.hush()
    assert rig.heard() == [SpeechEnded()]
    assert [item["kind"] for item in rig.door.look()["heard"]] == ["prompt", "hush"]
    rig.clock.advance(60_000)
    assert rig.heard() == []


async def test_nothing_waits_for_a_voice_that_cannot_be_heard(rig: Rig) -> None:
    rig.door.sounder.say(Say(Prompt.JAMMED))
    assert await rig.reports_of("unplug link") == [SpeechEnded(), PartFault(Part.LINK, "no_answer")]
    rig.door.sounder.say(Say(Prompt.JAMMED))
    assert rig.heard() == [SpeechEnded()]


async def test_a_power_cut_silences_the_voice_and_says_nothing(rig: Rig) -> None:
    rig.door.sounder.say(Say(Prompt.JAMMED))
    assert await rig.reports_of("power off") == []
    rig.clock.advance(60_000)
    assert rig.heard() == []


@pytest.mark.spec("RST-1")
@pytest.mark.parametrize(("profile", "button"), [("palm6068", Key.SET), ("dl50fvs", Key.SET), ("l2s", Key.RESET)])
async def test_a_button_that_is_held_while_the_power_comes_back_is_told_after_the_levels(
    profile: str, button: Key
) -> None:
    rig = Rig(profile)
    await rig.start()
    await rig.do("battery out")
    assert await rig.reports_of(f"down {button}") == []
    back = await rig.reports_of("battery in")
    assert PowerSeen(100) in back
    assert KeyDown(button) in back
    assert await rig.reports_of(f"up {button}") == [KeyUp(button)]
    await rig.do("battery out")
    assert KeyDown(button) not in await rig.reports_of("battery in")


async def test_keys_of_the_front_that_are_held_are_no_news_when_the_power_comes(rig: Rig) -> None:
    await rig.do("battery out")
    await rig.do("down 5")
    assert not [item for item in await rig.reports_of("battery in") if isinstance(item, KeyDown)]


@pytest.mark.parametrize(
    ("words", "key", "profile"),
    [
        ("home", Key.HOME, "palm6068"),
        ("leave", Key.LEAVE, "palm6068"),
        ("emergency", Key.EMERGENCY, "dl50fvs"),
    ],
)
async def test_the_other_buttons_have_words_too(words: str, key: Key, profile: str) -> None:
    rig = Rig(profile)
    await rig.start()
    assert await rig.reports_of(words) == [KeyDown(key), KeyUp(key)]


@pytest.mark.spec("BLT-9")
@pytest.mark.parametrize("profile", ["l2s", "dl50fvs", "palm6068"])
async def test_knob_and_thumb_turn_are_told_as_levels(profile: str) -> None:
    rig = Rig(profile)
    assert PrivacySeen(on=False) in await rig.start()
    assert PrivacySeen(on=True) in await rig.reports_of("knob on")
    await rig.do("power off")
    assert PrivacySeen(on=True) in await rig.reports_of("power on")


@pytest.mark.spec("BLT-9")
async def test_the_anti_peephole_button_makes_the_inside_handle_dead() -> None:
    rig = await l2s()
    assert PeepholeSeen(on=False) in await rig.reports_of("peephole off")
    look = await rig.do("handle inside")
    assert look["felt"] == "The inside handle is dead: the anti-peephole button is off."
    assert (rig.heard(), look["door"]) == ([], "closed")
    await rig.do("peephole on")
    assert (await rig.do("handle inside"))["felt"] == "The door opens."


@pytest.mark.spec("DLM-13")
async def test_the_rears_screen_shows_what_it_is_told_and_goes_dark_with_the_power(rig: Rig) -> None:
    rig.door.inside.show(View.OUTSIDE)
    assert rig.door.look()["screen"] == "outside"
    await rig.do("power off")
    assert rig.door.look()["screen"] == "off"
    rig.door.inside.show(View.OUTSIDE)
    assert rig.door.look()["screen"] == "off"
    other = await l2s()
    other.door.inside.show(View.PAIRING)
    assert other.door.look()["screen"] is None, "this model has none"


async def test_every_change_of_the_lights_is_kept_for_who_looks_later(rig: Rig) -> None:
    since = rig.door.look()["seq"]
    for keys in ({"0"}, set(), {"0"}, set(), {"2"}):
        rig.door.keypad.light(Light(frozenset(keys)))
    rig.door.keypad.light(Light(frozenset({"2"}), frozenset({Lamp.PALM}), frozenset({"5"})))
    shown = rig.door.look(since=since)["shown"]
    assert [item["keys"] for item in shown] == [["0"], [], ["0"], [], ["2"], ["2"]]
    assert rig.door.look()["lights"] == {"keys": ["2"], "flashing": ["5"], "lamps": ["palm"]}
    assert (await rig.do(f"state {shown[3]['seq']}"))["shown"] == shown[4:]


@pytest.mark.spec("CAP-17")
@pytest.mark.parametrize(
    ("profile", "fits", "other"), [("l2s", "micro-usb", "type-c"), ("palm6068", "type-c", "micro-usb")]
)
async def test_the_emergency_supply_has_to_fit(profile: str, fits: str, other: str) -> None:
    rig = Rig(profile)
    await rig.start()
    await rig.do("battery 0")
    assert "does not fit" in (await rig.do(f"supply {other}"))["felt"]
    assert rig.heard() == []
    assert PowerSeen(0, emergency=True) in await rig.reports_of(f"supply {fits}")


@pytest.mark.spec("PWR-1")
async def test_a_pack_is_charged_outside_the_lock_which_has_no_power_meanwhile(rig: Rig) -> None:
    told: list[bool] = []
    await rig.do("battery 40")
    rig.door.power_listeners.append(told.append)
    rig.heard()
    assert PowerSeen(90) in await rig.reports_of("battery 90")
    assert told == [False, True]
    assert await rig.reports_of("battery 80") == [PowerSeen(80)]
    assert told == [False, True], "it gets empty in the lock"
    await rig.do("supply on")
    assert await rig.reports_of("battery 100") == [PowerSeen(None, emergency=True), PowerSeen(100, emergency=True)]
    assert told == [False, True], "with the emergency supply the lock goes on"


async def test_a_pack_that_is_out_is_charged_where_it_is(rig: Rig) -> None:
    await rig.do("battery out")
    assert await rig.reports_of("battery 100") == []
    assert PowerSeen(100) in await rig.reports_of("battery in")


@pytest.mark.spec("FLT-1")
async def test_a_gear_that_slips_runs_its_whole_way_and_the_bolt_stays(rig: Rig) -> None:
    await rig.do("motor slips")
    rig.heard()
    assert rig.outcome_of(Drive.RETRACT) is MotorOutcome.REACHED
    assert rig.door.world.position is BoltPosition.THROWN
    await rig.do("motor on")
    assert rig.outcome_of(Drive.RETRACT) is MotorOutcome.REACHED
    assert rig.door.world.position is BoltPosition.RETRACTED


@pytest.mark.spec("FLT-1", "BLT-13")
async def test_a_stuck_clutch_stays_as_it_is_until_it_is_freed() -> None:
    rig = await l2s()
    await rig.do("stall clutch")
    assert rig.outcome_of(Drive.COUPLE) is MotorOutcome.STALLED
    assert not rig.door.world.coupled
    assert rig.outcome_of(Drive.UNCOUPLE) is MotorOutcome.REACHED
    await rig.do("stall off")
    assert rig.outcome_of(Drive.COUPLE) is MotorOutcome.REACHED
    await rig.do("stall clutch")
    assert rig.outcome_of(Drive.UNCOUPLE) is MotorOutcome.STALLED
    await rig.do("power off")
    assert rig.door.world.coupled, "no spring is stronger than that"


async def test_a_new_door_is_closed_locked_and_knows_nobody(rig: Rig) -> None:
    await rig.door.fingerprint.enrol(0, 1)
    for act in ('touch "Anna right thumb"', "face Anna", "knob on", "battery 30", "unplug motor", "key unlock", "open"):
        await rig.do(act)
    told: list[bool] = []
    rig.door.power_listeners.append(told.append)
    levels = await rig.reports_of("new door")
    assert rig.door.world == World()
    assert BoltSeen(BoltPosition.THROWN) in levels
    assert NearSeen(near=False) in levels
    assert told == [False, True], "to the lock it is a power cut"


@pytest.mark.parametrize(
    "line",
    ["new", "new lock", "knob", "supply usb", "stall clutch", "motor loose", "peephole on", "emergency", "state x"],
)
async def test_what_this_model_lacks_cannot_be_said(rig: Rig, line: str) -> None:
    with pytest.raises(LockBridgeError):
        await rig.do(line)


async def test_a_door_of_an_older_file_still_stands_as_it_did(tmp_path: Path) -> None:
    file = tmp_path / "door.json"
    old: dict[str, Any] = {
        "version": 1,
        "bolt": 0.0,
        "coupled": False,
        "door_open": True,
        "key_turned": False,
        "tampered": False,
        "battery": 55,
        "battery_in": True,
        "supply": False,
        "stall": False,
        "blocked": 0,
        "motor": True,
        "hinge": "left",
        "unplugged": ["motor"],
        "templates": {"3": "Anna right thumb"},
    }
    file.write_text(json.dumps(old))
    rig = Rig(file=file)
    world = rig.door.world
    assert (world.battery, world.hinge, world.unplugged) == (55, "left", {Part.MOTOR})
    assert Inventory(CredentialType.FINGERPRINT, frozenset({3})) in await rig.start()
    assert (world.knob, world.peephole, world.faces) == (False, True, {})


async def test_templates_of_every_kind_and_counters_outlast_the_service(tmp_path: Path) -> None:
    file = tmp_path / "door.json"
    rig = Rig(file=file)
    await rig.start()
    rig.door.world.held(CredentialType.FACE)[1] = "Anna"
    rig.door.world.held(CredentialType.PALM_VEIN)[2] = "Anna right"
    rig.door.world.held(CredentialType.FINGERPRINT)[3] = "Anna right thumb"
    rig.door.world.counters["abcd"] = 7
    await rig.do("knob on")
    again = Rig(file=file).door.world
    assert again == rig.door.world
    assert (again.faces, again.palms, again.templates) == ({1: "Anna"}, {2: "Anna right"}, {3: "Anna right thumb"})
