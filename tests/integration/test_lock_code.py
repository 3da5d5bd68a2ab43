"""The code that the owner may ask for before Home Assistant moves a bolt."""

import asyncio
import logging
from typing import Any

import pytest
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import ServiceValidationError
from homeassistant.helpers import entity_registry as er

from custom_components.lock_bridge import lock_code
from custom_components.lock_bridge.lock_code import TRIES, WAIT_S, WINDOW_S, CodeGuard, hash_code, matches
from tests.integration.home import LOCK, Home
from tests.integration.house import House

CODE = "80417"
HOLD_OPEN, MODE = "switch.front_door_hold_open", "select.front_door_operating_mode"


@pytest.fixture
async def guarded(paired: Home) -> Home:
    """Home Assistant, where the owner has set a code."""
    hass = paired.hass
    stored = await hass.async_add_executor_job(hash_code, CODE)
    hass.config_entries.async_update_entry(paired.entry, options={"code": stored})
    await hass.config_entries.async_reload(paired.entry.entry_id)
    await hass.async_block_till_done()
    return paired


def test_a_code_is_kept_as_a_hash_that_is_another_one_each_time() -> None:
    one, other = hash_code(CODE), hash_code(CODE)
    assert one != other
    assert CODE not in one
    assert matches(CODE, one)
    assert matches(CODE, other)
    assert not matches("80418", one)
    assert not matches("", one)


@pytest.mark.parametrize("stored", ["", "80417", "scrypt$$", "scrypt$?$?", "md5$AAAA$AAAA", "scrypt$AAAA$AAAA$AAAA"])
def test_what_cannot_be_read_matches_nothing(stored: str) -> None:
    assert not matches(CODE, stored)


def test_a_hash_of_another_kind_matches_nothing() -> None:
    assert not matches(CODE, hash_code(CODE).replace("scrypt", "plain"))


@pytest.mark.parametrize("code", ["123", "123456789", "12a4", "12 4", "", "١٢٣٤"])
def test_a_code_has_four_to_eight_digits(code: str) -> None:
    with pytest.raises(ValueError, match="four to eight"):
        hash_code(code)


async def test_without_the_option_no_code_is_asked_for_and_one_that_is_given_says_nothing(paired: Home) -> None:
    assert "code_format" not in paired.state(LOCK).attributes
    await paired.act("unlock", LOCK, code="0000")
    await paired.until_state(LOCK, "unlocked")


async def test_the_right_code_opens_and_locks(guarded: Home, house: House) -> None:
    assert guarded.state(LOCK).attributes["code_format"] == "^[0-9]{4,8}$"
    await guarded.act("unlock", LOCK, code=CODE)
    await guarded.until_state(LOCK, "unlocked")
    await guarded.act("lock", LOCK, code=CODE)
    await guarded.until_state(LOCK, "locked")


async def test_a_wrong_code_says_so_and_nothing_moves(
    guarded: Home, house: House, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG, "custom_components.lock_bridge"):
        with pytest.raises(ServiceValidationError, match="The code for Front door is not right") as refused:
            await guarded.act("unlock", LOCK, code="80418")
        await guarded.act("unlock", LOCK, code=CODE)
    assert refused.value.translation_key == "wrong_code"
    assert "80418" not in str(refused.value)
    ours = [record.getMessage() for record in caplog.records if "lock_bridge" in record.name]
    assert not [message for message in ours if CODE in message or "80418" in message]


@pytest.mark.parametrize("data", [{}, {"code": "12"}, {"code": "12345678901"}])
async def test_without_a_code_nothing_moves(guarded: Home, house: House, data: dict[str, Any]) -> None:
    with pytest.raises(ServiceValidationError):
        await guarded.act("unlock", LOCK, **data)
    assert house.door.look()["bolt"] == "thrown"


async def test_a_code_kept_for_the_entity_is_used_where_none_is_given(guarded: Home) -> None:
    er.async_get(guarded.hass).async_update_entity_options(LOCK, "lock", {"default_code": CODE})
    await guarded.call("unlock")
    await guarded.until_state(LOCK, "unlocked")


async def test_after_five_wrong_ones_it_waits_a_minute(hass: HomeAssistant) -> None:
    now = [0.0]
    guard = CodeGuard(hass, hash_code(CODE), lambda: now[0])
    for _ in range(TRIES):
        await refused(guard, "0000", "wrong_code")
        now[0] += 10
    # The last one was 10 s ago.
    now[0] += WAIT_S - 10.1
    await refused(guard, CODE, "too_many_codes")
    now[0] += 0.2
    # One more wrong one, and it waits again: five of them are still within five minutes.
    await refused(guard, "0000", "wrong_code")
    await refused(guard, CODE, "too_many_codes")
    now[0] += WAIT_S
    await guard.async_check(CODE, lock="Front door")
    for _ in range(TRIES - 1):
        await refused(guard, "0000", "wrong_code")
    await guard.async_check(CODE, lock="Front door")


async def test_wrong_ones_of_long_ago_do_not_count(hass: HomeAssistant) -> None:
    now = [0.0]
    guard = CodeGuard(hass, hash_code(CODE), lambda: now[0])
    for _ in range(TRIES - 1):
        await refused(guard, "0000", "wrong_code")
    now[0] += WINDOW_S
    await refused(guard, "0000", "wrong_code")
    await guard.async_check(CODE, lock="Front door")


async def test_many_at_once_are_no_more_than_five_tries(hass: HomeAssistant, monkeypatch: pytest.MonkeyPatch) -> None:
    looked: list[str] = []

    def look(code: str, _stored: str) -> bool:
        looked.append(code)
        return False

    monkeypatch.setattr(lock_code, "matches", look)
    guard = CodeGuard(hass, "")
    tries = [guard.async_check(f"{number:04}", lock="Front door") for number in range(50)]
    answers = await asyncio.gather(*tries, return_exceptions=True)
    keys = [answer.translation_key for answer in answers if isinstance(answer, ServiceValidationError)]
    assert (keys.count("wrong_code"), keys.count("too_many_codes")) == (TRIES, 45)
    assert len(looked) == TRIES


async def refused(guard: CodeGuard, code: str, key: str) -> None:
    """The code is not taken, for this reason."""
    with pytest.raises(ServiceValidationError) as error:
        await guard.async_check(code, lock="Front door")
    assert error.value.translation_key == key


@pytest.mark.parametrize(
    ("service", "entity_id", "more"),
    [("turn_on", HOLD_OPEN, {}), ("toggle", HOLD_OPEN, {}), ("select_option", MODE, {"option": "passage"})],
)
async def test_where_a_code_is_asked_for_the_door_is_not_held_open_without_it(
    guarded: Home, house: House, service: str, entity_id: str, more: dict[str, str]
) -> None:
    with pytest.raises(ServiceValidationError) as refused:
        await guarded.act(service, entity_id, **more)
    assert refused.value.translation_key == "passage_without_code"
    assert (guarded.state(LOCK).state, guarded.state(MODE).state) == ("locked", "normal")

    # Somebody else may have begun it; who ends it opens nothing.
    await house.command("mode.set", lock="front_door", mode="passage")
    await guarded.until_state(MODE, "passage")
    await guarded.act("turn_off", HOLD_OPEN)
    await guarded.until_state(MODE, "normal")
