"""May this candidate be called then? One function per gate, asked in order; the first that stops it counts.

Those of the law (`do_not_call`, `consent`, `hours` and its part of `attempt_cap`) are judged in `law/judging.py`.
"""

from collections.abc import Iterator
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from growth.domain.campaigns.business_rules.law.judging import can_call
from growth.domain.campaigns.business_rules.qualifying import covers
from growth.domain.campaigns.business_rules.slots import instant_of
from growth.domain.campaigns.entities.candidates import Contactable, Permission, Stopped
from growth.domain.campaigns.entities.configuration import ASSIGNED, Agent, AgentsGroup, Campaign
from growth.domain.campaigns.entities.law import LAW_DEFAULTS, LawSettings
from growth.domain.campaigns.entities.leads import CALLABLE
from growth.domain.campaigns.entities.runs import Gate


def stopped(
    who: Contactable,
    campaign: Campaign,
    at: datetime,
    *,
    agreed_at: datetime | None = None,
    law: LawSettings = LAW_DEFAULTS,
) -> Stopped | None:
    """Return the first gate that stops a call at `at`; None when all let it through.

    `agreed_at`: the person asked to be called then, so that no gap has to be kept. What the law stops opens when all
    of the law allows it.
    """
    return next(filter(None, _verdicts(who, campaign, at, agreed_at, law)), None)


def forbidden(who: Contactable, at: datetime, law: LawSettings, *, agreed_at: datetime | None = None) -> Gate | None:
    """Return what stands against calling this person at `at`, whatever the campaign: status, telephone, law."""
    verdict = _status(who) or _phone(who)
    return verdict.gate if verdict else can_call(who, at, law, agreed_at=agreed_at).rule


def _verdicts(
    who: Contactable, campaign: Campaign, at: datetime, agreed_at: datetime | None, law: LawSettings
) -> Iterator[Stopped | None]:
    yield _status(who)
    yield _phone(who)
    yield from _of_law(who, campaign, can_call(who, at, law, agreed_at=agreed_at))
    yield _attempt_cap(who, campaign)
    if agreed_at is None:
        yield _gap(who, campaign, at)
    yield _pending_task(who)
    yield _wallet(who, campaign, at)
    yield _zone(who, campaign)


def _status(who: Contactable) -> Stopped | None:
    return None if who.lead.status in CALLABLE else Stopped(Gate.STATUS, None)


def _phone(who: Contactable) -> Stopped | None:
    return None if who.prospect.phone and who.prospect.phone_valid else Stopped(Gate.PHONE, None)


def _of_law(who: Contactable, campaign: Campaign, permission: Permission) -> Iterator[Stopped | None]:
    """Do-not-call list, consent, hours, attempts. What the campaign allows no more, the law does not open later."""
    if permission.rule is Gate.ATTEMPT_CAP:
        yield _attempt_cap(who, campaign)
    if permission.rule:
        yield Stopped(permission.rule, permission.next_allowed_at)


def _attempt_cap(who: Contactable, campaign: Campaign) -> Stopped | None:
    return Stopped(Gate.ATTEMPT_CAP, None) if who.lead.call_attempts >= campaign.attempt_cap else None


def _gap(who: Contactable, campaign: Campaign, at: datetime) -> Stopped | None:
    if not who.attempts:
        return None
    rested = max(who.attempts) + campaign.minimum_gap
    return Stopped(Gate.GAP, rested) if at < rested else None


def _pending_task(who: Contactable) -> Stopped | None:
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


def _zone(who: Contactable, campaign: Campaign) -> Stopped | None:
    if not campaign.groups or covering(campaign, who):
        return None
    return Stopped(Gate.ZONE, None)


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
