"""A call: the intention to call a lead in one slot of one campaign, from its planning to its result."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import NewType
from uuid import UUID

from growth.domain.campaigns.entities.configuration import CampaignName
from growth.domain.campaigns.entities.leads import LeadId
from growth.domain.campaigns.entities.runs import BatchId, RunId
from growth.domain.kernel.ids import ProspectId

CallId = NewType("CallId", UUID)


class CallState(StrEnum):
    PLANNED = "planned"
    INJECTED = "injected"  # chosen for its slot and handed to a batch
    CALLED = "called"  # at least one attempt
    RECYCLED = "recycled"  # no attempt; a new call is planned
    DROPPED = "dropped"  # no attempt, and none is planned; `reason` says why
    UNPLANNED = "unplanned"  # a gate says never; planned anew when its cause goes away


OPEN = frozenset({CallState.PLANNED, CallState.INJECTED})


class WrapUp(StrEnum):
    """What a call came to, in the dialer's own words."""

    ARGUEDPOSITIVE = "arguedpositive"
    ARGUED = "argued"
    NONARGUED = "nonargued"
    UNREACHABLE = "unreachable"
    TOCALL = "tocall"


REACHED = frozenset({WrapUp.ARGUEDPOSITIVE, WrapUp.ARGUED, WrapUp.NONARGUED, WrapUp.TOCALL})


@dataclass(frozen=True, slots=True)
class Call:
    """`callback_at`: the person asked to be called then. `reason`: of a recycled, dropped or unplanned call."""

    id: CallId
    lead_id: LeadId
    prospect_id: ProspectId
    campaign: CampaignName
    slot_start: datetime
    slot_end: datetime
    state: CallState
    callback_at: datetime | None
    planned_at: datetime
    run_id: RunId | None = None
    batch_id: BatchId | None = None
    agent_id: str | None = None
    injected_at: datetime | None = None
    dialer_contact_id: int | None = None
    excluded: str | None = None
    attempts: int = 0
    last_attempt_at: datetime | None = None
    wrapup: WrapUp | None = None
    wrapup_name: str | None = None
    reason: str | None = None
    closed_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class HandedOver:
    """A call that the dialer has, and in which of its campaigns."""

    call: Call
    dialer_campaign_id: int


@dataclass(frozen=True, slots=True)
class CallResult:
    """What the dialer reported, kept for ever and once: the nth attempt at one of its contacts.

    `call_id` is None when no call of ours fits: kept and shown, never dropped. `call_ref` is what the contact carried.
    """

    dialer_campaign_id: int
    contact_id: int
    attempts: int
    call_id: CallId | None
    call_ref: str | None
    wrapup: WrapUp | None
    wrapup_name: str | None
    attempted_at: datetime
    callback_at: datetime | None
    received_at: datetime


@dataclass(frozen=True, slots=True)
class Attempt:
    """One ring at a person's telephone. They count per person over all campaigns."""

    id: UUID
    prospect_id: ProspectId
    lead_id: LeadId
    call_id: CallId
    attempted_at: datetime
