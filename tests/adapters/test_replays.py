"""A run is judged again from what it kept: on the real database, through the command line, under other rules."""

import json
from pathlib import Path

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine
from tests.adapters.campaign_world import a_submission, world_on
from tests.domain.makers import DAY, HOUR, MINUTE, MONDAY, TEN, TWO
from tests.end_to_end.test_command_line import growth

from growth.adapters.campaigns_file import read_campaigns, remember
from growth.domain.campaigns.entities.configuration import CampaignType
from growth.domain.campaigns.entities.replays import NothingKept
from growth.domain.campaigns.use_cases import ReplayRun, SimulateCampaigns
from growth.domain.campaigns.use_cases.simulate_campaigns import Simulation

CAMPAIGNS = """
[[groups]]
name = "All"
zones = ["everywhere"]

[[groups.agents]]
id = "a1"
name = "One"
dialer_user_id = 501
capacity = 4

[[groups.agents]]
id = "a2"
name = "Two"
dialer_user_id = 502
capacity = 4

[[campaigns]]
name = "PVI"
type = "PVI"
country = "FR"
slots = ["mon 10:00-13:00", "mon 14:00-17:00", "tue 10:00-13:00"]
maximum = 7
groups = ["All"]
dialer_campaign_id = 701
hold_out_percent = 30

[[campaigns]]
name = "CF"
type = "CF"
follows = "PVI"
dialer_campaign_id = 702
"""
PVI = {"type": "PVI"}


def lines_of(path):
    return Path(path).read_text().splitlines()


@pytest.fixture
async def world(database_url):
    """A morning in which leads come in before and during the slot, and what was started, was started twice."""
    configuration = read_campaigns(CAMPAIGNS, "test")
    async with world_on(database_url, configuration) as world:
        world.url = database_url
        await remember(await world.get(AsyncEngine), configuration, CAMPAIGNS)
        await world.at(MONDAY)
        for n in range(12):
            await world.take(a_submission(n, estimated_price_eur=200_000 + n * 20_000))
        await world.take(a_submission(3, address="7 Rue Haute", surface_m2=33))
        await world.execute("UPDATE prospect SET pending_task = true WHERE email = 'p5@example.org'")
        await world.at(TEN)
        await world.start(**PVI)
        await world.at(TEN + 10 * MINUTE)
        await world.take(a_submission(20, callback_at=TEN + HOUR), a_submission(21))
        await world.start(type="CF", running_only=True)
        await world.execute("UPDATE call SET campaign = 'PVI' WHERE state = 'planned' AND campaign = 'CF'")
        await world.start(**PVI)
        await world.deliver()
        yield world


async def test_every_run_is_decided_again_as_it_was(world):
    await world.at(TWO)
    await world.stop()
    await world.deliver()
    await world.start(**PVI)
    replay = await world.get(ReplayRun)
    found = [await replay(run.id) for run in await world.rows("campaign_run")]
    assert [(it.candidates, it.differences) for it in found] == [(14, []), (1, []), (14, [])]
    assert {it.law_versions[0] for it in found} == {"FR-2026-08-11"}
    assert sum(len(row.facts["lead_id"]) for row in await world.rows("run_filling", "filled_at")) > 23


async def test_facts_that_were_changed_are_found(world):
    await world.execute("UPDATE run_filling SET facts = jsonb_set(facts, '{do_not_call,0}', 'true')")
    replay = await world.get(ReplayRun)
    (run, _) = await world.rows("campaign_run", "opened_at")
    assert not (await replay(run.id)).equal


async def test_nothing_personal_is_kept_and_an_erased_lead_is_replayed_too(world):
    rows = repr(await world.rows("run_filling", "filled_at"))
    assert not any(it in rows for it in ("example.org", "+33", "199000", "Rue"))


async def test_a_run_from_before_says_so(world):
    (run, _) = await world.rows("campaign_run", "opened_at")
    await world.execute("DELETE FROM run_filling")
    with pytest.raises(NothingKept):
        await (await world.get(ReplayRun))(run.id)


async def test_decisions_of_a_process_that_kept_nothing_are_told_apart(world):
    (run, _) = await world.rows("campaign_run", "opened_at")
    fillings = await world.rows("run_filling", "filled_at")
    await world.execute(
        "DELETE FROM run_filling WHERE id = :id", id=next(it.id for it in fillings if it.run_id == run.id)
    )
    found = await (await world.get(ReplayRun))(run.id)
    assert (found.equal, found.not_kept > 0, found.candidates) == (True, True, 14)


