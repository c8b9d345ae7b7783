"""Payments, whose they are, and what takes them back."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Integer, bindparam, column, select, text, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from growth.adapters.db.accounts import PAYMENTS as ROOM
from growth.adapters.db.accounts import USERS
from growth.adapters.db.clock import MOVED_TIME
from growth.adapters.db.names import keys_of, lock_names
from growth.adapters.db.prepared import Prepared
from growth.adapters.db.referrals import REFERRALS
from growth.adapters.db.rows import Rows
from growth.adapters.db.tables.messages import inbox_events
from growth.adapters.db.tables.referrals import (
    payer_fingerprints,
    payer_names,
    payment_references,
    payments,
    referrals,
    setback_references,
    setbacks,
)
from growth.adapters.db.types import Words
from growth.domain.kernel.customers import User
from growth.domain.kernel.ids import UserId
from growth.domain.kernel.inbox import InboxEvent, InboxState
from growth.domain.referrals.entities.payments import Case, Paid, Payment, Setback

PAYMENTS = Rows(Payment, payments)
SETBACKS = Rows(Setback, setbacks)

# Locks first, then the insert: whoever waits for this event's row has not a lock that this one still wants. Nothing is
# written, nor locked, when it was settled before: the commit then waits for no disk.
_OPEN = text(f"""
    INSERT INTO inbox_event AS kept (id, source, event_id, topic, body, state, attempts, received_at, settled_at)
    SELECT :id, :source, :event_id, :topic, :body, 'handled', 1, clock.now, clock.now
    FROM (SELECT count(*) FROM (
              SELECT pg_advisory_xact_lock(key) FROM unnest(CAST(:keys AS bigint[])) AS key) AS waited) AS locked
    CROSS JOIN LATERAL ({MOVED_TIME.text}) AS clock (now)
    WHERE NOT EXISTS (SELECT FROM inbox_event
                      WHERE source = :source AND event_id = :event_id AND state NOT IN ('received', 'failed'))
    ON CONFLICT (source, event_id) DO UPDATE
        SET state = excluded.state, reason = NULL, attempts = kept.attempts + 1, settled_at = excluded.settled_at
        WHERE kept.state IN ('received', 'failed')
    RETURNING settled_at
""").bindparams(bindparam("id", type_=inbox_events.c.id.type), bindparam("body", type_=inbox_events.c.body.type))  # noqa: S608 - a constant
# Whose it is: the first that fits wins.
_OWNER = """
    SELECT id FROM (
        SELECT id, 1 AS place FROM user_account WHERE stripe_customer_id = {of}customer_id
        UNION ALL SELECT id, 2 FROM user_account WHERE id = {of}named_user_id
        UNION ALL SELECT u.id, 3 FROM payer_name n JOIN user_account u ON u.id = n.user_id
                  WHERE n.name IN ({of}customer_id, {of}subscription_id, {of}external_id)
    ) AS found ORDER BY place, id LIMIT 1
"""
_ADD = Prepared(text(f"""
    WITH payer AS MATERIALIZED (
        SELECT * FROM user_account WHERE id = ({_OWNER.format(of=":")}) FOR NO KEY UPDATE
    ), added AS (
        INSERT INTO payment (id, source, external_id, user_id, customer_id, named_user_id, subscription_id, amount,
                             currency, paid_at, received_at)
        VALUES (:id, :source, :external_id, (SELECT id FROM payer), :customer_id, :named_user_id, :subscription_id,
                :amount, :currency, :paid_at, :received_at)
        ON CONFLICT DO NOTHING RETURNING id
    )
    SELECT (SELECT count(*) FROM added), {", ".join(f"payer.{column.name}" for column in USERS.columns)}
    FROM (VALUES (1)) AS one LEFT JOIN payer ON true
""").bindparams(  # noqa: S608 - names of ours
    bindparam("id", type_=payments.c.id.type),
    *(bindparam(name, type_=Words()) for name in ("customer_id", "named_user_id", "subscription_id", "external_id")),
).columns(column("added", Integer), *USERS.columns))  # fmt: skip
_NAMES = """ARRAY(
    SELECT name FROM payer_name WHERE user_id = :user_id
    UNION ALL SELECT stripe_customer_id FROM user_account WHERE id = :user_id
)"""
_HIS = text(f"""
    SELECT {", ".join(f"pay.{column.name}" for column in PAYMENTS.columns)} FROM payment pay
    WHERE (pay.customer_id = ANY({_NAMES}) OR pay.subscription_id = ANY({_NAMES}) OR pay.external_id = ANY({_NAMES})
           OR pay.named_user_id = :user_id)
      AND pay.user_id IS DISTINCT FROM :counts_for AND ({_OWNER.format(of="pay.")}) = :user_id
    ORDER BY pay.id FOR UPDATE OF pay
