"""Learned models: how one is evaluated, and why a score is what it is. Training is not here: it needs libraries."""

from growth.domain.campaigns.business_rules.learning.evaluating import log_odds, probabilities, probability
from growth.domain.campaigns.business_rules.learning.explaining import explain
from growth.domain.campaigns.business_rules.learning.replaying import Replay, replay

__all__ = ["Replay", "explain", "log_odds", "probabilities", "probability", "replay"]
