"""Runs, their decisions, slots and ticks as they are shown."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Select, func, select, tuple_
from sqlalchemy.ext.asyncio import AsyncEngine

from growth.adapters.db.fillings import DECISIONS
from growth.adapters.db.run_reports import run_report, run_reports
from growth.adapters.db.tables.campaigns import calls, decisions, runs
from growth.adapters.db.tables.operations import ticks
from growth.domain.campaigns.entities.calls import CallState
from growth.domain.campaigns.entities.configuration import CampaignName
from growth.domain.campaigns.entities.leads import LeadId
from growth.domain.campaigns.entities.runs import Decision, RunId, RunReport
from growth.domain.campaigns.ports.views import SlotLoad
from growth.domain.kernel.operating import TickItem


class SqlRunViews:
    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    async def _rows(self, query: Select[Any]) -> Sequence[Sequence[Any]]:
        async with self._engine.connect() as connection:
            return list(await connection.execute(query))

    async def list(
        self, campaign: CampaignName | None, before: tuple[datetime, UUID] | None, limit: int
    ) -> Sequence[RunReport]:
        query = run_reports().order_by(runs.c.slot_start.desc(), runs.c.id.desc()).limit(limit)
        if campaign is not None:
            query = query.where(runs.c.campaign == campaign)
        if before is not None:
            query = query.where(tuple_(runs.c.slot_start, runs.c.id) < before)
        return [run_report(row) for row in await self._rows(query)]

    async def between(self, since: datetime, until: datetime) -> Sequence[RunReport]:
        query = run_reports().where(runs.c.slot_start >= since, runs.c.slot_start < until)
        return [run_report(row) for row in await self._rows(query.order_by(runs.c.slot_start, runs.c.campaign))]

    async def get(self, id: RunId) -> RunReport | None:
        rows = await self._rows(run_reports().where(runs.c.id == id))
        return run_report(rows[0]) if rows else None

    async def decisions(self, id: RunId, after: LeadId | None, limit: int) -> Sequence[Decision]:
        query = select(*DECISIONS.columns).where(decisions.c.run_id == id)
        if after is not None:
            query = query.where(decisions.c.lead_id > after)
        return DECISIONS.all(await self._rows(query.order_by(decisions.c.lead_id).limit(limit)))

    async def slots(self, campaign: CampaignName, since: datetime, until: datetime) -> Sequence[SlotLoad]:
        planned = (
            select(calls.c.slot_start, func.count())
            .where(
                calls.c.campaign == campaign,
                calls.c.state == CallState.PLANNED,
                calls.c.slot_start >= since,
                calls.c.slot_start < until,
            )
            .group_by(calls.c.slot_start)
        )
        ran = run_reports().where(runs.c.campaign == campaign, runs.c.slot_start >= since, runs.c.slot_start < until)
        waiting = {row[0]: row[1] for row in await self._rows(planned)}
        reports = {report.slot_start: report for report in (run_report(row) for row in await self._rows(ran))}
        return [SlotLoad(at, waiting.get(at, 0), reports.get(at)) for at in sorted({*waiting, *reports})]


class SqlTickViews:
    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    async def list(
        self, job: str | None, since: datetime | None, before: tuple[datetime, str] | None, limit: int
    ) -> Sequence[TickItem]:
        query = select(ticks.c.job, ticks.c.due_at, ticks.c.state, ticks.c.decided_at)
        if job is not None:
            query = query.where(ticks.c.job == job)
        if since is not None:
            query = query.where(ticks.c.due_at >= since)
        if before is not None:
            query = query.where(tuple_(ticks.c.due_at, ticks.c.job) < before)
        query = query.order_by(ticks.c.due_at.desc(), ticks.c.job.desc()).limit(limit)
        async with self._engine.connect() as connection:
            return [TickItem(*row) for row in await connection.execute(query)]
