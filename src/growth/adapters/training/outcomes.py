"""What became of each row of a table, and when it was. Nothing here needs a library."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from math import isnan, nan
from typing import Final

from growth.adapters.dataset_files import Dataset
from growth.adapters.training.asking import BadTraining
from growth.domain.campaigns.business_rules.learning.cells import is_missing, number_in

_SUCCESS: Final = frozenset({"1", "1.0", "yes", "y", "true", "t", "oui", "o", "vrai", "won", "success", "converted"})
_DATES: Final = ("%d/%m/%Y", "%d/%m/%Y %H:%M", "%d.%m.%Y", "%Y/%m/%d")


@dataclass(frozen=True, slots=True)
class Outcomes:
    """`won` by row, None where the cell is empty; `positive` is the word for a success."""

    won: tuple[bool | None, ...]
    positive: str

    @property
    def wins(self) -> int:
        return sum(each is True for each in self.won)

    @property
    def losses(self) -> int:
        return sum(each is False for each in self.won)


def outcomes_of(dataset: Dataset, target: str, positive: str | None) -> Outcomes:
    """Return the outcomes in a column, the success found out where it is plain. Raises `BadTraining`, `BadDataset`."""
    cells = [cell.strip() for cell in dataset.column(target)]
    counts = Counter(cell for cell in cells if not is_missing(cell))
    if not counts:
        raise BadTraining(f"The column {target!r} is empty: nothing can be learned without outcomes.")
    if positive is None:
        positive = _success(counts, target)
    elif positive not in counts:
        raise BadTraining(f"No row has {target} = {positive[:40]!r}: the column has {_listed(counts)}.")
    if len(counts) == 1:
        raise BadTraining(f"All rows have {target} = {_listed(counts)}: two outcomes are needed.")
    return Outcomes(tuple(None if is_missing(cell) else cell == positive for cell in cells), positive)


def _success(counts: Counter[str], target: str) -> str:
    meant = [word for word in counts if word.casefold() in _SUCCESS]
    if len(counts) == 1:
        return next(iter(counts))
    if len(counts) > 2 or len(meant) != 1:  # noqa: PLR2004 - two outcomes
        raise BadTraining(
            f"The column {target!r} has {_listed(counts)}: say with --positive which of them is a success."
        )
    return meant[0]


def _listed(counts: Counter[str]) -> str:
    words = [word[:40] for word, _ in counts.most_common(5)]
    return ", ".join(words) + (f" and {len(counts) - len(words):,} more" if len(counts) > len(words) else "")


def times_of(dataset: Dataset, column: str) -> list[float]:
    """Return when each row was, as numbers that can be compared. Raises `BadTraining`, `BadDataset`."""
    cells = dataset.column(column)
    times = [number_in(cell) for cell in cells]
    if any(map(isnan, times)):
        times = [_time(cell.strip()) for cell in cells]
    wrong = [row for row, at in enumerate(times, 1) if isnan(at)]
    if wrong:
        raise BadTraining(
            f"The column {column!r} has no time in {len(wrong):,} rows, first in row {wrong[0]:,}: "
            "write them like 2026-11-23."
        )
    return times


def _time(text: str) -> float:
    for read in (datetime.fromisoformat, *map(_reading, _DATES)):
        try:
            at = read(text)
            return (at if at.tzinfo else at.replace(tzinfo=UTC)).timestamp()
        except (ValueError, OverflowError):
            continue
    return nan


def _reading(form: str) -> Callable[[str], datetime]:
    return lambda text: datetime.strptime(text, form).replace(tzinfo=UTC)
