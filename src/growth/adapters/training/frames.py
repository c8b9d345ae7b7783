"""From a table of texts to what is learned from: numbers, words and outcomes as arrays, without useless columns."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from growth.adapters.dataset_files import Dataset
from growth.adapters.training.asking import BadTraining, Order
from growth.adapters.training.outcomes import outcomes_of, times_of
from growth.domain.campaigns.business_rules.learning.cells import is_missing, number_in, word_in

Array = NDArray[Any]
_FEWEST: Final = 20  # of each outcome
_NUMBERS: Final = 0.95  # of the cells of a column that is one of numbers
_MOST_LEVELS: Final = 50


@dataclass(frozen=True, slots=True)
class Feature:
    """A column: numbers with NaN where one is missing, or places in `words` (every word, the most frequent first)."""

    name: str
    cells: Array
    words: tuple[str, ...] | None = None

    def levels(self, rows: Array) -> int:
        """Return how many of the first words are seen often enough in these rows to be learned from."""
        least = max(10, len(rows) // 400)
        counts = np.bincount(self.cells[rows], minlength=len(self.words or ()))[:_MOST_LEVELS]
        return int((np.cumprod(counts >= least)).sum())


@dataclass(frozen=True, slots=True)
class Frame:
    """All that is learned from. `left_out`: why a column is not among the features. `places`: the file's rows."""

    features: tuple[Feature, ...]
    won: Array
    left_out: Mapping[str, str]
    places: Array
    positive: str


def frame_of(dataset: Dataset, order: Order) -> Frame:
    """Return the frame, its rows in the order of time where that is asked. Raises `BadTraining`, `BadDataset`."""
    outcomes = outcomes_of(dataset, order.target, order.positive)
    if min(outcomes.wins, outcomes.losses) < _FEWEST:
        said = (
            f"{outcomes.wins:,} rows with {order.target} = {outcomes.positive[:40]!r} and {outcomes.losses:,} without"
        )
        raise BadTraining(f"There are {said}: at least {_FEWEST} of each are needed to learn from.")
    for name in order.exclude:
        dataset.column(name)
    places = np.flatnonzero([each is not None for each in outcomes.won])
    if order.time_column is not None:
        times = np.array(times_of(dataset, order.time_column))
        places = places[np.argsort(times[places], kind="stable")]
    features, left_out = _features(dataset, order, places)
    if not features:
        raise BadTraining(f"{dataset.name} has no column to learn from: each is excluded, constant or never repeats.")
    won = np.array([each is True for each in outcomes.won], dtype=np.int64)
    return Frame(tuple(features), won[places], left_out, places, outcomes.positive)


def part_of(frame: Frame, rows: Array) -> Frame:
    features = tuple(replace(each, cells=each.cells[rows]) for each in frame.features)
    return replace(frame, features=features, won=frame.won[rows], places=frame.places[rows])


def _features(dataset: Dataset, order: Order, places: Array) -> tuple[list[Feature], dict[str, str]]:
    features, left_out = [], dict.fromkeys(order.exclude, "excluded")
    for name, cells in dataset.columns.items():
        if name in {order.target, order.time_column, *order.exclude}:
            continue
        feature = _feature(name, [cells[at] for at in places])
        if isinstance(feature, str):
            left_out[name] = feature
        else:
            features.append(feature)
    return features, left_out


def _feature(name: str, cells: Sequence[str]) -> Feature | str:
    """Return the column as something to learn from, or why it cannot be."""
    told = [cell for cell in cells if not is_missing(cell)]
    if not told:
        return "empty"
    numbers = np.array([number_in(cell) for cell in cells])
    if np.isfinite(numbers).sum() >= _NUMBERS * len(told):
        constant = len(np.unique(numbers)) == 1
        return "constant" if constant else Feature(name, numbers)
    counts = Counter(map(word_in, cells))
    if len(counts) == 1:
        return "constant"
    words = tuple(sorted(counts, key=lambda word: (-counts[word], word)))
    place = {word: at for at, word in enumerate(words)}
    feature = Feature(name, np.array([place[word_in(cell)] for cell in cells]), words)
    return feature if feature.levels(np.arange(len(cells))) else "almost every word of it is another"
