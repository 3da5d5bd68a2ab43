"""The words for the simulated door: what they do, and how they refuse."""

import asyncio
import re
import traceback
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lock_bridge import profiles
from lock_bridge.hardware.ports import Key, KeyDown, KeyUp
from lock_bridge.wire.errors import ErrorCode, LockBridgeError
from tests.hardware.simulated_rig import Rig


@pytest.fixture
async def rig() -> Rig:
    rig = Rig()
    await rig.start()
    return rig


def pressed(*keys: Key) -> list[KeyDown | KeyUp]:
    return [event for key in keys for event in (KeyDown(key), KeyUp(key))]


async def test_keys_are_pressed_one_after_another(rig: Rig) -> None:
    assert await rig.reports_of("press 1 2 ok") == pressed(Key.D1, Key.D2, Key.CONFIRM)


async def test_digits_may_stand_together(rig: Rig) -> None:
    assert await rig.reports_of("press 907 back") == pressed(Key.D9, Key.D0, Key.D7, Key.BACK)


async def test_keys_have_the_names_that_stand_on_them(rig: Rig) -> None:
    assert await rig.reports_of("press √ ↩") == pressed(Key.CONFIRM, Key.BACK)
    l2s = Rig("l2s")
    await l2s.start()
    assert await l2s.reports_of("press '#' '*'") == pressed(Key.CONFIRM, Key.BACK)


async def test_a_held_key_comes_up_when_its_time_is_over(rig: Rig) -> None:
    rig.heard()
    holding = asyncio.ensure_future(rig.door.do(["hold", "0", "3s"]))
    await asyncio.sleep(0)
    assert rig.heard() == [KeyDown(Key.D0)]
    rig.clock.advance(2_999)
    assert rig.heard() == []
    rig.clock.advance(1)
    await holding
    assert rig.heard() == [KeyUp(Key.D0)]


async def test_a_hold_that_is_broken_off_lets_go_of_the_key(rig: Rig) -> None:
    rig.heard()
    holding = asyncio.ensure_future(rig.door.do(["hold", "0", "3s"]))
    await asyncio.sleep(0)
    holding.cancel()
    with pytest.raises(asyncio.CancelledError):
        await holding
    assert rig.heard() == [KeyDown(Key.D0), KeyUp(Key.D0)]


async def test_a_key_that_is_down_cannot_be_pressed_again(rig: Rig) -> None:
    assert await rig.reports_of("down 5") == [KeyDown(Key.D5)]
    assert await rig.reports_of("down 5") == []
    assert await rig.reports_of("up 5") == [KeyUp(Key.D5)]
    assert await rig.reports_of("up 5") == []


@pytest.mark.parametrize(
    ("words", "key", "profile"),
    [
        ("ring", Key.DOORBELL, "palm6068"),
        ("lockbutton", Key.LOCK, "palm6068"),
        ("set", Key.SET, "palm6068"),
        ("set hold 3s", Key.SET, "palm6068"),
        ("reset hold 3s", Key.RESET, "l2s"),
        ("ring", Key.DOORBELL, "l2s"),
    ],
)
async def test_buttons_have_words_of_their_own(words: str, key: Key, profile: str) -> None:
    rig = Rig(profile)
    await rig.start()
    before = rig.clock.now().mono_ms
    assert await rig.reports_of(words) == pressed(key)
    assert rig.clock.now().mono_ms - before == (3_000 if "hold" in words else 0)


async def test_waiting_takes_the_clocks_time(rig: Rig) -> None:
    before = rig.clock.now().mono_ms
    await rig.do("wait 1.5s")
    assert rig.clock.now().mono_ms - before == 1_500


@pytest.mark.parametrize(
    "line",
    [
        "",
        "dance",
        "press",
        "press 1 x",
        "hold 0",
        "hold 0 3",
        "hold 0 61s",
        "hold 0 0s",
        "hold x 3s",
        "down",
        "down 1 2",
        "ring twice",
        "set hold",
        "lockbutton hold 3s",
        "touch",
        "touch x6",
        "touch Nobody",
        'touch "Anna right thumb" x0',
        'touch "Anna right thumb" x21',
        "reset",
        "card 04A1B2C3",
        "open wide",
        "handle lift",
        "handle sideways",
        "key",
        "key sideways",
        "tamper",
        "battery 101",
        "battery -1",
        "battery full",
        "battery ٣",
        "supply maybe",
        "power",
        "hinge top",
        "unplug",
        "unplug storage",
        "unplug card",
        "plug sink",
        "wait",
        "wait 11m",
        "state now",
        "press " + "1 " * 64,
    ],
)
async def test_what_cannot_be_done_is_refused_with_what_is_allowed(rig: Rig, line: str) -> None:
    with pytest.raises(LockBridgeError) as refused:
        await rig.do(line)
    assert refused.value.code is ErrorCode.BAD_REQUEST
    assert refused.value.detail["allowed"]
    assert rig.heard() == []


