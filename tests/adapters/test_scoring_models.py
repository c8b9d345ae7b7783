"""Learned models in use, on the real database: shadow, promotion, its refusal, live, retired, exported."""

import asyncio
import csv
import json

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine
from tests.adapters.campaign_world import a_submission, world_on
from tests.adapters.test_replays import CAMPAIGNS
from tests.domain.learned_maker import a_model
from tests.domain.makers import DAY, MINUTE, MONDAY, ONE, TEN
from tests.end_to_end.test_command_line import growth

from growth.adapters.campaigns_file import read_campaigns, remember
from growth.adapters.models import file_of, read_model, save_model
from growth.adapters.models.writing import content_hash
from growth.domain.campaigns.entities.learned_models import BadModelFile
from growth.domain.campaigns.entities.models_in_use import ForeignModel, NotBetter, UnknownModel
from growth.domain.campaigns.ports.models import ModelViews
from growth.domain.campaigns.use_cases import AddModel, JudgeModel, PromoteModel, ReplayRun, RetireModel

MODEL, OTHER = a_model(), a_model(now=1.5)
FILE = CAMPAIGNS.replace("capacity = 4", "capacity = 500").replace("maximum = 7", "maximum = 1000")
FILE = FILE.replace("hold_out_percent = 30\n", "")


@pytest.fixture
async def world(database_url):
    configuration = read_campaigns(FILE, "test")
    async with world_on(database_url, configuration) as world:
        world.url = database_url
        await remember(await world.get(AsyncEngine), configuration, FILE)
        await world.at(MONDAY)
        yield world


async def use(world, what, *given, **options):
    return await (await world.get(what))(*given, **options)


async def people(world, number):
    frames = ("now", "3_months", "6_months")
    await world.take(*(a_submission(n, sell_timeframe=frames[n % 3]) for n in range(number)))


async def called(world, won):
    """Everybody who is with the dialer is called; `won` tells of a lead's time frame whether it was a success."""
    await world.deliver()
    leads = {lead.id: lead.sell_timeframe for lead in await world.rows("lead")}
    world.dialer.moment = TEN + MINUTE
    for count, (_, recipients) in enumerate(world.dialer.injected):
        for place, each in enumerate(recipients):
            wrapup = "arguedpositive" if won(leads[each.lead_id], count * 300 + place) else "nonargued"
            world.dialer.tell(world.dialer.contact_of(each.call_id), wrapup=wrapup)
    await world.at(ONE)
    await world.stop()
    await world.deliver()


async def test_in_the_shadow_a_model_says_what_it_would_and_changes_nothing(world):
    await use(world, AddModel, MODEL)
    await people(world, 6)
    await world.at(TEN)
    [report] = await world.start(type="PVI")
    assert report.injected == 6
    said = await world.rows("shadow_score", "call_id")
    assert len(said) == 6
    assert {row.model_version for row in said} == {MODEL.version}
    assert {row.model_version for row in await world.rows("decision", "lead_id")} == {None}
    assert {row.model_version for row in await world.rows("lead_score", "lead_id")} == {None}


async def test_live_it_scores_its_share_and_the_run_is_replayed_with_it(world):
    await use(world, AddModel, MODEL)
    kept = await use(world, PromoteModel, MODEL.version, 50, reason="a test")
    assert (kept.state, kept.percent, kept.reason) == ("live", 50, "a test")
    await people(world, 40)
    await world.at(TEN)
    [report] = await world.start(type="PVI")
    decided = await world.rows("decision", "lead_id")
    by = {row.lead_id: row.model_version for row in decided}
    assert 8 < sum(version == MODEL.version for version in by.values()) < 32
    for row in await world.rows("lead_score", "lead_id"):
        assert row.model_version == by[row.lead_id]
        assert row.base + sum(points for *_, points in row.contributions) == row.unclipped
    await use(world, RetireModel, MODEL.version)
    found = await use(world, ReplayRun, report.id)
    assert (found.equal, found.model_versions) == (True, [MODEL.version])
    await world.execute("UPDATE run_filling SET live_percent = 10")
    assert not (await use(world, ReplayRun, report.id)).equal


async def test_promotion_asks_for_enough_calls_and_for_better_ones(world):
    await use(world, AddModel, MODEL)
    with pytest.raises(NotBetter, match="0 calls"):
        await use(world, PromoteModel, MODEL.version, 20)
    await people(world, 300)
    await world.at(TEN)
    await world.start(type="PVI")
    await world.execute("UPDATE decision SET score = 500")  # the rules know nothing
    await called(world, lambda frame, n: frame == "now" and n % 2)
    found = await use(world, JudgeModel, MODEL.version)
    assert (found.calls, found.better, round(found.auc_now, 6)) == (300, True, 0.5)
    kept = await use(world, PromoteModel, MODEL.version, 20)
    assert (kept.state, kept.percent, kept.reason) == ("live", 20, None)
    again = await use(world, PromoteModel, MODEL.version, 60)
    assert (again.state, again.percent) == ("live", 60)


