"""What operators ask of the referral programme: who paid what, which payment converted, what became of an event."""

from datetime import timedelta
from uuid import uuid4

import pytest
from tests.api.conftest import ADMIN, OPS, SERVICE
from tests.api.programme import Programme, dispute, linked, refund

AMOUNT = {"country_code": "FR", "type": "company", "start_date": "2027-01-01"}
ASKED = "/v1/referral-rewards/amount?country_code=FR&type=company&date={}"


@pytest.fixture
def programme(service):
    return Programme(service)


async def test_a_referral_names_the_payment_that_converted_it_the_first_by_when_it_was_paid(programme):
    referral = await programme.pair()
    assert (await programme.referral(referral))["converted_by"] is None
    await programme.pay("bob", 2)
    await programme.move(timedelta(days=30))
    await programme.pay("bob", 3)
    found = (await programme.referral(referral))["converted_by"]
    assert (found["source"], found["external_id"]) == ("stripe", "in_bob_2")
    (listed,) = (await programme.ask("GET", "/v1/referrals?referred_user_id=bob", role=OPS))["items"]
    assert listed["converted_by"] == found


async def test_a_payment_alone_converts_nobody(programme):
    await programme.user("rita")
    await programme.user("bob")
    await programme.pay("bob")
    await programme.move(timedelta(days=1))
    referral = (await programme.invite("rita", "bob"))["referral_id"]
    assert (await programme.referral(referral))["converted_by"] is None


async def test_a_user_s_payments_are_listed_with_what_came_back(programme):
    await programme.user("bob")
    assert await programme.ask("GET", "/v1/payments?user_id=bob", role=OPS) == {"items": [], "next_cursor": None}
    for number in (1, 2, 3):
        await programme.pay("bob", number)
        await programme.move(timedelta(days=1))
    at = await programme.now()
    for news in (
        linked("bob", 1),
        refund("bob", 1, at=at, amount=1_000),
        linked("bob", 2),
        dispute("bob", 2, at=at, status="lost"),
    ):
        await programme.tell(news)
    whole = (await programme.ask("GET", "/v1/payments?user_id=bob", role=OPS))["items"]
    assert [it["external_id"] for it in whole] == ["in_bob_3", "in_bob_2", "in_bob_1"]
    untouched, lost, reduced = whole
    assert (untouched["amount"], untouched["currency"], untouched["refunds"]) == (4_900, "eur", [])
    assert [(it["kind"], it["state"], it["amount"]) for it in reduced["refunds"]] == [("refund", "done", 1_000)]
    assert [it["id"] for it in lost["refunds"]] == ["dp_bob_2"]
    assert [it["taken_back_at"] is None for it in whole] == [True, False, True]
    assert await programme.service.every("/v1/payments", 1, user_id="bob") == whole
    found = await programme.ask("GET", "/v1/payments?user_id=rob", role=OPS, status=404)
    assert found["code"] == "unknown-user"
    assert (await programme.ask("GET", "/v1/payments?user_id=bob", role=SERVICE, status=403))["code"] == "wrong-role"


async def test_an_entry_of_an_account_names_its_referral_and_a_typo_is_no_user(programme):
    referral = await programme.pair()
    await programme.pay("bob")
    grant = {"user_id": "rita", "days": 3, "reason": "a long wait"}
    await programme.ask("POST", "/v1/credits/grants", grant, role=ADMIN, status=201)
    entries = (await programme.ask("GET", "/v1/credits/rita", role=ADMIN))["entries"]
    assert [(it["reason"], it["referral_id"]) for it in entries] == [("first_payment", referral), ("grant", None)]
    await programme.user("zoe")
    assert (await programme.ask("GET", "/v1/credits/zoe", role=ADMIN))["entries"] == []
    assert (await programme.ask("GET", "/v1/credits/rito", role=ADMIN, status=404))["code"] == "unknown-user"


async def test_an_event_is_found_by_the_partner_s_id(programme):
    await programme.user("bob")
    for id_ in ("evt_one", "evt_two"):
        await programme.pay("bob", id=id_)
    (found,) = (await programme.service.get("/v1/inbox", event_id="evt_one"))["items"]
    assert (found["event_id"], found["state"]) == ("evt_one", "handled")
    assert (await programme.service.get("/v1/inbox", event_id="evt_one", state="failed"))["items"] == []


