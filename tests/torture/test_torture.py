"""Every promise under faults, at full size: `make torture`. Each test prints its figures."""

import os

import pytest
from outages import end_under_load, lose_the_database
from paused import pause_while_handing_over
from payments_under_faults import (
    LATER,
    grant_at_once,
    kill_servers_under_payments,
    kill_the_database_under_payments,
    tell_again_later,
    tell_at_once,
)
from processes import chance
from replicas import be_asked_to_wait, judged, kill_the_one_that_fires, run_slots
from starts_under_kills import start_under_kills

SEED = int(os.environ.get("TORTURE_SEED", "1"))
KILLS = 50
START_KILLS = int(os.environ.get("TORTURE_KILLS", "50"))


def say(*figures):
    print(*figures, flush=True)


@pytest.mark.parametrize("start", range(-(-START_KILLS // KILLS)))
async def test_no_lead_is_lost_or_called_twice_by_kills_in_starts_of_2000_leads(tmp_path, database_url, start):
    """A start takes 50 kills, in some four minutes; TORTURE_KILLS=200 takes a quarter of an hour."""
    faults = {"drop_answer": 0.3, "seed": SEED + start}
    wanted = min(KILLS, START_KILLS - start * KILLS)
    found = await start_under_kills(
        tmp_path, database_url, chance(SEED + start), leads=2000, kills=wanted, real_leases=5, **faults
    )
    kills, lost, double, runs, waits = found
    say(f"kills {kills}, leads 2000, lost {lost}, double {double}; taken over in {max(waits):.1f} s at most")
    assert (kills, lost, double, runs) == (wanted, 0, 0, 1)
    assert max(waits) < 60


async def test_nor_when_the_dialer_applies_late_what_it_never_answered(tmp_path, database_url):
    faults = {"drop_answer": 0.3, "apply_late_after_drop": 2.0, "seed": SEED}
    found = await start_under_kills(tmp_path, database_url, chance(SEED + 1), leads=2000, kills=KILLS, **faults)
    kills, lost, double, runs, _ = found
    say(f"kills {kills}, leads 2000, applied late, lost {lost}, double {double}")
    assert (kills, lost, double, runs) == (KILLS, 0, 0, 1)


async def test_two_servers_run_each_slot_once(tmp_path, database_url):
    contacts, runs, broken, missing = await run_slots(tmp_path, database_url, slots=334, people=200, maximum=5)
    most, calls_twice, slots_twice, people_twice = judged(contacts)
    say(
        f"slots 334 of 3 campaigns, runs {len(runs)}, contacts {len(contacts)}, most in a slot {most} of 5, "
        f"calls twice {calls_twice}, slots run twice {slots_twice}, people twice in a slot {people_twice}"
    )
    assert (len(runs), len(set(runs)), broken, missing) == (1002, 1002, {}, 0)
    assert (most, calls_twice, slots_twice, people_twice) == (5, 0, 0, 0)


@pytest.mark.parametrize("after", [0.0, 0.0005, 0.001, 0.002, 0.003, 0.005, 0.01, 0.05, 0.2])
async def test_a_server_that_wakes_sends_nothing_that_another_has_sent(tmp_path, database_url, after):
    lost, double, sent, _ = await pause_while_handing_over(tmp_path, database_url, after=after)
    say(f"paused {after} s after its note, lost {lost}, double {double}, requests {sent}")
    assert (lost, double) == (0, 0)
    assert sent[1] == sent[2]


async def test_the_other_server_fires_when_one_is_killed(tmp_path, database_url):
    longest = await kill_the_one_that_fires(tmp_path, database_url, times=20)
    say(f"kills 20, longest wait for a tick {longest:.1f} s")
    assert longest < 15


async def test_a_vendor_that_asks_to_wait_is_left_alone(tmp_path, database_url):
    after = await be_asked_to_wait(tmp_path, database_url, seconds=30)
    say(f"Retry-After 30 s, the next request came after {after:.1f} s")
    assert after >= 30


@pytest.mark.parametrize("kill", [False, True], ids=["told", "killed"])
async def test_what_was_accepted_is_there_after_the_end_of_a_server(tmp_path, database_url, kill):
    broken, lost, slowest = 0, 0, 0.0
    for n in range(10):
        folder = tmp_path / str(n)
        folder.mkdir()
        load, code, took, missing = await end_under_load(folder, database_url, after=100 + 7 * n, kill=kill)
        broken, lost, slowest = broken + load.broken, lost + len(missing), max(slowest, took)
        assert kill or code == 0
    say(f"{'kills' if kill else 'SIGTERMs'} 10, acked-lost {lost}, broken {broken}, slowest end {slowest:.1f} s")
    assert lost == 0
    assert kill or (broken == 0 and slowest < 30)


async def test_the_service_survives_50_deaths_of_its_database(tmp_path):
    load, lost, noticed, back, alive = await lose_the_database(tmp_path, times=KILLS)
    say(
        f"database killed {KILLS} times, answers {dict(load.answers)}, acked-lost {len(lost)}, "
        f"not ready after {noticed:.1f} s, back after {back:.1f} s at most"
    )
    assert (load.answers.keys(), load.problems, load.broken, lost, alive) == ({202, 503}, [], 0, set(), {200})
    assert noticed < 5
    assert back < 10


@pytest.mark.parametrize(("ids", "copies"), [(1, 10_000), (50, 200)], ids=["one event", "50 events"])
async def test_one_first_payment_told_10_000_times_is_one_conversion(tmp_path, database_url, ids, copies):
    found = await tell_at_once(tmp_path, database_url, ids=ids, copies=copies, connections=100, chance=chance(SEED))
    say(
        f"events {ids}, copies of each {copies}, connections 100, answers {dict(found.answers)} in "
        f"{found.seconds:.1f} s, conversions {found.conversions}, days {found.days}, entries {found.entries}, "
        f"payments counted {found.reasons['handled', None]}"
    )
    assert found.answers == {200: 10_000}
    assert (found.conversions, found.days, found.entries) == (1, 90, 4)
    repeated = {("ignored", "known_payment"): ids - 1} if ids > 1 else {}
    assert found.reasons == {("handled", None): 1} | repeated


async def test_a_payment_told_again_much_later_enters_nothing(tmp_path, database_url):
    answers, added, did = await tell_again_later(tmp_path, database_url, copies=100, connections=100)
    say(f"replays {answers.total()} after {', '.join(map(str, LATER))}, purged and not, new entries {added}")
    assert answers.keys() == {200}
    assert added == [0] * len(LATER)
    assert did == {("ignored", "known_payment"): 4 * len(LATER), ("handled", None): 2 * len(LATER)}


async def test_no_acknowledged_payment_is_lost_by_200_kills_of_a_server(tmp_path, database_url):
    found = await kill_servers_under_payments(tmp_path, database_url, chance(SEED), payments=1000, kills=200)
    stripe, got, cuts = found
    say(
        f"kills 200, of which {cuts} cut off {stripe.broken} requests, payments 1000, answers {dict(stripe.answers)}, "
        f"acked-lost {1000 - got['converted', 45, 45]}, pairs by status and days {dict(got)}"
    )
    assert got == {("converted", 45, 45): 1000}
    assert (stripe.answers, stripe.problems) == ({200: 1000}, [])
    assert cuts >= 20, "too few servers were killed in the middle of anything"


async def test_nor_by_50_kills_of_the_database(tmp_path):
    stripe, got, back = await kill_the_database_under_payments(tmp_path, chance(SEED), payments=1000, kills=KILLS)
    say(
        f"database killed {KILLS} times, payments 1000, answers {dict(stripe.answers)}, acked-lost "
        f"{1000 - got['converted', 45, 45]}, pairs by status and days {dict(got)}, back after {back:.1f} s at most"
    )
    assert got == {("converted", 45, 45): 1000}
    assert stripe.answers.keys() == {200, 503}
    assert (stripe.problems, stripe.broken, stripe.refused) == ([], 0, 0)
    assert back < 10


async def test_a_grant_sent_1000_times_at_once_with_one_key_is_given_once(tmp_path, database_url):
    answers, successes, after, others = await grant_at_once(tmp_path, database_url, copies=1000)
    say(f"copies 1000, answers {dict(answers)}, different successes {successes}, days {after[0]}")
    assert answers.keys() <= {(201, None), (409, "idempotency-key-in-progress")}
    assert successes == 1
    assert others == [(422, "idempotency-key-reused"), (201, None)]
    assert after == [10, 10, 20]
