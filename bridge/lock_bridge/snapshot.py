"""What clients see of a lock, made of the engine's state."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import fields
from typing import Any, Final

from .engine import roster, schedule
from .engine.inputs import Key
from .engine.model import Credential, Instant, Settings, User
from .engine.profile import Profile
from .engine.screen import camera_available
from .engine.state import Cause, Enrolling, LockState
from .engine.turn import visitor_of
from .wire.codec import encode
from .wire.model import (
    Capabilities,
    ChangedBy,
    CredentialCapability,
    CredentialInfo,
    Enrolment,
    LockSnapshot,
    ScheduleWindow,
    UserInfo,
)
from .wire.words import CredentialType, OperatingMode, Refusal

_FIELDS: Final = tuple(field.name for field in fields(LockSnapshot))


def capabilities(profile: Profile) -> Capabilities:
    """What a model has."""
    digits = {"min_length": profile.passcode_min, "max_length": profile.passcode_max}
    return Capabilities(
        users=profile.users,
        credentials={
            kind.value: CredentialCapability(
                slots=limits.slots,
                per_user=limits.per_user,
                enrolment_steps=limits.steps if kind in roster.PARTS else None,
                **(digits if kind is CredentialType.PIN else {}),
            )
            for kind, limits in profile.credentials.items()
        },
        settings=tuple(sorted(profile.settings)),
        door_contact=profile.door_contact,
        doorbell=Key.DOORBELL in profile.keys,
        modes=_modes(profile),
        camera=profile.camera,
        bluetooth="bluetooth" in profile.settings,
        wifi="wifi" in profile.settings,
        peephole_button=profile.peephole_button,
    )


type Times = Callable[[], tuple[Instant, Instant]]
"""The lock's own time and the bridge's; asked only where a time has to be told."""


class SnapshotMaker:
    """Makes a lock's snapshots, and says what has changed since the last one."""

    def __init__(self, base: LockSnapshot, profile: Profile) -> None:
        self.current = base
        self._profile = profile
        self._state: LockState | None = None
        self._settings: tuple[Settings | None, Mapping[str, Any]] = (None, {})
        self._lockout_end = _End()
        self._passage_end = _End()

    def update(self, state: LockState, times: Times, scale: float) -> dict[str, Any]:
        """Take over a new state; the fields that are other than before, ready for JSON."""
        if state is self._state:
            return {}
        self._state = state
        before, after = self.current, self._make(state, times, scale)
        if after == before:
            return {}
        self.current = after
        return {name: encode(value) for name in _FIELDS if (value := getattr(after, name)) != getattr(before, name)}

    def _make(self, state: LockState, times: Times, scale: float) -> LockSnapshot:
        base, profile = self.current, self._profile
        low = None if state.battery_level is None else state.battery_level != "ok"
        return LockSnapshot(
            id=base.id,
            name=base.name,
            profile=base.profile,
            model=base.model,
            serial=base.serial,
            capabilities=base.capabilities,
            bolt=state.bolt,
            door=state.door,
            mode=state.mode,
            changed_by=_changed_by(state.changed_by),
            battery=state.battery,
            battery_low=low,
            emergency_power=state.emergency,
            tamper=True if state.untrusted else state.tamper,
            locked_out=state.locked_out,
            lockout_ends_ms=self._lockout_end.told(state.lockout.ends_mono_ms, times, scale),
            faults=tuple(sorted(state.faults)),
            fault_reasons={part.value: why for part, why in sorted(state.fault_reasons.items())},
            untrusted=tuple(sorted(state.untrusted)),
            settings=self._told_settings(state.settings),
            users=len(state.directory.users),
            enrolment=_enrolment(state.enrolment),
            passage_ends_ms=self._passage_end.told(
                state.modes.passage_ends_mono_ms if state.modes.passage else None, times, scale
            ),
            door_ajar=state.ajar,
            inside_handle_blocked=_blocked(state) if profile.peephole_button else None,
            camera_available=camera_available(state, profile),
            signal_dbm=state.signal_dbm,
            bluetooth_connected=state.bluetooth_connected if "bluetooth" in profile.settings else None,
            phones=len(state.modes.phones),
            menu_open=state.menu is not None and not state.menu.asks_anybody,
            muted_once=state.modes.mute_once if profile.one_time_mute else None,
        )

    def _told_settings(self, settings: Settings) -> Mapping[str, Any]:
        if settings is not self._settings[0]:
            told = {name: getattr(settings, name) for name in sorted(self._profile.settings)}
            self._settings = (settings, told)
        return self._settings[1]


