"""Days of access that an administrator gives."""

from dataclasses import dataclass

from growth.domain.kernel.begin import Begin
from growth.domain.kernel.ids import NewId, UserId
from growth.domain.referrals.business_rules.windows import room
from growth.domain.referrals.entities.ledger import Book, Posting, Reason, Unit, WindowTooLong, account
from growth.domain.referrals.entities.profiles import UnknownUser
from growth.domain.referrals.ports.stores import ReferralsTx
from growth.domain.referrals.steps.booking import Booking


@dataclass(frozen=True, slots=True)
class GrantCredit:
    """Give a user days of access, behind those that he has; `reason` is kept with the entries.

    What has the same `key` is granted once, for ever. Raises `UnknownUser`, `WindowTooLong`.
    """

    begin: Begin[ReferralsTx]
    book: Booking
    new_id: NewId

    async def __call__(self, user_id: UserId, days: int, reason: str, *, key: str | None = None) -> None:
        async with self.begin() as tx:
            if await tx.customers.get(user_id) is None:
                raise UnknownUser
            (holder,) = await tx.ledger.lock([user_id])
            grant = Posting(
                key=f"grant/{key or self.new_id()}",
                source=account(Book.PROGRAMME, holder.country_code),
                target=account(Book.CREDIT, holder.id),
                unit=Unit.DAY,
                amount=days,
                reason=Reason.GRANT,
                referral_id=None,
                note=reason,
            )
            if await tx.ledger.is_posted(grant.key):
                return
            now = await tx.now()
            if days > (most := room(holder.credit_until, now)):
                raise WindowTooLong(most)
            await self.book(tx, [holder], [grant], now)
