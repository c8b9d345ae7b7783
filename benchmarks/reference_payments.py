"""The reference's payments: Stripe's webhook written the ordinary way, in the session of the request.

It has the features of ours that are part of a first payment: the signature, the event kept once, the payment, its
user by his customer id, whether it is his first and was not taken back, the look for fraud, four entries, two windows,
the tier. The rules of fraud and windows are the service's; payments of nobody yet, caps, reviews and partners, and the
locks against events that arrive in another order, are left out, which is in its favour.
"""

import json
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any
from uuid import UUID
from zoneinfo import ZoneInfo

from fastapi import Depends, Header, HTTPException, Request
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, aliased, relationship
from stripe import SignatureVerificationError, WebhookSignature
from uuid_utils.compat import uuid7

from benchmarks.frame import STRIPE_SECRET
from benchmarks.reference_orm import Base, PersonRow, app, serve, session
from growth.adapters.db.tables import accounts, messages
from growth.adapters.db.tables import referrals as programme
from growth.adapters.disposable_emails import disposable_domains
from growth.domain.referrals.business_rules.suspicion import suspicions
from growth.domain.referrals.business_rules.windows import extended
from growth.domain.referrals.entities.suspicion import Likeness

_DAYS, _REFUND_WINDOW, _PER_DAY, _ZONE = 45, timedelta(days=90), 100, ZoneInfo("Europe/Paris")
_DISPOSABLE = disposable_domains()


class InboxRow(Base):
    __table__ = messages.inbox_events


class UserRow(Base):
    __table__ = accounts.users


class PaymentRow(Base):
    __table__ = programme.payments
    user: Mapped[UserRow | None] = relationship()


class LinkRow(Base):
    __table__ = programme.payment_references


class SetbackRow(Base):
    __table__ = programme.setbacks


class SetbackLinkRow(Base):
    __table__ = programme.setback_references


class ReferralRow(Base):
    __table__ = programme.referrals


class HolderRow(Base):
    __table__ = programme.holders


class EntryRow(Base):
    __table__ = programme.entries


class FingerprintRow(Base):
    __table__ = programme.payer_fingerprints


@app.post("/webhooks/stripe")
async def take_event(
    request: Request, db: Annotated[AsyncSession, Depends(session)], stripe_signature: Annotated[str, Header()]
) -> dict[str, bool]:
    body = await request.body()
    try:
        WebhookSignature.verify_header(body.decode(), stripe_signature, STRIPE_SECRET, tolerance=300)
    except SignatureVerificationError as error:
        raise HTTPException(401) from error
    told = json.loads(body)
    now = datetime.now(UTC)
    event = await _kept(db, told, now)
    if event is not None and told["type"] == "invoice.paid":
        event.state = "handled" if await _paid(db, told["data"]["object"], now) else "ignored"
        event.settled_at, event.attempts = now, 1
    return {"received": True}


async def _kept(db: AsyncSession, told: dict[str, Any], now: datetime) -> InboxRow | None:
    """Return the event's new row; None when it was here before."""
    query = select(InboxRow).where(InboxRow.source == "stripe", InboxRow.event_id == told["id"])
    if (await db.execute(query)).scalar_one_or_none() is not None:
        return None
    event = InboxRow(id=uuid7(), source="stripe", event_id=told["id"], topic=told["type"], body=told)
    event.state, event.received_at = "received", now
    db.add(event)
    await db.flush()
    return event


async def _paid(db: AsyncSession, invoice: dict[str, Any], now: datetime) -> bool:
    query = select(UserRow).where(UserRow.stripe_customer_id == invoice["customer"]).with_for_update(key_share=True)
    user = (await db.execute(query)).scalar_one_or_none()
    payment = PaymentRow(id=uuid7(), source="stripe", external_id=invoice["id"], customer_id=invoice["customer"])
    payment.user_id = user.id if user else None
    payment.subscription_id = invoice["parent"]["subscription_details"]["subscription"]
    payment.amount, payment.currency, payment.received_at = invoice["amount_paid"], invoice["currency"], now
    payment.paid_at = datetime.fromtimestamp(invoice["status_transitions"]["paid_at"], UTC)
    db.add(payment)
    await db.flush()
    if user is None:
        return False
    first = await _first_payment(db, user)
    user.tier = "paid"
    query = select(ReferralRow).where(ReferralRow.referred_user_id == user.id, ReferralRow.deleted_at.is_(None))
    referral = (await db.execute(query.with_for_update())).scalar_one_or_none()
    if referral and first and referral.status == "created" and not referral.referred_contract_ref:
        await _convert(db, user, referral, now)
    return True


