"""Scoring is a pure function of snapshot and rule set, and the explanation is its intermediate result."""

from bisect import bisect_right
from collections.abc import Callable, Mapping
from decimal import Decimal
from functools import lru_cache
from operator import attrgetter
from typing import Any, TypeGuard

from growth.domain.campaigns.entities.scoring import (
    ABSENT,
    CHOICES,
    HIGHEST,
    LOWEST,
    QUANTITIES,
    UNKNOWN,
    Bands,
    Choice,
    Contribution,
    Each,
    LeadSnapshot,
    Rule,
    RuleSet,
    Score,
    Tenths,
)
from growth.domain.kernel.errors import Fault
from growth.domain.kernel.toml_tables import Table, distinct

_PREPARED = 100
_MOST_POINTS = 1000

Judge = Callable[[Any], Contribution]
"""One rule, ready for use: the value of its field in, what it contributes out."""


def score(snapshot: LeadSnapshot, rules: RuleSet) -> Score:
    """Return the score and its whole explanation: one contribution for each rule, in their order."""
    return _scorer(rules)(snapshot)


@lru_cache(maxsize=16)
def _scorer(rules: RuleSet) -> Callable[[LeadSnapshot], Score]:
    """Prepare the rules once: what a known word or a small number gives is made before any lead comes."""
    base, version = rules.base, rules.version
    judges = tuple((judge_of(rule), attrgetter(rule.field)) for rule in rules.rules)

    def explained(snapshot: LeadSnapshot) -> Score:
        contributions = tuple([judge(value_in(snapshot)) for judge, value_in in judges])
        unclipped = Tenths(sum([each.points for each in contributions], base))
        return Score(max(LOWEST, min(HIGHEST, unclipped)), unclipped, base, contributions, version)

    return explained


def judge_of(rule: Rule) -> Judge:
    """Prepare one rule."""
    match rule:
        case Choice():
            return _choice(rule)
        case Bands():
            return _bands(rule)
        case Each():
            return _each(rule)


def _choice(rule: Choice) -> Judge:
    name, points = rule.name, rule.points
    absent = ABSENT.get(rule.field, UNKNOWN)
    words: dict[bool | str | None, str] = {
        True: "yes",
        False: "no",
        None: absent,
        **{word: word for word in points},
    }
    known = {value: Contribution(name, word, points.get(word, Tenths(0))) for value, word in words.items()}

    def judge(value: bool | str | None) -> Contribution:
        return known.get(value) or Contribution(name, str(value), Tenths(0))

    return judge


def _bands(rule: Bands) -> Judge:
    name = rule.name
    unknown = Contribution(name, UNKNOWN, Tenths(0))
    starts = [start for start, _ in rule.bands]
    points = [Tenths(0), *(points for _, points in rule.bands)]

    def judge(value: int | None) -> Contribution:
        return unknown if value is None else Contribution(name, value, points[bisect_right(starts, value)])

    return judge


def _each(rule: Each) -> Judge:
    name, points, limit = rule.name, rule.points, rule.limit
    unknown = Contribution(name, UNKNOWN, Tenths(0))
    full = -(-abs(limit) // abs(points)) if points else 0  # units that reach the limit
    rising = [Contribution(name, count, _nearer(points * count, limit)) for count in range(min(full, _PREPARED) + 1)]

    def judge(value: int | None) -> Contribution:
        if value is None:
            return unknown
        if 0 <= value < len(rising):
            return rising[value]
        return Contribution(name, value, _nearer(points * max(value, 0), limit))

    return judge


def _nearer(points: int, limit: Tenths) -> Tenths:
    """Return the points or the limit, whichever is nearer to nothing."""
    return Tenths(min(points, limit) if limit > 0 else max(points, limit))


def parse_rules(raw: Mapping[str, object], at: str) -> tuple[RuleSet | None, list[Fault]]:
    """Read a rule set from a plain mapping, as a TOML file gives it.

    `at` is where the mapping stands, like "scoring". Points are whole or have one decimal. Returns the rule
    set, or None and every fault found, each at a pointer like "scoring.rules[2].points".
    """
    faults: list[Fault] = []
    table = Table(raw, at, faults)
    version, base = table.text("version"), _tenths(table, "base")
    entries = table.tables("rules")
    rules = [_rule(entry) for entry in entries]
    table.nothing_else("version", "base", "rules")
    distinct(entries, "name", "Another rule has this name: give each a name of its own.")
    if faults:
        return None, faults
    return RuleSet(version, base, tuple(rule for rule in rules if rule is not None)), faults


def _rule(table: Table) -> Rule | None:
    name, kind = table.text("name"), table.one_of("kind", ("choice", "bands", "each"))
    if kind == "choice":
        return _parse_choice(table, name)
    if kind == "bands":
        return _parse_bands(table, name)
    return _parse_each(table, name) if kind == "each" else None


def _parse_choice(table: Table, name: str) -> Choice:
    field, points = table.one_of("field", CHOICES), table.table("points")
    words = CHOICES.get(field)
    for word in points.raw:
        if word == UNKNOWN or (words is not None and word not in words):
            expected = ", ".join(sorted(words or ())) or f'any word but "{UNKNOWN}"'
            points.wrong(word, "unexpected-value", f"No points can stand here: use {expected}.")
    table.nothing_else("name", "kind", "field", "points")
    return Choice(name, field, {word: _tenths(points, word) for word in points.raw})


def _parse_bands(table: Table, name: str) -> Bands:
    field, bands = table.one_of("field", QUANTITIES), table.tables("bands")
    starts = [band.whole("from") for band in bands]
    for index, band in enumerate(bands[1:], start=1):
        if starts[index] <= starts[index - 1]:
            band.wrong("from", "not-ascending", "Start each band above the one before it.")
    points = [_tenths(band, "points") for band in bands]
    for band in bands:
        band.nothing_else("from", "points")
    table.nothing_else("name", "kind", "field", "bands")
    return Bands(name, field, tuple(zip(starts, points, strict=True)))


def _parse_each(table: Table, name: str) -> Each:
    before = len(table.faults)
    rule = Each(name, table.one_of("field", QUANTITIES), _tenths(table, "points"), _tenths(table, "limit"))
    if rule.points * rule.limit <= 0 and len(table.faults) == before:
        table.wrong("limit", "wrong-sign", "Give points and limit the same sign, and neither of them 0.")
    table.nothing_else("name", "kind", "field", "points", "limit")
    return rule


def _tenths(table: Table, key: str) -> Tenths:
    value = table.raw.get(key)
    if _is_number(value) and -_MOST_POINTS <= value <= _MOST_POINTS:
        tenths = Decimal(str(value)) * 10
        if tenths == int(tenths):
            return Tenths(int(tenths))
    message = f"Write points from -{_MOST_POINTS} to {_MOST_POINTS}, with one decimal at most."
    table.wrong(key, "expected-points", message)
    return Tenths(0)


def _is_number(value: object) -> TypeGuard[int | float]:
    return isinstance(value, int | float) and not isinstance(value, bool)
