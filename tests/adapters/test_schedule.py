import asyncio
from collections import Counter
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from tests.adapters.campaign_world import a_submission, world_on, worlds_on
from tests.domain.makers import DAY, HOUR, MINUTE, MONDAY, ONE, TEN, TWO, a_campaign, a_configuration

from growth.adapters.db.clock import DatabaseClock
from growth.adapters.db.ticks import SqlLatestTicks
from growth.domain.campaigns.ports.stores import CampaignsTx
from growth.domain.campaigns.ports.views import RunViews
from growth.domain.kernel.begin import Begin
from growth.schedule import CampaignJobs, Job, Scheduler, daily, every

TWO_MINUTES, TICK = timedelta(minutes=2), timedelta.resolution
SPRING, AUTUMN = datetime(2026, 3, 29, tzinfo=UTC), datetime(2026, 10, 25, tzinfo=UTC)  # the nights of Paris


async def a_scheduler(world, *jobs):
    """Another scheduler than the world's own, with the memory of a process that has just begun."""
    begin, clock = await world.get(Begin[CampaignsTx]), await world.get(DatabaseClock)
    jobs = jobs or (await world.get(CampaignJobs)).all()
    return Scheduler(list(jobs), begin, clock, await world.get(SqlLatestTicks))


async def ticks(world, job):
    return [(tick.due_at, tick.state) for tick in await world.rows("tick", "job due_at") if tick.job == job]


async def runs(world, name):
    found = await (await world.get(RunViews)).list(name, None, 50)
    return [(run.slot_start, run.state, run.injected) for run in reversed(found)]


# ---- What is due ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("night", [SPRING, AUTUMN])
def test_the_two_minute_job_is_due_thirty_times_in_every_hour_of_the_nights_that_change_the_clocks(night):
    instants = list(every(TWO_MINUTES)(night - HOUR - TICK, night + 6 * HOUR - TICK))
    assert set(Counter(at.replace(minute=0) for at in instants).values()) == {30}
    assert len(instants) == 7 * 30


@pytest.mark.parametrize("night", [SPRING, AUTUMN])
@pytest.mark.parametrize("at", [time(0), time(2, 30), time(6)])
def test_a_daily_job_is_due_once_per_local_date_whatever_the_clocks_do(night, at):
    paris = ZoneInfo("Europe/Paris")
    instants = list(daily(at, "Europe/Paris")(night - 2 * DAY, night + 2 * DAY))
    days = [each.astimezone(paris).date() for each in instants]
    assert days == sorted(set(days))
    assert set(days) >= {date(night.year, night.month, night.day) + n * DAY for n in (-1, 0, 1)}


def test_what_is_due_follows_since_and_includes_until():
    due = every(TWO_MINUTES)
    assert list(due(TEN, TEN + 4 * MINUTE)) == [TEN + 2 * MINUTE, TEN + 4 * MINUTE]
    assert list(due(TEN - TICK, TEN)) == [TEN]
    six = daily(time(6), "Europe/Paris")
    assert list(six(MONDAY, MONDAY + 5 * HOUR)) == [MONDAY + 5 * HOUR]
    assert list(six(MONDAY + 5 * HOUR, MONDAY + DAY)) == []


@pytest.mark.parametrize(("monday", "offset"), [(date(2026, 3, 30), 2), (date(2026, 10, 26), 1)])
async def test_slots_begin_at_their_local_time_after_the_clocks_have_changed(world, monday, offset):
    job = next(j for j in (await world.get(CampaignJobs)).all() if j.name == "start-campaign:PVI")
    day = datetime.combine(monday, time(), UTC)
    assert next(job.due(day - 2 * DAY, day + DAY)) == day + (10 - offset) * HOUR


# ---- Many processes ----------------------------------------------------------------------------------------


