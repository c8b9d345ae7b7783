"""The referred user has a contract."""

from dataclasses import dataclass

from growth.domain.kernel.begin import Begin
from growth.domain.kernel.ids import ContractRef
from growth.domain.referrals.entities.referrals import ReferralId, UnknownReferral
from growth.domain.referrals.ports.stores import ReferralsTx
from growth.domain.referrals.steps.contracting import Contracting


@dataclass(frozen=True, slots=True)
class AddContractToReferral:
    """Give a referral its contract; the same again changes nothing.

    Raises `UnknownReferral`, `ContractTaken`, `ReferralIsOver`, `ForeignContract`, `ContractSpent`.
    """

    begin: Begin[ReferralsTx]
    give: Contracting

    async def __call__(self, id: ReferralId, ref: ContractRef) -> None:
        async with self.begin() as tx:
            await tx.referrals.lock_contract(ref)
            referral = await tx.referrals.lock(id)
            if referral is None:
                raise UnknownReferral
            await self.give(tx, referral, ref, await tx.now())
