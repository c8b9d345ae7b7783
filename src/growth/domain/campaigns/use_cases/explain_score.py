"""Why a lead has its score."""

from dataclasses import dataclass, replace

from growth.domain.campaigns.business_rules.calling import explained
from growth.domain.campaigns.business_rules.rating import is_learned, rated
from growth.domain.campaigns.entities.configuration import Configuration
from growth.domain.campaigns.entities.leads import Lead, LeadId, LeadScore, UnknownLead
from growth.domain.campaigns.ports.models import ModelViews
from growth.domain.campaigns.ports.views import LeadViews
from growth.domain.kernel.operating import MovableClock


@dataclass(frozen=True, slots=True)
class ExplainScore:
    """Return a lead's score with all that contributed to it. Raises `UnknownLead`.

    The explanation that is kept is of the last time the lead itself was scored. Where it is of another score than the
    lead has since all were scored anew, or of another rule set or model than those in use, the lead is scored now.
    """

    views: LeadViews
    models: ModelViews
    configuration: Configuration
    clock: MovableClock

    async def __call__(self, lead_id: LeadId) -> LeadScore:
        view, kept = await self.views.get(lead_id), await self.views.score(lead_id)
        if view is None or kept is None:
            raise UnknownLead
        scoring = replace(self.configuration, models=await self.models.in_use())
        if _holds(kept, view.lead, scoring):
            return kept
        now = await self.clock.now()
        who = await self.views.contactable(lead_id, now)
        if who is None:
            raise UnknownLead
        return explained(who.lead, rated(who, scoring, now), now)


def _holds(kept: LeadScore, lead: Lead, scoring: Configuration) -> bool:
    live = scoring.models.live
    model = live.model.version if live and is_learned(lead.id, live) else None
    return (kept.score, kept.rule_set_version, kept.model_version) == (lead.score, scoring.rules.version, model)
