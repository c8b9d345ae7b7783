"""Where new referral codes come from."""

from typing import Protocol

from growth.domain.referrals.entities.codes import ReferralCode


class DrawCode(Protocol):
    def __call__(self) -> ReferralCode:
        """Return a code that nobody can foresee. It may be taken already: the caller draws again."""
        ...
