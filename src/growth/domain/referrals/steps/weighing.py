"""Looking for reasons to hold a reward, at the moment when it falls due."""

from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta

from growth.domain.referrals.business_rules.suspicion import suspicions
from growth.domain.referrals.entities.referrals import Referral
from growth.domain.referrals.entities.suspicion import DisposableDomains, Suspicion
from growth.domain.referrals.entities.terms import Terms
from growth.domain.referrals.ports.stores import ReferralsTx


@dataclass(frozen=True, slots=True)
class Weighing:
    """The step, with what it needs beside its transaction."""

    disposable: DisposableDomains

    async def __call__(self, tx: ReferralsTx, referral: Referral, terms: Terms) -> tuple[Suspicion, ...]:
        """Return what speaks for holding the reward; nothing once a person has decided about it."""
        if referral.review_decision is not None:
            return ()
        day = referral.created_at.astimezone(terms.zone).date()
        since, until = (
            datetime.combine(each, time(), terms.zone).astimezone(UTC) for each in (day, day + timedelta(days=1))
        )
        likeness = await tx.referrals.likeness(referral, since, until)
        return suspicions(likeness, self.disposable.known, terms.referrals_per_day)
