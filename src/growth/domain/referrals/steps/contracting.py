"""Giving a referral its contract, asked for or because the contract was signed."""

from dataclasses import dataclass
from datetime import datetime

from growth.domain.kernel.errors import GrowthError
from growth.domain.kernel.facts import ContractSigned, ContractTold
from growth.domain.kernel.ids import ContractRef
from growth.domain.referrals.business_rules.contracts import is_foreign, with_contract, without_contract
from growth.domain.referrals.entities.events import ReferralEvent
from growth.domain.referrals.entities.referrals import Referral, ReferralStatus
from growth.domain.referrals.ports.stores import ReferralsTx
from growth.domain.referrals.steps.publishing import Publishing
from growth.domain.referrals.steps.settling import Settling


@dataclass(frozen=True, slots=True)
class Contracting:
    """The step, with what it needs beside its transaction."""

    publish: Publishing
    settle: Settling

    async def __call__(self, tx: ReferralsTx, referral: Referral, ref: ContractRef, now: datetime) -> Referral:
        """Return the locked referral with the locked contract. Raises what `with_contract` raises."""
        spent = await tx.referrals.is_spent(ref, but=referral.id)
        changed = with_contract(referral, ref, await tx.customers.contract(ref), spent=spent)
        if changed is not referral:
            await tx.referrals.save(changed)
            await self.publish(tx, ReferralEvent.SIGNED_CONTRACT, changed, now)
        return changed

    async def when_signed(self, tx: ReferralsTx, fact: ContractSigned) -> None:
        """Give the contract to the referral by which its user came, where there is one that can have it."""
        await tx.referrals.lock_contract(fact.contract.ref)
        contract = await tx.customers.contract(fact.contract.ref)
        referral = await tx.referrals.lock_received(contract.user_id) if contract else None
        if referral is None:
            return
        try:
            await self(tx, referral, fact.contract.ref, await tx.now())
        except GrowthError:
            return  # it has another one, or another reward: the signature stands for itself

    async def when_told(self, tx: ReferralsTx, fact: ContractTold) -> None:
        """Take the contract from a referral that got it before anybody knew whose it is, and whose it is not."""
        ref = fact.contract.ref
        await tx.referrals.lock_contract(ref)
        contract, holding = await tx.customers.contract(ref), await tx.referrals.with_contract(ref)
        if contract is None or holding is None:
            return
        user = await tx.customers.lock_payer(holding.referred_user_id)
        referral = await tx.referrals.lock(holding.id)
        if user and referral and referral.status is ReferralStatus.CONTRACTED and is_foreign(referral, contract):
            await tx.referrals.save(without_contract(referral))
            await self.settle(tx, user, await tx.now())
