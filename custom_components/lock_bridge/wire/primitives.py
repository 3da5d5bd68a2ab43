"""What the handshake needs of the library `cryptography`.

The library takes some 16 MiB of memory, and a bridge pairs once in years: whoever pairs imports this module then.
"""

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA512
from cryptography.hazmat.primitives.kdf.hkdf import HKDF


def x25519(scalar: bytes, point: bytes) -> bytes | None:
    """The product, or None for a point of low order."""
    try:
        return X25519PrivateKey.from_private_bytes(scalar).exchange(X25519PublicKey.from_public_bytes(point))
    except ValueError:
        return None


def seal(secret: bytes, info: bytes, nonce: bytes, plain: bytes, bound_to: bytes) -> bytes:
    """AES-256-GCM under a key derived from `secret` by HKDF-SHA512."""
    return _cipher(secret, info).encrypt(nonce, plain, bound_to)


def unseal(secret: bytes, info: bytes, nonce: bytes, sealed: bytes, bound_to: bytes) -> bytes | None:
    """What `seal` was given, or None where anything was changed."""
    try:
        return _cipher(secret, info).decrypt(nonce, sealed, bound_to)
    except InvalidTag:
        return None


def _cipher(secret: bytes, info: bytes) -> AESGCM:
    return AESGCM(HKDF(SHA512(), length=32, salt=None, info=info).derive(secret))
