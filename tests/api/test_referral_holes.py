"""Ways by which somebody once got a reward twice, or lost one: contracts, merges, claims beside payments, names."""

import asyncio
from contextlib import asynccontextmanager
from datetime import timedelta

import asyncpg
import pytest
from sqlalchemy import make_url
from tests.adapters.campaign_world import ENVIRONMENT
from tests.api.conftest import ADMIN, OPS, SERVICE, service_on
from tests.api.programme import RESOURCES, Programme, event, linked, paid, refund
from tests.domain.makers import MONDAY

from growth.adapters.db.names import keys_of
from growth.adapters.db.payments import SqlPayments
from growth.domain.referrals.entities.payment_news import NoNews
from growth.domain.referrals.ports.news import ReadNews

SECOND, DAY = timedelta(seconds=1), timedelta(days=1)
MERGE, REASSIGN = ("duplicated_user_id", "existing_user_id"), ("from_user_id", "to_user_id")
BOTH = {"bob": {"credit": 45}, "rita": {"credit": 45}}
REFUSED = {"referral_id": None, "created": False, "reason": "already_referred"}


@pytest.fixture
def programme(service):
    return Programme(service)


async def give(programme, referral, ref, status=200):
    path = f"/v1/referrals/{referral}/contract"
    return await programme.ask("PUT", path, {"contract_ref": ref}, role=SERVICE, status=status)


async def consume(programme, referral):
    return (await programme.ask("POST", f"/v1/referrals/{referral}/consume", {}, role=SERVICE))["outcome"]


async def delete(programme, referral):
    answer = await programme.service.client.delete(f"/v1/referrals/{referral}", headers=OPS)
    assert answer.status_code == 204


async def sign(programme, ref, user, **told):
    return await programme.contract(ref, user, signed_at=(await programme.now()).isoformat(), **told)


async def replace(programme, source, target, way="merge"):
    bodies = {"merge": MERGE, "reassign": REASSIGN}[way]
    body = dict(zip(bodies, (source, target), strict=True))
    return (await programme.ask("POST", f"/v1/referral-profiles/{way}", body, role=ADMIN))["log"]


async def status_of(programme, referral):
    return (await programme.referral(referral))["status"]


async def credited(programme, *names):
    return {name: days for name in names if (days := await programme.days(name))}


async def earned(programme, name):
    return (await programme.profile(name))["amounts"][0]["earned_cents"]


async def rewarded_by_contract(programme, referral, ref="c1", user="bob"):
    await sign(programme, ref, user)
    assert await consume(programme, referral) == "discounted"
    payout = {"paid_at": (await programme.now()).isoformat(), "reference": "S1"}
    await programme.ask("POST", f"/v1/referrals/{referral}/payout", payout, role=SERVICE)


async def test_who_was_rewarded_is_not_referred_again_though_the_referral_is_deleted(programme):
    referral = await programme.pair()
    await rewarded_by_contract(programme, referral)
    await delete(programme, referral)
    assert await programme.invite("rita", "bob", status=200) == REFUSED
    await programme.move(2 * SECOND)
    await programme.pay("bob")
    assert (await earned(programme, "rita"), await credited(programme, "bob", "rita")) == (5_000, {})
    await programme.proved()


async def test_a_contract_is_rewarded_once_for_ever_whoever_takes_its_users_place(programme):
    one, other = await programme.pair(), await programme.pair("rita", "zoe")
    await rewarded_by_contract(programme, one)
    await delete(programme, one)
    await replace(programme, "bob", "zoe")
    problem = await programme.service.refused(
        "PUT", f"/v1/referrals/{other}/contract", {"contract_ref": "c1"}, role=SERVICE, status=409
    )
    assert problem == ("contract-is-spent", [])
    assert (await consume(programme, other), await earned(programme, "rita")) == ("no_contract", 5_000)
    await programme.proved()


async def test_whose_days_were_used_before_a_deletion_earns_nothing_by_a_contract(programme):
    referral = await programme.pair()
    await programme.pay("bob")
    await programme.move(50 * DAY)
    await delete(programme, referral)
    assert await programme.invite("rita", "bob", status=200) == REFUSED


@pytest.mark.parametrize("merged", [False, True], ids=["himself", "by who took his place"])
async def test_who_was_rejected_stays_so_though_the_referral_is_deleted(programme, merged):
    await programme.user("rita", email="ada@gmail.com")
    await programme.user("bob", email="ada+1@gmail.com")
    await programme.user("zoe")
    referral = (await programme.invite("rita", "bob"))["referral_id"]
    await sign(programme, "c1", "bob")
    assert await consume(programme, referral) == "held"
    review = {"decision": "reject", "reason": "one person"}
    await programme.ask("POST", f"/v1/referrals/{referral}/review", review, role=OPS)
    await delete(programme, referral)
    await programme.user("bob", email="bob@other.example")
    if merged:
        await replace(programme, "bob", "zoe")
    assert await programme.invite("rita", "zoe" if merged else "bob", status=200) == REFUSED


