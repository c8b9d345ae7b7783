"""Many rows at once with numpy, where it is installed: the same numbers as the domain's own, to the bit."""

from collections.abc import Iterator, Mapping, Sequence
from importlib.util import find_spec
from typing import Any

from growth.domain.campaigns.business_rules.learning import probabilities
from growth.domain.campaigns.business_rules.learning.cells import number_in, word_in
from growth.domain.campaigns.business_rules.learning.evaluating import Node, Prepared, each_once, prepared, sigmoid
from growth.domain.campaigns.entities.learned_models import Cell, LearnedModel

Cells = Any
"""A sequence of cells, or for a number an array with NaN where one is missing."""


def bulk_probabilities(model: LearnedModel, table: Mapping[str, Sequence[Cell]], rows: int) -> list[float]:
    """Return what `probabilities` does, and faster where numpy is installed."""
    if find_spec("numpy") is None or not model.trees:
        return probabilities(model, table, rows)
    return _with_numpy(model, table, rows)


def _with_numpy(model: LearnedModel, table: Mapping[str, Cells], rows: int) -> list[float]:
    import numpy as np  # noqa: PLC0415 - only the extra `ml` installs it

    ready = prepared(model)
    sums = np.full(rows, model.base)
    for column, value_of in ready.parts:
        sums += np.array(each_once(value_of, table[column] if column in table else [None] * rows))
    inputs = list(_inputs(ready, table, rows))
    line = model.calibration
    if len(ready.trees) == 1 and not ready.parts:
        for leaf, those in _divided(ready.trees[0], inputs, np.arange(rows)):
            sums[those] = sigmoid(line.slope * (model.base + leaf) + line.intercept)
        return list(sums.tolist())
    for tree in ready.trees:
        for leaf, those in _divided(tree, inputs, np.arange(rows)):
            sums[those] += leaf
    return each_once(lambda total: sigmoid(line.slope * total + line.intercept), sums.tolist())


def _inputs(ready: Prepared, table: Mapping[str, Cells], rows: int) -> Iterator[Any]:
    """Yield the inputs of the trees slot by slot, each an array for all rows."""
    import numpy as np  # noqa: PLC0415

    for at, slot in ready.slots.items():
        name = ready.model.columns[at].name
        cells = table[name] if name in table else [None] * rows
        if isinstance(slot, int):
            yield cells if isinstance(cells, np.ndarray) else np.array(each_once(number_in, cells))
        else:
            get = {level: place for place, level in enumerate(slot)}.get
            known = {cell: get(word_in(cell), -1) for cell in set(cells)}
            places = np.fromiter(map(known.__getitem__, cells), np.int64, rows)
            yield from ((places == place).astype(float) for place in range(len(slot)))


def _divided(root: Node, inputs: Sequence[Any], everybody: Any) -> Iterator[tuple[float, Any]]:  # noqa: ANN401 - arrays
    """Yield the value of each leaf with the rows that come to it: they are divided at each node."""
    waiting = [(root, everybody)]
    while waiting:
        node, rows = waiting.pop()
        if node.__class__ is not tuple:
            yield node, rows
        elif len(rows):
            slot, threshold, left, right, missing = node
            values = inputs[slot][rows]
            goes_left = values <= threshold
            if missing is left:
                goes_left |= values != values  # noqa: PLR0124 - only NaN is not itself
            waiting.append((left, rows[goes_left]))
            waiting.append((right, rows[~goes_left]))
