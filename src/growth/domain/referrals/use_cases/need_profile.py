"""A user's profile, made on first need."""

from dataclasses import dataclass

from growth.domain.kernel.begin import Begin
from growth.domain.kernel.ids import UserId
from growth.domain.referrals.entities.profiles import Profile, UnknownUser
from growth.domain.referrals.ports.stores import ReferralsTx
from growth.domain.referrals.steps.joining import Joining


@dataclass(frozen=True, slots=True)
class NeedProfile:
    """Return a user's profile; two first needs at once make one. Where another took his place, it is the other's.

    Raises `UnknownUser`.
    """

    begin: Begin[ReferralsTx]
    join: Joining

    async def __call__(self, user_id: UserId) -> Profile:
        async with self.begin() as tx:
            user = await tx.customers.get(user_id)
            if user and user.replaced_by:
                user = await tx.customers.get(user.replaced_by)
            if user is None:
                raise UnknownUser
            return await self.join(tx, user, await tx.now())
