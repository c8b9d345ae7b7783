"""Conversations that we were told of, and who belongs together."""

from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, case, func, or_, select, union, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from growth.adapters.db.engine import reading
from growth.adapters.db.people import PROSPECTS, SqlPeople
from growth.adapters.db.rows import Rows
from growth.adapters.db.tables.accounts import users
from growth.adapters.db.tables.conversations import conversations as table
from growth.adapters.db.tables.people import prospect_addresses, prospects
from growth.domain.conversations.entities.conversations import ContactId, ConversationId
from growth.domain.conversations.entities.duplicates import Acquaintance, Route, Sighting, Traits
from growth.domain.kernel.country import Country
from growth.domain.kernel.ids import ProspectId, UserId
from growth.domain.kernel.person import Email, Prospect

_SIGHTINGS = Rows(Sighting, table)
_KEY = ("country_code", "id")
_APART = {*_KEY, "noted", "noted_at"}
_MOST_TIED = 100  # people with one company number, or phone: the newest


class SqlConversations:
    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def see(self, sighting: Sighting) -> None:
        new = insert(table).values(_SIGHTINGS.write(sighting))
        newer = or_(table.c.updated_at.is_(None), new.excluded.updated_at >= table.c.updated_at)
        newest: dict[str, ColumnElement[Any]] = {
            it.name: case((newer, new.excluded[it.name]), else_=it) for it in table.c if it.name not in _APART
        }
        newest["prospect_id"] = case(
            (newer, func.coalesce(new.excluded.prospect_id, table.c.prospect_id)),
            else_=func.coalesce(table.c.prospect_id, new.excluded.prospect_id),
        )
        await self._connection.execute(new.on_conflict_do_update(index_elements=_KEY, set_=newest))

    async def lock(self, country: Country, id: ConversationId) -> Sighting | None:
        query = select(*_SIGHTINGS.columns).where(*_named(country, id)).with_for_update()
        return _SIGHTINGS.read((await self._connection.execute(query)).first())

    async def save_note(self, country: Country, id: ConversationId, noted: Sequence[str], at: datetime) -> None:
        await self._connection.execute(update(table).where(*_named(country, id)).values(noted=noted, noted_at=at))


class SqlAcquaintances:
    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    async def of_prospect(self, id: ProspectId) -> Acquaintance | None:
        async with self._engine.connect() as connection:
            person = PROSPECTS.read(
                (await connection.execute(select(*PROSPECTS.columns).where(prospects.c.id == id))).first()
            )
            return await _acquaintance(connection, person) if person else None

    async def of_email(self, email: Email) -> Acquaintance | None:
        async with self._engine.connect() as connection:
            person = await SqlPeople(connection).find(email)
            return await _acquaintance(connection, person) if person else None

    async def of_user(self, id: UserId) -> Acquaintance | None:
        async with self._engine.connect() as connection:
            emails = await _emails_of_user(connection, id)
            of_user = or_(prospects.c.user_id == id, prospects.c.email.in_(emails))
            linked_first = (prospects.c.user_id == id).desc().nulls_last()
            query = select(*PROSPECTS.columns).where(of_user).order_by(linked_first, prospects.c.id).limit(1)
            person = PROSPECTS.read((await connection.execute(query)).first())
            if person is None and not emails:
                return None
            who = await _acquaintance(connection, person) if person else Acquaintance(None, {Route.PROSPECT: Traits()})
        own = who.routes[Route.PROSPECT]
        own = replace(own, emails=own.emails | set(emails), users=own.users | {id})
        return replace(who, routes={**who.routes, Route.PROSPECT: own})

    async def prospect_emails_of(self, id: UserId) -> Sequence[Email]:
        async with self._engine.connect() as connection:
            emails = await _emails_of_user(connection, id)
            first = select(prospects.c.email).where(or_(prospects.c.email.in_(emails), prospects.c.user_id == id))
            other = select(prospect_addresses.c.email).where(prospect_addresses.c.email.in_(emails))
            return [Email(it) for it in (await connection.execute(union(first, other))).scalars()]

    async def seen(
        self, country: Country, people: Collection[ProspectId], contacts: Collection[ContactId]
    ) -> Sequence[Sighting]:
        theirs = or_(table.c.prospect_id.in_(people), table.c.contact_ids.overlap(list(contacts)))
        query = select(*_SIGHTINGS.columns).where(table.c.country_code == country, theirs)
        async with reading(self._engine).connect() as connection:
            return _SIGHTINGS.all(await connection.execute(query))


def _named(country: Country, id: ConversationId) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    return table.c.country_code == country, table.c.id == id


async def _emails_of_user(connection: AsyncConnection, id: UserId) -> list[Email]:
    query = select(users.c.email, users.c.pro_email, users.c.company_email).where(users.c.id == id)
    row = (await connection.execute(query)).first()
    return [Email(it) for it in row or () if it]


async def _acquaintance(connection: AsyncConnection, person: Prospect) -> Acquaintance:
    """Return a person with her colleagues, and those who have her number where it is one."""
    routes = {
        Route.PROSPECT: Traits(frozenset({person.id}), frozenset({person.email}), users=_users([person])),
        Route.SECONDARY_EMAIL: Traits(emails=await _other_emails(connection, [person.id])),
    }
    if person.company_id:
        routes[Route.COMPANY] = await _others(connection, person, "company_id")
    if person.phone and person.phone_valid:
        others = await _others(connection, person, "phone")
        routes[Route.PHONE] = replace(others, phones=frozenset({person.phone}))
    return Acquaintance(person.id, routes)


async def _others(connection: AsyncConnection, person: Prospect, trait: str) -> Traits:
    """Return how the others are known who have this in common with a person."""
    query = select(*PROSPECTS.columns).where(prospects.c[trait] == getattr(person, trait), prospects.c.id != person.id)
    found = PROSPECTS.all(await connection.execute(query.order_by(prospects.c.id.desc()).limit(_MOST_TIED)))
    ids = frozenset(it.id for it in found)
    emails = await _other_emails(connection, ids)
    return Traits(ids, emails.union(it.email for it in found), users=_users(found))


async def _other_emails(connection: AsyncConnection, ids: Collection[ProspectId]) -> frozenset[Email]:
    query = select(prospect_addresses.c.email).where(prospect_addresses.c.prospect_id.in_(ids))
    return frozenset(Email(it) for it in (await connection.execute(query)).scalars())


def _users(people: Collection[Prospect]) -> frozenset[UserId]:
    return frozenset(it.user_id for it in people if it.user_id)
