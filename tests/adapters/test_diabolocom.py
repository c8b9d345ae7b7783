"""The adapter of the dialer's vendor over real HTTP, against the sandbox, and against the vendor's description."""

import asyncio
import json
import time
from datetime import timedelta
from uuid import uuid4

import jsonschema_rs
import pytest
from tests.adapters.dialer_line import CAMPAIGN, a_batch, a_line, a_recipient, fits_the_description
from tests.adapters.sandbox_client import MINUTE, NINE, SECOND

from growth.domain.campaigns.entities.calls import WrapUp
from growth.domain.kernel.messages import GiveUp, OutcomeUnknown, TryLater


@pytest.fixture
async def line():
    async with a_line() as line:
        yield line


@pytest.mark.parametrize(
    ("path", "query", "body"),
    [
        ("contact-batch/create", {}, {"customFields": [{"Telephone_1": 33199000001}]}),
        ("contact-batch/create", {}, {"customFields": [{"a": "b"}] * 301}),
        ("contact-batch/create", {"priorityMode": "maybe"}, {"customFields": [{"a": "b"}]}),
        ("contact-batch/create", {}, {"customFields": [{"a": "b"}], "assignedAgentId": None}),
        ("contacts/search", {}, {"query": {"batch_id": "x"}}),
        ("contact-batch/empty", {}, {}),
    ],
)
def test_a_request_that_the_vendor_does_not_know_is_found(path, query, body):
    with pytest.raises((jsonschema_rs.ValidationError, AssertionError, ValueError)):
        fits_the_description("POST", f"/api/v2/voice/campaigns/701/{path}", query, json.dumps(body).encode())


async def test_contacts_are_created_in_just_these_words(line):
    batch, named = a_batch(dialer_user_id=543), a_recipient(1, first_name="Ana", last_name="Silva", segment="PVI_NOW")
    bare = a_recipient(2)
    assert (await line.inject(batch, [named, bare])).finished
    (request,) = [it for it in line.wire.requests if it[1].endswith("/create")]
    assert request[:3] == ("POST", "/api/v2/voice/campaigns/701/contact-batch/create", {"priorityMode": "false"})
    ids = {"batch_id": str(batch.id), "run_id": str(batch.run_id), "score": "73.5", "Postal_Code": "69003"}
    assert json.loads(request[3]) == {
        "priority": 3,
        "minCallingDateTime": "2026-01-05T09:00:00Z",
        "maxCallingDateTime": "2026-01-05T12:00:00Z",
        "assignedAgentId": 543,
        "customFields": [
            {"call_id": str(named.call_id), "lead_id": str(named.lead_id), "segment": "PVI_NOW", **ids}
            | {"Email": "p1@example.org", "First_Name": "Ana", "Last_Name": "Silva", "Telephone_1": "33199000001"},
            {"call_id": str(bare.call_id), "lead_id": str(bare.lead_id), **ids}
            | {"Email": "p2@example.org", "Telephone_1": "33199000002"},
        ],
    }
    first, _ = await line.contacts()
    assert (first["maxCallingDateTime"], first["assignedAgentId"], first["priority"]) == (
        "2026-01-05T12:00:00Z",
        543,
        3,
    )


async def test_nobody_is_assigned_where_the_campaign_has_no_agents(line):
    await line.inject(a_batch(), [a_recipient()])
    assert "assignedAgentId" not in line.wire.sent("/create")[0]


async def test_times_of_any_zone_are_sent_in_utc(line):
    await line.inject(a_batch(earliest=NINE.astimezone(tz=None)), [a_recipient()])
    assert line.wire.sent("/create")[0]["minCallingDateTime"] == "2026-01-05T09:00:00Z"


async def test_nobody_is_called_a_part_of_a_second_too_early_or_too_late(line):
    part = timedelta(seconds=0.8)
    await line.inject(a_batch(earliest=NINE + part, latest=NINE + 60 * MINUTE + part), [a_recipient()])
    sent = line.wire.sent("/create")[0]
    assert sent["minCallingDateTime"] == "2026-01-05T09:00:01Z"
    assert sent["maxCallingDateTime"] == "2026-01-05T10:00:00Z"


async def test_more_than_300_contacts_are_refused_as_a_whole(line):
    with pytest.raises(GiveUp):
        await line.send(a_batch(), [a_recipient(n) for n in range(301)])
    assert await line.contacts() == []
    line.wire.requests.clear()  # the description forbids it too


async def test_progress_waits_until_a_batch_is_applied_and_tells_who_was_excluded(line):
    token = await line.send(a_batch(), [a_recipient(1), a_recipient(2, phone="+12")])
    assert await line.contacts() == []
    progress = await line.adapter.progress(token)
    assert (progress.finished, progress.failed, progress.excluded) == (True, False, {"noValidPhone": [2]})
    assert len(await line.contacts()) == 2


async def test_progress_does_not_wait_for_ever(monkeypatch):
    monkeypatch.setattr("growth.adapters.diabolocom.dialer._PATIENCE", 0.1)
    async with a_line(apply_delay=3600) as line:
        progress = await line.inject(a_batch(), [a_recipient()])
    assert not progress.finished


