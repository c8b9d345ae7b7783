"""Writing postings and the windows that follow from them; the holders are locked already."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from growth.domain.kernel.ids import NewId, UserId
from growth.domain.referrals.business_rules.bookkeeping import capped, windows_after, within_reach
from growth.domain.referrals.entities.ledger import Book, Holder, Posting, Reason, account
from growth.domain.referrals.entities.referrals import Referral
from growth.domain.referrals.entities.terms import Terms
from growth.domain.referrals.ports.stores import ReferralsTx


@dataclass(frozen=True, slots=True)
class Booking:
    """The step, with what it needs beside its transaction."""

    new_id: NewId

    async def __call__(
        self, tx: ReferralsTx, holders: Sequence[Holder], postings: Sequence[Posting], now: datetime
    ) -> None:
        if not postings:
            return
        postings = within_reach(holders, postings, now)
        after = windows_after(holders, postings, now)
        changed = [new for new, old in zip(after, holders, strict=True) if new != old]
        await tx.ledger.post(self.new_id(), now, postings, changed)


def sides(referral: Referral) -> tuple[UserId, ...]:
    """Return who is rewarded: the referred user, and the referring one where there is one; each once."""
    both = (referral.referred_user_id, referral.referring_user_id)
    return tuple(dict.fromkeys(side for side in both if side is not None))


async def within_caps(
    tx: ReferralsTx, referral: Referral, postings: Sequence[Posting], terms: Terms, now: datetime
) -> list[Posting]:
    """Return the postings, those to the referring user cut at the caps of the local calendar year.

    Used days that are restored have never stopped counting, and are not cut.
    """
    if referral.referring_user_id is None or not terms.caps:
        return list(postings)
    (referring,) = await tx.ledger.lock([referral.referring_user_id])
    local = now.astimezone(terms.zone)
    start = local.replace(month=1, day=1, hour=0, minute=0, second=0, microsecond=0)
    given = await tx.ledger.given_in(referring.user_id, start, start.replace(year=start.year + 1))
    hers = {account(book, referring.id) for book in (Book.CREDIT, Book.HELD, Book.OWED)}
    cut: list[Posting] = []
    for posting in postings:
        counts = posting.target in hers and posting.reason is not Reason.USED
        cut += capped(posting, given.get(posting.unit, 0), terms) if counts else [posting]
    return cut
