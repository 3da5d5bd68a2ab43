"""Repair issues for parts of a lock that fail, are exchanged, or have lost what people have enrolled: what to do."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import issue_registry as ir

from .const import DOMAIN
from .hub import Hub, LockBridgeConfigEntry
from .options.words import say
from .texts import part_name
from .wire.model import LockSnapshot
from .wire.words import Part, Trouble

REPLACED: Final = "part_replaced"
FAULT_KEYS: Final[Mapping[str, str]] = {
    Trouble.MISSING: "part_missing",
    Trouble.NO_PERMISSION: "part_no_permission",
    Trouble.IN_USE: "part_in_use",
    Trouble.UNPLUGGED: "part_unplugged",
    Trouble.NO_ANSWER: "part_no_answer",
    Trouble.GARBLED: "part_garbled",
    Trouble.WRONG_PASSWORD: "part_wrong_password",
    Trouble.UNSUPPORTED: "part_unsupported",
    Trouble.SETTINGS: "part_settings",
    Trouble.NO_LINE: "part_no_line",
    Trouble.LIBRARY_MISSING: "part_library_missing",
    Trouble.SERVICE_MISSING: "part_service_missing",
    Trouble.SWITCHED_OFF: "part_switched_off",
    Trouble.STUCK: "part_stuck",
    Trouble.UNDER_VOLTAGE: "part_under_voltage",
    Trouble.TEMPLATES_LOST: "part_templates_lost",
    Trouble.NOT_WRITTEN: "part_not_written",
    Trouble.INTERNAL: "part_internal",
}
"""The text of each trouble's issue; what else the engine has found has one in general."""
OTHER: Final = "part_fault"


@dataclass(frozen=True, slots=True)
class _Issue:
    key: str
    placeholders: Mapping[str, str]
    data: Mapping[str, str] = field(default_factory=dict)


class PartIssues:
    """Keeps one issue for each part that needs somebody, as long as it does."""

    def __init__(self, hass: HomeAssistant, entry: LockBridgeConfigEntry, hub: Hub) -> None:
        self._hass = hass
        self._entry = entry
        self._hub = hub
        self._raised: dict[str, _Issue] = {}

    @callback
    def async_start(self) -> None:
        """Follow the locks; with the entry the issues go."""
        self._entry.async_on_unload(self._hub.connection.on_state.add(self._state_changed))
        self._entry.async_on_unload(self._hub.connection.on_people.add(self._people_changed))
        self._entry.async_on_unload(self._hub.on_link.add(self._renew))
        self._entry.async_on_unload(self._clear)
        self._renew()

    @callback
    def _state_changed(self, _lock_id: str, changed: frozenset[str]) -> None:
        if changed & {"faults", "fault_reasons", "untrusted"}:
            self._renew()

    @callback
    def _people_changed(self, _lock_id: str, _changed: frozenset[str]) -> None:
        if any(issue.key == FAULT_KEYS[Trouble.TEMPLATES_LOST] for issue in self._raised.values()):
            self._renew()

    @callback
    def _renew(self) -> None:
        """Have just the issues that there is reason for. What is not known now stays as it was."""
        if not self._hub.available:
            return
        wanted = dict(self._wanted())
        for issue_id in self._raised.keys() - wanted.keys():
            ir.async_delete_issue(self._hass, DOMAIN, issue_id)
        for issue_id, issue in wanted.items():
            if self._raised.get(issue_id) != issue:
                self._raise(issue_id, issue)
        self._raised = wanted

    def _wanted(self) -> Iterator[tuple[str, _Issue]]:
        for lock in self._hub.data.locks.values():
            for part in lock.untrusted:
                yield self._id(REPLACED, lock, part), self._replaced(lock, part)
            for part in lock.faults:
                if part not in lock.untrusted:
                    key = FAULT_KEYS.get(lock.fault_reasons.get(part, ""), OTHER)
                    yield self._id("part", lock, part), _Issue(key, self._placeholders(lock, part, key))

    def _replaced(self, lock: LockSnapshot, part: Part) -> _Issue:
        data = {"entry_id": self._entry.entry_id, "lock_id": lock.id, "part": str(part)}
        return _Issue(REPLACED, self._placeholders(lock, part, REPLACED), data)

    def _placeholders(self, lock: LockSnapshot, part: Part, key: str) -> dict[str, str]:
        told = {"lock": lock.name, "part": part_name(self._hass, part)}
        if key == FAULT_KEYS[Trouble.TEMPLATES_LOST]:
            told["people"] = "\n".join(f"- {line}" for line in self._lost(lock))
        return told

    def _lost(self, lock: LockSnapshot) -> Iterator[str]:
        """Whom a reader no longer knows, and by what."""
        for user in sorted(self._hub.data.people.get(lock.id, {}).values(), key=lambda user: user.name):
            if lost := [item for item in user.details if item.lost]:
                names = ", ".join(say(self._hass, f"credential_{item.type}", number=item.number) for item in lost)
                yield f"{user.name}: {names}"

    def _raise(self, issue_id: str, issue: _Issue) -> None:
        ir.async_create_issue(
            self._hass,
            DOMAIN,
            issue_id,
            data=dict(issue.data) or None,
            is_fixable=bool(issue.data),
            severity=ir.IssueSeverity.ERROR if issue.data else ir.IssueSeverity.WARNING,
            translation_key=issue.key,
            translation_placeholders=dict(issue.placeholders),
        )

    def _id(self, kind: str, lock: LockSnapshot, part: Part) -> str:
        return f"{kind}_{self._entry.entry_id}_{lock.id}_{part}"

    @callback
    def _clear(self) -> None:
        for issue_id in self._raised:
            ir.async_delete_issue(self._hass, DOMAIN, issue_id)
        self._raised = {}
