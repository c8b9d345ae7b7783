"""Leads that partners bring: signed by each with its own secret, once, and theirs in every report."""

import asyncio
import json
from datetime import UTC, datetime

import pytest
from standardwebhooks import Webhook
from tests.adapters.campaign_world import ENVIRONMENT
from tests.api.conftest import an_estimate, service_on
from tests.domain.makers import MONDAY

CLUBS, BANK, ROTATED = (f"whsec_{letter}fKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw" for letter in "MAB")
AT = "2026-11-22T09:05:00Z"


class Partner:
    def __init__(self, service):
        self.service, self.world = service, service.world

    async def send(self, body, id_="msg_1", name="clubs", secret=CLUBS, *, status=200):
        content = body if isinstance(body, str) else json.dumps(body)
        now = datetime.now(UTC)
        headers = {
            "webhook-id": id_,
            "webhook-timestamp": str(int(now.timestamp())),
            "webhook-signature": Webhook(secret).sign(id_, now, content),
        }
        answer = await self.service.client.post(f"/webhooks/partners/{name}", content=content.encode(), headers=headers)
        assert answer.status_code == status, answer.text
        await self.world.deliver()

    async def inbox(self):
        return [(it.state, it.reason) for it in await self.world.rows("inbox_event")]


def told(type="estimate.created", number=1, **changes):
    return {"type": type, "timestamp": AT, "data": an_estimate(number, **changes)}


@pytest.fixture
async def partner(database_url, monkeypatch):
    monkeypatch.setitem(ENVIRONMENT, "GROWTH_PARTNER_SECRETS", f"clubs:{CLUBS}|{ROTATED},bank:{BANK}")
    async with service_on(database_url) as service:
        await service.world.at(MONDAY)
        yield Partner(service)


@pytest.mark.parametrize(("type", "lead_type"), [("estimate.created", "RDVVQ"), ("lead.created", "DIRECT")])
async def test_a_lead_comes_in_as_asked_for_when_it_was_told_and_by_the_partner(partner, type, lead_type):
    await partner.send(told(type))
    (lead,) = await partner.world.rows("lead")
    assert (lead.lead_type, lead.came_by, lead.requested_at.date()) == (lead_type, "referral", MONDAY.date())
    (event,) = await partner.world.rows("prospect_event")
    assert event.marketing_parameters["referring_partner"] == "clubs"
    assert len(await partner.world.rows("call")) == 1
    assert await partner.inbox() == [("handled", None)]


async def test_a_delivery_counts_once_and_another_partners_same_id_too(partner):
    await asyncio.gather(*(partner.send(told()) for _ in range(5)))
    await partner.send(told(number=2), name="bank", secret=BANK)
    assert len(await partner.world.rows("submission")) == 2


async def test_both_secrets_count_while_one_is_replaced(partner):
    await partner.send(told(), secret=ROTATED)
    await partner.send(told(number=2), id_="msg_2")
    assert len(await partner.world.rows("lead")) == 2


@pytest.mark.parametrize(
    ("name", "secret", "status"), [("clubs", BANK, 401), ("bank", CLUBS, 401), ("nobody", CLUBS, 404)]
)
async def test_nobody_speaks_for_another(partner, name, secret, status):
    await partner.send(told(), name=name, secret=secret, status=status)
    assert await partner.inbox() == []


@pytest.mark.parametrize(
    ("body", "state", "reason"),
    [
        ({"type": "club.opened", "timestamp": AT, "data": {}}, "ignored", "type"),
        ({"type": "lead.created", "timestamp": AT}, "failed", "data is missing"),
        ({"type": "lead.created", "timestamp": AT, "data": []}, "failed", "data"),
        (told(email="nobody"), "failed", "data: bad-email"),
        (told(postal_code=7), "failed", "data/postal_code"),
    ],
)
async def test_what_cannot_be_taken_is_kept_with_its_reason(partner, body, state, reason):
    await partner.send(body)
    ((found, why),) = await partner.inbox()
    assert (found, reason in why) == (state, True)
    assert await partner.world.rows("lead") == []


@pytest.mark.parametrize("body", ["[]", "{", '{"type": 7}', '{"timestamp": 1}'])
async def test_what_is_no_event_is_refused(partner, body):
    await partner.send(body, status=422)


async def test_without_a_secret_there_is_no_route(service):
    assert (await service.client.post("/webhooks/partners/clubs", content=b"{}")).status_code == 404
