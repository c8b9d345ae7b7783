"""Scoring all stored leads anew, on the real database: what one at a time gives, whatever happens beside it."""

import asyncio
import json
from dataclasses import replace

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine
from tests.adapters.campaign_world import a_submission, world_on
from tests.domain.learned_maker import a_model
from tests.domain.makers import DAY, HOUR, MINUTE, MONDAY, ONE, TEN
from tests.end_to_end.test_command_line import growth

from growth.domain.campaigns.business_rules.bulk_scoring import new_scores
from growth.domain.campaigns.business_rules.rating import rated
from growth.domain.campaigns.entities.leads import LeadStatus, UnknownLead
from growth.domain.campaigns.entities.scoring import DEFAULT_RULES, Tenths
from growth.domain.campaigns.ports.models import ModelViews
from growth.domain.campaigns.ports.rescoring import StoredLeads
from growth.domain.campaigns.ports.views import LeadViews
from growth.domain.campaigns.use_cases import (
    AddModel,
    ChangeLead,
    ExplainScore,
    PromoteModel,
    RescoreLeads,
)
from growth.domain.campaigns.use_cases.change_lead import LeadChange
from growth.domain.kernel.operating import MovableClock

MODEL = a_model()
OTHER_RULES = replace(
    DEFAULT_RULES,
    version="other",
    base=Tenths(170),
    rules=tuple(
        replace(rule, points={**rule.points, "none": Tenths(-230)}) if rule.name == "phone" else rule
        for rule in DEFAULT_RULES.rules
    ),
)
PAGE_VIEW = """
    INSERT INTO prospect_event (id, prospect_id, event_name, properties, occurred_at, received_at, caller, message_id)
    SELECT gen_random_uuid(), prospect_id, :name, '{}', CAST(:at AS timestamptz), :at, 'test', gen_random_uuid()::text
    FROM lead JOIN prospect p ON p.id = prospect_id WHERE p.email = :email
"""


@pytest.fixture
async def world(database_url):
    async with world_on(database_url) as world:
        await world.at(MONDAY)
        world.url = database_url
        yield world


async def some_leads(world):
    """Twelve people: with pages seen, further estimates, several leads, attempts, and with no number or a bad one."""
    frames = ("now", "3_months", "6_months", "later")
    await world.take(
        *(
            a_submission(
                n,
                phone=None if n == 3 else "123" if n == 4 else True,
                sell_timeframe=frames[n % 4],
                property_type=("house", "apartment", "other")[n % 3],
                postal_code=("69003", "59000")[n % 2],
                insee_code=("59350", None)[n % 2],
                estimated_price_eur=None if n % 5 == 0 else 130_000 * n,
            )
            for n in range(12)
        )
    )
    await world.take(a_submission(1, address="1 rue X"), a_submission(1, address="2 rue X", source="form"))
    await world.take(a_submission(2, sell_timeframe="3_months"))
    await world.take(a_submission(8, requested_at=MONDAY - 40 * DAY, postal_code="59001"))
    for n, days in ((1, 1), (1, 2), (1, 5), (1, 8), (5, 1)):
        await world.execute(PAGE_VIEW, name="page_view", at=MONDAY - days * DAY, email=f"p{n}@example.org")
    await world.execute(PAGE_VIEW, name="page_view", at=MONDAY + 90 * DAY, email="p6@example.org")
    await world.execute(PAGE_VIEW, name="meeting_request", at=MONDAY - DAY, email="p7@example.org")
    await world.execute("UPDATE lead SET call_attempts = 2 WHERE sell_timeframe = '6_months'")


async def rescored(world, rules=None, **options):
    use_case = await world.get(RescoreLeads)
    if rules:
        use_case = replace(use_case, configuration=replace(use_case.configuration, rules=rules))
    return await use_case(**options)


async def stored(world):
    return {lead.id: lead.score for lead in await world.rows("lead")}


async def one_by_one(world, rules=None):
    views, now = await world.get(LeadViews), await (await world.get(MovableClock)).now()
    scoring = replace(world.configuration, models=await (await world.get(ModelViews)).in_use())
    scoring = replace(scoring, rules=rules) if rules else scoring
    leads = await world.rows("lead")
    return {lead.id: rated(await views.contactable(lead.id, now), scoring, now).score for lead in leads}


