"""The directory of a lock: found in constant time, the same whichever way it came about, and names the lock gives."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lock_bridge.engine import names
from lock_bridge.engine.directory import Directory
from lock_bridge.engine.model import Credential, User
from lock_bridge.wire.words import CredentialType, Role

PIN, FACE, BLE = CredentialType.PIN, CredentialType.FACE, CredentialType.BLE

USERS = [User("anna", "Anna", Role.ADMINISTRATOR), User("ben", "Ben"), User("cara", "Cara", Role.ADMINISTRATOR)]
CREDENTIALS = st.lists(
    st.builds(
        Credential,
        type=st.sampled_from([PIN, BLE]),
        number=st.integers(1, 4),
        user_id=st.sampled_from(["anna", "ben"]),
        mac=st.integers(0, 2**32).map(lambda number: number.to_bytes(8)),
    )
    | st.builds(
        Credential,
        type=st.sampled_from([CredentialType.FINGERPRINT, FACE]),
        number=st.integers(1, 4),
        user_id=st.sampled_from(["anna", "ben"]),
        slot=st.integers(0, 999),
    ),
    unique_by=(lambda item: item.mac or item, lambda item: (item.type, item.slot) if item.mac is None else item),
)


@given(steps=CREDENTIALS, gone=st.sets(st.tuples(st.sampled_from([PIN, BLE, FACE]), st.integers(1, 4))))
def test_step_by_step_it_becomes_what_it_is_all_at_once(
    steps: list[Credential], gone: set[tuple[CredentialType, int]]
) -> None:
    grown = Directory.of(USERS, ())
    kept: dict[tuple[CredentialType, int], Credential] = {}
    for item in steps:
        grown = grown.with_credential(item)
        kept[item.type, item.number] = item
    there = gone & kept.keys()
    grown = grown.without_credentials(there)
    at_once = Directory.of(USERS, [item for key, item in kept.items() if key not in there])
    assert grown == at_once
    assert (grown.by_mac, grown.by_slot) == (at_once.by_mac, at_once.by_slot)
    for kind in CredentialType:
        assert grown.count(kind) == len([key for key in at_once.credentials if key[0] is kind])
    for user in USERS:
        mine = [item for item in at_once.credentials.values() if item.user_id == user.id]
        assert grown.of_user(user.id) == tuple(sorted(mine, key=lambda item: (item.type, item.number)))


@pytest.mark.spec("USR-1", "USR-3")
@pytest.mark.parametrize(
    ("credential", "opens"),
    [
        (Credential(PIN, 1, "anna", b"m"), True),
        (Credential(PIN, 1, "anna", b"m", duress=True), True),
        (Credential(FACE, 1, "anna", slot=0), True),
        (Credential(PIN, 1, "anna", b"m", temporary=True), False),
        (Credential(BLE, 1, "anna", b"m"), False),
        (Credential(PIN, 1, "ben", b"m"), False),
        (Credential(PIN, 1, "cara", b"m"), False),
    ],
)
def test_an_administrators_own_credential_opens_the_menu(credential: Credential, *, opens: bool) -> None:
    """Of USR-1 and USR-3 whose credential counts; Cara is disabled."""
    users = [user if user.id != "cara" else User("cara", "Cara", Role.ADMINISTRATOR, enabled=False) for user in USERS]
    assert Directory.of(users, [credential]).opens_menu() is opens


def test_a_user_who_changes_is_the_same_in_all_else() -> None:
    directory = Directory.of(USERS, [Credential(PIN, 1, "ben", b"m")])
    assert not directory.opens_menu()
    after = directory.with_user(User("ben", "Ben", Role.ADMINISTRATOR))
    assert after.opens_menu()
    assert not directory.opens_menu()
    assert after.without_user("ben").credentials == {}


@pytest.mark.spec("SND-2", "USR-8")
@pytest.mark.parametrize("language", ["en", "nb", "sv", "it", "nl"])
def test_the_lock_names_users_and_credentials_in_its_language(language: str) -> None:
    """Of SND-2 the names that it gives."""
    assert names.of_user(language, 2).endswith(" 002")
    told = {names.of_credential(language, kind, 3) for kind in CredentialType}
    assert len(told) == len(CredentialType)
    assert all(name.endswith(" 3") for name in told)


def test_what_follows_from_credentials_alone_is_not_worked_out_again_for_another_user() -> None:
    finger = Credential(CredentialType.FINGERPRINT, 1, "anna", slot=1)
    directory = Directory.of([User("anna", "Anna")], [finger])
    hers, count = directory.of_user("anna"), directory.count(CredentialType.FINGERPRINT)
    after = directory.with_user(User("anna", "Anna", uses_left=2)).with_user(User("ben", "Ben"))
    assert after.of_user("anna") is hers
    assert after.of_user("ben") == ()
    assert after.count(CredentialType.FINGERPRINT) == count == 1
    assert after.with_credential(Credential(CredentialType.RFID, 1, "ben")).of_user("ben") != ()
    assert after.administrators() == frozenset()
    assert after.with_user(User("ben", "Ben", Role.ADMINISTRATOR)).administrators() == {"ben"}