async def test_what_gave_nothing_before_it_was_deleted_may_be_made_again(programme):
    referral = await programme.pair()
    await sign(programme, "c1", "bob")
    await delete(programme, referral)
    again = (await programme.invite("rita", "bob"))["referral_id"]
    await give(programme, again, "c1")
    assert (await consume(programme, again), await earned(programme, "rita")) == ("discounted", 5_000)


async def test_a_contract_goes_to_its_users_referral_when_it_is_told_of(programme):
    right, wrong = await programme.pair(), await programme.pair("rita", "carl")
    await give(programme, wrong, "c9")
    await programme.pay("carl")
    await sign(programme, "c9", "bob")
    assert [await status_of(programme, it) for it in (right, wrong)] == ["contracted", "converted"]
    assert [await consume(programme, it) for it in (right, wrong)] == ["discounted", "no_contract"]
    assert (await earned(programme, "rita"), await programme.days("carl")) == (5_000, {"credit": 45})
    await programme.proved()


async def test_a_contract_that_turns_out_to_be_anothers_is_not_rewarded(programme):
    referral = await programme.pair()
    await programme.user("carl")
    await sign(programme, "c1", "bob")
    await programme.service.world.execute("UPDATE contract SET user_id = 'carl'")  # as older versions left some
    assert await consume(programme, referral) == "not_eligible"


async def test_a_contract_has_one_referral_though_two_ask_at_once(programme):
    referrals = [await programme.pair("rita", name) for name in ("bob", "carl", "dora", "emil")]
    put = [
        programme.service.client.put(f"/v1/referrals/{it}/contract", json={"contract_ref": "c9"}, headers=SERVICE)
        for it in referrals
    ]
    assert sorted(answer.status_code for answer in await asyncio.gather(*put)) == [200, 409, 409, 409]


async def test_the_contract_of_who_was_replaced_is_that_of_who_took_his_place(programme):
    referral = await programme.pair()
    await programme.user("zoe")
    await replace(programme, "bob", "zoe")
    await sign(programme, "c1", "bob")
    assert (await status_of(programme, referral), await consume(programme, referral)) == ("contracted", "discounted")


@pytest.mark.parametrize("way", ["merge", "reassign"])
async def test_who_was_replaced_pays_for_who_took_his_place_and_cannot_be_referred(programme, way):
    referral = await programme.pair()
    await programme.user("zoe")
    await programme.pay("bob")
    await replace(programme, "bob", "zoe", way)
    claim = {"referred_user_id": "bob", "referral_code": (await programme.profile("rita"))["referral_code"]}
    refused = await programme.ask("POST", "/v1/referrals", claim, role=SERVICE)
    assert refused == {"referral_id": None, "created": False, "reason": "profile_not_found"}
    assert (await programme.profile("bob"))["user_id"] == "zoe"
    await programme.move(30 * DAY)
    await programme.pay("bob", 2)  # the same subscription renews
    await programme.tell(paid("late", at=await programme.now()))
    await programme.user("bob", stripe_customer_id="cus_late")
    assert {it.user_id for it in await programme.service.world.rows("payment")} == {"zoe"}
    assert await credited(programme, "bob", "zoe", "rita") == {"zoe": {"credit": 45}, "rita": {"credit": 45}}
    await programme.tell(linked("bob"))
    await programme.tell(refund("bob", at=await programme.now()))
    assert await status_of(programme, referral) == "reversed"
    await programme.proved()


async def test_who_takes_a_place_stands_for_himself_again(programme):
    referral = await programme.pair()
    await programme.user("zoe")
    for source, target in (("bob", "zoe"), ("zoe", "bob")):
        await replace(programme, source, target)
    await programme.pay("bob")
    await programme.pay("zoe")
    assert await status_of(programme, referral) == "converted"
    assert await credited(programme, "bob", "zoe", "rita") == BOTH


async def test_who_takes_a_place_is_judged_at_once_by_what_the_other_paid(programme):
    await programme.user("bob")
    await programme.profile("bob")
    referral = await programme.pair("rita", "zoe")
    await programme.move(2 * SECOND)
    await programme.pay("bob")
    assert "payments of bob: 1 now with zoe" in await replace(programme, "bob", "zoe")
    assert await status_of(programme, referral) == "converted"
    assert await credited(programme, "bob", "zoe", "rita") == {"zoe": {"credit": 45}, "rita": {"credit": 45}}
    await programme.proved()


