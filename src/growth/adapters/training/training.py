"""A training from a table to a model and its report: choose, judge on rows held out from the choice, learn from all."""

import platform
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, Final

import numpy as np
import sklearn
from threadpoolctl import threadpool_limits

from growth.adapters.dataset_files import Dataset
from growth.adapters.models import sealed
from growth.adapters.training.asking import BadTraining, Order, Progress
from growth.adapters.training.baselines import against
from growth.adapters.training.choosing import (
    FOLDS,
    Fold,
    Folds,
    Judged,
    best_of_each,
    calibrated,
    calibration_of,
    folds_of,
    judge,
    winner,
)
from growth.adapters.training.frames import Array, Frame, frame_of, part_of
from growth.adapters.training.kinds import CANDIDATES, WHERE_COLUMNS_MOVE, Candidate
from growth.adapters.training.measures import auc, better_half, measured
from growth.adapters.training.moving import moving_columns
from growth.adapters.training.suspicion import suspects
from growth.domain.campaigns.entities.learned_models import Calibration, LearnedModel

_NESTED_UP_TO: Final = 10_000
"""Rows. With more, one part held out says enough, and three folds choose well enough."""
_FEW_FOLDS: Final = 3


@dataclass(frozen=True, slots=True)
class Trained:
    model: LearnedModel
    report: dict[str, Any]


@dataclass
class _Steps:
    """Counts what is done, and tells it."""

    told: Progress
    total: int
    behind: int = field(default=0)

    def done(self) -> None:
        self.behind += 1
        self.told("training", self.behind, self.total)


@dataclass(frozen=True, slots=True)
class _Unseen:
    """What a model said of rows that neither it nor the choice of it had seen."""

    rows: Array
    p: Array
    auc: float
    half: float
    chosen: str


@dataclass(frozen=True, slots=True)
class _HeldOut:
    folds: tuple[_Unseen, ...]
    how: str


@dataclass(frozen=True, slots=True)
class _Tried:
    """The candidates as they were judged, the outcomes of the rows they were judged on, and the honest judgement."""

    judged: Sequence[Judged]
    judged_on: Array
    held_out: _HeldOut


def train(dataset: Dataset, order: Order, told: Progress) -> Trained:
    """Return the model that learned from all rows, and the report. Raises `BadTraining`, `BadDataset`."""
    started = time.monotonic()
    frame = frame_of(dataset, order)
    candidates = _candidates(frame, order)
    with threadpool_limits(1):
        tried = _small(frame, candidates, order, told) if _is_small(frame) else _large(frame, candidates, order, told)
        best = winner(tried.judged)
        calibration = calibration_of(best, tried.judged_on)
        model = _sealed(dataset, frame, order, best, calibration)
    report = {
        "model": {"version": model.version, "kind": model.kind, "calibration": asdict(calibration)},
        "data": _data(dataset, frame),
        "choice": _choice(tried.judged, best, order) | {"moving_columns": list(moving_columns(frame))},
        "held_out": _judged_held_out(dataset, frame, tried.held_out, order.seed),
        "suspicious_columns": [asdict(each) for each in suspects(frame, _folds(frame, order))],
        "made": {**model.about, "seconds": round(time.monotonic() - started, 1)},
    }
    return Trained(model, report)


def learn(dataset: Dataset, order: Order, told: Progress) -> LearnedModel:
    """Return the model alone, chosen by folds of the rows given; nothing is held out. Raises as `train` does."""
    frame = frame_of(dataset, order)
    candidates = _candidates(frame, order)
    folds = _to_choose_by(frame, order, order.seed, _FEW_FOLDS)
    if not folds.held:
        raise BadTraining("In the order of time all successes stand together: there is nothing to choose by.")
    with threadpool_limits(1):
        judged = judge(frame, candidates, folds, order.seed, _Steps(told, len(candidates) * len(folds)).done)
        return _sealed(dataset, frame, order, winner(judged), calibration_of(winner(judged), frame.won))


def _sealed(dataset: Dataset, frame: Frame, order: Order, best: Judged, calibration: Calibration) -> LearnedModel:
    body = best.candidate.fit(frame, order.seed).exported()
    facts = _facts(dataset, frame, order, best.candidate)
    kind, columns = best.candidate.kind, body.columns
    return sealed(LearnedModel("", kind, columns, body.base, body.parts, body.trees, calibration, facts))


def _candidates(frame: Frame, order: Order) -> list[Candidate]:
    moves = order.in_time or moving_columns(frame)
    return [each for each in (WHERE_COLUMNS_MOVE if moves else CANDIDATES) if order.kind in (None, each.kind)]


def _to_choose_by(frame: Frame, order: Order, seed: int, parts: int = FOLDS) -> Folds:
    held = folds_of(frame.won, in_time=order.in_time, seed=seed, parts=parts)
    if order.in_time or not moving_columns(frame):
        return Folds(held)
    return Folds(held, folds_of(frame.won, in_time=True, seed=seed, parts=parts))


def _is_small(frame: Frame) -> bool:
    return len(frame.won) <= _NESTED_UP_TO


def _small(frame: Frame, candidates: Sequence[Candidate], order: Order, told: Progress) -> _Tried:
    """Choose on all rows, and judge the whole procedure by nested folds."""
    outer = _folds(frame, order)
    inner = [_to_choose_by(part_of(frame, learn), order, order.seed + 1) for learn, _ in outer]
    whole = _to_choose_by(frame, order, order.seed)
    steps = _Steps(told, len(candidates) * (len(whole) + sum(map(len, inner))))
    said = []
    for (learn, test), folds in zip(outer, inner, strict=True):
        seen = part_of(frame, learn)
        judged = judge(seen, candidates, folds, order.seed, steps.done)
        said.append(_unseen(frame, (learn, test), judged, order))
    judged = judge(frame, candidates, whole, order.seed, steps.done)
    return _Tried(judged, frame.won, _HeldOut(tuple(said), _how(outer, order)))


