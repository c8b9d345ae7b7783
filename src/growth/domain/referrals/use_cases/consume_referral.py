"""Deciding the free month of one referral."""

from dataclasses import dataclass

from growth.domain.kernel.begin import Begin
from growth.domain.kernel.month import Month
from growth.domain.referrals.entities.referrals import Consumed, ReferralId
from growth.domain.referrals.ports.stores import ReferralsTx
from growth.domain.referrals.steps.free_months import FreeMonths


@dataclass(frozen=True, slots=True)
class ConsumeReferral:
    """Decide the free month of a referral's contract, in the month asked for or the next that fits.

    Called again, it tells what was decided. Raises `UnknownReferral`.
    """

    begin: Begin[ReferralsTx]
    free_month: FreeMonths

    async def __call__(self, id: ReferralId, month: Month | None) -> Consumed:
        async with self.begin() as tx:
            return await self.free_month(tx, id, month, await tx.now())
