"""Tokens with which Google's push deliveries say who sends them: OpenID Connect, signed by Google's keys.

Time is real time, as with all signatures.
"""

from dataclasses import dataclass
from typing import Final, Protocol

import jwt

from growth.api.errors import Refused

_ISSUERS: Final = ("https://accounts.google.com", "accounts.google.com")
_CLAIMS: Final = ["exp", "iat", "iss", "aud", "email", "email_verified"]
_LONGEST: Final = 8_192
_SKEW: Final = 60  # seconds by which a clock may be off


class SigningKeys(Protocol):
    async def find(self, key_id: str) -> jwt.PyJWK | None:
        """Return Google's present key of this id. Raises `TryLater` when nobody knows Google's keys."""
        ...


@dataclass(frozen=True, slots=True)
class GoogleTokens:
    """`audience`: what the subscription is set to send; `email`: the account in whose name it sends."""

    keys: SigningKeys
    audience: str
    email: str

    async def check(self, authorization: str | None) -> None:
        """Return when the header has a token of this account for us. Raises `Refused` (401), `TryLater`."""
        scheme, _, token = (authorization or "").partition(" ")
        if scheme.lower() != "bearer" or not 0 < len(token) <= _LONGEST:
            raise _refusal()
        try:
            key = await self.keys.find(str(jwt.get_unverified_header(token).get("kid")))
            claims = self._claims(token, key) if key else {}
        except jwt.InvalidTokenError:
            raise _refusal() from None
        if claims.get("email") != self.email or claims.get("email_verified") is not True:
            raise _refusal()

    def _claims(self, token: str, key: jwt.PyJWK) -> dict[str, object]:
        # The algorithm is ours to say, never the token's.
        return jwt.decode(
            token,
            key,
            algorithms=["RS256"],
            audience=self.audience,
            issuer=_ISSUERS,
            leeway=_SKEW,
            options={"require": _CLAIMS, "strict_aud": True},
        )


def _refusal() -> Refused:
    detail = "The token is missing, not Google's, not for this endpoint, not of the account that is set, or too old."
    return Refused(401, "bad-token", detail, headers={"WWW-Authenticate": "Bearer"})
