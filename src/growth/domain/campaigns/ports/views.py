"""What is read: plain values, each filled by one statement."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol
from uuid import UUID

from growth.domain.campaigns.entities.calls import Call
from growth.domain.campaigns.entities.candidates import Candidate, Contactable
from growth.domain.campaigns.entities.configuration import CampaignName
from growth.domain.campaigns.entities.leads import (
    Lead,
    LeadId,
    LeadScore,
    LeadStatus,
    LeadType,
    Segment,
    SubmissionId,
)
from growth.domain.campaigns.entities.runs import Decision, RunId, RunReport


@dataclass(frozen=True, slots=True)
class PlannedCall:
    campaign: CampaignName
    slot_start: datetime
    slot_end: datetime
    callback_at: datetime | None


@dataclass(frozen=True, slots=True)
class LeadView:
    """A lead as it is shown: with the wallet and open task of its person, and its planned call."""

    lead: Lead
    owner_agent_id: str | None
    pending_task: bool
    planned_call: PlannedCall | None


@dataclass(frozen=True, slots=True)
class LeadFilter:
    """Which leads, in which order: by score, or newest first. `after`: the last one of the page before."""

    segment: Segment | None = None
    status: LeadStatus | None = None
    lead_type: LeadType | None = None
    submission_id: SubmissionId | None = None
    by_score: bool = False
    after: tuple[int, UUID] | None = None
    limit: int = 50


@dataclass(frozen=True, slots=True)
class LeadDecision:
    """A decision about a lead, with the slot it was taken for, and what became of its call."""

    decision: Decision
    call: Call
    campaign: CampaignName
    slot_start: datetime
    slot_end: datetime


class LeadViews(Protocol):
    async def list(self, which: LeadFilter) -> Sequence[LeadView]: ...

    async def get(self, id: LeadId) -> LeadView | None: ...

    async def score(self, id: LeadId) -> LeadScore | None: ...

    async def calls(self, id: LeadId) -> Sequence[Call]: ...

    async def decisions(self, id: LeadId) -> Sequence[LeadDecision]: ...

    async def contactable(self, id: LeadId, at: datetime) -> Contactable | None: ...


@dataclass(frozen=True, slots=True)
class SlotLoad:
    """What stands in a slot: calls planned for it, and its run, if it has one."""

    slot_start: datetime
    planned: int
    run: RunReport | None


class RunViews(Protocol):
    async def list(
        self, campaign: CampaignName | None, before: tuple[datetime, UUID] | None, limit: int
    ) -> Sequence[RunReport]:
        """Return runs, the newest slot first, starting behind `before`."""
        ...

    async def between(self, since: datetime, until: datetime) -> Sequence[RunReport]:
        """Return the runs of slots that start in `[since, until)`, the oldest first."""
        ...

    async def get(self, id: RunId) -> RunReport | None: ...

    async def decisions(self, id: RunId, after: LeadId | None, limit: int) -> Sequence[Decision]: ...

    async def slots(self, campaign: CampaignName, since: datetime, until: datetime) -> Sequence[SlotLoad]: ...


class PlannedCalls(Protocol):
    """What a simulation reads; nothing is locked."""

    async def candidates(
        self, campaigns: Collection[CampaignName] | None, until: datetime | None, at: datetime
    ) -> Sequence[Candidate]:
        """Return the calls planned by these campaigns (None: all) for slots that start at or before `until`."""
        ...

    async def taken(self, campaigns: Collection[CampaignName], slot_start: datetime) -> Mapping[str, int]:
        """Return how many calls of the slot are injected, by agent id ("" for none)."""
        ...
