"""The figures of a report, each against a plain computation over all rows."""

from collections import Counter, defaultdict
from datetime import timedelta
from statistics import quantiles
from uuid import uuid4
from zoneinfo import ZoneInfo

import pytest
from tests.adapters.campaign_days import NOW, TUESDAY, a_region, live_through
from tests.adapters.campaign_world import a_submission, world_on
from tests.domain.makers import DAY, EIGHT, FIVE, MINUTE, MONDAY, ONE, TEN, TWO

from growth.domain.campaigns.business_rules.forecasting import forecast
from growth.domain.campaigns.business_rules.slots import slots_between
from growth.domain.campaigns.entities.reports import BadPeriod, HourReach
from growth.domain.campaigns.entities.slots import Slot
from growth.domain.campaigns.ports.reports import CampaignFigures
from growth.domain.campaigns.ports.views import RunViews
from growth.domain.campaigns.use_cases import ReportCampaigns

WEEK = (NOW - 7 * DAY, NOW)
REACHED = {"arguedpositive", "argued", "nonargued", "tocall"}
TABLES = {
    "lead": "created_at id",
    "call": "planned_at id",
    "decision": "decided_at lead_id",
    "campaign_run": "id",
    "call_attempt": "attempted_at id",
    "call_result": "received_at contact_id",
    "tick": "job due_at",
}


class Days:
    """The world after its day and a half, its rows as they are, and reports about it."""

    def __init__(self, world, rows):
        self.world, self.rows = world, rows
        self.leads = {lead.id: lead for lead in rows["lead"]}

    async def report(self, since=None, until=None):
        return await (await self.world.get(ReportCampaigns))(since, until)

    def runs(self, since, until):
        return {run.id: run for run in self.rows["campaign_run"] if since <= run.slot_start < until}

    def calls(self, since, until):
        return [call for call in self.rows["call"] if call.run_id in self.runs(since, until)]


@pytest.fixture(scope="module")
async def days(cluster, administrator, template):
    from tests.conftest import url_of  # noqa: PLC0415

    name = f"days_{uuid4().hex}"
    await administrator.execute(f"CREATE DATABASE {name} TEMPLATE {template}")
    async with world_on(url_of(cluster, database=name), a_region()) as world:
        await live_through(world)
        yield Days(world, {table: await world.rows(table, order) for table, order in TABLES.items()})
    await administrator.execute(f"DROP DATABASE {name} WITH (FORCE)")


PERIODS = pytest.mark.parametrize(
    ("since", "until"),
    [WEEK, (MONDAY, TWO), (TWO, TUESDAY[0] + MINUTE), (TEN, TEN + MINUTE), (NOW, NOW + DAY)],
    ids=["all", "morning", "middle", "one slot", "nothing"],
)


def worked(calls):
    made = sum(call.state == "called" for call in calls)
    return len(calls), made, sum(call.wrapup == "arguedpositive" for call in calls)


def numbers(it):
    return it.worked.injected, it.worked.called, it.worked.appointments


def grouped(items, key):
    found = defaultdict(list)
    for item in items:
        found[key(item)].append(item)
    return found


@PERIODS
async def test_the_funnel_of_each_slot_and_campaign(days, since, until):
    report = await days.report(since, until)
    views = await days.world.get(RunViews)
    runs = days.runs(since, until)
    assert {it.id for it in report.slots} == runs.keys()
    assert [(it.slot_start, it.campaign) for it in report.slots] == sorted(
        (r.slot_start, r.campaign) for r in runs.values()
    )
    for it in report.slots:
        assert it == await views.get(it.id)
    of_campaign = grouped(runs.values(), lambda run: run.campaign)
    assert [it.campaign for it in report.campaigns] == sorted(of_campaign)
    for it in report.campaigns:
        ids = {run.id for run in of_campaign[it.campaign]}
        calls = [call for call in days.rows["call"] if call.run_id in ids]
        decided = [one for one in days.rows["decision"] if one.run_id in ids]
        states = Counter(call.state for call in calls)
        assert (it.slots, it.missed) == (len(ids), sum(r.state == "missed" for r in of_campaign[it.campaign]))
        assert (it.injected, it.called, it.appointments) == worked(calls)
        assert (it.recycled, it.dropped) == (states["recycled"], states["dropped"])
        assert it.reached == sum(call.wrapup in REACHED for call in calls)
        assert it.gates == Counter(one.gate for one in decided if one.gate)
        assert it.candidates == len(decided) == it.injected + sum(it.gates.values())


