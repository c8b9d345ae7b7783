"""People as they are read, and all that happened with one: each source by its index, no more rows than are shown."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Integer, Uuid, column, select, text, tuple_
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from growth.adapters.db.engine import reading
from growth.adapters.db.people import EVENTS, PROSPECTS, SqlPeople
from growth.adapters.db.prepared import Prepared
from growth.adapters.db.tables.people import prospect_events, prospects
from growth.adapters.db.types import Instant, Json
from growth.domain.campaigns.business_rules.sentences import why_stopped
from growth.domain.campaigns.entities.candidates import Stopped
from growth.domain.campaigns.entities.runs import Gate
from growth.domain.kernel.country import Country
from growth.domain.kernel.ids import ProspectId
from growth.domain.kernel.person import Email, Prospect
from growth.domain.kernel.prospect_events import ProspectEvent
from growth.domain.prospects.entities.people import Person
from growth.domain.prospects.entities.timeline import Entry, EntryKind

# By kind: the instant, the id, the facts, and the rows of the person `who`.
_SOURCES: Mapping[EntryKind, tuple[str, str, str, str]] = {
    EntryKind.EVENT: (
        "e.occurred_at",
        "e.id",
        "jsonb_build_object('name', e.event_name, 'properties', e.properties)",
        "prospect_event e JOIN who ON e.prospect_id = who.id",
    ),
    EntryKind.REQUEST: (
        "r.requested_at",
        "r.id",
        "jsonb_build_object('type', r.request_type, 'details', r.details)",
        "sales_request r JOIN who ON r.prospect_id = who.id",
    ),
    EntryKind.REFERRAL: (
        "f.created_at",
        "f.id",
        (
            "jsonb_build_object('received', f.referred_user_id = who.user_id, 'partner', f.referring_partner,"
            " 'status', f.status)"
        ),
        "referral f JOIN who ON who.user_id IN (f.referred_user_id, f.referring_user_id) AND f.deleted_at IS NULL",
    ),
    EntryKind.LEAD: (
        "l.created_at",
        "l.id",
        (
            "jsonb_build_object('segment', l.segment, 'property_type', l.property_type, 'postal_code', l.postal_code,"
            " 'status', l.status)"
        ),
        "lead l JOIN who ON l.prospect_id = who.id",
    ),
    EntryKind.SCORE: (
        "s.scored_at",
        "l.id",
        "jsonb_build_object('score', s.score, 'version', s.rule_set_version)",
        "lead l JOIN who ON l.prospect_id = who.id JOIN lead_score s ON s.lead_id = l.id",
    ),
    EntryKind.CALL: (
        "coalesce(c.last_attempt_at, c.closed_at, c.injected_at, c.planned_at)",
        "c.id",
        (
            "jsonb_build_object('state', c.state, 'agent', c.agent_id, 'campaign', c.campaign, 'attempts', c.attempts,"
            " 'wrapup', coalesce(c.wrapup_name, c.wrapup), 'reason', c.reason, 'lead_id', c.lead_id)"
        ),
        "lead l JOIN who ON l.prospect_id = who.id JOIN call c ON c.lead_id = l.id",
    ),
    EntryKind.MESSAGE: (
        "m.done_at",
        "m.id",
        "jsonb_build_object('vendor', m.vendor, 'kind', m.kind)",
        "message m JOIN who ON m.subject = 'prospect:' || who.id AND m.subject LIKE 'prospect:%' AND m.state = 'done'",
    ),
    EntryKind.ANALYSIS: (
        "coalesce(j.analysed_at, j.requested_at)",
        "j.call_id",
        (
            "jsonb_build_object('state', j.state, 'reason', j.reason, 'scores', j.scores,"
            " 'transcript_url', j.transcript_url, 'lead_id', c.lead_id)"
        ),
        (
            "speech_job j JOIN who ON j.prospect_id = who.id AND j.state IN ('analysed', 'failed', 'skipped')"
            " JOIN call c ON c.id = j.call_id"
        ),
    ),
    EntryKind.DECISION: (
        "d.decided_at",
        "d.call_id",
        (
            "jsonb_build_object('gate', d.gate, 'again', d.next_allowed_at, 'campaign', r.campaign,"
            " 'slot', r.slot_start, 'country', l.country_code, 'timezone', l.timezone, 'lead_id', l.id)"
        ),
        (
            "lead l JOIN who ON l.prospect_id = who.id JOIN decision d ON d.lead_id = l.id AND d.outcome = 'stopped'"
            " JOIN campaign_run r ON r.id = d.run_id"
        ),
    ),
    EntryKind.CONSENT: (
        "coalesce(g.withdrawn_at, g.given_at)",
        "g.id",
        (
            "jsonb_build_object('purpose', g.purpose, 'channel', g.channel, 'wording', g.wording_version,"
            " 'withdrawn', g.withdrawn_at IS NOT NULL, 'how', g.withdrawal)"
        ),
        "consent g JOIN who ON g.prospect_id = who.id",
    ),
}


def _source(kind: EntryKind) -> str:
    at, id_, told, rows = _SOURCES[kind]
    return (
        f"(SELECT {at} AS at, {kind.value} AS kind, {id_} AS id, {told} AS told FROM {rows} "  # noqa: S608 - constants
        f"WHERE ({at}, {kind.value}, {id_}) < (:at, :kind, :id) ORDER BY {at} DESC, {id_} DESC LIMIT :limit)"
    )


# A user whom nobody has linked to his prospect is found by his first address.
TIMELINE = f"""
    WITH who AS MATERIALIZED (
        SELECT p.id, coalesce(p.user_id, (
            SELECT u.id FROM user_account u WHERE u.email = p.email ORDER BY u.created_at, u.id LIMIT 1)) AS user_id
        FROM prospect p WHERE p.id = :who
    )
    SELECT of_who.at, of_who.kind, of_who.id, of_who.told FROM who
    LEFT JOIN LATERAL ({" UNION ALL ".join(_source(kind) for kind in _SOURCES)}) AS of_who ON true
    ORDER BY of_who.at DESC, of_who.kind DESC, of_who.id DESC LIMIT :limit
