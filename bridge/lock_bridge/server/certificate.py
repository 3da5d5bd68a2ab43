"""The bridge's TLS identity: a self-signed ECDSA P-256 certificate, made once. Clients pin its SHA-256."""

import hashlib
import logging
import os
import ssl
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Final

_LOGGER = logging.getLogger(__name__)

FILE_NAME: Final = "identity.pem"
"""Key and certificate in one file, so that they are replaced together or not at all."""


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
        from .new_certificate import make

        _write(path, make(bridge_id))
        _LOGGER.info("Made the bridge's certificate: %s", path)
    if path.stat().st_mode & 0o077:
        _LOGGER.warning("%s could be read by others; its mode is now 600", path)
        path.chmod(0o600)
    identity = Identity(path, _fingerprint(path))
    try:
        identity.context()
    except ssl.SSLError:
        raise _damaged(path) from None
    return identity


def _fingerprint(path: Path) -> bytes:
    begin, end = "-----BEGIN CERTIFICATE-----", "-----END CERTIFICATE-----"
    text = path.read_bytes().decode("ascii", errors="replace")
    try:
        der = ssl.PEM_cert_to_DER_cert(text[text.index(begin) : text.index(end) + len(end)])
    except ValueError:
        raise _damaged(path) from None
    return hashlib.sha256(der).digest()


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
