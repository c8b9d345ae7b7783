from dataclasses import replace

import pytest
from tests.adapters.campaign_world import a_submission, adds_up
from tests.domain.makers import DAY, EIGHT, EVENING, FIVE, HOUR, MINUTE, MONDAY, ONE, TEN, TWO

from growth.domain.campaigns.entities.runs import RunIsOver
from growth.domain.campaigns.ports.views import RunViews
from growth.domain.campaigns.use_cases import ChangeLead
from growth.domain.campaigns.use_cases.change_lead import LeadChange

PVI = {"name": "PVI"}
SECONDS = MINUTE / 60


@pytest.fixture
async def started(world):
    """Six leads of PVI are at the dialer since ten."""
    await world.at(MONDAY)
    await world.take(*(a_submission(n) for n in range(6)))
    await world.at(TEN)
    await world.start(**PVI)
    await world.deliver()
    assert len(world.dialer.contacts) == 6
    return world


async def closed(world, moment, name="PVI"):
    """Deliver until the run is closed, and return its report."""
    for turn in range(10):
        await world.at(moment + turn * 6 * SECONDS)
        await world.deliver()
    return await newest(world, name)


async def newest(world, name="PVI"):
    return (await (await world.get(RunViews)).list(name, None, 1))[0]


def by_state(calls):
    return {state: [c for c in calls if c.state == state] for state in {c.state for c in calls}}


async def test_a_closed_run_accounts_for_every_call(started):
    started.dialer.tell(1, wrapup="arguedpositive")
    started.dialer.tell(2, wrapup="unreachable")
    started.dialer.tell(3, wrapup="nonargued")
    started.dialer.tell(4, excluded="blacklist")
    await started.at(ONE)
    [stopped] = await started.stop()
    assert stopped.state == "running"
    report = await closed(started, ONE)
    assert (report.state, report.injected, report.called) == ("closed", 6, 3)
    assert (report.reached, report.appointments, report.recycled, report.dropped) == (2, 1, 2, 1)
    assert adds_up(report)
    calls = by_state(await started.rows("call"))
    assert [call.reason for call in calls["dropped"]] == ["dialer_excluded"]
    assert [call.reason for call in calls["recycled"]] == ["not_called"] * 2
    assert sorted(call.slot_start for call in calls["planned"]) == [TWO] * 3  # and who was not reached
    assert set(started.dialer.contacts) == {1, 2, 3, 4}
    assert await started.broken() == {}


async def test_calls_under_way_are_waited_for(started):
    started.dialer.tell(1, in_progress=True)
    await started.at(ONE)
    await started.stop(**PVI)
    assert (await closed(started, ONE)).state == "running"
    assert set(started.dialer.contacts) == {1}
    started.dialer.tell(1, in_progress=False, wrapup="argued")
    report = await closed(started, ONE + 2 * MINUTE)
    assert (report.state, report.called, report.recycled) == ("closed", 1, 5)


async def test_what_was_never_sent_is_recycled_because_the_dialer_was_unreachable(world):
    world.dialer.down = True
    await world.at(MONDAY)
    await world.take(a_submission(1), a_submission(2))
    await world.at(TEN)
    await world.start(**PVI)
    await world.at(ONE)
    await world.stop(**PVI)
    report = await newest(world)
    assert (report.state, report.injected, report.recycled) == ("closed", 2, 2)
    calls = by_state(await world.rows("call"))
    assert {call.reason for call in calls["recycled"]} == {"dialer_unreachable"}
    assert {call.slot_start for call in calls["planned"]} == {TWO}
    world.dialer.down = False
    await world.at(ONE + MINUTE)
    await world.deliver()
    assert world.dialer.injected == []
    assert await world.broken() == {}


async def test_what_the_dialer_refused_to_the_end_is_recycled_too(world):
    world.dialer.down = True
    await world.at(MONDAY)
    await world.take(a_submission(1))
    await world.at(TEN)
    await world.start(**PVI)
    await world.deliver()
    await world.at(ONE)
    await world.stop(**PVI)
    await world.deliver()
    world.dialer.down = False
    report = await closed(world, ONE + MINUTE)
    assert (report.state, report.recycled) == ("closed", 1)
    assert world.dialer.injected == []


async def test_who_may_never_be_called_again_is_dropped(started):
    [lead, *_] = await started.rows("lead")
    await (await started.get(ChangeLead))(lead.id, LeadChange(pending_task=True))
    await started.at(ONE)
    await started.stop(**PVI)
    report = await closed(started, ONE)
    assert (report.recycled, report.dropped) == (5, 1)
    assert [call.reason for call in by_state(await started.rows("call"))["dropped"]] == ["no_longer_callable"]


