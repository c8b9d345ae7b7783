"""What a learned model says of a row. A model is prepared once; one row and many give the same numbers, to the bit."""

from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from math import exp
from operator import add
from typing import Any, TypeVar

from growth.domain.campaigns.business_rules.learning.cells import number_in, word_in
from growth.domain.campaigns.entities.learned_models import Cell, Column, Curve, LearnedModel, Levels, Row, Tree

OutT = TypeVar("OutT")
Node = Any
"""A leaf is its value; an inner node (slot, threshold, left, right, where what is missing goes)."""
Slots = Mapping[int, int | Mapping[str, int]]
"""By column where its number stands among the inputs of the trees, or for each word where its 1 does."""


def probability(model: LearnedModel, row: Row) -> float:
    """Return the calibrated probability, whatever is in the row: what is missing or unknown has its own branch."""
    return sigmoid(prepared(model).log_odds(row))


def log_odds(model: LearnedModel, row: Row) -> float:
    """Return what `probability` is made of, after calibration."""
    return prepared(model).log_odds(row)


def probabilities(model: LearnedModel, table: Mapping[str, Sequence[Cell]], rows: int) -> list[float]:
    """Return the probability of each row of a table that is given by columns; absent columns are missing.

    What a cell says is worked out once for all rows that have the same.
    """
    ready = prepared(model)
    sums = [model.base] * rows
    for column, value_of in ready.parts:
        sums = list(map(add, sums, each_once(value_of, table.get(column) or [None] * rows)))
    if ready.trees:
        inputs = list(_inputs(model.columns, ready.slots, table, rows))
        sums = _one_tree(ready.trees[0], inputs, sums) if len(ready.trees) == 1 else _walked(ready, inputs, sums)
    slope, intercept = model.calibration.slope, model.calibration.intercept
    return each_once(lambda total: sigmoid(slope * total + intercept), sums)


def sigmoid(log_odds: float) -> float:
    if log_odds >= 0:
        return 1.0 / (1.0 + exp(-log_odds))
    odds = exp(log_odds) if log_odds > -700 else 0.0  # noqa: PLR2004 - below it there is no such number
    return odds / (1.0 + odds)


@dataclass(frozen=True, slots=True)
class Prepared:
    """A model, ready for use."""

    model: LearnedModel
    parts: tuple[tuple[str, Callable[[Cell], float]], ...]
    slots: Slots
    blank: tuple[float, ...]
    trees: tuple[Node, ...]

    def log_odds(self, row: Row) -> float:
        model = self.model
        total = model.base
        for column, value_of in self.parts:
            total += value_of(row.get(column))
        if self.trees:
            inputs = self.inputs(row)
            for node in self.trees:
                while node.__class__ is tuple:
                    value = inputs[node[0]]
                    node = node[2] if value <= node[1] else node[3] if value == value else node[4]  # noqa: PLR0124, PLW2901 - NaN is not itself; the walk
                total += node
        return model.calibration.slope * total + model.calibration.intercept

    def inputs(self, row: Row) -> list[float]:
        inputs, columns = list(self.blank), self.model.columns
        for at, slot in self.slots.items():
            cell = row.get(columns[at].name)
            if isinstance(slot, int):
                inputs[slot] = number_in(cell)
            elif (found := slot.get(word_in(cell))) is not None:
                inputs[found] = 1.0
        return inputs


@lru_cache(maxsize=16)
def prepared(model: LearnedModel) -> Prepared:
    """Return the model ready for use, made once."""
    slots, width = _slots(model)
    parts = tuple((model.columns[part.column].name, part_of(part, model.columns[part.column])) for part in model.parts)
    return Prepared(model, parts, slots, (0.0,) * width, tuple(_nodes(tree, model, slots) for tree in model.trees))


def part_of(part: Curve | Levels, column: Column) -> Callable[[Cell], float]:
    """Return the function from a cell to what it adds."""
    if isinstance(part, Levels):
        get, other = dict(zip(column.levels or (), part.values, strict=True)).get, part.other
        return lambda cell: get(word_in(cell), other)
    return _curve(part)


