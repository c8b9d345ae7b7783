"""The command line as an operator has it: the installed program, with a database of its own."""

import asyncio
import json
import multiprocessing
import os
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from tests.adapters.campaign_world import world_on
from tests.api.conftest import client_of
from tests.domain.makers import TEN

from growth.adapters.db.clock import DatabaseClock
from growth.api.app import create_app
from growth.container import EXAMPLES
from growth.settings import Settings

_FORKS = multiprocessing.get_context("forkserver")
_FORKS.set_forkserver_preload(["growth.cli"])
NOWHERE = "postgresql://nobody:secret-word@127.0.0.1:1/none"
ROW = "{},01 99 00 00 {:02},FR,yes,now,house,69003"
HEADER = "email,phone,country_code,is_owner,sell_timeframe,property_type,postal_code"


@dataclass
class Said:
    code: int
    out: str
    err: str

    @property
    def lines(self):
        """What went wrong, by line, not which database was asked; a traceback is never part of it."""
        assert "Traceback" not in self.err + self.out
        return [line for line in self.err.splitlines() if not line.startswith("Database: ")]


def _become(arguments, env, out, err):
    """Be the program, in a process that was forked for it."""
    for number, path in ((1, out), (2, err)):
        os.dup2(os.open(path, os.O_WRONLY | os.O_CREAT, 0o600), number)
    os.environ.update(env)
    sys.argv = ["growth", *arguments]
    from growth.cli import main  # noqa: PLC0415 - imported already by the process that forks

    main()


async def growth(*arguments, database=NOWHERE, **env):
    """Run a command as a process of its own: a fork of one that has all imported, which saves seconds for each."""
    env = {"GROWTH_ENV": "test", "GROWTH_DATABASE_URL": database} | env
    with TemporaryDirectory() as folder:
        out, err = Path(folder) / "out", Path(folder) / "err"
        running = _FORKS.Process(target=_become, args=([*map(str, arguments)], env, out, err), daemon=True)
        running.start()
        await asyncio.to_thread(running.join, 60)
        return Said(running.exitcode, out.read_text(), err.read_text())


@pytest.fixture
async def world(database_url):
    """The database that the commands work on, with the example's campaigns, on a Monday at ten in Paris."""
    async with world_on(database_url) as world:
        await (await world.get(DatabaseClock)).move_to(TEN)
        world.url = database_url
        yield world


async def test_a_good_campaigns_file_is_called_good_without_any_database():
    said = await growth("check-campaigns", EXAMPLES / "campaigns.toml")
    assert (said.code, said.lines) == (0, [])
    assert "is good" in said.out
    assert "4 campaigns" in said.out


async def test_all_that_is_wrong_in_a_campaigns_file_is_listed(tmp_path):
    file = tmp_path / "campaigns.toml"
    source = (EXAMPLES / "campaigns.toml").read_text()
    broken = source.replace("maximum = 80", 'maximum = "many"').replace(
        'timezone = "Europe/Paris"', 'timezone = "Lyon"'
    )
    file.write_text(broken.replace("dialer_campaign_id = 704", "dialer_campaign_id = 701"))
    said = await growth("check-campaigns", file)
    assert (said.code, said.out) == (1, "")
    assert str(file) in said.lines[0]
    places = [line.strip().partition(":")[0] for line in said.lines[1:]]
    assert places == ["campaigns[0].timezone", "campaigns[2].maximum", "campaigns[3].dialer_campaign_id"]
    for absent in (tmp_path / "none.toml", tmp_path):
        said = await growth("check-campaigns", absent)
        assert (said.code, len(said.lines)) == (1, 1)


def test_the_installed_program_is_the_same_one():
    program = Path(sys.executable).with_name("growth")
    said = subprocess.run([program, "check-campaigns", "no-such.toml"], capture_output=True, text=True, check=False)
    assert (said.returncode, said.stdout, len(said.stderr.splitlines())) == (1, "", 1)
    assert "no-such.toml" in said.stderr


async def test_a_trial_start_prints_the_run_and_changes_nothing(world):
    before = await world.rows("campaign_run")
    said = await growth("start-campaign", "--type", "PVI", "--dry-run", "--json", database=world.url)
    assert (said.code, said.lines) == (0, [])
    (run,) = json.loads(said.out)
    assert (run["campaign"], run["state"], run["slot_start"]) == ("PVI France", "running", "2026-11-23T09:00:00Z")
    assert await world.rows("campaign_run") == before == []
    said = await growth("start-campaign", "--type", "PVI", database=world.url)
    assert (said.code, "PVI France" in said.out) == (0, True)
    assert len(await world.rows("campaign_run")) == 1
    said = await growth("stop-campaigns", "--json", database=world.url)
    assert [run["campaign"] for run in json.loads(said.out)] == ["PVI France"]


