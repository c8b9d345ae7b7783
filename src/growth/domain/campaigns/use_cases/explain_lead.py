"""Why was this lead called, or not called? Answered from the decisions, in sentences."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from growth.domain.campaigns.business_rules.gates import forbidden
from growth.domain.campaigns.business_rules.planning import plan
from growth.domain.campaigns.business_rules.sentences import why, why_none, why_open
from growth.domain.campaigns.entities.calls import OPEN, Call
from growth.domain.campaigns.entities.candidates import Contactable
from growth.domain.campaigns.entities.configuration import CampaignName, Configuration
from growth.domain.campaigns.entities.leads import LeadId, UnknownLead
from growth.domain.campaigns.entities.runs import Gate, Outcome
from growth.domain.campaigns.ports.stores import CampaignsTx
from growth.domain.campaigns.ports.views import LeadView, LeadViews
from growth.domain.kernel.begin import Begin


@dataclass(frozen=True, slots=True)
class Reason:
    campaign: CampaignName
    slot_start: datetime
    outcome: Outcome
    gate: Gate | None
    sentence: str
    next_allowed_at: datetime | None


@dataclass(frozen=True, slots=True)
class Explanation:
    """`now`: how the lead stands. `decisions`: newest slot first."""

    now: str
    decisions: Sequence[Reason]


@dataclass(frozen=True, slots=True)
class ExplainLead:
    """Explain what was decided about a lead, and what comes next. Raises `UnknownLead`."""

    views: LeadViews
    begin: Begin[CampaignsTx]
    configuration: Configuration

    async def __call__(self, lead_id: LeadId) -> Explanation:
        view = await self.views.get(lead_id)
        if view is None:
            raise UnknownLead
        decisions = [
            Reason(
                campaign=it.campaign,
                slot_start=it.slot_start,
                outcome=it.decision.outcome,
                gate=it.decision.gate,
                sentence=why(it.decision, it.call, view.lead, it.slot_start),
                next_allowed_at=it.decision.next_allowed_at,
            )
            for it in await self.views.decisions(lead_id)
        ]
        return Explanation(await self._now(view), decisions)

    async def _now(self, view: LeadView) -> str:
        async with self.begin() as tx:
            now = await tx.now()
            found = await tx.leads.contactables([view.lead.id], now)
        open_call = next((call for call in await self.views.calls(view.lead.id) if call.state in OPEN), None)
        if open_call:
            return why_open(open_call, view.lead, self._in_the_way(found[0], open_call, now))
        return why_none(plan(found[0], self.configuration, now), view.lead, now)

    def _in_the_way(self, who: Contactable, call: Call, now: datetime) -> Gate | None:
        return forbidden(who, max(now, call.slot_start), self.configuration.law, agreed_at=call.callback_at)
