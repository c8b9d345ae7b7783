"""What campaigns would do in slots to come, without doing it."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from growth.domain.campaigns.business_rules.planning import weekly
from growth.domain.campaigns.business_rules.simulating import SimulatedRun, planned_by, simulated
from growth.domain.campaigns.business_rules.slots import next_slot, running_slot, slots_between
from growth.domain.campaigns.entities.configuration import Campaign, CampaignType, Configuration
from growth.domain.campaigns.entities.runs import NoSlot
from growth.domain.campaigns.entities.slots import Slot
from growth.domain.campaigns.ports.models import ModelViews
from growth.domain.campaigns.ports.views import PlannedCalls

LONGEST = timedelta(days=62)


@dataclass(frozen=True, slots=True)
class Simulation:
    """Which slots: of the campaigns of a type (None: all but the fast lanes), from a date on.

    Without `until` the first slot of each; without `start_date` from the running one on.
    """

    type: CampaignType | None = None
    start_date: datetime | None = None
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class SimulateCampaigns:
    """Simulate slots with the calls that are planned now, by this configuration or another.

    Campaigns that are not asked for take no room and no calls of theirs. Raises `NoSlot` where there is none.
    """

    planned: PlannedCalls
    models: ModelViews
    configuration: Configuration

    async def __call__(
        self, asked: Simulation, now: datetime, other: Configuration | None = None
    ) -> Iterator[SimulatedRun]:
        if asked.until and asked.until > (asked.start_date or now) + LONGEST:
            raise NoSlot(f"A simulation looks {LONGEST.days} days ahead at most: give an earlier end.")
        configuration = replace(other or self.configuration, models=await self.models.in_use())
        slots = _slots(asked, configuration, now)
        if not slots:
            raise NoSlot("No campaign of this type has a slot there: see GET /v1/campaigns.")
        until = None if other else slots[-1][1].start
        candidates = await self.planned.candidates({by.name for by, _ in slots} if not other else None, until, now)
        if other:
            candidates = planned_by(other, candidates, now)
        taken = {
            (by.place, slot.start): await self.planned.taken(
                [it.name for it in configuration.campaigns if it.place == by.place], slot.start
            )
            for by, slot in slots
        }
        return simulated(candidates, slots, configuration, taken, now)


def _slots(asked: Simulation, configuration: Configuration, now: datetime) -> list[tuple[Campaign, Slot]]:
    found = [
        (campaign, slot)
        for campaign in configuration.campaigns
        if campaign.type is asked.type or (asked.type is None and campaign.type is not CampaignType.CF)
        for slot in _slots_of(campaign, asked, configuration, now)
        if slot.end > now
    ]
    return sorted(found, key=lambda it: (it[1].start, configuration.campaigns.index(it[0])))


def _slots_of(campaign: Campaign, asked: Simulation, configuration: Configuration, now: datetime) -> list[Slot]:
    times, zone = weekly(campaign, configuration), campaign.timezone
    since = asked.start_date or now
    running = None if asked.start_date else running_slot(times, zone, now)
    if asked.until is None:
        first = running or next_slot(times, zone, since)
        return [first] if first else []
    later = slots_between(times, zone, since, asked.until)
    return ([running] if running else []) + [slot for slot in later if slot != running]
