import asyncio

import pytest
from tests.adapters.campaign_world import a_submission, worlds_on
from tests.domain.makers import DAY, HOUR, MONDAY, TEN, TWO

from growth.domain.campaigns.use_cases import ChangeLead, RecoverForgottenLeads
from growth.domain.campaigns.use_cases.change_lead import LeadChange


async def forgotten(world, *submissions):
    """Leads that were called without a decision a while ago, and have no call any more."""
    await world.at(MONDAY - 3 * DAY)
    await world.take(*(submissions or [a_submission(1)]))
    await world.execute("UPDATE call SET state = 'called', attempts = 1")
    await world.execute("UPDATE lead SET status = 'not_qualified', call_attempts = 1")
    await world.at(MONDAY)


async def recover(world, **how):
    return await (await world.get(RecoverForgottenLeads))(**how)


def planned(calls):
    return [call for call in calls if call.state == "planned"]


async def test_a_forgotten_lead_is_planned_in_the_next_slot(world):
    await forgotten(world)
    assert await recover(world) == 1
    [call] = planned(await world.rows("call"))
    assert (call.campaign, call.slot_start) == ("PVI", TEN)
    assert await world.broken() == {}


async def test_recovering_twice_plans_nothing_new(world):
    await forgotten(world, *(a_submission(n) for n in range(30)))
    assert await recover(world) == 30
    before = await world.contents()
    assert await recover(world) == 0
    assert await world.contents() == before


async def test_recovering_in_a_slot_does_not_take_the_fast_lane(world):
    await forgotten(world)
    await world.at(TEN + HOUR)
    await recover(world)
    [call] = planned(await world.rows("call"))
    assert (call.campaign, call.slot_start) == ("PVI", TWO)


@pytest.mark.parametrize(
    ("sql", "recovered"),
    [
        ("UPDATE lead SET call_attempts = 8", 0),
        ("UPDATE lead SET call_attempts = 7", 1),
        ("UPDATE prospect SET pending_task = true", 0),
        ("UPDATE prospect SET owner_agent_id = 'a1'", 0),
        ("UPDATE lead SET status = 'new'", 1),
        ("UPDATE lead SET status = 'refused'", 0),
        ("UPDATE lead SET status = 'closed'", 0),
        ("UPDATE lead SET segment = NULL", 0),
        ("UPDATE call SET state = 'planned'", 0),
        ("UPDATE call SET state = 'injected'", 0),
        ("UPDATE call SET state = 'dropped'", 1),
        ("UPDATE prospect SET phone_valid = false", 0),
    ],
)
async def test_who_is_busy_decided_or_tried_too_often_is_left_out(world, sql, recovered):
    await forgotten(world)
    await world.execute(sql)
    assert await recover(world) == recovered


async def test_a_dry_run_counts_and_changes_nothing(world):
    await forgotten(world, a_submission(1), a_submission(2))
    before = await world.contents()
    assert await recover(world, dry_run=True) == 2
    assert await world.contents() == before


async def test_more_than_one_portion_is_recovered_and_by_many_at_once_only_once(database_url, monkeypatch):
    monkeypatch.setattr("growth.domain.campaigns.steps.replanning.AT_ONCE", 7)
    async with worlds_on(database_url, 2) as worlds:
        await forgotten(worlds[0], *(a_submission(n) for n in range(25)))
        counts = await asyncio.gather(*(recover(worlds[turn % 2]) for turn in range(6)))
        assert sum(counts) == len(planned(await worlds[0].rows("call"))) == 25


async def test_it_is_done_daily_at_six(world):
    await forgotten(world)
    await world.at(MONDAY + 5 * HOUR - HOUR / 60)
    await world.tick()
    assert planned(await world.rows("call")) == []
    await world.at(MONDAY + 5 * HOUR)
    await world.tick()
    assert len(planned(await world.rows("call"))) == 1


async def test_a_change_by_an_operator_recovers_too(world):
    await forgotten(world)
    [lead] = await world.rows("lead")
    await (await world.get(ChangeLead))(lead.id, LeadChange(pending_task=False))
    assert len(planned(await world.rows("call"))) == 1
