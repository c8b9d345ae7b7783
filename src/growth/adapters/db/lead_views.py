"""Leads as they are shown."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Select, select, tuple_
from sqlalchemy.ext.asyncio import AsyncEngine

from growth.adapters.db.calls import CALLS
from growth.adapters.db.fillings import DECISIONS
from growth.adapters.db.leads import CONTACTABLE, LEADS, contactables
from growth.adapters.db.rows import Rows
from growth.adapters.db.tables.campaigns import calls, decisions, lead_scores, leads, runs, submissions
from growth.adapters.db.tables.people import prospects
from growth.domain.campaigns.entities.calls import Call, CallState
from growth.domain.campaigns.entities.candidates import Contactable
from growth.domain.campaigns.entities.leads import LeadId, LeadScore
from growth.domain.campaigns.ports.views import LeadDecision, LeadFilter, LeadView, PlannedCall
from growth.domain.kernel.pseudonyms import Pseudonyms

_SCORES = Rows(LeadScore, lead_scores)


class SqlLeadViews:
    def __init__(self, engine: AsyncEngine, pseudonyms: Pseudonyms) -> None:
        self._engine = engine
        self._pseudonyms = pseudonyms

    async def _rows(self, query: Select[Any]) -> Sequence[Sequence[Any]]:
        async with self._engine.connect() as connection:
            return list(await connection.execute(query))

    async def list(self, which: LeadFilter) -> Sequence[LeadView]:
        query = _views().limit(which.limit)
        for column, wanted in (
            (leads.c.segment, which.segment),
            (leads.c.status, which.status),
            (leads.c.lead_type, which.lead_type),
        ):
            if wanted is not None:
                query = query.where(column == wanted)
        if which.submission_id is not None:
            of = select(submissions.c.lead_id).where(submissions.c.id == which.submission_id)
            query = query.where(leads.c.id == of.scalar_subquery())
        if which.by_score:
            query = query.order_by(leads.c.score.desc(), leads.c.id.desc())
            if which.after:
                query = query.where(tuple_(leads.c.score, leads.c.id) < which.after)
        else:
            query = query.order_by(leads.c.id.desc())
            if which.after:
                query = query.where(leads.c.id < which.after[1])
        return [_view(row) for row in await self._rows(query)]

    async def get(self, id: LeadId) -> LeadView | None:
        rows = await self._rows(_views().where(leads.c.id == id))
        return _view(rows[0]) if rows else None

    async def score(self, id: LeadId) -> LeadScore | None:
        rows = await self._rows(select(*_SCORES.columns).where(lead_scores.c.lead_id == id))
        return _SCORES.read(rows[0]) if rows else None

    async def calls(self, id: LeadId) -> Sequence[Call]:
        query = select(*CALLS.columns).where(calls.c.lead_id == id).order_by(calls.c.id.desc())
        return CALLS.all(await self._rows(query))

    async def decisions(self, id: LeadId) -> Sequence[LeadDecision]:
        query = (
            select(*DECISIONS.columns, *CALLS.columns, runs.c.campaign, runs.c.slot_start, runs.c.slot_end)
            .join_from(decisions, runs, runs.c.id == decisions.c.run_id)
            .join(calls, calls.c.id == decisions.c.call_id)
            .where(decisions.c.lead_id == id)
            .order_by(runs.c.slot_start.desc(), runs.c.id)
        )
        first = len(DECISIONS.columns)
        second = first + len(CALLS.columns)
        return [
            LeadDecision(DECISIONS.one(row[:first]), CALLS.one(row[first:second]), *row[second:])
            for row in await self._rows(query)
        ]

    async def contactable(self, id: LeadId, at: datetime) -> Contactable | None:
        query = (
            select(*CONTACTABLE)
            .join_from(leads, prospects, prospects.c.id == leads.c.prospect_id)
            .where(leads.c.id == id)
        )
        async with self._engine.connect() as connection:
            rows = (await connection.execute(query, {"as_of": at})).all()
            found = await contactables(connection, self._pseudonyms, rows)
        return found[0] if found else None


_WIDTH = len(LEADS.columns)


def _views() -> Select[Any]:
    return (
        select(
            *LEADS.columns,
            prospects.c.owner_agent_id,
            prospects.c.pending_task,
            calls.c.campaign,
            calls.c.slot_start,
            calls.c.slot_end,
            calls.c.callback_at.label("callback_planned_at"),
        )
        .join_from(leads, prospects, prospects.c.id == leads.c.prospect_id)
        .outerjoin(calls, (calls.c.lead_id == leads.c.id) & (calls.c.state == CallState.PLANNED))
    )


def _view(row: Sequence[Any]) -> LeadView:
    owner, pending_task, *planned = row[_WIDTH:]
    return LeadView(
        lead=LEADS.one(row[:_WIDTH]),
        owner_agent_id=owner,
        pending_task=pending_task,
        planned_call=PlannedCall(*planned) if planned[0] is not None else None,
    )
