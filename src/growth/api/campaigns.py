"""Campaigns: what they are, their slots and runs, and starting and stopping them."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Annotated, Self
from uuid import UUID

from dishka.integrations.fastapi import FromDishka
from fastapi import Query
from pydantic import Field

from growth.api.cursors import ID, MOMENT, Places
from growth.api.errors import problems
from growth.api.routing import Routes
from growth.api.schemas import Input, Instant, Limit, Output, Page
from growth.api.security import Role, allow
from growth.domain.campaigns.business_rules.forecasting import forecast
from growth.domain.campaigns.business_rules.planning import weekly
from growth.domain.campaigns.business_rules.slots import slots_between
from growth.domain.campaigns.entities.configuration import Campaign, CampaignName, CampaignType, Configuration
from growth.domain.campaigns.entities.orders import Order
from growth.domain.campaigns.entities.reports import Period
from growth.domain.campaigns.entities.runs import (
    Decision,
    Gate,
    NoSlot,
    Outcome,
    RunId,
    RunIsOver,
    RunReport,
    RunState,
    UnknownRun,
)
from growth.domain.campaigns.entities.slots import Slot
from growth.domain.campaigns.ports.reports import CampaignFigures
from growth.domain.campaigns.ports.views import RunViews, SlotLoad
from growth.domain.campaigns.use_cases import RecoverForgottenLeads, StartCampaigns, StopCampaigns
from growth.domain.kernel.operating import MovableClock

router = Routes(tags=["campaigns"])
_LONGEST_VIEW = timedelta(days=62)
_RUNS, _DECISIONS = Places(MOMENT, ID), Places(ID)


class CampaignOut(Output):
    name: str
    type: CampaignType
    country: str
    timezone: str
    slots: Sequence[str] = Field(description="Wall clock, like `mon 10:00-13:00`.")
    follows: str | None
    maximum: int
    capacity: int | None = Field(description="Of all agents of the campaign together; null: not assigned to agents.")
    groups: Sequence[str]
    dialer_campaign_id: int
    priority: int
    attempt_cap: int
    hold_out_percent: int
    handling_minutes: int
    configuration_version: str

    @classmethod
    def of(cls, campaign: Campaign, configuration: Configuration) -> Self:
        same = ("name", "type", "country", "timezone", "follows", "maximum", "dialer_campaign_id")
        rest = ("priority", "attempt_cap", "hold_out_percent", "handling_minutes")
        return cls(
            **{name: getattr(campaign, name) for name in (*same, *rest)},
            slots=[str(slot) for slot in weekly(campaign, configuration)],
            capacity=campaign.capacity,
            groups=[group.name for group in campaign.groups],
            configuration_version=configuration.version,
        )


class RunOut(Output):
    """`candidates` = `injected` + all `gates`; when closed, `injected` = `called` + `recycled` + `dropped`."""

    id: UUID
    campaign: str
    slot_start: Instant
    slot_end: Instant
    state: RunState
    candidates: int
    injected: int
    called: int
    reached: int
    appointments: int
    recycled: int
    dropped: int
    gates: Mapping[Gate, int]


class SlotOut(Output):
    campaign: str
    slot_start: Instant
    slot_end: Instant
    planned: int
    capacity: int | None
    forecast: int | None = Field(
        description="Leads that the agents present can work off; null: not assigned to agents."
    )
    maximum: int
    run: RunOut | None

    @classmethod
    def of(cls, slot: Slot, campaign: Campaign, load: SlotLoad | None, forecast: int | None) -> Self:
        return cls(
            campaign=campaign.name,
            slot_start=slot.start,
            slot_end=slot.end,
            planned=load.planned if load else 0,
            capacity=campaign.capacity,
            forecast=forecast,
            maximum=campaign.maximum,
            run=RunOut.model_validate(load.run) if load and load.run else None,
        )


class RunsOut(Output):
    """The sum of the runs that were acted on; where it was one, with its id, campaign, slot and state."""

    id: UUID | None
    campaign: str | None
    slot_start: Instant | None
    slot_end: Instant | None
    state: RunState | None
    candidates: int
    injected: int
    called: int
    reached: int
    appointments: int
    recycled: int
    dropped: int
    gates: Mapping[Gate, int]
    dry_run: bool
    runs: Sequence[RunOut]

    @classmethod
    def of(cls, reports: Sequence[RunReport], *, dry_run: bool) -> Self:
        one = reports[0] if len(reports) == 1 else None
        sums = ("candidates", "injected", "called", "reached", "appointments", "recycled", "dropped")
        gates = {gate: sum(report.gates.get(gate, 0) for report in reports) for gate in Gate}
        return cls(
            **{name: getattr(one, name, None) for name in ("id", "campaign", "slot_start", "slot_end", "state")},
            **{name: sum(getattr(report, name) for report in reports) for name in sums},
            gates={gate: number for gate, number in gates.items() if number},
            dry_run=dry_run,
            runs=[RunOut.model_validate(report) for report in reports],
        )


class DecisionOut(Output):
    lead_id: UUID
    call_id: UUID
    outcome: Outcome
    gate: Gate | None
    next_allowed_at: Instant | None
    score: float
    place: int | None
    agent_id: str | None
    decided_at: Instant

    @classmethod
    def of(cls, decision: Decision) -> Self:
        names = cls.model_fields.keys() - {"score"}
        return cls(**{name: getattr(decision, name) for name in names}, score=decision.score / 10)


class OrderIn(Input):
    start_date: Instant | None = Field(default=None, description="Names the slot; without it, the one at hand.")
    dry_run: bool = Field(default=False, description="Report what would happen, and change nothing.")


class RecoverIn(Input):
    dry_run: bool = False


class RecoveredOut(Output):
    planned: int
    dry_run: bool


@router.get("/v1/campaigns", dependencies=[allow(Role.OPS)])
async def list_campaigns(configuration: FromDishka[Configuration]) -> Page[CampaignOut]:
    """List the campaigns of the configuration file."""
    return Page(items=[CampaignOut.of(it, configuration) for it in configuration.campaigns], next_cursor=None)


@router.get("/v1/campaigns/{type}/slots", dependencies=[allow(Role.OPS)])
async def list_slots(
    *,
    type: CampaignType,
    configuration: FromDishka[Configuration],
    views: FromDishka[RunViews],
    figures: FromDishka[CampaignFigures],
    clock: FromDishka[MovableClock],
    since: Annotated[Instant | None, Query(alias="from")] = None,
    until: Annotated[Instant | None, Query(alias="to")] = None,
) -> Page[SlotOut]:
    """List the slots that start in `[from, to)`, by default those of the next seven days; at most 62 days."""
    now = await clock.now()
    begin = since or now
    end = min(until or begin + timedelta(days=7), begin + _LONGEST_VIEW)
    reach = await figures.reach({it.name: it.timezone for it in configuration.campaigns}, now)
    slots = [
        SlotOut.of(slot, campaign, load, forecast(campaign, slot, reach))
        for campaign in configuration.campaigns
        if campaign.type is type
        for slot, load in await _slots(campaign, configuration, views, Period(begin, end))
    ]
    return Page(items=sorted(slots, key=lambda slot: slot.slot_start), next_cursor=None)


async def _slots(
    campaign: Campaign, configuration: Configuration, views: RunViews, within: Period
) -> list[tuple[Slot, SlotLoad | None]]:
    loads = {load.slot_start: load for load in await views.slots(campaign.name, within.since, within.until)}
    slots = slots_between(weekly(campaign, configuration), campaign.timezone, within.since, within.until)
    return [(slot, loads.get(slot.start)) for slot in slots]


@router.post("/v1/campaigns/{type}/start", dependencies=[allow(Role.OPS)], responses=problems(NoSlot, RunIsOver))
async def start_campaigns(
    type: CampaignType, start: FromDishka[StartCampaigns], body: OrderIn | None = None
) -> RunsOut:
    """Start the campaigns of a type in the running slot, else the next one; again, it adds what is new."""
    asked = body or OrderIn()
    order = Order(type=type, start_date=asked.start_date, dry_run=asked.dry_run)
    return RunsOut.of(await start(order), dry_run=asked.dry_run)


@router.post("/v1/campaigns/stop", dependencies=[allow(Role.OPS)])
async def stop_campaigns(stop: FromDishka[StopCampaigns], body: OrderIn | None = None) -> RunsOut:
    """Stop all campaigns in the running slot, else in the last one that is still open."""
    asked = body or OrderIn()
    order = Order(start_date=asked.start_date, dry_run=asked.dry_run)
    return RunsOut.of(await stop(order), dry_run=asked.dry_run)


@router.get("/v1/campaign-runs", dependencies=[allow(Role.OPS)])
async def list_runs(
    views: FromDishka[RunViews],
    campaign: Annotated[str | None, Query(max_length=100)] = None,
    limit: Limit = 50,
    cursor: Annotated[str | None, _RUNS.query] = None,
) -> Page[RunOut]:
    """List runs, the newest slot first."""
    found = await views.list(CampaignName(campaign) if campaign else None, _RUNS.read(cursor), limit)
    following = _RUNS.behind(found, limit, lambda run: (run.slot_start, run.id))
    return Page(items=[RunOut.model_validate(it) for it in found], next_cursor=following)


@router.get("/v1/campaign-runs/{run_id:uuid}", dependencies=[allow(Role.OPS)], responses=problems(UnknownRun))
async def read_run(run_id: UUID, views: FromDishka[RunViews]) -> RunOut:
    """Return the accounting of a run."""
    return RunOut.model_validate(await _known(RunId(run_id), views))


async def _known(run_id: RunId, views: RunViews) -> RunReport:
    report = await views.get(run_id)
    if report is None:
        raise UnknownRun("There is no run with this id: list them with GET /v1/campaign-runs.")
    return report


@router.get("/v1/campaign-runs/{run_id:uuid}/decisions", dependencies=[allow(Role.OPS)], responses=problems(UnknownRun))
async def list_decisions(
    run_id: UUID,
    views: FromDishka[RunViews],
    limit: Limit = 50,
    cursor: Annotated[str | None, _DECISIONS.query] = None,
) -> Page[DecisionOut]:
    """List what was decided about each candidate of a run."""
    await _known(RunId(run_id), views)
    (after,) = _DECISIONS.read(cursor) or (None,)
    found = await views.decisions(RunId(run_id), after, limit)
    following = _DECISIONS.behind(found, limit, lambda decision: (decision.lead_id,))
    return Page(items=[DecisionOut.of(it) for it in found], next_cursor=following)


@router.post("/v1/leads/recover", dependencies=[allow(Role.OPS)])
async def recover_leads(recover: FromDishka[RecoverForgottenLeads], body: RecoverIn | None = None) -> RecoveredOut:
    """Plan a call for every lead that was called without a decision and forgotten since."""
    dry_run = body is not None and body.dry_run
    return RecoveredOut(planned=await recover(dry_run=dry_run), dry_run=dry_run)
