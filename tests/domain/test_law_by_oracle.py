"""May this person be called, at that time? People and instants by chance, against an oracle that shares no code."""

import random
from collections import Counter
from datetime import timedelta

from hypothesis import given, settings
from hypothesis import strategies as st
from tests.domain.law_oracle import ES, FR, TICK, allowed_from, some_case, the_rule
from tests.domain.makers import DAY

from growth.domain.campaigns.business_rules.law.judging import allowed_until, can_call
from growth.domain.kernel.country import Country

HORIZON = 45  # days


def compare(seed):
    chance = random.Random(seed)
    who, at = some_case(chance)
    rule, verdict = the_rule(who, at), can_call(who, at)
    assert (verdict.rule and verdict.rule.value) == rule, (who, at)
    assert verdict.allowed is (rule is None)
    expected = allowed_from(who, at, HORIZON)
    found = verdict.next_allowed_at
    assert found == expected or (expected is None and found > at + (HORIZON - 1) * DAY), (who, at)
    return rule, who.lead.country_code


def test_of_ten_thousand_people_and_instants_none_is_judged_otherwise():
    seen = Counter(compare(seed) for seed in range(10_500))
    for country in Country:
        assert seen[None, country] > 200
        assert seen["hours", country] > 500
        assert seen["do_not_call", country] > 50
    assert seen["consent", FR] > 500
    assert seen["consent", ES] > 500
    assert seen["attempt_cap", FR] > 200


@given(st.integers(0, 2**64))
@settings(deadline=None)
def test_nothing_before_the_next_allowed_time_is_allowed(seed):
    chance = random.Random(seed)
    who, at = some_case(chance)
    again = can_call(who, at).next_allowed_at
    if again is not None:
        assert can_call(who, again).allowed
        assert again == at or not can_call(who, again - TICK).allowed
    last = again or at + 400 * DAY
    for _ in range(200 if last > at else 0):
        between = at + chance.random() * (last - at)
        assert between >= last or not can_call(who, between).allowed


@given(st.integers(0, 2**64))
@settings(deadline=None)
def test_a_call_stays_allowed_until_the_end_that_is_told(seed):
    chance = random.Random(seed)
    who, at = some_case(chance)
    at = max([at, *who.attempts, who.standing.refused_at or at])
    at = can_call(who, at).next_allowed_at or at
    end = allowed_until(who, at)
    if not can_call(who, at).allowed:
        assert end == at
        return
    assert at < end <= at + timedelta(hours=13)
    assert not can_call(who, end).allowed or the_rule(who, end) is None
    for each in [at + chance.random() * (end - at) for _ in range(50)] + [end - TICK]:
        assert each >= end or can_call(who, each).allowed
