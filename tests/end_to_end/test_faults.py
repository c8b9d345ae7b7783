"""The faults that the service has to live with, at a size for every day; tests/torture has the full figures."""

import asyncio
from contextlib import suppress
from uuid import uuid4

import pytest
from lawful_calls import call_while_they_speak
from outages import end_under_load, lose_the_database, stall_the_database
from paused import pause_while_handing_over
from processes import chance, local
from replicas import be_asked_to_wait, block_at_ticks, judged, kill_the_one_that_fires, run_slots
from slot_ends import reach_ends
from sqlalchemy import make_url
from starts_under_kills import start_under_kills


@pytest.fixture(scope="module", autouse=True)
async def paused(tmp_path_factory, cluster, administrator, template):
    """A pause takes half a minute in which nothing happens: it goes on beside the other tests."""
    name = f"test_{uuid4().hex}"
    await administrator.execute(f"CREATE DATABASE {name} TEMPLATE {template}")
    url = make_url(cluster).set(drivername="postgresql+asyncpg", database=name).render_as_string(hide_password=False)
    task = asyncio.create_task(pause_while_handing_over(tmp_path_factory.mktemp("paused"), url))
    yield task
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task
    await administrator.execute(f"DROP DATABASE {name} WITH (FORCE)")


async def test_no_lead_is_lost_or_called_twice_when_the_server_is_killed_and_answers_are_dropped(
    tmp_path, database_url
):
    faults = {"drop_answer": 0.3, "apply_late_after_drop": 2.0}
    found = await start_under_kills(tmp_path, database_url, chance(1), leads=100, kills=4, per_agent=25, **faults)
    kills, lost, double, runs, _ = found
    assert (kills, lost, double) == (4, 0, 0)
    assert runs == 1, "a server that starts again inside a slot goes on with the slot's run"


async def test_two_servers_on_one_database_run_each_slot_once(tmp_path, database_url):
    contacts, runs, broken, missing = await run_slots(tmp_path, database_url, slots=2, people=15, maximum=7)
    assert (len(runs), len(set(runs)), broken, missing) == (6, 6, {}, 0)
    assert judged(contacts) == (7, 0, 0, 0)


async def test_the_other_server_fires_when_one_is_killed(tmp_path, database_url):
    assert await kill_the_one_that_fires(tmp_path, database_url, times=2) < 15


async def test_a_vendor_that_asks_to_wait_is_left_alone(tmp_path, database_url):
    assert await be_asked_to_wait(tmp_path, database_url, seconds=5) >= 5


async def test_the_end_of_a_slot_is_a_wall_for_a_dialer_that_applies_late(tmp_path, database_url):
    wall = await reach_ends(tmp_path, database_url, chance(1), slots=1, people=20, maximum=15, latest=1.3)
    assert (wall.runs, wall.injected, wall.requests > 0) == (3, 45, True)
    assert (wall.late["requests"], wall.late["calls"], wall.left) == (0, 0, 0)
    assert (wall.unbalanced, wall.reasonless, wall.broken) == ([], 0, {})


async def test_nobody_is_called_against_the_law_while_people_say_no(tmp_path, database_url):
    slots = [local("2026-11-10T14:00"), local("2026-11-10T17:00")]  # at five the day is over in the Indian Ocean
    found = await call_while_they_speak(tmp_path, database_url, slots=slots, people=24, words=6)
    assert found.unlawful == []
    assert (found.calls > 20, found.away > 0, found.words) == (True, True, 12)


async def test_an_event_loop_that_is_blocked_loses_no_tick(tmp_path, database_url):
    states, longest = await block_at_ticks(tmp_path, database_url, chance(1), ticks=2)
    assert states == {"fired": 2}
    assert longest < 15


async def test_after_a_stall_of_the_database_jobs_fire_again(tmp_path):
    state, after, following = await stall_the_database(tmp_path, seconds=4)
    assert state == "fired"
    assert max(after, following) < 15


async def test_a_server_that_is_told_to_stop_answers_whom_it_heard_and_keeps_what_it_took(tmp_path, database_url):
    load, code, took, lost = await end_under_load(tmp_path, database_url, after=30, kill=False)
    assert (load.broken, lost, code) == (0, set(), 0)
    assert took < 30
    assert load.answers.keys() == {202}


async def test_a_server_that_is_killed_has_all_that_it_took(tmp_path, database_url):
    _, _, _, lost = await end_under_load(tmp_path, database_url, after=30, kill=True)
    assert lost == set()


async def test_a_lost_database_is_said_and_survived(tmp_path):
    load, lost, noticed, back, alive = await lose_the_database(tmp_path, times=1)
    assert load.answers.keys() == {202, 503}
    assert (load.problems, load.broken, lost, alive) == ([], 0, set(), {200})
    assert noticed < 5
    assert back < 10


async def test_a_server_that_sleeps_through_its_lease_sends_nothing_that_another_has_sent(paused):
    lost, double, sent, took = await paused
    assert (lost, double) == (0, 0)
    assert sent[1] == sent[2]
    assert took < 60
