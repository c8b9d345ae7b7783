"""The demo: one working day on the example leads, really run, and the accounts that prove it."""

import csv
import json
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

import pytest
from typer.testing import CliRunner

from growth import cli
from growth.adapters.campaigns_file import read_campaigns
from growth.adapters.leads_files import read_leads_file
from growth.cli import demonstration
from growth.container import EXAMPLES
from growth.demo.accounts import Accounts, SpeedToLead, Standing, differing, unbalanced
from growth.demo.agency import DAY, DAYS, ZONE, arrivals, campaigns_text
from growth.demo.day import Day
from growth.domain.campaigns.entities.runs import RunReport, RunState

FOLDER = EXAMPLES / "realestate"
LEADS = 240
NOON = datetime(2026, 6, 16, 12, tzinfo=UTC)


@pytest.fixture(scope="module")
def day():
    """What `growth demo --json` prints, and what it shows meanwhile."""
    program = Path(sys.executable).parent / "growth"
    ended = subprocess.run(
        [program, "demo", "--json", "--leads", str(LEADS)], capture_output=True, text=True, check=False, timeout=300
    )
    assert ended.returncode == 0, ended.stdout[-2000:] + ended.stderr[-2000:]
    return json.loads(ended.stdout), ended.stderr


def test_the_demo_leaves_nothing_unaccounted(day):
    accounts = day[0]["accounts"]
    assert accounts["unaccounted"] == []
    assert accounts["rows"] == accounts["leads"] == sum(accounts["places"].values()) == LEADS


def test_every_slot_of_the_day_is_run_and_closed(day):
    slots = day[0]["slots"]
    assert [(run["slot_start"][11:13], run["campaign"]) for run in slots] == [
        ("08", "Coupe-fil"),
        ("08", "PQSC"),
        ("08", "PVI"),
        ("12", "Coupe-fil"),
        ("12", "PVB"),
        ("12", "PVI"),
        ("15", "Coupe-fil"),
        ("15", "PQSC"),
        ("15", "PVI"),
    ]
    assert {run["state"] for run in slots} == {"closed"}
    assert sum(run["called"] for run in slots) > LEADS / 2
    assert sum(run["appointments"] for run in slots) > 0


def test_the_fast_lane_calls_leads_minutes_after_they_arrive(day):
    speed = day[0]["accounts"]["speed"]
    assert speed["arrived"] == LEADS / DAYS
    assert speed["fast_calls"] > 0
    assert seconds(speed["to_dialer_at_most"]) < 125
    assert seconds(speed["fast_p50"]) < 125


def test_the_demo_shows_its_progress(day):
    assert "10:00  PVI begins" in day[1]
    assert "20:10  PVI is closed" in day[1]


def seconds(duration):
    """Seconds of an ISO duration below an hour, like PT1M24.5S."""
    minutes, _, rest = duration.removeprefix("PT").rpartition("M")
    return 60 * int(minutes or 0) + float(rest.removesuffix("S") or 0)


def test_the_demo_fails_and_lists_what_is_unaccounted(monkeypatch):
    speed = SpeedToLead(0, 0, None, 0, None, None)
    day = Day([a_run()], Accounts(1, 1, {}, speed, ["lead 1 is in 0 places: []"]), [])
    monkeypatch.setattr(demonstration, "play", lambda *_: day)
    monkeypatch.setattr(demonstration, "configure_logging", lambda *_: None)  # of the whole process, which goes on
    monkeypatch.setattr(demonstration, "die_with_parent", lambda: None)
    ended = CliRunner().invoke(cli.app, ["demo"])
    assert ended.exit_code == 1
    assert "lead 1 is in 0 places" in ended.output


