"""Leads, their scores and submissions."""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ARRAY, any_, exists, func, or_, select, update
from sqlalchemy.dialects.postgresql import aggregate_order_by
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.sql import ColumnElement, bindparam

from growth.adapters.db.people import PROSPECTS
from growth.adapters.db.rows import Rows
from growth.adapters.db.standings import Asked, standings
from growth.adapters.db.tables.campaigns import attempts, calls, lead_scores, leads, submissions
from growth.adapters.db.tables.people import prospect_events, prospects
from growth.adapters.db.types import Id, Instant
from growth.domain.campaigns.entities.calls import OPEN, CallState
from growth.domain.campaigns.entities.candidates import Contactable
from growth.domain.campaigns.entities.leads import (
    CALLABLE,
    Lead,
    LeadId,
    LeadScore,
    LeadSource,
    Received,
    SubmissionId,
)
from growth.domain.kernel.ids import ProspectId
from growth.domain.kernel.pseudonyms import Pseudonyms

LEADS = Rows(Lead, leads)
_SCORES = Rows(LeadScore, lead_scores)
_SUBMISSIONS = Rows(Received, submissions)
# The longest window in which attempts are counted.
_ATTEMPTS, _ESTIMATES, _PAGE_VIEWS = timedelta(days=60), timedelta(days=30), timedelta(days=7)


def _activity(at: ColumnElement[datetime]) -> list[ColumnElement[object]]:
    """Return the columns of recent activity: attempts at the number, estimates, page views, with the dialer or not."""
    of_person, other = prospects.c.id, prospects.alias()
    of_number = or_(other.c.id == of_person, other.c.phone == prospects.c.phone)
    tried = (
        select(func.array_agg(aggregate_order_by(attempts.c.attempted_at, attempts.c.attempted_at.desc())))
        .join_from(other, attempts, attempts.c.prospect_id == other.c.id)
        .where(of_number, attempts.c.attempted_at > at - _ATTEMPTS)
        .scalar_subquery()
    )
    estimates = (
        select(func.count())
        .select_from(submissions)
        .where(
            submissions.c.prospect_id == of_person,
            submissions.c.source.in_([LeadSource.ESTIMATE, LeadSource.IMPORT, LeadSource.PUBSUB]),
            submissions.c.requested_at > at - _ESTIMATES,
            submissions.c.requested_at <= at,
        )
        .scalar_subquery()
    )
    return [tried, estimates, _page_views(at), _in_dialer()]


def _page_views(at: ColumnElement[datetime]) -> ColumnElement[Any]:
    return (
        select(func.count())
        .select_from(prospect_events)
        .where(
            prospect_events.c.prospect_id == prospects.c.id,
            prospect_events.c.event_name == "page_view",
            prospect_events.c.occurred_at > at - _PAGE_VIEWS,
            prospect_events.c.occurred_at <= at,
        )
        .scalar_subquery()
    )


def _in_dialer() -> ColumnElement[Any]:
    """Tell whether another lead of the person, or of the number, is with the dialer."""
    other, another, theirs = prospects.alias(), leads.alias(), calls.alias()
    same = or_(other.c.id == prospects.c.id, other.c.phone == prospects.c.phone)
    return (
        select(theirs.c.id)
        .join_from(other, another, another.c.prospect_id == other.c.id)
        .join(theirs, theirs.c.lead_id == another.c.id)  # by the index of open calls: there is none by person
        .where(same, theirs.c.state == CallState.INJECTED, another.c.id != leads.c.id)
        .exists()
    )


# Made once: to build them takes longer than to run them for one lead. Execute with `as_of`.
AS_OF = bindparam("as_of", type_=Instant)
CONTACTABLE = [*LEADS.columns, *PROSPECTS.columns, *_activity(AS_OF)]


_LEAD = slice(len(LEADS.columns))
_PERSON = slice(len(LEADS.columns), len(LEADS.columns) + len(PROSPECTS.columns))