async def test_stopping_twice_is_safe(started):
    started.dialer.tell(1, wrapup="argued")
    await started.at(ONE)
    first = await started.stop(**PVI)
    before = await started.contents()
    assert await started.stop(**PVI) == first
    assert await started.contents() == before
    await closed(started, ONE)
    before = await started.contents()
    assert await started.stop(**PVI) == []
    assert await started.stop(**PVI, start_date=TEN) == []
    await started.deliver()
    assert await started.contents() == before


async def test_a_stopped_run_takes_nothing_in_any_more(started):
    await started.at(TEN + HOUR)
    [stopped] = await started.stop(**PVI)
    await started.take(a_submission(9))
    await started.execute("UPDATE call SET campaign = 'PVI' WHERE state = 'planned'")
    with pytest.raises(RunIsOver):
        await started.start(**PVI)
    assert stopped.state == "running"
    report = await closed(started, TEN + HOUR)
    assert (report.state, report.injected, report.recycled) == ("closed", 6, 6)


async def test_a_run_stopped_before_its_slot_plans_its_calls_into_the_next(world):
    await world.at(MONDAY)
    await world.take(a_submission(1))
    await world.start(**PVI)
    await world.stop(**PVI, start_date=TEN)
    assert (await newest(world)).state == "closed"
    assert [call.slot_start for call in await world.rows("call")] == [TEN, TWO]
    await world.at(TWO)
    [report] = await world.start(**PVI)
    assert (report.slot_start, report.injected) == (TWO, 1)


async def test_without_a_date_the_running_slot_is_stopped_else_the_last_that_is_still_open(world):
    for moment in (TEN, TWO, FIVE):
        await world.at(moment)
        await world.start(**PVI)
    await world.at(FIVE + HOUR)
    assert [report.slot_start for report in await world.stop(**PVI)] == [FIVE]
    await world.at(EIGHT)
    assert [report.slot_start for report in await world.stop(**PVI)] == [TWO]
    assert [report.slot_start for report in await world.stop(**PVI)] == [TEN]
    assert await world.stop(**PVI) == []


@pytest.mark.parametrize(("date", "slots"), [(TEN, [TEN]), (ONE - MINUTE, [TEN]), (ONE, [TWO]), (FIVE, [])])
async def test_with_a_date_the_slot_running_then_or_first_after_is_stopped(world, date, slots):
    for moment in (TEN, TWO):
        await world.at(moment)
        await world.start(**PVI)
    assert [report.slot_start for report in await world.stop(**PVI, start_date=date)] == slots


async def test_a_stop_that_was_missed_is_made_up_for_by_the_next_tick(started):
    await started.tick()
    await started.at(EIGHT + MINUTE)
    await started.tick()
    report = await closed(started, EIGHT + 2 * MINUTE)
    runs = await (await started.get(RunViews)).list("PVI", None, 10)
    assert all(run.state in {"closed", "missed"} for run in runs)
    assert runs[-1].recycled == 6
    assert adds_up(report)
    assert await started.broken() == {}


async def test_what_the_fast_lane_did_not_come_to_goes_to_the_campaign_it_follows(world):
    await world.at(TEN + HOUR)
    await world.start(name="CF", running_only=True)
    await world.take(a_submission(1))
    await world.at(ONE)
    await world.stop(name="CF")
    [call] = await world.rows("call")
    assert (call.campaign, call.slot_start, call.state) == ("PVI", TWO, "planned")
    assert (await newest(world, "CF")).state == "closed"


async def test_a_dry_stop_changes_nothing(started):
    await started.at(ONE)
    before = await started.contents()
    [report] = await started.stop(**PVI, dry_run=True)
    assert report.injected == 6
    assert await started.contents() == before


async def test_a_result_that_comes_after_the_call_was_recycled_keeps_the_account(started):
    late = replace(started.dialer.contacts[1][3])
    await started.at(ONE)
    await started.stop(**PVI)
    assert (await closed(started, ONE)).recycled == 6
    started.dialer.contacts[1] = (701, None, None, late)
    started.dialer.tell(1, wrapup="arguedpositive")
    await started.at(ONE + 5 * MINUTE)
    await started.tick()
    await started.deliver()
    report = await newest(started)
    assert (report.called, report.reached, report.recycled) == (1, 1, 5)
    assert adds_up(report)
    calls = await started.rows("call")
    assert len([call for call in calls if call.state == "planned"]) == 5  # nobody calls the appointment again
    assert await started.broken() == {}


async def test_nothing_goes_in_after_the_slots_end(world):
    await world.at(MONDAY)
    await world.take(a_submission(1))
    await world.at(EVENING.end - MINUTE)
    await world.start(**PVI)
    await world.at(EVENING.end)
    await world.deliver()
    assert world.dialer.injected == []
    await world.stop(**PVI)
    assert (await closed(world, EIGHT)).recycled == 1
    assert [call.slot_start for call in await world.rows("call")][-1] == TEN + DAY
