"""How many leads a slot can work off: over its hours, agents present by minutes, by handling minutes and reach rate.

Only who answers keeps an agent busy, so where few do, more leads are worked off. The reach rate of an hour is what was
counted, drawn towards what is usual: twenty attempts of which seven reach somebody are added to each hour (a Beta prior
of mean 0.35 and weight 20), so that an hour in which nobody was called yet has a rate, too.
"""

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from fractions import Fraction
from math import floor
from zoneinfo import ZoneInfo

from growth.domain.campaigns.business_rules.gates import back_at
from growth.domain.campaigns.entities.configuration import ASSIGNED, Campaign
from growth.domain.campaigns.entities.reports import HourReach
from growth.domain.campaigns.entities.slots import Slot

PRIOR_ATTEMPTS, PRIOR_REACHED = 20, 7
_MINUTE, _HOUR = timedelta(minutes=1), timedelta(hours=1)


def forecast(campaign: Campaign, slot: Slot, counted: Iterable[HourReach]) -> int | None:
    """Return how many leads its agents can work off in the slot; None where it is not assigned to agents.

    Who is away is not counted. A fast lane has the same agents as the campaign it follows, and the same forecast.
    """
    if campaign.type not in ASSIGNED:
        return None
    rates = {it.hour: reach_rate(it.attempts, it.reached) for it in counted if it.timezone == campaign.timezone}
    usual, worked = reach_rate(0, 0), Fraction()
    for at, end in hours_of(slot, campaign.timezone):
        minutes = Fraction((end - at) // timedelta.resolution, _MINUTE // timedelta.resolution)
        rate = rates.get(at.astimezone(ZoneInfo(campaign.timezone)).hour, usual)
        worked += agents_present(campaign, at) * minutes / campaign.handling_minutes / rate
    return floor(worked)


def reach_rate(attempts: int, reached: int) -> Fraction:
    """Return which part of the attempts reaches somebody; never nothing, however few were made."""
    return Fraction(reached + PRIOR_REACHED, attempts + PRIOR_ATTEMPTS)


def agents_present(campaign: Campaign, at: datetime) -> int:
    """Return how many people work for the campaign then; who is in two of its groups is one."""
    agents = {agent.id: agent for group in campaign.groups for agent in group.agents}
    return sum(back_at(agent, campaign.timezone, at) <= at for agent in agents.values())


def hours_of(slot: Slot, zone: str) -> Iterator[tuple[datetime, datetime]]:
    """Yield the parts of the slot that lie in one hour of the clock there: `[start, end)`, in order, without gaps."""
    tz, at = ZoneInfo(zone), slot.start
    while at < slot.end:
        local = at.astimezone(tz)
        past = timedelta(minutes=local.minute, seconds=local.second, microseconds=local.microsecond)
        end = min(at + _HOUR - past, slot.end)
        yield at, end
        at = end
