"""Recordings and analyses end: by an erasure here and at the vendor, or after twelve months."""

import asyncio

import pytest
from tests.adapters.vendors_line import all_vendors
from tests.api.conftest import ADMIN, OPS
from tests.api.forgetting import ZOE, forgetting_on
from tests.api.speech_line import SpeechLine, speech_on
from tests.api.test_erasure import call
from tests.domain.makers import DAY, HOUR, MINUTE, MONDAY, TEN

from growth.adapters.db.clock import DatabaseClock
from growth.adapters.db.housekeeping import SqlHousekeeping
from growth.domain.campaigns.use_cases import SendCallsToSpeech
from growth.domain.kernel.ticks import Tick

WEEK = {"start_date": "2026-11-20T00:00:00Z"}


@pytest.fixture
async def line(database_url, monkeypatch):
    async with speech_on(database_url, monkeypatch) as line:
        yield line


@pytest.fixture
async def service(database_url):
    """The service on the sandbox's vendors, whose parts in forgetting a test plays."""
    async with all_vendors() as vendors, forgetting_on(database_url, vendors) as service:
        await service.know_zoe()
        await call(service)
        yield service


async def erase(line, email="p1@example.org"):
    return await line.service.post("/v1/erasures", {"email": email, "dry_run": False}, status=201, role=ADMIN)


async def state(line, report):
    return (await line.service.ask("GET", f"/v1/erasures/{report['id']}", role=ADMIN))["vendors"]["speech"]


async def test_an_erasure_removes_what_is_here_and_has_the_vendor_delete_hers_only(line):
    calls = await line.recorded(2)
    await line.order()
    for each in calls:
        await line.analysed(each)
    report = await erase(line)
    assert (report["counts"]["recordings"], report["counts"]["analyses"]) == (1, 1)
    assert await state(line, report) == "pending"
    await line.world.deliver()
    assert await state(line, report) == "confirmed"
    left = [str(it.call_id) for it in await line.world.rows("speech_job", "call_id")]
    assert left == [it["call_id"] for it in await line.at_vendor()]
    assert len(left) == 1
    assert [str(it.call_id) for it in await line.world.rows("call_recording", "call_id")] == left
    (gone,) = set(calls) - set(left)
    entry = (await line.vendors.log("speech"))[-1]
    assert (entry["method"], entry["path"]) == ("DELETE", f"/calls/{gone}")


async def test_a_vendor_that_is_down_is_asked_again_and_one_that_refuses_is_an_alarm(line):
    await line.recorded()
    await line.order()
    await line.vendors.faults("speech", refuse={"probability": 1, "status": 503})
    report = await erase(line)
    await line.world.deliver()
    assert await state(line, report) == "pending"
    await line.vendors.faults("speech", refuse={"probability": 1, "status": 403})
    await line.at(TEN + 6 * HOUR)
    await line.world.deliver()
    assert await state(line, report) == "alarmed"
    await line.vendors.faults("speech")
    (dead,) = (await line.service.get("/v1/outbox", state="dead"))["items"]
    assert (await line.service.client.post(f"/v1/outbox/{dead['id']}/retry", headers=OPS)).status_code == 204
    await line.world.deliver()
    assert (await state(line, report), await line.at_vendor()) == ("confirmed", [])


async def test_a_call_that_waits_is_not_sent_after_an_erasure(line):
    await line.recorded()
    await line.service.post("/v1/calls/send-to-speech", {})
    await erase(line)
    await line.world.deliver()
    assert (await line.posted(), await line.at_vendor()) == ([], [])


async def test_a_call_that_may_arrive_late_is_deleted_after_that(line):
    (id_,) = await line.recorded()
    await line.vendors.faults("speech", path="/calls", drop_answer=1, apply_late_after_drop=30)
    await line.order()
    report = await erase(line)
    await line.vendors.faults("speech")
    await line.world.deliver()
    assert await state(line, report) == "pending"
    await line.at(TEN + 32 * MINUTE)
    await line.world.deliver()
    assert await state(line, report) == "confirmed"
    assert [it["path"] for it in await line.vendors.log("speech")] == ["/calls", f"/calls/{id_}"]
    assert (await line.at_vendor(), await line.world.rows("speech_job", "call_id")) == ([], [])


