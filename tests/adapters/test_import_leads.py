"""Importing leads into a real database: all or the rest, never half a chunk, never twice."""

import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import func, select
from uuid_utils.compat import uuid7

from growth.adapters.campaigns_file import load_campaigns
from growth.adapters.db.clock import DatabaseClock
from growth.adapters.db.scoring_models import ModelFiles
from growth.adapters.db.tables.campaigns import calls, lead_scores, leads, submissions
from growth.adapters.db.tables.people import prospect_events, prospects
from growth.adapters.db.transaction import SqlBegin, Surroundings
from growth.adapters.models import file_of, read_model
from growth.adapters.pseudonyms import HmacPseudonyms
from growth.domain.campaigns.business_rules.importing import read_leads
from growth.domain.campaigns.use_cases import ImportLeads

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"
HEADER = "email,phone,country_code,is_owner,sell_timeframe,property_type,postal_code,requested_at"
YESTERDAY = (datetime.now(UTC) - timedelta(days=1)).isoformat(timespec="seconds")  # her request is still open
ROWS = 600  # three transactions


def a_row(number):
    return f"lead-{number}@example.org,019900{number:04},FR,yes,now,house,69003,{YESTERDAY}"


def a_file(rows):
    return read_leads("\n".join([HEADER, *rows]).encode())


FILE = a_file(map(a_row, range(ROWS)))


@pytest.fixture
def import_leads(engine):
    begin = SqlBegin(
        engine,
        Surroundings(
            DatabaseClock(engine, movable=False), uuid7, {}, HmacPseudonyms("test"), ModelFiles(file_of, read_model)
        ),
        lambda: None,
    )
    return ImportLeads(begin, load_campaigns(EXAMPLES / "campaigns.toml")[0], uuid7)


@pytest.fixture
def stored(engine):
    async def count():
        """How many rows each table has; every imported lead has one in each."""
        async with engine.connect() as connection:
            tables = (prospects, prospect_events, leads, lead_scores, submissions, calls)
            return {
                (await connection.execute(select(func.count()).select_from(table))).scalar_one() for table in tables
            }

    return count


def counts(report):
    return report.read, report.taken, report.repeated, len(report.bad)


async def test_the_same_file_twice_changes_nothing(import_leads, stored):
    told = []
    report = await import_leads(FILE, progress=lambda done, total: told.append((done, total)))
    assert counts(report) == (600, 600, 0, 0)
    assert told == [(250, 600), (500, 600), (600, 600)]
    assert counts(await import_leads(FILE)) == (600, 0, 600, 0)
    assert await stored() == {600}


async def test_good_rows_come_in_and_bad_ones_are_listed(import_leads, stored):
    report = await import_leads(a_file([a_row(1), "nobody,,FR,yes,now,house,69003,", a_row(1), a_row(2), "x"]))
    assert counts(report) == (5, 2, 1, 2)
    assert [(bad.line, bad.faults[0].code) for bad in report.bad] == [(3, "bad-email"), (6, "wrong-number-of-cells")]
    assert await stored() == {2}


async def test_a_file_without_rows_is_told_in_the_report(import_leads, stored):
    report = await import_leads(a_file([]))
    assert counts(report) == (0, 0, 0, 0)
    assert "nothing to import" in report.notes[0]
    assert await stored() == {0}


async def test_a_dry_run_reports_the_same_and_keeps_nothing(import_leads, stored):
    assert counts(await import_leads(FILE, dry_run=True)) == (600, 600, 0, 0)
    assert await stored() == {0}
    repeating = a_file([*map(a_row, range(260)), a_row(0)])  # in another transaction than the first time
    assert counts(await import_leads(repeating, dry_run=True)) == (261, 260, 1, 0)
    await import_leads(a_file(map(a_row, range(5))))
    assert counts(await import_leads(FILE, dry_run=True)) == (600, 595, 5, 0)


async def test_an_import_broken_off_half_way_goes_on_with_the_rest(import_leads, stored):
    class Killed(Exception):
        pass

    def kill(_done, _total):
        raise Killed

    with pytest.raises(Killed):
        await import_leads(FILE, progress=kill)
    assert await stored() == {250}
    assert counts(await import_leads(FILE)) == (600, 350, 250, 0)
    assert await stored() == {600}


async def test_two_imports_of_one_file_at_once_take_each_row_once(import_leads, stored):
    backwards = a_file(map(a_row, reversed(range(ROWS))))
    one, other = await asyncio.gather(import_leads(FILE), import_leads(backwards))
    assert one.taken + other.taken == 600
    assert one.repeated + other.repeated == 600
    assert await stored() == {600}
