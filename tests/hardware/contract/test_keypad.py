"""What holds for every keypad, whoever makes it."""

import pytest

from lock_bridge.engine.effects import Lamp, Light
from lock_bridge.hardware.ports import Key, KeyDown, KeyUp, PartBack, PartFault, Reading
from lock_bridge.wire.words import Part, Trouble
from tests.hardware.contract.rigs_input import InputKeypadRig
from tests.hardware.contract.rigs_simulated_parts import SimulatedKeypadRig

type Rig = SimulatedKeypadRig | InputKeypadRig

RIGS = {"simulated": SimulatedKeypadRig, "input": InputKeypadRig}


@pytest.fixture(params=RIGS)
def rig(request: pytest.FixtureRequest) -> Rig:
    made: Rig = RIGS[request.param]()
    return made


async def heard(rig: Rig) -> list[Reading]:
    await rig.settle()
    return rig.heard()


async def test_a_key_goes_down_once_and_comes_up_once(rig: Rig) -> None:
    await rig.start()
    assert await heard(rig) == []
    for key in (Key.D1, Key.D0, Key.CONFIRM, Key.BACK, Key.SET):
        await rig.press(key)
        assert await heard(rig) == [KeyDown(key)]
        await rig.release(key)
        assert await heard(rig) == [KeyUp(key)]
    await rig.stop()


async def test_keys_that_are_down_together_are_told_in_their_order(rig: Rig) -> None:
    await rig.start()
    await rig.press(Key.D4)
    await rig.press(Key.D5)
    await rig.release(Key.D4)
    await rig.release(Key.D5)
    assert await heard(rig) == [KeyDown(Key.D4), KeyDown(Key.D5), KeyUp(Key.D4), KeyUp(Key.D5)]
    await rig.stop()


@pytest.mark.spec("RST-1")
async def test_a_button_of_the_rear_that_is_held_at_the_start_is_told_and_a_digit_is_not(rig: Rig) -> None:
    await rig.press(Key.SET)
    await rig.press(Key.D7)
    await rig.start()
    assert await heard(rig) == [KeyDown(Key.SET)]
    await rig.release(Key.SET)
    assert await heard(rig) == [KeyUp(Key.SET)]
    await rig.stop()


@pytest.mark.spec("FLT-1")
async def test_one_that_is_unplugged_says_so_once_and_is_back_when_it_is_plugged_in(rig: Rig) -> None:
    await rig.start()
    await rig.unplug()
    (fault,) = await heard(rig)
    assert isinstance(fault, PartFault)
    assert fault.part is Part.KEYPAD
    assert fault.reason in set(Trouble)
    await rig.advance(60_000)
    assert await heard(rig) == [], "told once, however long it is away"
    await rig.plug()
    assert await heard(rig) == [PartBack(Part.KEYPAD)]
    await rig.press(Key.D3)
    assert await heard(rig) == [KeyDown(Key.D3)]
    await rig.stop()


async def test_a_key_that_is_held_while_it_is_unplugged_does_not_stay_down(rig: Rig) -> None:
    await rig.start()
    await rig.press(Key.D0)
    await rig.unplug()
    down, up, fault = await heard(rig)
    assert (down, up) == (KeyDown(Key.D0), KeyUp(Key.D0))
    assert isinstance(fault, PartFault)
    await rig.release(Key.D0)
    await rig.plug()
    assert await heard(rig) == [PartBack(Part.KEYPAD)]
    await rig.stop()


async def test_one_that_is_away_when_it_is_started_is_a_fault(rig: Rig) -> None:
    await rig.start()
    await rig.unplug()
    await rig.stop()
    rig.heard()
    await rig.start()
    (fault,) = await heard(rig)
    assert isinstance(fault, PartFault)
    await rig.plug()
    assert await heard(rig) == [PartBack(Part.KEYPAD)]
    await rig.stop()


async def test_exactly_the_lights_that_were_asked_for_shine(rig: Rig) -> None:
    rig.port.light(Light(frozenset("12"), frozenset({Lamp.GREEN})))
    await rig.start()
    assert rig.shining() == {"1", "2", "green"}, "what was asked for before its start"
    rig.port.light(Light(frozenset({"2", "ok"}), frozenset({Lamp.PAIRING}), frozenset("0")))
    assert rig.shining() == {"2", "ok", "pairing", "0"}
    rig.port.light(Light())
    assert rig.shining() == set()
    rig.port.light(Light(frozenset("5")))
    await rig.stop()
    assert rig.shining() == set(), "dark when it is stopped"


async def test_lights_can_be_asked_for_while_it_is_away(rig: Rig) -> None:
    await rig.start()
    await rig.unplug()
    rig.port.light(Light(frozenset("8")))
    await rig.plug()
    assert rig.shining() == {"8"}
    await rig.stop()


async def test_after_its_stop_nothing_is_told_and_it_can_be_started_again(rig: Rig) -> None:
    await rig.start()
    await rig.stop()
    await rig.press(Key.D1)
    await rig.release(Key.D1)
    assert await heard(rig) == []
    await rig.start()
    await rig.press(Key.D2)
    assert await heard(rig) == [KeyDown(Key.D2)]
    await rig.stop()


async def test_which_key_it_was_is_in_no_representation(rig: Rig) -> None:
    await rig.start()
    await rig.press(Key.D9)
    (down,) = await heard(rig)
    assert "9" not in repr(down)
    assert "9" not in repr(rig.port).partition(" at ")[0]
    await rig.stop()
