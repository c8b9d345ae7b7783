"""Prospects, their addresses, and what happened to them."""

from collections.abc import Collection, Mapping, Sequence
from datetime import UTC, datetime

from pydantic_core import to_json
from sqlalchemy import Boolean, column, select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from growth.adapters.db.clock import MOVED_TIME
from growth.adapters.db.prepared import Prepared
from growth.adapters.db.rows import Rows
from growth.adapters.db.tables.campaigns import calls
from growth.adapters.db.tables.people import prospect_addresses, prospect_events, prospects
from growth.adapters.db.types import Instant, Json, Words
from growth.domain.campaigns.entities.calls import CallId
from growth.domain.kernel.ids import ProspectId
from growth.domain.kernel.person import Email, Phone, Prospect
from growth.domain.kernel.prospect_events import ProspectEvent
from growth.domain.prospects.entities.people import Asked, Met

# Not the address: who changes what others refer to by would wait for all who add rows of the person, and they for him.
PROSPECTS = Rows(Prospect, prospects, fixed={"email"})
EVENTS = Rows(ProspectEvent, prospect_events)

OWNER = "SELECT id FROM prospect WHERE email = {0} UNION ALL SELECT prospect_id FROM prospect_address WHERE email = {0}"
_ADDRESSES_ROOM = 5105278120371893421  # that of the triggers which keep an address with one person
# The newest parameters are read only for those who ask: a page view is compared with them.
_MEET = Prepared(
    text(f"""
        SELECT clock.now, asked.message_id IS NOT NULL AND EXISTS (
                   SELECT FROM prospect_event e WHERE e.caller = asked.caller AND e.message_id = asked.message_id
               ) AS told, newest.marketing_parameters AS newest, {", ".join(f"p.{it.name}" for it in PROSPECTS.columns)}
        FROM ({MOVED_TIME.text}) AS clock (now)
        CROSS JOIN unnest(
            CAST(:emails AS text[]), CAST(:callers AS text[]), CAST(:messages AS text[]), CAST(:compare AS boolean[])
        ) WITH ORDINALITY AS asked (email, caller, message_id, compare, place)
        LEFT JOIN prospect p ON p.id = ({OWNER.format("asked.email")})
        LEFT JOIN LATERAL (
            SELECT e.marketing_parameters FROM prospect_event e
            WHERE asked.compare AND e.prospect_id = p.id AND e.marketing_parameters IS NOT NULL
            ORDER BY e.occurred_at DESC, e.id DESC LIMIT 1
        ) AS newest ON true
        ORDER BY asked.place
    """).columns(column("now", Instant), column("told", Boolean), column("newest", Json), *PROSPECTS.columns)  # noqa: S608 - constants
)
_RECORD = Prepared(
    text("""
        INSERT INTO prospect_event (id, prospect_id, event_name, country_code, persona_type, marketing_parameters,
                                    properties, occurred_at, received_at, caller, message_id)
        SELECT id, prospect_id, event_name, country_code, persona_type, CAST(marketing_parameters AS jsonb),
               CAST(properties AS jsonb), occurred_at, received_at, caller, message_id
        FROM unnest(
            CAST(:id AS uuid[]), CAST(:prospect_id AS uuid[]), CAST(:event_name AS text[]),
            CAST(:country_code AS text[]), CAST(:persona_type AS text[]), CAST(:marketing_parameters AS text[]),
            CAST(:properties AS text[]), CAST(:occurred_at AS timestamptz[]), CAST(:received_at AS timestamptz[]),
            CAST(:caller AS text[]), CAST(:message_id AS text[])
        ) AS told (id, prospect_id, event_name, country_code, persona_type, marketing_parameters, properties,
                   occurred_at, received_at, caller, message_id)
    """)
)
_NOTHING = text("SELECT pg_logical_emit_message(true, 'growth', '')")  # the commit has to go to the disk as well
_FILL_PHONES = text("""
    UPDATE prospect p SET phone = told.phone, phone_valid = told.valid
    FROM unnest(CAST(:ids AS uuid[]), CAST(:phones AS text[]), CAST(:valid AS boolean[])) AS told (id, phone, valid)
    WHERE p.id = told.id AND p.phone IS NULL
""")
_AS_JSON = {"marketing_parameters", "properties"}


