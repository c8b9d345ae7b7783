"""Columns that know too much: what is only known after the call makes a model that is good on paper alone."""

import re
from dataclasses import dataclass
from typing import Final

import numpy as np

from growth.adapters.training.choosing import Fold
from growth.adapters.training.frames import Array, Feature, Frame
from growth.adapters.training.measures import auc

TOO_STRONG: Final = 0.8
"""AUC of one column alone. In sales nothing known before a call says this much by itself."""
_AFTER: Final = frozenset(
    {
        *("duration", "talk", "talktime", "outcome", "result", "disposition", "status", "stage", "feedback", "reason"),
        *("won", "lost", "sold", "signed", "converted", "closed", "conversion", "appointment", "cancelled", "churned"),
        *("revenue", "payment", "paid", "invoice", "contract"),
    }
)
_BINS: Final = 20
_PRIOR_ROWS: Final = 10


@dataclass(frozen=True, slots=True)
class Suspect:
    column: str
    auc_alone: float
    why: str


def suspects(frame: Frame, folds: list[Fold]) -> list[Suspect]:
    """Return the columns to look at, the strongest first: alone too strong, or named like what a call brings."""
    found = []
    for feature in frame.features:
        alone = _alone(feature, frame.won, folds)
        why = []
        if alone >= TOO_STRONG:
            why.append(f"alone it has an AUC of {alone:.3f}")
        if words := _after(feature.name):
            why.append(f"its name ({', '.join(words)}) sounds like something known only after the call")
        if why:
            found.append(Suspect(feature.name, alone, "; ".join(why)))
    return sorted(found, key=lambda each: -each.auc_alone)


def _after(name: str) -> list[str]:
    words = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name).casefold()
    tokens = re.split(r"[^a-z0-9]+", words)
    return [word for word in tokens if word in _AFTER]


def _alone(feature: Feature, won: Array, folds: list[Fold]) -> float:
    """Return the mean AUC of the rate of success in each part of the column, learned and judged on other rows."""
    parts = _parts(feature)
    aucs = []
    for learn, test in folds:
        rows = np.bincount(parts[learn], minlength=parts.max() + 1)
        wins = np.bincount(parts[learn], won[learn], parts.max() + 1)
        rates = (wins + won[learn].mean() * _PRIOR_ROWS) / (rows + _PRIOR_ROWS)
        aucs.append(auc(won[test], rates[parts[test]]))
    return float(np.mean(aucs))


def _parts(feature: Feature) -> Array:
    if feature.words is not None:
        return feature.cells
    known = feature.cells[~np.isnan(feature.cells)]
    bounds = np.unique(np.quantile(known, np.linspace(0, 1, _BINS + 1)[1:-1], method="inverted_cdf"))
    return np.where(np.isnan(feature.cells), len(bounds) + 1, np.searchsorted(bounds, feature.cells))
