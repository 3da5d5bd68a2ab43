"""Whether the bridge is older than this integration, and how to bring it up to date. It is not done from here."""

from typing import Final, override

from awesomeversion import AwesomeVersion, AwesomeVersionException
from homeassistant.components.update import UpdateDeviceClass, UpdateEntity, UpdateEntityFeature
from homeassistant.core import HomeAssistant
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback
from homeassistant.helpers.translation import async_get_translations
from homeassistant.loader import async_get_loaded_integration

from .const import DOMAIN
from .entity import BridgeEntity
from .hub import Hub, LockBridgeConfigEntry

PARALLEL_UPDATES = 0

UPGRADE: Final = """\
git pull
sudo bridge/install"""
"""As docs/install-bridge.md has it: in the clone of the repository on the bridge's machine."""

_COMMON: Final = "common"


async def async_setup_entry(
    hass: HomeAssistant, entry: LockBridgeConfigEntry, async_add_entities: AddConfigEntryEntitiesCallback
) -> None:
    """Add the one of the bridge."""
    version = async_get_loaded_integration(hass, DOMAIN).version
    async_add_entities([BridgeUpdate(entry.runtime_data, str(version) if version else None)])


class BridgeUpdate(BridgeEntity, UpdateEntity):
    """The bridge's software. Both sides are released together, so the newest that is known is this integration's."""

    _attr_device_class = UpdateDeviceClass.FIRMWARE
    _attr_supported_features = UpdateEntityFeature.RELEASE_NOTES
    _attr_title = "Lock Bridge"
    _attr_translation_key = "bridge"

    def __init__(self, hub: Hub, ours: str | None) -> None:
        super().__init__(hub, "update")
        self._ours = ours

    @property
    @override
    def installed_version(self) -> str:
        return self._hub.data.info.version

    @property
    @override
    def latest_version(self) -> str:
        ours, installed = self._ours, self.installed_version
        return ours if ours is not None and _is_newer(ours, installed) else installed

    @override
    async def async_release_notes(self) -> str:
        """What to run where, in the language of the house."""
        language = self.hass.config.language
        texts = await async_get_translations(self.hass, language, _COMMON, {DOMAIN})
        notes = texts[f"component.{DOMAIN}.{_COMMON}.update_notes"]
        return f"{notes}\n\n```sh\n{UPGRADE}\n```"


def _is_newer(one: str, other: str) -> bool:
    try:
        return AwesomeVersion(one) > AwesomeVersion(other)
    except AwesomeVersionException:
        return False  # a version of nobody's numbering is nobody's successor
