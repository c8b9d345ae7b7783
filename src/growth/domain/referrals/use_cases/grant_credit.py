"""Days of access that an administrator gives."""

from dataclasses import dataclass

from growth.domain.kernel.begin import Begin
from growth.domain.kernel.ids import NewId, UserId
from growth.domain.referrals.entities.ledger import Book, Holder, Posting, Reason, Unit, account
from growth.domain.referrals.entities.profiles import UnknownUser
from growth.domain.referrals.ports.stores import ReferralsTx
from growth.domain.referrals.steps.booking import Booking


@dataclass(frozen=True, slots=True)
class GrantCredit:
    """Give a user days of access, behind those that he has; `reason` is kept with the entries.

    Raises `UnknownUser`.
    """

    begin: Begin[ReferralsTx]
    book: Booking
    new_id: NewId

    async def __call__(self, user_id: UserId, days: int, reason: str) -> Holder:
        async with self.begin() as tx:
            if await tx.customers.get(user_id) is None:
                raise UnknownUser
            (holder,) = await tx.ledger.lock([user_id])
            grant = Posting(
                key=f"grant/{self.new_id()}",
                source=account(Book.PROGRAMME, holder.country_code),
                target=account(Book.CREDIT, holder.id),
                unit=Unit.DAY,
                amount=days,
                reason=Reason.GRANT,
                referral_id=None,
                note=reason,
            )
            await self.book(tx, [holder], [grant], await tx.now())
            (after,) = await tx.ledger.lock([user_id])
            return after
