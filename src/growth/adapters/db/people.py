"""Prospects and their events."""

from collections.abc import Collection, Mapping, Sequence

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from growth.adapters.db.rows import Rows
from growth.adapters.db.tables.campaigns import calls
from growth.adapters.db.tables.people import prospect_events, prospects
from growth.domain.campaigns.entities.calls import CallId
from growth.domain.kernel.ids import ProspectId
from growth.domain.kernel.person import Email, Prospect
from growth.domain.kernel.prospect_events import ProspectEvent

PROSPECTS = Rows(Prospect, prospects)
EVENTS = Rows(ProspectEvent, prospect_events)


class SqlPeople:
    """People are locked in the order of their ids, so that two transactions never wait for each other in a circle.

    The lock lets others refer to them: rows of theirs can be added meanwhile.
    """

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def lock_or_add(self, people: Sequence[Prospect]) -> Mapping[Email, Prospect]:
        await PROSPECTS.add(self._connection, sorted(people, key=lambda person: person.email))
        query = (
            select(*PROSPECTS.columns)
            .where(prospects.c.email.in_([person.email for person in people]))
            .order_by(prospects.c.id)
            .with_for_update(key_share=True)
        )
        return {person.email: person for person in PROSPECTS.all(await self._connection.execute(query))}

    async def lock(self, id: ProspectId) -> Prospect | None:
        query = select(*PROSPECTS.columns).where(prospects.c.id == id).with_for_update(key_share=True)
        return PROSPECTS.read((await self._connection.execute(query)).first())

    async def lock_called(self, called: Collection[CallId]) -> None:
        owners = select(calls.c.prospect_id).where(calls.c.id.in_(called))
        query = select(prospects.c.id).where(prospects.c.id.in_(owners)).order_by(prospects.c.id)
        await self._connection.execute(query.with_for_update(key_share=True))

    async def save(self, people: Sequence[Prospect]) -> None:
        await PROSPECTS.put(self._connection, people)


class SqlEvents:
    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def add(self, events: Sequence[ProspectEvent]) -> None:
        await EVENTS.add(self._connection, events)
