"""The bridge's TLS identity: a self-signed ECDSA P-256 certificate, made once. Clients pin its SHA-256."""

import datetime as dt
import hashlib
import logging
import os
import secrets
import ssl
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

_LOGGER = logging.getLogger(__name__)

FILE_NAME: Final = "identity.pem"
"""Key and certificate in one file, so that they are replaced together or not at all."""

VALID_FROM: Final = dt.datetime(2020, 1, 1, tzinfo=dt.UTC)
VALID_UNTIL: Final = dt.datetime(2070, 1, 1, tzinfo=dt.UTC)
"""Wide enough not to rest on the calendar of a board without a battery-backed clock."""


class IdentityDamaged(Exception):
    """The identity cannot be read. It is not replaced silently: every paired client holds its fingerprint."""


@dataclass(frozen=True, slots=True)
class Identity:
    """The certificate's file, and the SHA-256 of its DER that clients pin."""

    path: Path
    sha256: bytes

    @property
    def fingerprint(self) -> str:
        """The SHA-256 in hex."""
        return self.sha256.hex()

    def context(self) -> ssl.SSLContext:
        """TLS 1.3 with this identity, and nothing older."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.minimum_version = ssl.TLSVersion.TLSv1_3
        context.num_tickets = 0
        context.set_alpn_protocols(["http/1.1"])
        context.load_cert_chain(self.path)
        return context


def load_or_make(folder: Path, bridge_id: str) -> Identity:
    """The identity in `folder`, made there at the first start. Raises `IdentityDamaged`, or `OSError` of the disk."""
    path = folder / FILE_NAME
    if not path.exists():
        _write(path, _make(bridge_id))
        _LOGGER.info("Made the bridge's certificate: %s", path)
    if path.stat().st_mode & 0o077:
        _LOGGER.warning("%s could be read by others; its mode is now 600", path)
        path.chmod(0o600)
    try:
        text = path.read_bytes()
        key = serialization.load_pem_private_key(text, None)
        certificate = x509.load_pem_x509_certificate(text)
    except ValueError:
        raise _damaged(path) from None
    if not isinstance(key, ec.EllipticCurvePrivateKey) or key.public_key() != certificate.public_key():
        raise _damaged(path)
    return Identity(path, hashlib.sha256(certificate.public_bytes(serialization.Encoding.DER)).digest())


def _make(bridge_id: str) -> bytes:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, bridge_id)])
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(secrets.randbits(159) | 1)
        .not_valid_before(VALID_FROM)
        .not_valid_after(VALID_UNTIL)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(f"lock-bridge-{bridge_id}.local")]), critical=False)
        .sign(key, hashes.SHA256())
    )
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return private + certificate.public_bytes(serialization.Encoding.PEM)


def _write(path: Path, content: bytes) -> None:
    """Write the whole file or nothing; on disk when this returns."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")  # mode 600 from its first byte
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def _damaged(path: Path) -> IdentityDamaged:
    return IdentityDamaged(
        f"The bridge's certificate {path} is damaged. Put back a copy; or delete it, and pair every client anew."
    )
