import asyncio
import random
from dataclasses import replace
from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from tests.adapters.campaign_world import a_submission, world_on
from tests.domain.makers import DAY, HOUR, MONDAY, TEN, a_campaign, a_configuration

from growth.adapters.db.calls import SqlCalls
from growth.domain.campaigns.entities.leads import PropertyType, SellTimeframe
from growth.domain.campaigns.use_cases import ChangeLead
from growth.domain.campaigns.use_cases.change_lead import LeadChange

TABLES = ("prospect", "prospect_event", "lead", "submission", "call")


async def test_an_estimate_becomes_person_event_lead_score_and_planned_call(world):
    consent = {"wording_version": "v1", "given_at": "2026-11-22T10:00:00+00:00"}
    await world.take(replace(a_submission(source="form"), consent=consent, first_name="Ada"))
    [person], [event], [lead], [submission], [call] = [await world.rows(table) for table in TABLES]
    [score] = await world.rows("lead_score", "lead_id")
    assert (person.email, person.phone, person.phone_valid) == ("p1@example.org", "+33199000001", True)
    assert (event.prospect_id, event.event_name) == (person.id, "website_capture_form")
    assert event.properties == {"form_name": "form", "consent": consent}
    assert (lead.segment, lead.lead_type, lead.status, lead.request_count) == ("PVI_NOW", "DIRECT", "new", 1)
    assert (lead.prospect_id, submission.lead_id, score.lead_id, call.lead_id) == (person.id, *[lead.id] * 3)
    assert (call.campaign, call.slot_start, call.state) == ("PVI", TEN, "planned")
    assert score.score == lead.score == 100 + 350 + 100 + 100 + 100 + 30
    assert await world.broken() == {}


@pytest.mark.parametrize(
    ("answers", "phone", "campaign"),
    [
        ({"buys_first": True}, True, "PVB"),
        ({"estimated_price_eur": 199_999}, True, "PQSC"),
        ({"is_owner": False}, True, None),
        ({"sell_timeframe": SellTimeframe.LATER}, True, None),
        ({}, None, None),
        ({}, "00000000", None),
        ({"postal_code": "97200"}, True, "PVI"),
    ],
)
async def test_only_whom_a_campaign_may_call_has_a_call(world, answers, phone, campaign):
    await world.take(a_submission(phone=phone, **answers))
    assert [call.campaign for call in await world.rows("call")] == ([campaign] if campaign else [])
    assert len(await world.rows("lead")) == 1
    assert await world.broken() == {}


async def test_what_fails_in_the_middle_leaves_nothing(world, monkeypatch):
    before = await world.contents()

    async def fails(self, calls):
        raise RuntimeError("killed")

    monkeypatch.setattr(SqlCalls, "put", fails)
    with pytest.raises(RuntimeError, match="killed"):
        await world.take(a_submission(1), a_submission(2))
    assert await world.contents() == before
    monkeypatch.undo()
    await world.take(a_submission(1))
    assert len(await world.rows("call")) == 1


async def test_fifty_submissions_of_one_person_at_once_are_one_lead(world):
    await asyncio.gather(*(world.take(a_submission(1)) for _ in range(50)))
    [person], events, [lead], submissions, [call] = [await world.rows(table) for table in TABLES]
    assert (lead.request_count, len(events), len(submissions)) == (50, 50, 50)
    assert lead.prospect_id == call.prospect_id == person.id
    assert await world.broken() == {}


async def test_fifty_people_in_any_order_at_once_do_not_stand_in_each_others_way(world):
    people = [a_submission(count) for count in range(10)]
    mixed = [[replace(s, id=uuid4()) for s in random.Random(turn).sample(people, 10)] for turn in range(10)]
    await asyncio.gather(*(world.take(*each) for each in mixed))
    assert [lead.request_count for lead in await world.rows("lead")] == [10] * 10
    assert await world.broken() == {}


async def test_the_same_submission_twice_changes_nothing(world):
    once = a_submission(id=UUID(int=1))
    await world.take(once)
    before = await world.contents()
    await world.take(once)
    await world.take(once, replace(once, phone="0199000009"))
    assert await world.contents() == before


async def test_the_same_submission_many_times_at_once_counts_once(world):
    once = a_submission(id=UUID(int=1))
    await asyncio.gather(*(world.take(once, once) for _ in range(20)))
    [lead] = await world.rows("lead")
    assert (lead.request_count, len(await world.rows("prospect_event"))) == (1, 1)


async def test_requests_for_one_property_within_thirty_days_are_one_lead_whose_newest_answers_win(world):
    await world.take(a_submission(sell_timeframe=SellTimeframe.LATER))
    assert await world.rows("call") == []
    await world.at(MONDAY + 30 * DAY - HOUR)
    await world.take(a_submission(sell_timeframe=SellTimeframe.MONTHS_3))
    [lead], [call] = await world.rows("lead"), await world.rows("call")
    assert (lead.request_count, lead.segment, call.campaign) == (2, "PVI_SOON", "PVI")
    await world.take(a_submission(requested_at=MONDAY + DAY))
    [lead] = await world.rows("lead")
    assert (lead.request_count, lead.segment) == (3, "PVI_SOON")