async def tick_along(world, *, processes, ticks):
    """Let processes meet so many ticks of a job at once; return (which were done and when, the states of all)."""
    done = []
    begin, clock = await world.get(Begin[CampaignsTx]), await world.get(DatabaseClock)

    async def fire(tick):
        async with begin() as tx:
            if await tx.ticks.first_time(tick):
                done.append((tick.due_at, await tx.now()))

    await world.at(TEN - MINUTE)
    those = [await a_scheduler(world, Job("job", every(TWO_MINUTES), fire)) for _ in range(processes)]
    for process in those:
        await process.run_due()
    for tick in range(ticks):
        await clock.move_to(TEN + tick * TWO_MINUTES)
        await asyncio.gather(*(process.run_due() for process in those))
    return done, {tick.state for tick in await world.rows("tick", "job due_at") if tick.job == "job"}


async def test_of_five_processes_one_does_each_tick_and_none_before_its_time(world):
    done, states = await tick_along(world, processes=5, ticks=200)
    assert [due for due, _ in done] == [TEN + tick * TWO_MINUTES for tick in range(200)]
    assert all(due <= at for due, at in done)
    assert states == {"fired"}


async def test_a_process_that_slept_fires_no_old_tick_again(world):
    done = Counter()
    begin = await world.get(Begin[CampaignsTx])

    async def fire(tick):
        async with begin() as tx:
            done[tick.due_at] += await tx.ticks.first_time(tick)

    await world.at(TEN)
    awake, asleep = [await a_scheduler(world, Job("job", every(TWO_MINUTES), fire)) for _ in range(2)]
    await asleep.run_due()
    for tick in range(6):
        await world.at(TEN + tick * TWO_MINUTES)
        await awake.run_due()
    await asleep.run_due()
    assert done == {TEN + tick * TWO_MINUTES: 1 for tick in range(6)}


async def test_five_processes_live_through_a_day_like_one(database_url):
    async with worlds_on(database_url, 5) as worlds:
        world = worlds[0]
        await world.at(MONDAY + HOUR)
        await world.take(*(a_submission(n) for n in range(20)))
        moments = [TEN - MINUTE, TEN, TEN + HOUR, ONE, ONE + MINUTE, TWO, TWO + HOUR]
        for moment in moments:
            await world.at(moment)
            await asyncio.gather(*(each.tick() for each in worlds))
            await asyncio.gather(*(each.deliver() for each in worlds))
        assert await runs(world, "PVI") == [(TEN, "closed", 20), (TWO, "running", 20)]
        calls = await world.rows("call")
        assert Counter(call.state for call in calls) == {"recycled": 20, "injected": 20}
        assert len(world.dialer.injected) == 2
        assert await world.broken() == {}


# ---- Ticks that were missed --------------------------------------------------------------------------------


async def test_a_slot_that_nobody_started_is_missed_and_shown_and_its_calls_come_in_the_next(world):
    await world.at(TEN - HOUR)
    await world.take(a_submission(1))
    await world.tick()
    await world.at(ONE + MINUTE)
    await world.tick()
    assert await ticks(world, "start-campaign:PVI") == [(TEN, "missed")]
    assert await runs(world, "PVI") == [(TEN, "missed", 0)]
    await world.at(TWO)
    await world.tick()
    assert await runs(world, "PVI") == [(TEN, "missed", 0), (TWO, "running", 1)]
    assert await world.broken() == {}


async def test_an_open_slot_starts_late_and_once(world):
    await world.at(TEN - HOUR)
    await world.take(a_submission(1))
    await world.tick()
    await world.at(TEN + HOUR)
    await world.tick()
    await world.tick()
    assert await ticks(world, "start-campaign:PVI") == [(TEN, "caught_up")]
    assert await runs(world, "PVI") == [(TEN, "running", 1)]


