"""Why was this lead not called? One sentence per decision, for people."""

from datetime import datetime
from zoneinfo import ZoneInfo

from growth.domain.campaigns.entities.candidates import Plan, Stopped
from growth.domain.campaigns.entities.runs import Decision, Gate, Outcome

_REASONS = {
    Gate.STATUS: "the lead is settled: it has an appointment, refused, has a wrong number or is closed",
    Gate.PHONE: "there is no valid telephone number",
    Gate.DO_NOT_CALL: "the number is on a do-not-call list",
    Gate.CONSENT: "there is no consent to call",
    Gate.HOURS: "the law of the person's country does not allow a call at that time",
    Gate.ATTEMPT_CAP: "the person has been tried as often as is allowed",
    Gate.GAP: "the last attempt is too recent",
    Gate.PENDING_TASK: "a salesperson has an open task with this person",
    Gate.WALLET: "the lead is in the wallet of an agent who does not work in this slot",
    Gate.ZONE: "no agents group of the campaign covers the place of the property",
    Gate.CAPACITY: "no agent of the zone had room left",
    Gate.MAXIMUM: "the slot was full: leads before it in the order took its places",
}


def why(decision: Decision, timezone: str) -> str:
    """Return the sentence that answers for a decision; times are in the campaign's zone."""
    if decision.outcome is Outcome.INJECTED:
        who = f" for agent {decision.agent_id}" if decision.agent_id else ""
        place, points = decision.place, decision.score / 10
        return f"Handed to the dialer{who}, at place {place} of the slot, with a score of {points:.1f}."
    gate = decision.gate or Gate.STATUS
    return f"Not called: {_REASONS[gate]}{_again(decision.next_allowed_at, timezone)}."


def why_next(where: Plan | Stopped | None, timezone: str) -> str:
    """Return the sentence that answers for the lead's present plan."""
    if where is None:
        return "No campaign calls such leads: only owners who sell have a segment, and it needs a campaign."
    if isinstance(where, Plan):
        return f"To be called in {where.campaign} on {_local(where.slot.start, timezone)}."
    return f"No call is planned: {_REASONS[where.gate]}{_again(where.next_allowed_at, timezone)}."


def _again(at: datetime | None, timezone: str) -> str:
    return f"; it may be called again from {_local(at, timezone)}" if at else ""


def _local(at: datetime, timezone: str) -> str:
    return f"{at.astimezone(ZoneInfo(timezone)):%a %d %b %Y at %H:%M}"
