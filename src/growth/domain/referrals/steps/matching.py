"""Finding the payments of a user who has just become known, or known by another name."""

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
        """Give a locked user his payments, and what they earn; with another they do not count any more."""
        found = await tx.payments.lock_unmatched(user)
        if not found:
            return
        await tx.payments.assign([payment.id for payment in found], user.counts_for)
        before = {payment.user_id for payment in found if payment.user_id}
        for user_id in sorted(before | {user.counts_for}):
            if payer := await tx.customers.lock_payer(user_id):
                await self.settle(tx, payer, now)

    async def when_told(self, tx: ReferralsTx, fact: UserTold) -> None:
        await self(tx, fact.user, await tx.now())
