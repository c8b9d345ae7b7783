# ruff: noqa: S608 - what is interpolated are constants
"""What must always hold, asked of the rows themselves: each invariant is a query that finds its violations."""

from collections.abc import Mapping, Sequence

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from growth.adapters.db.ledger_views import WINDOWS

_MOST = 20
# What a referral has given to each side: on their windows, and what the cap of a year kept back.
_GIVEN = """
    SELECT referral_id, sum(days) AS days, min(days) AS least
    FROM (SELECT referral_id, account, sum(amount) AS days FROM ledger_entry
          WHERE unit = 'day' AND split_part(account, ':', 1) IN ('credit', 'held', 'capped') GROUP BY 1, 2) AS side
    WHERE days <> 0 GROUP BY referral_id
"""

_INVARIANTS: Mapping[str, str] = {
    "a closed run accounts for every injected call": """
        SELECT r.id::text FROM campaign_run r JOIN call c ON c.run_id = r.id
        WHERE r.state = 'closed' AND c.state = 'injected'""",
    "every injected call has its decision": """
        SELECT c.id::text FROM call c LEFT JOIN decision d ON d.run_id = c.run_id AND d.call_id = c.id
        WHERE c.run_id IS NOT NULL AND d.outcome IS DISTINCT FROM 'injected'""",
    "every decision to inject has its call": """
        SELECT d.lead_id::text FROM decision d JOIN call c ON c.id = d.call_id
        WHERE d.outcome = 'injected' AND c.run_id IS DISTINCT FROM d.run_id""",
    "a lead has at most one open call": """
        SELECT lead_id::text FROM call WHERE state IN ('planned', 'injected')
        GROUP BY lead_id HAVING count(*) > 1""",
    "a call is in the dialer once": """
        SELECT call_id::text FROM call_result WHERE call_id IS NOT NULL
        GROUP BY call_id HAVING count(DISTINCT contact_id) > 1""",
    "a lead's attempts are those of its calls": """
        SELECT l.id::text FROM lead l JOIN call c ON c.lead_id = l.id
        GROUP BY l.id HAVING sum(c.attempts) <> l.call_attempts""",
    "a run is closed within an hour of its slot's end": """
        SELECT id::text FROM campaign_run WHERE state = 'running' AND slot_end + interval '1 hour'
        < clock_timestamp() + coalesce((SELECT ahead FROM test_clock), interval '0')""",
    "no message is dead": "SELECT id::text FROM message WHERE state = 'dead'",
    "every lead has its score": """
        SELECT l.id::text FROM lead l LEFT JOIN lead_score s ON s.lead_id = l.id
        WHERE s.lead_id IS NULL""",
    "every transaction of the ledger sums to zero": """
        SELECT transaction_id::text FROM ledger_entry GROUP BY transaction_id, unit HAVING sum(amount) <> 0""",
    "every window of credit is the replay of its entries": f"""
        SELECT coalesce(w.account, 'credit:' || h.id) FROM ledger_holder h
        FULL JOIN ({WINDOWS.format(until="'infinity'")}) AS w ON w.account = 'credit:' || h.id
        WHERE h.credit_until IS DISTINCT FROM w.until""",
    "a converted referral has given its days": f"""
        SELECT r.id::text FROM referral r LEFT JOIN ({_GIVEN}) AS given ON given.referral_id = r.id
        WHERE r.status = 'converted' AND (given.days IS NULL OR given.least <= 0)
        """,
    "a reversed, rejected or deleted referral has nothing left": f"""
        SELECT r.id::text FROM referral r JOIN ({_GIVEN}) AS given ON given.referral_id = r.id
        WHERE r.status IN ('reversed', 'rejected', 'deleted') AND given.days <> 0""",
    "a user was referred once": """
        SELECT referred_user_id FROM referral WHERE deleted_at IS NULL GROUP BY 1 HAVING count(*) > 1""",
}


class SqlInvariants:
    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    async def check(self) -> Mapping[str, Sequence[str]]:
        """Return, by invariant, the ids of at most twenty things that break it."""
        found = {}
        async with self._engine.connect() as connection:
            for name, query in _INVARIANTS.items():
                rows = await connection.execute(text(f"{query} LIMIT {_MOST}"))
                found[name] = list(rows.scalars())
        return found
