"""Diabolocom's words: what goes over the wire, and how it reads as ours.

Source: what customers have published of the vendor's API (v1 for campaigns and wrap-ups, v2 for contacts).
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import structlog

from growth.domain.campaigns.entities.calls import WrapUp
from growth.domain.campaigns.entities.dialing import DialerContact, Recipient
from growth.domain.campaigns.entities.runs import Batch, RunId

_MOST_TRIES = 1_000
_UP_TO_THE_SECOND = timedelta(seconds=1) - timedelta.resolution  # nobody is called before a time that she agreed to
log = structlog.get_logger(__name__)
CALL, BATCH, RUN, LEAD = "call_id", "batch_id", "run_id", "lead_id"


def instant(at: datetime) -> str:
    """Write an instant as the vendor does: UTC, whole seconds, Z."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def moment(text: str | None) -> datetime | None:
    if not text:
        return None
    at = datetime.fromisoformat(text)
    return at.replace(tzinfo=at.tzinfo or UTC).astimezone(UTC)


@dataclass(frozen=True, slots=True)
class ContactQuery:
    """The only filters that we ever send.

    The vendor drops a misspelt key in silence, and a query without keys means the whole campaign: so the keys are
    written here, once, and there is always at least one.
    """

    field: str
    value: str
    never_called: bool = False

    def body(self) -> dict[str, Any]:
        condition = {"customFieldName": self.field, "condition": "eq", "value": self.value}
        query: dict[str, Any] = {"customFieldConditions": [condition]}
        if self.never_called:
            query |= {"wrapupStatuses": ["new_contact"], "maxTries": 0, "excluded": False}
        return query


def of_batch(batch: Batch) -> ContactQuery:
    return ContactQuery(BATCH, str(batch.id))


def of_run(run: RunId) -> ContactQuery:
    return ContactQuery(RUN, str(run))


def of_lead(lead: UUID) -> ContactQuery:
    return ContactQuery(LEAD, str(lead))


def nobody(probe: UUID) -> ContactQuery:
    """Return a query that fits no contact: no batch ever had this id."""
    return ContactQuery(BATCH, str(probe))


def batch_body(batch: Batch, recipients: list[Recipient]) -> dict[str, Any]:
    """Return the body of a batch creation: what stands beside `customFields` holds for every contact."""
    body: dict[str, Any] = {
        "priority": batch.priority,
        "minCallingDateTime": instant(batch.earliest + _UP_TO_THE_SECOND),
        "maxCallingDateTime": instant(batch.latest),
        "customFields": [_custom_fields(batch, recipient) for recipient in recipients],
    }
    if batch.dialer_user_id is not None:
        body["assignedAgentId"] = batch.dialer_user_id
    return body


def _custom_fields(batch: Batch, recipient: Recipient) -> dict[str, str]:
    """Return one contact: its values must be texts, its telephone E.164 without the plus."""
    fields = {
        CALL: str(recipient.call_id),
        BATCH: str(batch.id),
        RUN: str(batch.run_id),
        LEAD: str(recipient.lead_id),
        "segment": recipient.segment or "",
        "score": f"{recipient.score / 10:.1f}",
        "Email": recipient.email,
        "First_Name": recipient.first_name or "",
        "Last_Name": recipient.last_name or "",
        "Postal_Code": recipient.postal_code,
        "Telephone_1": recipient.phone.removeprefix("+"),
    }
    return {name: value for name, value in fields.items() if value}


@dataclass(frozen=True, slots=True)
class WrapUpEntry:
    """One outcome code of the account."""

    name: str
    status: WrapUp | None


UNREADABLE = (AttributeError, KeyError, TypeError, ValueError)


def readable(raws: Iterable[Mapping[str, Any]], wrapups: Mapping[int, WrapUpEntry]) -> Iterator[DialerContact]:
    """Yield the contacts that can be read; one that cannot is told, and does not keep the others."""
    for raw in raws:
        try:
            yield contact(raw, wrapups)
        except UNREADABLE as error:
            log.warning("unreadable_contact", vendor="diabolocom", error=type(error).__name__)


def contact(raw: Mapping[str, Any], wrapups: Mapping[int, WrapUpEntry]) -> DialerContact:
    """Read a contact. What the vendor may add or leave out does not matter; the ids and the tries must be there."""
    entry = wrapups.get(raw["wrapupId"]) if raw.get("wrapupId") is not None else None
    excluded = raw.get("excludedDetail") or ("excluded" if raw.get("excluded") else None)
    updated = moment(raw.get("lastUpdatedAt")) or moment(raw.get("createdAt"))
    return DialerContact(
        contact_id=int(raw["contactId"]),
        call_ref=(raw.get("customFields") or {}).get(CALL),
        attempts=min(int(raw["triesNumber"]), _MOST_TRIES),
        in_progress=raw.get("state") == "processing_in_progress",
        wrapup=entry.status if entry else None,
        wrapup_name=entry.name if entry else None,
        excluded=excluded,
        callback_at=moment(raw.get("retryDate")) if entry and entry.status is WrapUp.TOCALL else None,
        last_attempt_at=moment(raw.get("lastAttemptTime")) or moment(raw.get("lastCallTime")),
        agent_id=raw.get("agentId"),
        updated_at=updated or datetime.now(UTC),
    )


def wrapup_entry(raw: Mapping[str, Any]) -> WrapUpEntry:
    status = raw.get("status")
    return WrapUpEntry(str(raw["name"]), WrapUp(status) if status in set(WrapUp) else None)
