"""The whole life of a referral, over the API and Stripe's webhook."""

from datetime import timedelta

import pytest
from tests.api.conftest import ADMIN, CAPTURE, OPS, SERVICE
from tests.api.programme import Programme, dispute, event, linked, paid, refund, refunded


@pytest.fixture
def programme(service):
    return Programme(service)


async def test_both_get_45_days_for_the_first_payment(programme):
    referral = await programme.pair()
    await programme.pay("bob")
    found = await programme.referral(referral)
    assert (found["status"], found["converted_at"] is None, found["credited_at"] is None) == ("converted", False, False)
    assert await programme.days("bob") == await programme.days("rita") == {"credit": 45}
    page = await programme.profile("rita")
    assert page["counts"] == {"visits": 0, "invited": 1, "signed": 0, "converted": 1, "in_credit_window": 1}
    assert page["credit"]["days_left"] == 45
    assert (await programme.profile("bob"))["credit"]["days_left"] == 45
    await programme.proved()


async def test_renewals_replays_and_zero_amounts_grant_nothing(programme):
    await programme.pair()
    await programme.pay("bob", 0, amount_paid=0)
    await programme.pay("bob", 1, amount_paid=-5)
    assert await programme.days("bob") == {}
    first = paid("bob", 1, at=await programme.now())
    for _ in range(3):
        await programme.tell(first)
    await programme.tell(first | {"id": "evt_other"})
    await programme.move(timedelta(days=31))
    await programme.pay("bob", 2)
    assert await programme.days("bob") == {"credit": 45}
    await programme.proved()


async def test_a_refund_takes_both_sides_back_and_its_failure_restores(programme):
    referral = await programme.pair()
    await programme.pay("bob")
    await programme.tell(linked("bob"))
    await programme.move(timedelta(days=10, hours=12))
    await programme.tell(refund("bob", at=await programme.now()))
    assert (await programme.referral(referral))["status"] == "reversed"
    assert await programme.days("bob") == await programme.days("rita") == {}
    assert await programme.left("bob") == 0
    used = [entry for entry in await programme.entries(referral) if entry["account"].startswith("forfeited")]
    assert [entry["amount"] for entry in used] == [10, 10]
    await programme.tell(refund("bob", at=await programme.now(), status="failed", type="refund.failed"))
    assert (await programme.referral(referral))["status"] == "converted"
    assert await programme.days("bob") == {"credit": 45}
    assert await programme.left("bob") == 35
    await programme.proved()


async def test_a_partial_refund_and_a_won_dispute_change_nothing(programme):
    referral = await programme.pair()
    await programme.pay("bob")
    await programme.tell(linked("bob"))
    for told in (
        refunded("bob", at=await programme.now(), amount=4_899),
        dispute("bob", at=await programme.now()),
        dispute("bob", at=await programme.now(), status="won", type="charge.dispute.closed"),
    ):
        await programme.tell(told)
    assert (await programme.referral(referral))["status"] == "converted"
    await programme.tell(dispute("bob", 2, at=await programme.now(), status="lost", type="charge.dispute.closed"))
    assert (await programme.referral(referral))["status"] == "converted"
    await programme.proved()


async def test_a_refund_told_before_its_payment_waits_for_it(programme):
    referral = await programme.pair()
    now = await programme.now()
    await programme.tell(refunded("bob", at=now))
    await programme.tell(paid("bob", at=now))
    assert (await programme.referral(referral))["status"] == "converted"  # nobody knows yet what the charge paid
    await programme.tell(linked("bob", at=now))
    assert (await programme.referral(referral))["status"] == "reversed"
    assert await programme.days("bob") == {}
    await programme.proved()


async def test_a_payment_of_nobody_is_listed_and_matched_when_its_user_is_told_of(programme):
    await programme.user("rita")
    await programme.user("bob", stripe_customer_id=None)
    referral = (await programme.invite("rita", "bob"))["referral_id"]
    await programme.pay("bob")
    (waiting,) = (await programme.ask("GET", "/v1/payments/unmatched", role=OPS))["items"]
    assert waiting["external_id"] == "in_bob_1"
    assert (await programme.referral(referral))["status"] == "created"
    await programme.user("bob")
    assert (await programme.referral(referral))["status"] == "converted"
    assert (await programme.ask("GET", "/v1/payments/unmatched", role=OPS))["items"] == []
    await programme.proved()


async def test_a_checkout_says_whose_payment_it_was(programme):
    await programme.user("rita")
    await programme.user("bob", stripe_customer_id=None)
    referral = (await programme.invite("rita", "bob"))["referral_id"]
    await programme.pay("bob")
    session = {"customer": "cus_bob", "client_reference_id": "bob", "mode": "subscription", "payment_status": "paid"}
    await programme.tell(event("checkout.session.completed", {"id": "cs_1", "object": "checkout.session"} | session))
    assert (await programme.referral(referral))["status"] == "converted"
    await programme.proved()


