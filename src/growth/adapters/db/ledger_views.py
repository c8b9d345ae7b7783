"""What is read of the ledger, and the proof that it is right."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncEngine

from growth.adapters.db.tables.accounts import users
from growth.adapters.db.tables.referrals import entries, holders
from growth.domain.kernel.country import Country
from growth.domain.kernel.ids import UserId
from growth.domain.referrals.entities.ledger import Book, Entry, LedgerCheck, LedgerFault, Liability, account
from growth.domain.referrals.entities.referrals import ReferralId
from growth.domain.referrals.ports.views import CreditView

_OF_USER = holders.c.user_id == users.c.id
_ENTRY = [entries.c[name] for name in Entry.__dataclass_fields__]
# The window is the fold of an account's entries: a grant of d days at t makes u into max(u, t) + d, and taking d back
# at t (while some are left) into max(u - d, t). Both are the greater of u + d and a number of their own, so the fold of
# all is the greatest "own number of one entry plus all days after it". Used days that change hands move nothing.
WINDOWS = """
    SELECT account, max(base + coalesce(after, 0) * interval '24 hours') AS until
    FROM (SELECT account, CASE WHEN amount > 0 THEN at + amount * interval '24 hours' ELSE at END AS base,
                 sum(amount) OVER (PARTITION BY account ORDER BY id DESC
                                   ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS after
          FROM ledger_entry WHERE account LIKE 'credit:%' AND reason <> 'used' AND at <= {until}) AS moving
    GROUP BY account
"""
_LIABILITY = text(f"""
    WITH windows AS ({WINDOWS.format(until=":at")}),
    days AS (
        SELECT h.country_code, sum(ceil(extract(epoch FROM w.until - CAST(:at AS timestamptz)) / 86400)) AS days
        FROM windows w JOIN ledger_holder h ON w.account = 'credit:' || h.id WHERE w.until > :at GROUP BY 1
    ), sums AS (
        SELECT h.country_code, sum(e.amount) FILTER (WHERE e.account LIKE 'held:%') AS held,
               sum(e.amount) FILTER (WHERE e.account LIKE 'owed:%') AS owed
        FROM ledger_entry e JOIN ledger_holder h ON h.id = CAST(split_part(e.account, ':', 2) AS uuid)
        WHERE e.at <= :at AND (e.account LIKE 'held:%' OR e.account LIKE 'owed:%') GROUP BY 1
    )
    SELECT c.code, coalesce(days.days, 0), coalesce(sums.held, 0), coalesce(sums.owed, 0)
    FROM unnest(CAST(:countries AS text[])) AS c (code)
    LEFT JOIN days ON days.country_code = c.code LEFT JOIN sums ON sums.country_code = c.code ORDER BY c.code
""")  # noqa: S608 - the interpolated text is a constant
_FAULTS = text(f"""
    SELECT 'transaction ' || transaction_id, unit || 's do not sum to zero but to ' || sum(amount)
    FROM ledger_entry GROUP BY transaction_id, unit HAVING sum(amount) <> 0
    UNION ALL
    SELECT 'all accounts', unit || 's do not sum to zero but to ' || sum(amount)
    FROM ledger_entry GROUP BY unit HAVING sum(amount) <> 0
    UNION ALL
    SELECT account, 'has less than nothing: ' || sum(amount) || ' ' || unit || 's' FROM ledger_entry
    WHERE split_part(account, ':', 1) IN ('credit', 'held', 'owed', 'discount')
    GROUP BY account, unit HAVING sum(amount) < 0
    UNION ALL
    SELECT coalesce(w.account, 'credit:' || h.id),
           'its window ends ' || coalesce(CAST(h.credit_until AS text), 'never began')
           || ', its entries say ' || coalesce(CAST(w.until AS text), 'it never began')
    FROM ledger_holder h FULL JOIN ({WINDOWS.format(until="'infinity'")}) AS w ON w.account = 'credit:' || h.id
    WHERE h.credit_until IS DISTINCT FROM w.until
    UNION ALL
    SELECT e.account, 'belongs to nobody that is known' FROM ledger_entry e
    WHERE split_part(e.account, ':', 1) IN ('credit', 'held', 'owed', 'discount')
      AND NOT EXISTS (SELECT FROM ledger_holder h WHERE e.account = split_part(e.account, ':', 1) || ':' || h.id)
    GROUP BY e.account
""")  # noqa: S608 - the same
_SIZE = text("SELECT count(*), count(DISTINCT account) FROM ledger_entry")


class SqlLedgerViews:
    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    async def of_referral(self, id: ReferralId) -> Sequence[Entry]:
        query = select(*_ENTRY).where(entries.c.referral_id == id).order_by(entries.c.id)
        async with self._engine.connect() as connection:
            return [Entry(*row) for row in await connection.execute(query)]

    async def credit(self, user_id: UserId) -> CreditView | None:
        async with self._engine.connect() as connection:
            query = select(holders.c.id, holders.c.credit_until).select_from(users.outerjoin(holders, _OF_USER))
            holder = (await connection.execute(query.where(users.c.id == user_id))).first()
            if holder is None or holder.id is None:
                return holder and CreditView(user_id, None, [])
            his = entries.c.account.in_([account(book, holder.id) for book in (Book.CREDIT, Book.HELD, Book.OWED)])
            rows = await connection.execute(select(*_ENTRY).where(his).order_by(entries.c.id))
            return CreditView(user_id, holder.credit_until, [Entry(*row) for row in rows])

    async def liability(self, at: datetime, country: Country | None) -> Sequence[Liability]:
        asked = {"at": at, "countries": [country] if country else list(Country)}
        async with self._engine.connect() as connection:
            rows = await connection.execute(_LIABILITY, asked)
            return [Liability(Country(code), *(int(number) for number in rest)) for code, *rest in rows]

    async def check(self) -> LedgerCheck:
        async with self._engine.connect() as connection:
            found = [LedgerFault(*row) for row in await connection.execute(_FAULTS)]
            number, accounts = (await connection.execute(_SIZE)).one()
            return LedgerCheck(number, accounts, found)
