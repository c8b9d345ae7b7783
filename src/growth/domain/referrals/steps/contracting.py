"""Giving a referral its contract, asked for or because the contract was signed."""

from dataclasses import dataclass
from datetime import datetime

from growth.domain.kernel.errors import GrowthError
from growth.domain.kernel.facts import ContractSigned
from growth.domain.kernel.ids import ContractRef
from growth.domain.referrals.business_rules.contracts import with_contract
from growth.domain.referrals.entities.events import ReferralEvent
from growth.domain.referrals.entities.referrals import Referral
from growth.domain.referrals.ports.stores import ReferralsTx
from growth.domain.referrals.steps.publishing import Publishing


@dataclass(frozen=True, slots=True)
class Contracting:
    """The step, with what it needs beside its transaction."""

    publish: Publishing

    async def __call__(self, tx: ReferralsTx, referral: Referral, ref: ContractRef, now: datetime) -> Referral:
        """Return the locked referral with the contract. Raises what `with_contract` raises."""
        changed = with_contract(referral, ref, await tx.customers.contract(ref))
        if changed is not referral:
            await tx.referrals.save(changed)
            await self.publish(tx, ReferralEvent.SIGNED_CONTRACT, changed, now)
        return changed

    async def when_signed(self, tx: ReferralsTx, fact: ContractSigned) -> None:
        """Give the contract to the referral by which its user came, where there is one that can have it."""
        referral = await tx.referrals.lock_received(fact.contract.user_id)
        if referral is None:
            return
        try:
            await self(tx, referral, fact.contract.ref, await tx.now())
        except GrowthError:
            return  # it has another one, or another reward: the signature stands for itself