def test_the_agents_of_the_file_work_each_department_as_a_group():
    source = campaigns_text(FOLDER / "dubai_Agents.csv")
    groups = read_campaigns(source, "demo").campaigns[0].groups
    rows = list(csv.DictReader((FOLDER / "dubai_Agents.csv").read_text().splitlines()))
    assert {(group.name, agent.id) for group in groups for agent in group.agents} == {
        (row["Agent_Department"], row["Agent_ID"]) for row in rows
    }
    assert len({agent.dialer_user_id for group in groups for agent in group.agents}) == len(rows) == 45


def test_the_rows_arrive_in_the_order_of_their_dates_and_the_last_on_the_day():
    file = read_leads_file(FOLDER / "dubai_Leads.csv", FOLDER / "mapping.toml")
    dated = {row.submission.id: row.submission.requested_at for row in file.rows}
    days = list(arrivals(file.rows))
    arriving = [each for _, some in days for each in some]
    assert [dated[each.id] for each in arriving] == sorted(dated.values())
    assert [each.requested_at for each in arriving] == sorted(each.requested_at for each in arriving)
    assert days[-1][0] == DAY
    assert {each.requested_at.astimezone(ZONE).date() for each in days[-1][1]} == {DAY}
    assert {len(some) for _, some in days} == {5_000 // DAYS}


def a_run(**changes):
    fields = {"candidates": 5, "injected": 3, "called": 2, "reached": 1, "appointments": 0, "recycled": 1, "dropped": 0}
    fields |= {"state": RunState.CLOSED, "gates": {"maximum": 2}} | changes
    return RunReport(id=UUID(int=1), campaign="PVI", slot_start=NOON, slot_end=NOON, **fields)


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        pytest.param({}, 0, id="a run that adds up"),
        pytest.param({"candidates": 6}, 1, id="a candidate without a decision"),
        pytest.param({"called": 1}, 1, id="an injected call that was lost"),
        pytest.param({"state": RunState.RUNNING}, 1, id="a run that never closed"),
    ],
)
def test_a_run_that_does_not_add_up_is_told(changes, told):
    assert len(list(unbalanced(a_run(**changes)))) == told


@pytest.mark.parametrize(
    ("contacts", "told"),
    [
        pytest.param([("a", 1), ("b", 0)], 0, id="the dialer has what we handed over"),
        pytest.param([("b", 0)], 1, id="a call that the dialer never had"),
        pytest.param([("a", 1), ("a", 1)], 1, id="a call that is there twice"),
        pytest.param([("a", 2)], 1, id="an attempt that we have not heard of"),
        pytest.param([("a", 1), ("x", 0)], 1, id="a contact that we never sent"),
    ],
)
def test_a_difference_from_the_dialer_is_told(contacts, told):
    calls = {"a": ("called", 1), "b": ("recycled", 0)}
    shown = [{"customFields": {"call_id": id_}, "triesNumber": tries} for id_, tries in contacts]
    assert len(list(differing(calls, shown))) == told


@pytest.mark.parametrize(
    ("standing", "places"),
    [
        pytest.param(("new", "PVB", "planned", None), 1, id="planned"),
        pytest.param(("refused", "PVB", None, "called"), 1, id="refused"),
        pytest.param(("not_qualified", "PVB", None, "called"), 1, id="argued"),
        pytest.param(("new", "PVB", None, "unplanned"), 1, id="stopped for good"),
        pytest.param(("new", None, None, None), 1, id="nurtured"),
        pytest.param(("new", "PVB", None, None), 0, id="a lead that sells and nobody calls"),
        pytest.param(("new", "PVB", None, "recycled"), 0, id="a recycled call without a next one"),
        pytest.param(("new", "PVB", "injected", None), 0, id="still at the dialer"),
        pytest.param(("refused", "PVB", "planned", "called"), 2, id="refused, and to be called all the same"),
    ],
)
def test_a_lead_is_in_exactly_one_place_or_told(standing, places):
    status, segment, open_state, last_state = standing
    lead = Standing(UUID(int=1), status, segment, open_state, "PVB", NOON, last_state, "phone")
    assert len(list(lead.places(ZONE))) == places
