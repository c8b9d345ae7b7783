"""J11: recorded calls go to speech analysis, each once, and what is heard in them comes back."""

import asyncio
import json
import re
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from tests.adapters.campaign_world import worlds_on
from tests.api.conftest import ADMIN, CAPTURE, OPS, SERVICE, served
from tests.api.speech_line import RECORDING, SCORES, TRANSCRIPT, URL, later, speech_on
from tests.domain.makers import DAY, HOUR, MINUTE, MONDAY, TEN
from tests.end_to_end.test_command_line import growth

from growth.domain.campaigns.use_cases import SendCallsToSpeech

OTHER = "whsec_AfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
EVER = {"start_date": "2026-11-01T00:00:00Z", "end_date": "2027-01-01T00:00:00Z"}


@pytest.fixture
async def line(database_url, monkeypatch):
    async with speech_on(database_url, monkeypatch) as line:
        line.database_url = database_url
        yield line


async def test_a_recorded_call_is_sent_with_what_is_known_of_it_and_nothing_personal(line):
    (call,) = await line.recorded()
    report = await line.order()
    assert (report.pop("start_date")[:16], report.pop("end_date")[:16]) == ("2026-11-23T08:30", "2026-11-23T09:30")
    assert report == {"sent": 1, "known": 0, "skipped": {}, "dry_run": False}
    (lead,) = await line.world.rows("lead")
    assert await line.at_vendor() == [
        {
            "call_id": call,
            "external_ref": f"lead:{lead.id}",
            "campaign_type": "PVI",
            "direction": "outbound",
            "language": "fr",
            "started_at": "2026-11-23T09:00:00Z",
            "duration_s": 184,
            "agent": {"id": "a1", "team": "Everywhere"},
            "outcome": {"code": "RDV", "status": "argued"},
            "recording": RECORDING,
            "callback": {"url": "http://127.0.0.1:8000/webhooks/speech", "format": "standard-webhooks"},
        }
    ]
    log = json.dumps(await line.vendors.log("speech"))
    assert not re.search(r"p1@|example\.org|199000001|99 00", log)
    ((job),) = await line.world.rows("speech_job", "call_id")
    assert (job.state, job.job_id, str(job.call_id)) == ("sent", "job_1", call)


async def test_each_call_is_sent_once_however_often_it_is_asked_for(line):
    calls = await line.recorded(3)
    assert (await line.order())["sent"] == 3
    for _ in range(2):
        report = await line.order(**EVER)
        assert (report["sent"], report["known"]) == (0, 3)
    await line.finish(calls[0], attempts=2, recording={"url": URL + "2"}, started_at=later(minutes=9))
    await line.finish(calls[0])  # once more of the first attempt
    newest = {str(it.call_id): it.url for it in await line.world.rows("call_recording", "call_id")}
    assert newest[calls[0]] == URL + "2"
    assert (await line.order(**EVER))["sent"] == 0
    assert sorted(await line.posted()) == sorted(calls)


async def test_each_call_is_sent_once_by_processes_that_send_at_once(line):
    calls = await line.recorded(40)
    async with worlds_on(line.database_url, 3, line.world.configuration) as worlds:
        window = (MONDAY, MONDAY + DAY)
        sends = [await world.get(SendCallsToSpeech) for world in worlds]
        reports = await asyncio.gather(*(send(*window) for send in sends * 4))
        assert sum(it.sent for it in reports) == 40
        await asyncio.gather(*(world.deliver() for world in worlds), *(send(*window) for send in sends))
        await line.world.deliver()
    assert sorted(await line.posted()) == sorted(calls)
    assert await line.jobs() == [("sent", None)] * 40


async def test_a_lost_answer_and_a_vendor_that_knows_the_call_are_no_second_job(line):
    (call,) = await line.recorded()
    await line.vendors.faults("speech", drop_answer=1)
    await line.order()
    assert await line.jobs() == [("requested", None)]
    await line.vendors.faults("speech")
    await line.at(TEN + 2 * HOUR)
    await line.world.deliver()
    assert await line.jobs() == [("sent", None)]
    assert await line.posted() == [call, call]
    assert [it["call_id"] for it in await line.at_vendor()] == [call]


