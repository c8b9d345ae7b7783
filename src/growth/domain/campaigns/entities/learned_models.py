"""What a learned model is made of. Every kind is one sum of log-odds: a base, curves by column, and trees.

A logistic model has curves and levels, a tree one tree, boosting many trees. So all are evaluated and explained alike.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal

from growth.domain.kernel.errors import Invalid

Kind = Literal["tree", "logistic", "boosting"]
Cell = str | int | float | None
Row = Mapping[str, Cell]
"""One person as a row of a table: texts as a CSV file has them, or values. A column that is absent is missing."""

KINDS: Final[tuple[Kind, ...]] = ("logistic", "tree", "boosting")


class BadModelFile(Invalid):
    """The file is no model that can be used."""

    code = "bad-model-file"


@dataclass(frozen=True, slots=True)
class Column:
    """A column that the model reads: a number, or a word of which `levels` were seen often enough to count."""

    name: str
    levels: tuple[str, ...] | None = None
    """None: a number."""


@dataclass(frozen=True, slots=True)
class Curve:
    """What a number adds: straight lines between `knots` (ascending), level beyond the first and the last."""

    column: int
    knots: tuple[float, ...]
    values: tuple[float, ...]
    missing: float


@dataclass(frozen=True, slots=True)
class Levels:
    """What a word adds, in the order of its column's levels; `other` for every other word, and for none."""

    column: int
    values: tuple[float, ...]
    other: float


@dataclass(frozen=True, slots=True)
class Tree:
    """A decision tree as rows of a table, the root first, children below their parent: there can be no loop.

    `columns` is -1 at a leaf. A number goes left when it is at most the threshold, a word when it is *not* the level
    of that place among its column's; a missing number where `missing_left` says. `values` are log-odds; that of
    an inner node is the mean of what is below it, weighted by the rows it was trained on.
    """

    columns: tuple[int, ...]
    thresholds: tuple[float, ...]
    missing_left: tuple[bool, ...]
    left: tuple[int, ...]
    right: tuple[int, ...]
    values: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Calibration:
    """A straight line from the model's own log-odds to calibrated ones, so that contributions keep their sum."""

    slope: float = 1.0
    intercept: float = 0.0


@dataclass(frozen=True, slots=True)
class LearnedModel:
    """A model under the hash of its content, which is its version and stands beside every score made with it."""

    version: str
    kind: Kind
    columns: tuple[Column, ...]
    base: float
    parts: tuple[Curve | Levels, ...]
    trees: tuple[Tree, ...]
    calibration: Calibration
    about: Mapping[str, str | int | float]
    """How it was made: rows, hash of the data, versions of the libraries."""

    def __hash__(self) -> int:
        """Hash the version alone: models are looked up for each row that is scored."""
        return hash(self.version)


@dataclass(frozen=True, slots=True)
class LogOdds:
    """What one column added to the log-odds, for one value."""

    column: str
    value: Cell
    points: float


@dataclass(frozen=True, slots=True)
class Explanation:
    """`base` and the points of all contributions sum to `log_odds`, exactly (by `math.fsum`)."""

    probability: float
    log_odds: float
    base: float
    contributions: tuple[LogOdds, ...]
    model_version: str
