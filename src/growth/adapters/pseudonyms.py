"""Keyed hashes with GROWTH_SECRET."""

import hashlib
import hmac


class HmacPseudonyms:
    """HMAC-SHA256; the purpose is hashed with the text, so that hashes of two purposes cannot be compared."""

    def __init__(self, secret: str) -> None:
        self._secret = secret.encode()

    def of(self, purpose: str, text: str) -> bytes:
        return hmac.digest(self._secret, f"{purpose}\0{text}".encode(), hashlib.sha256)