@PERIODS
async def test_speed_to_lead(days, since, until):
    first = {}
    for attempt in days.rows["call_attempt"]:  # in the order of time
        first.setdefault(attempt.lead_id, attempt)
    waited = defaultdict(list)
    for call in days.calls(since, until):
        attempt = first.get(call.lead_id)
        if attempt and attempt.call_id == call.id:
            seconds = (attempt.attempted_at - days.leads[call.lead_id].created_at).total_seconds()
            waited[call.campaign].append(seconds)
            waited[None].append(seconds)
    found = {it.campaign: it for it in (await days.report(since, until)).speed}
    assert found.keys() == waited.keys()
    for campaign, seconds in waited.items():
        tenths = quantiles(seconds, n=10, method="inclusive") if len(seconds) > 1 else seconds * 9
        expected = (len(seconds), round(tenths[4]), round(tenths[8]))
        assert (found[campaign].leads, found[campaign].p50_seconds, found[campaign].p90_seconds) == expected


async def test_speed_counts_the_first_attempt_only(days):
    """The campaign that tried somebody again was not the one that made him wait."""
    again = Counter(attempt.lead_id for attempt in days.rows["call_attempt"])
    assert max(again.values()) > 1
    (overall,) = [it for it in (await days.report(*WEEK)).speed if it.campaign is None]
    assert overall.leads == len(again)


@PERIODS
async def test_shares_of_agents_and_zones(days, since, until):
    report, calls = await days.report(since, until), days.calls(since, until)
    by_agent = grouped((call for call in calls if call.agent_id), lambda call: call.agent_id)
    assert {it.agent_id: numbers(it) for it in report.agents} == {it: worked(of) for it, of in by_agent.items()}
    assert all(it.name == f"Agent {it.agent_id}" for it in report.agents)
    whole = worked([call for call in calls if call.agent_id])
    for it in report.agents:
        shares = (it.shares.injected, it.shares.called, it.shares.appointments)
        assert shares == pytest.approx([part / (all_ or 1) for part, all_ in zip(numbers(it), whole, strict=True)])
    # 01000 is Ain's rather than Lyon's, as its prefix is the longer one; PVB and PQSC have no zones.
    zones = {"69": ("Lyon", "69"), "01": ("Ain", "010"), "75": ("Rest", ""), "2A": ("Rest", ""), "33": ("Rest", "")}

    def zone(call):
        theirs = zones[days.leads[call.lead_id].postal_code[:2]]
        return theirs if call.campaign in {"PVI", "CF"} else (None, None)

    assert {(it.group, it.zone): numbers(it) for it in report.zones} == {
        it: worked(of) for it, of in grouped(calls, zone).items()
    }
    if calls:
        assert sum(it.shares.injected for it in report.zones) == pytest.approx(1)


@PERIODS
async def test_the_hold_out_share_is_compared_with_those_in_score_order(days, since, until):
    calls = {call.id: call for call in days.rows["call"]}
    runs, arms = days.runs(since, until), defaultdict(Counter)
    with_some = {one.run_id for one in days.rows["decision"] if one.held_out}
    for one in days.rows["decision"]:
        if one.run_id in runs and one.run_id in with_some and one.outcome == "injected":
            call, run = calls[one.call_id], runs[one.run_id]
            if call.callback_at is None or call.callback_at >= run.slot_end:
                arms[run.campaign][one.held_out, "called"] += call.state == "called"
                arms[run.campaign][one.held_out, "appointments"] += call.wrapup == "arguedpositive"
    found = (await days.report(since, until)).hold_out
    assert [it.campaign for it in found] == sorted(arms)
    for it in found:
        told = ((True, it.held_out), (False, it.scored))
        assert all(
            (arm.called, arm.appointments)
            == tuple(arms[it.campaign][side, name] for name in ("called", "appointments"))
            for side, arm in told
        )


async def test_a_callback_counts_for_neither_side(days):
    report, (call, *_) = await days.report(*WEEK), _appointments_in_score_order(days)
    before = next(it for it in report.hold_out if it.campaign == "PVI")
    moved = "UPDATE call SET callback_at = slot_start + interval '1 hour' WHERE id = :id"
    await days.world.execute(moved, id=call)
    try:
        after = next(it for it in (await days.report(*WEEK)).hold_out if it.campaign == "PVI")
    finally:
        await days.world.execute("UPDATE call SET callback_at = NULL WHERE id = :id", id=call)
    assert after.scored.called == before.scored.called - 1
    assert after.scored.appointments == before.scored.appointments - 1
    assert after.held_out == before.held_out


