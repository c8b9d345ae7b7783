"""Who may be unsubscribed: judged with the same work whether an address is known or not."""

import hmac
from collections.abc import Mapping

from growth.domain.kernel.customers import token_digest
from growth.domain.kernel.ids import UserId
from growth.domain.kernel.person import BadEmail, Email, parse_email

NOBODY = Email("")
_LONGEST = 320  # no address is longer, and reading one costs time
_NO_DIGEST = bytes(32)


def address_of(text: str) -> Email:
    """Return the address as it is stored; what is none becomes one that nobody has, and is looked up like any other."""
    try:
        return parse_email(text) if len(text) <= _LONGEST else NOBODY
    except BadEmail:
        return NOBODY


def opened_by(token: str, users: Mapping[UserId, bytes | None]) -> list[UserId]:
    """Return those of the users whose token this is; `users` holds the digests of their tokens."""
    digest = token_digest(token)
    fits = {user: hmac.compare_digest(digest, known or _NO_DIGEST) for user, known in users.items()}
    if not users:
        hmac.compare_digest(digest, _NO_DIGEST)
    return [user for user, fit in fits.items() if fit and token]
