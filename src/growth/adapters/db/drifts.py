"""How scoring holds, as it was measured last."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import delete, insert, select, text
from sqlalchemy.ext.asyncio import AsyncEngine

from growth.adapters.db.rows import Rows
from growth.adapters.db.tables.models import drifts
from growth.domain.campaigns.entities.calls import WrapUp
from growth.domain.campaigns.entities.drifts import Drift, Expectation

_DRIFTS = Rows(Drift, drifts)
_EXPECTATIONS = text("""
    SELECT d.model_version, count(*), sum(d.score) / 1000.0, count(*) FILTER (WHERE c.wrapup = :won)
    FROM decision d JOIN campaign_run r ON r.id = d.run_id AND r.slot_start >= :since
    JOIN call c ON c.id = d.call_id AND c.run_id = d.run_id AND c.wrapup IS NOT NULL
    WHERE d.model_version IS NOT NULL GROUP BY d.model_version
""")


class SqlDrifts:
    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    async def replace(self, found: Sequence[Drift]) -> None:
        async with self._engine.begin() as connection:
            await connection.execute(delete(drifts))
            if found:
                await connection.execute(insert(drifts), [_DRIFTS.write(it) for it in found])

    async def list(self) -> Sequence[Drift]:
        async with self._engine.connect() as connection:
            query = select(*_DRIFTS.columns).order_by(drifts.c.measure, drifts.c.of)
            return _DRIFTS.all(await connection.execute(query))

    async def expectations(self, since: datetime) -> Sequence[Expectation]:
        values = {"since": since, "won": WrapUp.ARGUEDPOSITIVE.value}
        async with self._engine.connect() as connection:
            rows = await connection.execute(_EXPECTATIONS, values)
            return [Expectation(model, calls, float(expected), won) for model, calls, expected, won in rows]