async def test_all_contacts_of_a_run_are_found_page_by_page(line):
    run = uuid4()
    batches = [a_batch(run_id=run) for _ in range(2)]
    sent = [[a_recipient(300 * n + m) for m in range(300)] for n in range(2)]
    for batch, recipients in zip(batches, sent, strict=True):
        await line.inject(batch, recipients)
    await line.inject(a_batch(), [a_recipient(999)])
    found = await line.adapter.of_run(CAMPAIGN, run)
    assert [it.call_ref for it in found] == [str(it.call_id) for recipients in sent for it in recipients]
    assert [it["pageable"] for it in line.wire.sent("/search")] == [{"page": n, "pageSize": 500} for n in (0, 1)]
    of_batch = await line.adapter.of_batch(batches[1])
    assert [it.call_id() for it in of_batch] == [it.call_id for it in sent[1]]


async def test_what_changed_is_read_page_by_page(line):
    for batch in range(2):
        await line.inject(a_batch(), [a_recipient(300 * batch + n) for n in range(300)])
    since = NINE - MINUTE
    first, page = await line.adapter.changed(CAMPAIGN, since, None)
    second, end = await line.adapter.changed(CAMPAIGN, since, page)
    assert (len(first), len(second), end) == (500, 100, None)
    assert len({it.contact_id for it in first + second}) == 600
    later = max(it.updated_at for it in second) + SECOND
    assert await line.adapter.changed(CAMPAIGN, later, None) == ([], None)


async def test_a_campaign_is_busy_while_a_batch_is_applied_and_nobody_is_touched_by_asking(line):
    batch = a_batch()
    token = await line.send(batch, [a_recipient(n) for n in range(3)])
    assert await line.adapter.busy(CAMPAIGN)
    assert (await line.adapter.progress(token)).finished
    before = await line.contacts()
    line.wire.requests.clear()
    assert not await line.adapter.busy(CAMPAIGN)
    assert await line.contacts() == before
    (search,), (update,) = line.wire.sent("/contacts/search"), line.wire.sent("/contact-batch/update")
    assert update["query"] == search["query"]
    (condition,) = update["query"]["customFieldConditions"]
    assert condition["value"] != str(batch.id)


async def test_a_campaign_that_does_not_obey_the_filter_is_never_changed(line):
    await line.inject(a_batch(), [a_recipient()])
    before = await line.contacts()
    line.wire.deaf = True
    with pytest.raises(TryLater, match="does not obey"):
        await line.adapter.busy(CAMPAIGN)
    assert line.wire.sent("/contact-batch/update") == []
    assert await line.contacts() == before


async def test_a_second_batch_has_to_wait_for_the_first(line):
    await line.send(a_batch(), [a_recipient(1)])
    for attempt in (line.send(a_batch(), [a_recipient(2)]), line.adapter.empty(CAMPAIGN, uuid4())):
        with pytest.raises(TryLater) as refused:
            await attempt
        assert type(refused.value) is TryLater
        assert (refused.value.waiting, refused.value.after) == (True, SECOND)


async def test_emptying_takes_only_those_of_the_run_whom_nobody_has_called():
    async with a_line(lines=1, seconds_per_call=60, probabilities={"unreachable": 1.0}) as line:
        batch = a_batch()
        people = [a_recipient(n) for n in range(4)] + [a_recipient(5, phone="+12")]
        await line.inject(batch, people)
        await line.inject(a_batch(), [a_recipient(9)])
        line.vendor.at += 65 * SECOND  # the first was called, the second is on the line
        assert (await line.adapter.progress(await line.adapter.empty(CAMPAIGN, batch.run_id))).finished
        left = {it.call_id(): it for it in await line.adapter.of_run(CAMPAIGN, batch.run_id)}
        assert list(left) == [people[0].call_id, people[1].call_id, people[4].call_id]
        called, on_call, excluded = left.values()
        assert (called.attempts, called.wrapup, called.in_progress) == (1, WrapUp.UNREACHABLE, False)
        assert (on_call.attempts, on_call.in_progress, excluded.excluded) == (0, True, "noValidPhone")
        others = [it for it in await line.contacts() if it["customFields"]["run_id"] != str(batch.run_id)]
        assert [it["deletedAt"] for it in others] == [None]


@pytest.mark.parametrize(
    ("outcome", "wrapup", "name"),
    [
        ("arguedpositive", WrapUp.ARGUEDPOSITIVE, "RDV pris"),
        ("argued", WrapUp.ARGUED, "Argumenté"),
        ("nonargued", WrapUp.NONARGUED, "Refus"),
        ("unreachable", WrapUp.UNREACHABLE, "Ne répond pas"),
        ("tocall", WrapUp.TOCALL, "Rappel"),
        ("wrong_number", WrapUp.NONARGUED, "Faux numéro"),
    ],
)
async def test_how_a_call_ended_is_read_in_our_words(outcome, wrapup, name):
    async with a_line(lines=1, seconds_per_call=60, probabilities={outcome: 1.0}) as line:
        batch = a_batch()
        await line.inject(batch, [a_recipient()])
        line.vendor.at += 2 * MINUTE
        (contact,) = await line.adapter.of_batch(batch)
        assert (contact.attempts, contact.wrapup, contact.wrapup_name) == (1, wrapup, name)
        assert NINE < contact.last_attempt_at < contact.updated_at < line.vendor.at
        assert contact.agent_id == 501
        assert (contact.callback_at is not None) == (outcome == "tocall")


