"""Making a user's profile on first need."""

from dataclasses import dataclass
from datetime import datetime

from growth.domain.kernel.customers import User
from growth.domain.referrals.entities.profiles import NoMoreCodes, Profile
from growth.domain.referrals.ports.codes import DrawCode
from growth.domain.referrals.ports.stores import ReferralsTx

_MOST_DRAWS = 8


@dataclass(frozen=True, slots=True)
class Joining:
    """The step, with what it needs beside its transaction."""

    draw_code: DrawCode

    async def __call__(self, tx: ReferralsTx, user: User, now: datetime) -> Profile:
        """Return the user's one profile. Raises `NoMoreCodes` after eight codes that are taken."""
        if known := await tx.profiles.get(user.id):
            return known
        for _ in range(_MOST_DRAWS):
            profile = await tx.profiles.add(Profile(user.id, user.country_code, self.draw_code(), now))
            if profile:
                return profile
        raise NoMoreCodes
