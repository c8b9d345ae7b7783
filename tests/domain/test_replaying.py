"""What a run judged by is enough to judge it again; and what another configuration changes is told."""

import random
from collections import Counter
from dataclasses import fields, replace
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.domain.law_oracle import PLACES, somebody
from tests.domain.makers import (
    MINUTE,
    MORNING,
    TEN,
    a_campaign,
    a_candidate,
    a_configuration,
    a_group,
    an_agent,
    number,
    week,
)
from tests.domain.test_choosing import a_random_campaign, a_random_candidate

from growth.domain.campaigns.business_rules.choosing import Room, choose
from growth.domain.campaigns.business_rules.deciding import decisions
from growth.domain.campaigns.business_rules.remembering import candidate_of, facts_of
from growth.domain.campaigns.business_rules.replaying import (
    Kept,
    differences,
    imagined,
    judged_again,
    last_of_each,
    what_if,
)
from growth.domain.campaigns.entities.replays import Facts, Filling
from growth.domain.campaigns.entities.runs import NoSlot

RUN = number(999_999)


def a_filling(candidates, count=1, taken=None, **changes):
    values = {
        "id": number(count),
        "run_id": RUN,
        "filled_at": TEN + count * MINUTE,
        "judged_at": TEN + count * MINUTE,
        "configuration_version": "v1",
        "law_version": "FR-2026-08-11",
        "taken": taken or {},
        "facts": facts_of(candidates),
    }
    return Filling(**values | changes)


def a_world(chance, many):
    """A campaign, and its candidates: of all kinds that the gates know, standing as the law's cases do."""
    campaign = a_random_campaign(chance)
    candidates = []
    for count in chance.sample(range(1, 10_000), many):
        one = a_random_candidate(chance, count)
        place = chance.choice(list(PLACES))
        standing = somebody(chance, TEN, place, ZoneInfo(place[2])).standing
        candidates.append(replace(one, who=replace(one.who, standing=standing)))
    return a_configuration(campaign, lane=False, version="v1"), campaign, candidates


@given(st.integers(0, 2**32), st.integers(0, 20))
@settings(max_examples=150, deadline=None)
def test_what_is_kept_of_candidates_decides_the_same(seed, many):
    chance = random.Random(seed)
    configuration, campaign, candidates = a_world(chance, many)
    taken = {"a1": chance.randrange(4), "": 2}
    filling = a_filling(candidates, taken=taken)
    room = Room(MORNING, sum(taken.values()), taken)
    judged = list(choose(candidates, campaign, configuration, room, filling.judged_at))
    [again] = judged_again([filling], campaign.name, MORNING, Kept({"v1": configuration}, {}))
    assert again == decisions(judged, RUN, campaign, room.taken, filling.filled_at)


def test_what_is_kept_has_nobodys_name_number_or_address():
    [facts] = facts_of([a_candidate(7, prospect={"first_name": "Ana", "last_name": "Lima"}, address="3 Rue Bât")])
    kept = repr(facts)
    assert not any(it in kept for it in ("example.org", "+33", "Ana", "Lima", "Rue", "990"))
    assert {field.name for field in fields(Facts)} >= {"number", "phone_valid"}


def test_equal_numbers_stay_equal_and_others_do_not():
    shared = {"phone": "+33199000001"}
    people = [a_candidate(1, prospect=shared), a_candidate(2), a_candidate(3, prospect=shared)]
    none = a_candidate(4, prospect={"phone": None})
    assert [it.number for it in facts_of([*people, none])] == [0, 1, 0, None]
    assert candidate_of(facts_of([none])[0], "PVI", MORNING).who.prospect.phone is None


def two_fillings(campaign, *groups_of_people):
    """A run that was started twice, as it was decided and kept."""
    configuration = a_configuration(campaign, lane=False, version="v1")
    taken, fillings = Counter(), []
    for count, people in enumerate(groups_of_people, 1):
        filling = a_filling(people, count, dict(taken))
        fillings.append(filling)
        [made] = judged_again([filling], campaign.name, MORNING, Kept({"v1": configuration}, {}))
        taken.update(one.agent_id or "" for one in made if one.outcome == "injected")
    return configuration, fillings


