"""What is promised of money under faults, at a size for every day; tests/torture has the full figures."""

import pytest
from payments_under_faults import (
    LATER,
    grant_at_once,
    kill_servers_under_payments,
    kill_the_database_under_payments,
    repeat_a_grant_whose_answer_is_gone,
    tell_again_later,
    tell_at_once,
)
from processes import chance


async def test_one_first_payment_told_600_times_at_once_is_one_conversion(tmp_path, database_url):
    found = await tell_at_once(tmp_path, database_url, ids=1, copies=600, connections=100, chance=chance(1))
    assert found.answers == {200: 600}
    assert (found.conversions, found.days, found.entries) == (1, 90, 4)
    assert found.reasons == {("handled", None): 1}


async def test_one_payment_told_by_50_events_counts_once(tmp_path, database_url):
    found = await tell_at_once(tmp_path, database_url, ids=50, copies=4, connections=50, chance=chance(2))
    assert found.answers == {200: 200}
    assert (found.conversions, found.days, found.entries) == (1, 90, 4)
    assert found.reasons == {("handled", None): 1, ("ignored", "known_payment"): 49}


async def test_a_payment_told_again_much_later_enters_nothing(tmp_path, database_url):
    answers, added, did = await tell_again_later(tmp_path, database_url, copies=3, connections=10)
    assert answers.keys() == {200}
    assert added == [0] * len(LATER)
    assert did == {("ignored", "known_payment"): 4 * len(LATER), ("handled", None): 2 * len(LATER)}


async def test_what_a_killed_server_has_acknowledged_is_done_and_done_once(tmp_path, database_url):
    stripe, got, cuts = await kill_servers_under_payments(tmp_path, database_url, chance(4), payments=60, kills=6)
    assert got == {("converted", 45, 45): 60}
    assert (stripe.answers, stripe.problems) == ({200: 60}, [])
    assert cuts, "no server was killed in the middle of anything"


async def test_what_was_acknowledged_outlives_the_database_and_the_servers_come_back(tmp_path):
    stripe, got, back = await kill_the_database_under_payments(tmp_path, chance(5), payments=40, kills=2)
    assert got == {("converted", 45, 45): 40}
    assert stripe.answers.keys() == {200, 503}
    assert (stripe.problems, stripe.broken, stripe.refused) == ([], 0, 0)
    assert back < 10


async def test_a_grant_with_one_key_is_given_once_for_each_caller(tmp_path, database_url):
    answers, successes, after, others = await grant_at_once(tmp_path, database_url, copies=100)
    assert answers.keys() <= {(201, None), (409, "idempotency-key-in-progress")}
    assert answers[201, None] >= 2
    assert successes == 1
    assert others == [(422, "idempotency-key-reused"), (201, None)]
    assert after == [10, 10, 20]


@pytest.mark.parametrize("killed", [True, False], ids=["killed before its answer", "answer thrown away"])
async def test_a_grant_is_given_once_though_its_answer_is_gone(tmp_path, database_url, killed):
    days = await repeat_a_grant_whose_answer_is_gone(tmp_path, database_url, killed=killed)
    if days != 10:
        pytest.fail(f"10 days were granted, {days} are there")