async def test_the_list_of_outcomes_is_read_once(line):
    for _ in range(3):
        await line.adapter.of_run(CAMPAIGN, uuid4())
    assert len([it for it in line.wire.requests if it[1].endswith("/wrapups")]) == 1


async def test_when_the_answer_is_lost_nobody_knows_whether_the_contacts_are_there(line):
    batch = a_batch()
    await line.faults(path="/api/v2/voice/campaigns/701/contact-batch/create", drop_answer=1.0)
    with pytest.raises(OutcomeUnknown):
        await line.send(batch, [a_recipient()])
    line.vendor.at += SECOND
    assert len(await line.adapter.of_batch(batch)) == 1


@pytest.mark.parametrize("form", ["seconds", "date"])
async def test_a_vendor_that_is_busy_says_when_to_come_back(line, form):
    await line.faults(refuse={"probability": 1.0, "status": 429, "retry_after": 70, "retry_after_form": form})
    with pytest.raises(TryLater) as refused:
        await line.send(a_batch(), [a_recipient()])
    assert type(refused.value) is TryLater
    assert refused.value.whole_vendor
    if form == "seconds":
        assert refused.value.after == timedelta(seconds=70)


@pytest.mark.parametrize("status", [500, 502, 503])
async def test_after_a_fault_of_the_vendor_nobody_knows_what_happened(line, status):
    await line.faults(refuse={"probability": 1.0, "status": status})
    with pytest.raises(OutcomeUnknown):
        await line.send(a_batch(), [a_recipient()])


async def test_a_lead_that_is_taken_back_is_called_no_more_and_what_it_was_called_stays():
    async with a_line(lines=1, seconds_per_call=60, probabilities={"unreachable": 1.0}) as line:
        batch, people = a_batch(), [a_recipient(n) for n in range(4)]
        await line.inject(batch, people)
        line.vendor.at += 65 * SECOND  # the first was called, the second is on the line
        for each in people[:3]:
            token = await line.adapter.take_back(CAMPAIGN, each.lead_id, line.vendor.at)
            progress = await line.adapter.progress(token)
            assert (progress.finished, progress.failed) == (True, False)
        line.vendor.at += 50 * 60 * SECOND  # time enough to try all of them again and again
        tried = {contact.call_ref: contact.attempts for contact in await line.adapter.of_batch(batch)}
        assert [tried[str(each.call_id)] for each in people[:3]] == [1, 1, 0]
        assert tried[str(people[3].call_id)] >= 1


async def test_nobody_is_taken_back_by_a_vendor_that_does_not_obey_the_filter(line):
    await line.inject(a_batch(), [a_recipient(1), a_recipient(2)])
    before = await line.contacts()
    line.wire.deaf = True
    with pytest.raises(TryLater, match="does not obey"):
        await line.adapter.take_back(CAMPAIGN, a_recipient(1).lead_id, line.vendor.at)
    assert await line.contacts() == before


async def test_a_web_page_is_no_answer(line):
    await line.faults(html=1.0)
    for attempt in (line.send(a_batch(), [a_recipient()]), line.adapter.of_run(CAMPAIGN, uuid4())):
        with pytest.raises(OutcomeUnknown):
            await attempt


async def test_a_campaign_that_the_vendor_does_not_have_is_given_up():
    async with a_line(open_campaigns=False) as line:
        for attempt in (
            line.send(a_batch(), [a_recipient()]),
            line.adapter.of_run(CAMPAIGN, uuid4()),
            line.adapter.busy(CAMPAIGN),
            line.adapter.empty(CAMPAIGN, uuid4()),
        ):
            with pytest.raises(GiveUp):
                await attempt


async def test_a_refused_token_is_for_an_operator_to_put_right():
    async with a_line(token="another") as line:
        with pytest.raises(TryLater, match="credentials") as refused:
            await line.send(a_batch(), [a_recipient()])
        assert type(refused.value) is TryLater


async def test_an_injection_takes_no_longer_than_it_may(line):
    await line.faults(hang=5.0)
    begun = asyncio.get_running_loop().time()
    with pytest.raises(OutcomeUnknown):
        await line.send(a_batch(), [a_recipient()], timedelta(seconds=0.3))
    assert asyncio.get_running_loop().time() - begun < 2


async def test_a_process_that_was_held_up_sends_nothing(line):
    with pytest.raises(TryLater) as late:
        await line.send(a_batch(), [a_recipient()], send_by=time.monotonic() - 1)
    assert type(late.value) is TryLater
    assert line.wire.requests == []