async def test_only_calls_of_the_span_are_sent_and_none_without_a_recording(line):
    calls = await line.calls(5)
    for call, minutes in zip(calls, (0, 30, 59, 60), strict=False):
        await line.finish(call, started_at=later(minutes=minutes))
    await line.finish(calls[4], started_at=later(minutes=30), recording=None)
    await line.at(later(hours=1, minutes=30))
    before = await line.world.contents()
    window = {"start_date": "2026-11-23T09:30:00Z", "end_date": "2026-11-23T10:00:00Z"}
    assert (await line.order(**window, dry_run=True))["sent"] == 2
    after = await line.world.contents()
    assert {it for it in before if before[it] != after[it]} <= {"rate_budget"}
    assert (await line.order(**window))["sent"] == 2
    assert (await line.order())["sent"] == 1  # the last hour: 9:30 to 10:30
    assert sorted(await line.posted()) == sorted(calls[1:4])


async def test_an_empty_span_is_refused_and_only_operators_may_ask(line):
    upside_down = {"start_date": EVER["end_date"], "end_date": EVER["start_date"]}
    path = "/v1/calls/send-to-speech"
    assert await line.service.refused("POST", path, upside_down) == ("bad-window", [])
    for role, status in ((CAPTURE, 403), (SERVICE, 403), ({}, 401), (OPS, 200), (ADMIN, 200)):
        await line.service.ask("POST", path, {}, status=status, role=role)


async def test_a_recording_that_expired_is_a_reason_until_a_better_one_is_told(line):
    (call,) = await line.recorded(recording=RECORDING | {"expires_at": (TEN + 29 * MINUTE).isoformat()})
    for _ in range(2):
        assert (await line.order())["skipped"] == {"recording_expired": 1}
    assert await line.jobs() == [("skipped", "recording_expired")]
    ((text, link),) = await line.timeline()
    assert text == "Call not sent to speech analysis: the address of its recording had expired"
    assert (await line.service.client.get(link, headers=OPS)).status_code == 200
    await line.finish(call, recording=RECORDING | {"expires_at": (TEN + DAY).isoformat()})
    assert (await line.order())["sent"] == 1
    assert await line.posted() == [call]


async def test_a_recording_that_expires_while_the_vendor_is_down_is_not_sent(line):
    await line.recorded(recording=RECORDING | {"expires_at": (TEN + HOUR).isoformat()})
    await line.vendors.faults("speech", refuse={"probability": 1, "status": 503})
    await line.order()
    await line.vendors.faults("speech")
    await line.at(TEN + 2 * HOUR)
    await line.world.deliver()
    assert await line.jobs() == [("skipped", "recording_expired")]
    assert await line.at_vendor() == []


@pytest.mark.parametrize(
    "url",
    [
        *("http://recordings.dialer.example/1", "ftp://recordings.dialer.example/1", "https://localhost/1"),
        *("https://10.0.0.1/1", "https://127.1/1", "https://0x7f.0.0.1/1", "https://2130706433/1", "https://[::1]/1"),
        *("https://host.internal/1", "https://intranet/1", "https://a.local./1", "https://u:p@rec.example.org/1"),
        *("https://rec.example.org:0/1", "https://rec.example.org\\@10.0.0.1/1", "file:///etc/passwd"),
    ],
)
async def test_addresses_that_lead_elsewhere_than_into_the_open_internet_are_refused(line, url):
    await line.recorded(recording={"url": url})
    assert (await line.order())["skipped"] == {"recording_url_refused": 1}
    assert await line.posted() == []


