"""Slots that follow each other at once, people with one number, campaigns that are gone: nobody falls between."""

from dataclasses import replace

from tests.adapters.campaign_world import a_submission, world_on
from tests.domain.makers import EVENING, FIVE, HOUR, MINUTE, MONDAY, ONE, TEN, TWO, a_campaign, a_configuration

from growth.domain.campaigns.ports.stores import CampaignsTx
from growth.domain.campaigns.use_cases import RecoverForgottenLeads
from growth.domain.kernel.begin import Begin

PVI = {"name": "PVI"}
SECOND = MINUTE / 60


async def run_on(world, moment, turns=10):
    for turn in range(turns):
        await world.at(moment + turn * 6 * SECOND)
        await world.deliver()


async def of_state(world, state):
    return [call for call in await world.rows("call") if call.state == state]


async def test_what_a_slot_leaves_is_called_in_the_slot_that_follows_at_once(world):
    await world.at(ONE + MINUTE)
    await world.take(a_submission(1))
    await world.at(TWO)
    await world.start(**PVI)
    await world.deliver()
    await world.at(FIVE)
    await world.stop(**PVI, start_date=TWO)
    await world.start(**PVI)
    await run_on(world, FIVE)
    assert [call.reason for call in await of_state(world, "recycled")] == ["not_called"]
    [again] = await of_state(world, "injected")
    assert again.slot_start == EVENING.start


async def test_what_a_slot_leaves_is_never_planned_into_the_past(world):
    await world.at(MONDAY)
    await world.take(a_submission(1))
    await world.at(TEN)
    await world.start(**PVI)
    await world.deliver()
    await world.at(FIVE + 24 * HOUR)
    await world.stop(**PVI)
    await run_on(world, FIVE + 24 * HOUR)
    [again] = await of_state(world, "planned") or await of_state(world, "injected")
    assert again.slot_start == FIVE + 24 * HOUR


async def test_a_call_under_way_keeps_no_other_slot_waiting(world):
    await world.at(ONE + MINUTE)
    await world.take(a_submission(1))
    await world.at(TWO)
    await world.start(**PVI)
    await world.deliver()
    world.dialer.tell(1, in_progress=True)
    await world.at(TWO + HOUR)
    await world.take(a_submission(2))
    await world.execute("UPDATE call SET campaign = 'PVI', slot_start = :at WHERE state = 'planned'", at=FIVE)
    await world.at(FIVE)
    await world.stop(**PVI, start_date=TWO)
    await world.deliver()
    await world.start(**PVI)
    await run_on(world, FIVE)
    assert len(world.dialer.contacts) == 2


async def test_starting_ahead_leaves_earlier_slots_their_calls(world):
    await world.at(MONDAY)
    await world.take(a_submission(1))
    [report] = await world.start(**PVI, start_date=TWO)
    assert (report.candidates, report.slot_start) == (0, TWO)
    [call] = await world.rows("call")
    assert call.slot_start == TEN


async def test_one_number_is_rung_as_often_as_one_person_may_be(world):
    await world.at(MONDAY)
    shared = "01 99 00 00 01"
    await world.take(replace(a_submission(1), phone=shared), replace(a_submission(2), phone=shared))
    await world.at(TEN)
    [report] = await world.start(**PVI)
    assert (report.injected, dict(report.gates)) == (1, {"gap": 1})
    await world.deliver()
    world.dialer.tell(1, wrapup="argued")
    await world.at(ONE)
    await world.stop(**PVI)
    await run_on(world, ONE)
    await world.at(TWO - MINUTE)
    await world.execute("UPDATE call SET slot_start = :at WHERE state = 'planned'", at=TWO)
    await world.execute("UPDATE call_attempt SET attempted_at = :at", at=ONE - MINUTE)
    await world.at(TWO)
    [report] = await world.start(**PVI)
    assert (report.injected, dict(report.gates)) == (0, {"gap": 1})


async def test_the_attempts_at_one_number_are_nobody_elses(world):
    await world.at(MONDAY)
    await world.take(a_submission(1), a_submission(2))
    await world.at(TEN)
    await world.start(**PVI)
    await world.deliver()
    world.dialer.tell(1, wrapup="argued")
    await world.at(ONE)
    await world.stop(**PVI)
    await run_on(world, ONE)
    tried = await (await world.get(RecoverForgottenLeads))()
    assert tried == 1
    leads = [lead.id for lead in await world.rows("lead")]
    async with (await world.get(Begin[CampaignsTx]))() as tx:
        attempts = sorted(len(who.attempts) for who in await tx.leads.contactables(leads, TWO))
    assert attempts == [0, 1]


async def test_a_new_number_makes_a_wrong_one_callable_again(world):
    await world.at(MONDAY)
    await world.take(a_submission(1))
    await world.execute("UPDATE call SET state = 'called'")
    await world.execute("UPDATE lead SET status = 'wrong_number', call_attempts = 1")
    await world.execute("UPDATE call SET attempts = 1")
    await world.take(replace(a_submission(1), id=a_submission(7).id, phone="01 99 00 77 77"))
    [lead] = await world.rows("lead")
    assert lead.status == "not_qualified"
    assert len(await of_state(world, "planned")) == 1


async def test_calls_of_a_campaign_that_is_gone_find_home(database_url):
    async with world_on(database_url) as world:
        await world.at(MONDAY)
        await world.take(a_submission(1))
    renamed = a_configuration(pvi=a_campaign(name="PVI new"))
    async with world_on(database_url, renamed) as world:
        await (await world.get(RecoverForgottenLeads))()
        [call] = await world.rows("call")
        assert (call.campaign, call.state) == ("PVI new", "planned")
