"""Bringing the credit of a user's referral, and his tier, in line with all that is known of his payments."""

from dataclasses import dataclass, replace
from datetime import datetime

from growth.domain.kernel.customers import User
from growth.domain.referrals.business_rules.bookkeeping import granted, released, restored, reversal
from growth.domain.referrals.business_rules.judging import Step, is_paying, judge, steps_to
from growth.domain.referrals.entities.events import ReferralEvent
from growth.domain.referrals.entities.ledger import Reason
from growth.domain.referrals.entities.payments import Paid
from growth.domain.referrals.entities.referrals import Referral, ReferralStatus
from growth.domain.referrals.entities.terms import Programme, Terms
from growth.domain.referrals.ports.stores import ReferralsTx
from growth.domain.referrals.steps.booking import Booking, sides, within_caps
from growth.domain.referrals.steps.publishing import Publishing
from growth.domain.referrals.steps.weighing import Weighing


@dataclass(frozen=True, slots=True)
class Settling:
    """The step, with what it needs beside its transaction."""

    programme: Programme
    weigh: Weighing
    book: Booking
    publish: Publishing

    async def __call__(self, tx: ReferralsTx, user: User, now: datetime) -> str | None:
        """Settle everything of a locked user; return why nothing is granted, where there is a reason to tell."""
        case = await tx.payments.lock_case(user.id)
        payments = case.payments if case else await tx.payments.of_user(user.id)
        await self._tier(tx, user, payments, now)
        if case is None:
            return None
        terms = self.programme.agreed(case.referral.referred_country_code, case.referral.terms_version)
        for _ in range(2):  # twice, for what has just been held is judged otherwise
            for step in steps_to(judge(case, terms), case.referral):
                case = replace(case, referral=await self._take(tx, step, case.referral, terms, now))
        return "rewarded_by_contract" if case.referral.referred_contract_ref else None

    async def _tier(self, tx: ReferralsTx, user: User, payments: tuple[Paid, ...], now: datetime) -> None:
        terms = self.programme.in_force(user.country_code, now)
        paying = is_paying(payments)
        tier = terms.paying_tier if paying else terms.free_tier
        if payments and user.tier != tier and (user.tier in {None, terms.free_tier} or not paying):
            await tx.customers.set_tier(user.id, tier)

    async def _take(self, tx: ReferralsTx, step: Step, referral: Referral, terms: Terms, now: datetime) -> Referral:
        changed, event = await {
            Step.CONVERT: self._convert,
            Step.HOLD_AGAIN: self._hold_again,
            Step.REVERSE: self._reverse,
            Step.RESTORE: self._restore,
            Step.REJECT: self._reject,
            Step.ANNUL: self._annul,
        }[step](tx, referral, terms, now)
        changed = replace(changed, turn=referral.turn + 1)
        await tx.referrals.save(changed)
        await self.publish(tx, event, changed, now)
        return changed

    async def _convert(
        self, tx: ReferralsTx, referral: Referral, terms: Terms, now: datetime
    ) -> tuple[Referral, ReferralEvent]:
        found = await self.weigh(tx, referral, terms)
        holders = await tx.ledger.lock(sides(referral))
        postings = granted(referral, holders, terms, held=bool(found))
        await self.book(tx, holders, await within_caps(tx, referral, postings, terms, now), now)
        if found:
            held = replace(referral, status=ReferralStatus.HELD, converted_at=now, held_for=found)
            return held, ReferralEvent.HELD
        converted = replace(referral, status=ReferralStatus.CONVERTED, converted_at=now, credited_at=now)
        return converted, ReferralEvent.CONVERTED

    async def _hold_again(
        self, tx: ReferralsTx, referral: Referral, terms: Terms, now: datetime
    ) -> tuple[Referral, ReferralEvent]:
        holders = await tx.ledger.lock(sides(referral))
        postings = granted(referral, holders, terms, held=True)
        await self.book(tx, holders, await within_caps(tx, referral, postings, terms, now), now)
        return replace(referral, status=ReferralStatus.HELD), ReferralEvent.HELD

    async def _reverse(
        self, tx: ReferralsTx, referral: Referral, _terms: Terms, now: datetime
    ) -> tuple[Referral, ReferralEvent]:
        if referral.status is ReferralStatus.HELD:  # held in the same breath, its refund being known before
            return await self._reject(tx, referral, _terms, now)
        holders = await tx.ledger.lock(sides(referral))
        balances = await tx.ledger.balances(referral.id)
        await self.book(tx, holders, reversal(referral, balances, holders, now, Reason.REVERSAL), now)
        return replace(referral, status=ReferralStatus.REVERSED), ReferralEvent.REVERSED

    async def _restore(
        self, tx: ReferralsTx, referral: Referral, terms: Terms, now: datetime
    ) -> tuple[Referral, ReferralEvent]:
        holders = await tx.ledger.lock(sides(referral))
        postings = restored(referral, await tx.ledger.last_reversal(referral.id), holders)
        await self.book(tx, holders, await within_caps(tx, referral, postings, terms, now), now)
        return replace(referral, status=ReferralStatus.CONVERTED), ReferralEvent.RESTORED

    async def _reject(
        self, tx: ReferralsTx, referral: Referral, _terms: Terms, now: datetime
    ) -> tuple[Referral, ReferralEvent]:
        holders = await tx.ledger.lock(sides(referral))
        balances = await tx.ledger.balances(referral.id)
        await self.book(tx, holders, released(referral, balances, Reason.REJECT), now)
        return replace(referral, status=ReferralStatus.REJECTED), ReferralEvent.REJECTED

    async def _annul(
        self, tx: ReferralsTx, referral: Referral, terms: Terms, now: datetime
    ) -> tuple[Referral, ReferralEvent]:
        back, _ = await self._reverse(tx, referral, terms, now)
        never = replace(back, status=ReferralStatus.CREATED, converted_at=None, credited_at=None, held_for=())
        return never, ReferralEvent.REVERSED
