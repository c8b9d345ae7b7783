"""What a learned model says of a row, and why: numbers worked out by hand, and properties that hold for any row."""

from dataclasses import replace
from itertools import product
from math import exp, fsum, inf, log, nan

import pytest
from hypothesis import given
from hypothesis import strategies as st

from growth.domain.campaigns.business_rules.learning import explain, log_odds, probabilities, probability, replay
from growth.domain.campaigns.business_rules.learning.cells import number_in, word_in
from growth.domain.campaigns.business_rules.learning.replaying import slots_by_day, slots_by_size
from growth.domain.campaigns.business_rules.learning.rules_policy import columns_of_rules, rule_score
from growth.domain.campaigns.entities.learned_models import (
    Calibration,
    Column,
    Curve,
    LearnedModel,
    Levels,
    Tree,
)

COLUMNS = (Column("price"), Column("house", ("yes", "no")))
STRAIGHT = LearnedModel(
    "straight", "logistic", COLUMNS, -1.0,
    (Curve(0, (100.0, 200.0, 400.0), (0.0, 1.0, -1.0), 0.25), Levels(1, (0.5, -0.5), 0.125)),
    (), Calibration(), {},
)  # fmt: skip
# price <= 150 (missing goes left)? then 2 : is the house "no"? then -1 : 1
TREE = Tree((0, -1, 1, -1, -1), (150.0, 0.0, 1.0, 0.0, 0.0), (True, False, False, False, False),
            (1, 0, 3, 0, 0), (2, 0, 4, 0, 0), (0.5, 2.0, 0.25, 1.0, -1.0))  # fmt: skip
GROWN = LearnedModel("grown", "tree", COLUMNS, 0.0, (), (TREE,), Calibration(), {})
RIGHT = replace(TREE, missing_left=(False,) * 5)
BOOSTED = LearnedModel(
    "boosted", "boosting", COLUMNS, -0.3, STRAIGHT.parts, (TREE, RIGHT, TREE), Calibration(0.7, 0.1), {}
)
MODELS = (STRAIGHT, GROWN, BOOSTED)
CELLS = st.none() | st.floats() | st.integers() | st.text(max_size=6) | st.sampled_from(["yes", "no", "150", "1,5"])
ROWS = st.dictionaries(st.sampled_from(["price", "house", "more"]), CELLS)


@pytest.mark.parametrize(
    ("cell", "added"),
    [("100", 0.0), ("99", 0.0), ("150", 0.5), ("200", 1.0), ("300", 0.0), ("400", -1.0), ("1e9", -1.0),
     ("", 0.25), (None, 0.25), ("much", 0.25), ("nan", 0.25), ("inf", 0.25), (nan, 0.25), (-inf, 0.25)],
)  # fmt: skip
def test_a_curve_goes_straight_between_its_knots_and_level_beyond_them(cell, added):
    assert log_odds(STRAIGHT, {"price": cell, "house": "yes"}) == -1.0 + added + 0.5


@pytest.mark.parametrize(("cell", "added"), [("yes", 0.5), (" no ", -0.5), ("castle", 0.125), (None, 0.125)])
def test_a_word_that_was_never_seen_adds_what_others_do(cell, added):
    assert log_odds(STRAIGHT, {"price": 100, "house": cell, "further": "column"}) == -1.0 + added


@pytest.mark.parametrize(
    ("row", "expected"),
    [({"price": 150}, 2.0), ({"price": 150.1, "house": "no"}, -1.0), ({"price": 151, "house": "yes"}, 1.0),
     ({"price": 151}, 1.0), ({}, 2.0), ({"price": "?", "house": "no"}, 2.0)],
)  # fmt: skip
def test_a_tree_is_walked_to_a_leaf(row, expected):
    assert log_odds(GROWN, row) == expected
    assert probability(GROWN, row) == pytest.approx(1 / (1 + exp(-expected)), abs=1e-15)


def test_what_is_missing_goes_where_its_node_says():
    assert log_odds(replace(GROWN, version="right", trees=(RIGHT,)), {"house": "no"}) == -1.0


def test_the_parts_of_a_model_add_up_before_it_is_calibrated():
    assert log_odds(BOOSTED, {"price": 150, "house": "yes"}) == pytest.approx(
        0.7 * (-0.3 + 0.5 + 0.5 + 2 + 2 + 2) + 0.1
    )


def test_an_explanation_in_full():
    why = explain(STRAIGHT, {"price": "150", "house": "no"})
    assert [(each.column, each.value, each.points) for each in why.contributions] == [
        ("price", "150", 0.5), ("house", "no", -0.5),
    ]  # fmt: skip
    assert (why.base, why.log_odds, why.model_version) == (-1.0, -1.0, "straight")
    steps = explain(GROWN, {"price": 151, "house": "no"})
    assert {each.column: each.points for each in steps.contributions} == {"price": -0.25, "house": -1.25}
    assert (steps.base, steps.log_odds) == (0.5, -1.0)


