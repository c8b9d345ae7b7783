# ruff: noqa: S608 - what is interpolated are constants
"""People to be erased: who they are, what is theirs, and where others have written of them."""

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import ARRAY, Text, bindparam, column, text
from sqlalchemy.ext.asyncio import AsyncConnection

from growth.adapters.db.speech import EMPTIED, HELD
from growth.adapters.db.types import Id, Instant, Json
from growth.domain.kernel.country import Country
from growth.domain.kernel.ids import ProspectId
from growth.domain.kernel.person import Email
from growth.domain.privacy.business_rules.retention import NO_CONTACT
from growth.domain.privacy.business_rules.traces import forms_of, numbers_told, pattern_of
from growth.domain.privacy.entities import DialerTrace, Found, Traces

_TO_CALLS = "c.purpose = 'sales' AND c.channel = 'phone'"
_LOCK = text("""
    SELECT p.id, p.email, p.phone, p.country_code, p.has_opted_in_to_commercial_emails FROM prospect p
    WHERE p.id = (SELECT id FROM prospect WHERE email = :email
                  UNION ALL SELECT prospect_id FROM prospect_address WHERE email = :email)
    FOR UPDATE
""")
# What she said last of being called, if it was no: a refusal, or a consent taken back.
_NO_CALLS = text(f"""
    SELECT max(no.at) > coalesce((SELECT max(c.given_at) FROM consent c WHERE c.prospect_id = :id
                                  AND {_TO_CALLS} AND c.withdrawn_at IS NULL), '-infinity')
    FROM (SELECT c.withdrawn_at FROM consent c WHERE c.prospect_id = :id AND {_TO_CALLS}
          UNION ALL SELECT l.updated_at FROM lead l WHERE l.prospect_id = :id AND l.status = 'refused'
          UNION ALL SELECT r.attempted_at FROM lead l JOIN call k ON k.lead_id = l.id
                    JOIN call_result r ON r.call_id = k.id
                    WHERE l.prospect_id = :id AND r.wrapup = 'nonargued') AS no (at)
""").bindparams(bindparam("id", type_=Id))
_ADDRESSES = text("SELECT email FROM prospect_address WHERE prospect_id = :id ORDER BY email").bindparams(
    bindparam("id", type_=Id)
)
_EMAILS = text("""
    SELECT email FROM prospect WHERE id = :id UNION ALL SELECT email FROM prospect_address WHERE prospect_id = :id
""").bindparams(bindparam("id", type_=Id))
_LEADS = "(SELECT id FROM lead WHERE prospect_id = :id)"
_DIALER = text(f"""
    SELECT b.dialer_campaign_id, c.lead_id, bool_or(c.state = 'injected' AND b.state = 'pending')
    FROM call c JOIN injection_batch b ON b.id = c.batch_id WHERE c.lead_id IN {_LEADS} GROUP BY 1, 2
""").bindparams(bindparam("id", type_=Id))
_SPEECH = text(
    "SELECT call_id, state = 'requested' FROM speech_job WHERE prospect_id = :id ORDER BY call_id"
).bindparams(bindparam("id", type_=Id))
# In this order: people are locked, then calls, then leads, as everybody does it. A call that a run has counted stays,
# with nothing of the person in it; decisions keep the id of a lead that is no more.
_REMOVALS: Final[Mapping[str, str]] = {
    "bodies of calls": f"""
        UPDATE inbox_event SET {EMPTIED}
        WHERE {HELD}
            AND body #>> '{{data,call_id}}' IN (SELECT CAST(id AS text) FROM call WHERE lead_id IN {_LEADS})""",
    "analyses": "DELETE FROM speech_job WHERE prospect_id = :id",
    "recordings": "DELETE FROM call_recording WHERE prospect_id = :id",
    "call_results": f"DELETE FROM call_result WHERE call_id IN (SELECT id FROM call WHERE lead_id IN {_LEADS})",
    "call_attempts": "DELETE FROM call_attempt WHERE prospect_id = :id",
    "calls": f"DELETE FROM call WHERE lead_id IN {_LEADS} AND run_id IS NULL",
    "calls of runs": f"""
        UPDATE call SET lead_id = NULL, prospect_id = NULL, callback_at = NULL, dialer_contact_id = NULL,
            state = CASE WHEN state IN ('planned', 'injected') THEN 'dropped' ELSE state END,
            reason = CASE WHEN state IN ('planned', 'injected') THEN 'erased' ELSE reason END,
            closed_at = CASE WHEN state IN ('planned', 'injected') THEN :at ELSE closed_at END
        WHERE lead_id IN {_LEADS}""",
    "scores": f"DELETE FROM lead_score WHERE lead_id IN {_LEADS}",
    "submissions": "DELETE FROM submission WHERE prospect_id = :id",
    "leads": "DELETE FROM lead WHERE prospect_id = :id",
    "bodies of conversations": """
        UPDATE inbox_event SET body = '{}' WHERE source = 'intercom'
            AND body #>> '{data,item,id}' IN (SELECT id FROM conversation WHERE prospect_id = :id)""",
    "conversations": "DELETE FROM conversation WHERE prospect_id = :id",
    "requests": "DELETE FROM sales_request WHERE prospect_id = :id",
    "flows": "DELETE FROM self_serve_flow WHERE prospect_id = :id",
    "addresses": "DELETE FROM prospect_address WHERE prospect_id = :id",
    "prospects": "DELETE FROM prospect WHERE id = :id",
}
_DECISIONS = text(f"SELECT count(*) FROM decision WHERE lead_id IN {_LEADS}").bindparams(bindparam("id", type_=Id))
# What waits is closed. What is in a worker's hands is not tried again after this time, and ends before its successors.
_CLOSED = """
    SET payload = '{}', not_after = CASE WHEN state = 'pending' THEN CAST(:at AS timestamptz) ELSE not_after END,
        state = CASE WHEN state = 'pending' AND (leased_until IS NULL OR leased_until <= clock_timestamp())
                     THEN 'expired' ELSE state END,
        done_at = CASE WHEN state = 'pending' THEN CAST(:at AS timestamptz) ELSE done_at END
"""
_CLOSE_MESSAGES = text(f"""
    UPDATE message {_CLOSED}
    WHERE payload ->> 'prospect_id' = CAST(:id AS text) OR subject = 'prospect:' || CAST(:id AS text)
        OR subject IN (SELECT 'request:' || id FROM sales_request WHERE prospect_id = CAST(:id AS uuid))
        OR subject IN (SELECT 'conversation:' || country_code || ':' || id FROM conversation
                       WHERE prospect_id = CAST(:id AS uuid))
""").bindparams(bindparam("id", type_=Text), bindparam("at", type_=Instant))
# What the helpdesk calls her: what is told with an address of hers, and the one contact of a conversation of hers.
_CONTACTS = text("""
    SELECT told ->> 'id' FROM inbox_event, jsonb_path_query(body, '$.** ? (exists (@.id) && exists (@.email))') AS told
    WHERE source = 'intercom' AND body::text ~* :pattern AND (told ->> 'email') ~* :pattern
        AND (told ->> 'id') <> '' AND told ->> 'type' IS DISTINCT FROM 'admin'
    UNION SELECT contact_ids[1] FROM conversation WHERE prospect_id = :id AND cardinality(contact_ids) = 1
""").bindparams(bindparam("id", type_=Id))
_TOLD_OF_CONTACTS = text("""
    UPDATE inbox_event SET body = '{}' WHERE source = 'intercom'
        AND EXISTS (SELECT FROM jsonb_path_query(body, '$.**.id') AS id WHERE id #>> '{}' = ANY (:contacts))
""").bindparams(bindparam("contacts", type_=ARRAY(Text)))
_SEEN_OF_CONTACTS = tuple(
    text(change).bindparams(bindparam("contacts", type_=ARRAY(Text)))
    for change in (
        "DELETE FROM conversation WHERE prospect_id IS NULL AND contact_ids && :contacts",
        # others' conversations stay, without her
        """UPDATE conversation
           SET contact_ids = ARRAY(SELECT it FROM unnest(contact_ids) AS it WHERE it <> ALL (:contacts))
           WHERE contact_ids && :contacts""",
    )
)
_TEXTS: Final[Mapping[str, str]] = {
    "webhook_bodies": "UPDATE inbox_event SET body = '{}' WHERE body::text ~* :pattern",
    "idempotent_answers": """
        UPDATE idempotent_answer SET status = 410, content_type = NULL, body = NULL
        WHERE body IS NOT NULL AND encode(body, 'escape') ~* :pattern""",
    "messages": f"UPDATE message {_CLOSED} WHERE payload::text ~* :pattern",
}
# What is in another's flow is his, also when he writes of her.
_STRAY_FLOWS = text("DELETE FROM self_serve_flow WHERE prospect_id IS NULL AND data::text ~* :pattern")
_HAD = text("SELECT DISTINCT phone FROM prospect WHERE phone = ANY (:forms)").bindparams(
    bindparam("forms", type_=ARRAY(Text))
)
_TOLD = (
    text("""
    SELECT properties FROM prospect_event WHERE prospect_id = :id AND event_name = 'website_capture_form'
    UNION ALL SELECT details FROM sales_request WHERE prospect_id = :id
    UNION ALL SELECT data FROM self_serve_flow WHERE prospect_id = :id
""")
    .bindparams(bindparam("id", type_=Id))
    .columns(column("told", Json))
)
_ANSWERED = text("""
    SELECT convert_from(body, 'UTF8') FROM idempotent_answer
    WHERE body IS NOT NULL AND content_type = 'application/json' AND encode(body, 'escape') ~* :pattern
""")
_CUSTOMERS = text("""
    SELECT asked.email FROM unnest(CAST(:emails AS text[])) AS asked (email)
    WHERE EXISTS (SELECT FROM user_account u WHERE u.email = asked.email)
        OR EXISTS (SELECT FROM user_account u WHERE u.pro_email = asked.email)
        OR EXISTS (SELECT FROM user_account u WHERE u.company_email = asked.email)
""")
_SILENT = text("""
    SELECT p.email FROM prospect p
    WHERE p.created_at < :before AND p.user_id IS NULL AND (CAST(:only AS text) IS NULL OR p.email = :only)
        AND NOT EXISTS (SELECT FROM user_account u WHERE u.email = p.email)
        AND NOT EXISTS (SELECT FROM user_account u WHERE u.pro_email = p.email)
        AND NOT EXISTS (SELECT FROM user_account u WHERE u.company_email = p.email)
        AND NOT EXISTS (SELECT FROM prospect_event e WHERE e.prospect_id = p.id AND e.occurred_at >= :before
                        AND e.event_name <> ALL (:no_contact))
        AND NOT EXISTS (SELECT FROM submission s WHERE s.prospect_id = p.id AND s.requested_at >= :before)
        AND NOT EXISTS (SELECT FROM consent c WHERE c.prospect_id = p.id AND c.given_at >= :before)
        AND NOT EXISTS (SELECT FROM sales_request r WHERE r.prospect_id = p.id AND r.requested_at >= :before)
        AND NOT EXISTS (SELECT FROM self_serve_flow f WHERE f.prospect_id = p.id AND f.updated_at >= :before)
    ORDER BY p.id LIMIT :limit
""").bindparams(bindparam("before", type_=Instant), bindparam("no_contact", type_=ARRAY(Text)))


