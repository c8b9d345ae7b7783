"""How columns become the matrices that scikit-learn learns from; knots and levels come from the rows learned from."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np
from scipy.sparse import csr_matrix

from growth.adapters.training.frames import Array, Feature, Frame

_HALVINGS: Final = 4
_FEWEST_KNOTS: Final = 3


@dataclass(frozen=True, slots=True)
class Input:
    """A column of the trees' matrix: the numbers of a feature, or whether it has the level of that place."""

    feature: int
    level: int | None = None


@dataclass(frozen=True, slots=True)
class Inputs:
    """What trees read: numbers as they are, NaN where one is missing, and for each level of a word 1 or 0."""

    features: tuple[Feature, ...]
    inputs: tuple[Input, ...]

    def matrix(self, frame: Frame) -> Array:
        matrix = np.empty((len(frame.won), len(self.inputs)))
        for at, each in enumerate(self.inputs):
            cells = frame.features[each.feature].cells
            matrix[:, at] = cells if each.level is None else cells == each.level
        return matrix


def inputs_of(frame: Frame) -> Inputs:
    rows = np.arange(len(frame.won))
    inputs: list[Input] = []
    for at, feature in enumerate(frame.features):
        if feature.words is None:
            inputs.append(Input(at))
        else:
            inputs.extend(Input(at, level) for level in range(feature.levels(rows)))
    return Inputs(frame.features, tuple(inputs))


@dataclass(frozen=True, slots=True)
class Block:
    """Columns of one feature in the logistic matrix: a hat over each knot or one for each level, and the rest.

    The last column says missing, or another word. `means` and `scales` are those of the rows learned from. What was
    never seen among them is put at the means, so that it speaks neither for nor against.
    """

    feature: int
    knots: Array | None
    width: int
    means: Array
    scales: Array
    rest_seen: bool

    def triples(self, cells: Array) -> Iterator[tuple[Array, Array, Array]]:
        """Yield rows, columns and values, not yet scaled."""
        rows = np.arange(len(cells))
        if self.knots is None:
            is_rest = cells >= self.width - 1
            yield rows[~is_rest], cells[~is_rest], np.ones((~is_rest).sum())
        else:
            is_rest = np.isnan(cells)
            known, last = np.clip(cells[~is_rest], self.knots[0], self.knots[-1]), len(self.knots) - 1
            after = np.clip(np.searchsorted(self.knots, known, side="right"), 1, max(last, 1))
            if last:
                below, above = self.knots[after - 1], self.knots[after]
                share = (known - below) / (above - below)
                yield rows[~is_rest], after - 1, 1 - share
                yield rows[~is_rest], after, share
            else:
                yield rows[~is_rest], after - 1, np.ones(len(known))
        unknown = rows[is_rest]
        if self.rest_seen:
            yield unknown, np.full(len(unknown), self.width - 1), np.ones(len(unknown))
        else:
            width = self.width
            yield np.repeat(unknown, width), np.tile(np.arange(width), len(unknown)), np.tile(self.means, len(unknown))


@dataclass(frozen=True, slots=True)
class Curves:
    """What the logistic model reads: one block after the other. A number has a block for each width of hats.

    A curve is then the sum of coarse and fine ones, and a coarse one costs the penalty less: what one number says is
    borrowed by those near it.
    """

    features: tuple[Feature, ...]
    blocks: tuple[Block, ...]

    def by_feature(self) -> list[list[Block]]:
        return [[block for block in self.blocks if block.feature == at] for at in range(len(self.features))]

    def matrix(self, frame: Frame) -> csr_matrix:
        rows, columns, values = [], [], []
        start = 0
        for block in self.blocks:
            for row, column, value in block.triples(frame.features[block.feature].cells):
                rows.append(row)
                columns.append(column + start)
                values.append(value / block.scales[column])
            start += block.width
        places = (np.concatenate(rows), np.concatenate(columns))
        return csr_matrix((np.concatenate(values), places), shape=(len(frame.won), start))


def curves_of(frame: Frame, knots: int, rare: float = 1.0) -> Curves:
    """Return the encoding: up to `knots` knots, half as many, and so on.

    With `rare` 1 columns are brought to one spread, so that the penalty forgives a rare word, and a place where there
    are few rows, larger weights; the further below, the less it does.
    """
    widths = [most for most in (knots >> halved for halved in range(_HALVINGS)) if most >= _FEWEST_KNOTS]
    blocks = (
        _block(at, feature, most, rare)
        for at, feature in enumerate(frame.features)
        for most in (widths if feature.words is None else widths[:1])
    )
    return Curves(frame.features, tuple(blocks))


def _block(at: int, feature: Feature, knots: int, rare: float) -> Block:
    cells = feature.cells
    if feature.words is None:
        places, rest = _knots(cells, knots), np.isnan(cells)
        width = len(places) + 1
    else:
        places, width = None, feature.levels(np.arange(len(cells))) + 1
        rest = cells >= width - 1
    plain = Block(at, places, width, np.zeros(width), np.ones(width), rest_seen=True)
    sums, squares = np.zeros(width), np.zeros(width)
    for _, column, value in plain.triples(cells):
        sums += np.bincount(column, value, width)
        squares += np.bincount(column, value**2, width)
    means = sums / len(cells)
    spread = np.sqrt(np.maximum(squares / len(cells) - means**2, 0))
    return Block(at, places, width, means, np.where(spread > 0, spread, 1.0) ** rare, bool(rest.any()))


def _knots(cells: Array, most: int) -> Array:
    """Return values of the column, as many rows between each two of them as can be."""
    known = cells[~np.isnan(cells)]
    distinct = np.unique(known)
    if len(distinct) <= most:
        return distinct if len(distinct) else np.zeros(1)
    return np.unique(np.quantile(known, np.linspace(0, 1, most), method="inverted_cdf"))