@given(ROWS, st.sampled_from(MODELS))
def test_an_explanation_sums_exactly_to_the_score_of_any_row(row, model):
    why = explain(model, row)
    assert fsum([why.base, *(each.points for each in why.contributions)]) == why.log_odds == log_odds(model, row)
    assert why.probability == probability(model, row)


@given(st.lists(ROWS, max_size=8), st.sampled_from(MODELS))
def test_many_rows_give_the_same_as_one_at_a_time(rows, model):
    table = {name: [row.get(name) for row in rows] for name in ("price", "house", "more")}
    assert probabilities(model, table, len(rows)) == [probability(model, row) for row in rows]


@given(ROWS, st.sampled_from(MODELS))
def test_a_probability_is_one_whatever_is_in_the_row(row, model):
    assert 0 <= probability(model, row) <= 1


@pytest.mark.parametrize("base", [-1e6, -800.0, 800.0, 1e6])
def test_the_surest_models_overflow_nothing(base):
    assert probability(replace(GROWN, version=str(base), base=base), {}) == (1.0 if base > 0 else pytest.approx(0.0))


def test_where_bits_run_out_the_explanation_still_sums_to_what_it_says():
    huge = replace(STRAIGHT, version="huge", base=1e16, parts=(Curve(0, (0.0,), (-1e16,), 0.0), STRAIGHT.parts[1]))
    why = explain(huge, {"price": 0, "house": "yes"})
    assert fsum([why.base, *(each.points for each in why.contributions)]) == why.log_odds


def test_an_absent_column_is_missing_in_every_row():
    assert probabilities(STRAIGHT, {}, 2) == [probability(STRAIGHT, {})] * 2


@pytest.mark.parametrize(
    ("cell", "number"),
    [("1.5", 1.5), (" 2 ", 2), ("1,5", 1.5), ("-1,5", -1.5), ("1e3", 1000), (True, 1), (7, 7), (-0.5, -0.5)],
)
def test_numbers_are_read(cell, number):
    assert number_in(cell) == number


@pytest.mark.parametrize("cell", ["1_000", "1,000.5,1", "x", "9" * 100, "1e31", 10**400, inf, "Infinity"])
def test_what_is_no_number_is_missing(cell):
    assert str(number_in(cell)) == "nan"


def test_equal_cells_are_one_word():
    assert word_in(3.0) == word_in(3) == word_in("3 ") == "3"
    assert (word_in(True), word_in(nan), word_in(10**5000)) == ("1", "nan", "")


def test_a_replay_calls_the_most_promising_of_those_who_wait():
    won = [False, True, True, False, True, False]
    by_hand = replay(won, [0, 0, 0, 1, 1, 1], [0.1, 0.9, 0.8, 0.7, 0.75, 0.0], 1)
    assert (by_hand.calls, by_hand.successes) == ((1, 2), (1, 2))  # the second slot calls who waited since the first
    first_come = replay(won, [0, 0, 0, 1, 1, 1], [-at for at in range(6)], 2)
    assert (first_come.calls, first_come.successes) == ((2, 4), (1, 2))


@pytest.mark.parametrize(("capacity", "people"), [*product([1, 3, 50], [0, 1, 7, 20])])
def test_a_replay_never_calls_more_than_it_can_nor_anybody_twice(capacity, people):
    slots = slots_by_size(people, 5)
    found = replay([True] * people, slots, [float(at * 7 % 3) for at in range(people)], capacity)
    assert list(found.calls) == list(found.successes)
    assert all(made <= capacity * at for at, made in enumerate(found.calls, 1))
    assert not people or found.calls[-1] <= people


def test_every_distinct_time_is_a_slot():
    assert slots_by_day([1.0, 1.0, 2.5, 9.0, 9.0]) == [0, 0, 1, 2, 2]


def test_our_rules_score_a_row_as_far_as_it_has_their_columns():
    row = {"is_owner": "oui", "sell_timeframe": "now", "phone_valid": "yes", "whole_days": "4", "shoe_size": "44"}
    assert columns_of_rules(row) == ("is_owner", "sell_timeframe", "phone_valid", "whole_days")
    assert rule_score(row) == 100 + 100 + 350 + 100 - 20
    assert rule_score({"is_owner": "?", "sell_timeframe": "never"}) == 100 - 200  # no phone is a fact, the rest unknown
    assert not columns_of_rules(["shoe_size"])


def test_log_odds_are_of_the_probability():
    assert log(probability(STRAIGHT, {}) / (1 - probability(STRAIGHT, {}))) == pytest.approx(log_odds(STRAIGHT, {}))
