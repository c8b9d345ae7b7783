"""What a lead is worth calling now: the score that counts, by the rules or by the live model for its share."""

from datetime import datetime
from typing import Final

from growth.domain.campaigns.business_rules.learning.evaluating import probability
from growth.domain.campaigns.business_rules.learning.explaining import explain
from growth.domain.campaigns.business_rules.learning.lead_rows import row_of
from growth.domain.campaigns.business_rules.qualifying import snapshot
from growth.domain.campaigns.business_rules.scoring import score
from growth.domain.campaigns.business_rules.shares import in_share
from growth.domain.campaigns.entities.candidates import Contactable
from growth.domain.campaigns.entities.configuration import Configuration
from growth.domain.campaigns.entities.leads import LeadId
from growth.domain.campaigns.entities.learned_models import LearnedModel
from growth.domain.campaigns.entities.models_in_use import LiveModel
from growth.domain.campaigns.entities.scoring import HIGHEST, UNKNOWN, Contribution, LeadSnapshot, Score, Tenths

THOUSANDTHS: Final = 1000
"""In which the log-odds of a learned score and its contributions are kept, so that they sum exactly."""


def rated(who: Contactable, configuration: Configuration, at: datetime) -> Score:
    """Return the score that counts, with its explanation, as of `at`."""
    seen, live = snapshot(who, configuration, at), configuration.models.live
    if live and is_learned(who.lead.id, live):
        return learned_score(seen, live.model, configuration.rules.version)
    return score(seen, configuration.rules)


def is_learned(lead: LeadId, live: LiveModel | None) -> bool:
    """Tell whether the live model scores this lead."""
    return live is not None and in_share(lead, live.percent, live.model.version)


def shadow_probability(who: Contactable, model: LearnedModel, configuration: Configuration, at: datetime) -> float:
    """Return how likely a model says that a call comes to an appointment."""
    return probability(model, row_of(snapshot(who, configuration, at)))


def learned_score(seen: LeadSnapshot, model: LearnedModel, rules_version: str) -> Score:
    """Return a model's probability as a score of 0 to 100, explained in thousandths of log-odds.

    Each contribution is rounded by itself; the base takes up what that leaves, so that the sum is exact.
    """
    found = explain(model, row_of(seen))
    contributions = tuple(
        Contribution(it.column, _word(it.value), Tenths(round(it.points * THOUSANDTHS))) for it in found.contributions
    )
    log_odds = Tenths(round(found.log_odds * THOUSANDTHS))
    return Score(
        score=Tenths(round(found.probability * HIGHEST)),
        unclipped=log_odds,
        base=Tenths(log_odds - sum(it.points for it in contributions)),
        contributions=contributions,
        rule_set_version=rules_version,
        model_version=model.version,
    )


def _word(value: object) -> str | int:
    return value if isinstance(value, str | int) else UNKNOWN
