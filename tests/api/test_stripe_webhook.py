"""W1, W2, W3, W7 on Stripe's webhook: what is authentic passes, once; nothing is lost, whoever's fault it is."""

import hashlib
import hmac
import json
from collections import Counter
from datetime import UTC, datetime, timedelta
from random import Random
from time import time

import pytest
from standardwebhooks import Webhook
from tests.adapters.campaign_world import ENVIRONMENT
from tests.api.conftest import OPS, service_on
from tests.api.programme import SECRET, Programme, event, linked, paid, refund, signed

from growth.adapters.db.accounts import SqlCustomers
from growth.adapters.db.ledger import SqlLedger
from growth.adapters.db.payments import SqlPayments
from growth.adapters.db.referrals import SqlReferrals
from growth.api.webhooks import stripe
from growth.domain.kernel.inbox import Unreadable

NAME = "Stripe-Signature"
STANDARD_SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
PATHS = ("stripe", "nosuch")
MADE = datetime(2026, 11, 23, tzinfo=UTC)
VIEW = {
    "id", "source", "event_id", "topic", "state", "reason", "attempts", "received_at", "settled_at",
}  # fmt: skip


@pytest.fixture
def programme(service):
    return Programme(service)


async def inbox(programme):
    """What operators see of the events that came in, the oldest first."""
    found = await programme.service.every("/v1/inbox", limit=200)
    assert all(it.keys() == VIEW for it in found)
    return found[::-1]


async def heard(programme):
    return [(it["state"], it["reason"], it["attempts"]) for it in await inbox(programme)]


async def send(programme, content, headers):
    plain = {"Content-Type": "application/json"}
    return await programme.service.client.post("/webhooks/stripe", content=content, headers=plain | headers)


def signature(content, secret=SECRET, at=None):
    """What Stripe's library would sign, for bytes that are no text as well."""
    stamp = int(time()) if at is None else at
    value = hmac.new(secret.encode(), b"%d." % stamp + content, hashlib.sha256).hexdigest()
    return f"t={stamp},v1={value}"


def flipped(data, random, bits=8):
    changed = bytearray(data)
    changed[random.randrange(len(changed))] ^= 1 << random.randrange(bits)
    return bytes(changed)


def other_body(content, random):
    """The body of a signed event, changed: never the same bytes."""
    decoded = json.loads(content)
    forged = decoded | {"data": {"object": decoded["data"]["object"] | {"customer": "cus_eve"}}}
    return random.choice(
        [
            flipped(content, random),
            flipped(content, random),
            content[: random.randrange(len(content))],
            content + random.choice([b" ", b"\n", b"\x00", b"}"]),
            b"\xef\xbb\xbf" + content,
            json.dumps(decoded, separators=(",", ":")).encode(),
            json.dumps(dict(reversed(decoded.items()))).encode(),
            json.dumps(forged).encode(),
        ]
    )


def other_signature(content, header, random):
    """A signature that is not Stripe's for this body, or not one of now; none, too."""
    stamp, _, value = header.partition(",")
    standard = Webhook(STANDARD_SECRET).sign("msg_1", MADE, content.decode())
    return random.choice(
        [
            {},
            {NAME: signature(content, random.choice(["whsec_other", SECRET.upper(), SECRET[6:], ""]))},
            {NAME: signature(content + b" ")},
            {NAME: header.replace("v1=", random.choice(["v0=", "v2=", "V1=", ""]))},
            {NAME: f"{stamp},{value[:3]}{value[3:-1]}{'0' if value[-1] != '0' else '1'}"},
            {NAME: f"{stamp},{value[: random.randrange(4, len(value))]}"},
            {NAME: f"{stamp},{value.upper()}"},
            {NAME: f"t={int(time()) + random.choice([-9, -1, 1, 9])},{value}"},
            {NAME: f"{stamp},{header}"},
            {NAME: value},
            {NAME: signature(content, at=int(time()) + random.choice([-1, 1]) * random.randint(330, 10**8))},
            {NAME: standard, "webhook-id": "msg_1", "webhook-timestamp": stamp[2:], "webhook-signature": standard},
            {NAME: f"{stamp},v1={standard.partition(',')[2]}"},
        ]
    )


async def send_mutants(programme, mutants, random):
    """Change signed deliveries; return the answers, counted, and the rows that they left."""
    answers = Counter()
    for number in range(mutants):
        content, header = signed(paid("bob", number, at=MADE))
        headers = {NAME: header}
        if random.random() < 0.5:
            content = other_body(content, random)
        else:
            headers = other_signature(content, header, random)
        answers[(await send(programme, content, headers)).status_code] += 1
    world = programme.service.world
    return answers, [len(await world.rows(table)) for table in ("inbox_event", "payment")]