def imagine(configuration, fillings, other):
    decided = judged_again(fillings, "PVI", MORNING, Kept({"v1": configuration}, {}))
    before = last_of_each(decided)
    after = last_of_each(imagined(fillings, decided, "PVI", MORNING, other=other, kept=Kept({}, {})))
    return what_if(before, after, other.version)


def leads(changes):
    return [it.lead_id.int % 2**32 for it in changes]


def test_with_its_own_configuration_nothing_changes():
    people = [a_candidate(n) for n in range(1, 7)]
    configuration, fillings = two_fillings(a_campaign(maximum=3), people[:2], people[2:])
    same = imagine(configuration, fillings, replace(configuration, version="v2"))
    assert (same.came_in, same.went_out, same.moved, same.injected) == ([], [], [], 3)
    assert same.gates == {"maximum": 3}


def test_a_smaller_maximum_sends_the_last_ones_out_and_a_larger_one_takes_more_in():
    people = [a_candidate(n) for n in range(1, 7)]
    configuration, fillings = two_fillings(a_campaign(maximum=4), people[:2], people[2:])
    less = imagine(configuration, fillings, a_configuration(a_campaign(maximum=1), lane=False))
    assert (leads(less.went_out), leads(less.came_in)) == ([2, 3, 4], [])
    more = imagine(configuration, fillings, a_configuration(a_campaign(maximum=5), lane=False))
    assert (leads(more.went_out), leads(more.came_in), more.injected) == ([], [5], 5)


def test_who_is_called_earlier_by_the_other_is_no_candidate_again_and_takes_his_room():
    first, second = [a_candidate(n) for n in (1, 2)], [a_candidate(n) for n in (2, 3)]
    configuration, fillings = two_fillings(a_campaign(groups=(a_group(an_agent("a1", 1), an_agent("a2", 1)),)), first)
    fillings.append(a_filling(second, 2, {"a1": 1, "a2": 1, "a9": 1}))
    other = a_configuration(a_campaign(groups=(a_group(an_agent("a1", 1), an_agent("a2", 2)),)), lane=False)
    changed = imagine(configuration, fillings, other)
    assert (leads(changed.came_in), leads(changed.went_out), leads(changed.moved)) == ([3], [], [])
    [third] = changed.came_in
    assert (third.after.agent_id, third.after.place) == ("a2", 4)  # a9 was another campaign's


def test_another_order_moves():
    people = [a_candidate(1, sell_timeframe="3_months"), a_candidate(2)]
    configuration, fillings = two_fillings(a_campaign(), people)
    rules = replace(configuration.rules, rules=())
    changed = imagine(configuration, fillings, replace(configuration, version="v2", rules=rules))
    assert (leads(changed.moved), changed.came_in, changed.went_out) == ([1, 2], [], [])


@pytest.mark.parametrize(
    "other",
    [
        a_configuration(a_campaign(name="Other"), lane=False),
        a_configuration(a_campaign(slots=week("14:00-17:00")), lane=False),
    ],
)
def test_a_configuration_without_the_slot_says_so(other):
    configuration, fillings = two_fillings(a_campaign(), [a_candidate(1)])
    with pytest.raises(NoSlot):
        imagine(configuration, fillings, other)


def test_a_decision_that_was_changed_is_found():
    configuration, fillings = two_fillings(a_campaign(), [a_candidate(1), a_candidate(2)])
    before = last_of_each(judged_again(fillings, "PVI", MORNING, Kept({"v1": configuration}, {})))
    forged = before | {number(2): replace(before[number(2)], place=7)}
    assert leads(differences(forged, before)) == [2]
    assert leads(differences({}, before)) == [1, 2]
