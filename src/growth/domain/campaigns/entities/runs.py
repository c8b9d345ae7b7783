"""A run: one campaign in one slot, made once and added to; and why each candidate was injected or not."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import NewType
from uuid import UUID

from growth.domain.campaigns.entities.configuration import CampaignName
from growth.domain.campaigns.entities.leads import LeadId
from growth.domain.campaigns.entities.scoring import Tenths
from growth.domain.kernel.errors import Conflict, Invalid, NotFound

RunId = NewType("RunId", UUID)
BatchId = NewType("BatchId", UUID)


class RunState(StrEnum):
    RUNNING = "running"
    CLOSED = "closed"
    MISSED = "missed"


class Outcome(StrEnum):
    INJECTED = "injected"
    STOPPED = "stopped"


class Gate(StrEnum):
    """What can stop a candidate, in the order in which it is asked; the first that fails counts."""

    STATUS = "status"
    PHONE = "phone"
    DO_NOT_CALL = "do_not_call"
    CONSENT = "consent"
    HOURS = "hours"
    ATTEMPT_CAP = "attempt_cap"
    GAP = "gap"
    PENDING_TASK = "pending_task"
    WALLET = "wallet"
    ZONE = "zone"
    CAPACITY = "capacity"
    MAXIMUM = "maximum"


class UnknownRun(NotFound):
    """There is no campaign run with this id."""

    code = "unknown-run"


class RunIsOver(Conflict):
    """The campaign was stopped in this slot."""

    code = "run-is-over"

    def __init__(self) -> None:
        super().__init__("It was stopped in this slot and takes nothing more: give a start_date after the slot.")


class NoSlot(Invalid):
    """The campaign has no slot there."""

    code = "no-slot"


@dataclass(frozen=True, slots=True)
class Run:
    """`closing_at`: it was stopped then, and injects nothing more; it closes when the dialer is emptied and read."""

    id: RunId
    campaign: CampaignName
    slot_start: datetime
    slot_end: datetime
    state: RunState
    configuration_version: str
    rule_set_version: str
    opened_at: datetime
    closing_at: datetime | None = None
    closed_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class RunReport:
    """The accounting of a run: `candidates` = `injected` + all of `gates`.

    Once closed, `injected` = `called` + `recycled` + `dropped`; `reached` and `appointments` are parts of `called`.
    """

    id: RunId
    campaign: CampaignName
    slot_start: datetime
    slot_end: datetime
    state: RunState
    candidates: int
    injected: int
    called: int
    reached: int
    appointments: int
    recycled: int
    dropped: int
    gates: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Decision:
    """Why a candidate of a run was injected or not. `next_allowed_at` None with a gate: never, as things are.

    `place`: its place in the order of the slot's injected, from 1 on. `held_out`: the lead is one of those that are
    called in order of arrival, so that what scoring brings can be measured. `model_version`: of the learned score.
    """

    run_id: RunId
    lead_id: LeadId
    call_id: UUID
    outcome: Outcome
    gate: Gate | None
    next_allowed_at: datetime | None
    score: Tenths
    place: int | None
    agent_id: str | None
    decided_at: datetime
    held_out: bool = False
    model_version: str | None = None


class BatchState(StrEnum):
    PENDING = "pending"  # not sent yet, or sent and nobody knows whether it arrived
    DONE = "done"  # the dialer has it
    EXPIRED = "expired"  # the slot ended before the dialer could take it


@dataclass(frozen=True, slots=True)
class Batch:
    """Contacts that go to the dialer in one request: at most 300, with the same times, priority and agent.

    `attempted_at` is written before each request: from then on the dialer may have it.
    """

    id: BatchId
    run_id: RunId
    campaign: CampaignName
    dialer_campaign_id: int
    priority: int
    earliest: datetime
    latest: datetime
    dialer_user_id: int | None
    state: BatchState
    attempted_at: datetime | None
    token: str | None
    created_at: datetime
    done_at: datetime | None = None
