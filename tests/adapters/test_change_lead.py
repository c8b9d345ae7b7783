import asyncio
from uuid import uuid4

import pytest
from tests.adapters.campaign_world import a_submission, world_on
from tests.domain.makers import HOUR, MONDAY, TEN, TWO, a_campaign, a_configuration, a_group, an_agent

from growth.domain.campaigns.entities.leads import LeadStatus, UnknownLead
from growth.domain.campaigns.use_cases import ChangeLead
from growth.domain.campaigns.use_cases.change_lead import LeadChange

PVI = {"name": "PVI"}


async def change(world, **what):
    lead = (await world.rows("lead"))[0]
    await (await world.get(ChangeLead))(lead.id, LeadChange(**what))


async def states(world):
    return [(call.state, call.reason) for call in await world.rows("call")]


async def test_while_a_task_is_open_the_lead_is_not_called_and_then_planned_anew(world):
    await world.take(a_submission(1))
    await change(world, pending_task=True)
    await world.at(TEN)
    [report] = await world.start(**PVI)
    assert dict(report.gates) == {"pending_task": 1}
    assert await states(world) == [("unplanned", "pending_task")]
    await change(world, owner_agent_id=None)
    assert await states(world) == [("unplanned", "pending_task")]
    await world.at(TWO - HOUR)
    await change(world, pending_task=False)
    calls = await world.rows("call")
    assert [(call.state, call.slot_start) for call in calls] == [("unplanned", TEN), ("planned", TWO)]
    assert await world.broken() == {}


async def test_a_lead_in_a_wallet_goes_to_that_agent(database_url):
    agents = a_group(an_agent("a1"), an_agent("a2"))
    async with world_on(database_url, a_configuration(pvi=a_campaign(groups=(agents,)))) as world:
        await world.at(MONDAY)
        await world.take(a_submission(1))
        await change(world, owner_agent_id="a2")
        await world.at(TEN)
        await world.start(**PVI)
        assert [call.agent_id for call in await world.rows("call")] == ["a2"]


async def test_a_wallet_of_somebody_else_stops_the_call_until_it_is_taken_away(world):
    await world.take(a_submission(1))
    await change(world, owner_agent_id="elsewhere")
    await world.at(TEN)
    await world.start(**PVI)
    assert await states(world) == [("unplanned", "wallet")]
    await change(world, owner_agent_id=None)
    assert [state for state, _ in await states(world)] == ["unplanned", "planned"]


@pytest.mark.parametrize("status", ["closed", "qualified", "refused", "wrong_number"])
async def test_a_lead_that_is_settled_is_unplanned_at_once_and_planned_anew_when_it_is_reopened(world, status):
    await world.take(a_submission(1))
    await change(world, status=LeadStatus(status))
    assert await states(world) == [("unplanned", "status")]
    await change(world, status=LeadStatus.NOT_QUALIFIED)
    assert await states(world) == [("unplanned", "status"), ("planned", None)]
    assert [lead.status for lead in await world.rows("lead")] == ["not_qualified"]
    assert await world.broken() == {}


async def test_what_is_at_the_dialer_stays_there(world):
    await world.take(a_submission(1))
    await world.at(TEN)
    await world.start(**PVI)
    await change(world, status=LeadStatus.CLOSED)
    assert await states(world) == [("injected", None)]


async def test_one_lead_of_a_person_is_closed_and_the_others_are_not(world):
    await world.take(a_submission(1), a_submission(1, surface_m2=50))
    await change(world, status=LeadStatus.CLOSED)
    assert sorted(lead.status for lead in await world.rows("lead")) == ["closed", "new"]
    assert sorted(await states(world), key=repr) == [("planned", None), ("unplanned", "status")]


async def test_changing_nothing_changes_nothing(world):
    await world.take(a_submission(1))
    before = await world.contents()
    await change(world)
    after = await world.contents()
    del before["lead_score"], after["lead_score"]  # scored again, at another instant
    assert after == before


async def test_a_lead_that_is_not_there_cannot_be_changed(world):
    with pytest.raises(UnknownLead, match="GET /v1/leads"):
        await (await world.get(ChangeLead))(uuid4(), LeadChange(pending_task=True))


async def test_changes_submissions_and_starts_at_once_do_not_stand_in_each_others_way(world):
    await world.take(*(a_submission(n) for n in range(10)))
    await world.at(TEN)
    leads = await world.rows("lead")
    use_case = await world.get(ChangeLead)
    changes = [use_case(lead.id, LeadChange(pending_task=False)) for lead in leads]
    takes = [world.take(a_submission(n)) for n in range(10)]
    await asyncio.gather(*changes, *takes, *(world.start(**PVI) for _ in range(5)))
    [row] = await world.execute("SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()")
    assert row.deadlocks == 0
    assert {state for state, _ in await states(world)} == {"injected"}
    assert await world.broken() == {}