async def test_the_free_month_of_a_signed_contract(programme):
    referral = await programme.pair()
    now = (await programme.now()).isoformat()
    await programme.contract("c1", "bob", signed_at=now)
    found = await programme.referral(referral)
    assert (found["status"], found["referred_contract_ref"]) == ("contracted", "c1")
    await programme.pay("bob")
    assert await programme.days("bob") == {}
    consumed = await programme.ask("POST", f"/v1/referrals/{referral}/consume", {}, role=SERVICE)
    assert consumed["outcome"] == "discounted"
    again = await programme.ask("POST", f"/v1/referrals/{referral}/consume", {}, role=SERVICE)
    assert again == consumed | {"outcome": "already_rewarded"}
    found = await programme.referral(referral)
    assert (found["status"], found["discount"]["month"]) == ("rewarded", consumed["month"])
    assert (await programme.profile("rita"))["amounts"] == [{"currency": "EUR", "earned_cents": 5000, "paid_cents": 0}]
    payout = {"paid_at": now, "reference": "SEPA 1"}
    for _ in range(2):
        await programme.ask("POST", f"/v1/referrals/{referral}/payout", payout, role=SERVICE)
    assert (await programme.profile("rita"))["amounts"][0]["paid_cents"] == 5000
    await programme.proved()


async def test_spain_marks_the_reward_on_the_invoice(programme):
    referral = await programme.pair(country="ES")
    await programme.contract("c1", "bob", "ES", signed_at=(await programme.now()).isoformat())
    consumed = await programme.ask("POST", f"/v1/referrals/{referral}/consume", role=SERVICE)
    assert (await programme.referral(referral))["status"] == "contracted"
    seen = {"discount_applied": True}
    await programme.ask("PUT", f"/v1/contracts/c1/invoices/{consumed['month']}", seen, role=SERVICE)
    assert (await programme.referral(referral))["referred_contract_rewarded_on"] == consumed["month"]
    await programme.proved()


async def test_who_visits_is_sent_on_and_counted(programme, service):
    await programme.user("rita")
    code = (await programme.profile("rita"))["referral_code"]
    person = {"User-Agent": "Mozilla/5.0 (X11; Linux x86_64) Firefox/140.0"}
    answer = await service.client.get(f"/r/{code.lower()}?utm_source=mail&x=1", headers=person)
    assert answer.status_code == 302
    assert answer.headers["location"] == f"https://shop.example/?ref={code}&utm_source=mail"
    await service.client.head(f"/r/{code}", headers=person)
    assert (await service.client.get("/r/NOSUCHCO", headers=person)).headers["location"] == "https://shop.example/"
    assert (await programme.profile("rita"))["counts"]["visits"] == 1
    banner = await programme.ask("GET", f"/v1/referral-codes/{code}", role=CAPTURE)
    assert banner == {"code": code, "referrer_name": "Rita"}


async def test_a_suspicious_reward_is_held_until_a_person_decides(programme):
    referral = await programme.pair("rita", "bob", email="same+a@gmail.com")
    await programme.pay("bob")
    found = await programme.referral(referral)
    assert (found["status"], found["held_for"]) == ("held", ["same_email"])
    assert await programme.days("bob") == await programme.days("rita") == {"held": 45}
    assert await programme.left("rita") == 0
    await programme.move(timedelta(days=20))
    review = {"decision": "release", "reason": "a couple"}
    await programme.ask("POST", f"/v1/referrals/{referral}/review", review, role=OPS)
    assert await programme.left("rita") == 45
    assert (await programme.referral(referral))["review"]["by"] == "settings-ops"
    await programme.proved()


async def test_grants_stack_behind_each_other(programme):
    await programme.pair()
    await programme.pay("bob")
    grant = {"user_id": "rita", "days": 10, "reason": "a long wait"}
    await programme.ask("POST", "/v1/credits/grants", grant, role=ADMIN, status=201)
    assert await programme.left("rita") == 55
    await programme.proved()


async def test_a_merge_moves_everything_and_keeps_the_sums(programme):
    referral = await programme.pair()
    await programme.pay("bob")
    await programme.move(timedelta(days=5))
    await programme.user("rosa")
    body = {"duplicated_user_id": "rita", "existing_user_id": "rosa"}
    planned = await programme.ask("POST", "/v1/referral-profiles/merge", body | {"dry_run": True}, role=ADMIN)
    assert await programme.days("rita") == {"credit": 45}
    done = await programme.ask("POST", "/v1/referral-profiles/merge", body, role=ADMIN)
    assert done == planned
    assert (await programme.referral(referral))["referring_user_id"] == "rosa"
    assert await programme.days("rita") == {}
    assert await programme.days("rosa") == {"credit": 45}
    assert await programme.left("rosa") == 40
    assert await programme.ask("POST", "/v1/referral-profiles/merge", body, role=ADMIN) == {"log": []}
    await programme.proved()


async def test_deleting_takes_back_what_is_left(programme):
    referral = await programme.pair()
    await programme.pay("bob")
    for _ in range(2):
        answer = await programme.service.client.delete(f"/v1/referrals/{referral}", headers=OPS)
        assert answer.status_code == 204
    assert await programme.days("bob") == {}
    assert (await programme.profile("rita"))["counts"]["invited"] == 0
    assert (await programme.referral(referral))["status"] == "deleted"
    await programme.proved()