"""  # noqa: S608 - constants
_TIMELINE = Prepared(
    text(TIMELINE).columns(column("at", Instant), column("kind", Integer), column("id", Uuid), column("told", Json))
)
_END = (datetime(9999, 1, 1, tzinfo=UTC), 0, UUID(int=0))


class SqlProspectViews:
    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    async def get(self, id: ProspectId) -> Person | None:
        async with self._engine.connect() as connection:
            query = select(*PROSPECTS.columns).where(prospects.c.id == id)
            return await _person(connection, PROSPECTS.read((await connection.execute(query)).first()))

    async def of_email(self, email: Email) -> Person | None:
        async with self._engine.connect() as connection:
            return await _person(connection, await SqlPeople(connection).find(email))

    async def events(
        self, id: ProspectId, before: tuple[datetime, UUID] | None, limit: int
    ) -> Sequence[ProspectEvent] | None:
        of = prospect_events.c
        join = prospects.outerjoin(prospect_events, of.prospect_id == prospects.c.id)
        if before is not None:
            join = prospects.outerjoin(
                prospect_events, (of.prospect_id == prospects.c.id) & (tuple_(of.occurred_at, of.id) < before)
            )
        query = select(*EVENTS.columns).select_from(join).where(prospects.c.id == id)
        async with self._engine.connect() as connection:
            rows = (await connection.execute(query.order_by(of.occurred_at.desc(), of.id.desc()).limit(limit))).all()
        return EVENTS.all(row for row in rows if row[0]) if rows else None

    async def timeline(
        self, id: ProspectId, before: tuple[datetime, int, UUID] | None, limit: int
    ) -> Sequence[Entry] | None:
        at, kind, entry = before or _END
        asked = {"who": id, "at": at, "kind": kind, "id": entry, "limit": limit}
        async with reading(self._engine).connect() as connection:
            rows = await _TIMELINE.fetch(connection, asked)
        return [_entry(*row) for row in rows if row[0]] if rows else None


def _entry(at: datetime, kind: int, id: UUID, told: Mapping[str, Any]) -> Entry:
    if kind == EntryKind.DECISION:
        again = datetime.fromisoformat(told["again"]) if told["again"] else None
        judged = max(at, datetime.fromisoformat(told["slot"]))
        stopped = Stopped(Gate(told["gate"]), again)
        told = {**told, "sentence": why_stopped(stopped, Country(told["country"]), told["timezone"], judged)}
    return Entry(at, EntryKind(kind), id, told)


async def _person(connection: AsyncConnection, prospect: Prospect | None) -> Person | None:
    if prospect is None:
        return None
    return Person(prospect, await SqlPeople(connection).addresses(prospect.id))