def _large(frame: Frame, candidates: Sequence[Candidate], order: Order, told: Progress) -> _Tried:
    """Choose on four fifths of the rows (in time: on those before the last block), and judge by the rest."""
    fold = _folds(frame, order)[-1]
    seen = part_of(frame, fold[0])
    folds = _to_choose_by(seen, order, order.seed + 1, _FEW_FOLDS)
    steps = _Steps(told, len(candidates) * len(folds))
    judged = judge(seen, candidates, folds, order.seed, steps.done)
    return _Tried(judged, seen.won, _HeldOut((_unseen(frame, fold, judged, order),), _how([fold], order)))


def _folds(frame: Frame, order: Order) -> list[Fold]:
    folds = folds_of(frame.won, in_time=order.in_time, seed=order.seed)
    if len(folds) < 2:  # noqa: PLR2004 - one says nothing of the spread
        raise BadTraining("In the order of time almost all successes stand together: there is nothing to judge by.")
    return folds


def _unseen(frame: Frame, fold: Fold, judged: Sequence[Judged], order: Order) -> _Unseen:
    """Learn with what was chosen on the rows of the fold, and say how likely its other rows are."""
    learn, test = fold
    seen, unseen = part_of(frame, learn), part_of(frame, test)
    best = winner(judged)
    p = calibrated(best.candidate.fit(seen, order.seed), calibration_of(best, seen.won), unseen)
    half = better_half(unseen.won, np.argsort(-p, kind="stable"))
    return _Unseen(test, p, auc(unseen.won, p), half, best.candidate.said)


def _how(outer: Sequence[Fold], order: Order) -> str:
    if order.in_time:
        return f"{len(outer)} blocks of time, each judged by models that learned from the rows before it"
    if len(outer) > 1:
        return f"nested cross-validation, {len(outer)} stratified folds, {FOLDS} more inside each for the choice"
    return f"one stratified part of {FOLDS}, choice and learning on the others"


def _facts(dataset: Dataset, frame: Frame, order: Order, candidate: Candidate) -> dict[str, str | int | float]:
    return {
        "data_sha256": dataset.sha256,
        "rows": len(frame.won),
        "positives": int(frame.won.sum()),
        "target": order.target,
        "positive": frame.positive,
        "settings": candidate.said,
        "seed": order.seed,
        "scikit_learn": sklearn.__version__,
        "numpy": np.__version__,
        "python": platform.python_version(),
    }


def _data(dataset: Dataset, frame: Frame) -> dict[str, Any]:
    return {
        "file": dataset.name,
        "sha256": dataset.sha256,
        "separator": dataset.separator,
        "encoding": dataset.encoding,
        "rows": dataset.rows,
        "rows_without_outcome": dataset.rows - len(frame.won),
        "positives": int(frame.won.sum()),
        "rate": float(frame.won.mean()),
        "columns": {each.name: "number" if each.words is None else "word" for each in frame.features},
        "left_out": dict(frame.left_out),
    }


def _choice(judged: Sequence[Judged], best: Judged, order: Order) -> dict[str, Any]:
    kinds = best_of_each(judged)
    first = _why_first(best, ahead=any(min(each.views) > min(best.views) for each in kinds.values()))
    against_others = "".join(
        f"; {each.candidate.said} has {_in_both(each) if each.later else f'{each.mean:.4f}'}"
        for each in kinds.values()
        if each.candidate.kind != best.candidate.kind
    )
    why = f"{first}{against_others}." if order.kind is None else f"{order.kind} was asked for; {first} of its settings."
    return {
        "folds": "blocks of time" if order.in_time else "stratified, at random",
        "kinds": {kind: _described(each) for kind, each in kinds.items()},
        "candidates": [_described(each) for each in judged],
        "winner": best.candidate.kind,
        "why": why,
    }


def _why_first(best: Judged, *, ahead: bool) -> str:
    """Return why this one was taken; `ahead`: another kind had a better mean."""
    taken = "is the simplest kind within chance of the best" if ahead else "is the best"
    if best.later:
        taken += f" where it is weakest, {_in_both(best)}"
        return f"the rows seem to stand in the order of time; {best.candidate.said} {taken}"
    return f"{best.candidate.said} {taken} by its mean AUC over {len(best.aucs)} folds, {best.mean:.4f}"


def _in_both(judged: Judged) -> str:
    return f"{np.mean(judged.later):.4f} on later rows ({judged.mean:.4f} at random)"


def _described(judged: Judged) -> dict[str, Any]:
    found = {"settings": judged.candidate.said, "auc_mean": judged.mean, "auc_sd": judged.deviation}
    return found | ({"auc_later": float(np.mean(judged.later))} if judged.later else {})


def _judged_held_out(dataset: Dataset, frame: Frame, held_out: _HeldOut, seed: int) -> dict[str, Any]:
    folds = held_out.folds
    rows, p = np.concatenate([each.rows for each in folds]), np.concatenate([each.p for each in folds])
    won = frame.won[rows]
    return {
        "how": held_out.how,
        "rows": len(won),
        "positives": int(won.sum()),
        "chosen": [each.chosen for each in folds],
        "auc_by_fold": [each.auc for each in folds],
        "auc_mean_of_folds": float(np.mean([each.auc for each in folds])),
        "better_half_mean_of_folds": float(np.mean([each.half for each in folds])),
        **measured(won, p, seed),
        "against": against(dataset, won, frame.places[rows]),
    }