async def test_without_a_profile_payments_and_days_move_too(programme):
    await programme.user("bob")
    await programme.user("zoe")
    grant = {"user_id": "bob", "days": 10, "reason": "a long wait"}
    await programme.ask("POST", "/v1/credits/grants", grant, role=ADMIN, status=201)
    await programme.pay("bob")
    assert len(await replace(programme, "bob", "zoe")) == 2
    assert await credited(programme, "bob", "zoe") == {"zoe": {"credit": 10}}
    assert await replace(programme, "bob", "zoe") == []
    await programme.proved()


@asynccontextmanager
async def waiting(monkeypatch, method):
    """Inside, whoever calls this method of the payments waits behind it; `there` says that somebody does."""
    gate, there, real = asyncio.Event(), asyncio.Event(), getattr(SqlPayments, method)

    async def slow(self, *given):
        found = await real(self, *given)
        there.set()
        await gate.wait()
        return found

    with monkeypatch.context() as patch:
        patch.setattr(SqlPayments, method, slow)
        yield there
        gate.set()


@pytest.mark.parametrize("news", ["payment", "refund"])
async def test_what_is_told_during_a_merge_counts_for_who_takes_the_place(programme, monkeypatch, news):
    referral = await programme.pair()
    await programme.user("zoe")
    if news == "refund":
        await programme.pay("bob")
        await programme.tell(linked("bob"))
    now = await programme.now()
    told = {"payment": paid("bob", at=now), "refund": refund("bob", at=now)}[news]
    async with waiting(monkeypatch, "move") as there:
        merge = asyncio.create_task(replace(programme, "bob", "zoe"))
        await there.wait()
        telling = asyncio.create_task(programme.tell(told))
        await asyncio.wait([telling], timeout=0.5)
    await asyncio.gather(merge, telling)
    assert await status_of(programme, referral) == {"payment": "converted", "refund": "reversed"}[news]
    if news == "payment":
        assert await credited(programme, "bob", "zoe") == {"zoe": {"credit": 45}}
    await programme.proved()


@asynccontextmanager
async def graph_held(database_url):
    """Inside, nobody changes who referred whom; gives what tells how many wait for that."""
    url = make_url(database_url).set(drivername="postgresql").render_as_string(hide_password=False)
    connection = await asyncpg.connect(url)
    async with connection.transaction():
        await connection.execute("SELECT pg_advisory_xact_lock($1)", keys_of("referrals", ["graph"])[0])
        yield lambda: connection.fetchval("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted")
    await connection.close()


async def test_a_payment_that_comes_while_a_claim_waits_is_not_lost(programme, database_url):
    await programme.user("rita")
    await programme.user("bob")
    await programme.profile("rita")
    async with graph_held(database_url) as waiters:
        claim = asyncio.create_task(programme.invite("rita", "bob"))
        while not await waiters():  # noqa: ASYNC110 - another connection waits
            await asyncio.sleep(0.01)
        now = await programme.now()
        payment = asyncio.create_task(programme.tell(paid("bob", at=now + 5 * SECOND)))
        await asyncio.wait([payment], timeout=0.5)
    referral = (await claim)["referral_id"]
    await payment
    assert await status_of(programme, referral) == "converted"
    assert (await programme.referral(referral))["created_at"] > now.isoformat()
    assert await credited(programme, "bob", "rita") == BOTH
    await programme.proved()


async def test_a_payment_that_comes_before_a_claim_ends_is_not_lost(programme, monkeypatch):
    await programme.user("rita")
    await programme.user("bob")
    await programme.profile("rita")
    async with waiting(monkeypatch, "lock_case") as there:
        claim = asyncio.create_task(programme.invite("rita", "bob"))
        await there.wait()
        payment = asyncio.create_task(programme.tell(paid("bob", at=await programme.now() + 5 * SECOND)))
        await asyncio.wait([payment], timeout=0.5)
    await asyncio.gather(claim, payment)
    assert await credited(programme, "bob", "rita") == BOTH


async def test_a_payment_of_the_same_second_as_the_claim_counts_whichever_came_first(programme):
    await programme.user("rita")
    await programme.user("bob")
    await programme.profile("rita")
    await programme.tell(paid("bob", at=await programme.now() + 5 * SECOND))
    referral = (await programme.invite("rita", "bob"))["referral_id"]
    assert await status_of(programme, referral) == "converted"
    assert await credited(programme, "bob", "rita") == BOTH
    await programme.proved()