async def test_only_authentic_bytes_pass(programme):
    await programme.pair()
    answers, rows = await send_mutants(programme, 600, Random(1))
    assert (answers, rows) == ({401: 600}, [0, 0])
    await programme.tell(paid("bob", at=MADE))
    assert [len(await programme.service.world.rows(table)) for table in ("inbox_event", "payment")] == [1, 1]


@pytest.mark.parametrize(
    ("seconds", "status"), [(-290, 200), (0, 200), (290, 200), (-310, 401), (310, 401), (-86_400, 401), (10**9, 401)]
)
async def test_a_signature_holds_for_five_minutes_before_and_after(programme, seconds, status):
    content, _ = signed(paid("bob"))
    answer = await send(programme, content, {NAME: signature(content, at=int(time()) + seconds)})
    assert answer.status_code == status
    assert len(await inbox(programme)) == (1 if status == 200 else 0)
    if status == 401:
        assert (answer.headers["content-type"], answer.json()["code"]) == ("application/problem+json", "bad-signature")


async def test_an_old_delivery_that_is_signed_anew_counts_once(programme):
    await programme.pair()
    told = paid("bob", at=await programme.now())
    await programme.tell(told)
    for days in (1, 8, 400):
        await programme.move(timedelta(days=days))
        await programme.tell(told)
    await programme.service.world.execute("DELETE FROM inbox_event")  # old events are not kept for ever
    await programme.tell(told)
    assert (await programme.days("bob"), await programme.days("rita")) == ({"credit": 45}, {"credit": 45})
    await programme.proved()


async def test_no_delivery_is_refused_while_a_secret_is_rotated(database_url, monkeypatch):
    deliveries = [("old", 200, 200, 401), ("new", 401, 200, 200), ("third", 401, 401, 401)]
    for step, secrets in enumerate(("old", "old|new", "new"), start=1):
        monkeypatch.setitem(ENVIRONMENT, "GROWTH_STRIPE_WEBHOOK_SECRET", secrets)
        async with service_on(database_url) as service:
            programme = Programme(service)
            for secret, *statuses in deliveries:
                content, header = signed(paid(secret, step), secret)
                assert (await send(programme, content, {NAME: header})).status_code == statuses[step - 1]
            content, header = signed(paid("both", step), "old")  # Stripe signs with both, the new one first
            both = header.replace(",v1=", f",{signature(content, 'new').partition(',')[2]},v1=")
            assert (await send(programme, content, {NAME: both})).status_code == 200


@pytest.mark.parametrize("secret", ["", " ", " | "])
async def test_without_a_secret_there_is_no_such_route(database_url, monkeypatch, secret):
    monkeypatch.setitem(ENVIRONMENT, "GROWTH_STRIPE_WEBHOOK_SECRET", secret)
    async with service_on(database_url) as service:
        content, _ = signed(paid("bob"))
        headers = {NAME: signature(content, ""), "X-Request-Id": "r-1"}
        there, nowhere = [
            await service.client.post(f"/webhooks/{it}", content=content, headers=headers) for it in PATHS
        ]
        assert (there.status_code, there.content) == (404, nowhere.content)
        assert there.headers == nowhere.headers
        assert await service.world.rows("inbox_event") == []


NOTHING_DONE = [
    pytest.param(event("customer.created", {"id": "cus_1"}), ("ignored", "unknown_type"), id="unknown type"),
    pytest.param(event("x" * 255, {}), ("ignored", "unknown_type"), id="a type of the longest"),
    pytest.param({"id": "e", "type": "v2.x", "object": "v2.core.event"}, ("ignored", "thin_event"), id="thin event"),
    pytest.param(paid("nobody"), ("ignored", "unknown_customer"), id="unknown customer"),
    pytest.param(paid("rita", amount_paid=0), ("ignored", "not_positive"), id="zero"),
    pytest.param(paid("rita", status="open"), ("ignored", "not_paid"), id="not paid"),
    pytest.param(refund("rita"), ("ignored", "payment_not_known_yet"), id="a refund of what we have not heard of"),
    pytest.param(event("checkout.session.completed", {"customer": "cus_1"}), ("ignored", "names_nobody"), id="nobody"),
    pytest.param(event("invoice.payment_succeeded", {}), ("ignored", "twin"), id="twin"),
    pytest.param(paid("rita", currency="€"), ("failed", "currency is not a code of three letters"), id="currency"),
    pytest.param(
        paid("rita", amount_paid="4900"), ("failed", "amount_paid is not an integer"), id="an amount in words"
    ),
    pytest.param(event("refund.created", refund("rita")), ("failed", "status is missing"), id="another shape"),
    pytest.param({"id": "e", "type": "invoice.paid"}, ("failed", "data is missing"), id="no data"),
]


