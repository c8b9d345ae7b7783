"""Stored leads page by page, as columns, for scoring in bulk."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import TextClause, func, select, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncEngine

from growth.adapters.db.clock import DatabaseClock
from growth.adapters.db.tables.campaigns import leads
from growth.domain.campaigns.entities.leads import LeadSource
from growth.domain.campaigns.entities.rescoring import LeadPage, NewScores
from growth.domain.kernel.ids import ProspectId

_FIRST, _LAST = UUID(int=0), UUID(int=2**128 - 1)
_HELD = {"55P03", "40P01"}  # by somebody else for longer than we wait, or in a circle with us
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
_COLUMNS = ("l.id", "l.ctid", "l.xmin", "l.score", *_KNOWN.values())
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
# Rows are found by their places; the planner would sooner read the whole table.
_BY_PLACE = text("""
    SELECT set_config('enable_hashjoin', 'off', true), set_config('enable_mergejoin', 'off', true),
           set_config('lock_timeout', '100ms', true)
""")
_TOLD = """unnest(CAST(:places AS tid[]), CAST(:versions AS xid[]), CAST(:scores AS integer[]))
         AS told (place, version, score)"""
_WRITE = text(f"""
    UPDATE lead SET score = told.score FROM {_TOLD} WHERE lead.ctid = told.place AND lead.xmin = told.version
""")  # noqa: S608 - of names alone
_WRITE_WHAT_IS_FREE = text(f"""
    WITH free AS MATERIALIZED (
        SELECT l.ctid AS place, told.score FROM {_TOLD}, LATERAL (
            SELECT l.ctid FROM lead l WHERE l.ctid = told.place AND l.xmin = told.version
            FOR NO KEY UPDATE SKIP LOCKED
        ) AS l
    )
    UPDATE lead SET score = free.score FROM free WHERE lead.ctid = free.place
""")  # noqa: S608 - of names alone


class SqlStoredLeads:
    """A page is all leads of a range of people, so that no person's leads are torn apart.

    A row is found again by its place, which is faster than by any index, and is the one that was read if the same
    transaction has written it (`xmin`): not every change of a lead moves its `updated_at`. Whoever scores a lead just
    now and finds what is stored writes no row: then a score of a moment before may be put over it.
    """

    def __init__(self, engine: AsyncEngine, clock: DatabaseClock) -> None:
        self._engine = engine
        self._clock = clock

    async def count(self) -> int:
        async with self._engine.connect() as connection:
            return (await connection.execute(select(func.count()).select_from(leads))).scalar_one()

    async def page(self, after: ProspectId | None, limit: int) -> LeadPage | None:
        async with self._engine.connect() as connection:
            await connection.execution_options(isolation_level="REPEATABLE READ")  # one moment for both statements
            at, behind = await self._clock.now_on(connection), {"after": after or _FIRST}
            last = (await connection.execute(_UNTIL, behind | {"before": limit - 1})).scalar()
            until = last or _LAST
            given = behind | {"until": until, "at": at, "sources": _ESTIMATES}
            ids, places, versions, scores, *known = (await connection.execute(_PAGE, given)).one()
        if ids is None:
            return None
        return LeadPage(at, ProspectId(until), ids, places, versions, scores, dict(zip(_KNOWN, known, strict=True)))

    async def write(self, scores: NewScores) -> int:
        """Write them all at once; where somebody holds one of the rows, all but those that are held."""
        told = {"places": scores.places, "versions": scores.versions, "scores": scores.scores}
        for query in (_WRITE, _WRITE_WHAT_IS_FREE):
            try:
                return await self._written(query, told)
            except DBAPIError as error:
                if getattr(error.orig, "sqlstate", None) not in _HELD:
                    raise
        return 0  # the whole table is held

    async def _written(self, query: TextClause, told: Mapping[str, Any]) -> int:
        async with self._engine.begin() as connection:
            await connection.execute(_BY_PLACE)
            return (await connection.execute(query, told)).rowcount
