"""How far the leads of now are from those of before: the population stability index, column by column."""

from bisect import bisect_left
from collections import Counter
from collections.abc import Hashable, Sequence
from math import log
from typing import Final

from growth.domain.campaigns.entities.learned_models import Cell

_PARTS: Final = 10
LEAST: Final = 100
"""Of fewer leads on either side nothing is said."""


def stability(before: Sequence[Cell], now: Sequence[Cell]) -> float | None:
    """Return the index: below 0.1 nothing has changed, above 0.25 much has. None: there are too few.

    Words are compared one by one, numbers by the tenths of before.
    """
    if min(len(before), len(now)) < LEAST:
        return None
    numbers = sorted(float(cell) for cell in before if isinstance(cell, int | float) and not isinstance(cell, bool))
    edges = sorted({numbers[len(numbers) * part // _PARTS] for part in range(1, _PARTS)}) if numbers else []

    def part_of(cell: Cell) -> Hashable:
        return bisect_left(edges, cell) if isinstance(cell, int | float) else cell

    old, new = Counter(map(part_of, before)), Counter(map(part_of, now))
    parts = old.keys() | new.keys()
    shares = (
        ((new[part] + 0.5) / (len(now) + 0.5 * len(parts)), (old[part] + 0.5) / (len(before) + 0.5 * len(parts)))
        for part in parts
    )
    return sum((share - was) * log(share / was) for share, was in shares)
