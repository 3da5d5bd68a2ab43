"""What clients see of a lock, made of the engine's state."""

from collections.abc import Mapping
from dataclasses import fields
from typing import Any, Final

from .engine.inputs import Key
from .engine.model import Instant, Settings, User
from .engine.profile import Profile
from .engine.state import Cause, Enrolling, LockState
from .wire.codec import encode
from .wire.model import Capabilities, ChangedBy, CredentialCapability, Enrolment, LockSnapshot, UserInfo
from .wire.words import CredentialType, OperatingMode

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
                enrolment_steps=None if kind is CredentialType.PIN else limits.steps,
                **(digits if kind is CredentialType.PIN else {}),
            )
            for kind, limits in profile.credentials.items()
        },
        settings=tuple(sorted(profile.settings)),
        door_contact=profile.door_contact,
        doorbell=Key.DOORBELL in profile.keys,
    )


class SnapshotMaker:
    """Makes a lock's snapshots, and says what has changed since the last one."""

    def __init__(self, base: LockSnapshot, profile: Profile) -> None:
        self.current = base
        self._profile = profile
        self._settings: tuple[Settings | None, Mapping[str, Any]] = (None, {})
        self._lockout: tuple[int | None, int | None] = (None, None)

    def update(self, state: LockState, lock_now: Instant, bridge_now: Instant, scale: float) -> dict[str, Any]:
        """Take over a new state; the fields that are other than before, ready for JSON."""
        before, after = self.current, self._make(state, lock_now, bridge_now, scale)
        if after == before:
            return {}
        self.current = after
        return {name: encode(value) for name in _FIELDS if (value := getattr(after, name)) != getattr(before, name)}

    def _make(self, state: LockState, lock_now: Instant, bridge_now: Instant, scale: float) -> LockSnapshot:
        base = self.current
        return LockSnapshot(
            id=base.id,
            name=base.name,
            profile=base.profile,
            model=base.model,
            serial=base.serial,
            capabilities=base.capabilities,
            bolt=state.bolt,
            door=state.door,
            mode=OperatingMode.NORMAL,
            changed_by=_changed_by(state.changed_by),
            battery=state.battery,
            battery_low=None if state.battery_level is None else state.battery_level != "ok",
            emergency_power=state.emergency,
            tamper=True if state.untrusted else state.tamper,
            locked_out=state.locked_out,
            lockout_ends_ms=self._lockout_end(state, lock_now, bridge_now, scale),
            faults=tuple(sorted(state.faults)),
            settings=self._told_settings(state.settings),
            users=len(state.directory.users),
            enrolment=_enrolment(state.enrolment),
        )

    def _told_settings(self, settings: Settings) -> Mapping[str, Any]:
        if settings is not self._settings[0]:
            told = {name: getattr(settings, name) for name in sorted(self._profile.settings)}
            self._settings = (settings, told)
        return self._settings[1]

    def _lockout_end(self, state: LockState, lock_now: Instant, bridge_now: Instant, scale: float) -> int | None:
        # A simulated lock's clock may run faster than the bridge's: the end is reckoned over once, when it is set.
        ends = state.lockout.ends_mono_ms
        if ends != self._lockout[0]:
            told = None if ends is None else bridge_now.mono_ms + round((ends - lock_now.mono_ms) / scale)
            self._lockout = (ends, told)
        return self._lockout[1]


def user_info(state: LockState, user: User) -> UserInfo:
    """A user as clients see her."""
    numbers: dict[str, tuple[int, ...]] = {}
    for credential in state.directory.of_user(user.id):
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
    )


def _changed_by(cause: Cause | None) -> ChangedBy | None:
    if cause is None:
        return None
    return ChangedBy(
        source=cause.source,
        user_id=None if cause.user is None else cause.user.id,
        user_name=None if cause.user is None else cause.user.name,
        credential_type=None if cause.credential is None else cause.credential.type,
        client_name=None if cause.actor is None else cause.actor.name,
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
        number=None if running.active else running.number,
        reason=running.reason,
    )