async def test_replays_on_the_command_line(world, tmp_path):
    done = await growth("replay", "--from", MONDAY.isoformat(), "--to", TWO.isoformat(), database=world.url)
    assert done.code == 0, done.err
    assert done.out.splitlines()[-1] == "2 runs, 15 candidates: all as they were decided."
    smaller = tmp_path / "smaller.toml"
    smaller.write_text(CAMPAIGNS.replace("maximum = 7", "maximum = 3"))
    (run, _) = await world.rows("campaign_run", "opened_at")
    told = json.loads((await growth("replay", run.id, "--config", smaller, "--json", database=world.url)).out)
    assert (told["equal"], told["what_if"]["injected"], len(told["what_if"]["went_out"])) == (True, 3, 4)
    shown = await growth("replay", run.id, "--config", smaller, database=world.url)
    assert sum(line.startswith("goes out: lead ") for line in shown.out.splitlines()) == 4
    await world.execute("UPDATE decision SET place = 99 WHERE place = 1")
    broken = await growth("replay", run.id, database=world.url)
    assert broken.code == 1
    assert "differs: lead" in broken.out
    assert "place 99 with a1 → place 1 with a1" in broken.out
    await world.execute("UPDATE run_filling SET configuration_version = 'gone'")
    lost = await growth("replay", run.id, database=world.url)
    assert (lost.code, len(lost.lines)) == (1, 1)


async def test_what_cannot_be_replayed_or_simulated_is_told_in_one_line(world, tmp_path):
    since, until = ("--from", TWO.isoformat()), ("--to", MONDAY.isoformat())
    refused = await growth("replay", *since, *until, database=world.url)
    assert (refused.code, refused.lines) == (1, ["--to has to be later than --from."])
    nothing = await growth("replay", *since, "--to", (TWO + HOUR).isoformat(), database=world.url)
    assert nothing.out.splitlines() == ["There is no run in this period that can be replayed: give an earlier --from."]
    (file := tmp_path / "file").touch()
    for options, said in (
        (("--until", "2028-01-01T00:00:00+00:00"), "A simulation looks 62 days ahead at most: give an earlier end."),
        (("--folder", file), f"{file} cannot be written to (File exists): name a --folder of yours."),
    ):
        refused = await growth("simulate-campaign", *options, database=world.url)
        assert (refused.code, refused.lines) == (1, [said])


async def test_a_simulation_is_what_the_slot_then_does_and_changes_nothing(world):
    await world.stop()
    await world.deliver()
    await world.at(TEN + 3 * HOUR)
    before = await world.contents()
    simulate = await world.get(SimulateCampaigns)
    afternoon, tuesday = list(await simulate(Simulation(CampaignType.PVI, until=MONDAY + 2 * DAY), TEN + 3 * HOUR))
    assert await world.contents() == before
    await world.at(TWO)
    [report] = await world.start(**PVI)
    chosen = {one.candidate.who.lead.id for one in afternoon.chosen}
    decided = {d.lead_id for d in await world.rows("decision", "lead_id") if d.run_id == report.id and not d.gate}
    assert chosen == decided
    assert len(afternoon.refused) == sum(report.gates.values())
    await world.stop()
    await world.at(MONDAY + DAY + (TEN - MONDAY))
    [report] = await world.start(**PVI)
    assert len(tuesday.chosen) + len(tuesday.refused) <= report.candidates


async def test_a_simulation_writes_the_files_of_the_slots(world, tmp_path):
    await world.at(TEN + 4 * HOUR - MINUTE)
    other = tmp_path / "other.toml"
    other.write_text(CAMPAIGNS.replace("maximum = 7", "maximum = 2"))
    order = ("simulate-campaign", "--start-date", TEN.isoformat(), "--until", (MONDAY + 2 * DAY).isoformat())
    done = await growth(*order, "--config", other, "--folder", tmp_path / "campaigns", "--json", database=world.url)
    assert done.code == 0, done.err
    slots = json.loads(done.out)["slots"]
    assert [(it["campaign"], it["slot_start"], it["injected"]) for it in slots] == [
        ("PVI", "2026-11-23T13:00:00Z", 2),
        ("PVI", "2026-11-24T09:00:00Z", 2),
    ]
    lines = lines_of(slots[0]["file"])
    assert lines[0].startswith("call_id,lead_id,")
    assert len(lines) == 3
    refused = await growth("simulate-campaign", "--type", "PQSC", "--config", other, database=world.url)
    assert (refused.code, len(refused.lines)) == (1, 1)
