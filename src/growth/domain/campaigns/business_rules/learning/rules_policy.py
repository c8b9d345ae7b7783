"""Our rules of scoring on a table of past leads, as far as it has the columns that rules read."""

from collections.abc import Collection, Mapping
from dataclasses import fields
from math import isnan
from typing import Any, Final

from growth.domain.campaigns.business_rules.learning.cells import number_in, word_in
from growth.domain.campaigns.business_rules.scoring import score
from growth.domain.campaigns.entities.learned_models import Cell, Row
from growth.domain.campaigns.entities.scoring import CHOICES, DEFAULT_RULES, QUANTITIES, LeadSnapshot, RuleSet, Tenths

_COLUMNS: Final = tuple(each.name for each in fields(LeadSnapshot))
_NONE: Final[Mapping[str, int | str]] = {
    "sell_timeframe": "none",
    "further_estimates": 0,
    "page_views": 0,
    "call_attempts": 0,
    "whole_days": 0,
}
_YES_OR_NO: Final = frozenset({"is_owner", "buys_first", "phone_valid", "in_media_zone"})
_YES: Final = frozenset({"yes", "true", "1", "y", "oui"})
_NO: Final = frozenset({"no", "false", "0", "n", "non"})


def columns_of_rules(columns: Collection[str]) -> tuple[str, ...]:
    """Return the columns that the rules can read; without any there is nothing to score by them."""
    return tuple(name for name in _COLUMNS if name in columns)


def rule_score(row: Row, rules: RuleSet = DEFAULT_RULES) -> Tenths:
    """Return the score before it is clipped; columns that are absent or cannot be read are unknown."""
    values: dict[str, Any] = {name: _value(name, row.get(name)) for name in _COLUMNS}
    return score(LeadSnapshot(**values), rules).unclipped


def _value(name: str, cell: Cell) -> bool | int | str | None:
    word = word_in(cell).casefold()
    if name in _YES_OR_NO:
        return True if word in _YES else False if word in _NO else None
    if name in QUANTITIES:
        number = number_in(cell)
        return _NONE.get(name) if isnan(number) else int(number)
    known = CHOICES.get(name)
    return _NONE.get(name) if not word or (known is not None and word not in known) else word