async def test_where_diabolocom_has_a_recording_is_made_of_the_interaction(line):
    await line.recorded(recording=None, interaction_id="int-12")
    assert (await line.order())["sent"] == 1
    (sent,) = await line.at_vendor()
    assert sent["recording"] == {"url": f"{line.vendors.url}/api/v1/recordings/interactions/int-12/content"}
    await line.world.execute("UPDATE speech_job SET state = 'skipped'")
    await line.world.execute("UPDATE call SET campaign = 'gone'")
    assert (await line.order())["skipped"] == {"no_recording_url": 1}


async def test_the_scheduler_sends_every_hour_also_what_is_told_late(line):
    calls = await line.calls(2)
    await line.finish(calls[0])
    await line.at(TEN + HOUR)
    await line.world.tick()
    await line.world.deliver()
    assert await line.posted() == calls[:1]
    await line.finish(calls[1])  # of before the tick
    await line.at(TEN + 2 * HOUR)
    for _ in range(2):
        await line.world.tick()
    await line.world.deliver()
    assert await line.posted() == calls
    jobs = [it for it in await line.world.rows("tick", "due_at") if it.job == "send-calls-to-speech"]
    assert len(jobs) == 2


async def test_the_command_does_the_same(line):
    calls = await line.recorded(2)
    order = (
        "send-callity-calls",
        "--start-date",
        "2026-11-23T10:00:00+01:00",
        "--end-date",
        "2026-11-23T11:00:00+01:00",
    )
    tried = await growth(*order, "--dry-run", database=line.database_url)
    assert "2 would be sent, 0 sent before, 0 skipped." in tried.out, tried.err
    done = json.loads((await growth(*order, "--json", database=line.database_url)).out)
    assert (done["sent"], done["start_date"], done["dry_run"]) == (2, "2026-11-23T09:00:00Z", False)
    assert "0 sent, 2 sent before" in (await growth(*order, database=line.database_url)).out
    await line.world.deliver()
    assert sorted(await line.posted()) == sorted(calls)
    wrong = await growth("send-callity-calls", "--start-date", "tomorrow", database=line.database_url)
    assert (wrong.code, len(wrong.lines)) == (1, 1)


async def test_what_was_heard_stands_on_the_timeline_and_no_longer_in_the_inbox(line):
    (call,) = await line.recorded()
    await line.order()
    await line.analysed(call)
    (job,) = await line.world.rows("speech_job", "call_id")
    assert (job.state, job.scores, job.transcript_url) == ("analysed", SCORES, TRANSCRIPT)
    assert await line.timeline() == [("Call analysed: clarity 0.9, sentiment positive", TRANSCRIPT)]
    assert await line.inbox() == [("handled", None)]
    bodies = json.dumps([it.body for it in await line.world.rows("inbox_event")])
    assert (TRANSCRIPT in bodies, URL in bodies, "clarity" in bodies) == (False, False, False)


async def test_the_vendor_calls_back_by_itself_what_it_was_sent(line):
    (call,) = await line.recorded()
    await line.order()
    async with served(line.service.app) as (host, port, _):
        asked = {"callback": f"http://{host}:{port}/webhooks/speech"}
        assert await line.vendors.ask("POST", "/speech/_sandbox/analyse", asked) == {"told": {call: 200}}
        assert await line.vendors.ask("POST", "/speech/_sandbox/analyse", asked) == {"told": {}}
    await line.world.deliver()
    ((_, link),) = await line.timeline()
    assert link == f"https://speech.example/transcripts/{call}"


async def test_told_again_it_changes_nothing_and_says_why(line):
    (call,) = await line.recorded()
    await line.order()
    await line.analysed(call, status="failed", id_="a")
    assert await line.timeline() == [("Call sent to speech analysis, which failed", (await line.timeline())[0][1])]
    await line.analysed(call, id_="a")
    assert await line.jobs() == [("failed", "vendor_failed")]
    await asyncio.gather(*(line.analysed(call, id_=f"b{it}") for it in range(4)))
    await line.analysed(call, scores={"clarity": 0}, transcript_url=TRANSCRIPT + "0")
    assert (await line.timeline())[0] == ("Call analysed: clarity 0.9, sentiment positive", TRANSCRIPT)
    reasons = await line.inbox()
    assert (reasons.count(("handled", None)), reasons.count(("ignored", "call_analysed"))) == (2, 4)


