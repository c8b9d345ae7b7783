"""Unsubscribe tokens: what they vouch for, sealed with a keyed hash, so that nothing stored can leak one.

48 characters of URL-safe base64: 16 bytes of the prospect's id, 2 of the version, 18 (144 bit) of the HMAC-SHA256 of
the purpose and those. 36 bytes are twelve groups of three, so a token has one spelling only.
"""

import base64
import hashlib
import hmac
import re
from uuid import UUID

from growth.domain.kernel.ids import ProspectId
from growth.domain.prospects.entities.unsubscribing import MailLink

_PURPOSE = b"unsubscribe:prospect"
_ID_BYTES, _VERSION_BYTES, _SEAL_BYTES = 16, 2, 18
_SEALED = _ID_BYTES + _VERSION_BYTES
_TOKEN = re.compile(r"[A-Za-z0-9_-]{48}", re.ASCII)
_NO_TOKEN = "A" * 48  # nor does its seal fit


class HmacUnsubscribeTokens:
    def __init__(self, secret: str, public_api_url: str) -> None:
        self._secret = secret.encode()
        self._public_api_url = public_api_url

    def of(self, link: MailLink) -> str:
        sealed = link.prospect_id.bytes + link.version.to_bytes(_VERSION_BYTES)
        return base64.urlsafe_b64encode(sealed + self._seal(sealed)).decode()

    def read(self, token: str) -> MailLink | None:
        given = base64.urlsafe_b64decode(token if _TOKEN.fullmatch(token) else _NO_TOKEN)
        sealed, seal = given[:_SEALED], given[_SEALED:]
        if not hmac.compare_digest(seal, self._seal(sealed)):
            return None
        return MailLink(ProspectId(UUID(bytes=sealed[:_ID_BYTES])), int.from_bytes(sealed[_ID_BYTES:]))

    def unsubscribe_url(self, token: str) -> str:
        return f"{self._public_api_url}/unsubscribe/{token}"

    def _seal(self, sealed: bytes) -> bytes:
        return hmac.digest(self._secret, _PURPOSE + sealed, hashlib.sha256)[:_SEAL_BYTES]
