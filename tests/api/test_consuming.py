"""The daily job that decides free months: every referral once, wherever it is broken off."""

import asyncio
from datetime import timedelta

import pytest
from tests.api.conftest import OPS, SERVICE
from tests.api.programme import Programme

from growth.adapters.db.ledger import SqlLedger
from growth.deliveries import Deliveries
from growth.domain.kernel.country import Country
from growth.domain.kernel.ticks import Tick
from growth.domain.referrals.entities.referrals import ConsumeOutcome
from growth.domain.referrals.use_cases import ConsumeUnrewarded, RequestConsumption

SIZE = 12


@pytest.fixture
def programme(service):
    return Programme(service)


@pytest.fixture
async def contracted(programme):
    """So many referrals with a signed contract, all by one user."""
    await programme.user("rita")
    signed_at = (await programme.now()).isoformat()
    ids = []
    for number in range(SIZE):
        await programme.user(f"bob{number}")
        ids.append((await programme.invite("rita", f"bob{number}"))["referral_id"])
        await programme.contract(f"c{number}", f"bob{number}", signed_at=signed_at)
    return ids


async def rewarded(programme, ids):
    """How many are rewarded; each has its discount once, and its amount once."""
    found = [await programme.referral(each) for each in ids]
    for referral in found:
        amounts = [it["amount"] for it in await programme.entries(referral["id"]) if it["account"].startswith("owed")]
        assert amounts == ([5_000] if referral["status"] == "rewarded" else [])
        assert (referral["discount"] is None) == (referral["status"] == "contracted")
    return sum(referral["status"] == "rewarded" for referral in found)


async def test_what_is_broken_off_goes_on_and_nobody_is_rewarded_twice(programme, service, contracted, monkeypatch):
    consume = await service.world.get(ConsumeUnrewarded)
    post, left = SqlLedger.post, [5]

    async def dies(self, *given):
        left[0] -= 1
        if left[0] < 0:
            raise RuntimeError("killed")
        await post(self, *given)

    monkeypatch.setattr(SqlLedger, "post", dies)
    with pytest.raises(RuntimeError, match="killed"):
        await consume(Country.FR)
    monkeypatch.undo()
    assert await rewarded(programme, contracted) == 5
    outcomes = await asyncio.gather(*(consume(Country.FR) for _ in range(3)))
    assert sum(outcome[ConsumeOutcome.DISCOUNTED] for outcome in outcomes) == SIZE - 5
    assert await rewarded(programme, contracted) == SIZE
    assert await consume(Country.FR) == {}
    page = await programme.profile("rita")
    assert page["amounts"] == [{"currency": "EUR", "earned_cents": SIZE * 5_000, "paid_cents": 0}]
    await programme.proved()


async def test_the_tick_has_every_country_consumed_once(programme, service, contracted):
    request = await service.world.get(RequestConsumption)
    tick = Tick("consume-referrals", await programme.now())
    await request(tick)
    await request(tick)
    waiting = (await programme.ask("GET", "/v1/outbox", role=OPS, params={"state": "pending"}))["items"]
    asked = sorted(it["subject"] for it in waiting if it["kind"] == "referrals.consume")
    assert asked == ["referrals:BE", "referrals:ES", "referrals:FR"]
    await (await service.world.get(Deliveries)).drain()
    assert await rewarded(programme, contracted) == SIZE
    listed = {"country_code": "FR", "unrewarded": "true"}
    assert (await programme.ask("GET", "/v1/referrals", role=SERVICE, params=listed))["items"] == []


async def test_a_contract_that_begins_later_waits_for_its_month(programme, service):
    referral = await programme.pair()
    later = (await programme.now()) + timedelta(days=100)
    told = {"signed_at": (await programme.now()).isoformat(), "start_date": later.date().isoformat()}
    await programme.contract("c1", "bob", **told)
    consumed = await programme.ask("POST", f"/v1/referrals/{referral}/consume", role=SERVICE)
    assert consumed["month"] == later.date().isoformat()[:7]
    too_early = await service.refused("POST", f"/v1/referrals/{referral}/consume", {"month": "2026-13"}, role=SERVICE)
    assert too_early == ("invalid", ["/month"])
