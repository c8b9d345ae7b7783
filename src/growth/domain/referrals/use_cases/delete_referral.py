"""Deleting referrals and profiles."""

from dataclasses import dataclass

from growth.domain.kernel.begin import Begin
from growth.domain.kernel.ids import UserId
from growth.domain.referrals.entities.referrals import ReferralId
from growth.domain.referrals.ports.stores import ReferralsTx
from growth.domain.referrals.steps.undoing import Undoing


@dataclass(frozen=True, slots=True)
class DeleteReferral:
    """Delete a referral with its discount; one that is not there changes nothing."""

    begin: Begin[ReferralsTx]
    undo: Undoing

    async def __call__(self, id: ReferralId) -> None:
        async with self.begin() as tx:
            referral = await tx.referrals.lock(id)
            if referral and not referral.deleted_at:
                await self.undo(tx, referral, await tx.now())


@dataclass(frozen=True, slots=True)
class DeleteReferralProfile:
    """Delete all referrals that a user sent and received, with their discounts, then his profile."""

    begin: Begin[ReferralsTx]
    undo: Undoing

    async def __call__(self, user_id: UserId) -> None:
        async with self.begin() as tx:
            await tx.referrals.lock_graph()
            now = await tx.now()
            for referral in await tx.referrals.lock_all_of([user_id]):
                await self.undo(tx, referral, now)
            await tx.profiles.delete(user_id)
