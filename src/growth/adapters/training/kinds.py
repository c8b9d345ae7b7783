"""The three kinds of model: what is tried of each, how it is fitted, what its log-odds are, how it is exported."""

from dataclasses import dataclass
from typing import Any, Final, Protocol

import numpy as np
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.tree import DecisionTreeClassifier

from growth.adapters.training.encodings import Curves, Inputs, curves_of, inputs_of
from growth.adapters.training.exporting import Exported, boosted, grown, straight
from growth.adapters.training.frames import Array, Frame
from growth.domain.campaigns.entities.learned_models import Kind

_PRIOR_ROWS: Final = 10  # rows at the average rate that are added to each leaf: none is sure
_BOOSTS: Final = 0.05
_PENALTIES: Final = (0.3, 1.0, 3.0)


class Fitted(Protocol):
    """A model that learned; `margins` are scikit-learn's log-odds."""

    def margins(self, frame: Frame) -> Array: ...
    def exported(self) -> Exported: ...


@dataclass(frozen=True, slots=True)
class Candidate:
    """One setting of one kind."""

    kind: Kind
    settings: tuple[tuple[str, float], ...]

    @property
    def said(self) -> str:
        return f"{self.kind} ({', '.join(f'{name} {value:g}' for name, value in self.settings)})"

    def fit(self, frame: Frame, seed: int) -> Fitted:
        settings = dict(self.settings)
        match self.kind:
            case "logistic":
                return _Logistic.of(frame, int(settings["knots"]), settings["C"], settings.get("rare", 1.0))
            case "tree":
                return _Grown.of(frame, int(settings["depth"]), settings["leaf"], seed)
            case "boosting":
                return _Boosted.of(frame, int(settings["depth"]), int(settings["trees"]), seed)


def _candidates(kind: Kind, **settings: tuple[float, ...]) -> list[Candidate]:
    names = list(settings)
    return [Candidate(kind, tuple(zip(names, values, strict=True))) for values in zip(*settings.values(), strict=True)]


def _all(**of_the_logistic: tuple[float, ...]) -> tuple[Candidate, ...]:
    return (
        *_candidates("logistic", knots=(3, 12, 30), C=(2e-3, 1e-3, 1e-3), **of_the_logistic),
        *_candidates("tree", depth=(3, 4, 5, 6), leaf=(0.02, 0.01, 0.01, 0.005)),
        *_candidates("boosting", depth=(2, 3, 4), trees=(120, 100, 150)),
    )


CANDIDATES: Final = _all()
WHERE_COLUMNS_MOVE: Final = _all(rare=(0.75,) * 3)
"""What is tried where the world changes along the rows: what was seen rarely, as a rule in one season, counts less."""


@dataclass(frozen=True, slots=True)
class _Logistic:
    """The mean of three, each with a penalty of its own around `C`: to choose one by few rows is to choose by luck."""

    learned: Any
    curves: Curves

    @classmethod
    def of(cls, frame: Frame, knots: int, c: float, rare: float) -> "_Logistic":
        curves = curves_of(frame, knots, rare)
        matrix = curves.matrix(frame)
        each = [LogisticRegression(C=c * by, max_iter=3000, tol=1e-6).fit(matrix, frame.won) for by in _PENALTIES]
        mean = each[0]
        mean.coef_ = np.mean([one.coef_ for one in each], axis=0)
        mean.intercept_ = np.mean([one.intercept_ for one in each], axis=0)
        return cls(mean, curves)

    def margins(self, frame: Frame) -> Array:
        return np.asarray(self.learned.decision_function(self.curves.matrix(frame)))

    def exported(self) -> Exported:
        return straight(self.learned, self.curves)


@dataclass(frozen=True, slots=True)
class _Grown:
    learned: Any
    inputs: Inputs

    @classmethod
    def of(cls, frame: Frame, depth: int, leaf: float, seed: int) -> "_Grown":
        inputs = inputs_of(frame)
        fewest = max(20, int(leaf * len(frame.won)))
        learned = DecisionTreeClassifier(max_depth=depth, min_samples_leaf=fewest, random_state=seed)
        learned.fit(inputs.matrix(frame), frame.won)
        nodes, rows = learned.tree_.value, learned.tree_.n_node_samples
        rate = frame.won.mean()
        nodes[:, 0, 1] = (nodes[:, 0, 1] * rows + rate * _PRIOR_ROWS) / (rows + _PRIOR_ROWS)
        nodes[:, 0, 0] = 1 - nodes[:, 0, 1]
        return cls(learned, inputs)

    def margins(self, frame: Frame) -> Array:
        p = self.learned.predict_proba(self.inputs.matrix(frame))[:, 1]
        return np.asarray(np.log(p / (1 - p)))

    def exported(self) -> Exported:
        return grown(self.learned, self.inputs)


@dataclass(frozen=True, slots=True)
class _Boosted:
    learned: Any
    inputs: Inputs

    @classmethod
    def of(cls, frame: Frame, depth: int, trees: int, seed: int) -> "_Boosted":
        inputs = inputs_of(frame)
        learned = HistGradientBoostingClassifier(
            max_depth=depth,
            max_iter=trees,
            learning_rate=_BOOSTS,
            min_samples_leaf=20,
            l2_regularization=10,
            early_stopping=False,
            random_state=seed,
        )
        return cls(learned.fit(inputs.matrix(frame), frame.won), inputs)

    def margins(self, frame: Frame) -> Array:
        return np.asarray(self.learned.decision_function(self.inputs.matrix(frame)))

    def exported(self) -> Exported:
        return boosted(self.learned, self.inputs)
