"""One user takes the place of another in the programme: what merging and reassigning have in common."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from growth.domain.kernel.ids import NewId, UserId
from growth.domain.referrals.business_rules.bookkeeping import moved
from growth.domain.referrals.business_rules.moving import Fate, Move, moves, told
from growth.domain.referrals.business_rules.windows import days_left
from growth.domain.referrals.entities.profiles import SameUser, UnknownUser
from growth.domain.referrals.ports.stores import ReferralsTx
from growth.domain.referrals.steps.booking import Booking
from growth.domain.referrals.steps.joining import Joining
from growth.domain.referrals.steps.settling import Settling
from growth.domain.referrals.steps.undoing import Undoing


@dataclass(frozen=True, slots=True)
class Replacing:
    """The step, with what it needs beside its transaction."""

    join: Joining
    undo: Undoing
    book: Booking
    settle: Settling
    new_id: NewId

    async def plan(self, tx: ReferralsTx, source: UserId, target: UserId) -> list[Move] | None:
        """Lock everything of both and return what becomes of what the source has; None: nobody knows it.

        A payment of either that comes meanwhile waits for the users' rows.
        """
        if source == target:
            raise SameUser
        users = {user_id: await tx.customers.lock(user_id) for user_id in sorted((source, target))}
        await tx.referrals.lock_graph()
        if users[source] is None:
            return None
        user = users[target]
        if user is None:
            raise UnknownUser
        await self.join(tx, user, await tx.now())
        referrals = await tx.referrals.lock_all_of([source, target])
        above = [await tx.referrals.referrers_above(user_id) for user_id in (target, source)]
        return moves(source, target, referrals, *above)

    async def carry_out(self, tx: ReferralsTx, plan: Sequence[Move], source: UserId, target: UserId) -> list[str]:
        """Do it, the deletions first, then hand over payments, days and amounts; return the log.

        Who takes the place is judged at once by all that the two have paid.
        """
        now = await tx.now()
        for move in plan:
            if move.fate is not Fate.MOVE:
                await self.undo(tx, move.referral, now)
        for move in plan:
            if move.fate is Fate.MOVE:
                await tx.referrals.save(
                    replace(move.referral, referred_user_id=target)
                    if move.received
                    else replace(move.referral, referring_user_id=target)
                )
        lines = [told(move, source, target) for move in plan]
        await tx.customers.replace(source, target)
        if paid := await tx.payments.move(source, target):
            lines.append(f"payments of {source}: {paid} now with {target}")
        lines += await self._hand_over(tx, source, target, now)
        if await tx.profiles.get(source):
            await tx.profiles.delete(source)
            lines.append(f"profile of {source}: deleted")
        if user := await tx.customers.lock(target):
            await self.settle(tx, user, now)
        return lines

    async def _hand_over(self, tx: ReferralsTx, source: UserId, target: UserId, now: datetime) -> list[str]:
        holders = {it.user_id: it for it in await tx.ledger.lock([source, target])}
        giver, taker = holders[source], holders[target]
        postings = moved(giver, taker, await tx.ledger.balances_of(giver), self.new_id(), now)
        await self.book(tx, [giver, taker], postings, now)
        left = days_left(giver.credit_until, now)
        line = f"accounts of {source}: {len(postings)} postings now with {target}, {left} days left among them"
        return [line] if postings else []
