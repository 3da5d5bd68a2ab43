"""USR-9: of a finger, a face or a palm the bridge keeps a number and whose it is, and nothing else."""

import sqlite3
from pathlib import Path

import pytest

from lock_bridge import profiles
from lock_bridge.engine.effects import DURABLE, SaveUser
from lock_bridge.engine.inputs import EnrolDone, EnrolStep, StartEnrolment
from lock_bridge.store.database import Database
from lock_bridge.wire.words import CredentialType
from tests.engine.conftest import lock_with_anna
from tests.store.plain import BOOT_ID

BIOMETRIC = (CredentialType.FINGERPRINT, CredentialType.FACE, CredentialType.PALM_VEIN)
TAKEN = [
    pytest.param(model, kind, id=f"{model}-{kind}")
    for model in profiles.names()
    for kind in BIOMETRIC
    if kind in profiles.load(model).credentials
]


@pytest.mark.spec("USR-9")
@pytest.mark.parametrize(("model", "kind"), TAKEN)
def test_of_a_biometric_the_store_has_a_slot_and_whose_it_is(path: Path, model: str, kind: CredentialType) -> None:
    lock = lock_with_anna(model)
    lock.ok(StartEnrolment, user_id="anna", type=kind)
    running = lock.state.enrolment
    assert running is not None
    assert running.slot is not None
    for step in range(1, running.steps + 1):
        lock.give(EnrolStep(kind, step))
    lock.listen()
    lock.give(EnrolDone(kind, running.slot))
    database = Database(path, boot_id=BOOT_ID)
    database.commit("front_door", [SaveUser(user) for user in lock.disk.users.values()], lock.now)
    database.commit("front_door", [effect for effect in lock.effects if isinstance(effect, DURABLE)], lock.now)
    database.close()
    connection = sqlite3.connect(path)
    connection.row_factory = sqlite3.Row
    rows = connection.execute("SELECT * FROM credential WHERE type = ?", (kind,)).fetchall()
    blobs = [name for row in rows for name in row.keys() if isinstance(row[name], bytes)]  # noqa: SIM118 - a Row
    connection.close()
    assert [(row["user_id"], row["slot"], row["mac"]) for row in rows] == [("anna", running.slot, None)]
    assert blobs == []
