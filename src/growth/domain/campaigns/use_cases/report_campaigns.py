"""Report to the manager of campaigns."""

from dataclasses import dataclass
from datetime import datetime

from growth.domain.campaigns.business_rules.lifting import lifts
from growth.domain.campaigns.business_rules.reporting import agents_work, coming_slots, funnels, outcomes, zones_work
from growth.domain.campaigns.entities.configuration import Configuration
from growth.domain.campaigns.entities.reports import USUAL_PERIOD, CampaignsReport, Period
from growth.domain.campaigns.entities.runs import RunState
from growth.domain.campaigns.ports.reports import CampaignFigures
from growth.domain.kernel.operating import MovableClock


@dataclass(frozen=True, slots=True)
class ReportCampaigns:
    """Tell how leads went through the slots of a period, who waits, and what the next seven days hold.

    Raises `BadPeriod`. Changes nothing.
    """

    figures: CampaignFigures
    configuration: Configuration
    clock: MovableClock

    async def __call__(self, since: datetime | None = None, until: datetime | None = None) -> CampaignsReport:
        now, campaigns = await self.clock.now(), self.configuration.campaigns
        period = Period.asked(since, until, now)
        found = await self.figures.of(period, {it.name: it.timezone for it in campaigns}, now)
        to_come = Period(now, now + USUAL_PERIOD)
        return CampaignsReport(
            period=period,
            made_at=now,
            slots=found.runs,
            campaigns=funnels(found.runs),
            speed=found.speed,
            oldest_uncalled=found.oldest_uncalled,
            oldest_in_line=found.oldest_in_line,
            agents=agents_work(found.by_agent, self.configuration),
            zones=zones_work(found.by_place, self.configuration),
            outcomes=outcomes(found.runs, self.configuration, found.reach_before),
            starving=found.starving,
            overdue=sum(calls for (_, start), calls in found.planned.items() if start < now),
            coming=coming_slots(found.planned, self.configuration, to_come, found.reach_lately),
            hold_out=lifts(found.hold_out),
            missed_slots=sum(run.state is RunState.MISSED for run in found.runs),
            missed_ticks=found.missed_ticks,
        )
