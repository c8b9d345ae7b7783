"""Columns that move along the rows: these then stand in an order, as a rule that of time, whoever said so or not."""

from typing import Final

import numpy as np

from growth.adapters.training.frames import Array, Feature, Frame

_PARTS: Final = 5
_SHARE: Final = 0.04
_CHANCE: Final = 40
"""Of as many rows: what blocks in no order differ by is about a tenth of this."""


def moving_columns(frame: Frame) -> tuple[str, ...]:
    """Return the columns of which more than 4 % of the variance is between fifths of the rows, as they stand."""
    least = _SHARE + _CHANCE / len(frame.won)
    return tuple(feature.name for feature in frame.features if _share_between(feature) > least)


def _share_between(feature: Feature) -> float:
    """Return the share of the variance of a column's ranks that lies between the blocks; a word's rank is its place."""
    cells = feature.cells.astype(float)
    known = cells[~np.isnan(cells)]
    if len(known) < _PARTS:
        return 0.0
    ranks = _ranks(known)
    blocks = np.array_split(ranks, _PARTS)
    return float(np.var([block.mean() for block in blocks]) / max(ranks.var(), 1e-9))


def _ranks(known: Array) -> Array:
    """Return the ranks from 0 to 1; equal numbers share the middle of theirs."""
    _, places, counts = np.unique(known, return_inverse=True, return_counts=True)
    return np.asarray(((np.cumsum(counts) - (counts + 1) / 2) / len(known))[places])
