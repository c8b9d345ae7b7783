"""A dialer that takes files, and several dialers as one."""

import asyncio
import csv
import time
from dataclasses import replace
from datetime import timedelta
from uuid import uuid4

import pytest
from tests.adapters.campaign_world import RecordingDialer, World, a_submission
from tests.adapters.test_stop_campaigns import closed
from tests.domain.makers import MONDAY, ONE, TEN, TWO

from growth.adapters.dialer_csv import files
from growth.adapters.dialer_csv.dialer import CsvDialer
from growth.adapters.dialers import DialerErasure, Dialers
from growth.domain.kernel.messages import TryLater
from growth.domain.kernel.person import Email
from growth.domain.privacy.entities import DialerTrace, Subject

PVI = {"name": "PVI"}
SOON = timedelta(seconds=5)


@pytest.fixture
async def world(database_url, tmp_path):
    world = World(database_url, dialer=CsvDialer(tmp_path))
    yield world
    await world.container.close()


async def injected(world, number=3):
    await world.at(MONDAY)
    await world.take(*(a_submission(n) for n in range(number)))
    await world.at(TEN)
    await world.start(**PVI)
    await world.deliver()


def written(folder, pattern="*.csv"):
    return sorted(folder.glob(f"701/{pattern}"))


async def test_an_injection_is_one_file_with_all_that_the_contractor_needs(world, tmp_path):
    await injected(world)
    paths = written(tmp_path)
    rows = [row for path in paths for row in csv.DictReader(path.read_text(encoding="utf-8").splitlines())]
    calls = {str(it.id): it for it in await world.rows("call")}
    assert {row["call_id"] for row in rows} == calls.keys()
    assert set(rows[0]) == set(files.COLUMNS)
    for row in rows:
        assert row["phone"].isdecimal()
        assert (row["earliest"], row["latest"]) == ("2026-11-23T09:00:00Z", "2026-11-23T12:00:00Z")
        assert row["lead_id"] == str(calls[row["call_id"]].lead_id)
    assert [path.name for path in tmp_path.rglob("*") if path.name.startswith(".")] == []


async def test_the_end_of_the_slot_is_an_empty_file_and_what_nobody_told_of_is_planned_again(world, tmp_path):
    await injected(world)
    await world.at(ONE)
    await world.stop()
    report = await closed(world, ONE)
    (stop,) = written(tmp_path, "stop_*.csv")
    assert stop.read_text(encoding="utf-8").splitlines() == [",".join(files.COLUMNS)]
    assert (report.state, report.injected, report.called, report.recycled) == ("closed", 3, 0, 3)
    assert [it.slot_start for it in await world.rows("call") if it.state == "planned"] == [TWO] * 3


async def test_the_same_injection_again_is_the_same_file(world, tmp_path):
    await injected(world)
    before = {path: path.read_bytes() for path in written(tmp_path)}
    await world.execute("UPDATE message SET state = 'pending', done_at = NULL WHERE kind = 'dialer.inject'")
    await world.execute("UPDATE injection_batch SET state = 'pending', done_at = NULL")
    await world.deliver()
    assert {path: path.read_bytes() for path in written(tmp_path)} == before


@pytest.mark.parametrize("taken_at", ["at once", "later"])
async def test_a_contractor_who_takes_the_files_away_gets_no_second_ones_and_is_told_to_stop(world, tmp_path, taken_at):
    await injected(world)
    for path in written(tmp_path):
        path.unlink()
    if taken_at == "at once":
        await world.execute("UPDATE message SET state = 'pending', done_at = NULL WHERE kind = 'dialer.inject'")
        await world.execute("UPDATE injection_batch SET state = 'pending', done_at = NULL")
        await world.deliver()
    assert written(tmp_path) == []
    await world.at(ONE)
    await world.stop()
    report = await closed(world, ONE)
    assert (len(written(tmp_path, "stop_*.csv")), report.recycled) == (1, 3)


async def test_nothing_is_written_after_the_time(world, tmp_path):
    await injected(world)
    (batch, *_) = [it async for it in _batches(world)]
    with pytest.raises(TryLater):
        await CsvDialer(tmp_path / "late").inject(batch, [], SOON, time.monotonic() - 1)
    assert not (tmp_path / "late").exists()


