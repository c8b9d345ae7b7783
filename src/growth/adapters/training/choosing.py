"""Which candidate learns best: each is judged on rows that it did not learn from, all on the same ones."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

import numpy as np

from growth.adapters.training.frames import Array, Frame, part_of
from growth.adapters.training.kinds import Candidate, Fitted
from growth.adapters.training.measures import auc
from growth.domain.campaigns.entities.learned_models import KINDS, Calibration, Kind

FOLDS: Final = 5
_STEPS: Final = 60  # of Newton's method, which needs five
Fold = tuple[Array, Array]
"""Rows to learn from, rows to judge by."""


@dataclass(frozen=True, slots=True)
class Folds:
    """What candidates are judged by, and further blocks of later rows where columns move along the rows."""

    held: Sequence[Fold]
    later: Sequence[Fold] = ()

    def __len__(self) -> int:
        return len(self.held) + len(self.later)


@dataclass(frozen=True, slots=True)
class Judged:
    """A candidate, its AUC in each fold, and what it said of the rows that it did not learn from (else NaN).

    `later`: its AUC in blocks of rows, each judged by what stands before it, where columns move along the rows.
    """

    candidate: Candidate
    aucs: tuple[float, ...]
    margins: Array
    later: tuple[float, ...] = ()

    @property
    def mean(self) -> float:
        return float(np.mean(self.aucs))

    @property
    def views(self) -> tuple[float, ...]:
        return (self.mean, float(np.mean(self.later))) if self.later else (self.mean,)

    @property
    def deviation(self) -> float:
        return float(np.std(self.aucs, ddof=1)) if len(self.aucs) > 1 else 0.0


def folds_of(won: Array, *, in_time: bool, seed: int, parts: int = FOLDS) -> list[Fold]:
    """Return the folds: blocks of time, each judged by what was before it, else stratified parts at random."""
    rows = np.arange(len(won))
    if in_time:
        bounds = np.linspace(0, len(won), parts + 2).astype(int)
        blocks = [(rows[:start], rows[start:end]) for start, end in pairwise(bounds[1:])]
        return [fold for fold in blocks if all(0 < won[part].sum() < len(part) for part in fold)]
    chance = np.random.default_rng(seed)
    places = np.empty(len(won), dtype=np.int64)
    for outcome in (0, 1):
        same = chance.permutation(np.flatnonzero(won == outcome))
        places[same] = np.arange(len(same)) % parts
    return [(rows[places != at], rows[places == at]) for at in range(parts)]


def judge(
    frame: Frame, candidates: Sequence[Candidate], folds: Folds, seed: int, done: Callable[[], None]
) -> list[Judged]:
    """Return each candidate with what came of it, in the order given."""
    judged, held = [], len(folds.held)
    for candidate in candidates:
        margins, aucs = np.full(len(frame.won), np.nan), []
        for at, (learn, test) in enumerate((*folds.held, *folds.later)):
            said = candidate.fit(part_of(frame, learn), seed).margins(part_of(frame, test))
            aucs.append(auc(frame.won[test], said))
            if at < held:
                margins[test] = said
            done()
        judged.append(Judged(candidate, tuple(aucs[:held]), margins, tuple(aucs[held:])))
    return judged


def best_of_each(judged: Sequence[Judged]) -> dict[Kind, Judged]:
    return {
        kind: max(of_kind, key=lambda each: sum(each.views))
        for kind in KINDS
        if (of_kind := [each for each in judged if each.candidate.kind == kind])
    }


def winner(judged: Sequence[Judged]) -> Judged:
    """Return the simplest kind that is as good as the best, within one standard error of their differences.

    The best is the kind whose worst view is the best. Within a kind both views count alike: what is later tells kinds
    apart, and hardly the settings of one.
    """
    kinds = best_of_each(judged)
    best = max(kinds.values(), key=lambda each: min(each.views))
    return next(each for each in kinds.values() if each is best or _as_good(each, best))


def _as_good(one: Judged, best: Judged) -> bool:
    """Tell whether in each view what it lacks is no more than chance (Breiman et al. 1984, one standard error)."""
    views = [(one.aucs, best.aucs), *([(one.later, best.later)] if best.later else [])]
    lacks = [np.subtract(theirs, ours) for ours, theirs in views]
    return all(each.mean() <= _standard_error(each) for each in lacks)


def _standard_error(differences: Array) -> float:
    return float(np.std(differences, ddof=1) / np.sqrt(len(differences))) if len(differences) > 1 else 0.0


def calibration_of(judged: Judged, won: Array) -> Calibration:
    """Return the straight line that makes log-odds on unseen rows as likely as can be (Platt 1999)."""
    known = ~np.isnan(judged.margins)
    margins, outcome = judged.margins[known], won[known]
    design = np.column_stack([margins, np.ones(len(margins))])
    line = np.array([1.0, 0.0])
    ridge = np.diag([1.0, 1e-9])  # towards a slope of 1, as much as one row or two would
    for _ in range(_STEPS):
        p = 1 / (1 + np.exp(-np.clip(design @ line, -500, 500)))
        slope = design.T @ (outcome - p) - ridge @ (line - [1.0, 0.0])
        step = np.linalg.solve((design * (p * (1 - p))[:, None]).T @ design + ridge, slope)
        line = line + np.clip(step, -2, 2)
        if np.abs(step).max() < 1e-10:  # noqa: PLR2004 - far below what any probability shows
            break
    if not line[0] > 0:
        return Calibration()
    return Calibration(float(line[0]), float(line[1]))


def calibrated(fitted: Fitted, calibration: Calibration, frame: Frame) -> Array:
    """Return the probabilities."""
    line = calibration.slope * fitted.margins(frame) + calibration.intercept
    return np.asarray(1 / (1 + np.exp(-np.clip(line, -700, 700))))
