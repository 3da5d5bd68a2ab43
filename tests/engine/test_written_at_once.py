"""What somebody asked for is written in one piece: a disk that refuses, or a power cut, leaves nothing half done."""

import pytest

from lock_bridge.engine.effects import DeleteTemplates, DropCredential, DropUser, Record
from lock_bridge.engine.inputs import DeleteCredential, Inventory
from lock_bridge.wire.words import CredentialType, EventType
from tests.engine.lock import Lock
from tests.engine.menus import open_menu

FINGER = CredentialType.FINGERPRINT


@pytest.mark.spec("USR-8", "L2S-4")
def test_who_was_made_at_the_lock_goes_with_her_last_finger_in_one_piece(l2s: Lock) -> None:
    open_menu(l2s)
    l2s.press("1", "1", "ok")
    l2s.learn()
    l2s.press("back")
    l2s.reader.clear()
    l2s.give(Inventory(FINGER, frozenset()))
    assert l2s.fact(EventType.FAULT_STARTED).reason == "templates_lost"
    (finger,) = [item for item in l2s.state.directory.credentials.values() if item.type is FINGER]
    l2s.listen()
    l2s.ok(DeleteCredential, type=FINGER, number=finger.number)
    kinds = [type(effect) for effect in l2s.effects[:4]]
    assert kinds == [DropCredential, Record, DropUser, DeleteTemplates]
    assert finger.user_id not in l2s.state.directory.users
    assert l2s.fact(EventType.FAULT_ENDED).data == {"part": "fingerprint"}