def _appointments_in_score_order(days):
    scored = {one.call_id for one in days.rows["decision"] if one.outcome == "injected" and not one.held_out}
    calls = [call for call in days.rows["call"] if call.campaign == "PVI" and call.wrapup == "arguedpositive"]
    return [call.id for call in calls if call.id in scored and call.callback_at is None]


def waiting(days, *, in_line):
    """What is known of each lead that could be called and never was, the one that waits longest first."""
    for lead in sorted(days.rows["lead"], key=lambda lead: (lead.created_at, lead.id)):
        calls = [call for call in days.rows["call"] if call.lead_id == lead.id]
        stops = [one for one in days.rows["decision"] if one.lead_id == lead.id and one.outcome == "stopped"]
        open_call = next((call for call in calls if call.state in {"planned", "injected"}), None)
        never = lead.status in {"new", "not_qualified"} and lead.segment and not lead.call_attempts
        if never and (open_call or not in_line):
            last = stops[-1] if stops else None
            recycled = sum(call.state == "recycled" for call in calls)
            yield (
                *(lead.id, lead.created_at, len(stops), recycled, last and last.gate, last and last.decided_at),
                open_call and open_call.slot_start,
            )


def told(it):
    return (
        *(it.lead_id, it.arrived_at, it.stopped, it.recycled, it.last_gate, it.last_stopped_at),
        it.planned_for,
    )


async def test_who_waits(days):
    report = await days.report(*WEEK)
    assert told(report.oldest_uncalled) == next(waiting(days, in_line=False))
    assert told(report.oldest_in_line) == next(waiting(days, in_line=True))
    passed_over = [it for it in waiting(days, in_line=True) if it[2] + it[3] >= 2]
    assert len(passed_over) > 3
    assert [told(it) for it in report.starving] == passed_over[:50]
    assert any(it.last_gate for it in report.starving)


async def test_forecasts_stand_beside_what_came_of_the_slots(days):
    report = await days.report(*WEEK)
    pvi = days.world.configuration.campaigns[0]
    starts = {(it.slot_start, it.slot_end) for it in report.slots if it.campaign in {"PVI", "CF"}}
    assert {(it.slot_start, it.slot_end) for it in report.outcomes} == starts
    for it in report.outcomes:
        both = [run for run in report.slots if run.slot_start == it.slot_start and run.campaign in {"PVI", "CF"}]
        assert (it.injected, it.called) == (sum(run.injected for run in both), sum(run.called for run in both))
        assert (it.campaign, it.capacity) == ("PVI", pvi.capacity)
        assert it.forecast == forecast(pvi, Slot(it.slot_start, it.slot_end), [])  # nothing was known before


def reach(days, since, until):
    hours = defaultdict(Counter)
    runs = {call.id: call.run_id for call in days.rows["call"]}
    for result in days.rows["call_result"]:
        if runs.get(result.call_id) in days.runs(since, until) and result.wrapup:
            hour = result.attempted_at.astimezone(ZoneInfo("Europe/Paris")).hour
            hours[hour].update(attempts=1, reached=result.wrapup in REACHED)
    return [HourReach("Europe/Paris", hour, it["attempts"], it["reached"]) for hour, it in sorted(hours.items())]


@pytest.mark.parametrize("until", [NOW, TWO, MONDAY, NOW + 27 * DAY, NOW + 29 * DAY])
async def test_the_reach_of_each_hour_is_that_of_four_weeks(days, until):
    zones = {it.name: it.timezone for it in days.world.configuration.campaigns}
    found = await (await days.world.get(CampaignFigures)).reach(zones, until)
    assert found == reach(days, until - timedelta(days=28), until)
    assert (len(found) > 2) == (until in {NOW, TWO, NOW + 27 * DAY})


async def test_an_attempt_of_which_nobody_said_what_came_is_none_that_failed(days):
    zones = {it.name: it.timezone for it in days.world.configuration.campaigns}
    figures, result = await days.world.get(CampaignFigures), days.rows["call_result"][0]
    said = "UPDATE call_result SET wrapup = :wrapup WHERE contact_id = :id AND dialer_campaign_id = :of"
    place = {"id": result.contact_id, "of": result.dialer_campaign_id}
    before = await figures.reach(zones, NOW)
    await days.world.execute(said, wrapup=None, **place)
    try:
        after = await figures.reach(zones, NOW)
    finally:
        await days.world.execute(said, wrapup=result.wrapup, **place)
    assert sum(it.attempts for it in after) == sum(it.attempts for it in before) - 1


