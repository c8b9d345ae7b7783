"""Doing what a payment provider's event says."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from growth.domain.kernel.customers import User
from growth.domain.kernel.ids import NewId, UserId
from growth.domain.kernel.inbox import Heard, InboxEvent, InboxState
from growth.domain.referrals.business_rules.setbacks import newest, setback_of
from growth.domain.referrals.entities.payment_news import (
    ChargeLinked,
    ChargeRefunded,
    CustomerLinked,
    DisputeTold,
    FingerprintSeen,
    NoNews,
    PaymentMade,
    PaymentNews,
    RefundTold,
)
from growth.domain.referrals.entities.payments import Payment
from growth.domain.referrals.ports.stores import ReferralsTx
from growth.domain.referrals.steps.matching import Matching
from growth.domain.referrals.steps.settling import Settling


@dataclass(frozen=True, slots=True)
class _Effect:
    """`concerned`: the users whose credit may change; `payers`: the same, locked. `reason`: why nobody's does."""

    concerned: tuple[UserId, ...] = ()
    payers: tuple[User, ...] = ()
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class Hearing:
    """The step, with what it needs beside its transaction."""

    settle: Settling
    match: Matching
    new_id: NewId

    async def __call__(self, tx: ReferralsTx, event: InboxEvent, news: Sequence[PaymentNews], now: datetime) -> Heard:
        """Act on news whose names are locked; return what became of them, and why where nothing did.

        Facts are written first, then each user concerned is locked and judged anew by all of them.
        """
        heard = [await self._take(tx, event, item, now) for item in news]
        reasons = [it.reason for it in heard if it.reason]
        users = {user.id: user for it in heard for user in it.payers}
        for user_id in sorted({*users, *(user_id for it in heard for user_id in it.concerned)}):
            user = users.get(user_id) or await tx.customers.lock_payer(user_id)
            reason = await self.settle(tx, user, now) if user else None
            reasons += [reason] if reason else []
        state = InboxState.HANDLED if any(it.reason is None for it in heard) else InboxState.IGNORED
        return state, reasons[0] if reasons else None

    async def _take(self, tx: ReferralsTx, event: InboxEvent, news: PaymentNews, now: datetime) -> _Effect:
        match news:
            case PaymentMade():
                return await self._payment(tx, event, news, now)
            case CustomerLinked():
                names = [name for name in (news.customer_id, *news.references) if name]
                await tx.payments.link_user(names, news.user_id)
                if user := await tx.customers.lock(news.user_id):
                    await self.match(tx, user, now)
                return _Effect()
            case ChargeLinked():
                await tx.payments.link(news.external_id, news.references)
                return _Effect(tuple(await tx.payments.owners_of([news.external_id])))
            case ChargeRefunded() | RefundTold() | DisputeTold():
                await tx.payments.lock_paid_by(news.references)  # it may come just now, and would not see this
                told = setback_of(news)
                await tx.payments.put_setback(newest(await tx.payments.setback(told.id), told), news.references)
                owners = tuple(await tx.payments.owners_of(news.references))
                return _Effect(owners, reason=None if owners else "payment_not_known_yet")
            case FingerprintSeen():
                await tx.payments.add_fingerprint(news.customer_id, news.fingerprint)
                return _Effect()
            case NoNews():
                return _Effect(reason=news.reason)

    async def _payment(self, tx: ReferralsTx, event: InboxEvent, news: PaymentMade, now: datetime) -> _Effect:
        payment = Payment(
            id=self.new_id(),
            source=event.source,
            external_id=news.external_id,
            user_id=None,
            customer_id=news.customer_id,
            named_user_id=news.named_user_id,
            subscription_id=news.subscription_id,
            amount=news.amount,
            currency=news.currency,
            paid_at=news.paid_at,
            received_at=now,
        )
        fresh, user = await tx.payments.add(payment)
        if not fresh:
            return _Effect(reason="known_payment")
        if user and user.replaced_by:
            await tx.payments.assign([payment.id], user.replaced_by)
            user = await tx.customers.lock(user.replaced_by)
        return _Effect(payers=(user,)) if user else _Effect(reason="unknown_customer")


def names_of(news: PaymentNews) -> list[str]:
    """Return every id by which other events may speak of the same payment."""
    match news:
        case PaymentMade():
            found: tuple[str | None, ...] = (
                news.external_id, news.customer_id, news.subscription_id, news.named_user_id, *news.references,
            )  # fmt: skip
        case CustomerLinked():
            found = (news.customer_id, news.user_id, *news.references)
        case ChargeLinked():
            found = (news.external_id, *news.references)
        case ChargeRefunded() | RefundTold() | DisputeTold():
            found = tuple(news.references)
        case FingerprintSeen() | NoNews():
            found = ()
    return [name for name in found if name]
