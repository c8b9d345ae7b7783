import pytest
from tests.domain.makers import MORNING, TEN, number

from growth.domain.campaigns.business_rules.sentences import why, why_next
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
    assert why(a_decision(**injected), "Europe/Paris") == (
        "Handed to the dialer, at place 4 of the slot, with a score of 73.5."
    )
    assert why(a_decision(**injected, agent_id="a1"), "Europe/Paris").startswith("Handed to the dialer for agent a1, ")


@pytest.mark.parametrize("gate", Gate)
def test_every_gate_has_a_sentence_of_its_own(gate):
    sentence = why(a_decision(gate=gate), "Europe/Paris")
    assert sentence.startswith("Not called: ")
    assert sentence.endswith(".")
    others = {why(a_decision(gate=other), "Europe/Paris") for other in Gate if other is not gate}
    assert sentence not in others


def test_times_are_local():
    stopped = Stopped(Gate.GAP, TEN)
    assert "again from Mon 23 Nov 2026 at 10:00" in why(a_decision(next_allowed_at=TEN), "Europe/Paris")
    assert "again from Mon 23 Nov 2026 at 13:00" in why(a_decision(next_allowed_at=TEN), "Indian/Reunion")
    assert why_next(stopped, "Europe/Paris") == (
        "No call is planned: the last attempt is too recent; it may be called again from Mon 23 Nov 2026 at 10:00."
    )


def test_the_present_plan_has_a_sentence_too():
    assert why_next(Plan("PVI", MORNING), "Europe/Paris") == "To be called in PVI on Mon 23 Nov 2026 at 10:00."
    assert why_next(None, "Europe/Paris").startswith("No campaign calls such leads")