async def test_an_amount_is_told_in_euros_or_in_cents_and_answered_in_both(programme):
    for number, told in enumerate(({"amount": 60}, {"amount_cents": 7_000})):
        body = AMOUNT | told | {"start_date": f"2027-0{number + 1}-01"}
        answer = await programme.ask("POST", "/v1/referral-rewards", body, role=ADMIN, status=201)
        assert (answer["amount"] * 100, answer["currency"]) == (answer["amount_cents"], "EUR")
        asked = await programme.ask("GET", ASKED.format(body["start_date"]), role=SERVICE)
        assert asked["amount_cents"] == answer["amount_cents"] == 6_000 + number * 1_000


@pytest.mark.parametrize("told", [{}, {"amount": 60, "amount_cents": 6_000}, {"amount_cents": 6_050}, {"amount": None}])
async def test_an_amount_in_no_unit_in_two_or_in_part_of_a_euro_is_refused(untouched, told):
    await untouched.refused("POST", "/v1/referral-rewards", AMOUNT | told, role=ADMIN)


async def test_an_amount_from_the_past_leaves_what_was_decided(programme):
    referrals = []
    for number in (1, 2):
        await programme.user(f"bob{number}")
        await programme.user("rita")
        referrals.append((await programme.invite("rita", f"bob{number}"))["referral_id"])
        await programme.contract(f"c{number}", f"bob{number}", signed_at="2026-11-20T10:00:00Z")
    await programme.ask("POST", f"/v1/referrals/{referrals[0]}/consume", role=OPS)
    body = AMOUNT | {"amount": 80, "start_date": "2026-11-01"}
    await programme.ask("POST", "/v1/referral-rewards", body, role=ADMIN, status=201)
    await programme.ask("POST", f"/v1/referrals/{referrals[1]}/consume", role=OPS)
    owed = [[it["amount"] for it in await programme.entries(id_) if it["account"][:4] == "owed"] for id_ in referrals]
    assert owed == [[5_000], [8_000]]


async def test_a_contract_of_a_type_without_an_amount_is_rewarded_with_the_month_alone(programme):
    referral = await programme.pair()
    await programme.contract("c1", "bob", signed_at="2026-11-20T10:00:00Z", reward_type="be_smc")
    await programme.ask("POST", f"/v1/referrals/{referral}/consume", role=OPS)
    assert (await programme.referral(referral))["status"] == "rewarded"
    assert {it["unit"] for it in await programme.entries(referral)} == {"day"}


async def test_a_payout_is_entered_a_day_ahead_at_most(programme):
    referral = await programme.pair()
    await programme.contract("c1", "bob", signed_at="2026-11-20T10:00:00Z")
    await programme.ask("POST", f"/v1/referrals/{referral}/consume", role=OPS)
    now = await programme.now()
    for ahead, status in ((timedelta(days=1, minutes=1), 422), (timedelta(hours=23), 200)):
        body = {"paid_at": (now + ahead).isoformat(), "reference": "SEPA 1"}
        answer = await programme.ask("POST", f"/v1/referrals/{referral}/payout", body, role=SERVICE, status=status)
        assert answer.get("code") == ("paid-ahead" if status == 422 else None)


async def test_a_referral_that_never_was_cannot_be_deleted(programme):
    answer = await programme.ask("DELETE", f"/v1/referrals/{uuid4()}", role=OPS, status=404)
    assert answer["code"] == "unknown-referral"
    referral = await programme.pair()
    for _ in range(2):
        deleted = await programme.service.client.delete(f"/v1/referrals/{referral}", headers=OPS)
        assert deleted.status_code == 204


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("PUT", "/v1/users/%20", {"email": "a@example.org", "country_code": "FR"}),
        ("PUT", "/v1/users/bob%20", {"email": "a@example.org", "country_code": "FR"}),
        ("PUT", "/v1/users/bob%0A", {"email": "a@example.org", "country_code": "FR"}),
        ("PUT", "/v1/employments/%20", {"user_id": "a", "invite_email": "a@example.org", "started_on": "2026-01-01"}),
        ("PUT", "/v1/contracts/%20/invoices/2026-11", {"discount_applied": True}),
        ("GET", "/v1/referral-profiles/%20", None),
        ("GET", "/v1/credits/%09", None),
        ("POST", f"/v1/referrals/{uuid4()}/payout", {"paid_at": "2026-11-20T00:00:00Z", "reference": ""}),
    ],
)
async def test_a_blank_name_is_refused_in_words(untouched, method, path, body):
    answer = await untouched.ask(method, path, body, role=ADMIN, status=422)
    (fault,) = answer["errors"]
    assert fault["message"] == "Write visible characters, without blanks around them."


async def test_no_message_shows_a_pattern(untouched):
    answer = await untouched.ask("GET", "/v1/payments/unmatched?cursor=x", role=OPS, status=422)
    assert "/openapi.json" in answer["errors"][0]["message"]
