"""Who scores a lead, the rules or the live model; and how a learned score is told."""

from dataclasses import replace
from math import exp

from hypothesis import given
from hypothesis import strategies as st
from tests.domain.learned_maker import a_model
from tests.domain.makers import DAY, MONDAY, MORNING, TEN, a_campaign, a_candidate, a_configuration, a_contactable
from tests.domain.test_choosing import order_of

from growth.domain.campaigns.business_rules.choosing import Chosen, Room, choose, spread
from growth.domain.campaigns.business_rules.learning.lead_rows import LEAD_COLUMNS, foreign_columns, row_of
from growth.domain.campaigns.business_rules.learning.ranking import auc, compared
from growth.domain.campaigns.business_rules.qualifying import snapshot
from growth.domain.campaigns.business_rules.rating import learned_score, rated, shadow_probability
from growth.domain.campaigns.entities.leads import SellTimeframe
from growth.domain.campaigns.entities.models_in_use import LiveModel, ModelsInUse
from growth.domain.campaigns.entities.scoring import LeadSnapshot

WORLD = a_configuration()
MODEL = a_model()
LIVE = replace(WORLD, models=ModelsInUse(LiveModel(MODEL, 100)))


def chance_of(log_odds):
    return 1 / (1 + exp(-log_odds))


def test_a_learned_score_is_the_probability_and_its_log_odds_sum_exactly():
    found = rated(a_contactable(requested_at=MONDAY - 10 * DAY), LIVE, MONDAY)
    assert (found.base, found.unclipped, found.score) == (-1000, 900, round(1000 * chance_of(0.9)))
    assert [(it.name, it.value, it.points) for it in found.contributions] == [
        ("sell_timeframe", "now", 2000),
        ("whole_days", 10, -100),
    ]
    assert found.base + sum(it.points for it in found.contributions) == found.unclipped
    assert (found.model_version, found.rule_set_version) == (MODEL.version, WORLD.rules.version)


SNAPSHOTS = st.builds(
    LeadSnapshot,
    is_owner=st.none() | st.booleans(),
    buys_first=st.none() | st.booleans(),
    sell_timeframe=st.sampled_from(SellTimeframe).map(str),
    phone_valid=st.none() | st.booleans(),
    estimated_price_eur=st.none() | st.integers(0, 10**9),
    property_type=st.none() | st.text(max_size=9),
    in_media_zone=st.none() | st.booleans(),
    further_estimates=st.integers(0, 99),
    page_views=st.integers(0, 10**4),
    came_by=st.sampled_from([None, "referral", "paid_search"]),
    call_attempts=st.integers(0, 99),
    whole_days=st.integers(0, 10**4),
)


@given(SNAPSHOTS, st.floats(-5, 5), st.floats(-5, 5), st.floats(-5, 5))
def test_whatever_the_lead_the_explanation_sums_exactly(seen, now, later, base):
    found = learned_score(seen, a_model(now, later, base=base), "r1")
    assert found.base + sum(it.points for it in found.contributions) == found.unclipped
    assert abs(found.score / 1000 - chance_of(found.unclipped / 1000)) < 0.001
    assert 0 <= found.score <= 1000


def test_the_share_of_the_live_model_is_scored_by_it_and_the_rest_by_the_rules():
    half = replace(WORLD, models=ModelsInUse(LiveModel(MODEL, 50)))
    by_model = [rated(a_contactable(n), half, MONDAY).model_version is not None for n in range(400)]
    assert 150 < sum(by_model) < 250
    assert rated(a_contactable(1), WORLD, MONDAY).model_version is None


def test_the_shadow_says_what_the_model_would():
    who = a_contactable(requested_at=MONDAY)
    assert shadow_probability(who, MODEL, WORLD, MONDAY) == chance_of(1.0)
    assert rated(who, replace(WORLD, models=ModelsInUse(shadow=MODEL)), MONDAY) == rated(who, WORLD, MONDAY)


