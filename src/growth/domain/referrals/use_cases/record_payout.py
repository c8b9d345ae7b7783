"""An amount owed was paid, outside."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from growth.domain.kernel.begin import Begin
from growth.domain.referrals.entities.events import ReferralEvent
from growth.domain.referrals.entities.ledger import Book, Posting, Reason, account
from growth.domain.referrals.entities.referrals import NothingToPay, PaidAhead, ReferralId, UnknownReferral
from growth.domain.referrals.ports.stores import ReferralsTx
from growth.domain.referrals.steps.booking import Booking, sides
from growth.domain.referrals.steps.publishing import Publishing

_AHEAD = timedelta(days=1)  # the clocks and time zones of banks


@dataclass(frozen=True, slots=True)
class RecordPayout:
    """Enter that the amount owed for a referral was paid; the same reference again changes nothing.

    Raises `UnknownReferral`, `NothingToPay`, `PaidAhead`.
    """

    begin: Begin[ReferralsTx]
    book: Booking
    publish: Publishing

    async def __call__(self, id: ReferralId, paid_at: datetime, reference: str) -> None:
        async with self.begin() as tx:
            referral = await tx.referrals.lock(id)
            if referral is None or referral.deleted_at:
                raise UnknownReferral
            if referral.referring_user_has_received_amount and referral.payout_reference == reference:
                return
            holders = await tx.ledger.lock(sides(referral))
            owed = [it for it in await tx.ledger.balances(id) if it.account.startswith(f"{Book.OWED}:")]
            if not owed or referral.referring_user_has_received_amount:
                raise NothingToPay
            now, paid = await tx.now(), account(Book.PAID, referral.referred_country_code)
            if paid_at > now + _AHEAD:
                raise PaidAhead
            postings = [Posting(f"{id}/payout", it.account, paid, it.unit, it.amount, Reason.PAYOUT, id) for it in owed]
            await self.book(tx, holders, postings, now)
            settled = replace(
                referral,
                referring_user_has_received_amount=True,
                referring_user_rewarded_at=paid_at,
                payout_reference=reference,
            )
            await tx.referrals.save(settled)
            await self.publish(tx, ReferralEvent.PAID_OUT, settled, now)
