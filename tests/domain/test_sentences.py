from dataclasses import replace
from datetime import timedelta

import pytest
from tests.domain.makers import MORNING, TEN, a_call, a_lead, number

from growth.domain.campaigns.business_rules.sentences import why, why_none, why_open
from growth.domain.campaigns.entities.calls import CallState
from growth.domain.campaigns.entities.candidates import Plan, Stopped
from growth.domain.campaigns.entities.runs import Decision, Gate, Outcome
from growth.domain.kernel.country import Country


def a_decision(**changes):
    return Decision(
        **{
            "run_id": number(1),
            "lead_id": number(2),
            "call_id": number(3),
            "outcome": Outcome.STOPPED,
            "gate": Gate.GAP,
            "next_allowed_at": None,
            "score": 735,
            "place": None,
            "agent_id": None,
            "decided_at": TEN,
        }
        | changes
    )


def because(decision, call=None, slot_start=TEN, **lead):
    return why(decision, call or a_call(), a_lead(**lead), slot_start)


def test_who_was_handed_over_is_told_the_place_and_the_score():
    injected = {"outcome": Outcome.INJECTED, "gate": None, "place": 4}
    assert because(a_decision(**injected), a_call(state=CallState.INJECTED)) == (
        "Handed to the dialer, at place 4 of the slot, with a score of 73.5; it waits for its call."
    )
    assert because(a_decision(**injected, agent_id="a1")).startswith("Handed to the dialer for agent a1, ")


@pytest.mark.parametrize("gate", Gate)
def test_every_gate_has_a_sentence_of_its_own(gate):
    sentence = because(a_decision(gate=gate))
    assert sentence.startswith("Not called: ")
    assert sentence.endswith(".")
    others = {because(a_decision(gate=other)) for other in Gate if other is not gate}
    assert sentence not in others


def test_times_are_local():
    stopped = Stopped(Gate.GAP, TEN)
    assert "again from Mon 23 Nov 2026 at 10:00" in because(a_decision(next_allowed_at=TEN))
    assert "again from Mon 23 Nov 2026 at 13:00" in because(a_decision(next_allowed_at=TEN), timezone="Indian/Reunion")
    assert why_none(stopped, a_lead(), TEN) == (
        "No call is planned: the person was tried too recently, or is with the dialer for another lead; "
        "it may be called again from Mon 23 Nov 2026 at 10:00."
    )


def test_the_present_plan_has_a_sentence_too():
    assert why_none(Plan("PVI", MORNING), a_lead(), TEN) == "No call is planned; the recovery would plan it in PVI."
    assert why_none(None, a_lead(), TEN).startswith("No campaign calls such leads")


@pytest.mark.parametrize(
    ("became", "end"),
    [
        (
            {"state": CallState.CALLED, "last_attempt_at": TEN, "wrapup_name": "RDV pris"},
            "called on Mon 23 Nov 2026 at 10:00: RDV pris.",
        ),
        (
            {"state": CallState.RECYCLED, "reason": "dialer_unreachable"},
            "the dialer could not be reached in time; planned again.",
        ),
        ({"state": CallState.DROPPED, "reason": "dialer_excluded"}, "not called, for the dialer excluded the number."),
    ],
)
def test_what_became_of_the_call_is_told(became, end):
    injected = a_decision(outcome=Outcome.INJECTED, gate=None, place=1)
    assert because(injected, a_call(**became)).endswith(end)


def test_an_open_call_is_told_by_its_slot():
    assert why_open(a_call(), a_lead(), None).startswith("A call is planned in ")
    assert why_open(a_call(state=CallState.INJECTED), a_lead(), None).startswith("It is with the dialer, in ")
    listed = why_open(a_call(), a_lead(), Gate.DO_NOT_CALL)
    assert "As things are it will be stopped then: the number is on a do-not-call list (" in listed


@pytest.mark.parametrize("gate", [Gate.CAPACITY, Gate.MAXIMUM])
def test_whoever_found_no_room_is_told_by_what_it_stood_in_line(gate):
    full = a_decision(gate=gate, score=775)
    assert because(full).endswith("; it stood with a score of 77.5.")
    assert because(replace(full, held_out=True)).endswith(
        "; it stood in order of arrival, as one of the hold-out, with a score of 77.5."
    )


FRANCE, BELGIUM = {}, {"country_code": Country.BE, "timezone": "Europe/Brussels", "postal_code": "1000"}
SPAIN = {"country_code": Country.ES, "timezone": "Europe/Madrid", "postal_code": "28013"}


@pytest.mark.parametrize(
    ("gate", "again", "lead", "sentence"),
    [
        pytest.param(
            Gate.DO_NOT_CALL,
            None,
            BELGIUM,
            "Not called: the number is on a do-not-call list (Code de droit économique VI.111 to VI.115); "
            "it may not be called as long as it is there.",
            id="on a list in Belgium",
        ),
        pytest.param(
            Gate.CONSENT,
            None,
            FRANCE,
            "Not called: there is no valid consent, no open request of the person's own and no running contract "
            "(Code de la consommation L.223-1 (law 2025-594, decree 2026-662)); "
            "it may be called once the person consents or asks again.",
            id="nothing to rest on in France",
        ),
        pytest.param(
            Gate.CONSENT,
            TEN,
            SPAIN,
            "Not called: there is no valid consent, no open request of the person's own and no earlier contract "
            "(Ley 11/2022, art. 66.1.b; AEPD Circular 1/2023); "
            "it may be called again from Mon 23 Nov 2026 at 10:00.",
            id="nothing yet in Spain",
        ),
        pytest.param(
            Gate.HOURS,
            TEN,
            FRANCE,
            "Not called: the person may not be called at that time (law 2025-594, decree 2026-662); "
            "it may be called again from Mon 23 Nov 2026 at 10:00.",
            id="outside the hours",
        ),
        pytest.param(
            Gate.HOURS,
            None,
            BELGIUM,
            "Not called: the person may not be called at that time (default of this service: business hours); "
            "as things are, no later time is allowed either.",
            id="outside the hours, for ever",
        ),
        pytest.param(
            Gate.ATTEMPT_CAP,
            TEN,
            FRANCE,
            "Not called: the person has been tried as often as is allowed for now, or refused a call lately "
            "(law 2025-594, decree 2026-662; default of this service: silence after a refusal); "
            "it may be called again from Mon 23 Nov 2026 at 10:00.",
            id="left in peace by law",
        ),
        pytest.param(
            Gate.ATTEMPT_CAP,
            None,
            FRANCE,
            "Not called: the person has been tried as often as is allowed.",
            id="left in peace by the campaign",
        ),
    ],
)
def test_where_the_law_stops_a_call_the_sentence_names_it(gate, again, lead, sentence):
    assert because(a_decision(gate=gate, next_allowed_at=again), **lead) == sentence


def test_the_law_of_the_time_that_was_judged_is_named():
    before = a_decision(gate=Gate.HOURS, decided_at=TEN - timedelta(days=150))
    assert "D.223-9" in because(before, slot_start=TEN - timedelta(days=140))
    assert "2026-662" in because(before, slot_start=TEN)
    assert "2026-662" in because(a_decision(gate=Gate.HOURS), slot_start=TEN - timedelta(days=140))
    assert "2026-662" in why_none(Stopped(Gate.HOURS, None), a_lead(), TEN)