_KNOWN = text(f"""
    SELECT asked.email, {", ".join(f"p.{it.name}" for it in PROSPECTS.columns)}
    FROM unnest(CAST(:emails AS text[])) AS asked (email) JOIN prospect p ON p.id = ({OWNER.format("asked.email")})
    ORDER BY p.id FOR NO KEY UPDATE OF p
""").columns(column("asked", Words), *PROSPECTS.columns)  # noqa: S608 - constants


class SqlPeople:
    """People are locked in the order of their ids, so that two transactions never wait for each other in a circle.

    The lock lets others refer to them: rows of theirs can be added meanwhile.
    """

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def meet(self, asked: Sequence[Asked]) -> tuple[datetime, list[Met]]:
        rows = await _MEET.fetch(
            self._connection,
            {
                "emails": [it.email for it in asked],
                "callers": [it.caller for it in asked],
                "messages": [it.message_id for it in asked],
                "compare": [it.compare for it in asked],
            },
        )
        now: datetime = rows[0][0].astimezone(UTC)
        return now, [Met(PROSPECTS.one(row[3:]) if row[3] else None, row[1], row[2]) for row in rows]

    async def lock_known(self, emails: Collection[Email]) -> Mapping[Email, Prospect]:
        rows = await self._connection.execute(_KNOWN, {"emails": sorted(emails)})
        return {Email(row[0]): PROSPECTS.one(row[1:]) for row in rows}

    async def lock_or_add(self, people: Sequence[Prospect]) -> Mapping[Email, Prospect]:
        await PROSPECTS.add(self._connection, sorted(people, key=lambda person: person.email))
        return await self.lock_known({person.email for person in people})

    async def lock(self, id: ProspectId) -> Prospect | None:
        query = select(*PROSPECTS.columns).where(prospects.c.id == id).with_for_update(key_share=True)
        return PROSPECTS.read((await self._connection.execute(query)).first())

    async def find(self, email: Email) -> Prospect | None:
        _, (met,) = await self.meet([Asked(email, "", None, compare=False)])
        return met.prospect

    async def lock_called(self, called: Collection[CallId]) -> None:
        owners = select(calls.c.prospect_id).where(calls.c.id.in_(called))
        query = select(prospects.c.id).where(prospects.c.id.in_(owners)).order_by(prospects.c.id)
        await self._connection.execute(query.with_for_update(key_share=True))

    async def save(self, people: Sequence[Prospect]) -> None:
        if people:
            await self._connection.execute(PROSPECTS.update, [PROSPECTS.changes(person) for person in people])

    async def fill_phones(self, phones: Mapping[ProspectId, Phone]) -> None:
        filled = sorted(phones.items())
        asked = {
            "ids": [id_ for id_, _ in filled],
            "phones": [phone.number for _, phone in filled],
            "valid": [phone.valid for _, phone in filled],
        }
        await self._connection.execute(_FILL_PHONES, asked)

    async def lock_addresses(self) -> None:
        await self._connection.execute(text("SELECT pg_advisory_xact_lock(:room)"), {"room": _ADDRESSES_ROOM})

    async def add_addresses(self, id: ProspectId, emails: Collection[Email]) -> bool:
        wanted = sorted(set(emails))
        if wanted:
            rows = [{"email": email, "prospect_id": id} for email in wanted]
            await self._connection.execute(insert(prospect_addresses).on_conflict_do_nothing(), rows)
        _, met = await self.meet([Asked(email, "", None, compare=False) for email in wanted]) if wanted else (None, [])
        return all(it.prospect and it.prospect.id == id for it in met)

    async def addresses(self, id: ProspectId) -> tuple[Email, ...]:
        query = select(prospect_addresses.c.email).where(prospect_addresses.c.prospect_id == id)
        found = (await self._connection.execute(query.order_by(prospect_addresses.c.email))).scalars()
        return tuple(Email(email) for email in found)


class SqlEvents:
    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def record(self, events: Sequence[ProspectEvent]) -> None:
        values = {
            it.name: [_as_json(event, it.name) if it.name in _AS_JSON else getattr(event, it.name) for event in events]
            for it in EVENTS.columns
        }
        await _RECORD.fetch(self._connection, values)

    async def record_nothing(self) -> None:
        await self._connection.execute(_NOTHING)

    async def add(self, events: Sequence[ProspectEvent]) -> None:
        await EVENTS.add(self._connection, events)


def _as_json(event: ProspectEvent, name: str) -> str | None:
    value = getattr(event, name)
    return None if value is None else to_json(value).decode()
