import asyncio
from uuid import uuid4

import pytest
from tests.adapters.campaign_world import a_submission, adds_up, worlds_on
from tests.domain.makers import DAY, HOUR, MINUTE, MONDAY, ONE, TEN, TWO
from tests.domain.test_calling import a_contact

from growth.domain.campaigns.entities.calls import WrapUp
from growth.domain.campaigns.ports.stores import CampaignsTx
from growth.domain.campaigns.ports.views import RunViews
from growth.domain.campaigns.steps.recording import Recording
from growth.domain.kernel.begin import Begin
from growth.domain.kernel.ids import NewId

PVI = {"name": "PVI"}


async def injected(world, *submissions):
    await world.at(MONDAY)
    await world.take(*(submissions or [a_submission(1)]))
    await world.at(TEN)
    await world.start(**PVI)
    await world.deliver()


async def record(world, *contacts):
    """Record what the dialer told, as polling and closing do."""
    begin, new_id = await world.get(Begin[CampaignsTx]), await world.get(NewId)
    async with begin() as tx:
        await Recording(world.configuration, new_id).results(tx, 701, contacts, await tx.now())


async def told(world, contact_id=1):
    return world.dialer.contacts[contact_id][3]


@pytest.mark.parametrize(
    ("wrapup", "name", "status", "again"),
    [
        ("arguedpositive", None, "qualified", None),
        ("argued", None, "not_qualified", None),
        ("nonargued", None, "refused", None),
        ("unreachable", None, "not_qualified", TWO),
        ("unreachable", "Faux numéro", "wrong_number", None),
        ("tocall", None, "not_qualified", TWO),
    ],
)
async def test_a_result_sets_the_status_and_plans_what_follows(world, wrapup, name, status, again):
    await injected(world)
    await world.at(TEN + HOUR - HOUR)
    world.dialer.tell(1, wrapup=wrapup, wrapup_name=name)
    await world.at(TEN + 2 * MINUTE)
    await world.tick()
    await world.deliver()
    [lead], [call, *following] = await world.rows("lead"), await world.rows("call")
    assert (lead.status, lead.call_attempts, lead.last_attempt_at) == (status, 1, call.last_attempt_at)
    assert (call.state, call.attempts, call.wrapup) == ("called", 1, wrapup)
    assert [next_.slot_start for next_ in following] == ([again] if again else [])
    assert len(await world.rows("call_attempt")) == len(await world.rows("call_result", "contact_id")) == 1
    assert await world.broken() == {}


async def test_a_callback_is_planned_then(world):
    await injected(world)
    wanted = TEN + 2 * DAY + HOUR
    world.dialer.tell(1, wrapup="tocall", callback_at=wanted)
    await record(world, await told(world))
    [_, call] = await world.rows("call")
    assert (call.slot_start, call.callback_at, call.state) == (TEN + 2 * DAY, wanted, "planned")


async def test_a_result_is_recorded_once_however_often_it_is_told(database_url):
    async with worlds_on(database_url, 2) as worlds:
        await injected(worlds[0])
        worlds[0].dialer.tell(1, wrapup="unreachable")
        contact = await told(worlds[0])
        await asyncio.gather(*(record(worlds[turn % 2], contact) for turn in range(30)))
        [lead] = await worlds[0].rows("lead")
        assert lead.call_attempts == 1
        assert len(await worlds[0].rows("call_attempt")) == 1
        assert [call.state for call in await worlds[0].rows("call")] == ["called", "planned"]
        before = await worlds[0].contents()
        await record(worlds[1], contact)
        after = await worlds[0].contents()
        assert after["call"] == before["call"]
        assert after["lead"] == before["lead"]


async def test_reading_and_closing_at_once_count_once(database_url):
    async with worlds_on(database_url, 2) as worlds:
        await injected(worlds[0], *(a_submission(n) for n in range(20)))
        for contact_id in range(1, 15):
            worlds[0].dialer.tell(contact_id, wrapup="argued")
        await worlds[0].at(ONE)
        await worlds[0].tick()
        await asyncio.gather(*(world.deliver() for world in worlds))
        for turn in range(1, 5):
            await worlds[0].at(ONE + turn * MINUTE)
            await worlds[0].tick()
            await asyncio.gather(*(world.deliver() for world in worlds))
        [report] = await (await worlds[0].get(RunViews)).list("PVI", None, 1)
        assert (report.state, report.called, report.recycled) == ("closed", 14, 6)
        assert adds_up(report)
        assert sorted(lead.call_attempts for lead in await worlds[0].rows("lead")) == [0] * 6 + [1] * 14
        assert await worlds[0].broken() == {}


async def test_old_news_do_not_undo_newer_ones(world):
    await injected(world)
    world.dialer.tell(1, wrapup="unreachable")
    old = await told(world)
    world.dialer.tell(1, wrapup="arguedpositive")
    await record(world, await told(world))
    await record(world, old)
    [lead] = await world.rows("lead")
    assert (lead.status, lead.call_attempts) == ("qualified", 2)


async def test_a_second_attempt_decides_about_the_call_that_the_first_planned(world):
    await injected(world)
    world.dialer.tell(1, wrapup="unreachable")
    await record(world, await told(world))
    wanted = TEN + 3 * DAY
    world.dialer.tell(1, wrapup="tocall", callback_at=wanted)
    await record(world, await told(world))
    assert [call.callback_at for call in await world.rows("call")] == [None, wanted]
    world.dialer.tell(1, wrapup="nonargued")
    await record(world, await told(world))
    [lead], [_, call] = await world.rows("lead"), await world.rows("call")
    assert (lead.status, lead.call_attempts) == ("refused", 3)
    assert (call.state, call.reason) == ("unplanned", "status")
    assert await world.broken() == {}


async def test_a_result_of_no_call_of_ours_is_kept(world):
    await record(
        world,
        a_contact(contact_id=5, call_ref="theirs"),
        a_contact(contact_id=6, call_ref=str(uuid4())),
        a_contact(call_ref=None),
    )
    results = await world.rows("call_result", "contact_id")
    assert [(result.contact_id, result.call_id) for result in results] == [(5, None), (6, None), (7, None)]
    assert results[0].call_ref == "theirs"
    assert results[0].wrapup is WrapUp.ARGUED


async def test_attempts_count_for_all_leads_of_a_person(world):
    await injected(world, a_submission(1), a_submission(1, surface_m2=50))
    world.dialer.tell(1, wrapup="argued")
    await record(world, await told(world))
    await world.take(a_submission(1, surface_m2=70))
    newest = max(await world.rows("call"), key=lambda call: call.planned_at)
    assert (newest.campaign, newest.slot_start) == ("PVI", TWO)  # four hours apart, so not the fast lane


async def test_an_attempt_lowers_the_score(world):
    await injected(world)
    [before] = await world.rows("lead")
    world.dialer.tell(1, wrapup="argued")
    await record(world, await told(world))
    [after] = await world.rows("lead")
    assert after.score == before.score - 40
