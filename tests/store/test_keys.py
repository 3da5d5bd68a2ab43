"""The device key: made once, for the owner alone, and never silently made again."""

import stat
from pathlib import Path

import pytest

from lock_bridge.engine.effects import SaveCredential, SaveUser
from lock_bridge.engine.model import Credential, Instant, User
from lock_bridge.store import KEY_FILE, STORE_FILE, DeviceKeys, KeyFileError, Store, StoreDamaged, open_store
from lock_bridge.wire.words import CredentialType
from tests.store.plain import BOOT_ID


def test_a_key_is_made_once_and_read_ever_after(tmp_path: Path) -> None:
    path = tmp_path / "data" / KEY_FILE
    keys = DeviceKeys.load_or_create(path)
    assert DeviceKeys.load_or_create(path) == keys
    assert (len(keys.pin_key), len(keys.card_key)) == (32, 32)
    assert len({keys.pin_key, keys.card_key, path.read_bytes()}) == 3
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [file.name for file in path.parent.iterdir()] == [KEY_FILE]
    assert DeviceKeys.load_or_create(tmp_path / "other" / KEY_FILE).pin_key != keys.pin_key


def test_the_keys_derived_from_a_key_file_never_change(tmp_path: Path) -> None:
    path = tmp_path / KEY_FILE
    path.write_bytes(bytes(range(32)))
    keys = DeviceKeys.load_or_create(path)
    # HKDF-SHA256 without salt; another value here would lock every user of an existing store out.
    assert keys.pin_key.hex() == "6d6219630783dbea6ebb340e68d5e25203780c33c53bae89cf8dca0be810db07"
    assert keys.card_key.hex() == "23f9eb931f3b6035e9fcb6b3e0a0b1fd0b66884b31f1102536c5cf0a7fe343b8"
    assert keys.check == "ed69b73c367cb4d7"


def test_a_key_file_open_to_others_is_closed_with_a_warning(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    path = tmp_path / KEY_FILE
    path.write_bytes(b"k" * 32)
    path.chmod(0o640)
    DeviceKeys.load_or_create(path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert "open to others" in caplog.text
    path.chmod(0o400)
    DeviceKeys.load_or_create(path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o400


@pytest.mark.parametrize("content", [b"", b"k" * 31, b"k" * 33])
def test_a_key_file_of_the_wrong_size_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / KEY_FILE
    path.write_bytes(content)
    with pytest.raises(KeyFileError, match="damaged"):
        DeviceKeys.load_or_create(path)


def test_no_key_is_shown(tmp_path: Path) -> None:
    keys = DeviceKeys.load_or_create(tmp_path / KEY_FILE)
    for key in (keys.pin_key, keys.card_key, (tmp_path / KEY_FILE).read_bytes()):
        assert key.hex() not in repr(keys)
        assert repr(key)[2:-1] not in repr(keys)


async def test_store_and_key_are_made_together_and_found_again(tmp_path: Path) -> None:
    store, keys = await open_store(tmp_path / "data", boot_id=BOOT_ID)
    epoch = store.epoch
    await store.close()
    store, again = await open_store(tmp_path / "data", boot_id=BOOT_ID)
    assert (store.epoch, again) == (epoch, keys)
    await store.close()


async def test_a_store_that_vanished_is_not_made_anew_beside_its_key(tmp_path: Path) -> None:
    store, _ = await open_store(tmp_path, boot_id=BOOT_ID)
    await store.close()
    (tmp_path / STORE_FILE).unlink()
    with pytest.raises(StoreDamaged, match="restore"):
        await open_store(tmp_path, boot_id=BOOT_ID)
    assert not (tmp_path / STORE_FILE).exists()


async def test_a_key_that_vanished_is_not_made_anew_beside_its_store(tmp_path: Path) -> None:
    store, _ = await open_store(tmp_path, boot_id=BOOT_ID)
    await store.close()
    (tmp_path / KEY_FILE).unlink()
    with pytest.raises(KeyFileError, match="missing"):
        await open_store(tmp_path, boot_id=BOOT_ID)
    assert not (tmp_path / KEY_FILE).exists()


async def test_another_key_than_the_stores_is_refused(tmp_path: Path) -> None:
    store, _ = await open_store(tmp_path, boot_id=BOOT_ID)
    await store.close()
    (tmp_path / KEY_FILE).write_bytes(b"k" * 32)
    with pytest.raises(KeyFileError, match="another one"):
        await open_store(tmp_path, boot_id=BOOT_ID)


async def test_passcodes_without_their_key_are_an_error_even_in_a_store_that_was_never_tied_to_one(
    tmp_path: Path, at: Instant
) -> None:
    store = await Store.open(tmp_path / STORE_FILE, boot_id=BOOT_ID)
    passcode = Credential(CredentialType.PIN, 1, "anna", mac=b"m" * 32)
    await store.commit("front_door", [SaveUser(User("anna", "Anna")), SaveCredential(passcode)], at)
    await store.close()
    with pytest.raises(KeyFileError, match="missing"):
        await open_store(tmp_path, boot_id=BOOT_ID)


async def test_a_start_that_was_cut_off_between_store_and_key_goes_on(tmp_path: Path) -> None:
    await (await Store.open(tmp_path / STORE_FILE, boot_id=BOOT_ID)).close()
    (tmp_path / f"{KEY_FILE}.new").write_bytes(b"half")
    store, _ = await open_store(tmp_path, boot_id=BOOT_ID)
    await store.close()
    assert not (tmp_path / f"{KEY_FILE}.new").exists()