async def _first_payment(db: AsyncSession, user: UserRow) -> PaymentRow | None:
    """Return the first of the user's payments, unless it was taken back."""
    query = select(PaymentRow).where(PaymentRow.user_id == user.id).order_by(PaymentRow.paid_at)
    first = (await db.execute(query)).scalars().all()[0]
    query = (
        select(SetbackRow)
        .join(SetbackLinkRow, SetbackLinkRow.setback_id == SetbackRow.id)
        .join(LinkRow, LinkRow.reference == SetbackLinkRow.reference)
        .where(LinkRow.external_id == first.external_id, SetbackRow.state == "done")
    )
    back = [each for each in (await db.execute(query)).scalars() if each.happened_at - first.paid_at <= _REFUND_WINDOW]
    return None if back else first


async def _convert(db: AsyncSession, user: UserRow, referral: ReferralRow, now: datetime) -> None:
    referring = await db.get(UserRow, referral.referring_user_id)
    found = suspicions(await _likeness(db, user, referring, referral), _DISPOSABLE, _PER_DAY)
    referral.held_for, referral.turn, referral.converted_at = found, referral.turn + 1, now
    referral.status = "held" if found else "converted"
    referral.credited_at = None if found else now
    both = sorted([user.id, referring.id])
    query = select(HolderRow).where(HolderRow.user_id.in_(both)).order_by(HolderRow.user_id).with_for_update()
    holders = {each.user_id: each for each in (await db.execute(query)).scalars()}
    for user_id in both:
        if user_id not in holders:
            holders[user_id] = HolderRow(id=uuid7(), user_id=user_id, country_code=user.country_code, credit_until=None)
            db.add(holders[user_id])
    posted = uuid7()
    for holder in holders.values():
        db.add_all(_entries(referral, holder, posted, now))
        if not found:
            holder.credit_until = extended(holder.credit_until, _DAYS, now)


def _entries(referral: ReferralRow, holder: HolderRow, posted: UUID, now: datetime) -> list[EntryRow]:
    book, reason = ("held", "hold") if referral.status == "held" else ("credit", "first_payment")
    rows = []
    for account, amount, way in (("programme:FR", -_DAYS, "from"), (f"{book}:{holder.id}", _DAYS, "to")):
        row = EntryRow(at=now, transaction_id=posted, account=account, unit="day", amount=amount, reason=reason)
        row.referral_id, row.idempotency_key = referral.id, f"{referral.id}/{referral.turn}/{holder.id}:{way}"
        rows.append(row)
    return rows


async def _likeness(db: AsyncSession, user: UserRow, referring: UserRow, referral: ReferralRow) -> Likeness:
    """Look for what both sides have in common."""
    mine, hers = ([it for it in (u.email, u.pro_email, u.company_email) if it] for u in (user, referring))
    phones = []
    for emails in (mine, hers):
        query = select(PersonRow.phone).where(PersonRow.email.in_(emails), PersonRow.phone_valid)
        phones.append(set((await db.execute(query)).scalars()))
    other = aliased(FingerprintRow)
    query = (
        select(func.count()).select_from(FingerprintRow).join(other, other.fingerprint == FingerprintRow.fingerprint)
    )
    query = query.where(FingerprintRow.customer_id == user.stripe_customer_id)
    shared = await db.scalar(query.where(other.customer_id == referring.stripe_customer_id))
    day = referral.created_at.astimezone(_ZONE).replace(hour=0, minute=0, second=0, microsecond=0)
    query = select(func.count()).where(ReferralRow.referring_user_id == referring.id, ReferralRow.deleted_at.is_(None))
    query = query.where(ReferralRow.created_at >= day, ReferralRow.created_at < day + timedelta(days=1))
    that_day = await db.scalar(query)
    return Likeness(tuple(mine), tuple(hers), bool(phones[0] & phones[1]), bool(shared), that_day or 0)


if __name__ == "__main__":
    serve()
