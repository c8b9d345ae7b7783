"""Deleting a referral: its row stays, marked; its discount goes; what it gave and is left is taken back."""

from dataclasses import dataclass, replace
from datetime import datetime

from growth.domain.referrals.business_rules.bookkeeping import reversal
from growth.domain.referrals.entities.events import ReferralEvent
from growth.domain.referrals.entities.ledger import Reason
from growth.domain.referrals.entities.referrals import Referral, ReferralStatus
from growth.domain.referrals.ports.stores import ReferralsTx
from growth.domain.referrals.steps.booking import Booking, sides
from growth.domain.referrals.steps.publishing import Publishing


@dataclass(frozen=True, slots=True)
class Undoing:
    """The step, with what it needs beside its transaction."""

    book: Booking
    publish: Publishing

    async def __call__(self, tx: ReferralsTx, referral: Referral, now: datetime) -> None:
        holders = await tx.ledger.lock(sides(referral))
        balances = await tx.ledger.balances(referral.id)
        await self.book(tx, holders, reversal(referral, balances, holders, now, Reason.DELETED), now)
        await tx.discounts.delete_of(referral.id)
        gone = replace(referral, status=ReferralStatus.DELETED, deleted_at=now, turn=referral.turn + 1)
        await tx.referrals.save(gone)
        await self.publish(tx, ReferralEvent.DELETED, gone, now)