@pytest.mark.parametrize("limit", [1, 3, 100])
async def test_each_lead_has_the_score_that_it_gets_alone(world, limit):
    await some_leads(world)
    await world.at(MONDAY + 3 * DAY + HOUR)
    before, expected = await stored(world), await one_by_one(world)
    found = await rescored(world, limit=limit)
    assert await stored(world) == expected
    assert len(set(expected.values())) > 8
    assert (found.read, found.changed, found.left) == (16, sum(before[id_] != expected[id_] for id_ in before), 0)
    assert "every lead has its score" not in await world.broken()


async def test_other_rules_score_all_and_the_second_time_there_is_nothing_to_write(world):
    await some_leads(world)
    found = await rescored(world, OTHER_RULES)
    assert await stored(world) == await one_by_one(world, OTHER_RULES)
    assert found.changed >= 12
    versions = await world.execute("SELECT id, xmin FROM lead ORDER BY id")
    assert (await rescored(world, OTHER_RULES)).changed == 0
    assert list(await world.execute("SELECT id, xmin FROM lead ORDER BY id")) == list(versions)


async def test_the_live_model_scores_its_share(world):
    await world.take(*(a_submission(n, sell_timeframe=("now", "later")[n % 2]) for n in range(40)))
    await (await world.get(AddModel))(MODEL)
    await (await world.get(PromoteModel))(MODEL.version, 50, reason="a test")
    before = await stored(world)
    found = await rescored(world, limit=7)
    assert await stored(world) == await one_by_one(world)
    assert 8 < found.changed < 32
    assert found.changed == sum(before[id_] != score for id_, score in (await stored(world)).items())


async def test_a_dry_run_counts_and_writes_nothing(world):
    await some_leads(world)
    before = await world.contents()
    dry = await rescored(world, OTHER_RULES, dry_run=True)
    assert await world.contents() == before
    assert await rescored(world, OTHER_RULES) == dry


async def test_of_no_leads_nothing_is_done(world):
    seen = []
    assert (await rescored(world, progress=lambda *told: seen.append(told))).read == 0
    assert seen == []


async def test_a_lead_that_was_changed_since_it_was_read_is_left_alone(world):
    await world.take(*(a_submission(n) for n in range(4)))
    store = await world.get(StoredLeads)
    await world.at(MONDAY + 5 * DAY)
    page = await store.page(None, 10)
    first, second, *rest = page.ids
    await (await world.get(ChangeLead))(first, LeadChange(status=LeadStatus.REFUSED))
    # What the dialer tells of a call changes a lead without its `updated_at`.
    await world.execute("UPDATE lead SET call_attempts = 1 WHERE id = :id", id=second)
    found = new_scores(page, replace(world.configuration, rules=OTHER_RULES))
    before = await stored(world)
    assert (len(found.scores), await store.write(found)) == (4, 2)
    after = await stored(world)
    assert {id_ for id_ in after if after[id_] != before[id_]} == set(rest)


async def test_who_is_changing_a_lead_is_not_waited_for(world):
    await world.take(*(a_submission(n) for n in range(4)))
    [held, *others] = sorted(await stored(world))
    async with (await world.get(AsyncEngine)).connect() as another:
        await another.exec_driver_sql(f"UPDATE lead SET call_attempts = 5 WHERE id = '{held}'")
        found = await rescored(world, OTHER_RULES)
        assert (found.changed, found.left) == (3, 1)
        await another.commit()
    assert (await rescored(world, OTHER_RULES)).changed == 1
    assert await stored(world) == await one_by_one(world, OTHER_RULES)
    assert len(others) == 3


async def test_a_change_that_is_committed_while_a_page_waits_for_it_is_not_overwritten(world):
    await world.take(*(a_submission(n) for n in range(4)))
    page = await (await world.get(StoredLeads)).page(None, 10)
    found = new_scores(page, replace(world.configuration, rules=OTHER_RULES))
    async with (await world.get(AsyncEngine)).connect() as another:
        await another.exec_driver_sql(f"UPDATE lead SET score = 7 WHERE id = '{page.ids[2]}'")
        writing = asyncio.create_task((await world.get(StoredLeads)).write(found))
        await asyncio.sleep(0.05)
        await another.commit()
        assert await writing == 3
    assert (await stored(world))[page.ids[2]] == 7