def test_scores_of_two_scales_do_not_compete_each_has_its_part_of_the_places():
    people = [a_candidate(n, requested_at=MONDAY - n * DAY) for n in range(1, 41)]
    half = replace(WORLD, models=ModelsInUse(LiveModel(MODEL, 50)))
    chosen = [one for one in choose(people, a_campaign(), half, Room(MORNING), TEN) if isinstance(one, Chosen)]
    learned = [one.score.model_version is not None for one in chosen]
    assert abs(sum(learned[:20]) - sum(learned) / 2) <= 1  # as many in the first half as in the second
    for scorer in (True, False):
        scores = [one.score.score for one, is_theirs in zip(chosen, learned, strict=True) if is_theirs is scorer]
        assert scores == sorted(scores, reverse=True)


def test_a_model_alone_orders_all():
    people = [a_candidate(n, sell_timeframe=SellTimeframe.MONTHS_3) for n in (1, 2)] + [a_candidate(3)]
    assert order_of(people) == [3, 1, 2]
    last = replace(WORLD, models=ModelsInUse(LiveModel(a_model(now=-3.0, later=3.0), 100)))
    chosen = choose(people, a_campaign(), last, Room(MORNING), TEN)
    assert [one.candidate.who.lead.id.int % 2**32 for one in chosen] == [1, 2, 3]


@given(st.integers(0, 30), st.integers(0, 30))
def test_some_have_their_part_of_all_places_evenly_spread(some, others):
    mixed = spread(["s"] * some, ["o"] * others)
    assert (mixed.count("s"), mixed.count("o")) == (some, others)
    for end in range(len(mixed) + 1):
        assert abs(mixed[:end].count("s") - end * some / max(len(mixed), 1)) < 1


def test_a_lead_is_a_row_of_what_models_are_learned_from():
    row = row_of(snapshot(a_contactable(1, phone_valid=None) if False else a_contactable(1), WORLD, MONDAY))
    assert tuple(row) == LEAD_COLUMNS
    assert (row["is_owner"], row["came_by"], row["further_estimates"]) == ("yes", "other", 0)
    assert foreign_columns(a_model(column="euribor3m")) == ["euribor3m"]
    assert foreign_columns(MODEL) == []


def slowly(scores, won):
    pairs = [(s, f) for s, a in zip(scores, won, strict=True) if a for f, b in zip(scores, won, strict=True) if not b]
    return sum((s > f) + (s == f) / 2 for s, f in pairs) / len(pairs) if pairs else 0.5


@given(st.lists(st.tuples(st.integers(0, 5), st.booleans()), max_size=40))
def test_the_area_is_that_of_all_pairs(people):
    scores, won = [score for score, _ in people], [yes for _, yes in people]
    assert abs(auc(scores, won) - slowly(scores, won)) < 1e-12


def test_better_needs_enough_calls_and_more_successes_first():
    won = [at % 5 == 0 for at in range(400)]
    good, bad = [float(yes) for yes in won], [0.0] * 400
    assert compared(good, bad, won).better
    assert not compared(bad, good, won).better
    assert not compared(good, good, won).better
    few = compared(good[:100], bad[:100], won[:100])
    assert (few.enough, few.better) == (False, False)
    found = compared(good, bad, won)
    assert found == compared(good, bad, won)
    assert (found.auc, found.auc_now, found.low, found.high) == (1.0, 0.5, 0.5, 0.5)
    noisy = [score + (at % 7) for at, score in enumerate(good)]
    narrow, wide = compared(noisy, bad, won), compared(noisy[:200], bad[:200], won[:200])
    assert narrow.low < narrow.difference < narrow.high
    assert wide.high - wide.low > narrow.high - narrow.low
    assert not compared([], [], []).better
    barely = [score + (at % 11) * 9 for at, score in enumerate(good)]
    assert compared(barely, bad, won).difference > 0 > compared(barely, bad, won).low
    assert not compared(barely, bad, won).better
