"""What attribution reads of a person's events."""

from collections.abc import Sequence

from sqlalchemy import or_, select
from sqlalchemy.ext.asyncio import AsyncEngine

from growth.adapters.db.tables.people import prospect_events, prospects
from growth.domain.kernel.ids import ProspectId
from growth.domain.prospects.business_rules.attribution.touches import CAPTURES
from growth.domain.prospects.entities.attribution import TouchEvent

_OF = prospect_events.c
_COLUMNS = (
    _OF.id,
    _OF.event_name,
    _OF.marketing_parameters,
    _OF.properties["referrer"].astext,
    _OF.occurred_at,
)


class SqlAttributionViews:
    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    async def touch_events(self, id: ProspectId) -> Sequence[TouchEvent] | None:
        telling = or_(_OF.marketing_parameters.is_not(None), _OF.event_name.in_(CAPTURES))
        query = (
            select(*_COLUMNS)
            .select_from(prospects.outerjoin(prospect_events, (_OF.prospect_id == prospects.c.id) & telling))
            .where(prospects.c.id == id)
            .order_by(_OF.occurred_at, _OF.id)
        )
        async with self._engine.connect() as connection:
            rows = list(await connection.execute(query))
        return [TouchEvent(*row) for row in rows if row[0] is not None] if rows else None