""").columns(*PAYMENTS.columns)  # noqa: S608 - names of ours
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

    async def lock_paid_by(self, references: Collection[str]) -> None:
        query = select(payment_references.c.external_id).where(payment_references.c.reference.in_(references))
        await self.lock_names(list((await self._connection.execute(query)).scalars()))

    async def open(self, event: InboxEvent, names: Collection[str]) -> datetime | None:
        asked = {name: getattr(event, name) for name in ("id", "source", "event_id", "topic", "body")}
        opened = await self._connection.execute(_OPEN, asked | {"keys": keys_of(ROOM, names)})
        at: datetime | None = opened.scalar()
        return at and at.astimezone(UTC)

    async def close(self, event: InboxEvent, state: InboxState, reason: str | None) -> None:
        of = inbox_events.c
        query = update(inbox_events).where(of.source == event.source, of.event_id == event.event_id)
        await self._connection.execute(query.values(state=state, reason=reason))

    async def add(self, payment: Payment) -> tuple[bool, User | None]:
        ((added, *payer),) = await _ADD.fetch(self._connection, PAYMENTS.write(payment))
        return added == 1, None if payer[0] is None else USERS.one(payer)

    async def lock_unmatched(self, user: User) -> list[Payment]:
        asked = {"user_id": user.id, "counts_for": user.counts_for}
        return PAYMENTS.all(await self._connection.execute(_HIS, asked))

    async def assign(self, ids: Collection[UUID], user_id: UserId) -> None:
        await self._connection.execute(update(payments).where(payments.c.id.in_(ids)).values(user_id=user_id))

    async def move(self, source: UserId, target: UserId) -> int:
        query = update(payments).where(payments.c.user_id == source).values(user_id=target)
        return (await self._connection.execute(query)).rowcount

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
        return _paid(await self._connection.execute(_OF_USER, {"user_id": user_id}))

    async def lock_case(self, user_id: UserId) -> Case | None:
        rows = await _CASE.fetch(self._connection, {"user_id": user_id})
        edge = len(REFERRALS.columns)
        return Case(REFERRALS.one(rows[0][:edge]), _paid(row[edge:] for row in rows)) if rows else None


_TOUCHED = [*PAYMENTS.columns, payment_references.c.reference, *SETBACKS.columns]
# A charge is linked to an invoice directly, or through its payment intent.
_linked = (
    payments.outerjoin(payment_references, payment_references.c.external_id == payments.c.external_id)
    .outerjoin(setback_references, setback_references.c.reference == payment_references.c.reference)
    .outerjoin(setbacks, setbacks.c.id == setback_references.c.setback_id)
)
_OF_USER = select(*_TOUCHED).select_from(_linked).where(payments.c.user_id == bindparam("user_id"))
_received = referrals.outerjoin(_linked, payments.c.user_id == referrals.c.referred_user_id)
_CASE = Prepared(
    select(*REFERRALS.columns, *_TOUCHED)
    .select_from(_received)
    .where(referrals.c.referred_user_id == bindparam("user_id"), referrals.c.deleted_at.is_(None))
    .with_for_update(of=referrals)
)


def _paid(rows: Iterable[Sequence[Any]]) -> tuple[Paid, ...]:
    """Return payments from rows that repeat each for every link, and a link for every setback."""
    edge = len(PAYMENTS.columns)
    touching: dict[Payment, dict[str, list[Setback]]] = defaultdict(lambda: defaultdict(list))
    for row in rows:
        if row[0] is not None:
            link, id_ = row[edge : edge + 2]
            setbacks_ = touching[PAYMENTS.one(row[:edge])][link]
            if id_ is not None:
                setbacks_.append(SETBACKS.one(row[edge + 1 :]))
    ordered = sorted(touching.items(), key=lambda item: item[0].paid_at)
    return tuple(Paid(payment, tuple(tuple(link) for link in found.values())) for payment, found in ordered)
