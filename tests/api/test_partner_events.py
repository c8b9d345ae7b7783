"""What happens to a referral is told to its partner and to the main application, signed, in its order."""

import json

import pytest
from standardwebhooks import Webhook
from tests.adapters.campaign_world import ENVIRONMENT
from tests.adapters.test_partner_webhooks import a_receiver
from tests.api.conftest import SERVICE, service_on
from tests.api.programme import Programme

from growth.deliveries import Deliveries

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"


@pytest.fixture
async def told(database_url, monkeypatch):
    """The programme, and what its two subscribers have heard: the partner `guide` and the main application."""
    async with a_receiver() as guide, a_receiver() as main:
        webhooks = f"guide=http://127.0.0.1:{guide.port}/hook,*=http://127.0.0.1:{main.port}/hook"
        monkeypatch.setitem(ENVIRONMENT, "GROWTH_PARTNER_WEBHOOKS", webhooks)
        monkeypatch.setitem(ENVIRONMENT, "GROWTH_PARTNER_SECRETS", f"guide:{SECRET},*:{SECRET}")
        async with service_on(database_url) as service:
            yield Programme(service), guide, main


async def heard(programme, receiver):
    """Deliver what waits; return the verified events, in the order in which they came."""
    await (await programme.service.world.get(Deliveries)).drain()
    return [Webhook(SECRET).verify(body, headers) for _, headers, body in receiver.heard]


async def test_a_partner_hears_of_those_it_brought_and_of_no_others(told):
    programme, guide, main = told
    referral = await programme.pair()
    body = {"referred_user_id": "carl", "referring_partner": "guide"}
    await programme.user("carl")
    theirs = (await programme.ask("POST", "/v1/referrals", body, role=SERVICE, status=201))["referral_id"]
    await programme.pay("bob")
    await programme.pay("carl")
    events = await heard(programme, guide)
    assert [(it["type"], it["data"]["referral_id"]) for it in events] == [
        ("referral_created", theirs),
        ("referral_converted", theirs),
    ]
    assert await programme.days("carl") == {"credit": 45}
    told_main = await heard(programme, main)
    assert [it["type"] for it in told_main if it["data"]["referral_id"] == referral] == [
        "referral_created",
        "referral_converted",
    ]
    assert len(told_main) == 4


async def test_nothing_personal_is_told(told):
    programme, _, main = told
    await programme.pair(email="same@example.org")
    await programme.pay("bob")
    events = await heard(programme, main)
    assert [it["type"] for it in events] == ["referral_created", "reward_held"]
    said = json.dumps(events)
    assert not [personal for personal in ("same@", "Rita", "Bob", "cus_") if personal in said]


async def test_a_signature_is_told_once(told):
    programme, _, main = told
    referral = await programme.pair()
    for _ in range(2):
        await programme.contract("c1", "bob", signed_at=(await programme.now()).isoformat())
        await programme.ask("PUT", f"/v1/referrals/{referral}/contract", {"contract_ref": "c1"}, role=SERVICE)
    assert [it["type"] for it in await heard(programme, main)] == ["referral_created", "referral_signed_contract"]
