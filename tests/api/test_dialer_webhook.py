"""Finished calls by the neutral webhook: recorded like polled ones, once, be they told by both."""

import asyncio
import json
from datetime import UTC, datetime
from uuid import uuid4

import pytest
from standardwebhooks import Webhook
from tests.adapters.campaign_world import ENVIRONMENT, a_submission
from tests.api.conftest import service_on
from tests.domain.makers import DAY, HOUR, MINUTE, MONDAY, TEN, TWO

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
OTHER = "whsec_AfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"


class Floor:
    """A call that is with the dialer, and the dialer telling of it."""

    def __init__(self, service):
        self.service, self.world = service, service.world

    async def call(self):
        await self.world.at(MONDAY)
        await self.world.take(a_submission(1))
        await self.world.at(TEN)
        await self.world.start(name="PVI")
        await self.world.deliver()
        (call,) = await self.world.rows("call")
        return str(call.id)

    def told(self, call, attempts=1, status="argued", **more):
        outcome = {"code": "told", "status": status} if status else {}
        data = {"call_id": call, "attempts": attempts, "outcome": outcome, "started_at": "2026-11-23T09:00:00Z"}
        return {"type": "call.finished", "timestamp": "2026-11-23T09:05:00Z", "data": data | more}

    async def send(self, body, id_="msg_1", secret=SECRET, *, status=200):
        content = body if isinstance(body, str) else json.dumps(body)
        now = datetime.now(UTC)
        headers = {
            "webhook-id": id_,
            "webhook-timestamp": str(int(now.timestamp())),
            "webhook-signature": Webhook(secret).sign(id_, now, content),
        }
        answer = await self.service.client.post("/webhooks/dialer", content=content.encode(), headers=headers)
        assert answer.status_code == status, answer.text

    async def hear(self, body, id_="msg_1"):
        await self.send(body, id_)
        await self.world.deliver()

    async def inbox(self):
        return [(it.state, it.reason) for it in await self.world.rows("inbox_event")]


@pytest.fixture
async def floor(database_url, monkeypatch):
    monkeypatch.setitem(ENVIRONMENT, "GROWTH_DIALER_WEBHOOK_SECRET", SECRET)
    async with service_on(database_url) as service:
        yield Floor(service)


@pytest.mark.parametrize(
    ("status", "lead_status", "following"),
    [
        ("arguedpositive", "qualified", []),
        ("argued", "not_qualified", []),
        ("nonargued", "refused", []),
        ("unreachable", "not_qualified", [TWO]),
        (None, "not_qualified", []),
    ],
)
async def test_what_a_call_came_to_sets_the_lead(floor, status, lead_status, following):
    call = await floor.call()
    await floor.world.at(TEN + 2 * MINUTE)
    await floor.hear(floor.told(call, status=status))
    [lead], [told, *planned] = await floor.world.rows("lead"), await floor.world.rows("call")
    assert (lead.status, lead.call_attempts) == (lead_status, 1)
    assert (told.state, told.attempts, told.wrapup, told.dialer_contact_id) == ("called", 1, status, 1)
    assert [it.slot_start for it in planned] == following
    assert await floor.inbox() == [("handled", None)]
    assert await floor.world.broken() == {}


async def test_a_wish_for_a_callback_is_planned(floor):
    call = await floor.call()
    wanted = TEN + 2 * DAY + HOUR
    await floor.hear(floor.told(call, status="tocall", callback_at=wanted.isoformat()))
    [_, planned] = await floor.world.rows("call")
    assert (planned.callback_at, planned.slot_start) == (wanted, TEN + 2 * DAY)


async def test_it_counts_once_told_at_once_again_late_or_by_polling_too(floor):
    call = await floor.call()
    await asyncio.gather(*(floor.send(floor.told(call)) for _ in range(5)))
    await asyncio.gather(*(floor.world.deliver() for _ in range(3)))
    await floor.hear(floor.told(call), "msg_2")
    floor.world.dialer.tell(1, wrapup="argued")
    await floor.world.at(TEN + 2 * MINUTE)
    await floor.world.tick()
    await floor.world.deliver()
    await floor.hear(floor.told(call, attempts=2, status="nonargued"), "msg_3")
    await floor.hear(floor.told(call, attempts=1), "msg_4")
    [lead], [told] = await floor.world.rows("lead"), await floor.world.rows("call")
    assert (lead.status, lead.call_attempts, told.attempts, told.dialer_contact_id) == ("refused", 2, 2, 1)
    assert len(await floor.world.rows("call_attempt")) == 2


@pytest.mark.parametrize("call", [str(uuid4()), "theirs"])
async def test_a_call_that_is_none_of_ours_is_kept_and_shown(floor, call):
    await floor.hear(floor.told(call))
    (result,) = await floor.world.rows("call_result", "contact_id")
    assert (result.call_id, result.call_ref, result.wrapup_name) == (None, call, "told")
    assert result.contact_id < 0


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"call_id": None}, "call_id"),
        ({"attempts": "1"}, "attempts"),
        ({"attempts": -1}, "attempts"),
        ({"attempts": 10**6}, "attempts"),
        ({"outcome": {"status": "delighted"}}, "status"),
        ({"outcome": 7}, "outcome"),
        ({"callback_at": "tomorrow"}, "callback_at"),
        ({"contact_id": 2**70}, "contact_id"),
        ({"dialer_campaign_id": 2**40}, "dialer_campaign_id"),
    ],
)
async def test_what_is_misshapen_is_kept_with_its_reason(floor, change, reason):
    call = await floor.call()
    body = floor.told(call)
    if change.get("contact_id"):
        await floor.send(body | {"data": body["data"] | change}, status=422)
        return
    await floor.hear(body | {"data": body["data"] | change})
    ((state, why),) = await floor.inbox()
    assert (state, reason in why) == ("failed", True)


async def test_nothing_is_kept_of_whom_was_called_nor_are_ids_needed(floor):
    call = await floor.call()
    more = {"phone": "+33199000001", "contact_id": None, "dialer_campaign_id": None}
    told = floor.told(call, **more)
    await floor.hear(told | {"agent": "zoe"})
    (kept,) = await floor.world.rows("inbox_event")
    assert (kept.state, "+33199000001" in str(kept.body), "zoe" in str(kept.body)) == ("handled", False, False)


async def test_other_types_are_kept_and_ignored(floor):
    await floor.hear({"type": "agent.logged_in", "timestamp": "2026-11-23T09:05:00Z", "data": {}})
    assert await floor.inbox() == [("ignored", "type")]


async def test_only_what_is_signed_for_us_is_kept(floor):
    await floor.send(floor.told("x"), secret=OTHER, status=401)
    assert await floor.inbox() == []


async def test_without_a_secret_there_is_no_route(service):
    assert (await service.client.post("/webhooks/dialer", content=b"{}")).status_code == 404
