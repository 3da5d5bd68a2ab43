"""The bridge's certificate: made once, kept to itself, the same for ever."""

import datetime as dt
import os
import ssl
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from lock_bridge.server.certificate import FILE_NAME, IdentityDamaged, load_or_make
from tests.server.world import BRIDGE_ID, World, certificate_of


def test_the_certificate_is_what_clients_were_promised(tmp_path: Path) -> None:
    identity = load_or_make(tmp_path, BRIDGE_ID)
    certificate = x509.load_pem_x509_certificate(identity.path.read_bytes())
    assert isinstance(key := certificate.public_key(), ec.EllipticCurvePublicKey)
    assert key.curve.name == "secp256r1"
    assert certificate.not_valid_before_utc == dt.datetime(2020, 1, 1, tzinfo=dt.UTC)
    assert certificate.not_valid_after_utc == dt.datetime(2070, 1, 1, tzinfo=dt.UTC)
    assert certificate.subject == certificate.issuer
    assert certificate.subject.get_attributes_for_oid(NameOID.COMMON_NAME)[0].value == BRIDGE_ID
    certificate.verify_directly_issued_by(certificate)


def test_nobody_else_can_read_it(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        identity = load_or_make(tmp_path / "data", BRIDGE_ID)
    finally:
        os.umask(before)
    assert identity.path.stat().st_mode & 0o777 == 0o600
    assert identity.path.parent.stat().st_mode & 0o777 == 0o700
    assert [file.name for file in identity.path.parent.iterdir()] == [FILE_NAME]


def test_a_file_that_others_could_read_is_closed_with_a_word(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    identity = load_or_make(tmp_path, BRIDGE_ID)
    identity.path.chmod(0o644)
    assert load_or_make(tmp_path, BRIDGE_ID).sha256 == identity.sha256
    assert identity.path.stat().st_mode & 0o777 == 0o600
    assert "could be read by others" in caplog.text


async def test_it_stays_the_same_over_restarts(world: World) -> None:
    before = world.fingerprint
    assert await certificate_of(world.server.port) == before
    await world.reboot()
    assert await certificate_of(world.server.port) == before == world.fingerprint


def test_two_bridges_have_two(tmp_path: Path) -> None:
    assert load_or_make(tmp_path / "a", BRIDGE_ID).sha256 != load_or_make(tmp_path / "b", BRIDGE_ID).sha256


@pytest.mark.parametrize("damage", ["empty", "cut", "no key", "another's key", "noise"])
def test_a_damaged_one_is_never_replaced_in_silence(tmp_path: Path, damage: str) -> None:
    path = load_or_make(tmp_path, BRIDGE_ID).path
    good = path.read_bytes()
    certificate = good[good.index(b"-----BEGIN CERTIFICATE") :]
    other = load_or_make(tmp_path / "other", BRIDGE_ID).path.read_bytes()
    content = {
        "empty": b"",
        "cut": good[: len(good) // 2],
        "no key": certificate,
        "another's key": other[: other.index(b"-----BEGIN CERTIFICATE")] + certificate,
        "noise": bytes(byte ^ 0x55 for byte in good),
    }[damage]
    path.write_bytes(content)
    with pytest.raises(IdentityDamaged, match="delete it, and pair every client anew"):
        load_or_make(tmp_path, BRIDGE_ID)
    assert path.read_bytes() == content


def test_a_disk_that_fails_leaves_no_half_of_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as disk:
        disk.setattr(os, "fsync", full)
        with pytest.raises(OSError, match="No space"):
            load_or_make(tmp_path, BRIDGE_ID)
    assert list(tmp_path.iterdir()) == []
    assert load_or_make(tmp_path, BRIDGE_ID)


def test_the_context_offers_tls_1_3_alone(tmp_path: Path) -> None:
    context = load_or_make(tmp_path, BRIDGE_ID).context()
    assert context.minimum_version is ssl.TLSVersion.TLSv1_3