def checkout(customer, user, **names):
    names = {"metadata": {}, "subscription": None, "invoice": None, "client_reference_id": user} | names
    return event(
        "checkout.session.completed", RESOURCES["checkout.session"] | {"id": "cs_1", "customer": customer} | names
    )


async def test_who_is_known_by_a_checkout_is_told_of_while_he_pays(programme, monkeypatch):
    await programme.tell(checkout("cus_bob", "bob"))
    async with waiting(monkeypatch, "lock_unmatched") as there:
        told = asyncio.create_task(programme.user("bob", stripe_customer_id=None))
        await there.wait()
        payment = asyncio.create_task(programme.pay("bob"))
        await asyncio.wait([payment], timeout=0.5)
    await asyncio.gather(told, payment)
    assert (await programme.ask("GET", "/v1/payments/unmatched", role=OPS))["items"] == []


@pytest.mark.parametrize("turn", [1, -1], ids=["told before", "told after"])
@pytest.mark.parametrize("by", ["customer", "metadata"])
async def test_whose_a_payment_is_does_not_depend_on_what_was_told_first(programme, by, turn):
    """`alice` has the better name of it, `bob` a name."""
    referrals = [await programme.pair(f"of_{name}", name, stripe_customer_id=None) for name in ("alice", "bob")]
    named = {"user_id": "bob"} if by == "customer" else {}
    payment = paid("x", at=await programme.now() + SECOND, metadata=named)
    if by == "customer":
        steps = [programme.user("alice", stripe_customer_id="cus_x"), programme.tell(payment)]
    else:
        payment["data"]["object"]["metadata"] = {"user_id": "carl"}
        await programme.tell(checkout("cus_x", "bob"))
        referrals[0] = None
        steps = [programme.user("carl", stripe_customer_id=None), programme.tell(payment)]
    for step in steps[::turn]:
        await step
    (kept,) = await programme.service.world.rows("payment")
    assert kept.user_id == ("alice" if by == "customer" else "carl")
    states = [await status_of(programme, it) for it in referrals if it]
    assert states == (["converted", "created"] if by == "customer" else ["created"])
    await programme.proved()


async def heard(service):
    return [(it.state, it.reason) for it in await service.world.rows("inbox_event")]


async def test_payments_to_connected_accounts_are_not_ours(programme):
    referral = await programme.pair()
    await programme.tell(paid("bob", at=await programme.now()) | {"account": "acct_eve"})
    assert await heard(programme.service) == [("ignored", "connected_account")]
    assert await status_of(programme, referral) == "created"
    await programme.tell(paid("bob", at=await programme.now()) | {"account": None, "livemode": False})
    assert await status_of(programme, referral) == "converted"


async def test_in_production_payments_in_test_mode_are_none(database_url, monkeypatch):
    safe = {"ENV": "production", "SECRET": "s" * 40, "API_KEYS": f"service:{'k' * 40}", "DATABASE_URL": database_url}
    for name, value in safe.items():
        monkeypatch.setitem(ENVIRONMENT, f"GROWTH_{name}", value)
    async with service_on(database_url) as service:
        for number, live in enumerate((False, True)):
            await Programme(service).tell(paid("bob", number) | {"livemode": live})
        assert await heard(service) == [("ignored", "test_mode"), ("ignored", "unknown_customer")]
        assert len(await service.world.rows("payment")) == 1
        read = await service.world.get(ReadNews)  # by which what was kept is replayed
        assert read(paid("bob") | {"livemode": False}, MONDAY) == (NoNews("test_mode"),)


@pytest.mark.parametrize(
    ("name", "kept"),
    [
        pytest.param("Bob\0", "Bob\\u0000", id="NUL"),
        pytest.param("Bob\ud83d", "Bob\\ud83d", id="half a letter"),
        pytest.param("\ude00\ud83d\ud83d\\x\U0001f600", "\\ude00\\ud83d\\ud83d\\x\U0001f600", id="halves and a whole"),
        pytest.param("C:\\u0000", "C:\\u0000", id="a backslash"),
    ],
)
async def test_a_signed_payment_counts_and_is_kept_whatever_it_holds(programme, name, kept):
    referral = await programme.pair()
    await programme.tell(paid("bob", at=await programme.now(), customer_name=name, metadata={name: "x"}))
    assert await status_of(programme, referral) == "converted"
    (event,) = await programme.service.world.rows("inbox_event")
    invoice = event.body["data"]["object"]
    assert (event.state, invoice["customer_name"], invoice["metadata"]) == ("handled", kept, {kept: "x"})
    await programme.proved()