async def test_an_analysis_that_is_quicker_than_the_answer_stands(line):
    (call,) = await line.recorded()
    await line.vendors.faults("speech", path="/calls", hang=1.0)
    await line.service.post("/v1/calls/send-to-speech", {})
    sending = asyncio.create_task(line.world.deliver())
    while not await line.posted():  # noqa: ASYNC110 - until the vendor hears it
        await asyncio.sleep(0.02)
    await line.analysed(call)
    assert await line.jobs() == [("analysed", None)]
    await sending
    assert await line.jobs() == [("analysed", None)]


@pytest.mark.parametrize("call", [str(uuid4()), "theirs", None, 7])
async def test_an_analysis_of_no_call_of_ours_is_taken_and_only_its_reason_kept(line, call):
    await line.analysed(call)
    (event,) = await line.world.rows("inbox_event")
    assert (event.state, event.reason, event.body) == ("ignored", "unknown_call", {})


async def test_another_kind_of_event_is_ignored(line):
    await line.analysed("x", type_="call.listened_to")
    assert await line.inbox() == [("ignored", "type")]


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"status": "maybe"}, "status"),
        ({"status": None}, "status"),
        ({"scores": [1]}, "scores"),
        ({"scores": {"x": True}}, "scores"),
        ({"scores": {"x": {"y": 1}}}, "scores"),
        ({"scores": {"x" * 65: 1}}, "scores"),
        ({"scores": {f"s{it}": 1 for it in range(51)}}, "scores"),
        ({"transcript_url": "javascript:alert(1)"}, "transcript_url"),
        ({"transcript_url": "https://10.0.0.1/"}, "transcript_url"),
        ({"job_id": "j" * 300}, "job_id"),
    ],
)
async def test_what_is_misshapen_is_kept_with_its_reason(line, change, reason):
    (call,) = await line.recorded()
    await line.order()
    await line.analysed(call, **change)
    ((state, why),) = await line.inbox()
    assert (state, reason in why) == ("failed", True)
    assert await line.jobs() == [("sent", None)]


@pytest.mark.parametrize(
    "told",
    [
        {"duration_s": -1},
        {"duration_s": "long"},
        {"recording": 7},
        {"recording": {"url": 7}},
        {"recording": RECORDING | {"channels": 1000}},
        {"recording": RECORDING | {"expires_at": "soon"}},
        {"recording": None, "interaction_id": "../../x"},
    ],
)
async def test_a_misshapen_recording_is_kept_as_failed(line, told):
    await line.recorded(**told)
    assert [it.state for it in await line.world.rows("inbox_event")] == ["failed"]
    assert await line.world.rows("call_recording", "call_id") == []


async def test_forged_and_old_webhooks_write_nothing(line):
    (call,) = await line.recorded()
    await line.order()
    old = datetime.now(UTC) - timedelta(seconds=301)
    for forged in ({"secret": OTHER}, {"at": old}, {"at": datetime.now(UTC) + timedelta(seconds=320)}):
        await line.analysed(call, answered=401, **forged)
    for headers in ({}, {"webhook-id": "x", "webhook-timestamp": "1", "webhook-signature": "v1,é"}):
        answer = await line.service.client.post(
            "/webhooks/speech", content=b"{}", headers=[(k, v.encode()) for k, v in headers.items()]
        )
        assert answer.status_code == 401
    assert await line.inbox() == []
    assert await line.jobs() == [("sent", None)]


async def test_a_delivery_that_is_replayed_is_heard_once(line):
    (call,) = await line.recorded()
    await line.order()
    for _ in range(3):
        await line.analysed(call, id_="same")
    assert await line.inbox() == [("handled", None)]


async def test_without_a_secret_there_is_no_route(service):
    assert (await service.client.post("/webhooks/speech", content=b"{}")).status_code == 404
