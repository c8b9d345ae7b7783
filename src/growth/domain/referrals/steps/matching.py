"""Finding the payments of a user who has just become known."""

from dataclasses import dataclass
from datetime import datetime

from growth.domain.kernel.customers import User
from growth.domain.kernel.facts import UserTold
from growth.domain.referrals.ports.stores import ReferralsTx
from growth.domain.referrals.steps.settling import Settling


@dataclass(frozen=True, slots=True)
class Matching:
    """The step, with what it needs beside its transaction."""

    settle: Settling

    async def __call__(self, tx: ReferralsTx, user: User, now: datetime) -> None:
        """Give a locked user his payments, and what they earn."""
        found = await tx.payments.lock_unmatched(user)
        if found:
            await tx.payments.assign([payment.id for payment in found], user.id)
            await self.settle(tx, user, now)

    async def when_told(self, tx: ReferralsTx, fact: UserTold) -> None:
        await self(tx, fact.user, await tx.now())