@pytest.mark.parametrize(
    ("after", "changes"),
    [
        pytest.param(HOUR, {"surface_m2": 101}, id="another surface"),
        pytest.param(HOUR, {"address": "1 rue Neuve"}, id="an address"),
        pytest.param(HOUR, {"property_type": PropertyType.LAND}, id="another type"),
        pytest.param(30 * DAY + HOUR, {}, id="after thirty days"),
    ],
)
async def test_other_requests_of_a_person_are_other_leads(world, after, changes):
    await world.take(a_submission())
    await world.at(MONDAY + after)
    await world.take(a_submission(**changes))
    assert [lead.request_count for lead in await world.rows("lead")] == [1, 1]
    assert len(await world.rows("prospect")) == 1


async def test_a_planned_call_goes_where_the_lead_belongs_now(world):
    await world.take(a_submission())
    await world.take(a_submission(buys_first=True))
    [call] = await world.rows("call")
    assert (call.campaign, call.state) == ("PVB", "planned")
    await world.take(a_submission(is_owner=False))
    [call] = await world.rows("call")
    assert (call.state, call.reason) == ("unplanned", "no_campaign")
    await world.take(a_submission())
    assert [call.state for call in await world.rows("call")] == ["unplanned", "planned"]


async def test_a_telephone_given_later_lets_the_call_be_planned(world):
    await world.take(a_submission(phone=None))
    assert await world.rows("call") == []
    await world.take(a_submission())
    [call] = await world.rows("call")
    assert call.state == "planned"


async def test_a_callback_is_planned_in_its_slot(world):
    wanted = TEN + 2 * DAY + HOUR
    await world.take(a_submission(callback_at=wanted))
    [call] = await world.rows("call")
    assert (call.slot_start, call.callback_at) == (TEN + 2 * DAY, wanted)


async def test_who_comes_in_during_a_slot_is_planned_in_the_fast_lane(world):
    await world.at(TEN + HOUR)
    await world.take(a_submission(1), a_submission(2, buys_first=True))
    assert {(call.campaign, call.slot_start) for call in await world.rows("call")} == {
        ("CF", TEN),
        ("PVB", TEN + 4 * HOUR),
    }


async def test_an_open_task_or_a_wallet_holds_for_all_leads_of_the_person(world):
    await world.take(a_submission())
    [lead] = await world.rows("lead")
    await (await world.get(ChangeLead))(lead.id, LeadChange(pending_task=True))
    await world.take(a_submission(surface_m2=55))
    assert len(await world.rows("lead")) == 2
    assert len(await world.rows("call")) == 1


def a_mixed_batch(chance, count):
    return [
        a_submission(
            chance.randrange(count // 3),
            phone=chance.choice([True, True, None, "00000000"]),
            source=chance.choice(["estimate", "form", "fsbo_callback", "import", "pubsub"]),
            requested_at=chance.choice([None, MONDAY - chance.randrange(40) * DAY]),
            surface_m2=chance.choice([50, 100]),
            is_owner=chance.random() < 0.9,
            buys_first=chance.random() < 0.3,
            sell_timeframe=chance.choice(list(SellTimeframe)),
            estimated_price_eur=chance.choice([None, 150_000, 300_000, 900_000]),
            postal_code=chance.choice(["69003", "59000", "97400"]),
        )
        for _ in range(count)
    ]


async def test_each_score_is_exactly_its_base_and_its_contributions(world):
    await world.take(*a_mixed_batch(random.Random(1), 300))
    scores = await world.rows("lead_score", "lead_id")
    assert len(scores) > 100
    for each in scores:
        assert each.base + sum(points for _, _, points in each.contributions) == each.unclipped
        assert each.score == max(0, min(1000, each.unclipped))
    assert await world.broken() == {}


async def test_many_at_once_are_taken_like_one_after_another(world):
    """The two databases differ in ids and times only."""
    submissions = a_mixed_batch(random.Random(2), 120)

    async def told():
        sql = """SELECT p.email, p.phone, l.surface_m2, l.postal_code, l.requested_at < :now AS past, l.segment,
            l.lead_type, l.score, l.request_count, l.sell_timeframe, s.contributions::text, c.campaign, c.slot_start
            FROM lead l JOIN prospect p ON p.id = l.prospect_id JOIN lead_score s ON s.lead_id = l.id
            LEFT JOIN call c ON c.lead_id = l.id AND c.state = 'planned'"""
        return sorted(map(repr, await world.execute(sql, now=MONDAY)))

    await world.take(*submissions)
    together = await told()
    await world.execute("TRUNCATE prospect CASCADE")
    await world.at(MONDAY)
    for each in submissions:
        await world.take(each)
    assert await told() == together
    assert len(together) > 60


async def test_the_configuration_decides_who_is_cheap(database_url):
    configuration = replace(a_configuration(pvi=a_campaign()), pqsc_below_eur=500_000)
    async with world_on(database_url, configuration) as world:
        await world.at(MONDAY + timedelta(hours=1))
        await world.take(a_submission())
        [lead] = await world.rows("lead")
        assert lead.lead_type == "PQSC"
