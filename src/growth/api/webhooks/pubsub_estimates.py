"""Estimates that others tell, in the words of the domain."""

from collections.abc import Mapping
from datetime import datetime

from pydantic import ValidationError

from growth.api.errors import first_fault
from growth.api.lead_schemas import LeadIn
from growth.api.webhooks.told import instant, needed
from growth.domain.campaigns.entities.leads import LeadSource, Submission
from growth.domain.kernel.errors import GrowthError
from growth.domain.kernel.inbox import InboxEvent, Unreadable


def read_submission(event: InboxEvent) -> Submission:
    """Return the estimate of a kept event: its id is the event's, its time that of its publication.

    Raises `Unreadable`, which repeats nothing of it.
    """
    data = needed(event.body.get("data"), "data")
    if isinstance(data, Mapping) and data.get("requested_at") is None:  # it may come days later
        data = {**data, "requested_at": _published(event)}
    return submission_in(data, event, LeadSource.PUBSUB, trusted=True)


def submission_in(data: object, event: InboxEvent, source: LeadSource, *, trusted: bool) -> Submission:
    """Return the submission that data, as POST /v1/estimates takes them, stand for. Raises `Unreadable`."""
    try:
        return LeadIn.model_validate(data).submission(event.id, source, trusted=trusted)
    except ValidationError as error:
        fault = first_fault(error)
        raise Unreadable(f"data{fault.pointer}: {fault.code}") from None
    except GrowthError as error:
        raise Unreadable(f"data: {error.code}") from None


def _published(event: InboxEvent) -> datetime | None:
    try:
        return instant(event.body, "publish_time")
    except Unreadable:
        return None
