import tomllib
from copy import deepcopy
from pathlib import Path

import pytest

from growth.domain.campaigns.business_rules.scoring import parse_rules
from growth.domain.campaigns.entities.scoring import (
    DEFAULT_RULES,
    UNKNOWN,
    Bands,
    Choice,
    Each,
    RuleSet,
    Tenths,
)

EXAMPLE = Path(__file__).parents[2] / "examples" / "scoring.toml"


def test_the_example_file_holds_the_default_rules():
    raw = tomllib.loads(EXAMPLE.read_text(encoding="utf-8"))
    assert parse_rules(raw["scoring"], "scoring") == (DEFAULT_RULES, [])


def a_rule_set():
    return {
        "version": "2",
        "base": 7.5,
        "rules": [
            {"name": "phone", "kind": "choice", "field": "phone_valid", "points": {"yes": 1, "none": -0.1}},
            {
                "name": "price",
                "kind": "bands",
                "field": "estimated_price_eur",
                "bands": [{"from": 0, "points": 1}],
            },
            {"name": "days", "kind": "each", "field": "whole_days", "points": -0.5, "limit": -15},
        ],
    }


def test_a_rule_set_is_read_from_plain_values():
    rules, faults = parse_rules(a_rule_set(), "scoring")
    assert faults == []
    assert rules == RuleSet(
        version="2",
        base=Tenths(75),
        rules=(
            Choice("phone", "phone_valid", {"yes": Tenths(10), "none": Tenths(-1)}),
            Bands("price", "estimated_price_eur", ((0, Tenths(10)),)),
            Each("days", "whole_days", Tenths(-5), Tenths(-150)),
        ),
    )


ABSENT_KEY = object()


@pytest.mark.parametrize(
    ("path", "value", "pointer", "code"),
    [
        (["version"], " ", "version", "expected-text"),
        (["version"], "a\x00", "version", "expected-text"),
        (["version"], 3, "version", "expected-text"),
        (["base"], ABSENT_KEY, "base", "expected-points"),
        (["base"], "10", "base", "expected-points"),
        (["base"], True, "base", "expected-points"),
        (["base"], 0.25, "base", "expected-points"),
        (["base"], float("nan"), "base", "expected-points"),
        (["base"], float("inf"), "base", "expected-points"),
        (["base"], 10**400, "base", "expected-points"),
        (["bass"], 1, "bass", "unknown-key"),
        (["rules"], ABSENT_KEY, "rules", "expected-tables"),
        (["rules"], [], "rules", "expected-tables"),
        (["rules"], "phone", "rules", "expected-tables"),
        (["rules", 0, "name"], ABSENT_KEY, "rules[0].name", "expected-text"),
        (["rules", 2, "name"], "phone", "rules[2].name", "duplicate"),
        (["rules", 0, "kind"], "dice", "rules[0].kind", "unexpected-value"),
        (["rules", 0, "kind"], ["choice"], "rules[0].kind", "unexpected-value"),
        (["rules", 0, "field"], "phone", "rules[0].field", "unexpected-value"),
        (["rules", 0, "points"], {}, "rules[0].points", "expected-table"),
        (["rules", 0, "points", "maybe"], 1, "rules[0].points.maybe", "unexpected-value"),
        (["rules", 0, "points", UNKNOWN], 1, "rules[0].points.unknown", "unexpected-value"),
        (["rules", 0, "points", "maybe"], "1", "rules[0].points.maybe", "unexpected-value"),
        (
            ["rules", 0],
            {"name": "type", "kind": "choice", "field": "property_type", "points": {UNKNOWN: 1}},
            "rules[0].points.unknown",
            "unexpected-value",
        ),
        (["rules", 0, "points", "yes"], "1", "rules[0].points.yes", "expected-points"),
        (["rules", 0, "limit"], 1, "rules[0].limit", "unknown-key"),
        (["rules", 1, "field"], "sell_timeframe", "rules[1].field", "unexpected-value"),
        (["rules", 1, "bands"], [], "rules[1].bands", "expected-tables"),
        (["rules", 1, "bands", 0, "from"], 0.5, "rules[1].bands[0].from", "expected-whole-number"),
        (["rules", 1, "bands", 0, "to"], 9, "rules[1].bands[0].to", "unknown-key"),
        (["rules", 2, "points"], 0, "rules[2].limit", "wrong-sign"),
        (["rules", 2, "limit"], 15, "rules[2].limit", "wrong-sign"),
        (["rules", 2, "limit"], ABSENT_KEY, "rules[2].limit", "expected-points"),
        (["rules", 2, "points"], "many", "rules[2].points", "expected-points"),
    ],
)
def test_a_wrong_place_is_named_once(path, value, pointer, code):
    raw = deepcopy(a_rule_set())
    place = raw
    for step in path[:-1]:
        place = place[step]
    place[path[-1]] = value
    if value is ABSENT_KEY:
        del place[path[-1]]
    rules, faults = parse_rules(raw, "scoring")
    assert rules is None
    assert [(fault.pointer, fault.code) for fault in faults] == [(f"scoring.{pointer}", code)]


def test_bands_start_one_above_the_other():
    raw = a_rule_set()
    raw["rules"][1]["bands"] = [{"from": start, "points": 1} for start in (0, 100, 100, 200, 150)]
    rules, faults = parse_rules(raw, "scoring")
    assert rules is None
    assert [fault.pointer for fault in faults] == [
        "scoring.rules[1].bands[2].from",
        "scoring.rules[1].bands[4].from",
    ]


def test_all_faults_come_at_once():
    raw = a_rule_set() | {"base": None}
    raw["rules"][0]["points"]["yes"] = "much"
    raw["rules"][2]["field"] = "nights"
    _, faults = parse_rules(raw, "x")
    assert [fault.pointer for fault in faults] == ["x.base", "x.rules[0].points.yes", "x.rules[2].field"]
    assert all(fault.message for fault in faults)
