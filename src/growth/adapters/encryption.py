"""Sealing what may be read for a while only: AES-GCM, each time under a key of its own.

The stored key alone opens nothing: what encrypts is made from it and GROWTH_SECRET, so that a copy of the database does
not open what is under way. Without the stored key nobody opens it any more, nor with the secret.
"""

import hashlib
import hmac
import os

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from growth.domain.privacy.ports import Sealed

_KEY_BYTES, _NONCE_BYTES = 32, 12
_PURPOSE = b"erasure\0"


class AesGcmSealing:
    def __init__(self, secret: str) -> None:
        self._secret = secret.encode()

    def seal(self, content: bytes) -> Sealed:
        key, nonce = os.urandom(_KEY_BYTES), os.urandom(_NONCE_BYTES)
        return Sealed(nonce + self._cipher(key).encrypt(nonce, content, None), key)

    def open(self, sealed: Sealed) -> bytes:
        nonce, encrypted = sealed.content[:_NONCE_BYTES], sealed.content[_NONCE_BYTES:]
        return self._cipher(sealed.key).decrypt(nonce, encrypted, None)

    def _cipher(self, key: bytes) -> AESGCM:
        return AESGCM(hmac.digest(self._secret, _PURPOSE + key, hashlib.sha256))