async def test_a_model_that_is_not_better_is_refused(world):
    await use(world, AddModel, a_model(now=-2.0))
    await people(world, 300)
    await world.at(TEN)
    await world.start(type="PVI")
    await called(world, lambda frame, n: frame == "now" and n % 2)
    with pytest.raises(NotBetter, match="not better"):
        await use(world, PromoteModel, a_model(now=-2.0).version, 20)


async def test_who_is_added_takes_the_shadow_and_who_is_promoted_the_live_place(world):
    await use(world, AddModel, MODEL)
    assert (await use(world, AddModel, MODEL)).state == "shadow"
    await use(world, AddModel, OTHER)
    states = {it.version: it.state for it in await world.rows("scoring_model", "version")}
    assert states == {MODEL.version: "retired", OTHER.version: "shadow"}
    await asyncio.gather(
        *(use(world, PromoteModel, model.version, 30, reason="race") for model in (MODEL, OTHER) for _ in range(5))
    )
    states = [it.state for it in await world.rows("scoring_model", "version")]
    assert sorted(states) == ["live", "retired"]
    assert (await use(world, AddModel, MODEL)).state in {"live", "shadow"}


async def test_what_cannot_be_used_is_refused(world):
    with pytest.raises(ForeignModel, match="euribor3m"):
        await use(world, AddModel, a_model(column="euribor3m"))
    for what in (RetireModel, JudgeModel):
        with pytest.raises(UnknownModel):
            await use(world, what, MODEL.version)
    with pytest.raises(UnknownModel):
        await use(world, PromoteModel, MODEL.version, 10, reason="none there")


async def test_on_the_command_line_from_calls_to_a_live_model(world, tmp_path):
    await people(world, 30)
    await world.at(TEN)
    await world.start(type="PVI")
    await called(world, lambda frame, n: frame == "now")
    await world.at(MONDAY + DAY)
    exported = await growth("export-calls", "--output", tmp_path / "calls.csv", database=world.url)
    assert (exported.code, exported.out.startswith("30 calls: ")) == (0, True), exported.err
    rows = table(tmp_path / "calls.csv")
    assert sum(row["appointment"] == "yes" for row in rows) == 10
    assert all((row["appointment"] == "yes") == (row["sell_timeframe"] == "now") for row in rows)
    assert {(row["call_attempts"], row["called_at"]) for row in rows} == {("0", "2026-11-23T09:00:00+00:00")}
    save_model(tmp_path / "model.json", MODEL)
    added = await growth("models", "add", tmp_path / "model.json", database=world.url)
    assert added.out == f"Model {MODEL.version[:12]} (logistic) scores in the shadow.\n"
    short = MODEL.version[:8]
    assert "too few to judge" in (await growth("models", "judge", short, database=world.url)).out
    refused = await growth("models", "promote", short, "--share", "20", database=world.url)
    assert (refused.code, len(refused.lines)) == (1, 1)
    write(tmp_path / "many.csv", rows * 20, lambda row, n: row["sell_timeframe"] == "now" and n % 3 > 0)
    shown = await growth("models", "promote", short, "--dataset", tmp_path / "many.csv", database=world.url)
    assert shown.code in {0, 1}
    forced = await growth("models", "promote", short, "--share", "20", "--force", "to try", database=world.url)
    assert forced.out.splitlines()[-1] == f"Model {MODEL.version[:12]} (logistic) scores 20 % of the leads."
    assert "20 %" in (await growth("models", "list", database=world.url)).out
    assert "retired" in (await growth("models", "retire", short, database=world.url)).out
    nobody = await growth("models", "retire", "ffff", database=world.url)
    assert (nobody.code, len(nobody.lines)) == (1, 1)


def table(path):
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


def write(path, rows, won):
    with path.open("w", newline="") as file:
        writer = csv.DictWriter(file, rows[0])
        writer.writeheader()
        writer.writerows(row | {"appointment": "yes" if won(row, n) else "no"} for n, row in enumerate(rows))


async def test_views_tell_which_are_in_use(world):
    views = await world.get(ModelViews)
    assert await views.list() == []
    await use(world, AddModel, MODEL)
    assert (await views.in_use()).shadow == MODEL
    assert [it.model for it in await views.list()] == [MODEL]


async def test_a_stored_model_that_cannot_be_read_leaves_the_rules_to_score(world):
    await use(world, AddModel, MODEL)
    await world.execute("UPDATE scoring_model SET version = 'f00', content = '{}'")
    await people(world, 3)
    await world.at(TEN)
    [report] = await world.start(type="PVI")
    assert report.injected == 3


@pytest.mark.parametrize(
    "change",
    [
        {"base": -1},  # is written again as -1.0, under another hash
        {"about": {"rows": 100, "by": "\0"}},
        {"about": {"rows": 100, "by": "\ud800"}},
    ],
)
def test_a_file_that_would_not_be_kept_as_it_is_is_refused(change):
    described = file_of(MODEL)["model"] | change
    content = file_of(MODEL) | {"model": described, "sha256": content_hash(described)}
    with pytest.raises(BadModelFile):
        read_model(json.dumps(content).encode())
    assert read_model(json.dumps(file_of(MODEL)).encode()) == MODEL
