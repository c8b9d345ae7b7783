"""The ledger: entries are only ever added; a person's window is kept beside them and follows from them."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, ColumnElement, cast, func, select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from growth.adapters.db.prepared import Prepared
from growth.adapters.db.rows import Rows
from growth.adapters.db.tables.referrals import entries, holders
from growth.domain.kernel.ids import NewId, UserId
from growth.domain.referrals.entities.ledger import (
    AccountName,
    Balance,
    Book,
    Holder,
    Posting,
    Reason,
    account,
)
from growth.domain.referrals.entities.referrals import ReferralId

HOLDERS = Rows(Holder, holders)
_PERSONAL = (Book.CREDIT, Book.HELD, Book.OWED, Book.DISCOUNT)
# Opening an account and locking one are the same statement; the order is that of the user ids.
_LOCK = Prepared(
    text("""
        INSERT INTO ledger_holder (id, user_id, country_code)
        SELECT wanted.id, u.id, u.country_code
        FROM unnest(CAST(:ids AS uuid[]), CAST(:users AS text[])) AS wanted (id, user_id)
        JOIN user_account u ON u.id = wanted.user_id ORDER BY u.id
        ON CONFLICT (user_id) DO UPDATE SET country_code = ledger_holder.country_code
        RETURNING id, user_id, country_code, credit_until
    """).columns(*HOLDERS.columns)
)
_POST = Prepared(
    text("""
        WITH windows AS (
            UPDATE ledger_holder h SET credit_until = w.until
            FROM unnest(CAST(:holders AS uuid[]), CAST(:untils AS timestamptz[])) AS w (id, until) WHERE h.id = w.id
        )
        INSERT INTO ledger_entry
            (at, transaction_id, account, unit, amount, reason, note, referral_id, idempotency_key)
        SELECT :at, :transaction, account, unit, amount, reason, note, referral_id, key FROM unnest(
            CAST(:accounts AS text[]), CAST(:units AS text[]), CAST(:amounts AS bigint[]), CAST(:reasons AS text[]),
            CAST(:notes AS text[]), CAST(:referrals AS uuid[]), CAST(:keys AS text[])
        ) WITH ORDINALITY AS e (account, unit, amount, reason, note, referral_id, key, place) ORDER BY place
    """)
)

# What left again in the year does not count against its cap; a payout is not taken back, nor are days that a reversal
# found used, whose keys begin with the referral. Those that a merge hands over go along.
_GIVEN = text("""
    SELECT e.unit, CAST(sum(e.amount) AS bigint) FROM ledger_holder h
    JOIN ledger_entry e ON e.account IN ('credit:' || h.id, 'held:' || h.id, 'owed:' || h.id)
    WHERE h.user_id = :user_id AND e.at >= :since AND e.at < :until
      AND e.referral_id IS NOT NULL AND e.reason <> 'payout'
      AND NOT (e.reason = 'used' AND starts_with(e.idempotency_key, e.referral_id || '/'))
    GROUP BY e.unit
""")


class SqlLedger:
    def __init__(self, connection: AsyncConnection, new_id: NewId) -> None:
        self._connection = connection
        self._new_id = new_id

    async def lock(self, people: Collection[UserId]) -> list[Holder]:
        asked = {"ids": [self._new_id() for _ in people], "users": sorted(people)}
        return HOLDERS.all(await _LOCK.fetch(self._connection, asked))

    async def post(
        self, transaction: UUID, at: datetime, postings: Sequence[Posting], holders: Sequence[Holder]
    ) -> None:
        """Write both entries of a posting one after the other: `last_reversal` reads them in pairs."""
        both = [(it, way) for it in postings for way in ("from", "to")]
        asked = {
            "at": at,
            "transaction": transaction,
            "accounts": [it.source if way == "from" else it.target for it, way in both],
            "units": [it.unit for it, _ in both],
            "amounts": [-it.amount if way == "from" else it.amount for it, way in both],
            "reasons": [it.reason for it, _ in both],
            "notes": [it.note for it, _ in both],
            "referrals": [it.referral_id for it, _ in both],
            "keys": [f"{it.key}:{way}" for it, way in both],
            "holders": [it.id for it in holders],
            "untils": [it.credit_until for it in holders],
        }
        await _POST.fetch(self._connection, asked)

    async def is_posted(self, key: str) -> bool:
        query = select(entries.c.id).where(entries.c.idempotency_key == f"{key}:to")
        return (await self._connection.execute(query)).first() is not None

    async def balances(self, referral: ReferralId) -> list[Balance]:
        return await self._balances(entries.c.referral_id == referral)

    async def balances_of(self, holder: Holder) -> list[Balance]:
        return await self._balances(entries.c.account.in_([account(book, holder.id) for book in _PERSONAL]))

    async def _balances(self, wanted: ColumnElement[bool]) -> list[Balance]:
        of = entries.c
        total = func.sum(of.amount)
        query = (
            select(of.referral_id, of.account, of.unit, cast(total, BigInteger))
            .where(wanted)
            .group_by(of.referral_id, of.account, of.unit)
            .having(total != 0)
            .order_by(func.min(of.id))
        )
        return [Balance(*row) for row in await self._connection.execute(query)]

    async def last_reversal(self, referral: ReferralId) -> list[Posting]:
        # By its keys: where all days were used, no entry has the reason.
        of = entries.c
        last = (
            select(of.transaction_id)
            .where(of.referral_id == referral, of.idempotency_key.contains(f"/{Reason.REVERSAL}/"))
            .order_by(of.id.desc())
            .limit(1)
            .scalar_subquery()
        )
        query = select(of.account, of.unit, of.amount, of.reason, of.idempotency_key)
        query = query.where(of.referral_id == referral, of.transaction_id == last).order_by(of.id)
        rows = (await self._connection.execute(query)).all()
        return [
            Posting(
                key=given.idempotency_key.removesuffix(":from"),
                source=AccountName(given.account),
                target=AccountName(taken.account),
                unit=given.unit,
                amount=taken.amount,
                reason=given.reason,
                referral_id=referral,
            )
            for given, taken in zip(rows[::2], rows[1::2], strict=True)  # written in pairs
        ]

    async def given_in(self, user_id: UserId, since: datetime, until: datetime) -> Mapping[str, int]:
        asked = {"user_id": user_id, "since": since, "until": until}
        rows = (await self._connection.execute(_GIVEN, asked)).all()
        return {str(unit): int(amount) for unit, amount in rows}