async def _batches(world):
    from growth.adapters.db.runs import SqlRuns  # noqa: PLC0415
    from growth.adapters.db.transaction import SqlBegin  # noqa: PLC0415

    async with (await world.get(SqlBegin))() as tx:
        assert isinstance(tx.runs, SqlRuns)
        for row in await world.rows("injection_batch"):
            yield await tx.runs.lock_batch(row.id)


async def test_a_folder_that_cannot_be_used_is_tried_again_later(tmp_path):
    blocked = tmp_path / "blocked"
    blocked.write_text("a file", encoding="utf-8")
    with pytest.raises(TryLater, match="folder"):
        await CsvDialer(blocked).empty(701, "run")


@pytest.mark.parametrize("text", ["=1+1", "+33", "-2", "@SUM(A1)", "\tx", "\rx"])
def test_a_cell_is_no_formula(tmp_path, text):
    files.write(tmp_path / "x.csv", [{"first_name": text, "last_name": 'O"Neil, "Ann"\nx'}])
    (row,) = files.read(tmp_path / "x.csv")
    assert row["first_name"] == f"'{text}"
    assert row["last_name"] == 'O"Neil, "Ann"\nx'


async def test_who_is_erased_is_in_no_file_any_more(world, tmp_path):
    await injected(world)
    gone, *others = await world.rows("lead")
    subject = Subject(None, (Email("x@example.org"),), phones=(), dialer=(DialerTrace(701, gone.id),))
    dialers = Dialers({"csv": world.dialer}, {701: "csv"}, "csv")
    await DialerErasure(dialers).erase(subject)
    text = "".join(path.read_text(encoding="utf-8") for path in written(tmp_path))
    assert str(gone.id) not in text
    assert all(str(it.id) in text for it in others)


def a_file(folder, *leads):
    path = folder / "701" / "one.csv"
    files.write(path, [{"call_id": lead, "lead_id": lead} for lead in leads])
    return path


def test_a_file_that_is_fetched_while_somebody_is_taken_out_of_it_is_not_offered_again(tmp_path, monkeypatch):
    path, fetched, read = a_file(tmp_path, "a", "b"), tmp_path / "fetched.csv", files.read

    def fetch_after(it):
        rows = read(it)
        if it == path and path.exists():
            path.rename(fetched)
        return rows

    monkeypatch.setattr(files, "read", fetch_after)
    files.take_out(path.parent, lambda row: row["lead_id"] == "a")
    assert (len(read(fetched)), list(path.parent.iterdir())) == (2, [])


def test_a_file_that_a_killed_process_has_put_aside_comes_back(tmp_path):
    path = a_file(tmp_path, "a", "b", "c")
    path.rename(path.with_name(".one.csv.aside"))
    files.take_out(path.parent, lambda row: row["lead_id"] == "a")
    assert [row["lead_id"] for row in files.read(path)] == ["b", "c"]
    assert list(path.parent.iterdir()) == [path]


def test_a_file_of_nobody_is_gone_and_no_signal_to_stop(tmp_path):
    path = a_file(tmp_path, "a")
    files.take_out(path.parent, lambda row: row["lead_id"] == "a")
    assert list(path.parent.iterdir()) == []


async def test_many_are_taken_out_at_once(tmp_path):
    dialer, leads = CsvDialer(tmp_path), [str(uuid4()) for _ in range(20)]
    path = a_file(tmp_path, *leads)
    await asyncio.gather(*(dialer.delete_of_lead(701, lead) for lead in leads[:15]))
    assert [row["lead_id"] for row in files.read(path)] == leads[15:]


async def test_each_campaign_has_its_dialer(tmp_path):
    api = RecordingDialer()
    dialers = Dialers({"diabolocom": api, "csv": CsvDialer(tmp_path)}, {701: "csv"}, "diabolocom")
    first, second = await dialers.empty(701, "r"), await dialers.empty(702, "r")
    assert (first.partition(":")[0], second.partition(":")[0]) == ("csv", "diabolocom")
    done = await asyncio.gather(*(dialers.progress(it) for it in (first, second, "a token from before")))
    assert all(it.finished for it in done)
    assert (tmp_path / "701" / "stop_r.csv").exists()
    assert await dialers.of_run(701, "r") == []
    assert dialers.settling == api.settling
    assert replace(done[0], failed=True).failed
