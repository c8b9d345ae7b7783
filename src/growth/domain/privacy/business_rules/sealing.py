"""What vendors are told of somebody, written down to be sealed, and read again."""

import json
from collections.abc import Collection
from dataclasses import replace
from uuid import UUID

from growth.domain.kernel.ids import ProspectId
from growth.domain.kernel.person import Email
from growth.domain.privacy.entities import DialerTrace, Subject


def written(subject: Subject) -> bytes:
    described = {
        "prospect_id": str(subject.prospect_id) if subject.prospect_id else None,
        "emails": subject.emails,
        "phones": subject.phones,
        "dialer": [(it.dialer_campaign_id, str(it.lead_id)) for it in subject.dialer],
        "speech": [str(call) for call in subject.speech],
    }
    return json.dumps(described).encode()


def read(content: bytes) -> Subject:
    told = json.loads(content)
    return Subject(
        prospect_id=ProspectId(UUID(told["prospect_id"])) if told["prospect_id"] else None,
        emails=tuple(map(Email, told["emails"])),
        phones=tuple(told["phones"]),
        dialer=tuple(DialerTrace(campaign, UUID(lead)) for campaign, lead in told["dialer"]),
        speech=tuple(map(UUID, told.get("speech", ()))),  # none in what was sealed before there was any
    )


def without(subject: Subject, in_use: Collection[Email]) -> Subject:
    """Return the subject as a vendor is told of it, apart from the addresses by which somebody else is known there."""
    rest = tuple(email for email in subject.emails if email not in in_use)
    return replace(subject, emails=rest, in_use=tuple(email for email in subject.emails if email in in_use))
