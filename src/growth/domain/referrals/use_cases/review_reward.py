"""A person decides about a held reward."""

from dataclasses import dataclass, replace

from growth.domain.kernel.begin import Begin
from growth.domain.referrals.business_rules.bookkeeping import released
from growth.domain.referrals.entities.events import ReferralEvent
from growth.domain.referrals.entities.ledger import Reason
from growth.domain.referrals.entities.referrals import (
    NotHeld,
    Referral,
    ReferralId,
    ReferralStatus,
    ReviewDecision,
    UnknownReferral,
)
from growth.domain.referrals.ports.stores import ReferralsTx
from growth.domain.referrals.steps.booking import Booking, sides
from growth.domain.referrals.steps.publishing import Publishing


@dataclass(frozen=True, slots=True)
class ReviewReward:
    """Release a held reward, its windows anchored now, or reject it. `by`: the id of the key that decided.

    The same decision again changes nothing. Raises `UnknownReferral`, `NotHeld`.
    """

    begin: Begin[ReferralsTx]
    book: Booking
    publish: Publishing

    async def __call__(self, id: ReferralId, decision: ReviewDecision, reason: str, by: str) -> None:
        async with self.begin() as tx:
            referral = await tx.referrals.lock(id)
            if referral is None or referral.deleted_at:
                raise UnknownReferral
            if referral.review_decision is decision:
                return
            if referral.status is not ReferralStatus.HELD:
                raise NotHeld
            now, release = await tx.now(), decision is ReviewDecision.RELEASE
            holders = await tx.ledger.lock(sides(referral))
            why = Reason.RELEASE if release else Reason.REJECT
            await self.book(tx, holders, released(referral, await tx.ledger.balances(id), why), now)
            reviewed = replace(
                referral,
                status=_released(referral) if release else ReferralStatus.REJECTED,
                credited_at=now if release and referral.converted_at else None,
                review_decision=decision,
                review_reason=reason,
                reviewed_by=by,
                reviewed_at=now,
                turn=referral.turn + 1,
            )
            await tx.referrals.save(reviewed)
            await self.publish(tx, ReferralEvent.RELEASED if release else ReferralEvent.REJECTED, reviewed, now)


def _released(referral: Referral) -> ReferralStatus:
    return ReferralStatus.CONVERTED if referral.converted_at else ReferralStatus.CONTRACTED