async def test_a_process_begun_anew_decides_what_was_due_while_none_ran(world):
    await world.at(TEN)
    await world.take(a_submission(1))
    await world.tick()
    await world.at(MONDAY + DAY + 12 * HOUR + 30 * MINUTE)
    await (await a_scheduler(world)).run_due()
    assert [state for _, state in await ticks(world, "start-campaign:PVI")] == ["fired", "missed", "missed", "missed"]
    assert [state for _, state, _ in await runs(world, "PVI")][1:] == ["missed"] * 3


async def test_of_the_fast_lanes_missed_ticks_one_is_caught_up(world):
    await world.at(TEN)
    await world.tick()
    await world.take(a_submission(1))
    await world.at(TEN + 21 * MINUTE + MINUTE / 2)
    await world.tick()
    found = await ticks(world, "cf-campaign-loop:CF")
    assert found[-1] == (TEN + 20 * MINUTE, "caught_up")
    assert [state for _, state in found[1:-1]] == ["missed"] * 9
    assert await runs(world, "CF") == [(TEN, "running", 1)]


async def test_a_restart_in_a_slot_goes_on_with_the_same_run(world):
    await world.at(TEN)
    await world.take(a_submission(1))
    await world.tick()
    before = await world.rows("campaign_run")
    await world.at(TEN + 2 * MINUTE)
    await (await a_scheduler(world)).run_due()
    assert [row.id for row in await world.rows("campaign_run")] == [row.id for row in before]
    assert await ticks(world, "start-campaign:PVI") == [(TEN, "fired")]


async def test_who_comes_in_is_at_the_dialer_within_two_minutes(world):
    await world.at(TEN)
    await world.tick()
    await world.at(TEN + 3 * MINUTE)
    await world.take(a_submission(1))
    for minute in (3, 4):
        await world.at(TEN + minute * MINUTE)
        await world.tick()
        await world.deliver()
    assert [batch.dialer_campaign_id for batch, _ in world.dialer.injected] == [702]


async def test_a_job_that_fails_is_tried_again_and_keeps_no_other_from_its_turn(world, capsys):
    done, broken = [], [True]

    async def fails(tick):
        if broken:
            raise RuntimeError("no")
        done.append(("first", tick.due_at))

    async def works(tick):
        done.append(("second", tick.due_at))

    await world.at(TEN)
    process = await a_scheduler(world, Job("a", every(HOUR), fails, each=True), Job("b", every(HOUR), works))
    await process.run_due()
    broken.clear()
    await world.at(TEN + 10 * MINUTE)
    await process.run_due()
    assert done == [("second", TEN), ("first", TEN)]
    assert "job_failed" in capsys.readouterr().out


async def test_a_job_that_takes_long_is_not_begun_again_while_it_runs(world):
    under_way, most, others, gate = [], [], [], asyncio.Event()

    async def slow(tick):
        under_way.append(tick)
        most.append(len(under_way))
        await gate.wait()
        under_way.remove(tick)

    async def quick(tick):
        others.append(tick.due_at)

    await world.at(TEN)
    process = await a_scheduler(world, Job("slow", every(TWO_MINUTES), slow), Job("quick", every(TWO_MINUTES), quick))
    for tick in range(4):
        await world.at(TEN + tick * TWO_MINUTES)
        await process.wake()
        async with asyncio.timeout(10):
            while len(others) <= tick:  # noqa: ASYNC110 - the database is asked in between
                await asyncio.sleep(0.01)
    gate.set()
    await asyncio.gather(*process._tasks)
    await process.run_due()
    assert (most, len(others)) == ([1, 1], 4)


async def test_the_scheduler_wakes_by_itself_and_stops(database_url):
    async with world_on(database_url, a_configuration(pvi=a_campaign())) as world:
        await world.at(TEN)
        process = await a_scheduler(world)
        process.start()
        async with asyncio.timeout(10):
            while not await ticks(world, "start-campaign:PVI"):  # noqa: ASYNC110 - it is asked of the database
                await asyncio.sleep(0.1)
        await process.stop()
        assert await runs(world, "PVI") == [(TEN, "running", 0)]
