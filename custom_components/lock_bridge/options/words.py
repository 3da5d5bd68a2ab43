"""Words for the forms under Configure, in the language of the house: what Home Assistant's own placeholders cannot say."""

from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.translation import async_get_cached_translations

from ..const import DOMAIN

_START = f"component.{DOMAIN}.common.people_"


@callback
def say(hass: HomeAssistant, key: str, **values: object) -> str:
    """The text `common.people_<key>`, with what it names."""
    for language in (hass.config.language, "en"):  # English while another language is still being loaded
        texts = async_get_cached_translations(hass, language, "common", DOMAIN)
        if (text := texts.get(_START + key)) is not None:
            return text.format(**values)
    return ""


@callback
def say_count(hass: HomeAssistant, key: str, count: int) -> str:
    """`1 finger`, `2 fingers`: the texts `people_<key>_one` and `people_<key>_many`."""
    return say(hass, f"{key}_one" if count == 1 else f"{key}_many", count=count)