async def test_coming_slots_are_planned_against_what_can_be_worked_off(days):
    report, campaigns = await days.report(*WEEK), days.world.configuration.campaigns
    planned = Counter((call.campaign, call.slot_start) for call in days.rows["call"] if call.state == "planned")
    known = reach(days, report.made_at - timedelta(days=28), report.made_at)
    expected = [
        (slot.start, it.name, planned[it.name, slot.start], it.capacity, it.maximum, forecast(it, slot, known))
        for it in campaigns
        for slot in slots_between(it.slots, it.timezone, report.made_at, report.made_at + 7 * DAY)
    ]
    coming = [(c.slot_start, c.campaign, c.planned, c.capacity, c.maximum, c.forecast) for c in report.coming]
    assert coming == sorted(expected, key=lambda it: it[:2])
    assert sum(it[2] for it in coming) > 2
    assert report.overdue == sum(n for (_, start), n in planned.items() if start < report.made_at)


async def test_what_was_slept_through_is_owned_up_to(days):
    report = await days.report(*WEEK)
    missed = Counter(tick.job for tick in days.rows["tick"] if tick.state == "missed")
    assert {it.job: it.ticks for it in report.missed_ticks} == missed
    assert report.missed_slots == sum(run.state == "missed" for run in days.rows["campaign_run"]) == 2
    quiet = await days.report(TEN, TEN + MINUTE)
    assert (quiet.missed_slots, quiet.missed_ticks) == (0, [])


async def test_without_times_it_is_the_last_seven_days(days):
    report = await days.report()
    assert report.made_at == report.period.until
    assert report.period.until - report.period.since == 7 * DAY
    assert (await days.report(until=ONE)).period.since == ONE - 7 * DAY
    assert (await days.report(since=FIVE)).period.until == FIVE + 7 * DAY


@pytest.mark.parametrize(
    ("since", "until"), [(TEN, TEN), (ONE, TEN), (EIGHT - 62 * DAY - timedelta.resolution, EIGHT), (NOW + DAY, None)]
)
async def test_a_period_that_is_none_is_refused(days, since, until):
    if until is None:
        assert (await days.report(since, until)).slots == []
        return
    with pytest.raises(BadPeriod) as refused:
        await days.report(since, until)
    assert [fault.pointer for fault in refused.value.faults] == ["?to"]


async def test_a_report_changes_nothing_and_an_empty_service_has_one(database_url):
    async with world_on(database_url, a_region()) as world:
        await world.at(MONDAY)
        before = await world.contents()
        report = await (await world.get(ReportCampaigns))()
        assert await world.contents() == before
    assert (report.slots, report.speed, report.oldest_uncalled, report.starving) == ([], [], None, [])
    assert len(report.coming) == 25


async def test_the_erased_count_on_without_a_place(days):
    """Of a call there remains that it was made; where, nobody knows any more."""
    called = next(call for call in days.rows["call"] if call.state == "called" and call.campaign == "PVI")
    erased = "UPDATE call SET lead_id = :lead WHERE id = :id"
    before = await days.report(*WEEK)
    await days.world.execute(erased, id=called.id, lead=None)
    try:
        after = await days.report(*WEEK)
    finally:
        await days.world.execute(erased, id=called.id, lead=called.lead_id)
    assert after.campaigns == before.campaigns

    def nowhere(report):
        return next(numbers(it) for it in report.zones if it.zone is None)

    assert nowhere(after)[:2] == tuple(number + 1 for number in nowhere(before)[:2])


async def test_a_new_lead_waits_from_its_arrival(database_url):
    async with world_on(database_url) as world:
        await world.at(MONDAY)
        await world.take(a_submission(1, is_owner=False), a_submission(2))
        await world.at(MONDAY + MINUTE)
        await world.take(a_submission(3))
        report = await (await world.get(ReportCampaigns))()
        leads = {lead.created_at: lead for lead in await world.rows("lead") if lead.segment}
    oldest = leads[min(leads)]
    assert report.oldest_uncalled == report.oldest_in_line
    assert (report.oldest_uncalled.lead_id, report.oldest_uncalled.planned_for) == (oldest.id, TEN)
    assert (report.oldest_uncalled.last_gate, report.starving) == (None, [])
