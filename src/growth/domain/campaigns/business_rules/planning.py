"""Where a call belongs: the campaign of the lead, and the next slot in which it may be called."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from functools import lru_cache

from growth.domain.campaigns.business_rules.call_hours import may_call_at
from growth.domain.campaigns.business_rules.gates import covering, stopped
from growth.domain.campaigns.business_rules.slots import daypart_of, next_slot, running_slot, slots_between
from growth.domain.campaigns.entities.candidates import Contactable, Plan, Stopped
from growth.domain.campaigns.entities.configuration import (
    LEAD_TYPES,
    SEGMENTS,
    Campaign,
    CampaignName,
    CampaignType,
    Configuration,
)
from growth.domain.campaigns.entities.runs import Gate, NoSlot
from growth.domain.campaigns.entities.slots import DayPart, Slot, WeeklySlot

# A start plans the calls of all it refuses, from the same few instants.
_next_slot = lru_cache(maxsize=1024)(next_slot)
_MOST_SLOTS = 400  # more than a year of daily slots: a lead that fits none of them fits none


def weekly(campaign: Campaign, configuration: Configuration) -> tuple[WeeklySlot, ...]:
    """Return the campaign's weekly slots: those of the campaign it follows, where it follows one."""
    return named(campaign.follows, configuration).slots if campaign.follows else campaign.slots


def named(name: CampaignName, configuration: Configuration) -> Campaign:
    """Return the campaign of that name. Raises `NoSlot` when the configuration does not have it any more."""
    for campaign in configuration.campaigns:
        if campaign.name == name:
            return campaign
    raise NoSlot(f"There is no campaign named {name!r} in the campaigns file.")


def campaign_of(who: Contactable, configuration: Configuration) -> Campaign | None:
    """Return the campaign with slots that calls leads like this one; where several do, one whose zones have it."""
    lead = who.lead
    fitting = [
        campaign
        for campaign in configuration.campaigns
        if campaign.type is not CampaignType.CF
        and campaign.country == lead.country_code
        and lead.segment in SEGMENTS[campaign.type]
        and lead.lead_type in LEAD_TYPES[campaign.type]
    ]
    near = (campaign for campaign in fitting if not campaign.groups or covering(campaign, who))
    return next(near, fitting[0] if fitting else None)


def plan(
    who: Contactable,
    configuration: Configuration,
    now: datetime,
    *,
    callback_at: datetime | None = None,
    avoid: frozenset[DayPart] = frozenset(),
    fast: bool = False,
    left_by: Slot | None = None,
) -> Plan | Stopped | None:
    """Return where the lead's next call belongs, the gate that says never, or None when no campaign calls it.

    `callback_at`: not before this instant, which the person asked for, and once it has passed, before all others.
    `avoid`: parts of the day already tried, left out while there is another. `fast`: a running slot may be used,
    through the fast lane that follows it. `left_by`: the slot that did not come to it, which it does not go back
    into; one that began since and still runs is the next.
    """
    campaign = campaign_of(who, configuration)
    if campaign is None:
        return None
    if left_by:
        now = _behind(left_by, campaign, now)
    wish, callback_at = callback_at, callback_at if callback_at and callback_at > now else None
    if fast and (lane := _fast_lane(who, campaign, configuration, now, callback_at)):
        return lane
    verdict: Stopped | None = None
    for slot in _slots(who, campaign, now, callback_at, avoid):
        if verdict and verdict.next_allowed_at and slot.start < verdict.next_allowed_at:
            continue
        at = max(slot.start, callback_at or slot.start)
        verdict = stopped(who, campaign, at, agreed_at=wish, law=configuration.law)
        if verdict is None:
            return Plan(campaign.name, slot, wish)
        if verdict.next_allowed_at is None:
            return verdict
    return verdict or Stopped(Gate.HOURS, None)


def _behind(slot: Slot, campaign: Campaign, now: datetime) -> datetime:
    """Return from when on a slot behind this one may be used."""
    running = running_slot(campaign.slots, campaign.timezone, now)
    if running and running.start >= slot.end:
        return running.start
    return max(now, slot.start + timedelta.resolution)


def _fast_lane(
    who: Contactable,
    campaign: Campaign,
    configuration: Configuration,
    now: datetime,
    callback_at: datetime | None,
) -> Plan | None:
    lane = next((c for c in configuration.campaigns if c.follows == campaign.name), None)
    slot = running_slot(campaign.slots, campaign.timezone, now)
    at = callback_at or now
    if lane is None or slot is None or not slot.contains(at):
        return None
    if stopped(who, lane, at, agreed_at=callback_at, law=configuration.law):
        return None
    if any(attempt >= slot.start for attempt in who.attempts):
        return None  # a run decides about a lead once
    return Plan(lane.name, slot, callback_at)


def _slots(
    who: Contactable, campaign: Campaign, now: datetime, callback_at: datetime | None, avoid: frozenset[DayPart]
) -> Iterator[Slot]:
    """Yield the campaign's slots that begin from now on, from the one in which a callback falls, where there is one."""
    avoided = avoid if avoid and _parts(who, campaign, now) - avoid else frozenset[DayPart]()
    at = now
    if callback_at is not None:
        containing = running_slot(campaign.slots, campaign.timezone, callback_at)
        at = containing.start if containing and containing.start >= now else callback_at
    for _ in range(_MOST_SLOTS):
        slot = _next_slot(campaign.slots, campaign.timezone, at)
        if slot is None:
            return
        if daypart_of(slot.start, who.lead.timezone) not in avoided:
            yield slot
        at = slot.start + timedelta(microseconds=1)


def _parts(who: Contactable, campaign: Campaign, now: datetime) -> set[DayPart]:
    """Return the parts of the person's own day in which the campaign may call him, in the week to come."""
    lead = who.lead
    return {
        daypart_of(slot.start, lead.timezone)
        for slot in slots_between(campaign.slots, campaign.timezone, now, now + timedelta(weeks=1))
        if may_call_at(lead.country_code, lead.timezone, lead.postal_code, slot.start)
    }