class SqlSubjects:
    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def lock(self, email: Email) -> Found | None:
        row = (await self._connection.execute(_LOCK, {"email": email})).first()
        if row is None:
            return None
        id_, first, phone, country, wants_mails = row
        others = (await self._connection.execute(_ADDRESSES, {"id": id_})).scalars()
        traces = Traces((first, *others), (phone,) if phone else ())
        documents = await self._told(ProspectId(id_), traces)
        told = numbers_told(documents, Country(country) if country else None, traces.phones)
        no_calls = (await self._connection.execute(_NO_CALLS, {"id": id_})).scalar()
        return Found(ProspectId(id_), replace(traces, told=told), wants_mails, wants_calls=not no_calls)

    async def dialer_traces(self, id: ProspectId) -> tuple[tuple[DialerTrace, ...], bool]:
        rows = (await self._connection.execute(_DIALER, {"id": id})).all()
        return tuple(DialerTrace(campaign, lead) for campaign, lead, _ in rows), any(row[2] for row in rows)

    async def speech_traces(self, id: ProspectId) -> tuple[tuple[UUID, ...], bool]:
        rows = (await self._connection.execute(_SPEECH, {"id": id})).all()
        return tuple(row[0] for row in rows), any(row[1] for row in rows)

    async def remove(self, id: ProspectId, at: datetime) -> Mapping[str, int]:
        messages = await self._changed(_CLOSE_MESSAGES, {"id": str(id), "at": at})
        emails = (await self._connection.execute(_EMAILS, {"id": id})).scalars()
        bodies = await self._forget_contacts(tuple(map(Email, emails)), id)
        counts = {"decisions": (await self._connection.execute(_DECISIONS, {"id": id})).scalar_one()}
        for kind, removal in _REMOVALS.items():
            query = text(removal).bindparams(bindparam("id", type_=Id))
            values = {"id": id, "at": at} if ":at" in removal else {"id": id}
            counts[kind] = await self._changed(query, values)
        counts["calls"] += counts.pop("calls of runs")
        bodies += counts.pop("bodies of conversations") + counts.pop("bodies of calls")
        return counts | {"messages": messages, "webhook_bodies": bodies}

    async def empty_texts(self, traces: Traces, at: datetime) -> Mapping[str, int]:
        left = replace(traces, phones=await self._of_nobody(traces.phones), told=await self._of_nobody(traces.told))
        values = {"pattern": pattern_of(left), "at": at}
        counts = {}
        bodies = await self._forget_contacts(traces.emails)  # of somebody whom nobody knew here
        for kind, statement in _TEXTS.items():
            given = values if ":at" in statement else {"pattern": values["pattern"]}
            counts[kind] = await self._changed(text(statement), given)
        counts["webhook_bodies"] += bodies
        claimed = replace(left, phones=(*left.phones, *left.told))
        return counts | {"flows": await self._changed(_STRAY_FLOWS, {"pattern": pattern_of(claimed)})}

    async def customers(self, emails: Collection[Email]) -> set[Email]:
        return {Email(it) for it in (await self._connection.execute(_CUSTOMERS, {"emails": list(emails)})).scalars()}

    async def silent_since(self, before: datetime, limit: int, only: Email | None = None) -> Sequence[Email]:
        asked = {"before": before, "limit": limit, "only": only, "no_contact": sorted(NO_CONTACT)}
        return [Email(it) for it in (await self._connection.execute(_SILENT, asked)).scalars()]

    async def _forget_contacts(self, emails: Collection[Email], id: ProspectId | None = None) -> int:
        """Forget what the helpdesk calls her, wherever it stands; return how many webhooks had told of it."""
        asked = {"pattern": pattern_of(Traces(tuple(emails), ())), "id": id}
        contacts = {"contacts": list((await self._connection.execute(_CONTACTS, asked)).scalars())}
        if not contacts["contacts"]:
            return 0
        for statement in _SEEN_OF_CONTACTS:
            await self._connection.execute(statement, contacts)
        return await self._changed(_TOLD_OF_CONTACTS, contacts)

    async def _told(self, id: ProspectId, traces: Traces) -> list[object]:
        """Return what she told of herself, and what we answered to it."""
        told = await self._connection.execute(_TOLD, {"id": id})
        answers = await self._connection.execute(_ANSWERED, {"pattern": pattern_of(replace(traces, phones=()))})
        answered = [json.loads(it) for it in answers.scalars()]
        hers = [it["phone"] for it in answered if isinstance(it, dict) and it.get("id") == str(id) and "phone" in it]
        return [*told.scalars(), *hers]

    async def _of_nobody(self, phones: Collection[str]) -> tuple[str, ...]:
        """Return those of the numbers that no person has: an erased one has none any more."""
        forms = {phone: forms_of(phone) for phone in phones}
        wanted = sorted({form for each in forms.values() for form in each})
        had = set((await self._connection.execute(_HAD, {"forms": wanted})).scalars()) if wanted else set()
        return tuple(phone for phone in phones if not forms[phone] & had)

    async def _changed(self, statement: object, values: Mapping[str, object]) -> int:
        return (await self._connection.execute(statement, values)).rowcount  # type: ignore[call-overload,no-any-return]
