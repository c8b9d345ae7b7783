import pytest
from tests.domain.makers import MORNING, TEN, a_call, number

from growth.domain.campaigns.business_rules.sentences import why, why_none, why_open
from growth.domain.campaigns.entities.calls import CallState
from growth.domain.campaigns.entities.candidates import Plan, Stopped
from growth.domain.campaigns.entities.runs import Decision, Gate, Outcome


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


def test_who_was_handed_over_is_told_the_place_and_the_score():
    injected = {"outcome": Outcome.INJECTED, "gate": None, "place": 4}
    assert why(a_decision(**injected), a_call(state=CallState.INJECTED), "Europe/Paris") == (
        "Handed to the dialer, at place 4 of the slot, with a score of 73.5; it waits for its call."
    )
    assert why(a_decision(**injected, agent_id="a1"), a_call(), "Europe/Paris").startswith(
        "Handed to the dialer for agent a1, "
    )


@pytest.mark.parametrize("gate", Gate)
def test_every_gate_has_a_sentence_of_its_own(gate):
    sentence = why(a_decision(gate=gate), a_call(), "Europe/Paris")
    assert sentence.startswith("Not called: ")
    assert sentence.endswith(".")
    others = {why(a_decision(gate=other), a_call(), "Europe/Paris") for other in Gate if other is not gate}
    assert sentence not in others


def test_times_are_local():
    stopped = Stopped(Gate.GAP, TEN)
    assert "again from Mon 23 Nov 2026 at 10:00" in why(a_decision(next_allowed_at=TEN), a_call(), "Europe/Paris")
    assert "again from Mon 23 Nov 2026 at 13:00" in why(a_decision(next_allowed_at=TEN), a_call(), "Indian/Reunion")
    assert why_none(stopped, "Europe/Paris") == (
        "No call is planned: the person was tried too recently, or is with the dialer for another lead; "
        "it may be called again from Mon 23 Nov 2026 at 10:00."
    )


def test_the_present_plan_has_a_sentence_too():
    assert why_none(Plan("PVI", MORNING), "Europe/Paris") == "No call is planned; the recovery would plan it in PVI."
    assert why_none(None, "Europe/Paris").startswith("No campaign calls such leads")


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
    assert why(injected, a_call(**became), "Europe/Paris").endswith(end)


def test_an_open_call_is_told_by_its_slot():
    assert why_open(a_call(), "Europe/Paris").startswith("A call is planned in ")
    assert why_open(a_call(state=CallState.INJECTED), "Europe/Paris").startswith("It is with the dialer, in ")
