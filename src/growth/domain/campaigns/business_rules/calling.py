"""The life of a call: planned, handed over, made or not made, and what its result does to the lead."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import groupby
from uuid import UUID

from growth.domain.campaigns.business_rules.choosing import Chosen, Refused
from growth.domain.campaigns.business_rules.law.judging import allowed_until
from growth.domain.campaigns.business_rules.planning import plan
from growth.domain.campaigns.business_rules.qualifying import wrapup_key
from growth.domain.campaigns.business_rules.slots import daypart_of
from growth.domain.campaigns.entities.calls import Call, CallId, CallState, WrapUp
from growth.domain.campaigns.entities.candidates import Contactable, Plan, Stopped
from growth.domain.campaigns.entities.configuration import Campaign, CampaignType, Configuration
from growth.domain.campaigns.entities.dialing import DialerContact
from growth.domain.campaigns.entities.law import LAW_DEFAULTS, LawSettings
from growth.domain.campaigns.entities.leads import CALLABLE, Lead, LeadScore, LeadStatus
from growth.domain.campaigns.entities.scoring import Score
from growth.domain.campaigns.entities.slots import DayPart, Slot

LARGEST_BATCH = 300
# A fast lane runs so often: it takes the callbacks that fall due before its next run.
FAST_LANE_EVERY = timedelta(minutes=2)


def new_call(id: UUID, who: Contactable, where: Plan, now: datetime) -> Call:
    """Return a call planned there."""
    return Call(
        id=CallId(id),
        lead_id=who.lead.id,
        prospect_id=who.lead.prospect_id,
        campaign=where.campaign,
        slot_start=where.slot.start,
        slot_end=where.slot.end,
        state=CallState.PLANNED,
        callback_at=where.callback_at,
        planned_at=now,
    )


def moved(call: Call, where: Plan | Stopped | None, now: datetime) -> Call:
    """Return a planned call in its new place, or unplanned with the gate that says never."""
    if isinstance(where, Plan):
        return replace(
            call,
            campaign=where.campaign,
            slot_start=where.slot.start,
            slot_end=where.slot.end,
            callback_at=where.callback_at,
        )
    return replace(call, state=CallState.UNPLANNED, reason=where.gate if where else "no_campaign", closed_at=now)


def elsewhere(one: Refused, slot: Slot, configuration: Configuration, now: datetime) -> Call:
    """Return the call that a gate stopped in the slot: planned again for when it opens, or unplanned."""
    call, verdict = one.candidate.call, one.stopped
    if verdict.next_allowed_at is None:
        return moved(call, verdict, now)
    after = max(verdict.next_allowed_at, slot.start + timedelta.resolution)
    return moved(call, plan(one.candidate.who, configuration, after, callback_at=call.callback_at), now)


def due_before(campaign: Campaign, slot: Slot, at: datetime) -> datetime:
    """Return before when a callback has to be wanted to be a candidate of a start at `at`."""
    return at + FAST_LANE_EVERY if campaign.type is CampaignType.CF else slot.end


def ended(call: Call, again: bool, reason: str, now: datetime) -> Call:
    """Return an injected call that was not made: recycled when another is planned, else dropped."""
    state = CallState.RECYCLED if again else CallState.DROPPED
    return replace(call, state=state, reason=reason, closed_at=now)


@dataclass(frozen=True, slots=True, order=True)
class SharedByBatch:
    """What all contacts of one request share. `dialer_user_id` 0: no agent."""

    priority: int
    earliest: datetime
    latest: datetime
    dialer_user_id: int


def batched(
    chosen: Sequence[Chosen], campaign: Campaign, slot: Slot, at: datetime, law: LawSettings = LAW_DEFAULTS
) -> Iterator[tuple[SharedByBatch, list[Chosen]]]:
    """Yield the chosen in groups that can be one request, each in the order of the choice.

    A callback comes one priority before the others, and is not called before its time. Nobody is called after
    the law stops allowing it, by the hours of his place or because a consent ends, which may be before the slot's end:
    they were chosen as of `at`.
    """

    def shared(one: Chosen) -> SharedByBatch:
        callback, who = one.candidate.call.callback_at, one.candidate.who
        earliest = max(slot.start, callback or slot.start)
        until = allowed_until(who, max(at, earliest), law, agreed_at=callback)
        return SharedByBatch(
            priority=campaign.priority - 1 if callback else campaign.priority,
            earliest=earliest,
            latest=min(slot.end, until),
            dialer_user_id=one.agent.dialer_user_id if one.agent else 0,
        )

    for group, each in groupby(sorted(chosen, key=shared), key=shared):
        members = list(each)
        for first in range(0, len(members), LARGEST_BATCH):
            yield group, members[first : first + LARGEST_BATCH]


def explained(lead: Lead, score: Score, at: datetime) -> LeadScore:
    """Return the explanation of a score as it is kept beside the lead."""
    return LeadScore(
        lead_id=lead.id,
        score=score.score,
        unclipped=score.unclipped,
        base=score.base,
        contributions=[[c.name, c.value, c.points] for c in score.contributions],
        rule_set_version=score.rule_set_version,
        scored_at=at,
        model_version=score.model_version,
    )


def reported(call: Call, contact: DialerContact) -> Call:
    """Return the call with what the dialer tells of it. Telling the same again changes nothing, nor does old news."""
    if contact.attempts < call.attempts:
        return call
    contact_id = contact.contact_id if contact.contact_id > 0 else call.dialer_contact_id
    known = replace(call, dialer_contact_id=contact_id, excluded=contact.excluded or call.excluded)
    if contact.attempts == call.attempts and contact.wrapup in {None, call.wrapup}:
        return known
    return replace(
        known,
        state=CallState.CALLED if contact.attempts else known.state,
        attempts=max(contact.attempts, call.attempts),
        last_attempt_at=contact.last_attempt_at or contact.updated_at,
        wrapup=contact.wrapup or call.wrapup,
        wrapup_name=contact.wrapup_name or call.wrapup_name,
    )


def called(lead: Lead, before: Call, after: Call, configuration: Configuration) -> Lead:
    """Return the lead after a result: attempts counted, status by the wrap-up. What an operator closed stays closed."""
    counted = replace(
        lead,
        call_attempts=lead.call_attempts + max(after.attempts - before.attempts, 0),
        last_attempt_at=max(filter(None, (lead.last_attempt_at, after.last_attempt_at)), default=None),
    )
    if lead.status is LeadStatus.CLOSED:
        return counted
    if after.wrapup is None:  # tried, and nobody said what came of it
        return replace(counted, status=LeadStatus.NOT_QUALIFIED) if lead.status is LeadStatus.NEW else counted
    return replace(counted, status=_status(after, configuration))


def _status(call: Call, configuration: Configuration) -> LeadStatus:
    if call.wrapup_name and wrapup_key(call.wrapup_name) in configuration.wrong_number_wrapups:
        return LeadStatus.WRONG_NUMBER
    if call.wrapup is WrapUp.ARGUEDPOSITIVE:
        return LeadStatus.QUALIFIED
    return LeadStatus.REFUSED if call.wrapup is WrapUp.NONARGUED else LeadStatus.NOT_QUALIFIED


def wants_another_call(lead: Lead, call: Call) -> bool:
    """Tell whether a result asks for a next call by itself; what was argued waits for the recovery."""
    return lead.status in CALLABLE and call.wrapup in {WrapUp.TOCALL, WrapUp.UNREACHABLE}


def parts_tried(who: Contactable) -> frozenset[DayPart]:
    """Return the parts of the person's day in which the last attempts were made."""
    return frozenset(daypart_of(at, who.lead.timezone) for at in who.attempts)
