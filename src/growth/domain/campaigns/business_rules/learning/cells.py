"""What a cell of a table says: the same for training and for scoring."""

from math import isfinite, nan
from typing import Final

from growth.domain.campaigns.entities.learned_models import Cell

MISSING: Final = frozenset({"", "na", "n/a", "nan", "null", "none", "-inf", "inf", "+inf", "infinity", "-infinity"})
_LONGEST: Final = 64  # characters of a number
_LARGEST: Final = 1e30  # beyond it a number is an accident


def number_in(cell: Cell) -> float:
    """Return the number, NaN where there is none or no finite one. A decimal comma is read, too: "1,5" is 1.5."""
    if cell is None:
        return nan
    if isinstance(cell, str):
        if len(cell) > _LONGEST or "_" in cell:
            return nan
        if "," in cell and "." not in cell:
            cell = cell.replace(",", ".", 1)
    try:
        number = float(cell)
    except (ValueError, OverflowError):
        return nan
    return number if -_LARGEST <= number <= _LARGEST else nan


def word_in(cell: Cell) -> str:
    """Return the word without blanks around it; nothing is the empty word."""
    if isinstance(cell, str):
        return cell.strip()
    if cell is None:
        return ""
    try:
        # 3.0 and True are the words "3" and "1": what is equal is one word
        return str(int(cell)) if isfinite(cell) and cell == int(cell) else str(cell)
    except (ValueError, OverflowError):  # a whole number with more digits than any word
        return ""


def is_missing(text: str) -> bool:
    return text.strip().casefold() in MISSING
