"""What referring users get for a contract."""

from dataclasses import dataclass

from growth.domain.kernel.begin import Begin
from growth.domain.referrals.entities.rewards import RewardAmount
from growth.domain.referrals.ports.stores import ReferralsTx


@dataclass(frozen=True, slots=True)
class AddRewardAmount:
    """Add an amount that holds from its start date on; the same again changes nothing."""

    begin: Begin[ReferralsTx]

    async def __call__(self, amount: RewardAmount) -> None:
        async with self.begin() as tx:
            await tx.amounts.add([amount])