async def contactables(
    connection: AsyncConnection, pseudonyms: Pseudonyms, rows: Sequence[Sequence[Any]]
) -> list[Contactable]:
    """Return the entities of rows selected with `CONTACTABLE`."""
    found = [(LEADS.one(row[_LEAD]), PROSPECTS.one(row[_PERSON]), row[_PERSON.stop :]) for row in rows]
    standing = await standings(connection, pseudonyms, [Asked(lead.id, person) for lead, person, _ in found])
    return [
        Contactable(
            lead=lead,
            prospect=person,
            attempts=tried or (),
            estimates=estimates,
            page_views=page_views,
            in_dialer=in_dialer,
            standing=stands,
        )
        for (lead, person, (tried, estimates, page_views, in_dialer)), stands in zip(found, standing, strict=True)
    ]


_OF = any_(bindparam("of", type_=ARRAY(Id)))
_CONTACTABLES = (
    select(*CONTACTABLE)
    .join_from(leads, prospects, prospects.c.id == leads.c.prospect_id)
    .where(leads.c.id == _OF)
    .order_by(leads.c.id)
)
_TAKE_OVER_SCORES = (
    update(leads)
    .where(leads.c.id == lead_scores.c.lead_id, lead_scores.c.lead_id == _OF, leads.c.score != lead_scores.c.score)
    .values(score=lead_scores.c.score)
)


class SqlLeads:
    def __init__(self, connection: AsyncConnection, pseudonyms: Pseudonyms) -> None:
        self._connection = connection
        self._pseudonyms = pseudonyms

    async def known_submissions(self, ids: Collection[SubmissionId]) -> set[SubmissionId]:
        query = select(submissions.c.id).where(submissions.c.id.in_(ids))
        return {SubmissionId(id_) for id_ in (await self._connection.execute(query)).scalars()}

    async def add_submissions(self, received: Sequence[Received]) -> None:
        await _SUBMISSIONS.add(self._connection, received)

    async def of_people(self, ids: Collection[ProspectId]) -> list[Lead]:
        query = select(*LEADS.columns).where(leads.c.prospect_id.in_(ids)).order_by(leads.c.id)
        return LEADS.all(await self._connection.execute(query))

    async def get(self, id: LeadId) -> Lead | None:
        query = select(*LEADS.columns).where(leads.c.id == id)
        return LEADS.read((await self._connection.execute(query)).first())

    async def put(self, changed: Sequence[Lead]) -> None:
        await LEADS.put(self._connection, changed)

    async def put_scores(self, scores: Sequence[LeadScore]) -> None:
        await _SCORES.put(self._connection, scores)
        if scores:
            await self._connection.execute(_TAKE_OVER_SCORES, {"of": [score.lead_id for score in scores]})

    async def contactables(self, ids: Collection[LeadId], at: datetime) -> list[Contactable]:
        rows = (await self._connection.execute(_CONTACTABLES, {"of": list(ids), "as_of": at})).all()
        return await contactables(self._connection, self._pseudonyms, rows)

    async def forgotten(self, attempts_below: int, after: LeadId | None, limit: int) -> list[LeadId]:
        planned = exists().where(calls.c.lead_id == leads.c.id, calls.c.state.in_(OPEN))
        query = (
            select(leads.c.id)
            .join(prospects, prospects.c.id == leads.c.prospect_id)
            .where(
                leads.c.status.in_(CALLABLE),
                leads.c.segment.is_not(None),
                leads.c.call_attempts < attempts_below,
                ~prospects.c.pending_task,
                prospects.c.owner_agent_id.is_(None),
                ~planned,
            )
            .order_by(leads.c.id)
            .limit(limit)
            .with_for_update(of=[leads, prospects], key_share=True)
        )
        if after is not None:
            query = query.where(leads.c.id > after)
        return [LeadId(id_) for id_ in (await self._connection.execute(query)).scalars()]

    async def lock_of_numbers(self, numbers: Collection[str]) -> list[LeadId]:
        people = select(prospects.c.id).where(prospects.c.phone.in_(numbers)).order_by(prospects.c.id)
        locked = (await self._connection.execute(people.with_for_update(key_share=True))).scalars().all()
        return [lead.id for lead in await self.of_people([ProspectId(id_) for id_ in locked])]
