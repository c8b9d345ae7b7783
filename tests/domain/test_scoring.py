from dataclasses import fields, replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from growth.domain.campaigns.business_rules.scoring import score
from growth.domain.campaigns.entities.scoring import (
    ABSENT,
    CHOICES,
    DEFAULT_RULES,
    QUANTITIES,
    UNKNOWN,
    Bands,
    Each,
    LeadSnapshot,
    RuleSet,
    Tenths,
)

NOTHING_KNOWN = LeadSnapshot(
    is_owner=None,
    buys_first=None,
    sell_timeframe="none",
    phone_valid=None,
    estimated_price_eur=None,
    property_type=None,
    in_media_zone=None,
    further_estimates=0,
    page_views=0,
    came_by=None,
    call_attempts=0,
    whole_days=0,
)


def a_snapshot(**changes):
    return replace(NOTHING_KNOWN, **changes)


def points_of(result):
    return {part.name: part.points for part in result.contributions}


counts = st.integers(0, 200)
snapshots = st.builds(
    LeadSnapshot,
    is_owner=st.none() | st.booleans(),
    buys_first=st.none() | st.booleans(),
    sell_timeframe=st.sampled_from(["now", "3_months", "6_months", "12_months", "later", "none"]),
    phone_valid=st.none() | st.booleans(),
    estimated_price_eur=st.none() | st.integers(0, 5_000_000),
    property_type=st.none() | st.sampled_from(["house", "apartment", "land", UNKNOWN]),
    in_media_zone=st.none() | st.booleans(),
    further_estimates=counts,
    page_views=counts,
    came_by=st.sampled_from([None, "referral", "paid_search"]),
    call_attempts=counts,
    whole_days=counts,
)


def test_an_owner_who_sells_his_house_now_and_left_a_good_number():
    result = score(
        LeadSnapshot(
            is_owner=True,
            buys_first=False,
            sell_timeframe="now",
            phone_valid=True,
            estimated_price_eur=450_000,
            property_type="house",
            in_media_zone=False,
            further_estimates=2,
            page_views=5,
            came_by="referral",
            call_attempts=1,
            whole_days=3,
        ),
        DEFAULT_RULES,
    )
    # 10 + 35 + 10 + 0 + 10 + 10 + 3 + 0 + 8 + 5 + 6 - 4 - 1.5
    assert result.unclipped == result.score == 915
    assert result.base == 100
    assert result.rule_set_version == DEFAULT_RULES.version
    assert [(part.name, part.value, part.points) for part in result.contributions] == [
        ("sell_timeframe", "now", 350),
        ("owner", "yes", 100),
        ("buys_first", "no", 0),
        ("phone", "yes", 100),
        ("price", 450_000, 100),
        ("property_type", "house", 30),
        ("media_zone", "no", 0),
        ("further_estimates", 2, 80),
        ("page_views", 5, 50),
        ("came_by", "referral", 60),
        ("call_attempts", 1, -40),
        ("whole_days", 3, -15),
    ]


def test_a_lead_of_whom_nothing_is_known_is_explained_all_the_same():
    result = score(NOTHING_KNOWN, DEFAULT_RULES)
    assert result.unclipped == -100  # 10, and -20 since there is no number to call
    assert result.score == 0
    values = {part.name: part.value for part in result.contributions}
    assert values == {
        "sell_timeframe": "none",
        "owner": UNKNOWN,
        "buys_first": UNKNOWN,
        "phone": "none",
        "price": UNKNOWN,
        "property_type": UNKNOWN,
        "media_zone": UNKNOWN,
        "further_estimates": 0,
        "page_views": 0,
        "came_by": "other",
        "call_attempts": 0,
        "whole_days": 0,
    }


def test_the_best_lead_has_a_hundred_points_and_no_more():
    best = LeadSnapshot(
        is_owner=True,
        buys_first=False,
        sell_timeframe="now",
        phone_valid=True,
        estimated_price_eur=300_000,
        property_type="house",
        in_media_zone=True,
        further_estimates=9,
        page_views=90,
        came_by="referral",
        call_attempts=0,
        whole_days=0,
    )
    result = score(best, DEFAULT_RULES)
    assert result.unclipped == 1090  # 10 + 35 + 10 + 10 + 10 + 3 + 5 + 12 + 8 + 6
    assert result.score == 1000


