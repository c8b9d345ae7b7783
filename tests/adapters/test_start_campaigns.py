import asyncio
import random
from dataclasses import replace

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine
from tests.adapters.campaign_world import a_submission, adds_up, world_on, worlds_on
from tests.domain.makers import (
    AFTERNOON,
    DAY,
    EVENING,
    HOUR,
    MINUTE,
    MONDAY,
    MORNING,
    ONE,
    TEN,
    TWO,
    a_campaign,
    a_configuration,
    a_group,
    an_agent,
    week,
)

from growth.domain.campaigns.entities.configuration import CampaignType
from growth.domain.campaigns.entities.runs import NoSlot
from growth.domain.campaigns.use_cases import ChangeLead, ExplainLead
from growth.domain.campaigns.use_cases.change_lead import LeadChange

PVI = {"name": "PVI"}


def room_for(maximum, *capacities):
    agents = [an_agent(f"a{n}", capacity) for n, capacity in enumerate(capacities or (1000,), start=1)]
    return a_configuration(pvi=a_campaign(maximum=maximum, groups=(a_group(*agents),)))


async def test_every_candidate_gets_a_decision(database_url):
    async with world_on(database_url, room_for(5, 4, 4)) as world:
        await world.at(MONDAY)
        await world.take(*(a_submission(n) for n in range(1, 21)))
        leads = await world.rows("lead")
        change = await world.get(ChangeLead)
        await change(leads[0].id, LeadChange(pending_task=True))
        await change(leads[1].id, LeadChange(owner_agent_id="a9"))
        await world.at(TEN)
        [report] = await world.start(**PVI)
        assert adds_up(report)
        assert (report.candidates, report.injected) == (20, 5)
        assert dict(report.gates) == {"pending_task": 1, "wallet": 1, "maximum": 13}
        decisions = await world.rows("decision", "lead_id")
        assert {decision.lead_id for decision in decisions} == {lead.id for lead in leads}
        assert sorted(d.place for d in decisions if d.place) == [1, 2, 3, 4, 5]
        assert await world.broken() == {}


async def test_whom_a_gate_stopped_is_planned_again_at_the_first_slot_after_or_unplanned(database_url):
    async with world_on(database_url, room_for(1)) as world:
        await world.at(MONDAY)
        await world.take(a_submission(1), a_submission(2), a_submission(3))
        [first, second, third] = await world.rows("lead")
        await (await world.get(ChangeLead))(third.id, LeadChange(pending_task=True))
        await world.at(TEN)
        await world.start(**PVI)
        calls = {call.lead_id: call for call in await world.rows("call")}
        assert calls[first.id].state == "injected"
        assert (calls[second.id].state, calls[second.id].slot_start) == ("planned", TWO)
        assert (calls[third.id].state, calls[third.id].reason) == ("unplanned", "pending_task")
        explain = await world.get(ExplainLead)
        assert "the slot was full" in (await explain(second.id)).decisions[0].sentence
        assert "on Mon 23 Nov 2026 at 14:00" in (await explain(second.id)).now
        assert "open task" in (await explain(third.id)).now


async def test_starting_again_injects_only_what_is_new(world):
    await world.at(MONDAY)
    await world.take(a_submission(1), a_submission(2))
    await world.at(TEN)
    [first] = await world.start(**PVI)
    before = await world.contents()
    assert await world.start(**PVI) == [first]
    assert await world.contents() == before
    await world.execute("UPDATE call SET campaign = 'PVI' WHERE state = 'planned'")
    await world.take(a_submission(3))
    await world.execute("UPDATE call SET campaign = 'PVI' WHERE state = 'planned'")
    [again] = await world.start(**PVI)
    assert (again.id, again.candidates, again.injected) == (first.id, 3, 3)
    assert await world.deliver() == 2
    assert len(world.dialer.contacts) == 3
    assert {decision.place for decision in await world.rows("decision", "lead_id")} == {1, 2, 3}


async def test_calls_of_a_slot_that_passed_are_candidates_of_the_next(world):
    await world.take(a_submission(1))
    await world.at(TWO)
    [report] = await world.start(**PVI)
    assert (report.slot_start, report.candidates, report.injected) == (TWO, 1, 1)


