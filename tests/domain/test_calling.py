from dataclasses import replace

import pytest
from tests.domain.makers import (
    AFTERNOON,
    DAY,
    HOUR,
    MINUTE,
    MORNING,
    ONE,
    TEN,
    a_call,
    a_campaign,
    a_candidate,
    a_configuration,
    a_contactable,
    a_lead,
    an_agent,
)

from growth.domain.campaigns.business_rules.calling import (
    LARGEST_BATCH,
    batched,
    called,
    ended,
    moved,
    new_call,
    parts_tried,
    reported,
    wants_another_call,
)
from growth.domain.campaigns.business_rules.choosing import Chosen
from growth.domain.campaigns.business_rules.qualifying import snapshot
from growth.domain.campaigns.business_rules.scoring import score
from growth.domain.campaigns.entities.calls import CallState, WrapUp
from growth.domain.campaigns.entities.candidates import Plan, Stopped
from growth.domain.campaigns.entities.dialing import DialerContact
from growth.domain.campaigns.entities.leads import LeadStatus
from growth.domain.campaigns.entities.runs import Gate
from growth.domain.campaigns.entities.slots import DayPart

WORLD = a_configuration()


def a_contact(**changes):
    return replace(
        DialerContact(
            contact_id=7,
            call_ref=str(a_call().id),
            attempts=1,
            in_progress=False,
            wrapup=WrapUp.ARGUED,
            wrapup_name=None,
            excluded=None,
            callback_at=None,
            last_attempt_at=TEN,
            agent_id=None,
            updated_at=TEN + MINUTE,
        ),
        **changes,
    )


def chosen(count, *, agent=None, **candidate):
    one = a_candidate(count, **candidate)
    return Chosen(one, score(snapshot(one.who, WORLD, TEN), WORLD.rules), agent)


def test_a_planned_call_moves_to_its_new_place_or_is_unplanned_with_the_reason():
    call = a_call()
    there = moved(call, Plan("CF", AFTERNOON, ONE), TEN)
    assert (there.campaign, there.slot_start, there.callback_at, there.state) == ("CF", AFTERNOON.start, ONE, "planned")
    assert (moved(call, Stopped(Gate.PHONE, None), TEN).state, moved(call, None, TEN).reason) == (
        CallState.UNPLANNED,
        "no_campaign",
    )
    assert moved(call, Stopped(Gate.PHONE, None), TEN).reason == "phone"
    assert new_call(call.id, a_contactable(), Plan("PVI", MORNING), call.planned_at) == call


@pytest.mark.parametrize(("again", "state"), [(True, CallState.RECYCLED), (False, CallState.DROPPED)])
def test_an_injected_call_that_was_not_made_ends_with_its_reason(again, state):
    call = ended(a_call(state=CallState.INJECTED), again, "not_called", ONE)
    assert (call.state, call.reason, call.closed_at) == (state, "not_called", ONE)


def test_a_request_holds_three_hundred_of_one_agent_in_the_order_of_the_choice():
    one, other = an_agent("a1"), an_agent("a2")
    people = [chosen(n, agent=one if n % 2 else other) for n in range(1, 1205)]
    groups = list(batched(people, a_campaign(), MORNING, TEN))
    assert [(shared.dialer_user_id, len(members)) for shared, members in groups] == [
        (501, LARGEST_BATCH),
        (501, LARGEST_BATCH),
        (501, 2),
        (502, LARGEST_BATCH),
        (502, LARGEST_BATCH),
        (502, 2),
    ]
    assert [one for _, members in groups[:3] for one in members] == people[::2]


def test_a_callback_comes_one_priority_before_the_others_and_not_before_its_time():
    groups = list(
        batched(
            [chosen(1), chosen(2, callback_at=TEN + HOUR), chosen(3, callback_at=TEN - DAY)], a_campaign(), MORNING, TEN
        )
    )
    assert [(shared.priority, shared.earliest, shared.latest, shared.dialer_user_id) for shared, _ in groups] == [
        (9, TEN, ONE, 0),
        (9, TEN + HOUR, ONE, 0),
        (10, TEN, ONE, 0),
    ]


