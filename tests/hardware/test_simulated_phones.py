"""Phones and radios of the simulated door."""

import asyncio

import pytest

from lock_bridge.engine import bluetooth
from lock_bridge.engine.effects import PhoneTold, Radio
from lock_bridge.engine.passcode import Keys
from lock_bridge.hardware.ports import PhoneActs, PhonePairs, RadioSeen, Reading
from lock_bridge.hardware.simulated.radios import ANSWER_MS
from lock_bridge.wire.errors import ErrorCode, LockBridgeError
from tests.hardware.simulated_rig import Rig

KEYS = Keys(pin=b"p" * 32, card=b"c" * 32, ble=b"b" * 32)
KEY_ID = b"12345678"
KEY = bluetooth.key_text(KEYS, KEY_ID)


@pytest.fixture
async def rig() -> Rig:
    rig = Rig()
    await rig.start()
    rig.door.radios.switch(Radio(wifi=True, bluetooth=True))
    rig.heard()
    return rig


async def tell(rig: Rig, line: str, refusal: str | None = None) -> tuple[list[Reading], str]:
    """What the lock hears of a phone, and what the phone says when it is answered."""
    rig.heard()
    doing = asyncio.ensure_future(rig.door.do(line.split(" ")))
    for _ in range(10):
        await asyncio.sleep(0)
    heard = rig.heard()
    rig.door.radios.tell_phone(PhoneTold("Anna's phone", refusal))
    return heard, (await doing)["felt"]


@pytest.mark.spec("DLM-9")
async def test_a_phone_gives_the_pairing_code_and_is_connected_meanwhile(rig: Rig) -> None:
    heard, said = await tell(rig, "phone Anna pair 045678")
    assert heard == [RadioSeen(-58, bluetooth_connected=True), PhonePairs("Anna's phone", "045678")]
    assert said == "The phone says: done."
    assert rig.heard() == [RadioSeen(-58, bluetooth_connected=False)]


@pytest.mark.spec("VER-14")
async def test_a_phone_shows_that_it_has_the_key_without_telling_it(rig: Rig) -> None:
    (_, given), _ = await tell(rig, f"phone Anna's phone unlock {KEY}")
    assert isinstance(given, PhoneActs)
    assert (given.phone, given.key_id, given.operation) == ("Anna's phone", KEY_ID, "unlock")
    _, key = bluetooth.read_key(KEY)
    assert given.proof == bluetooth.proof(key, given.challenge, "unlock", given.counter)
    assert key not in given.proof + given.challenge


@pytest.mark.spec("VER-14")
async def test_no_challenge_and_no_counter_comes_twice_not_even_after_a_restart_of_the_door(rig: Rig) -> None:
    shown = [(await tell(rig, f"phone Anna unlock {KEY}"))[0][1] for _ in range(3)]
    await rig.do("power off")
    await rig.do("power on")
    shown.append((await tell(rig, f"phone Anna lock {KEY}"))[0][-1])
    acts = [item for item in shown if isinstance(item, PhoneActs)]
    assert [act.counter for act in acts] == [1, 2, 3, 4]
    assert len({act.challenge for act in acts}) == 4


async def test_a_refusal_is_told_by_its_reason(rig: Rig) -> None:
    _, said = await tell(rig, f"phone Anna unlock {KEY}", "used_up")
    assert said == "The phone says: refused (used_up)."


async def test_a_lock_that_does_not_answer_is_given_up(rig: Rig) -> None:
    doing = asyncio.ensure_future(rig.door.do(["phone", "Anna", "pair", "045678"]))
    await asyncio.sleep(0)
    rig.clock.advance(ANSWER_MS)
    assert (await doing)["felt"] == "The phone says: the lock does not answer."


async def test_two_phones_at_once_are_one_too_many(rig: Rig) -> None:
    first = asyncio.ensure_future(rig.door.do(["phone", "Anna", "pair", "045678"]))
    await asyncio.sleep(0)
    assert (await rig.do("phone Bjørn pair 045678"))["felt"] == "The phone cannot connect: another one is connected."
    rig.door.radios.tell_phone(PhoneTold("Anna's phone"))
    assert (await first)["felt"] == "The phone says: done."


@pytest.mark.spec("PWR-3")
@pytest.mark.parametrize("how", ["the setting is off", "unplug bluetooth", "power off"])
async def test_without_bluetooth_no_phone_finds_the_lock(rig: Rig, how: str) -> None:
    if how.startswith(("unplug", "power")):
        await rig.do(how)
    else:
        rig.door.radios.switch(Radio(wifi=True, bluetooth=False))
    rig.heard()
    assert (await rig.do(f"phone Anna unlock {KEY}"))["felt"] == "The phone finds no lock here."
    assert rig.heard() == []
    assert rig.door.world.counters == {}


async def test_a_phone_is_cut_off_when_bluetooth_goes(rig: Rig) -> None:
    doing = asyncio.ensure_future(rig.door.do(["phone", "Anna", "pair", "045678"]))
    await asyncio.sleep(0)
    rig.door.radios.switch(Radio(wifi=True, bluetooth=False))
    assert (await doing)["felt"] == "The phone says: the lock does not answer."


@pytest.mark.spec("PWR-3")
async def test_signal_strength_is_told_while_wifi_is_on(rig: Rig) -> None:
    assert await rig.reports_of("signal -71") == [RadioSeen(-71)]
    rig.door.radios.switch(Radio(wifi=False, bluetooth=True))
    assert rig.heard() == [RadioSeen(None)]
    assert await rig.reports_of("signal -60") == [RadioSeen(None)]


@pytest.mark.parametrize(
    "line", ["phone", "phone Anna", "phone Anna pair", "phone Nobody pair 045678", "signal 5", "signal"]
)
async def test_what_no_phone_can_do_is_refused(rig: Rig, line: str) -> None:
    with pytest.raises(LockBridgeError) as refused:
        await rig.do(line)
    assert refused.value.code is ErrorCode.BAD_REQUEST


async def test_a_key_with_a_slip_of_the_pen_is_refused_without_being_repeated(rig: Rig) -> None:
    wrong = KEY.replace(KEY[0], "A" if KEY[0] != "A" else "B")
    with pytest.raises(LockBridgeError) as refused:
        await rig.do(f"phone Anna unlock {wrong}")
    assert wrong[:9] not in str(refused.value.to_json())
