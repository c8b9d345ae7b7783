"""Campaigns, dialer and time at full size: the scenarios are those of tests/end_to_end. Each prints its figures."""

import os
from collections import Counter
from datetime import timedelta

from lawful_calls import call_while_they_speak
from outages import stall_the_database
from processes import chance, local
from replicas import block_at_ticks, fall_ill
from slot_ends import reach_ends
from tests.adapters.campaign_world import world_on
from tests.adapters.test_schedule import tick_along
from tests.domain.makers import TEN, a_configuration
from tests.domain.test_choosing import compare as compare_choices
from tests.domain.test_law_by_oracle import compare as compare_verdicts

SEED = int(os.environ.get("TORTURE_SEED", "1"))
HOURS = (10, 14, 17)


def say(*figures):
    print(*figures, flush=True)


async def test_nothing_goes_in_after_the_end_of_a_slot_and_every_account_adds_up(tmp_path, database_url):
    wall = await reach_ends(tmp_path, database_url, chance(SEED), slots=12, people=150, maximum=100)
    say(
        f"runs {wall.runs}, requests {wall.requests}, later than the end + 2 s {wall.late['requests']}, calls after "
        f"the end {wall.late['calls']}, contacts that the dialer itself put in late {wall.late['contacts']}, never "
        f"called and still there {wall.left}; injected {wall.injected}, called {wall.called}, accounts that do not "
        f"add up {len(wall.unbalanced)}, calls without a reason {wall.reasonless}"
    )
    assert (wall.runs, wall.late["requests"], wall.late["calls"], wall.left) == (36, 0, 0, 0)
    assert (wall.unbalanced, wall.reasonless, wall.broken) == ([], 0, {})
    assert 0 < wall.called < wall.injected


def test_the_choice_of_100_000_leads_is_what_the_rules_say():
    first = SEED * 10_000
    seen = sum((compare_choices(seed, 100) for seed in range(first, first + 1_000)), Counter())
    say(f"leads {seen.total()} in 1000 campaigns, chosen otherwise than by the oracle 0, {dict(seen)}")
    assert seen.total() == 100_000


def test_of_10_000_other_people_and_instants_none_is_judged_otherwise():
    first = SEED * 1_000_000
    seen = Counter(rule for rule, _ in map(compare_verdicts, range(first, first + 10_000)))
    say(f"people and instants {seen.total()}, judged otherwise than by the oracle 0, {dict(seen)}")
    assert seen.total() == 10_000


async def test_nobody_is_called_against_the_law_while_people_say_no(tmp_path, database_url):
    """From a week with a holiday to the week in which requests lapse and the first attempts are thirty days old."""
    mondays = local("2026-11-09T00:00"), local("2026-12-07T00:00")
    slots = [monday + timedelta(days=day, hours=hour) for monday in mondays for day in range(5) for hour in HOURS]
    found = await call_while_they_speak(tmp_path, database_url, slots=slots, people=120, words=6)
    say(
        f"slots {len(slots)}, calls {found.calls}, of which overseas {found.away}, people who said no {found.words}, "
        f"rung four times {found.fourth}, soonest call after a word {found.soonest:.1f} s, unlawful "
        f"{len(found.unlawful)}"
    )
    assert found.unlawful == []
    assert min(found.calls, found.away, found.words, found.fourth) > 50


async def test_of_five_processes_one_does_each_of_1000_ticks(database_url):
    async with world_on(database_url, a_configuration()) as world:
        done, states = await tick_along(world, processes=5, ticks=1_000)
    early = sum(at < due for due, at in done)
    say(f"processes 5, ticks {len(done)}, different {len(dict(done))}, before their time {early}, states {states}")
    assert [due for due, _ in done] == [TEN + tick * timedelta(minutes=2) for tick in range(1_000)]
    assert (early, states) == (0, {"fired"})


async def test_an_event_loop_that_is_blocked_loses_no_tick(tmp_path, database_url):
    states, longest = await block_at_ticks(tmp_path, database_url, chance(SEED), ticks=40)
    say(f"both servers blocked for 1.5 s 40 times, ticks {states}, longest wait for one {longest:.1f} s")
    assert states == {"fired": 40}
    assert longest < 15


async def test_after_a_stall_of_the_database_jobs_fire_again(tmp_path):
    for turn in range(3):
        folder = tmp_path / str(turn)
        folder.mkdir()
        state, after, following = await stall_the_database(folder, seconds=20)
        say(f"database stalled for 20 s, tick {state}, {after:.1f} s after it went on, the next in {following:.1f} s")
        assert state in {"fired", "caught_up"}
        assert max(after, following) < 30


async def test_an_ill_vendor_is_probed_twice_a_minute_and_gets_everything_when_it_is_well(tmp_path, database_url):
    opening, probes, most, took = await fall_ill(tmp_path, database_url, seconds=180)
    say(
        f"503 for 180 s, requests until the breaker opened {opening}, then {probes} probes, most in a minute {most}, "
        f"all sent {took:.1f} s after it was well"
    )
    assert 10 <= opening <= 20
    assert probes >= 1
    assert most <= 2
    assert took < 90
