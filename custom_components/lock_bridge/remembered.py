"""What sensors of a last entry have in common: it is kept through restarts, and only a newer one takes its place."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final, override

from homeassistant.components.sensor import SensorDeviceClass, SensorEntity
from homeassistant.helpers.restore_state import RestoredExtraData, RestoreEntity
from homeassistant.util import dt as dt_util

from .attributes import known
from .last_entries import Entry, happened_at

_HAPPENED: Final = "happened_at"
_EPOCH: Final = "epoch"
_SEQ: Final = "seq"
_HIDDEN: Final = frozenset({_HAPPENED, _EPOCH, _SEQ})
"""What is kept and is no attribute."""


class RememberedEntry(SensorEntity, RestoreEntity):
    """When the last entry was, with its facts. What the bridge's journal no longer tells is kept."""

    _attr_device_class = SensorDeviceClass.TIMESTAMP
    _known: Mapping[str, Any] = {}

    @override
    async def async_added_to_hass(self) -> None:
        await super().async_added_to_hass()
        if (restored := await self.async_get_last_extra_data()) is not None:
            self._known = restored.as_dict()

    @property
    @override
    def native_value(self) -> datetime | None:
        return dt_util.parse_datetime(self._known.get(_HAPPENED) or "")

    @property
    @override
    def extra_state_attributes(self) -> dict[str, Any]:
        return {name: fact for name, fact in self._known.items() if name not in _HIDDEN}

    @property
    @override
    def extra_restore_state_data(self) -> RestoredExtraData:
        return RestoredExtraData(dict(self._known))

    def _remember(self, entry: Entry, facts: Mapping[str, Any]) -> bool:
        """Take an entry over unless it is older than the one that is known. Whether something is shown that was not."""
        happened, before = happened_at(entry.event), self._known
        same = (before.get(_EPOCH), before.get(_SEQ)) == (entry.epoch, entry.event.seq)
        if not same and self._is_older(entry):
            return False
        # The journal does not know the time of what came while the bridge's clock was unset; Home Assistant did then.
        at = happened.isoformat() if happened else before.get(_HAPPENED) if same else None
        self._known = {**known({_HAPPENED: at, _EPOCH: entry.epoch, _SEQ: entry.event.seq}), **facts}
        return self._known != before

    def _is_older(self, entry: Entry) -> bool:
        """Whether what is known from before a restart is newer: journals are read lock by lock, and not to the end."""
        newer = entry.is_newer(self._known.get(_EPOCH, ""), self._known.get(_SEQ))
        if newer is not None:
            return not newer
        before, happened = self.native_value, happened_at(entry.event)
        return before is not None and happened is not None and happened < before
