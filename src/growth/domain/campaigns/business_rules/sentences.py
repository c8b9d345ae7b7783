"""Why was this lead called or not? One sentence per decision, for people; times are those of the lead's place.

Where the law stops a call, the sentence names its source.
"""

from datetime import datetime
from zoneinfo import ZoneInfo

from growth.domain.campaigns.business_rules.law.packs import pack_on
from growth.domain.campaigns.entities.calls import Call, CallState
from growth.domain.campaigns.entities.candidates import Plan, Stopped
from growth.domain.campaigns.entities.law import Ground, LawPack
from growth.domain.campaigns.entities.leads import Lead
from growth.domain.campaigns.entities.runs import Decision, Gate, Outcome
from growth.domain.kernel.country import Country

_REASONS = {
    Gate.STATUS: "the lead is settled: it has an appointment, refused, has a wrong number or is closed",
    Gate.PHONE: "there is no valid telephone number",
    Gate.DO_NOT_CALL: "the number is on a do-not-call list",
    Gate.CONSENT: "there is nothing that a call may rest on",
    Gate.HOURS: "the person may not be called at that time",
    Gate.ATTEMPT_CAP: "the person has been tried as often as is allowed",
    Gate.GAP: "the person was tried too recently, or is with the dialer for another lead",
    Gate.PENDING_TASK: "a salesperson has an open task with this person",
    Gate.WALLET: "the lead is in the wallet of an agent who does not work in this slot",
    Gate.ZONE: "no agents group of the campaign covers the place of the property",
    Gate.CAPACITY: "no agent of the zone had room left",
    Gate.MAXIMUM: "the slot was full: leads before it in the order took its places",
}
_GROUNDS = {
    Ground.CONSENT: "valid consent",
    Ground.REQUEST: "open request of the person's own",
    Ground.RUNNING_CONTRACT: "running contract",
    Ground.EARLIER_CONTRACT: "earlier contract",
}
_NEVER = {
    Gate.DO_NOT_CALL: "it may not be called as long as it is there",
    Gate.CONSENT: "it may be called once the person consents or asks again",
    Gate.HOURS: "as things are, no later time is allowed either",
}
_NOT_MADE = {
    "dialer_unreachable": "the dialer could not be reached in time",
    "not_called": "the slot ended before its turn",
    "dialer_excluded": "the dialer excluded the number",
    "no_longer_callable": "it may not be called any more",
    "forbidden_meanwhile": "it was not allowed any more when it would have gone to the dialer",
}


def why(decision: Decision, call: Call, lead: Lead, slot_start: datetime) -> str:
    """Return the sentence that answers for a decision about the slot that starts then."""
    if decision.outcome is Outcome.INJECTED:
        who = f" for agent {decision.agent_id}" if decision.agent_id else ""
        place = f"at place {decision.place} of the slot, {_ordered(decision)}"
        return f"Handed to the dialer{who}, {place}; {_became(call, lead.timezone)}."
    verdict = Stopped(decision.gate or Gate.STATUS, decision.next_allowed_at)
    because = _because(verdict, lead.country_code, lead.timezone, max(slot_start, decision.decided_at))
    order = f"; it stood {_ordered(decision)}" if verdict.gate in {Gate.CAPACITY, Gate.MAXIMUM} else ""
    return f"Not called: {because}{order}."


def _ordered(decision: Decision) -> str:
    """Return by what the lead stood where it did in the order of the slot."""
    score = f"with a score of {decision.score / 10:.1f}"
    return f"in order of arrival, as one of the hold-out, {score}" if decision.held_out else score


def why_stopped(verdict: Stopped, country: Country, timezone: str, at: datetime) -> str:
    """Return the sentence that answers for a gate that stopped a lead of that place at `at`."""
    return f"Not called: {_because(verdict, country, timezone, at)}."


def why_open(call: Call, lead: Lead, gate: Gate | None) -> str:
    """Return what answers for the lead's open call; `gate`: what would stop it, as things are."""
    timezone = lead.timezone
    slot = f"{call.campaign} on {_local(call.slot_start, timezone)}"
    if call.state is CallState.INJECTED:
        return f"It is with the dialer, in {slot}."
    wanted = f"; the person asked for {_local(call.callback_at, timezone)}" if call.callback_at else ""
    planned = f"A call is planned in {slot}{wanted}."
    if gate is None:
        return planned
    cause = _cause(Stopped(gate, None), lead.country_code, timezone, call.slot_start)
    return f"{planned} As things are it will be stopped then: {cause}."


def why_none(where: Plan | Stopped | None, lead: Lead, now: datetime) -> str:
    """Return the sentence that answers for a lead without an open call, by where it would be planned."""
    if where is None:
        return "No campaign calls such leads: only owners who sell have a segment, and it needs a campaign."
    if isinstance(where, Plan):
        return f"No call is planned; the recovery would plan it in {where.campaign}."
    return f"No call is planned: {_because(where, lead.country_code, lead.timezone, now)}."


def _because(verdict: Stopped, country: Country, timezone: str, at: datetime) -> str:
    again = _NEVER.get(verdict.gate)
    if verdict.next_allowed_at:
        again = f"it may be called again from {_local(verdict.next_allowed_at, timezone)}"
    return _cause(verdict, country, timezone, at) + (f"; {again}" if again else "")


def _cause(verdict: Stopped, country: Country, timezone: str, at: datetime) -> str:
    """Return the reason, with its source where it is the law's."""
    pack = pack_on(country, at.astimezone(ZoneInfo(timezone)).date())
    source = _source(verdict, pack)
    return _reason(verdict, pack) + (f" ({source})" if source else "")


def _reason(verdict: Stopped, pack: LawPack) -> str:
    if verdict.gate is Gate.CONSENT and pack.grounds:
        missing = [f"no {_GROUNDS[ground]}" for ground in Ground if ground in pack.grounds.accepted]
        return f"there is {', '.join(missing[:-1])} and {missing[-1]}"
    if verdict.gate is Gate.ATTEMPT_CAP and verdict.next_allowed_at and pack.silence:
        return f"{_REASONS[verdict.gate]} for now, or refused a call lately"
    return _REASONS[verdict.gate]


def _source(verdict: Stopped, pack: LawPack) -> str | None:
    """Return what the law says it with. Without a time it is the campaign that allows no more attempts."""
    if verdict.gate is Gate.DO_NOT_CALL:
        return pack.do_not_call
    if verdict.gate is Gate.CONSENT:
        return pack.grounds.legal_source if pack.grounds else None
    if verdict.gate is Gate.HOURS:
        return pack.hours.legal_source
    if verdict.gate is Gate.ATTEMPT_CAP and verdict.next_allowed_at:
        rules = [rule for rule in (pack.attempts, pack.silence) if rule]
        return "; ".join(dict.fromkeys(rule.legal_source for rule in rules)) or None
    return None


def _became(call: Call, timezone: str) -> str:
    if call.state is CallState.INJECTED:
        return "it waits for its call"
    if call.state is CallState.CALLED:
        result = f": {call.wrapup_name}" if call.wrapup_name else ""
        at = f" on {_local(call.last_attempt_at, timezone)}" if call.last_attempt_at else ""
        return f"called{at}{result}"
    reason = _NOT_MADE.get(call.reason or "", "the call was not made")
    return f"not called, for {reason}" + ("; planned again" if call.state is CallState.RECYCLED else "")


def _local(at: datetime, timezone: str) -> str:
    return f"{at.astimezone(ZoneInfo(timezone)):%a %d %b %Y at %H:%M}"