def test_a_result_is_counted_once_however_often_it_is_told():
    first = reported(a_call(state=CallState.INJECTED), a_contact())
    assert (first.state, first.attempts, first.wrapup, first.dialer_contact_id) == ("called", 1, WrapUp.ARGUED, 7)
    assert reported(first, a_contact(updated_at=ONE)) == first


def test_old_news_change_nothing():
    known = reported(a_call(), a_contact(attempts=2, wrapup=WrapUp.ARGUEDPOSITIVE))
    assert reported(known, a_contact(attempts=1, wrapup=WrapUp.UNREACHABLE)) == known
    assert reported(known, a_contact(attempts=2, wrapup=None)) == known


def test_the_wrap_up_may_follow_the_attempt():
    ringing = reported(a_call(state=CallState.INJECTED), a_contact(wrapup=None, last_attempt_at=None))
    assert (ringing.state, ringing.attempts, ringing.last_attempt_at) == ("called", 1, TEN + MINUTE)
    assert reported(ringing, a_contact()).wrapup is WrapUp.ARGUED


def test_an_exclusion_is_kept_without_a_call():
    call = reported(a_call(state=CallState.INJECTED), a_contact(attempts=0, wrapup=None, excluded="blacklist"))
    assert (call.state, call.attempts, call.excluded) == ("injected", 0, "blacklist")


@pytest.mark.parametrize(
    ("wrapup", "name", "status"),
    [
        (WrapUp.ARGUEDPOSITIVE, "RDV pris", LeadStatus.QUALIFIED),
        (WrapUp.ARGUED, None, LeadStatus.NOT_QUALIFIED),
        (WrapUp.NONARGUED, "Refus", LeadStatus.REFUSED),
        (WrapUp.NONARGUED, "FAUX NUMÉRO !", LeadStatus.WRONG_NUMBER),
        (WrapUp.UNREACHABLE, "Faux numéro", LeadStatus.WRONG_NUMBER),
        (WrapUp.UNREACHABLE, "Répondeur", LeadStatus.NOT_QUALIFIED),
        (WrapUp.TOCALL, None, LeadStatus.NOT_QUALIFIED),
        (None, None, LeadStatus.NOT_QUALIFIED),
    ],
)
def test_the_wrap_up_decides_the_status(wrapup, name, status):
    before = a_call()
    after = reported(before, a_contact(attempts=2, wrapup=wrapup, wrapup_name=name))
    lead = called(a_lead(call_attempts=3, last_attempt_at=TEN - DAY), before, after, WORLD)
    assert (lead.status, lead.call_attempts, lead.last_attempt_at) == (status, 5, TEN)


def test_what_an_operator_closed_stays_closed_and_still_counts():
    before = a_call()
    lead = called(a_lead(status=LeadStatus.CLOSED), before, reported(before, a_contact()), WORLD)
    assert (lead.status, lead.call_attempts) == (LeadStatus.CLOSED, 1)


@pytest.mark.parametrize("wrapup", WrapUp)
@pytest.mark.parametrize("status", LeadStatus)
def test_only_who_was_not_reached_or_asked_for_it_is_called_again_at_once(wrapup, status):
    again = wants_another_call(a_lead(status=status), a_call(wrapup=wrapup))
    assert again is (wrapup in {"tocall", "unreachable"} and status in {"new", "not_qualified"})


def test_parts_of_the_day_are_told_in_the_persons_time():
    attempts = [TEN, TEN + 4 * HOUR]
    assert parts_tried(a_contactable(attempts=attempts)) == {DayPart.MORNING, DayPart.AFTERNOON}
    there = a_contactable(attempts=attempts, timezone="Indian/Reunion")
    assert parts_tried(there) == {DayPart.AFTERNOON, DayPart.EVENING}
