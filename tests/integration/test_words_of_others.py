"""Names and labels are anybody's words: a calendar's guest, a device in the network. Forms read Markdown."""

from ipaddress import ip_address

import pytest
from homeassistant.config_entries import SOURCE_ZEROCONF
from homeassistant.helpers.service_info.zeroconf import ZeroconfServiceInfo

from custom_components.lock_bridge.const import DOMAIN
from custom_components.lock_bridge.texts import literal
from tests.integration.home import Home, placeholder
from tests.integration.house import House

PICTURE = "![x](http://example.com/x.png)"
ELEMENT = "<ha-alert>Call 555</ha-alert>"
JOINER = "\u2060"


ADDRESS = "Type the code at HTTPS://example.com or WWW.example.com"
REFERENCE = "[here]: //example.com [here][here]"


def is_words_alone(text: str) -> bool:
    """What neither HTML nor Markdown makes anything of."""
    elements = any(f"<{char}" in text for char in "/!?abcdefghijklmnopqrstuvwxyz")
    return not elements and not any(mark in text.lower() for mark in ("](", "][", "]:", "://", "www."))


@pytest.mark.parametrize("word", [PICTURE, ELEMENT, ADDRESS, REFERENCE])
async def test_a_persons_name_and_a_visitors_are_words_alone(paired: Home, house: House, word: str) -> None:
    anna = await house.add_person(word, "270413", role="administrator")
    await house.command("credentials.create_temporary", lock="front_door", user_id=anna, label=word, uses=2)
    await paired.until_people(house)

    menu = await paired.open_person(anna)
    assert is_words_alone(placeholder(menu, "name"))
    assert placeholder(menu, "name").replace(JOINER, "") == word, "and looks like itself"
    credentials = await paired.choose(menu, "credentials")
    everything = await paired.fill(credentials, credential="all")
    assert word in placeholder(everything, "credentials").replace(JOINER, "")
    assert is_words_alone(placeholder(everything, "credentials"))


@pytest.mark.parametrize("word", [PICTURE, ELEMENT])
async def test_a_person_is_enrolled_by_her_name_as_words_alone(paired: Home, house: House, word: str) -> None:
    anna = await house.add_person(word, "270413")
    await paired.until_people(house)
    shown = await paired.fill(await paired.choose(await paired.open_person(anna), "enrol"), kind="fingerprint")
    assert is_words_alone(placeholder(shown, "name"))
    paired.hass.config_entries.options.async_abort(shown["flow_id"])


@pytest.mark.parametrize("word", [PICTURE, ELEMENT, ADDRESS, REFERENCE])
async def test_what_announces_itself_in_the_network_is_words_alone(home: Home, word: str) -> None:
    found = ZeroconfServiceInfo(
        ip_address=ip_address("192.0.2.7"),
        ip_addresses=[ip_address("192.0.2.7")],
        port=8643,
        hostname="stranger.local.",
        type="_lockbridge._tcp.local.",
        name="Stranger._lockbridge._tcp.local.",
        properties={"id": "stranger", "name": word, "api": "1"},
    )
    form = await home.hass.config_entries.flow.async_init(DOMAIN, context={"source": SOURCE_ZEROCONF}, data=found)
    assert form["step_id"] == "pair"
    assert is_words_alone(placeholder(form, "name"))
    assert placeholder(form, "name").replace(JOINER, "") == word


def test_other_words_are_left_as_they_are() -> None:
    for name in ("Anna", "Anna-Bo O'Neil", "A & B [upstairs]", "2 > 1", "10:30 / 11", "日本"):
        assert literal(name) == name


@pytest.mark.parametrize("word", [PICTURE, ELEMENT, ADDRESS, REFERENCE])
def test_words_that_are_words_alone_stay_so(word: str) -> None:
    once = literal(word)
    assert is_words_alone(once)
    assert literal(once) == once