async def test_nothing_is_pressed_when_one_key_is_wrong(rig: Rig) -> None:
    rig.heard()
    with pytest.raises(LockBridgeError):
        await rig.do("press 1 2 3 enter")
    assert rig.heard() == []


@pytest.mark.parametrize(
    "line", ["press 483920 oops", "483920", "touch 483920", "card 48392", "unplug 483920", "hold 483920 1s"]
)
async def test_a_refusal_does_not_repeat_what_was_given(line: str) -> None:
    rig = Rig("l2s")
    await rig.start()
    with pytest.raises(LockBridgeError) as refused:
        await rig.do(line)
    told = "".join(traceback.format_exception(refused.value, capture_locals=False)) + repr(refused.value.to_json())
    assert "4839" not in told


async def test_unknown_fingers_are_answered_with_those_that_there_are(rig: Rig) -> None:
    with pytest.raises(
        LockBridgeError, match="Anna right thumb, Anna left thumb, Bjørn right index, Stranger right thumb"
    ):
        await rig.do("touch somebody")


async def test_the_stranger_is_always_there_once() -> None:
    rig = Rig("l2s")
    assert [who.name for who in rig.door.people] == ["Anna", "Bjørn", "Stranger"]


async def test_verbs_are_those_of_the_model() -> None:
    verbs = {profile: {usage.split()[0] for usage in Rig(profile).door.verbs} for profile in profiles.names()}
    assert verbs["l2s"] - verbs["palm6068"] == {"card", "reset", "peephole"}
    of_both = {"set", "lockbutton", "leave", "home", "hinge", "near", "away", "face", "phone", "signal"}
    assert verbs["palm6068"] - verbs["l2s"] == {*of_both, "palm"}
    assert verbs["dl50fvs"] - verbs["l2s"] == {*of_both, "emergency"}


def test_every_word_is_in_the_documentation() -> None:
    document = (Path(__file__).parents[2] / "docs" / "simulator.md").read_text(encoding="utf-8")
    table = [row.split(" | ")[0] for row in document.splitlines() if row.startswith("| `")]
    told = {words.split()[0] for row in table for words in re.findall(r"`([^`]+)`", row)}
    verbs = {usage.split()[0] for profile in profiles.names() for usage in Rig(profile).door.verbs}
    assert verbs <= told


async def test_a_look_tells_nothing_but_what_can_be_seen_and_heard(rig: Rig) -> None:
    await rig.do("press 4 8 3 9 2 0 ok")
    look = await rig.do('touch "Anna right thumb"')
    assert look.keys() == {*("lights", "shown", "heard", "seq", "alarm", "bolt", "door", "handle", "screen", "inside")}
    assert "Anna" not in repr(look)
    assert "483920" not in repr(look)


async def test_an_answer_waits_until_the_lock_has_dealt_with_it_but_not_for_ever(
    rig: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("lock_bridge.hardware.simulated.door.SETTLE_S", 0.01)
    rig.door.settled = asyncio.Event().wait  # type: ignore[assignment]
    assert (await rig.door.do(["press", "1"]))["door"] == "closed"


@given(
    words=st.lists(
        st.one_of(st.text(max_size=6), st.sampled_from(["press", "hold", "touch", "card", "x6", "3s", "on"]))
    )
)
async def test_any_words_are_understood_or_refused(words: list[str]) -> None:
    rig = Rig("l2s")
    await rig.start()
    doing = asyncio.ensure_future(rig.door.do(words))
    for _ in range(200):
        await asyncio.sleep(0)
        if doing.done():
            break
        rig.clock.advance(rig.clock.next_due_ms() or 0)
    refusal = doing.exception()
    assert refusal is None or (isinstance(refusal, LockBridgeError) and refusal.code is ErrorCode.BAD_REQUEST)