class _End:
    """An end by the lock's clock, told by the bridge's. A simulated lock's may run faster: it is reckoned over once."""

    __slots__ = ("_ends", "_told")

    def __init__(self) -> None:
        self._ends: int | None = None
        self._told: int | None = None

    def told(self, ends: int | None, times: Times, scale: float) -> int | None:
        """The same end each time, until it is another."""
        if ends != self._ends:
            self._ends, self._told = ends, None
            if ends is not None:
                lock_now, bridge_now = times()
                self._told = bridge_now.mono_ms + round((ends - lock_now.mono_ms) / scale)
        return self._told


def user_info(
    user: User,
    hers: tuple[Credential, ...],
    locks: tuple[str, ...],
    refused: Refusal | None,
    lost: Collection[tuple[CredentialType, int | None]] = (),
) -> UserInfo:
    """A user as clients see her: what is `hers` on a lock, all her locks (USR-10), and whether she may enter.

    `lost` are the slots of templates that readers no longer hold.
    """
    numbers: dict[str, tuple[int, ...]] = {}
    for credential in hers:
        numbers[credential.type.value] = (*numbers.get(credential.type.value, ()), credential.number)
    return UserInfo(
        id=user.id,
        name=user.name,
        role=user.role,
        number=user.number,
        enabled=user.enabled,
        valid_from_ms=user.valid_from_ms,
        valid_until_ms=user.valid_until_ms,
        credentials=numbers,
        details=tuple(_credential(item, lost=(item.type, item.slot) in lost) for item in hers),
        schedule=tuple(
            ScheduleWindow(days=tuple(window["days"]), start=window["start"], end=window["end"])
            for window in schedule.plain(user.schedule)
        ),
        uses_left=user.uses_left,
        locks=locks,
        may_enter=refused is None,
        refused=refused,
    )


def _credential(item: Credential, *, lost: bool) -> CredentialInfo:
    return CredentialInfo(
        type=item.type,
        number=item.number,
        label=item.label,
        duress=item.duress,
        temporary=item.temporary,
        valid_from_ms=item.valid_from_ms,
        valid_until_ms=item.valid_until_ms,
        uses_left=item.uses_left,
        lost=lost,
    )


def _modes(profile: Profile) -> tuple[OperatingMode, ...]:
    """Those that a model can be in: passage every one (BLT-7), the others by what stands on the door."""
    there = {
        OperatingMode.NORMAL: True,
        OperatingMode.PASSAGE: True,
        OperatingMode.PRIVACY: profile.privacy is not None,
        OperatingMode.LEAVING_HOME: Key.LEAVE in profile.keys,
    }
    return tuple(mode for mode, has in there.items() if has)


def _blocked(state: LockState) -> bool | None:
    return None if state.inside_handle_on is None else not state.inside_handle_on


def _changed_by(cause: Cause | None) -> ChangedBy | None:
    if cause is None:
        return None
    return ChangedBy(
        source=cause.source,
        user_id=None if cause.user is None else cause.user.id,
        user_name=None if cause.user is None else cause.user.name,
        credential_type=None if cause.credential is None else cause.credential.type,
        client_name=None if cause.actor is None else cause.actor.name,
        label=visitor_of(cause) or None,
    )


def _enrolment(running: Enrolling | None) -> Enrolment | None:
    if running is None:
        return None
    return Enrolment(
        id=running.id,
        user_id=running.user_id,
        type=running.type,
        status=running.status,
        done=running.done,
        steps=running.steps,
        wanted=running.wanted,
        number=None if running.active else running.number,
        reason=running.reason,
        at_keypad=running.at_keypad,
    )
