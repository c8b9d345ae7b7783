"""Why a learned score is what it is: what each column added to the log-odds of the average person.

Curves and levels add what they say (they are centred: the average person has 0). In a tree each step from a node to
its child adds the difference of their values to the column that the node asks about (Saabas 2014); the values of
the roots are part of the base. Calibration is a straight line, so it stretches every contribution alike.
"""

from collections import defaultdict
from collections.abc import Iterator
from math import fsum

from growth.domain.campaigns.business_rules.learning.cells import number_in, word_in
from growth.domain.campaigns.business_rules.learning.evaluating import log_odds, part_of, sigmoid
from growth.domain.campaigns.entities.learned_models import (
    Explanation,
    LearnedModel,
    LogOdds,
    Row,
    Tree,
)

_TRIES = 8


def explain(model: LearnedModel, row: Row) -> Explanation:
    """Return the score with its whole explanation: the strongest column first, columns without a say left out."""
    score = log_odds(model, row)
    slope = model.calibration.slope
    added: dict[int, list[float]] = defaultdict(list)
    for part in model.parts:
        column = model.columns[part.column]
        added[part.column].append(part_of(part, column)(row.get(column.name)))
    for tree in model.trees:
        for at, difference in _steps(tree, model, row):
            added[at].append(difference)
    points = {at: slope * fsum(parts) for at, parts in added.items()}
    strongest = sorted((at for at in points if points[at]), key=lambda at: (-abs(points[at]), at))
    base = slope * fsum([model.base, *(tree.values[0] for tree in model.trees)]) + model.calibration.intercept
    base, *exact = _balanced([base, *(points[at] for at in strongest)], score)
    names = [model.columns[at].name for at in strongest]
    contributions = tuple(LogOdds(name, row.get(name), each) for name, each in zip(names, exact, strict=True))
    exactly = fsum([base, *exact])  # the score, but where numbers this large have no such bits
    return Explanation(sigmoid(exactly), exactly, base, contributions, model.version)


def _steps(tree: Tree, model: LearnedModel, row: Row) -> Iterator[tuple[int, float]]:
    """Yield the column asked at each node of a row's way to its leaf, and what the answer added."""
    at = 0
    while (column := tree.columns[at]) >= 0:
        name, levels = model.columns[column].name, model.columns[column].levels
        if levels is None:
            value = number_in(row.get(name))
            missing = value != value  # noqa: PLR0124 - only NaN is not itself
            goes_left = tree.missing_left[at] if missing else value <= tree.thresholds[at]
        else:
            goes_left = word_in(row.get(name)) != levels[int(tree.thresholds[at])]
        child = tree.left[at] if goes_left else tree.right[at]
        yield column, tree.values[child] - tree.values[at]
        at = child


def _balanced(parts: list[float], total: float) -> list[float]:
    """Return the parts so that their exact sum rounds to the total: the last bits go to the smallest part."""
    finest = min(range(len(parts)), key=lambda at: abs(parts[at]))
    for _ in range(_TRIES):
        if not (rest := fsum([total, *(-part for part in parts)])):
            break
        parts[finest] += rest
    return parts
