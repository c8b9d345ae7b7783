"""What is made of the counted figures: sums per campaign, shares, forecasts beside what came of them."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from itertools import groupby
from operator import attrgetter

from growth.domain.campaigns.business_rules.forecasting import forecast
from growth.domain.campaigns.business_rules.slots import slots_between
from growth.domain.campaigns.entities.configuration import AgentsGroup, CampaignName, Configuration
from growth.domain.campaigns.entities.reports import (
    AgentWork,
    ComingSlot,
    Funnel,
    HourReach,
    Period,
    PlaceWork,
    Shares,
    SlotOutcome,
    Worked,
    ZoneWork,
)
from growth.domain.campaigns.entities.runs import RunReport, RunState
from growth.domain.campaigns.entities.slots import Slot

_SUMMED = ("candidates", "injected", "called", "reached", "appointments", "recycled", "dropped")


def funnels(runs: Iterable[RunReport]) -> list[Funnel]:
    """Return the sum of each campaign's runs, by name."""
    by_name = sorted(runs, key=attrgetter("campaign"))
    return [_funnel(name, list(of)) for name, of in groupby(by_name, key=attrgetter("campaign"))]


def _funnel(campaign: CampaignName, runs: Sequence[RunReport]) -> Funnel:
    gates = sum((Counter(run.gates) for run in runs), Counter[str]())
    sums = {name: sum(getattr(run, name) for run in runs) for name in _SUMMED}
    missed = sum(run.state is RunState.MISSED for run in runs)
    return Funnel(campaign=campaign, slots=len(runs), missed=missed, gates=dict(sorted(gates.items())), **sums)


def agents_work(by_agent: Mapping[str, Worked], configuration: Configuration) -> list[AgentWork]:
    """Return what each agent got, whoever got most first."""
    names = {agent.id: agent.name for it in configuration.campaigns for group in it.groups for agent in group.agents}
    whole = sum(by_agent.values(), Worked())
    ordered = sorted(by_agent.items(), key=lambda it: (-it[1].injected, it[0]))
    return [AgentWork(agent, names.get(agent), worked, _shares(worked, whole)) for agent, worked in ordered]


def zones_work(by_place: Iterable[PlaceWork], configuration: Configuration) -> list[ZoneWork]:
    """Return what each zone got, the largest first. A call counts once: for the narrowest zone that has its place."""
    groups = {campaign.name: campaign.groups for campaign in configuration.campaigns}
    sums: defaultdict[tuple[str | None, str | None], Worked] = defaultdict(Worked)
    for place in by_place:
        sums[_zone(place, groups.get(place.campaign, ()))] += place.worked
    whole = sum(sums.values(), Worked())
    ordered = sorted(sums.items(), key=lambda it: (-it[1].injected, str(it[0])))
    return [ZoneWork(group, zone, worked, _shares(worked, whole)) for (group, zone), worked in ordered]


def _zone(place: PlaceWork, groups: Sequence[AgentsGroup]) -> tuple[str | None, str | None]:
    if place.postal_code is None:
        return None, None
    codes = (place.postal_code, place.insee_code or "\0")
    zones = [
        (group.name, zone) for group in groups for zone in group.zones if any(code.startswith(zone) for code in codes)
    ]
    return max(zones, key=lambda it: len(it[1]), default=(None, None))


def _shares(part: Worked, whole: Worked) -> Shares:
    return Shares(
        injected=part.injected / (whole.injected or 1),
        called=part.called / (whole.called or 1),
        appointments=part.appointments / (whole.appointments or 1),
    )


def outcomes(
    runs: Iterable[RunReport], configuration: Configuration, counted: Sequence[HourReach]
) -> list[SlotOutcome]:
    """Return forecast and outcome of each slot that agents worked in, in order."""
    campaigns = {campaign.name: campaign for campaign in configuration.campaigns}
    found: defaultdict[tuple[datetime, datetime, CampaignName], list[RunReport]] = defaultdict(list)
    for run in runs:
        if run.campaign in campaigns:
            found[run.slot_start, run.slot_end, campaigns[run.campaign].place].append(run)
    return [
        SlotOutcome(
            campaign=name,
            slot_start=start,
            slot_end=end,
            capacity=campaigns[name].capacity,
            forecast=expected,
            injected=sum(run.injected for run in ran),
            called=sum(run.called for run in ran),
        )
        for (start, end, name), ran in sorted(found.items())
        if (expected := forecast(campaigns[name], Slot(start, end), counted)) is not None
    ]


def coming_slots(
    planned: Mapping[tuple[CampaignName, datetime], int],
    configuration: Configuration,
    within: Period,
    counted: Sequence[HourReach],
) -> list[ComingSlot]:
    """Return the slots that start within the period, in order, with the calls that are planned for them.

    A fast lane has none: only what comes in during a slot is planned through it.
    """
    found = (
        ComingSlot(
            campaign=campaign.name,
            slot_start=slot.start,
            slot_end=slot.end,
            planned=planned.get((campaign.name, slot.start), 0),
            capacity=campaign.capacity,
            maximum=campaign.maximum,
            forecast=forecast(campaign, slot, counted),
        )
        for campaign in configuration.campaigns
        for slot in slots_between(campaign.slots, campaign.timezone, within.since, within.until)
    )
    return sorted(found, key=attrgetter("slot_start", "campaign"))