async def test_the_dialer_is_told_who_when_and_by_whom_in_the_order_of_the_choice(database_url):
    async with world_on(database_url) as world:
        for n in range(6):
            await world.at(MONDAY + n * MINUTE)
            await world.take(
                a_submission(n, estimated_price_eur=[200_000, 650_000, 200_000, 300_000, 600_000, 300_000][n])
            )
        await world.at(TEN)
        await world.start(**PVI)
        await world.deliver()
        [(batch, recipients)] = world.dialer.injected
        assert (batch.earliest, batch.latest, batch.dialer_user_id, batch.dialer_campaign_id) == (TEN, ONE, 501, 701)
        places = {d.call_id: d.place for d in await world.rows("decision", "lead_id")}
        assert [places[each.call_id] for each in recipients] == [1, 2, 3, 4, 5, 6]
        assert [each.email for each in recipients] == [f"p{n}@example.org" for n in (3, 5, 1, 4, 0, 2)]
        assert {each.phone for each in recipients} == {f"+3319900000{n}" for n in range(6)}


async def test_whoever_may_not_be_called_until_the_slot_ends_is_not_offered_to_its_end(world):
    await world.at(MONDAY)
    await world.take(a_submission(1), a_submission(2, postal_code="97200"))
    await world.at(EVENING.start)
    await world.start(**PVI)
    latest = {batch.latest for batch in await world.rows("injection_batch")}
    assert latest == {EVENING.end, EVENING.start + HOUR}  # the afternoon's break in Martinique


@pytest.mark.parametrize(
    ("now", "start_date", "slot"),
    [
        (TEN + HOUR, None, MORNING),
        (ONE, None, AFTERNOON),
        (MONDAY, TEN, MORNING),
        (MONDAY, TEN + MINUTE, AFTERNOON),
        (TEN + HOUR, TEN, MORNING),
    ],
)
async def test_the_slot_is_the_running_one_or_the_first_that_starts_at_the_date_or_after(world, now, start_date, slot):
    await world.at(now)
    [report] = await world.start(**PVI, start_date=start_date)
    assert (report.slot_start, report.slot_end) == (slot.start, slot.end)


async def test_a_slot_that_has_ended_is_not_started(world):
    await world.at(ONE)
    with pytest.raises(NoSlot, match="has ended already"):
        await world.start(**PVI, start_date=TEN)
    assert await world.rows("campaign_run") == []


async def test_outside_a_slot_a_fast_lane_does_nothing(world):
    await world.at(ONE)
    assert await world.start(name="CF", running_only=True) == []


async def test_a_slot_that_has_not_begun_is_judged_and_called_from_its_start(world):
    await world.at(MONDAY)
    await world.take(a_submission(1))
    [report] = await world.start(**PVI)
    assert (report.slot_start, report.injected) == (TEN, 1)
    await world.deliver()
    [(batch, _)] = world.dialer.injected
    assert (batch.earliest, batch.latest) == (TEN, ONE)


async def test_without_a_type_all_but_the_fast_lane_start(world):
    await world.at(MONDAY)
    await world.take(a_submission(1), a_submission(2, buys_first=True), a_submission(3, estimated_price_eur=1))
    reports = await world.start()
    assert [(report.campaign, report.injected) for report in reports] == [("PVI", 1), ("PVB", 1), ("PQSC", 1)]
    assert [report.campaign for report in await world.start(type=CampaignType.CF)] == ["CF"]


async def test_a_dry_run_tells_the_same_and_changes_nothing(world):
    await world.at(MONDAY)
    await world.take(*(a_submission(n, buys_first=n % 3 == 0) for n in range(9)))
    before = await world.contents()
    foreseen = await world.start(dry_run=True)
    assert await world.contents() == before
    assert await world.deliver() == 0
    done = await world.start()
    assert [replace(report, id=None) for report in foreseen] == [replace(report, id=None) for report in done]
    assert sum(report.injected for report in done) == 9


async def test_the_fast_lane_calls_within_its_slot_who_came_in_during_it(world):
    await world.at(TEN + HOUR)
    await world.take(a_submission(1))
    await world.take(a_submission(2, callback_at=TEN + 2 * HOUR))
    await world.start(**PVI)
    [report] = await world.start(name="CF", running_only=True)
    assert (report.candidates, report.injected) == (1, 1)
    await world.at(TEN + 2 * HOUR - 3 * MINUTE)
    assert (await world.start(name="CF", running_only=True))[0].injected == 1
    await world.at(TEN + 2 * HOUR - MINUTE)
    assert (await world.start(name="CF", running_only=True))[0].injected == 2
    await world.deliver()
    assert [batch.dialer_campaign_id for batch, _ in world.dialer.injected] == [702, 702]
    assert [batch.earliest for batch, _ in world.dialer.injected] == [TEN, TEN + 2 * HOUR]


