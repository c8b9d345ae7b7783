"""How people stand to being called: what speaks for it and against, of a whole batch in one statement."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar

from pydantic import TypeAdapter
from sqlalchemy import ARRAY, Boolean, LargeBinary, bindparam, column, text
from sqlalchemy.ext.asyncio import AsyncConnection

from growth.adapters.db.prepared import Prepared
from growth.adapters.db.types import Id, Instant, Words
from growth.domain.campaigns.entities.consents import Consent, Period, Standing
from growth.domain.campaigns.entities.law import CALL_CHANNEL, CALL_PURPOSE
from growth.domain.campaigns.entities.leads import LeadId
from growth.domain.kernel.person import Prospect
from growth.domain.kernel.pseudonyms import Pseudonyms

ItemT = TypeVar("ItemT")

# Of a consent what is judged, not its proof. A request of an import whose row did not tell when counts for nothing: it
# would be as old as the import. A refusal counts for all who have the number, like an attempt. Who was erased and comes
# back has no calls wanted.
_STANDINGS = Prepared(
    text(f"""
        SELECT
            (SELECT CAST(json_agg(json_build_object(
                 'id', c.id, 'prospect_id', c.prospect_id, 'purpose', c.purpose, 'channel', c.channel,
                 'wording_version', '', 'evidence', CAST('{{}}' AS json), 'given_at', c.given_at,
                 'expires_at', c.expires_at, 'withdrawn_at', c.withdrawn_at
             ) ORDER BY c.given_at, c.id) AS text) FROM consent c
             WHERE c.prospect_id = p.id AND c.purpose = '{CALL_PURPOSE}' AND c.channel = '{CALL_CHANNEL}'),
            (SELECT max(s.requested_at) FROM submission s
             WHERE s.lead_id = asked.lead AND (s.source <> 'import' OR s.requested_at < s.received_at)),
            (SELECT CAST(json_agg(json_build_object('since', k.start_date, 'until', k.end_date)) AS text)
             FROM (SELECT u.id, u.replaced_by FROM user_account u WHERE u.id = p.user_id
                   UNION SELECT u.id, u.replaced_by FROM user_account u WHERE u.email = p.email
                   UNION SELECT u.id, u.replaced_by FROM prospect_address a JOIN user_account u ON u.email = a.email
                   WHERE a.prospect_id = p.id) AS known
             CROSS JOIN LATERAL (
                   SELECT coalesce(known.replaced_by, known.id) AS id
                   UNION SELECT r.id FROM user_account r WHERE r.replaced_by = coalesce(known.replaced_by, known.id)
             ) AS holder
             JOIN contract k ON k.user_id = holder.id AND k.signed_at IS NOT NULL),
            (SELECT max(r.attempted_at) FROM prospect o JOIN lead l ON l.prospect_id = o.id
             JOIN call k ON k.lead_id = l.id JOIN call_result r ON r.call_id = k.id
             WHERE (o.id = p.id OR o.phone = p.phone) AND r.wrapup = 'nonargued'),
            coalesce((SELECT true FROM do_not_call d WHERE d.digest = asked.phone LIMIT 1), false),
            (SELECT max(t.erased_at) FROM tombstone t
             WHERE t.digest IN (asked.email, asked.phone) AND t.no_calls AND t.erased_at <= p.created_at)
        FROM unnest(CAST(:leads AS uuid[]), CAST(:people AS uuid[]), CAST(:emails AS bytea[]), CAST(:phones AS bytea[]))
            WITH ORDINALITY AS asked (lead, person, email, phone, place)
        JOIN prospect p ON p.id = asked.person
        ORDER BY asked.place
    """)  # noqa: S608 - constants
    .bindparams(
        *(bindparam(name, type_=ARRAY(Id)) for name in ("leads", "people")),
        *(bindparam(name, type_=ARRAY(LargeBinary)) for name in ("emails", "phones")),
    )
    .columns(
        column("consents", Words),
        column("requested_at", Instant),
        column("contracts", Words),
        column("refused_at", Instant),
        column("listed", Boolean),
        column("opted_out_at", Instant),
    )
)
_CONSENTS = TypeAdapter(tuple[Consent, ...])
_PERIODS = TypeAdapter(tuple[Period, ...])


@dataclass(frozen=True, slots=True)
class Asked:
    lead: LeadId
    person: Prospect


async def standings(connection: AsyncConnection, pseudonyms: Pseudonyms, asked: Sequence[Asked]) -> list[Standing]:
    """Return how the person of each lead stands to being called about it."""
    if not asked:
        return []
    given = {
        "leads": [it.lead for it in asked],
        "people": [it.person.id for it in asked],
        "emails": [pseudonyms.of("email", it.person.email) for it in asked],
        "phones": [pseudonyms.of("phone", it.person.phone) if it.person.phone else None for it in asked],
    }
    return [
        Standing(
            consents=(hers := _read(_CONSENTS, consents)),
            requested_at=requested_at,
            contracts=_read(_PERIODS, contracts),
            refused_at=refused_at,
            do_not_call=listed or _opted_out(opted_out_at, hers),
        )
        for consents, requested_at, contracts, refused_at, listed, opted_out_at in await _STANDINGS.fetch(
            connection, given
        )
    ]


def _read(entities: TypeAdapter[tuple[ItemT, ...]], document: str | None) -> tuple[ItemT, ...]:
    return entities.validate_json(document) if document else ()


def _opted_out(at: datetime | None, consents: Sequence[Consent]) -> bool:
    """Tell whether what somebody said before the erasure still holds: until she consents again."""
    return at is not None and not any(it.given_at > at and it.withdrawn_at is None for it in consents)