@pytest.mark.parametrize(("told", "expected"), NOTHING_DONE)
async def test_what_we_do_not_act_on_is_kept_with_its_reason_and_answered_well(programme, told, expected):
    await programme.user("rita")
    assert await programme.tell(told) == {"received": True}
    assert [(it["state"], it["reason"]) for it in await inbox(programme)] == [expected]
    unmatched = (await programme.ask("GET", "/v1/payments/unmatched", role=OPS))["items"]
    assert len(unmatched) == (expected[1] == "unknown_customer")
    await programme.proved()


async def test_an_event_that_came_once_was_attempted_once(programme):
    await programme.tell(event("customer.created", {"id": "cus_1"}))
    assert await heard(programme) == [("ignored", "unknown_type", 1)]


async def test_a_payment_in_another_currency_is_a_payment(programme):
    referral = await programme.pair()
    await programme.pay("bob", currency="USD")
    assert (await programme.referral(referral))["status"] == "converted"


NO_EVENTS = [
    b"",
    b"{",
    b"[]",
    b"null",
    b'{"id": "e"}',
    b'{"id": 1, "type": "t"}',
    b'{"id": "", "type": "t"}',
    b'{"id": "%s", "type": "t"}' % (b"e" * 256),
    b'{"id": "e", "id": "f", "type": "t"}',
    b'{"id": "e", "type": "t", "n": NaN}',
    b'\xff{"id": "e", "type": "t"}',
]


async def test_what_is_signed_but_no_event_is_a_problem(programme):
    for content in NO_EVENTS:
        answer = await send(programme, content, {NAME: signature(content)})
        assert (answer.status_code, answer.headers["content-type"]) == (422, "application/problem+json"), content
    assert await inbox(programme) == []


async def test_a_poison_among_others_is_kept_and_disturbs_nobody(programme):
    await programme.pair()
    poison = paid("bob", 0, amount_paid=None)
    for told in (linked("bob"), poison, paid("bob", 1, at=await programme.now()), poison):
        await programme.tell(told)
    assert await programme.days("bob") == {"credit": 45}
    (failed,) = [it for it in await inbox(programme) if it["state"] == "failed"]
    assert (failed["event_id"], failed["reason"], failed["attempts"]) == (poison["id"], "amount_paid is missing", 2)
    await replay(programme, failed)
    assert [it for it in await inbox(programme) if it["state"] == "failed"] == [
        failed | {"attempts": 3, "settled_at": (await inbox(programme))[1]["settled_at"]}
    ]


async def replay(programme, kept, status=204):
    answer = await programme.service.client.post(f"/v1/inbox/{kept['id']}/replay", headers=OPS)
    assert answer.status_code == status, answer.text
    await programme.service.world.deliver()


async def test_what_could_not_be_read_is_handled_when_it_is_replayed(programme, monkeypatch):
    await programme.pair()
    with monkeypatch.context() as patch:
        patch.setattr(stripe, "read_news", unreadable)
        await programme.pay("bob")
    assert (await programme.days("bob"), await heard(programme)) == ({}, [("failed", "a version to come", 1)])
    (failed,) = await inbox(programme)
    await replay(programme, failed)
    assert (await programme.days("bob"), await heard(programme)) == ({"credit": 45}, [("handled", None, 2)])
    await replay(programme, failed, status=404)
    assert await programme.days("bob") == {"credit": 45}
    await programme.proved()


def unreadable(*_):
    raise Unreadable("a version to come")


FAULTS = [
    (SqlPayments, "add"),
    (SqlLedger, "lock"),
    (SqlLedger, "post"),
    (SqlReferrals, "save"),
    (SqlCustomers, "set_tier"),
]


@pytest.mark.parametrize(("store", "method"), FAULTS)
async def test_a_fault_of_ours_leaves_nothing_but_the_event_and_is_made_good(programme, monkeypatch, store, method):
    await programme.pair()
    told = paid("bob", at=await programme.now())
    before = await contents(programme)
    with monkeypatch.context() as patch:
        patch.setattr(store, method, broken)
        answer = await programme.tell(told, status=500)
    assert (answer["code"], "bob@" in json.dumps(answer)) == ("internal-error", False)
    after = await contents(programme)
    assert {name for name, rows in after.items() if rows != before[name]} == {"inbox_event"}
    assert await heard(programme) == [("failed", "RuntimeError", 1)]
    await programme.tell(told)
    assert (await programme.days("bob"), await heard(programme)) == ({"credit": 45}, [("handled", None, 2)])
    await programme.proved()


async def broken(*_):
    raise RuntimeError("bob@example.org broke it")


async def contents(programme):
    found = await programme.service.world.contents()
    return {name: rows for name, rows in found.items() if name != "rate_budget"}