async def test_a_row_in_the_place_of_the_one_that_was_read_is_another_row(world):
    await world.take(a_submission(1))
    store, engine = await world.get(StoredLeads), await world.get(AsyncEngine)
    page = await store.page(None, 10)
    async with engine.execution_options(isolation_level="AUTOCOMMIT").connect() as alone:
        for score in range(2, 40):
            await alone.exec_driver_sql(f"UPDATE lead SET score = {score}")
            await alone.exec_driver_sql("VACUUM lead")
            if (await store.page(None, 10)).places == page.places:
                break
    assert (await store.page(None, 10)).places == page.places
    assert await store.write(new_scores(page, replace(world.configuration, rules=OTHER_RULES))) == 0


async def test_where_the_whole_table_is_held_all_are_left(world):
    await world.take(a_submission(1))
    page = await (await world.get(StoredLeads)).page(None, 10)
    found = new_scores(page, replace(world.configuration, rules=OTHER_RULES))
    async with (await world.get(AsyncEngine)).connect() as another:
        await another.exec_driver_sql("LOCK TABLE lead IN SHARE MODE")
        assert await (await world.get(StoredLeads)).write(found) == 0


async def test_interrupted_it_leaves_whole_pages_and_repeated_it_does_the_rest(world):
    await some_leads(world)

    def stop(read, _total):
        if read > 5:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        await rescored(world, OTHER_RULES, limit=2, progress=stop)
    now, expected = await stored(world), await one_by_one(world, OTHER_RULES)
    done = sum(now[id_] == expected[id_] for id_ in now)
    assert 5 < done < 16
    assert (await rescored(world, OTHER_RULES, limit=2)).changed == 16 - done
    assert await stored(world) == expected


async def explained(world, id_, rules=None):
    use_case = await world.get(ExplainScore)
    if rules:
        use_case = replace(use_case, configuration=replace(use_case.configuration, rules=rules))
    return await use_case(id_)


async def test_the_explanation_is_of_the_score_that_the_lead_has(world):
    await some_leads(world)
    kept = {row.lead_id: row for row in await world.rows("lead_score", "lead_id")}
    await rescored(world)
    for id_, score in (await stored(world)).items():
        told = await explained(world, id_)
        if kept[id_].score == score:
            assert told.scored_at == kept[id_].scored_at
        assert (told.score, told.rule_set_version) == (score, DEFAULT_RULES.version)
    await rescored(world, OTHER_RULES)
    for id_, score in (await stored(world)).items():
        told = await explained(world, id_, OTHER_RULES)
        assert (told.score, told.rule_set_version) == (score, "other")
        assert told.base + sum(points for *_, points in told.contributions) == told.unclipped
    assert {row.lead_id: row for row in await world.rows("lead_score", "lead_id")} == kept


async def test_the_explanation_follows_the_model_that_is_live(world):
    await world.take(a_submission(1))
    [id_] = await stored(world)
    assert (await explained(world, id_)).model_version is None
    await (await world.get(AddModel))(MODEL)
    await (await world.get(PromoteModel))(MODEL.version, 100, reason="a test")
    await rescored(world)
    told = await explained(world, id_)
    assert (told.score, told.model_version) == ((await stored(world))[id_], MODEL.version)
    with pytest.raises(UnknownLead):
        await explained(world, (await world.rows("submission"))[0].id)


async def test_called_people_are_scored_with_their_attempts(world):
    await world.take(*(a_submission(n) for n in range(3)))
    await world.at(TEN)
    await world.start(type="PVI")
    await world.deliver()
    world.dialer.moment = TEN + MINUTE
    [(_, recipients)] = world.dialer.injected
    world.dialer.tell(world.dialer.contact_of(recipients[0].call_id), wrapup="unreachable")
    await world.at(ONE)
    await world.stop()
    await world.deliver()
    await world.at(MONDAY + 2 * DAY + HOUR)
    await rescored(world)
    scores = await stored(world)
    assert scores == await one_by_one(world)
    assert scores[recipients[0].lead_id] == scores[recipients[1].lead_id] - 40


async def test_on_the_command_line(world):
    await world.take(*(a_submission(n) for n in range(3)))
    await world.execute("UPDATE lead SET score = 1")
    told = await growth("rescore", "--dry-run", database=world.url)
    assert (told.code, told.out, told.lines) == (0, "3 leads: 3 would have another score.\n", [])
    told = await growth("rescore", "--json", database=world.url)
    assert json.loads(told.out) == {"read": 3, "changed": 3, "left": 0, "dry_run": False}
    assert set((await stored(world)).values()) != {1}
    told = await growth("rescore", database=world.url)
    assert told.out == "3 leads: 0 have another score.\n"
