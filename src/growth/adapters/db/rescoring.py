"""Stored leads page by page, as columns, for scoring in bulk."""

from uuid import UUID

from sqlalchemy import func, select, text
from sqlalchemy.ext.asyncio import AsyncEngine

from growth.adapters.db.clock import DatabaseClock
from growth.adapters.db.tables.campaigns import leads
from growth.domain.campaigns.entities.leads import LeadSource
from growth.domain.campaigns.entities.rescoring import LeadPage, NewScores
from growth.domain.kernel.ids import ProspectId

_FIRST, _LAST = UUID(int=0), UUID(int=2**128 - 1)
_ESTIMATES = [LeadSource.ESTIMATE.value, LeadSource.IMPORT.value, LeadSource.PUBSUB.value]
_KNOWN = {
    **{
        name: f"l.{name}"
        for name in (
            "is_owner",
            "buys_first",
            "sell_timeframe",
            "estimated_price_eur",
            "property_type",
            "postal_code",
            "insee_code",
            "came_by",
            "call_attempts",
            "requested_at",
        )
    },
    "phone_valid": "CASE WHEN p.phone <> '' THEN p.phone_valid END",
    "estimates": "coalesce(e.estimates, 0)",
    "page_views": "coalesce(v.page_views, 0)",
}
_COLUMNS = ("l.id", "l.xmin", "l.score", *_KNOWN.values())
_UNTIL = text("SELECT prospect_id FROM lead WHERE prospect_id > :after ORDER BY prospect_id OFFSET :before LIMIT 1")
# All that is joined is read by its index over one and the same range of people, and each table once.
_PAGE = text(f"""
    SELECT {", ".join(f"array_agg({column})" for column in _COLUMNS)}
    FROM lead l JOIN prospect p ON p.id = l.prospect_id AND p.id > :after AND p.id <= :until
    LEFT JOIN (
        SELECT prospect_id, count(*) AS estimates FROM submission
        WHERE prospect_id > :after AND prospect_id <= :until AND source = ANY (:sources)
          AND requested_at > CAST(:at AS timestamptz) - interval '30 days' AND requested_at <= :at GROUP BY prospect_id
    ) AS e ON e.prospect_id = l.prospect_id
    LEFT JOIN (
        SELECT prospect_id, count(*) AS page_views FROM prospect_event
        WHERE prospect_id > :after AND prospect_id <= :until AND event_name = 'page_view'
          AND occurred_at > CAST(:at AS timestamptz) - interval '7 days' AND occurred_at <= :at GROUP BY prospect_id
    ) AS v ON v.prospect_id = l.prospect_id
    WHERE l.prospect_id > :after AND l.prospect_id <= :until
""")  # noqa: S608 - of names alone
_WRITE = text("""
    WITH told AS MATERIALIZED (
        SELECT * FROM unnest(CAST(:ids AS uuid[]), CAST(:versions AS xid[]), CAST(:scores AS integer[]))
                      AS told (id, version, score)
    ), free AS MATERIALIZED (
        SELECT l.id, told.score FROM told JOIN lead l ON l.id = told.id AND l.xmin = told.version
        FOR NO KEY UPDATE OF l SKIP LOCKED
    )
    UPDATE lead SET score = free.score FROM free WHERE lead.id = free.id
""")


class SqlStoredLeads:
    """A page is all leads of a range of people, so that no person's leads are torn apart.

    `xmin`, the transaction that wrote a row, tells its versions from each other: not every change of a lead moves its
    `updated_at`.
    """

    def __init__(self, engine: AsyncEngine, clock: DatabaseClock) -> None:
        self._engine = engine
        self._clock = clock

    async def count(self) -> int:
        async with self._engine.connect() as connection:
            return (await connection.execute(select(func.count()).select_from(leads))).scalar_one()

    async def page(self, after: ProspectId | None, limit: int) -> LeadPage | None:
        async with self._engine.connect() as connection:
            at, behind = await self._clock.now_on(connection), {"after": after or _FIRST}
            last = (await connection.execute(_UNTIL, behind | {"before": limit - 1})).scalar()
            until = last or _LAST
            given = behind | {"until": until, "at": at, "sources": _ESTIMATES}
            ids, versions, scores, *known = (await connection.execute(_PAGE, given)).one()
        if ids is None:
            return None
        return LeadPage(at, ProspectId(until), ids, versions, scores, dict(zip(_KNOWN, known, strict=True)))

    async def write(self, scores: NewScores) -> int:
        told = {"ids": scores.ids, "versions": scores.versions, "scores": scores.scores}
        async with self._engine.begin() as connection:
            return (await connection.execute(_WRITE, told)).rowcount
