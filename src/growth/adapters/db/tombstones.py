"""Tombstones, and the ids of erased events. Only keyed hashes are stored, and asked for."""

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime

from sqlalchemy import ARRAY, Boolean, LargeBinary, bindparam, column, delete, select, text, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from growth.adapters.db.tables.people import prospect_events
from growth.adapters.db.tables.privacy import erased_messages, tombstones
from growth.adapters.db.types import Id, Instant
from growth.domain.kernel.arrivals import Arrival, Memory
from growth.domain.kernel.ids import ProspectId
from growth.domain.kernel.person import Email
from growth.domain.kernel.pseudonyms import Pseudonyms
from growth.domain.privacy.business_rules.traces import pattern_of
from growth.domain.privacy.entities import TombstoneKind, Traces

_DIGESTS = ARRAY(LargeBinary)
_REMEMBERED = (
    text("""
        SELECT of_email.standing, of_phone.standing, coalesce(of_email.no_mails, false),
               asked.message IS NOT NULL AND EXISTS (SELECT FROM erased_message m WHERE m.digest = asked.message)
        FROM unnest(CAST(:emails AS bytea[]), CAST(:phones AS bytea[]), CAST(:messages AS bytea[]))
            WITH ORDINALITY AS asked (email, phone, message, place)
        LEFT JOIN LATERAL (
            SELECT CASE WHEN t.lifted_at IS NULL THEN t.erased_at END AS standing, t.no_mails
            FROM tombstone t WHERE t.digest = asked.email
        ) AS of_email ON true
        LEFT JOIN LATERAL (
            SELECT CASE WHEN t.lifted_at IS NULL THEN t.erased_at END AS standing
            FROM tombstone t WHERE t.digest = asked.phone
        ) AS of_phone ON true
        ORDER BY asked.place
    """)
    .bindparams(*(bindparam(name, type_=_DIGESTS) for name in ("emails", "phones", "messages")))
    .columns(
        column("of_email", Instant), column("of_phone", Instant), column("no_mails", Boolean), column("told", Boolean)
    )
)
# An earlier opt-out of the same address stays in force when it is erased again.
_PUT = text("""
    INSERT INTO tombstone AS t (digest, kind, erased_at, lifted_at, no_mails, no_calls)
    VALUES (:digest, :kind, :at, NULL, :no_mails, :no_calls)
    ON CONFLICT (digest) DO UPDATE SET erased_at = greatest(t.erased_at, excluded.erased_at), lifted_at = NULL,
        no_mails = t.no_mails OR excluded.no_mails, no_calls = t.no_calls OR excluded.no_calls
""").bindparams(bindparam("digest", type_=LargeBinary), bindparam("at", type_=Instant))
# A wording is the name of a text of ours; where a caller has written of her in its place, not even that is kept.
# A consent without an end of its own ended now, or a year after it was given, whichever is later.
_BURY_CONSENTS = text("""
    UPDATE consent SET prospect_id = NULL, person = :person, evidence = '{}', withdrawal = NULL,
        purpose = CASE WHEN purpose ~* :pattern THEN '' ELSE purpose END,
        channel = CASE WHEN channel ~* :pattern THEN '' ELSE channel END,
        wording_version = CASE WHEN wording_version ~* :pattern THEN '' ELSE wording_version END,
        kept_until = interval '3 years'
            + coalesce(withdrawn_at, least(expires_at, greatest(:at, given_at + interval '1 year')))
    WHERE prospect_id = :id
""").bindparams(bindparam("id", type_=Id), bindparam("at", type_=Instant), bindparam("person", type_=LargeBinary))
_MESSAGE, _SEPARATOR = "message", "\0"


class SqlTombstones:
    def __init__(self, connection: AsyncConnection, pseudonyms: Pseudonyms) -> None:
        self._connection = connection
        self._pseudonyms = pseudonyms

    async def remembered(self, arrivals: Sequence[Arrival]) -> list[Memory]:
        asked = {
            "emails": [self._email(it.email) for it in arrivals],
            "phones": [self._phone(it.phone) if it.phone else None for it in arrivals],
            "messages": [self._message(*it.told_as) if it.told_as else None for it in arrivals],
        }
        rows = await self._connection.execute(_REMEMBERED, asked)
        return [Memory(max((at for at in row[:2] if at), default=None), *row[2:]) for row in rows]

    async def erased_since(self, email: Email, at: datetime) -> bool:
        query = select(tombstones.c.digest).where(
            tombstones.c.digest == self._email(email), tombstones.c.erased_at >= at
        )
        return (await self._connection.execute(query)).first() is not None

    async def lift(self, arrivals: Sequence[Arrival], at: datetime) -> None:
        digests = {self._email(it.email) for it in arrivals} | {self._phone(it.phone) for it in arrivals if it.phone}
        standing = tombstones.c.digest.in_(digests), tombstones.c.lifted_at.is_(None)
        await self._connection.execute(update(tombstones).where(*standing).values(lifted_at=at))

    async def put(self, traces: Traces, at: datetime, *, no_mails: bool, no_calls: bool) -> None:
        stones = [(self._email(it), TombstoneKind.EMAIL.value, no_mails) for it in traces.emails]
        stones += [(self._phone(it), TombstoneKind.PHONE.value, False) for it in traces.phones]
        said = {"at": at, "no_calls": no_calls}
        # In one order, so that two erasures never wait for each other in a circle.
        rows = [said | {"digest": it, "kind": kind, "no_mails": none} for it, kind, none in sorted(stones)]
        await self._connection.execute(_PUT, rows)

    async def bury_consents(self, id: ProspectId, traces: Traces, at: datetime) -> int:
        values = {"id": id, "person": self._email(traces.emails[0]), "pattern": pattern_of(traces), "at": at}
        return (await self._connection.execute(_BURY_CONSENTS, values)).rowcount

    async def lifted(self, emails: Collection[Email]) -> set[Email]:
        digests = {self._email(it): it for it in emails}
        query = select(tombstones.c.digest).where(
            tombstones.c.digest.in_(digests.keys()), tombstones.c.lifted_at.is_not(None)
        )
        return {digests[it] for it in (await self._connection.execute(query)).scalars()}

    async def bury_events(self, id: ProspectId, at: datetime) -> int:
        of = prospect_events.c
        query = delete(prospect_events).where(of.prospect_id == id).returning(of.caller, of.message_id)
        sent = (await self._connection.execute(query)).all()
        await self._remember(((caller, message) for caller, message in sent), at)
        return len(sent)

    async def _remember(self, sent: Iterable[tuple[str, str]], at: datetime) -> None:
        rows = [{"digest": self._message(*it), "erased_at": at} for it in sent]
        if rows:
            await self._connection.execute(insert(erased_messages).on_conflict_do_nothing(), rows)

    def _email(self, email: Email) -> bytes:
        return self._pseudonyms.of("email", email)

    def _phone(self, phone: str) -> bytes:
        return self._pseudonyms.of("phone", phone)

    def _message(self, caller: str, id: str) -> bytes:
        return self._pseudonyms.of(_MESSAGE, f"{caller}{_SEPARATOR}{id}")
