"""The decisions of a run, as they are kept: why each candidate was injected or not."""

from collections.abc import Sequence
from datetime import datetime

from growth.domain.campaigns.business_rules.choosing import Chosen, Refused
from growth.domain.campaigns.business_rules.shares import HOLD_OUT, in_share
from growth.domain.campaigns.entities.configuration import Campaign
from growth.domain.campaigns.entities.runs import Decision, Outcome, RunId


def decisions(
    judged: Sequence[Chosen | Refused], run: RunId, campaign: Campaign, taken: int, at: datetime
) -> list[Decision]:
    """Return one for each that was judged; the places of the chosen follow the `taken` ones of the slot."""
    found, place = [], taken
    for one in judged:
        if isinstance(one, Chosen):
            place += 1
        found.append(_decision(one, run, campaign, place, at))
    return found


def _decision(one: Chosen | Refused, run: RunId, campaign: Campaign, place: int, at: datetime) -> Decision:
    lead, chosen = one.candidate.who.lead, isinstance(one, Chosen)
    return Decision(
        run_id=run,
        lead_id=lead.id,
        call_id=one.candidate.call.id,
        outcome=Outcome.INJECTED if chosen else Outcome.STOPPED,
        gate=None if isinstance(one, Chosen) else one.stopped.gate,
        next_allowed_at=None if isinstance(one, Chosen) else one.stopped.next_allowed_at,
        score=one.score.score,
        place=place if chosen else None,
        agent_id=one.agent.id if isinstance(one, Chosen) and one.agent else None,
        decided_at=at,
        held_out=in_share(lead.id, campaign.hold_out_percent, HOLD_OUT),
        model_version=one.score.model_version,
    )