async def test_a_call_that_is_being_sent_while_she_is_erased_is_deleted(line):
    await line.recorded()
    await line.vendors.faults("speech", path="/calls", hang=1.0)
    await line.service.post("/v1/calls/send-to-speech", {})
    sending = asyncio.create_task(line.world.deliver())
    while not await line.posted():  # noqa: ASYNC110 - until the vendor hears it
        await asyncio.sleep(0.02)
    report = await erase(line)
    await sending
    await line.at(TEN + 32 * MINUTE)
    await line.world.deliver()
    assert (await state(line, report), await line.at_vendor()) == ("confirmed", [])
    assert await line.world.rows("speech_job", "call_id") == []


async def test_sending_and_erasing_at_once_leaves_nothing_at_the_vendor(line):
    await line.recorded(12)
    send = await line.world.get(SendCallsToSpeech)
    people = [it.email for it in await line.world.rows("prospect")]
    worked = (send(MONDAY, MONDAY + DAY) for _ in range(4))
    await asyncio.gather(*(erase(line, it) for it in people), *worked, line.world.deliver())
    await asyncio.gather(*(line.world.deliver() for _ in range(3)))
    await line.at(TEN + 6 * HOUR)
    await line.world.deliver()
    assert (await line.at_vendor(), await line.world.rows("speech_job", "call_id")) == ([], [])


async def test_what_is_told_after_an_erasure_leaves_no_trace(service):
    """G3, with a canary in all that a dialer and a speech vendor can tell."""
    calls = await service.hear_calls()
    assert calls
    assert {it.partition(".")[0] for it in await service.hits()} >= {"call_recording", "speech_job", "inbox_event"}
    await service.tell_of_analysis(calls[0], "kept")  # and not handled yet
    await service.tell_of_recording(calls[0], "kept")
    report = await service.erase(ZOE)
    await service.world.deliver()
    assert (await service.report(report["id"]))["state"] == "complete"
    assert await service.hits() == []
    for number in range(2):
        await service.tell_of_recording(calls[0], f"late{number}")
        await service.tell_of_analysis(calls[0], f"late{number}", status=("done", "zoe")[number])
        await service.world.deliver()
    assert await service.hits() == []
    assert await service.world.rows("speech_job", "call_id") == []
    assert await service.world.rows("call_recording", "call_id") == []
    late = [it for it in await service.world.rows("inbox_event") if it.event_id in {"kept", "late0", "late1"}]
    assert {(it.state, it.reason) for it in late if it.source == "speech"} == {("ignored", "unknown_call")}
    assert (await service.post("/v1/calls/send-to-speech", WEEK))["sent"] == 0
    assert set(service.world.vendors["speech"].asked[0].speech) == set(calls)
    await service.world.deliver()
    assert len(await service.desk.vendors.log("speech")) == len(calls)  # what was sent before


async def test_after_twelve_months_nothing_is_left_but_that_it_was_sent(line: SpeechLine):
    old, young = await line.recorded(2)
    await line.order()
    for each in (old, young):
        await line.analysed(each)
        await line.analysed(each, status="unreadable")
    await line.finish(old, duration_s=-1)
    for table, at in (("call_recording", "told_at"), ("speech_job", "requested_at")):
        await line.world.execute(f"UPDATE {table} SET {at} = :at WHERE call_id = :id", at=MONDAY, id=old)
    await line.world.execute(
        "UPDATE inbox_event SET received_at = :at WHERE body #>> '{data,call_id}' = :id", at=MONDAY, id=old
    )
    await line.at(MONDAY.replace(year=2027) + MINUTE)
    clock = await line.world.get(DatabaseClock)
    sweep = SqlHousekeeping(clock._engine, clock)
    for day in range(2):
        await sweep(Tick("housekeeping", MONDAY + day * DAY))
        await line.world.deliver()
    jobs = {str(it.call_id): it for it in await line.world.rows("speech_job", "call_id")}
    gone = jobs[old]
    assert (gone.state, gone.job_id, gone.scores, gone.transcript_url) == ("removed", None, None, None)
    assert jobs[young].state == "analysed"
    assert [str(it.call_id) for it in await line.world.rows("call_recording", "call_id")] == [young]
    bodies = {it.id: it.body for it in await line.world.rows("inbox_event")}
    held = [it for it in bodies.values() if {"recording", "scores"} & set(it.get("data", {}))]
    assert [it["data"]["call_id"] for it in held] == [young]
    assert [it["call_id"] for it in await line.at_vendor()] == [young]
    assert [it["path"] for it in await line.vendors.log("speech")].count(f"/calls/{old}") == 1
    await line.finish(old)  # a recording that is told again is not sent again
    ever = {"start_date": "2026-01-01T00:00:00Z"}
    assert (await line.order(**ever))["sent"] == 0
    await line.analysed(old)
    assert (await line.inbox())[-1] == ("ignored", "call_removed")
