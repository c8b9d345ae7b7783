"""Tick rows: the identity of what the scheduler does."""

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from growth.adapters.db.tables.operations import ticks
from growth.domain.kernel.ticks import Tick


class SqlTicks:
    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def first_time(self, tick: Tick) -> bool:
        query = (
            insert(ticks)
            .on_conflict_do_nothing()
            .values(job=tick.job, due_at=tick.due_at, state=tick.state, decided_at=func.clock_timestamp())
        )
        return (await self._connection.execute(query)).rowcount == 1


class SqlLatestTicks:
    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    async def latest(self) -> Mapping[str, datetime]:
        query = select(ticks.c.job, func.max(ticks.c.due_at).label("newest")).group_by(ticks.c.job)
        async with self._engine.connect() as connection:
            return {row.job: row.newest for row in await connection.execute(query)}