async def test_the_fast_lane_and_its_campaign_share_the_room_of_a_slot(database_url):
    async with world_on(database_url, room_for(3, 2, 2)) as world:
        await world.at(MONDAY)
        await world.take(a_submission(1), a_submission(2))
        await world.at(TEN)
        await world.start(**PVI)
        await world.take(a_submission(3), a_submission(4))
        [report] = await world.start(name="CF", running_only=True)
        assert (report.injected, dict(report.gates)) == (1, {"maximum": 1})
        calls = [call for call in await world.rows("call") if call.state == "injected"]
        assert sorted(call.agent_id for call in calls) == ["a1", "a1", "a2"]
        assert await world.broken() == {}


async def test_many_starts_at_once_are_one_run_and_never_pass_the_maximum(database_url):
    async with worlds_on(database_url, 2, room_for(30, 9, 9, 20)) as worlds:
        await worlds[0].at(MONDAY)
        await worlds[0].take(*(a_submission(n) for n in range(1, 41)))
        await worlds[0].at(TEN)
        await worlds[0].take(*(a_submission(n) for n in range(41, 81)))
        orders = [PVI] * 20 + [{"name": "CF", "running_only": True}] * 6
        random.Random(5).shuffle(orders)
        started = (worlds[turn % 2].start(**order) for turn, order in enumerate(orders))
        reports = [report for each in await asyncio.gather(*started) for report in each]
        assert len({report.id for report in reports}) == len(await worlds[0].rows("campaign_run")) == 2
        assert all(adds_up(report) for report in reports)
        injected = [call for call in await worlds[0].rows("call") if call.state == "injected"]
        assert len(injected) == 30
        agents = [call.agent_id for call in injected]
        assert [agents.count(id_) for id_ in ("a1", "a2")] <= [9, 9]
        assert await worlds[0].broken() == {}
        await asyncio.gather(*(world.deliver() for world in worlds))
        told = [each.call_id for _, recipients in worlds[0].dialer.injected for each in recipients]
        assert sorted(told) == sorted(call.id for call in injected)


async def test_who_comes_in_while_campaigns_start_is_neither_lost_nor_called_twice(database_url):
    async with worlds_on(database_url, 2, room_for(1000)) as worlds:
        await worlds[0].at(TEN)
        takes = [worlds[n % 2].take(a_submission(n), a_submission(n + 100)) for n in range(20)]
        takes += [worlds[n % 2].take(a_submission(n + 100), a_submission(n)) for n in range(20)]
        starts = [worlds[n % 2].start(name="CF", running_only=True) for n in range(10)]
        await asyncio.gather(*takes, *starts)
        [report] = await worlds[0].start(name="CF", running_only=True)
        assert (report.candidates, report.injected) == (40, 40)
        [row] = await worlds[0].execute("SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()")
        assert row.deadlocks == 0
        assert await worlds[0].broken() == {}


async def test_a_call_that_failed_in_the_middle_of_a_start_leaves_nothing(world, monkeypatch):
    await world.at(MONDAY)
    await world.take(a_submission(1))
    before = await world.contents()

    async def fails(self, *messages):
        raise RuntimeError("killed")

    monkeypatch.setattr("growth.adapters.db.messages.SqlOutbox.add", fails)
    with pytest.raises(RuntimeError, match="killed"):
        await world.start(**PVI)
    assert await world.contents() == before


async def test_a_lost_answer_puts_nobody_in_twice(world):
    await world.take(a_submission(1), a_submission(2))
    await world.at(TEN)
    await world.start(**PVI)
    world.dialer.loses = 1
    await world.deliver()
    for turn in range(1, 6):
        await world.at(TEN + turn * MINUTE)
        await world.deliver()
    assert len(world.dialer.injected) == 1
    assert [batch.state for batch in await world.rows("injection_batch")] == ["done"]


async def test_a_campaign_with_other_slots_has_its_own_room(database_url):
    other = a_campaign(name="Other", slots=week("10:00-13:00"), groups=(a_group(zones=("75",)),), maximum=1)
    configuration = a_configuration(a_campaign(maximum=1, groups=(a_group(zones=("69",)),)), other)
    async with world_on(database_url, configuration) as world:
        await world.at(MONDAY + DAY)
        await world.take(a_submission(1), a_submission(2, postal_code="75001"))
        assert [report.injected for report in await world.start()] == [1, 1]


async def test_a_crowd_of_starts_leaves_the_others_their_connections(database_url):
    async with world_on(database_url) as world:
        await world.at(TEN)
        engine = await world.get(AsyncEngine)
        starts = asyncio.gather(*(world.start(**PVI) for _ in range(64)))
        most = 0
        while not starts.done():
            most = max(most, engine.pool.checkedout())
            await asyncio.sleep(0)
        assert len(await starts) == 64
        assert most <= 2
