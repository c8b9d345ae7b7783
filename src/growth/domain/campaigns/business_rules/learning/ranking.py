"""How well scores put successes first: the area under the ROC curve, and which of two scores does it better."""

from collections.abc import Sequence
from math import sqrt
from statistics import fmean, variance
from typing import Final

from growth.domain.campaigns.entities.models_in_use import Comparison

LEAST_CALLS, LEAST_WON = 200, 20
"""Fewer say nothing about which of two models is better."""
_SURE: Final = 1.96  # standard errors on each side hold 95 %


def auc(scores: Sequence[float], won: Sequence[bool]) -> float:
    """Return how often a success has the higher score of a success and a failure drawn at random; ties count half.

    0.5 where there is no success or no failure.
    """
    return fmean(of_successes) if (of_successes := _placements(scores, won)[0]) else 0.5


def compared(model: Sequence[float], now: Sequence[float], won: Sequence[bool]) -> Comparison:
    """Compare a model's scores with those that count now, on the same calls; the interval is DeLong's (1988)."""
    successes = sum(won)
    parts = zip(_placements(model, won), _placements(now, won), strict=True)
    spread = sum(_error([one - other for one, other in zip(*both, strict=True)]) for both in parts)
    of_model, of_now = auc(model, won), auc(now, won)
    difference, half = of_model - of_now, _SURE * sqrt(spread)
    return Comparison(
        calls=len(won),
        won=successes,
        auc=of_model,
        auc_now=of_now,
        difference=difference,
        low=difference - half,
        high=difference + half,
        enough=len(won) >= LEAST_CALLS and LEAST_WON <= successes <= len(won) - LEAST_WON,
    )


def _error(differences: Sequence[float]) -> float:
    return variance(differences) / len(differences) if len(differences) > 1 else 0.0


def _placements(scores: Sequence[float], won: Sequence[bool]) -> tuple[list[float], list[float]]:
    """Return for each success the share of the failures below it, for each failure that of the successes above it."""
    yes = [at for at, success in enumerate(won) if success]
    no = [at for at, success in enumerate(won) if not success]
    if not yes or not no:
        return [], []
    among_all = _ranks(scores)
    among_yes, among_no = _ranks([scores[at] for at in yes]), _ranks([scores[at] for at in no])
    below = [(among_all[at] - rank) / len(no) for at, rank in zip(yes, among_yes, strict=True)]
    above = [1 - (among_all[at] - rank) / len(yes) for at, rank in zip(no, among_no, strict=True)]
    return below, above


def _ranks(values: Sequence[float]) -> list[float]:
    """Return the place of each value from 1 on; equal ones share the middle of theirs."""
    order = sorted(range(len(values)), key=values.__getitem__)
    ranks, start = [0.0] * len(values), 0
    while start < len(order):
        end = start
        while end < len(order) and values[order[end]] == values[order[start]]:
            end += 1
        for at in order[start:end]:
            ranks[at] = (start + 1 + end) / 2
        start = end
    return ranks
