"""What calling would have reached without a model: at random, in the order of arrival, by our rules of scoring."""

from typing import Any

import numpy as np

from growth.adapters.dataset_files import Dataset
from growth.adapters.training.frames import Array
from growth.adapters.training.measures import auc, better_half, gain_curve
from growth.domain.campaigns.business_rules.learning.rules_policy import columns_of_rules, rule_score


def against(dataset: Dataset, won: Array, places: Array) -> dict[str, Any]:
    """Return AUC, share of successes in the better half and the gain curve for each; `places`: rows of the file."""
    found: dict[str, Any] = {
        "random": {"auc": 0.5, "better_half": 0.5, "gain": [(0.0, 0.0), (1.0, 1.0)]},
        "arrival": _by(won, -places.astype(float)),
    }
    if read := columns_of_rules(dataset.columns):
        scores = [rule_score({name: dataset.columns[name][at] for name in read}) for at in places]
        found["rules"] = _by(won, np.array(scores, dtype=float)) | {"columns": list(read)}
    return found


def _by(won: Array, scores: Array) -> dict[str, Any]:
    order = np.argsort(-scores, kind="stable")
    return {"auc": auc(won, scores), "better_half": better_half(won, order), "gain": gain_curve(won, order)}
