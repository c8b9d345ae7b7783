"""What the manager of campaigns sees: one object for a period, the same that `growth report --json` prints."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Self
from uuid import UUID

from dishka.integrations.fastapi import FromDishka
from fastapi import Query
from pydantic import Field

from growth.api.campaigns import RunOut
from growth.api.errors import problems
from growth.api.routing import Routes
from growth.api.schemas import Instant, Output
from growth.api.security import Role, allow
from growth.domain.campaigns.entities.reports import BadPeriod, CampaignsReport, Shares, Worked
from growth.domain.campaigns.entities.runs import Gate
from growth.domain.campaigns.use_cases import ReportCampaigns

router = Routes(tags=["campaigns"])


class FunnelOut(Output):
    """The sum of a campaign's runs. `missed`: slots in which nobody started it."""

    campaign: str
    slots: int
    missed: int
    candidates: int
    injected: int
    called: int
    reached: int
    appointments: int
    recycled: int
    dropped: int
    gates: dict[Gate, int]


class SpeedOut(Output):
    campaign: str | None = Field(description="Of the first attempt; null: over all campaigns.")
    leads: int = Field(description="Leads that were first tried in the period.")
    p50_seconds: int
    p90_seconds: int


class WaitingLeadOut(Output):
    """A lead that could be called and never was."""

    lead_id: UUID
    arrived_at: Instant
    stopped: int = Field(description="In how many slots a gate stopped it.")
    recycled: int = Field(description="How often it was handed to the dialer and not tried.")
    last_gate: Gate | None
    last_stopped_at: Instant | None
    planned_for: Instant | None = Field(description="The start of the slot of its open call.")


class SharesOut(Output):
    """What one got, and which part of the whole that is, from 0 to 1."""

    injected: int
    called: int
    appointments: int
    injected_share: float
    called_share: float
    appointments_share: float


class AgentWorkOut(SharesOut):
    agent_id: str
    name: str | None


class ZoneWorkOut(SharesOut):
    group: str | None
    zone: str | None = Field(description="The beginning of a postal or INSEE code; empty: everywhere.")


class OutcomeOut(Output):
    """A slot that agents worked in; CF and the PVI it follows are one."""

    campaign: str
    slot_start: Instant
    slot_end: Instant
    capacity: int | None
    forecast: int = Field(description="From what was known before the period.")
    injected: int
    called: int


class ComingSlotOut(Output):
    campaign: str
    slot_start: Instant
    slot_end: Instant
    planned: int
    capacity: int | None
    maximum: int
    forecast: int | None


class ArmOut(Output):
    called: int
    appointments: int


class LiftOut(Output):
    """Appointments per call in score order, divided by those of the hold-out share; null: not enough data."""

    campaign: str
    scored: ArmOut
    held_out: ArmOut
    lift: float | None
    low: float | None = Field(description="Of the 95 % interval.")
    high: float | None


class MissedTicksOut(Output):
    job: str
    ticks: int


class CampaignReportOut(Output):
    period_start: datetime = Field(description="May lie before any time that can be asked for, as it is then reckoned.")
    period_end: datetime
    made_at: Instant
    slots: Sequence[RunOut]
    campaigns: Sequence[FunnelOut]
    speed: Sequence[SpeedOut]
    oldest_uncalled: WaitingLeadOut | None = Field(description="Callable by its status; perhaps not by anything else.")
    oldest_in_line: WaitingLeadOut | None = Field(description="The oldest of those with a call planned.")
    agents: Sequence[AgentWorkOut]
    zones: Sequence[ZoneWorkOut]
    outcomes: Sequence[OutcomeOut]
    starving: Sequence[WaitingLeadOut] = Field(
        description="In line, and passed over in two slots or more; the oldest 50."
    )
    overdue: int = Field(description="Calls planned for slots that have begun: candidates of the next start.")
    coming: Sequence[ComingSlotOut] = Field(description="The slots that start within seven days from now.")
    hold_out: Sequence[LiftOut]
    missed_slots: int
    missed_ticks: Sequence[MissedTicksOut]

    @classmethod
    def of(cls, report: CampaignsReport) -> Self:
        same = cls.model_fields.keys() - {"period_start", "period_end", "agents", "zones"}
        agents = [
            AgentWorkOut(agent_id=it.agent_id, name=it.name, **_shares(it.worked, it.shares)) for it in report.agents
        ]
        zones = [ZoneWorkOut(group=it.group, zone=it.zone, **_shares(it.worked, it.shares)) for it in report.zones]
        told = {"period_start": report.period.since, "period_end": report.period.until, "agents": agents}
        return cls.model_validate(told | {"zones": zones} | {name: getattr(report, name) for name in same})


def _shares(worked: Worked, shares: Shares) -> dict[str, float]:
    names = ("injected", "called", "appointments")
    numbers = {name: getattr(worked, name) for name in names}
    return numbers | {f"{name}_share": round(getattr(shares, name), 4) for name in names}


@router.get("/v1/campaign-reports", dependencies=[allow(Role.OPS)], responses=problems(BadPeriod))
async def report_campaigns(
    report: FromDishka[ReportCampaigns],
    since: Annotated[Instant | None, Query(alias="from")] = None,
    until: Annotated[Instant | None, Query(alias="to")] = None,
) -> CampaignReportOut:
    """Report on the slots that start in `[from, to)`, by default the last seven days; at most 62 days."""
    return CampaignReportOut.of(await report(since, until))
