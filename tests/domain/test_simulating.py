"""What slots to come would do: nobody twice, whoever is put off comes again, and another file plans anew."""

from dataclasses import replace

from tests.domain.makers import (
    AFTERNOON,
    DAY,
    EVENING,
    HOUR,
    MONDAY,
    MORNING,
    TEN,
    a_campaign,
    a_candidate,
    a_configuration,
    week,
)

from growth.domain.campaigns.business_rules.simulating import planned_by, simulated

PVI = a_campaign(maximum=2)
WORLD = a_configuration(PVI, lane=False)


def people(runs):
    return [[one.candidate.who.lead.id.int % 2**32 for one in run.chosen] for run in runs]


def of(candidates, *slots, taken=None, now=MONDAY):
    return list(simulated(candidates, [(PVI, slot) for slot in slots], WORLD, taken or {}, now))


def test_who_finds_no_room_comes_in_the_next_slot_and_nobody_twice():
    runs = of([a_candidate(n) for n in range(1, 6)], MORNING, AFTERNOON, EVENING)
    assert people(runs) == [[1, 2], [3, 4], [5]]
    assert [len(run.refused) for run in runs] == [3, 1, 0]


def test_room_that_is_taken_stays_taken():
    runs = of([a_candidate(n) for n in (1, 2)], MORNING, AFTERNOON, taken={("PVI", TEN): {"a1": 1}})
    assert people(runs) == [[1], [2]]


def test_a_call_of_a_later_slot_or_another_campaign_is_not_due():
    later = a_candidate(1, slot=AFTERNOON)
    elsewhere = a_candidate(2)
    elsewhere = replace(elsewhere, call=replace(elsewhere.call, campaign="PVB"))
    assert people(of([later, elsewhere], MORNING, AFTERNOON)) == [[], [1]]


def test_an_overdue_call_is_due_and_a_callback_of_later_is_not():
    overdue = a_candidate(1)
    wanted = a_candidate(2, callback_at=MORNING.end + HOUR)
    runs = of([overdue, wanted], AFTERNOON, now=MORNING.end)
    assert people(runs) == [[2, 1]]
    assert people(of([wanted], MORNING)) == [[]]


def test_who_is_never_allowed_leaves():
    never = a_candidate(1, call_attempts=8)
    runs = of([never], MORNING, AFTERNOON)
    assert [(len(run.chosen), len(run.refused)) for run in runs] == [(0, 1), (0, 0)]


def test_another_file_plans_anew_and_leaves_out_whom_it_never_calls():
    other = a_configuration(a_campaign(slots=week("17:00-20:00")), lane=False)
    found = planned_by(other, [a_candidate(1), a_candidate(2, segment=None)], TEN)
    assert [(it.who.lead.id.int % 2**32, it.call.slot_start) for it in found] == [(1, EVENING.start)]
    assert planned_by(other, [a_candidate(3)], EVENING.start + HOUR)[0].call.slot_start == EVENING.start + DAY
