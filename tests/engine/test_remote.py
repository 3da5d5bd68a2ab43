"""Remote opening and locking, and when they are refused."""

import pytest

from lock_bridge.engine.inputs import ChangeSettings, Handle, RemoteLock, RemoteUnlock
from lock_bridge.wire.errors import ErrorCode
from lock_bridge.wire.words import BoltState, EventType, OperationSource
from tests.engine.conftest import ANNA
from tests.engine.lock import Lock


@pytest.mark.spec("VER-16", "S27")
def test_remote_opening_is_off_until_it_is_allowed(lock: Lock) -> None:
    assert lock.refused(RemoteUnlock) is ErrorCode.REMOTE_UNLOCK_OFF
    assert lock.drives == []
    failed = lock.fact(EventType.OPERATION_FAILED)
    assert (failed.reason, failed.source) == ("remote_unlock_off", OperationSource.REMOTE)
    assert (failed.client_id, failed.client_name) == ("c1", "Home Assistant")
    assert dict(failed.data) == {"operation": "unlock"}

    lock.set(remote_unlock=True)
    lock.listen()
    lock.ok(RemoteUnlock)
    assert lock.is_open
    unlocked = lock.fact(EventType.UNLOCKED)
    assert (unlocked.source, unlocked.client_name, unlocked.user_id) == (OperationSource.REMOTE, "Home Assistant", None)


@pytest.mark.spec("VER-16", "S27")
def test_palm6068_opens_remotely_only_while_its_bluetooth_is_off(palm: Lock) -> None:
    palm.set(bluetooth=True)
    assert palm.refused(RemoteUnlock) is ErrorCode.REMOTE_UNLOCK_OFF
    palm.set(remote_unlock=True)
    palm.listen()
    assert palm.refused(RemoteUnlock) is ErrorCode.BLUETOOTH_ON
    assert palm.fact(EventType.OPERATION_FAILED).reason == "bluetooth_on"
    palm.set(bluetooth=False)
    palm.ok(RemoteUnlock)
    assert palm.is_open


@pytest.mark.spec("VER-16")
def test_l2s_has_no_bluetooth_to_switch_on(l2s: Lock) -> None:
    assert l2s.refused(ChangeSettings, changes={"bluetooth": True}) is ErrorCode.NOT_SUPPORTED


@pytest.mark.spec("VER-16")
def test_remote_locking_is_always_allowed(palm: Lock) -> None:
    palm.open_with(ANNA)
    palm.set(bluetooth=True)
    palm.ok(RemoteLock)
    assert palm.state.bolt is BoltState.LOCKED
    assert palm.fact(EventType.LOCKED).client_name == "Home Assistant"


@pytest.mark.spec("BLT-14")
@pytest.mark.parametrize("handle", [Handle.LIFTED, Handle.PRESSED])
def test_l2s_is_not_opened_remotely_while_somebody_holds_its_handle(l2s: Lock, handle: Handle) -> None:
    l2s.set(remote_unlock=True)
    l2s.set_handle(handle)
    l2s.listen()
    assert l2s.refused(RemoteUnlock) is ErrorCode.HANDLE_NOT_AT_REST
    l2s.set_handle(Handle.REST)
    l2s.ok(RemoteUnlock)
    assert l2s.is_open


def test_opening_what_is_open_moves_nothing_and_is_no_event(palm: Lock) -> None:
    palm.set(remote_unlock=True)
    palm.open_with(ANNA)
    palm.listen()
    palm.ok(RemoteUnlock)
    assert (palm.drives, palm.facts) == ([], [])
