"""What somebody asked for is written in one piece: a disk that refuses, or a power cut, leaves nothing half done."""

import pytest

from lock_bridge.engine.effects import DeleteTemplates, DropCredential, DropUser, EndEnrolment, Record, SaveCredential
from lock_bridge.engine.inputs import AddTemporaryPasscode, DeleteCredential, Inventory, SetPasscode, StartEnrolment
from lock_bridge.engine.model import Credential, User
from lock_bridge.wire.words import CredentialType, EventType
from tests.engine.lock import Lock
from tests.engine.menus import open_menu

FINGER, PIN = CredentialType.FINGERPRINT, CredentialType.PIN


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


@pytest.mark.parametrize("how", [SetPasscode, AddTemporaryPasscode])
@pytest.mark.spec("USR-8", "CAP-21")
def test_a_number_that_makes_room_changes_hands_in_one_piece_though_its_owner_is_at_the_reader(
    l2s: Lock, how: type[SetPasscode | AddTemporaryPasscode]
) -> None:
    l2s.holds(User("keypad", "Passcode 2", made_at_lock=True), User("ben", "Ben"))
    l2s.holds(Credential(PIN, 2, "keypad", mac=b"used" * 8, temporary=True, uses_left=0))
    l2s.holds(*(Credential(PIN, number, "anna", mac=bytes([number]) * 32) for number in range(3, 51)))
    l2s.ok(StartEnrolment, user_id="keypad", type=FINGER)
    l2s.listen()
    assert l2s.ok(how, user_id="ben", passcode="604183") == {"number": 2}
    kinds = [type(effect) for effect in l2s.effects]
    assert kinds[:5] == [DropCredential, Record, DropUser, SaveCredential, Record]
    assert kinds.index(EndEnrolment) > 4
    assert l2s.events == [EventType.CREDENTIAL_DELETED, EventType.CREDENTIAL_ADDED, EventType.ENROLMENT_FAILED]
