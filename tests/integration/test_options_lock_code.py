"""The lock entity's code, under Configure."""

import pytest
from homeassistant.data_entry_flow import FlowResultType
from homeassistant.exceptions import ServiceValidationError

from custom_components.lock_bridge.lock_code import CONF_CODE, matches
from tests.integration.home import LOCK, Home
from tests.integration.house import House


async def test_a_code_is_set_and_kept_as_a_hash_alone(paired: Home, house: House) -> None:
    form = await paired.configure("lock_code")
    assert "remove_code" not in fields(form), "there is none to remove"
    result = await paired.fill(form, code="4812")
    await paired.hass.async_block_till_done()

    assert result["type"] is FlowResultType.CREATE_ENTRY
    stored = paired.entry.options[CONF_CODE]
    assert matches("4812", stored)
    assert "4812" not in stored
    await paired.until_state(LOCK, "locked")
    with pytest.raises(ServiceValidationError):
        await paired.call("unlock")


async def test_a_code_is_changed_and_removed(paired: Home) -> None:
    await paired.fill(await paired.configure("lock_code"), code="4812")
    await paired.hass.async_block_till_done()
    await paired.fill(await paired.configure("lock_code"), code="935172", remove_code=False)
    await paired.hass.async_block_till_done()
    assert matches("935172", paired.entry.options[CONF_CODE])

    await paired.fill(await paired.configure("lock_code"), remove_code=True)
    await paired.hass.async_block_till_done()
    assert paired.entry.options == {}
    await paired.until_state(LOCK, "locked")
    await paired.call("unlock")


@pytest.mark.parametrize("code", ["", "123", "123456789", "12a4"])
async def test_what_is_no_code_is_refused(paired: Home, code: str) -> None:
    form = await paired.fill(await paired.configure("lock_code"), code=code)
    assert form["errors"] == {"code": "code_digits"}
    assert CONF_CODE not in paired.entry.options


def fields(form: object) -> set[str]:
    """The fields of a form."""
    return {str(key) for key in form["data_schema"].schema}  # type: ignore[index]