def _curve(curve: Curve) -> Callable[[Cell], float]:
    knots, values, missing = curve.knots, curve.values, curve.missing
    last = len(knots) - 1

    def value_of(cell: Cell) -> float:
        number = number_in(cell)
        if number != number:  # noqa: PLR0124 - only NaN is not itself
            return missing
        after = bisect_right(knots, number)
        if after == 0:
            return values[0]
        if after > last:
            return values[last]
        share = (number - knots[after - 1]) / (knots[after] - knots[after - 1])
        return values[after - 1] * (1.0 - share) + values[after] * share

    return value_of


def _slots(model: LearnedModel) -> tuple[Slots, int]:
    """Give each number that a tree asks for a place among the inputs, and each word."""
    asked = {
        (column, 0 if model.columns[column].levels is None else int(threshold))
        for tree in model.trees
        for column, threshold in zip(tree.columns, tree.thresholds, strict=True)
        if column >= 0
    }
    slots: dict[int, Any] = {}
    for slot, (column, level) in enumerate(sorted(asked)):
        if (levels := model.columns[column].levels) is None:
            slots[column] = slot
        else:
            slots.setdefault(column, {})[levels[level]] = slot
    return slots, len(asked)


def _nodes(tree: Tree, model: LearnedModel, slots: Slots) -> Node:
    """Nest the rows of a tree from the last to the first: children stand below their parent."""
    nodes: list[Node] = [None] * len(tree.columns)
    for at in range(len(nodes) - 1, -1, -1):
        column = tree.columns[at]
        if column < 0:
            nodes[at] = tree.values[at]
            continue
        left, right, threshold = nodes[tree.left[at]], nodes[tree.right[at]], tree.thresholds[at]
        slot, levels = slots[column], model.columns[column].levels
        if not isinstance(slot, int):
            slot, threshold = slot[(levels or ())[int(threshold)]], 0.5
        nodes[at] = (slot, threshold, left, right, left if tree.missing_left[at] else right)
    return nodes[0]


def each_once(function: Callable[[Any], OutT], cells: Sequence[Any]) -> list[OutT]:
    """Return what the function makes of each cell, called once for cells that are equal."""
    made = {cell: function(cell) for cell in set(cells)}
    return list(map(made.__getitem__, cells))


def _inputs(
    columns: Sequence[Column], slots: Slots, table: Mapping[str, Sequence[Cell]], rows: int
) -> Iterator[Sequence[float]]:
    """Yield the inputs of the trees slot by slot, each for all rows."""
    for at, slot in slots.items():
        cells = table.get(columns[at].name) or [None] * rows
        if isinstance(slot, int):
            yield each_once(number_in, cells)
            continue
        words = each_once(word_in, cells)
        yield from ([1.0 if word == level else 0.0 for word in words] for level in slot)


def _walked(prepared: Prepared, inputs: Sequence[Sequence[float]], sums: Iterable[float]) -> list[float]:
    """Return the sums with what many trees add, row by row: one row's inputs stay at hand for all trees."""
    trees, totals = prepared.trees, []
    for total, row in zip(sums, zip(*inputs, strict=True), strict=True):
        for node in trees:
            while node.__class__ is tuple:
                value = row[node[0]]
                node = node[2] if value <= node[1] else node[3] if value == value else node[4]  # noqa: PLR0124, PLW2901 - NaN is not itself; the walk
            total += node  # noqa: PLW2901 - the sum of this row
        totals.append(total)
    return totals


def _one_tree(root: Node, inputs: Sequence[Sequence[float]], sums: list[float]) -> list[float]:
    """Return the sums with what a tree adds: the rows are divided at each node, not walked one by one."""
    waiting: list[tuple[Node, Sequence[int]]] = [(root, range(len(sums)))]
    while waiting:
        node, rows = waiting.pop()
        if node.__class__ is not tuple:
            for row in rows:
                sums[row] += node
        elif rows:
            slot, threshold, left, right, missing = node
            values = inputs[slot]
            waiting.append((left, [row for row in rows if values[row] <= threshold]))
            beyond = [row for row in rows if not values[row] <= threshold]
            if missing is left:
                waiting.append((left, [row for row in beyond if values[row] != values[row]]))
                beyond = [row for row in beyond if values[row] == values[row]]
            waiting.append((right, beyond))
    return sums
