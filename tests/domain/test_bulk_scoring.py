"""Scoring by columns gives the scores that one at a time has."""

from dataclasses import astuple, fields, replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.domain.learned_maker import a_model
from tests.domain.makers import DAY, MONDAY, a_configuration, a_lead, a_prospect, number
from tests.domain.test_scoring import snapshots

from growth.domain.campaigns.business_rules.bulk_scoring import learned_scores, new_scores, scores
from growth.domain.campaigns.business_rules.rating import learned_score, rated
from growth.domain.campaigns.business_rules.scoring import score
from growth.domain.campaigns.entities.candidates import Contactable
from growth.domain.campaigns.entities.leads import PropertyType
from growth.domain.campaigns.entities.models_in_use import LiveModel, ModelsInUse
from growth.domain.campaigns.entities.rescoring import LeadPage
from growth.domain.campaigns.entities.scoring import (
    CHOICES,
    DEFAULT_RULES,
    QUANTITIES,
    Bands,
    Choice,
    Each,
    LeadSnapshot,
    RuleSet,
    Tenths,
)

NAMES = [field.name for field in fields(LeadSnapshot)]
points = st.integers(-1000, 1000).map(Tenths)
words = st.sampled_from(
    ["yes", "no", "none", "now", "3_months", "later", "house", "land", "referral", "paid_search", "other"]
)
choices = st.builds(
    Choice, st.text(min_size=1), st.sampled_from(sorted(CHOICES)), st.dictionaries(words, points, max_size=4)
)
starts = st.lists(st.integers(0, 1_000_000), min_size=1, max_size=5, unique=True).map(sorted)
bands = st.builds(
    lambda field, starts, given: Bands("bands", field, tuple(zip(starts, given, strict=False))),
    st.sampled_from(sorted(QUANTITIES)),
    starts,
    st.lists(points, min_size=5, max_size=5),
)
each = st.builds(
    lambda field, points, limit, sign: Each("each", field, Tenths(sign * points), Tenths(sign * limit)),
    st.sampled_from(sorted(QUANTITIES)),
    st.integers(1, 100),
    st.integers(1, 1000),
    st.sampled_from([1, -1]),
)
rule_sets = st.builds(
    lambda base, rules: RuleSet("random", base, tuple(rules)), points, st.lists(choices | bands | each, max_size=8)
)


def by_columns(people):
    return dict(zip(NAMES, zip(*(astuple(it) for it in people), strict=True), strict=True))


@given(st.lists(snapshots, min_size=1, max_size=30), rule_sets | st.just(DEFAULT_RULES))
def test_scores_and_unclipped_scores_are_those_of_one_at_a_time(people, rules):
    one_by_one = [score(it, rules) for it in people]
    assert scores(by_columns(people), rules) == [(it.score, it.unclipped) for it in one_by_one]


@given(st.lists(snapshots, min_size=1, max_size=30))
def test_a_model_gives_the_scores_of_one_at_a_time(people):
    for model in (a_model(), a_model(column="phone_valid"), a_model(column="came_by", now=0.3)):
        one_by_one = [learned_score(it, model, "any").score for it in people]
        assert learned_scores(by_columns(people), model) == one_by_one


def test_of_nobody_there_are_no_scores():
    assert scores(dict.fromkeys(NAMES, ()), DEFAULT_RULES) == []
    assert learned_scores(dict.fromkeys(NAMES, ()), a_model()) == []


CONFIGURATION = a_configuration()
PEOPLE = [
    Contactable(
        a_lead(
            n,
            id=number(n),
            property_type=list(PropertyType)[n % 4],
            postal_code=("59000", "69003")[n % 2],
            insee_code=(None, "59350", "69383")[n % 3],
            requested_at=MONDAY - (n - 3) * DAY,
            call_attempts=n % 5,
            score=Tenths(0),
        ),
        a_prospect(n, phone=None if n % 4 == 0 else "+33199000000", phone_valid=n % 4 != 1),
        estimates=n % 4,
        page_views=n % 11,
    )
    for n in range(60)
]


def a_page(people, at=MONDAY):
    known = {
        name: [getattr(who.lead, name) for who in people]
        for name in (
            *("is_owner", "buys_first", "sell_timeframe", "estimated_price_eur", "property_type"),
            *("postal_code", "insee_code", "came_by", "call_attempts", "requested_at"),
        )
    }
    known["phone_valid"] = [who.prospect.phone_valid if who.prospect.phone else None for who in people]
    known["estimates"] = [who.estimates for who in people]
    known["page_views"] = [who.page_views for who in people]
    ids, stored = [who.lead.id for who in people], [who.lead.score for who in people]
    return LeadPage(
        at, people[-1].prospect.id, ids, [(0, n) for n in range(len(ids))], list(range(len(ids))), stored, known
    )


@pytest.mark.parametrize("percent", [0, 40, 100])
def test_a_page_is_scored_as_its_leads_are_one_by_one(percent):
    models = ModelsInUse(LiveModel(a_model(), percent)) if percent else ModelsInUse()
    scoring = replace(CONFIGURATION, models=models)
    expected = [rated(who, scoring, MONDAY) for who in PEOPLE]
    found = new_scores(a_page(PEOPLE), scoring)
    assert list(found.scores) == [it.score for it in expected]
    assert len(set(found.scores)) > 3
    assert {it.model_version is None for it in expected} == {0: {True}, 40: {True, False}, 100: {False}}[percent]


def test_only_scores_that_change_are_given_back():
    scored = [
        replace(who, lead=replace(who.lead, score=rated(who, CONFIGURATION, MONDAY).score)) if n != 7 else who
        for n, who in enumerate(PEOPLE)
    ]
    found = new_scores(a_page(scored), CONFIGURATION)
    assert (found.places, found.versions) == ([(0, 7)], [7])
