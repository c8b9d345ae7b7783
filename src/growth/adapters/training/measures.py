"""How good probabilities are: figures, their intervals by resampling, and the points of curves."""

from typing import Any, Final

import numpy as np

from growth.adapters.training.frames import Array

_RESAMPLES: Final = 400
_DECILES: Final = 10
_POINTS: Final = 50
_NEVER: Final = 1e-15


def auc(won: Array, scores: Array, weights: Array | None = None) -> float:
    """Return how often a success stands above a failure; equal scores count half."""
    places = np.unique(scores, return_inverse=True)[1]
    return _auc(won, places, np.ones(len(won)) if weights is None else weights)


def _auc(won: Array, places: Array, weights: Array) -> float:
    wins = np.bincount(places, weights * won)
    losses = np.bincount(places, weights * (1 - won))
    total = wins.sum() * losses.sum()
    return float((wins * (np.cumsum(losses) - losses / 2)).sum() / total) if total else 0.5


def measured(won: Array, p: Array, seed: int) -> dict[str, Any]:
    """Return every figure with the interval that 95 of 100 resamples of the rows fall into."""
    figures, deciles = _Figures(won, p), _figures_by_decile(won, p)
    chance = np.random.default_rng(seed)
    drawn, gains = [], []
    for _ in range(_RESAMPLES):
        weights = np.bincount(chance.integers(len(won), size=len(won)), minlength=len(won)).astype(float)
        drawn.append(figures.of(weights))
        gains.append(figures.gains(weights))
    intervals = {name: _interval([each[name] for each in drawn]) for name in drawn[0]}
    values = figures.of(np.ones(len(won)))
    for at, decile in enumerate(deciles):
        decile["gain_interval"] = _interval([each[at] for each in gains])
        shares = [each[at] - (each[at - 1] if at else 0) for each in gains]
        decile["lift_interval"] = _interval([share * _DECILES for share in shares])
    return {
        **{name: {"value": value, "interval": intervals[name]} for name, value in values.items()},
        "deciles": deciles,
        "calibration": _calibration(won, p),
        "roc": _roc(won, p),
        "gain": gain_curve(won, np.argsort(-p, kind="stable")),
    }


def better_half(won: Array, order: Array) -> float:
    """Return the share of successes among the first half of the rows in an order."""
    return float(won[order[: (len(order) + 1) // 2]].sum() / max(won.sum(), 1))


def gain_curve(won: Array, order: Array) -> list[tuple[float, float]]:
    """Return (share called, share of successes reached) for calling in an order."""
    reached = np.concatenate([[0], np.cumsum(won[order])]) / max(won.sum(), 1)
    called = np.linspace(0, len(won), _POINTS + 1).astype(int)
    return [(round(float(at / len(won)), 4), round(float(reached[at]), 4)) for at in called]


class _Figures:
    """The figures of the same rows under other weights: what is sorted is sorted once."""

    def __init__(self, won: Array, p: Array) -> None:
        self.won, self.p = won, p
        self.places = np.unique(p, return_inverse=True)[1]
        self.order = np.argsort(-p, kind="stable")
        sure = np.clip(p, _NEVER, 1 - _NEVER)
        self.losses = -np.where(won == 1, np.log(sure), np.log(1 - sure))
        self.squares = (won - p) ** 2
        self.parts = _parts(len(won), self.order)

    def of(self, weights: Array) -> dict[str, float]:
        rows = weights.sum()
        said = np.bincount(self.parts, weights * self.p, _DECILES)
        came = np.bincount(self.parts, weights * self.won, _DECILES)
        return {
            "auc": _auc(self.won, self.places, weights),
            "log_loss": float(weights @ self.losses / rows),
            "brier": float(weights @ self.squares / rows),
            "calibration_error": float(np.abs(said - came).sum() / rows),
            "better_half": float(self.gains(weights)[_DECILES // 2 - 1]),
        }

    def gains(self, weights: Array) -> Array:
        """Return the share of successes in the first tenth, the first two, and so on."""
        sorted_weights = weights[self.order]
        called = np.cumsum(sorted_weights)
        reached = np.cumsum(sorted_weights * self.won[self.order])
        ends = np.searchsorted(called, called[-1] * np.arange(1, _DECILES + 1) / _DECILES - 1e-9)
        return np.asarray(reached[np.minimum(ends, len(called) - 1)] / max(reached[-1], 1))


def _parts(rows: int, order: Array) -> Array:
    """Return for each row which tenth of the order it is in."""
    parts = np.empty(rows, dtype=np.int64)
    parts[order] = np.arange(rows) * _DECILES // rows
    return parts


def _figures_by_decile(won: Array, p: Array) -> list[dict[str, Any]]:
    parts = _parts(len(won), np.argsort(-p, kind="stable"))
    rows, wins = np.bincount(parts, minlength=_DECILES), np.bincount(parts, won, _DECILES)
    gains = np.cumsum(wins) / max(wins.sum(), 1)
    rate = max(won.mean(), 1 / len(won))
    return [
        {
            "decile": at + 1,
            "rows": int(rows[at]),
            "successes": int(wins[at]),
            "lift": float(wins[at] / max(rows[at], 1) / rate),
            "gain": float(gains[at]),
        }
        for at in range(_DECILES)
    ]


def _calibration(won: Array, p: Array) -> list[dict[str, float]]:
    """Return what was said and what came, by tenths from the least likely on."""
    parts = _parts(len(won), np.argsort(p, kind="stable"))
    rows = np.maximum(np.bincount(parts, minlength=_DECILES), 1)
    said, came = np.bincount(parts, p, _DECILES) / rows, np.bincount(parts, won, _DECILES) / rows
    return [{"said": float(said[at]), "came": float(came[at]), "rows": int(rows[at])} for at in range(_DECILES)]


def _roc(won: Array, p: Array) -> list[tuple[float, float]]:
    """Return (share of failures, share of successes) above each threshold, thinned out."""
    places = np.unique(-p, return_inverse=True)[1]
    wins, losses = np.cumsum(np.bincount(places, won)), np.cumsum(np.bincount(places, 1 - won))
    kept = np.unique(np.linspace(0, len(wins) - 1, _POINTS).astype(int))
    points = zip(losses[kept] / max(losses[-1], 1), wins[kept] / max(wins[-1], 1), strict=True)
    return [(0.0, 0.0), *((round(float(x), 4), round(float(y), 4)) for x, y in points)]


def _interval(drawn: list[float]) -> tuple[float, float]:
    low, high = np.quantile(drawn, [0.025, 0.975])
    return float(low), float(high)