@pytest.mark.parametrize(
    ("changes", "rule", "points"),
    [
        ({"sell_timeframe": "now"}, "sell_timeframe", 350),
        ({"sell_timeframe": "3_months"}, "sell_timeframe", 250),
        ({"sell_timeframe": "6_months"}, "sell_timeframe", 150),
        ({"sell_timeframe": "12_months"}, "sell_timeframe", 80),
        ({"sell_timeframe": "later"}, "sell_timeframe", 0),
        ({"is_owner": False}, "owner", 0),
        ({"buys_first": True}, "buys_first", -50),
        ({"phone_valid": True}, "phone", 100),
        ({"phone_valid": False}, "phone", -200),
        ({"phone_valid": None}, "phone", -200),
        ({"estimated_price_eur": -1}, "price", 0),
        ({"estimated_price_eur": 0}, "price", 0),
        ({"estimated_price_eur": 149_999}, "price", 0),
        ({"estimated_price_eur": 150_000}, "price", 50),
        ({"estimated_price_eur": 299_999}, "price", 50),
        ({"estimated_price_eur": 300_000}, "price", 100),
        ({"estimated_price_eur": 599_999}, "price", 100),
        ({"estimated_price_eur": 600_000}, "price", 60),
        ({"estimated_price_eur": 10**9}, "price", 60),
        ({"property_type": "apartment"}, "property_type", 0),
        ({"in_media_zone": True}, "media_zone", 50),
        ({"further_estimates": 1}, "further_estimates", 40),
        ({"further_estimates": 3}, "further_estimates", 120),
        ({"further_estimates": 4}, "further_estimates", 120),
        ({"page_views": 8}, "page_views", 80),
        ({"page_views": 9}, "page_views", 80),
        ({"came_by": "paid_search"}, "came_by", 30),
        ({"call_attempts": 4}, "call_attempts", -160),
        ({"call_attempts": 6}, "call_attempts", -200),
        ({"whole_days": 1}, "whole_days", -5),
        ({"whole_days": 29}, "whole_days", -145),
        ({"whole_days": 30}, "whole_days", -150),
        ({"whole_days": 31}, "whole_days", -150),
        ({"whole_days": -2}, "whole_days", 0),
    ],
)
def test_each_default_rule_gives_its_points(changes, rule, points):
    assert points_of(score(a_snapshot(**changes), DEFAULT_RULES))[rule] == points


@given(snapshots)
def test_base_and_contributions_sum_exactly_and_the_score_is_clipped(snapshot):
    result = score(snapshot, DEFAULT_RULES)
    assert result.base + sum(part.points for part in result.contributions) == result.unclipped
    assert result.score == sorted((0, result.unclipped, 1000))[1]
    assert [part.name for part in result.contributions] == [rule.name for rule in DEFAULT_RULES.rules]


@given(snapshots, st.integers(1, 60))
def test_a_lead_never_gains_by_waiting(snapshot, days):
    later = replace(snapshot, whole_days=snapshot.whole_days + days)
    assert score(later, DEFAULT_RULES).unclipped <= score(snapshot, DEFAULT_RULES).unclipped


@given(snapshots, st.sampled_from(sorted({*CHOICES, *QUANTITIES} - ABSENT.keys())))
def test_what_is_unknown_contributes_nothing_and_is_said_to_be_unknown(snapshot, field):
    result = score(replace(snapshot, **{field: None}), DEFAULT_RULES)
    (part,) = [
        part for part, rule in zip(result.contributions, DEFAULT_RULES.rules, strict=True) if rule.field == field
    ]
    assert (part.value, part.points) == (UNKNOWN, 0)


rule_sets = st.builds(
    RuleSet,
    version=st.just("drawn"),
    base=st.integers(-100, 500).map(Tenths),
    rules=st.lists(
        st.builds(
            lambda name, field, unit, limit: Each(name, field, Tenths(unit), Tenths(limit if unit > 0 else -limit)),
            st.text(max_size=3),
            st.sampled_from(sorted(QUANTITIES)),
            st.integers(-90, 90).filter(bool),
            st.integers(1, 20_000),
        )
        | st.builds(
            lambda name, field, bands: Bands(name, field, tuple(sorted(bands.items()))),
            st.text(max_size=3),
            st.sampled_from(sorted(QUANTITIES)),
            st.dictionaries(st.integers(0, 300), st.integers(-500, 500).map(Tenths), min_size=1, max_size=6),
        ),
        max_size=5,
    ).map(tuple),
)


@given(snapshots, rule_sets)
def test_any_rule_gives_what_its_definition_says(snapshot, rules):
    result = score(snapshot, rules)
    for part, rule in zip(result.contributions, rules.rules, strict=True):
        value = getattr(snapshot, rule.field)
        if value is None:
            expected = 0
        elif isinstance(rule, Each):
            expected = min((value * rule.points, rule.limit), key=abs)
        else:
            expected = next((points for start, points in reversed(rule.bands) if start <= value), 0)
        assert part.points == expected
    assert result.unclipped == rules.base + sum(part.points for part in result.contributions)


def test_the_last_unit_gives_what_is_left_to_the_limit():
    rules = RuleSet("1", Tenths(0), (Each("views", "page_views", Tenths(4), Tenths(10)),))
    assert [score(a_snapshot(page_views=count), rules).score for count in range(5)] == [0, 4, 8, 10, 10]


def test_two_rule_sets_of_one_version_are_not_mixed_up():
    other = replace(DEFAULT_RULES, base=Tenths(0), rules=())
    assert score(NOTHING_KNOWN, DEFAULT_RULES).unclipped == -100
    assert score(NOTHING_KNOWN, other).unclipped == 0


def test_every_field_of_the_snapshot_can_be_scored():
    assert {field.name for field in fields(LeadSnapshot)} == {*CHOICES, *QUANTITIES}
    assert {rule.field for rule in DEFAULT_RULES.rules} == {*CHOICES, *QUANTITIES}