@pytest.mark.parametrize(
    ("arguments", "code", "wrong"),
    [
        (("start-campaign", "--type", "nonsense"), 2, "nonsense"),
        (("consume-referrals", "--country", "DE"), 2, "'--country': 'DE' is not one of"),
        (("start-campaign", "--start-date", "tomorrow"), 1, "tomorrow"),
        (("start-campaign", "--start-date", "2026-11-23T10:00:00"), 1, "zone"),
        (("import-leads", "no-such-file.csv"), 1, "no-such-file.csv"),
        (("keys", "create", "king", "me"), 2, "king"),
        (("keys", "revoke", "1"), 2, "UUID"),
        (("keys", "list"), 1, "reached"),
        (("recover-forgotten-lead",), 1, "reached"),
        (("migrate",), 1, "reached"),
    ],
    ids=lambda it: " ".join(it) if isinstance(it, tuple) else "",
)
async def test_what_goes_wrong_is_said_in_a_line_without_a_traceback(arguments, code, wrong):
    said = await growth(*arguments)
    assert said.code == code, said.err
    assert wrong in said.err
    assert "secret-word" not in said.err + said.out
    if code == 1:
        assert len(said.lines) == 1, said.err


@pytest.mark.parametrize(
    "arguments",
    [("ledger", "check"), ("keys", "list"), ("migrate",), ("serve",), ("sandbox",), ("credits", "show", "rita")],
    ids=" ".join,
)
async def test_only_up_makes_a_database_and_every_other_command_says_that_there_is_none(arguments, tmp_path):
    data = tmp_path / "data"
    env = {"GROWTH_DATA_DIR": str(data), "GROWTH_PORT": "0"}
    said = await growth(*arguments, database="", **env)
    assert (said.code, said.out, len(said.lines)) == (1, "", 1), said.err
    assert str(data) in said.lines[0]
    assert not data.exists()
    safe = {"GROWTH_ENV": "production", "GROWTH_SECRET": "s" * 40}
    said = await growth(*arguments, database="", **env, **safe)
    assert (said.code, said.out, "GROWTH_DATABASE_URL is missing" in said.err) == (1, "", True), said.err
    assert not data.exists()


async def test_the_database_is_named_on_standard_error_without_its_password(world):
    said = await growth("keys", "list", database=world.url)
    assert said.code == 0
    assert re.fullmatch(r"Database: \w+ on \S+\n", said.err)
    assert "secret-word" not in (await growth("keys", "list")).err
    assert (await growth("keys", "list")).err.startswith("Database: none on 127.0.0.1:1\n")


async def test_settings_that_cannot_be_used_are_listed_with_their_names():
    said = await growth("keys", "list", GROWTH_PORT="http", GROWTH_ENV="staging")
    assert (said.code, len(said.lines)) == (1, 3)
    assert {"GROWTH_ENV", "GROWTH_PORT"} <= set(re.findall(r"GROWTH_\w+", said.err))


async def test_an_import_reports_each_bad_row_and_does_it_once(world, tmp_path):
    file = tmp_path / "leads.csv"
    file.write_text("\n".join([HEADER, ROW.format("a@example.org", 1), ROW.format("nobody", 2)]))
    trial = await growth("import-leads", file, "--dry-run", "--json", database=world.url)
    assert json.loads(trial.out)["taken"] == 1
    assert await world.rows("lead") == []
    said = await growth("import-leads", file, database=world.url)
    assert said.code == 0, said.err
    assert re.search(r"^line 3: .*email", said.out, re.MULTILINE)
    assert said.out.splitlines()[-1] == "2 rows read, 1 taken, 0 known, 1 bad."
    again = await growth("import-leads", file, database=world.url)
    assert again.out.splitlines()[-1] == "2 rows read, 0 taken, 1 known, 1 bad."
    assert len(await world.rows("lead")) == 1


async def test_forgotten_leads_are_recovered(world):
    said = await growth("recover-forgotten-lead", "--json", database=world.url)
    assert (said.code, json.loads(said.out)) == (0, {"planned": 0, "dry_run": False})
    said = await growth("recover-forgotten-lead", "--dry-run", database=world.url)
    assert said.out.strip() == "0 calls would be planned."


async def test_a_key_works_from_when_it_is_made_until_it_is_revoked(world, monkeypatch):
    monkeypatch.setattr("growth.api.security._FRESH_FOR", 0.0)
    made = await growth("keys", "create", "ops", "the campaign desk", database=world.url)
    key = made.out.strip()
    app = create_app(world.container, await world.get(Settings))
    async with client_of(app) as client:

        async def status():
            return (await client.get("/v1/campaigns", headers={"Authorization": f"Bearer {key}"})).status_code

        assert (made.code, await status()) == (0, 200)
        listed = await growth("keys", "list", database=world.url)
        assert "the campaign desk" in listed.out
        assert key not in listed.out
        (id_,) = re.findall(r"[0-9a-f]{8}-[0-9a-f-]{27}", listed.out)
        assert (await growth("keys", "revoke", id_, database=world.url)).code == 0
        assert await status() == 401
    again = await growth("keys", "revoke", id_, database=world.url)
    assert (again.code, len(again.lines)) == (1, 1)
