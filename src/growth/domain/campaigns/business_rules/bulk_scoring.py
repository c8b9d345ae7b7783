"""Scoring many leads by columns: the same scores as one at a time, and what a value is worth is worked out once."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import fields
from itertools import compress
from operator import add
from typing import Any, Final

from growth.domain.campaigns.business_rules.learning.evaluating import each_once, probabilities
from growth.domain.campaigns.business_rules.learning.lead_rows import row_of
from growth.domain.campaigns.business_rules.qualifying import covers
from growth.domain.campaigns.business_rules.rating import is_learned
from growth.domain.campaigns.business_rules.scoring import judge_of
from growth.domain.campaigns.entities.configuration import Configuration
from growth.domain.campaigns.entities.leads import PropertyType
from growth.domain.campaigns.entities.learned_models import LearnedModel
from growth.domain.campaigns.entities.rescoring import LeadPage, NewScores
from growth.domain.campaigns.entities.scoring import CHOICES, HIGHEST, LOWEST, LeadSnapshot, Rule, RuleSet, Tenths

Columns = Mapping[str, Sequence[Any]]
"""Snapshots by the names of their fields."""

_FIELDS: Final = tuple(field.name for field in fields(LeadSnapshot))
_BLANK: Final[Mapping[str, Any]] = dict.fromkeys(_FIELDS)
_AS_STORED: Final = ("is_owner", "buys_first", "sell_timeframe", "phone_valid", "estimated_price_eur")


def scores(snapshots: Columns, rules: RuleSet) -> list[tuple[Tenths, Tenths]]:
    """Return score and unclipped score of each snapshot, as `score` has them."""
    sums = _sums(snapshots, rules)
    return list(zip(each_once(_clipped, sums), sums, strict=True))


def _sums(snapshots: Columns, rules: RuleSet) -> list[Tenths]:
    sums = [rules.base] * len(next(iter(snapshots.values())))
    for rule in rules.rules:
        sums = list(map(add, sums, each_once(_points(rule), snapshots[rule.field])))
    return sums


def _points(rule: Rule) -> Callable[[Any], Tenths]:
    judge = judge_of(rule)
    return lambda value: judge(value).points


def _clipped(unclipped: Tenths) -> Tenths:
    return max(LOWEST, min(HIGHEST, unclipped))


def learned_scores(snapshots: Columns, model: LearnedModel) -> list[Tenths]:
    """Return the score of each snapshot by a model, as `learned_score` has it."""
    rows = len(next(iter(snapshots.values())))
    table = {column.name: _cells(column.name, snapshots[column.name]) for column in model.columns}
    return each_once(lambda likely: Tenths(round(likely * HIGHEST)), probabilities(model, table, rows))


def _cells(name: str, values: Sequence[Any]) -> Sequence[Any]:
    """Return the cells that `row_of` makes of a field's values; it leaves numbers as they are."""
    if name not in CHOICES:
        return values
    return each_once(lambda value: row_of(LeadSnapshot(**{**_BLANK, name: value}))[name], values)


def snapshots_of(page: LeadPage, configuration: Configuration) -> Columns:
    """Return what `snapshot` makes of each lead of the page."""
    known, at, zones = page.known, page.at, configuration.media_zones
    places = list(zip(known["postal_code"], known["insee_code"], strict=True))
    return {name: known[name] for name in _AS_STORED} | {
        "property_type": each_once(lambda it: None if it == PropertyType.OTHER else it, known["property_type"]),
        "in_media_zone": each_once(lambda place: covers(zones, *place), places),
        "further_estimates": each_once(lambda estimates: max(estimates - 1, 0), known["estimates"]),
        "page_views": known["page_views"],
        "came_by": known["came_by"],
        "call_attempts": known["call_attempts"],
        "whole_days": [max((at - asked).days, 0) for asked in known["requested_at"]],
    }


def new_scores(page: LeadPage, configuration: Configuration) -> NewScores:
    """Return the leads whose score is another one at the page's time: by the live model for its share, else by rules.

    They are what `rated` gives one lead.
    """
    seen, live = snapshots_of(page, configuration), configuration.models.live
    found = each_once(_clipped, _sums(seen, configuration.rules))
    if live:
        learned = [is_learned(lead, live) for lead in page.ids]
        theirs = {name: list(compress(column, learned)) for name, column in seen.items()}
        places = compress(range(len(found)), learned)
        for place, score in zip(places, learned_scores(theirs, live.model), strict=True):
            found[place] = score
    changed = [new != old for new, old in zip(found, page.scores, strict=True)]
    return NewScores(
        list(compress(page.places, changed)), list(compress(page.versions, changed)), list(compress(found, changed))
    )
