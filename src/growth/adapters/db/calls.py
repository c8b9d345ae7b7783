"""Calls, from plan to result."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, func, or_, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from growth.adapters.db.leads import CONTACTABLE, contactables
from growth.adapters.db.rows import Rows
from growth.adapters.db.tables.campaigns import attempts, batches, calls, decisions, leads, results
from growth.adapters.db.tables.people import prospects
from growth.domain.campaigns.entities.calls import OPEN, Attempt, Call, CallId, CallResult, CallState, HandedOver
from growth.domain.campaigns.entities.candidates import Candidate
from growth.domain.campaigns.entities.configuration import CampaignName
from growth.domain.campaigns.entities.dialing import Recipient
from growth.domain.campaigns.entities.leads import LeadId
from growth.domain.campaigns.entities.runs import BatchId, RunId
from growth.domain.kernel.pseudonyms import Pseudonyms

CALLS = Rows(Call, calls)
_ATTEMPTS = Rows(Attempt, attempts)
_RESULTS = Rows(CallResult, results)
_AT_DIALER = (CallState.INJECTED, CallState.CALLED)


_CANDIDATES = (
    select(*CALLS.columns, *CONTACTABLE)
    .join_from(calls, leads, leads.c.id == calls.c.lead_id)
    .join(prospects, prospects.c.id == leads.c.prospect_id)
    .where(calls.c.state == CallState.PLANNED)
    .order_by(calls.c.id)
)


async def _candidates(
    connection: AsyncConnection, pseudonyms: Pseudonyms, query: Select[Any], at: datetime
) -> list[Candidate]:
    rows = (await connection.execute(query, {"as_of": at})).all()
    width = len(CALLS.columns)
    found = await contactables(connection, pseudonyms, [row[width:] for row in rows])
    return [Candidate(CALLS.one(row[:width]), who) for row, who in zip(rows, found, strict=True)]


async def _taken(
    connection: AsyncConnection, campaigns: Collection[CampaignName], slot_start: datetime
) -> Mapping[str, int]:
    query = (
        select(func.coalesce(calls.c.agent_id, ""), func.count())
        .where(calls.c.run_id.is_not(None), calls.c.campaign.in_(campaigns), calls.c.slot_start == slot_start)
        .group_by(calls.c.agent_id)
    )
    return dict(list(await connection.execute(query)))


class SqlCalls:
    """Calls of people who were erased are no more than numbers of their runs: nobody finds or changes them."""

    def __init__(self, connection: AsyncConnection, pseudonyms: Pseudonyms) -> None:
        self._connection = connection
        self._pseudonyms = pseudonyms

    async def _lock(self, *conditions: ColumnElement[bool]) -> list[Call]:
        query = select(*CALLS.columns).where(*conditions, calls.c.lead_id.is_not(None)).order_by(calls.c.id)
        return CALLS.all(await self._connection.execute(query.with_for_update()))

    async def lock(self, ids: Collection[CallId]) -> list[Call]:
        return await self._lock(calls.c.id.in_(ids))

    async def lock_open(self, leads_: Collection[LeadId]) -> list[Call]:
        return await self._lock(calls.c.lead_id.in_(leads_), calls.c.state.in_(OPEN))

    async def lock_handed_over(self, leads_: Collection[LeadId], now: datetime) -> list[HandedOver]:
        query = (
            select(*CALLS.columns, batches.c.dialer_campaign_id)
            .join(batches, batches.c.id == calls.c.batch_id)
            .where(calls.c.lead_id.in_(leads_), calls.c.state.in_(_AT_DIALER), calls.c.slot_end > now)
            .order_by(calls.c.id)
            .with_for_update(of=calls)
        )
        return [HandedOver(CALLS.one(row[:-1]), row[-1]) for row in await self._connection.execute(query)]

    async def lock_homeless(self, campaigns: Collection[CampaignName]) -> list[Call]:
        return await self._lock(calls.c.campaign.not_in(campaigns), calls.c.state == CallState.PLANNED)

    async def lock_of_run(self, run: RunId) -> list[Call]:
        return await self._lock(calls.c.run_id == run)

    async def lock_planned(self, campaign: CampaignName, until: datetime) -> list[Call]:
        return await self._lock(
            calls.c.campaign == campaign, calls.c.state == CallState.PLANNED, calls.c.slot_start <= until
        )

    async def lock_candidates(
        self, campaign: CampaignName, slot_start: datetime, now: datetime, due: datetime
    ) -> list[Candidate]:
        query = _CANDIDATES.where(
            calls.c.campaign == campaign,
            or_(calls.c.slot_start == slot_start, calls.c.slot_end <= now),
            calls.c.slot_start <= max(slot_start, now),  # follows from the line above, and the index can use it
            or_(calls.c.callback_at.is_(None), calls.c.callback_at < due),
        )
        return await _candidates(self._connection, self._pseudonyms, query.with_for_update(of=calls), slot_start)

    async def put(self, changed: Sequence[Call]) -> None:
        await CALLS.put(self._connection, changed)

    async def taken(self, campaigns: Collection[CampaignName], slot_start: datetime) -> Mapping[str, int]:
        return await _taken(self._connection, campaigns, slot_start)

    async def recipients(self, batch: BatchId) -> list[Recipient]:
        query = (
            select(
                calls.c.id,
                leads.c.id,
                prospects.c.phone,
                prospects.c.email,
                prospects.c.first_name,
                prospects.c.last_name,
                leads.c.segment,
                leads.c.score,
                leads.c.postal_code,
            )
            .join_from(calls, leads, leads.c.id == calls.c.lead_id)
            .join(prospects, prospects.c.id == leads.c.prospect_id)
            .join(decisions, (decisions.c.run_id == calls.c.run_id) & (decisions.c.call_id == calls.c.id))
            .where(calls.c.batch_id == batch, calls.c.state.in_(_AT_DIALER))
            .order_by(decisions.c.place)
        )
        return [Recipient(*row) for row in await self._connection.execute(query)]

    async def add_attempts(self, made: Sequence[Attempt]) -> None:
        await _ATTEMPTS.add(self._connection, made)

    async def add_results(self, reported: Sequence[CallResult]) -> None:
        if reported:
            query = insert(results)
            told = {name: query.excluded[name] for name in ("wrapup", "wrapup_name", "callback_at", "call_id")}
            # The same is told again and again while the dialer's changes are re-read: only news is written.
            news = or_(*(results.c[name].is_distinct_from(value) for name, value in told.items()))
            query = query.on_conflict_do_update(index_elements=list(results.primary_key), set_=told, where=news)
            await self._connection.execute(query, [_RESULTS.write(result) for result in reported])


class SqlPlannedCalls:
    """Reads planned calls without locking them."""

    def __init__(self, engine: AsyncEngine, pseudonyms: Pseudonyms) -> None:
        self._engine = engine
        self._pseudonyms = pseudonyms

    async def candidates(
        self, campaigns: Collection[CampaignName] | None, until: datetime | None, at: datetime
    ) -> Sequence[Candidate]:
        query = _CANDIDATES
        if campaigns is not None:
            query = query.where(calls.c.campaign.in_(campaigns))
        if until is not None:
            query = query.where(calls.c.slot_start <= until)
        async with self._engine.connect() as connection:
            return await _candidates(connection, self._pseudonyms, query, at)

    async def taken(self, campaigns: Collection[CampaignName], slot_start: datetime) -> Mapping[str, int]:
        async with self._engine.connect() as connection:
            return await _taken(connection, campaigns, slot_start)
