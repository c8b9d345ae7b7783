"""Payments, whose they are, and what takes them back."""

from collections import defaultdict
from collections.abc import Collection
from uuid import UUID

from sqlalchemy import or_, select, text, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from growth.adapters.db.accounts import PAYMENTS as ROOM
from growth.adapters.db.names import lock_names
from growth.adapters.db.referrals import SqlReferrals
from growth.adapters.db.rows import Rows
from growth.adapters.db.tables.referrals import (
    payer_fingerprints,
    payer_names,
    payment_references,
    payments,
    setback_references,
    setbacks,
)
from growth.domain.kernel.customers import User
from growth.domain.kernel.ids import UserId
from growth.domain.referrals.entities.payments import Case, Paid, Payment, Setback

PAYMENTS = Rows(Payment, payments)
SETBACKS = Rows(Setback, setbacks)

# A charge is linked to an invoice directly, or through its payment intent.
_OF_USER = text("""
    SELECT DISTINCT pay.external_id, s.id, s.kind, s.state, s.amount, s.happened_at, s.told_at
    FROM payment pay
    JOIN payment_reference link ON link.external_id = pay.external_id
    JOIN payment_setback_reference ref ON ref.reference = link.reference
    JOIN payment_setback s ON s.id = ref.setback_id
    WHERE pay.user_id = :user_id
""").columns(kind=setbacks.c.kind.type, state=setbacks.c.state.type)
_OWNERS = text("""
    SELECT DISTINCT pay.user_id FROM payment pay
    LEFT JOIN payment_reference link ON link.external_id = pay.external_id
    WHERE pay.user_id IS NOT NULL
      AND (pay.external_id = ANY(CAST(:names AS text[])) OR link.reference = ANY(CAST(:names AS text[])))
""")


class SqlPayments:
    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def lock_names(self, names: Collection[str]) -> None:
        await lock_names(self._connection, ROOM, names)

    async def add(self, payment: Payment) -> bool:
        new = insert(payments).values(PAYMENTS.write(payment)).on_conflict_do_nothing()
        return (await self._connection.execute(new)).rowcount == 1

    async def lock_unmatched(self, user: User) -> list[Payment]:
        named = select(payer_names.c.name).where(payer_names.c.user_id == user.id)
        his = or_(
            payments.c.customer_id.is_not(None) & (payments.c.customer_id == (user.stripe_customer_id or "")),
            payments.c.named_user_id == user.id,
            payments.c.customer_id.in_(named),
            payments.c.subscription_id.in_(named),
            payments.c.external_id.in_(named),
        )
        query = select(*PAYMENTS.columns).where(payments.c.user_id.is_(None), his)
        return PAYMENTS.all(await self._connection.execute(query.order_by(payments.c.id).with_for_update()))

    async def assign(self, ids: Collection[UUID], user_id: UserId) -> None:
        await self._connection.execute(update(payments).where(payments.c.id.in_(ids)).values(user_id=user_id))

    async def move(self, source: UserId, target: UserId) -> None:
        await self._connection.execute(update(payments).where(payments.c.user_id == source).values(user_id=target))

    async def link(self, external_id: str, references: Collection[str]) -> None:
        rows = [{"external_id": external_id, "reference": name} for name in sorted(set(references))]
        await self._connection.execute(insert(payment_references).on_conflict_do_nothing(), rows)

    async def link_user(self, names: Collection[str], user_id: UserId) -> None:
        if names:
            rows = [{"name": name, "user_id": user_id} for name in sorted(set(names))]
            await self._connection.execute(insert(payer_names).on_conflict_do_nothing(), rows)

    async def setback(self, id: str) -> Setback | None:
        query = select(*SETBACKS.columns).where(setbacks.c.id == id).with_for_update()
        return SETBACKS.read((await self._connection.execute(query)).first())

    async def put_setback(self, setback: Setback, references: Collection[str]) -> None:
        await SETBACKS.put(self._connection, [setback])
        rows = [{"setback_id": setback.id, "reference": name} for name in sorted(set(references))]
        await self._connection.execute(insert(setback_references).on_conflict_do_nothing(), rows)

    async def owners_of(self, references: Collection[str]) -> list[UserId]:
        return list((await self._connection.execute(_OWNERS, {"names": list(references)})).scalars())

    async def add_fingerprint(self, customer: str, fingerprint: str) -> None:
        new = insert(payer_fingerprints).values(customer_id=customer, fingerprint=fingerprint)
        await self._connection.execute(new.on_conflict_do_nothing())

    async def of_user(self, user_id: UserId) -> tuple[Paid, ...]:
        query = select(*PAYMENTS.columns).where(payments.c.user_id == user_id).order_by(payments.c.paid_at)
        found = PAYMENTS.all(await self._connection.execute(query))
        touching = defaultdict(list)
        for external_id, *setback in await self._connection.execute(_OF_USER, {"user_id": user_id}):
            touching[external_id].append(SETBACKS.one(setback))
        return tuple(Paid(payment, tuple(touching[payment.external_id])) for payment in found)

    async def lock_case(self, user_id: UserId) -> Case | None:
        referral = await SqlReferrals(self._connection).lock_received(user_id)
        return Case(referral, await self.of_user(user_id)) if referral else None
