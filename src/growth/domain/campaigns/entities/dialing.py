"""What goes to a dialer and what it tells, in our words; the adapter knows the vendor's."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from growth.domain.campaigns.entities.calls import CallId, WrapUp
from growth.domain.campaigns.entities.leads import LeadId, Segment
from growth.domain.campaigns.entities.scoring import Tenths
from growth.domain.campaigns.entities.speech import ToldRecording


@dataclass(frozen=True, slots=True)
class Recipient:
    """Whom to call, and what the agent sees of them. `phone` is E.164."""

    call_id: CallId
    lead_id: LeadId
    phone: str
    email: str
    first_name: str | None
    last_name: str | None
    segment: Segment | None
    score: Tenths
    postal_code: str


@dataclass(frozen=True, slots=True)
class DialerContact:
    """A contact as the dialer has it. `call_ref` is the call id we sent, as text; None: it is not ours."""

    contact_id: int
    call_ref: str | None
    attempts: int
    in_progress: bool
    wrapup: WrapUp | None
    wrapup_name: str | None
    excluded: str | None
    callback_at: datetime | None
    last_attempt_at: datetime | None
    agent_id: int | None
    updated_at: datetime

    def call_id(self) -> CallId | None:
        """Return the id of our call, None when the reference is none of ours."""
        try:
            return CallId(UUID(self.call_ref)) if self.call_ref else None
        except ValueError:
            return None


@dataclass(frozen=True, slots=True)
class CallNews:
    """What a dialer told by itself. `dialer_campaign_id`: zero where it was not told.

    A contact whose id was not told has one below zero. `recording`: None where nothing was told of one.
    """

    dialer_campaign_id: int
    contact: DialerContact
    recording: ToldRecording | None = None


@dataclass(frozen=True, slots=True)
class BatchProgress:
    """`finished`: nothing of the batch is still to be applied. `excluded`: contact ids by the dialer's reason."""

    finished: bool
    failed: bool
    excluded: Mapping[str, list[int]]
