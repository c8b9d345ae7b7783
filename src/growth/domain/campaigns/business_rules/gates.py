"""May this candidate be called then? One function per gate, asked in order; the first that stops it counts.

Consent and the do-not-call list take their places in the order when their records exist.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from growth.domain.campaigns.business_rules.call_hours import may_call_at, next_allowed
from growth.domain.campaigns.business_rules.qualifying import covers
from growth.domain.campaigns.business_rules.slots import instant_of
from growth.domain.campaigns.entities.candidates import Contactable, Stopped
from growth.domain.campaigns.entities.configuration import ASSIGNED, Agent, AgentsGroup, Campaign
from growth.domain.campaigns.entities.leads import CALLABLE
from growth.domain.campaigns.entities.runs import Gate
from growth.domain.kernel.country import Country


@dataclass(frozen=True, slots=True)
class AttemptWindow:
    """At most `most` attempts at a person in any `window`."""

    most: int
    window: timedelta
    legal_source: str


ATTEMPT_WINDOWS = {Country.FR: AttemptWindow(4, timedelta(days=30), "Code de la consommation D.223-9")}


def stopped(who: Contactable, campaign: Campaign, at: datetime, *, agreed: bool = False) -> Stopped | None:
    """Return the first gate that stops a call at `at`; None when all let it through.

    `agreed`: the person asked to be called then, so that no gap has to be kept.
    """
    for gate in _GATES:
        if (verdict := gate(who, campaign, at)) and not (agreed and verdict.gate is Gate.GAP):
            return verdict
    return None


def _status(who: Contactable, _campaign: Campaign, _at: datetime) -> Stopped | None:
    return None if who.lead.status in CALLABLE else Stopped(Gate.STATUS, None)


def _phone(who: Contactable, _campaign: Campaign, _at: datetime) -> Stopped | None:
    return None if who.prospect.phone and who.prospect.phone_valid else Stopped(Gate.PHONE, None)


def _hours(who: Contactable, _campaign: Campaign, at: datetime) -> Stopped | None:
    lead = who.lead
    if may_call_at(lead.country_code, lead.timezone, lead.postal_code, at):
        return None
    return Stopped(Gate.HOURS, next_allowed(lead.country_code, lead.timezone, lead.postal_code, at))


def _attempt_cap(who: Contactable, campaign: Campaign, at: datetime) -> Stopped | None:
    if who.lead.call_attempts >= campaign.attempt_cap:
        return Stopped(Gate.ATTEMPT_CAP, None)
    free = free_of_attempts_at(who)
    return Stopped(Gate.ATTEMPT_CAP, free) if free and at < free else None


def free_of_attempts_at(who: Contactable) -> datetime | None:
    """Return when the law of the person's country allows a further attempt; None: it is not used up."""
    rule = ATTEMPT_WINDOWS.get(who.lead.country_code)
    if rule is None or len(who.attempts) < rule.most:
        return None
    return sorted(who.attempts, reverse=True)[rule.most - 1] + rule.window


def _gap(who: Contactable, campaign: Campaign, at: datetime) -> Stopped | None:
    if not who.attempts:
        return None
    rested = max(who.attempts) + campaign.minimum_gap
    return Stopped(Gate.GAP, rested) if at < rested else None


def _pending_task(who: Contactable, _campaign: Campaign, _at: datetime) -> Stopped | None:
    return Stopped(Gate.PENDING_TASK, None) if who.prospect.pending_task else None


def _wallet(who: Contactable, campaign: Campaign, at: datetime) -> Stopped | None:
    """Let a lead in a wallet through to that agent only: when he is there, never where he is not part of it."""
    owner = who.prospect.owner_agent_id
    if owner is None:
        return None
    agent = next((a for group in campaign.groups for a in group.agents if a.id == owner), None)
    if agent is None or campaign.type not in ASSIGNED:
        return Stopped(Gate.WALLET, None)
    back = back_at(agent, campaign.timezone, at)
    return Stopped(Gate.WALLET, back) if back > at else None


def _zone(who: Contactable, campaign: Campaign, _at: datetime) -> Stopped | None:
    if not campaign.groups or covering(campaign, who):
        return None
    return Stopped(Gate.ZONE, None)


_Gate = Callable[[Contactable, Campaign, datetime], Stopped | None]
_GATES: Sequence[_Gate] = (_status, _phone, _hours, _attempt_cap, _gap, _pending_task, _wallet, _zone)


def covering(campaign: Campaign, who: Contactable) -> list[AgentsGroup]:
    """Return the campaign's agents groups whose zone has the lead's property."""
    lead = who.lead
    return [group for group in campaign.groups if covers(group.zones, lead.postal_code, lead.insee_code)]


def back_at(agent: Agent, timezone: str, at: datetime) -> datetime:
    """Return `at` when the agent is there, else the instant (UTC) his absence ends."""
    zone = ZoneInfo(timezone)
    day = at.astimezone(zone).date()
    while absence := next((a for a in agent.absences if a[0] <= day <= a[1]), None):
        day = absence[1] + timedelta(days=1)
        at = instant_of(datetime.combine(day, time()), zone)
    return at
