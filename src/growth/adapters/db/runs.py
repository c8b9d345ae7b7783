"""Runs, decisions and batches."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import func, select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from growth.adapters.db.fillings import DECISIONS, written
from growth.adapters.db.rows import Rows
from growth.adapters.db.run_reports import run_report, run_reports
from growth.adapters.db.tables.campaigns import batches, decisions, fillings, runs, watermarks
from growth.domain.campaigns.entities.configuration import CampaignName
from growth.domain.campaigns.entities.replays import Filling
from growth.domain.campaigns.entities.runs import (
    Batch,
    BatchId,
    Decision,
    Outcome,
    Run,
    RunId,
    RunReport,
    RunState,
)

_RUNS = Rows(Run, runs)
_BATCHES = Rows(Batch, batches)


class SqlRuns:
    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def lock_choosing(self) -> None:
        await self._connection.execute(text("SELECT pg_advisory_xact_lock(hashtextextended('choosing', 0))"))

    async def lock_or_add(self, run: Run) -> Run:
        await _RUNS.add(self._connection, [run])
        query = (
            select(*_RUNS.columns)
            .where(runs.c.campaign == run.campaign, runs.c.slot_start == run.slot_start)
            .with_for_update()
        )
        return _RUNS.one((await self._connection.execute(query)).one())

    async def lock(self, id: RunId) -> Run | None:
        query = select(*_RUNS.columns).where(runs.c.id == id).with_for_update()
        return _RUNS.read((await self._connection.execute(query)).first())

    async def lock_open(self, campaign: CampaignName) -> list[Run]:
        query = (
            select(*_RUNS.columns)
            .where(runs.c.campaign == campaign, runs.c.state == RunState.RUNNING)
            .order_by(runs.c.slot_start)
            .with_for_update()
        )
        return _RUNS.all(await self._connection.execute(query))

    async def save(self, run: Run) -> None:
        await _RUNS.put(self._connection, [run])

    async def report(self, id: RunId) -> RunReport:
        row = (await self._connection.execute(run_reports().where(runs.c.id == id))).one()
        return run_report(row)

    async def put_decisions(self, decided: Sequence[Decision]) -> None:
        if not decided:
            return
        query = insert(decisions)
        keys = list(decisions.primary_key)
        newest = {column.name: query.excluded[column.name] for column in decisions.c if column not in keys}
        query = query.on_conflict_do_update(
            index_elements=keys, set_=newest, where=decisions.c.outcome != Outcome.INJECTED
        )
        await self._connection.execute(query, [DECISIONS.write(decision) for decision in decided])

    async def add_filling(self, filling: Filling) -> None:
        await self._connection.execute(insert(fillings), written(filling))

    async def add_batches(self, new: Sequence[Batch]) -> None:
        await _BATCHES.add(self._connection, new)

    async def lock_batch(self, id: BatchId) -> Batch | None:
        query = select(*_BATCHES.columns).where(batches.c.id == id).with_for_update()
        return _BATCHES.read((await self._connection.execute(query)).first())

    async def lock_batches(self, run: RunId) -> list[Batch]:
        query = select(*_BATCHES.columns).where(batches.c.run_id == run).order_by(batches.c.id)
        return _BATCHES.all(await self._connection.execute(query.with_for_update()))

    async def save_batch(self, batch: Batch) -> None:
        await _BATCHES.put(self._connection, [batch])

    async def watermark(self, dialer_campaign_id: int) -> datetime | None:
        query = select(watermarks.c.read_until).where(watermarks.c.dialer_campaign_id == dialer_campaign_id)
        return (await self._connection.execute(query)).scalar()

    async def watch(self, dialer_campaign_id: int, since: datetime) -> None:
        query = insert(watermarks).values(dialer_campaign_id=dialer_campaign_id, read_until=since)
        await self._connection.execute(query.on_conflict_do_nothing())

    async def set_watermark(self, dialer_campaign_id: int, at: datetime) -> None:
        query = insert(watermarks).values(dialer_campaign_id=dialer_campaign_id, read_until=at)
        newest = func.greatest(watermarks.c.read_until, query.excluded.read_until)
        keys = list(watermarks.primary_key)
        await self._connection.execute(query.on_conflict_do_update(index_elements=keys, set_={"read_until": newest}))
