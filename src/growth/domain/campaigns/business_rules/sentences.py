"""Why was this lead called or not? One sentence per decision, for people; times are those of the lead's place."""

from datetime import datetime
from zoneinfo import ZoneInfo

from growth.domain.campaigns.entities.calls import Call, CallState
from growth.domain.campaigns.entities.candidates import Plan, Stopped
from growth.domain.campaigns.entities.runs import Decision, Gate, Outcome

_REASONS = {
    Gate.STATUS: "the lead is settled: it has an appointment, refused, has a wrong number or is closed",
    Gate.PHONE: "there is no valid telephone number",
    Gate.DO_NOT_CALL: "the number is on a do-not-call list",
    Gate.CONSENT: "there is no consent to call",
    Gate.HOURS: "the law of the person's country does not allow a call at that time",
    Gate.ATTEMPT_CAP: "the person has been tried as often as is allowed",
    Gate.GAP: "the person was tried too recently, or is with the dialer for another lead",
    Gate.PENDING_TASK: "a salesperson has an open task with this person",
    Gate.WALLET: "the lead is in the wallet of an agent who does not work in this slot",
    Gate.ZONE: "no agents group of the campaign covers the place of the property",
    Gate.CAPACITY: "no agent of the zone had room left",
    Gate.MAXIMUM: "the slot was full: leads before it in the order took its places",
}
_NOT_MADE = {
    "dialer_unreachable": "the dialer could not be reached in time",
    "not_called": "the slot ended before its turn",
    "dialer_excluded": "the dialer excluded the number",
    "no_longer_callable": "it may not be called any more",
}


def why(decision: Decision, call: Call, timezone: str) -> str:
    """Return the sentence that answers for a decision."""
    if decision.outcome is Outcome.INJECTED:
        who = f" for agent {decision.agent_id}" if decision.agent_id else ""
        place = f"at place {decision.place} of the slot, with a score of {decision.score / 10:.1f}"
        return f"Handed to the dialer{who}, {place}; {_became(call, timezone)}."
    gate = decision.gate or Gate.STATUS
    return f"Not called: {_REASONS[gate]}{_again(decision.next_allowed_at, timezone)}."


def why_open(call: Call, timezone: str) -> str:
    """Return the sentence that answers for the lead's open call."""
    slot = f"{call.campaign} on {_local(call.slot_start, timezone)}"
    if call.state is CallState.INJECTED:
        return f"It is with the dialer, in {slot}."
    wanted = f"; the person asked for {_local(call.callback_at, timezone)}" if call.callback_at else ""
    return f"A call is planned in {slot}{wanted}."


def why_none(where: Plan | Stopped | None, timezone: str) -> str:
    """Return the sentence that answers for a lead without an open call, by where it would be planned."""
    if where is None:
        return "No campaign calls such leads: only owners who sell have a segment, and it needs a campaign."
    if isinstance(where, Plan):
        return f"No call is planned; the recovery would plan it in {where.campaign}."
    return f"No call is planned: {_REASONS[where.gate]}{_again(where.next_allowed_at, timezone)}."


def _became(call: Call, timezone: str) -> str:
    if call.state is CallState.INJECTED:
        return "it waits for its call"
    if call.state is CallState.CALLED:
        result = f": {call.wrapup_name}" if call.wrapup_name else ""
        at = f" on {_local(call.last_attempt_at, timezone)}" if call.last_attempt_at else ""
        return f"called{at}{result}"
    reason = _NOT_MADE.get(call.reason or "", "the call was not made")
    return f"not called, for {reason}" + ("; planned again" if call.state is CallState.RECYCLED else "")


def _again(at: datetime | None, timezone: str) -> str:
    return f"; it may be called again from {_local(at, timezone)}" if at else ""


def _local(at: datetime, timezone: str) -> str:
    return f"{at.astimezone(ZoneInfo(timezone)):%a %d %b %Y at %H:%M}"
