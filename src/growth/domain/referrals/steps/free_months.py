"""The free month: deciding it, and counting the reward as given."""

from dataclasses import dataclass, replace
from datetime import datetime

from growth.domain.kernel.customers import Contract
from growth.domain.kernel.facts import DiscountInvoiced
from growth.domain.kernel.ids import NewId
from growth.domain.kernel.month import Month, month_at
from growth.domain.referrals.business_rules.contracts import is_foreign
from growth.domain.referrals.business_rules.free_months import amount_on, month_to_discount
from growth.domain.referrals.entities.events import ReferralEvent
from growth.domain.referrals.entities.ledger import Book, Holder, Posting, Reason, Unit, account
from growth.domain.referrals.entities.referrals import (
    Consumed,
    ConsumeOutcome,
    Discount,
    DiscountId,
    Referral,
    ReferralId,
    ReferralStatus,
    UnknownReferral,
)
from growth.domain.referrals.entities.terms import Marking, Programme, RewardUnit, Terms
from growth.domain.referrals.ports.stores import ReferralsTx
from growth.domain.referrals.steps.booking import Booking, sides, within_caps
from growth.domain.referrals.steps.publishing import Publishing
from growth.domain.referrals.steps.weighing import Weighing

_CENTS = 100


@dataclass(frozen=True, slots=True)
class FreeMonths:
    """The step, with what it needs beside its transaction."""

    programme: Programme
    weigh: Weighing
    book: Booking
    publish: Publishing
    new_id: NewId

    async def __call__(self, tx: ReferralsTx, id: ReferralId, asked: Month | None, now: datetime) -> Consumed:
        """Decide the free month of a referral's contract. Raises `UnknownReferral`."""
        referral = await tx.referrals.lock(id)
        if referral is None or referral.deleted_at:
            raise UnknownReferral
        terms = self.programme.agreed(referral.referred_country_code, referral.terms_version)
        done = await self._done_already(tx, referral, terms, now)
        if done or referral.referred_contract_ref is None:
            return done or Consumed(ConsumeOutcome.NO_CONTRACT)
        contract = await tx.customers.contract(referral.referred_contract_ref)
        if contract is None:
            return Consumed(ConsumeOutcome.CONTRACT_NOT_FOUND)
        month = month_to_discount(contract, asked, now, terms.zone, await tx.discounts.months(contract.ref))
        if month is None or is_foreign(referral, contract) or RewardUnit.FREE_MONTH not in terms.rewards:
            return Consumed(ConsumeOutcome.NOT_ELIGIBLE)
        if found := await self.weigh(tx, referral, terms):
            held = replace(referral, status=ReferralStatus.HELD, held_for=found)
            await tx.referrals.save(held)
            await self.publish(tx, ReferralEvent.HELD, held, now)
            return Consumed(ConsumeOutcome.HELD)
        return await self._discount(tx, referral, contract, month, now)

    async def _done_already(self, tx: ReferralsTx, referral: Referral, terms: Terms, now: datetime) -> Consumed | None:
        if referral.referred_contract_ref is None:
            return Consumed(ConsumeOutcome.NO_CONTRACT)
        if referral.status is ReferralStatus.HELD:
            return Consumed(ConsumeOutcome.HELD)
        if referral.status is ReferralStatus.REJECTED:
            return Consumed(ConsumeOutcome.NOT_ELIGIBLE)
        discount = await tx.discounts.of_referral(referral.id)
        what = (discount.month, discount.id) if discount else ()
        if referral.referred_contract_rewarded_on:
            return Consumed(ConsumeOutcome.ALREADY_REWARDED, *what)
        if discount is None:
            return None
        if terms.marking is Marking.DISCOUNT:
            await self._mark(tx, referral, month_at(now, terms.zone), now)
        return Consumed(ConsumeOutcome.ALREADY_DISCOUNTED, *what)

    async def _discount(
        self, tx: ReferralsTx, referral: Referral, contract: Contract, month: Month, now: datetime
    ) -> Consumed:
        terms = self.programme.agreed(referral.referred_country_code, referral.terms_version)
        discount = Discount(DiscountId(self.new_id()), referral.id, contract.ref, month, now)
        if not await tx.discounts.add(discount):
            return Consumed(ConsumeOutcome.NOT_ELIGIBLE)
        holders = await tx.ledger.lock(sides(referral))
        amounts = await tx.amounts.all(contract.country_code, contract.reward_type)
        signed_on = (contract.signed_at or now).astimezone(terms.zone).date()
        euros = amount_on(amounts, signed_on) if contract.reward_type in terms.reward_types else 0
        postings = _rewards(referral, holders, terms, month, euros * _CENTS)
        await self.book(tx, holders, await within_caps(tx, referral, postings, terms, now), now)
        await self.publish(tx, ReferralEvent.DISCOUNTED, referral, now)
        if terms.marking is Marking.DISCOUNT:
            await self._mark(tx, referral, month, now)
        return Consumed(ConsumeOutcome.DISCOUNTED, month, discount.id)

    async def _mark(self, tx: ReferralsTx, referral: Referral, month: Month, now: datetime) -> None:
        rewarded = replace(referral, referred_contract_rewarded_on=month, status=ReferralStatus.REWARDED)
        await tx.referrals.save(rewarded)
        await self.publish(tx, ReferralEvent.REWARDED, rewarded, now)

    async def when_invoiced(self, tx: ReferralsTx, fact: DiscountInvoiced) -> None:
        """Count the reward as given where the free month of the invoice is ours and the country waits for it."""
        found = await tx.discounts.of_month(fact.contract_ref, fact.month)
        referral = await tx.referrals.lock(found.referral_id) if found else None
        discount = await tx.discounts.of_month(fact.contract_ref, fact.month)
        if discount is None or referral is None or referral.deleted_at:
            return
        now = await tx.now()
        if discount.invoiced_at is None:
            await tx.discounts.save(replace(discount, invoiced_at=now))
        if referral.referred_contract_rewarded_on is None and referral.status is ReferralStatus.CONTRACTED:
            await self._mark(tx, referral, fact.month, now)


def _rewards(referral: Referral, holders: list[Holder], terms: Terms, month: Month, cents: int) -> list[Posting]:
    """Return the days of the free month for the referred user, and the amount owed to the referring one."""
    programme = account(Book.PROGRAMME, referral.referred_country_code)
    by_user = {holder.user_id: holder.id for holder in holders}
    referred, referring = by_user.get(referral.referred_user_id), None
    if referral.referring_user_id and RewardUnit.AMOUNT in terms.rewards:
        referring = by_user.get(referral.referring_user_id)
    key = f"{referral.id}/{referral.turn}"
    postings = []
    if referred:
        free = account(Book.DISCOUNT, referred)
        postings.append(
            Posting(f"{key}/free_month", programme, free, Unit.DAY, month.days, Reason.FREE_MONTH, referral.id)
        )
    if referring and cents:
        owed = account(Book.OWED, referring)
        postings.append(
            Posting(f"{key}/amount", programme, owed, Unit.EUR_CENT, cents, Reason.REFERRER_AMOUNT, referral.id)
        )
    return postings
