"""P6, P7, P10, R8: in every order, twice, at once, with another in one's place, in any month: one end, to the day."""

import asyncio
from collections import Counter
from datetime import datetime, timedelta
from itertools import permutations
from random import Random

import pytest
from tests.api.conftest import ADMIN, SERVICE
from tests.api.programme import Programme, dispute, linked, paid, refund, refunded, signed

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
GRANT = {"days": 10, "reason": "a long wait"}
MERGE, REASSIGN = ("duplicated_user_id", "existing_user_id"), ("from_user_id", "to_user_id")
CREDITED = {"credit day": 90, "programme day": -90}
SETS = [
    pytest.param(["paid", "renewal", "refund", "opened", "won"], {}, ("reversed", {}), 60, id="P6"),
    pytest.param(["paid", "refund", "failed", "opened", "won"], {}, ("converted", CREDITED), 24, id="refund failed"),
    pytest.param(["paid", "renewal", "part", "opened", "lost"], {}, ("reversed", {}), 24, id="dispute lost"),
    pytest.param(["paid", "renewal", "part", "opened", "won"], {}, ("converted", CREDITED), 12, id="dispute won"),
    pytest.param(
        ["paid", "renewal", "refund", "failed"],
        {"email": "same@example.org"},
        ("held", {"held day": 90, "programme day": -90}),
        12,
        id="held, refund failed",
    ),
    pytest.param(
        ["paid", "renewal", "refund", "won"], {"email": "same@example.org"}, ("rejected", {}), 12, id="held, refunded"
    ),
]


@pytest.fixture
def programme(service):
    return Programme(service)


async def insist(programme, event, tries=100):
    """Send an event as Stripe does, again while it is told to come later; return the last status."""
    content, header = signed(event)
    headers = {"Stripe-Signature": header, "Content-Type": "application/json"}
    for _ in range(tries):
        answer = await programme.service.client.post("/webhooks/stripe", content=content, headers=headers)
        if answer.status_code != 503:
            break
        await asyncio.sleep(0.05)
    return answer.status_code


async def at_once(programme, events, connections=100):
    """Send all events over so many connections; return the answers, counted."""
    free = asyncio.Semaphore(connections)

    async def send(event):
        async with free:
            return await insist(programme, event)

    return Counter(await asyncio.gather(*map(send, events)))


def part_of(name, amount, at):
    """A refund of a part of the first payment; parts of different amounts are different refunds."""
    told = refund(name, at=at, amount=amount)
    told["data"]["object"]["id"] += f"_{amount}"
    return told


def tellings(what, name, since, random):
    """The events of one piece of news; a refund is told by the refund, by its charge, or by both."""
    ways = [refund(name, at=since + 40 * DAY)], [refunded(name, at=since + 40 * DAY)]
    return {
        "paid": lambda: [paid(name, 1, at=since + HOUR)],
        "renewal": lambda: [paid(name, 2, at=since + 30 * DAY)],
        "part": lambda: [part_of(name, 4_899, at=since + 35 * DAY)],
        "refund": lambda: random.choice([*ways, [*ways[0], *ways[1]]]),
        "failed": lambda: [refund(name, at=since + 41 * DAY, status="failed", type="refund.failed")],
        "opened": lambda: [dispute(name, at=since + 42 * DAY)],
        "won": lambda: [dispute(name, at=since + 50 * DAY, status="won", type="charge.dispute.closed")],
        "lost": lambda: [dispute(name, at=since + 50 * DAY, status="lost", type="charge.dispute.closed")],
    }[what]()


def with_links_and_duplicates(order, name, since, random):
    """The news in this order; anywhere among them links to the payments, deliveries again, events of the same again."""
    events = [event for what in order for event in tellings(what, name, since, random)]
    for event in random.sample(events, len(events) // 2):
        again = event if random.random() < 0.5 else event | {"id": f"{event['id']}_twin"}
        events.insert(random.randint(0, len(events)), again)
    for number in (1, 2, 1):
        events.insert(random.randint(0, len(events)), linked(name, number))
    return events


async def end_of(programme, referral, *names):
    """What a referral comes to: its state, the sums by kind of account and unit, the days both have left."""
    sums = Counter()
    for entry in await programme.entries(referral):
        sums[f"{entry['account'].split(':')[0]} {entry['unit']}"] += entry["amount"]
    found = await programme.referral(referral)
    stamped = (found["converted_at"] is not None, found["credited_at"] is not None)
    left = [await programme.left(name) for name in names]
    return found["status"], {kind: amount for kind, amount in sums.items() if amount}, stamped, left


async def tell_in_orders(programme, orders, told, random):
    """Tell each pair of users its news in another order; return the ends, and their one date for each."""
    since = await programme.now()
    names = [(f"rita{number}", f"bob{number}") for number in range(len(orders))]
    pairs = [await programme.pair(*pair, **told_of(told, number)) for number, pair in enumerate(names)]
    await programme.move(60 * DAY)

    async def one(order, pair, referral):
        for event in with_links_and_duplicates(order, pair[1], since, random):
            assert await insist(programme, event) == 200
        return await end_of(programme, referral, *pair)

    ends = []
    for start in range(0, len(orders), 8):
        some = slice(start, start + 8)
        ends += await asyncio.gather(*map(one, orders[some], names[some], pairs[some]))
    return ends


def told_of(told, number):
    """What is told of both users of a pair; an address is theirs alone. A customer id is each one's own."""
    return {key: value.replace("@", f"{number}@") for key, value in told.items()}


@pytest.mark.parametrize(("news", "told", "expected", "most"), SETS)
async def test_every_order_comes_to_one_end(programme, news, told, expected, most):
    random = Random(1)
    orders = list(permutations(news))
    ends = await tell_in_orders(programme, random.sample(orders, min(most, len(orders))), told, random)
    status, sums = expected
    credited = status in {"converted", "reversed"}
    left = {"converted": 45}.get(status, 0)
    assert [end for end in ends if end != (status, sums, (True, credited), [left, left])] == []
    await programme.proved()


async def test_news_that_is_told_at_once_waits_for_each_other(programme):
    names = [(f"rita{number}", f"bob{number}") for number in range(20)]
    referrals = [await programme.pair(*pair) for pair in names]
    now = await programme.now()
    events = [told for _, name in names for told in (paid(name, at=now), linked(name, at=now), refund(name, at=now))]
    assert await at_once(programme, events) == {200: 60}
    assert {(await programme.referral(it))["status"] for it in referrals} == {"reversed"}
    await programme.proved()


async def refunded_at_once(programme, times, *, before):
    """A payment's refund is told so often at once, in several ways; `before`: together with the payment itself."""
    referral = await programme.pair()
    now = await programme.now()
    first = [paid("bob", at=now), linked("bob", at=now)]
    if not before:
        for event in first:
            await programme.tell(event)
    ways = [
        lambda: refund("bob", at=now),
        lambda: refunded("bob", at=now),
        lambda: refund("bob", at=now, type="refund.updated"),
        lambda: dispute("bob", at=now, status="lost", type="charge.dispute.closed"),
    ]
    events = [ways[number % len(ways)]() for number in range(times)]
    events[times // 2 : times // 2] = first * 5 if before else []
    answers = await at_once(programme, events)
    return referral, answers


async def reversals(programme, referral):
    return len({it["transaction_id"] for it in await programme.entries(referral) if it["reason"] == "reversal"})


@pytest.mark.parametrize("before", [False, True], ids=["after its payment", "with its payment"])
async def test_a_refund_told_a_hundred_times_at_once_claws_back_once(programme, before):
    referral, answers = await refunded_at_once(programme, 100, before=before)
    assert answers == {200: 110 if before else 100}
    assert await end_of(programme, referral, "rita", "bob") == ("reversed", {}, (True, True), [0, 0])
    assert await reversals(programme, referral) == 1
    await programme.proved()


async def test_a_refund_and_its_failure_at_once_leave_the_credit(programme):
    referral = await programme.pair()
    now = await programme.now()
    for event in (paid("bob", at=now), linked("bob", at=now)):
        await programme.tell(event)
    failed = [refund("bob", at=now + HOUR, status="failed", type="refund.failed") for _ in range(20)]
    assert await at_once(programme, [*(refund("bob", at=now) for _ in range(20)), *failed]) == {200: 40}
    assert await end_of(programme, referral, "rita", "bob") == ("converted", CREDITED, (True, True), [45, 45])
    assert await reversals(programme, referral) in {0, 1}
    await programme.proved()


async def test_parts_take_back_nothing_until_they_are_the_whole(programme):
    referral = await programme.pair()
    now = await programme.now()
    for event in (paid("bob", at=now), linked("bob", at=now)):
        await programme.tell(event)
    for number, amount in enumerate((1_000, 1_500, 2_399)):
        await programme.tell(part_of("bob", amount, at=now + number * HOUR))
        assert (await programme.referral(referral))["status"] == "converted"
    await programme.tell(part_of("bob", 1, at=now + 5 * HOUR))
    assert await end_of(programme, referral, "rita", "bob") == ("reversed", {}, (True, True), [0, 0])
    await programme.proved()


@pytest.mark.parametrize(
    ("after", "used"),
    [(timedelta(hours=23), 0), (timedelta(hours=25), 1), (10 * DAY + 12 * HOUR, 10), (45 * DAY, 45), (80 * DAY, 45)],
)
async def test_days_that_were_used_are_forfeited_and_no_window_ends_before_now(programme, after, used):
    referral = await programme.pair()
    await programme.tell(linked("bob"))
    await programme.pay("bob")
    credited_at = datetime.fromisoformat((await programme.referral(referral))["credited_at"])
    await programme.move(after)
    await programme.tell(refund("bob", at=await programme.now()))
    rest = {"forfeited day": 2 * used, "programme day": -2 * used} if used else {}
    assert await end_of(programme, referral, "rita", "bob") == ("reversed", rest, (True, True), [0, 0])
    until = datetime.fromisoformat((await programme.profile("rita"))["credit"]["credit_until"])
    assert timedelta(0) <= until - (credited_at + min(after, 45 * DAY)) < timedelta(minutes=1)
    await programme.proved()


async def test_a_grant_of_another_kind_survives_the_refund(programme):
    referral = await programme.pair()
    await programme.tell(linked("bob"))
    await programme.pay("bob")
    await programme.ask(
        "POST", "/v1/credits/grants", {"user_id": "bob", "days": 7, "reason": "why not"}, role=ADMIN, status=201
    )
    await programme.tell(refund("bob", at=await programme.now()))
    assert await end_of(programme, referral, "rita", "bob") == ("reversed", {}, (True, True), [0, 7])
    await programme.proved()


async def test_after_the_window_a_refund_takes_nothing_back(programme):
    referral = await programme.pair()
    await programme.tell(linked("bob"))
    now = await programme.now()
    await programme.pay("bob")
    await programme.move(91 * DAY)
    await programme.tell(refund("bob", at=now + 90 * DAY + HOUR))
    await programme.tell(dispute("bob", at=now + 90 * DAY + HOUR, status="lost", type="charge.dispute.closed"))
    assert await end_of(programme, referral) == ("converted", CREDITED, (True, True), [])
    await programme.proved()


async def test_a_dispute_that_was_lost_in_the_window_stays_lost(programme):
    referral = await programme.pair()
    await programme.tell(linked("bob"))
    now = await programme.now()
    await programme.pay("bob")
    for days, what in ((85, "closed"), (95, "updated")):
        await programme.tell(dispute("bob", at=now + days * DAY, status="lost", type=f"charge.dispute.{what}"))
        assert (await programme.referral(referral))["status"] == "reversed"


async def test_who_paid_before_he_was_referred_comes_to_one_end_in_either_order(programme):
    ends = []
    for number, turn in ((1, 1), (2, -1)):
        one, other = f"rita{number}", f"bob{number}"
        referral = await programme.pair(one, other)
        now = await programme.now()
        for told in [paid(other, 1, at=now - 30 * DAY), paid(other, 2, at=now + HOUR)][::turn]:
            await programme.tell(told)
        ends.append(await end_of(programme, referral, one, other))
    assert ends[0][:2] == ends[1][:2] == ("created", {})


async def sums(programme):
    """What all accounts of a kind have together, and what everybody has of it."""
    rows = await programme.service.world.rows("ledger_entry")
    kinds = Counter()
    for row in rows:
        kinds[row.account.split(":")[0], row.unit] += row.amount
    return {kind: amount for kind, amount in kinds.items() if amount}


@pytest.mark.parametrize(("way", "bodies"), [("merge", MERGE), ("reassign", REASSIGN)])
async def test_who_takes_anothers_place_takes_everything_and_no_sum_changes(programme, way, bodies):
    held = await programme.pair("rita", "ida", email="rita@example.org")
    await programme.pair("rita", "bob")
    for name in ("ida", "bob"):
        await programme.pay(name)
    await programme.user("rosa")
    await programme.ask("POST", "/v1/credits/grants", GRANT | {"user_id": "rosa"}, role=ADMIN, status=201)
    await programme.move(5 * DAY)
    before, left = await sums(programme), await programme.left("rita") + await programme.left("rosa")
    body, path = dict(zip(bodies, ("rita", "rosa"), strict=True)), f"/v1/referral-profiles/{way}"
    planned = await programme.ask("POST", path, body | {"dry_run": True}, role=ADMIN)
    assert (await sums(programme), await programme.left("rosa")) == (before, 5)
    assert await programme.ask("POST", path, body, role=ADMIN) == planned
    assert await sums(programme) == before
    assert (await programme.left("rita"), await programme.left("rosa")) == (0, left)
    assert (await programme.days("rita"), await programme.days("rosa")) == ({}, {"credit": 55, "held": 45})
    assert (await programme.referral(held))["referring_user_id"] == "rosa"
    assert await programme.ask("POST", path, body, role=ADMIN) == {"log": []}
    await programme.proved()


@pytest.mark.parametrize("who", ["rita", "bob"])
@pytest.mark.parametrize(("way", "bodies"), [("merge", MERGE), ("reassign", REASSIGN)])
async def test_what_was_reversed_before_a_merge_is_restored_to_who_took_the_place(programme, way, bodies, who):
    await programme.pair()
    for told in (linked("bob"), paid("bob", at=await programme.now()), refund("bob", at=await programme.now())):
        await programme.tell(told)
    await programme.user("rosa")
    body = dict(zip(bodies, (who, "rosa"), strict=True))
    await programme.ask("POST", f"/v1/referral-profiles/{way}", body, role=ADMIN)
    await programme.tell(refund("bob", at=await programme.now(), status="failed", type="refund.failed"))
    assert (await programme.days(who), await programme.days("rosa")) == ({}, {"credit": 45})
    assert (await programme.left(who), await programme.left("rosa")) == (0, 45)
    await programme.proved()


@pytest.mark.parametrize(
    ("source", "target", "statuses"),
    [("cid", "ann", ["converted", "deleted"]), ("ann", "cid", ["deleted", "converted"])],
    ids=["by what was received", "by what was sent"],
)
async def test_a_merge_in_a_circle_deletes_what_would_close_it(programme, source, target, statuses):
    referrals = [await programme.pair(*pair) for pair in (("ann", "ben"), ("ben", "cid"))]
    for name in ("ben", "cid"):
        await programme.pay(name)
    body = dict(zip(MERGE, (source, target), strict=True))
    await programme.ask("POST", "/v1/referral-profiles/merge", body, role=ADMIN)
    assert [(await programme.referral(it))["status"] for it in referrals] == statuses
    assert await programme.days("ben") == await programme.days(target) == {"credit": 45}
    await programme.proved()


@pytest.mark.parametrize(
    ("merges", "referred", "referring"),
    [
        pytest.param([("bob", "zed"), ("rita", "amy")], "zed", "amy", id="both sides"),
        pytest.param([("bob", "zed"), ("zed", "abe")], "abe", "rita", id="one side twice"),
        pytest.param([("rita", "amy"), ("amy", "zoe")], "bob", "zoe", id="the other side twice"),
        pytest.param([("bob", "zed"), ("rita", "bob")], "zed", "bob", id="one side by who was the other"),
    ],
)
async def test_what_is_restored_goes_to_who_took_the_place_of_each(programme, merges, referred, referring):
    await programme.pair()
    start = await programme.now()
    await programme.ask("POST", "/v1/credits/grants", GRANT | {"user_id": "rita", "days": 100}, role=ADMIN, status=201)
    for told in (linked("bob"), paid("bob", at=start)):
        await programme.tell(told)
    await programme.move(10 * DAY + HOUR)  # of bob's days ten are used, of hers those of the other grant
    await programme.tell(refund("bob", at=start + 10 * DAY))
    for source, target in merges:
        await programme.user(target)
        body = dict(zip(MERGE, (source, target), strict=True))
        await programme.ask("POST", "/v1/referral-profiles/merge", body, role=ADMIN)
    await programme.tell(refund("bob", at=start + 11 * DAY, status="failed", type="refund.failed"))
    assert (await programme.left(referred), await programme.left(referring)) == (35, 135)
    assert (await programme.days(referred), await programme.days(referring)) == ({"credit": 45}, {"credit": 145})
    await programme.proved()


async def test_a_free_month_has_the_days_of_its_month(programme):
    months = {"2026-04": 30, "2026-12": 31, "2027-02": 28, "2028-02": 29, "2031-07": 31, "2032-02": 29}
    await programme.user("rita")
    for number, (month, days) in enumerate(months.items()):
        await programme.user(f"bob{number}")
        referral = (await programme.invite("rita", f"bob{number}"))["referral_id"]
        await programme.contract(f"c{number}", f"bob{number}", signed_at="2026-01-01T00:00:00Z")
        found = await programme.ask("POST", f"/v1/referrals/{referral}/consume", {"month": month}, role=SERVICE)
        assert (found["outcome"], found["month"]) == ("discounted", month)
        free = [it["amount"] for it in await programme.entries(referral) if it["account"].startswith("discount:")]
        assert free == [days]
    await programme.proved()


@pytest.mark.parametrize(
    ("now", "month"),
    [
        ("2027-12-31T22:59:00Z", "2027-12"),
        ("2027-12-31T23:00:00Z", "2028-01"),
        ("2028-02-29T22:59:00Z", "2028-02"),
        ("2028-02-29T23:00:00Z", "2028-03"),
        ("2027-03-31T21:59:00Z", "2027-03"),
        ("2027-03-31T22:00:00Z", "2027-04"),
    ],
)
async def test_the_month_that_becomes_free_begins_at_midnight_where_the_user_lives(programme, now, month):
    await programme.ask("PUT", "/test/clock", {"now": now}, role=ADMIN)
    referral = await programme.pair()
    await programme.contract("c1", "bob", signed_at="2026-01-01T00:00:00Z")
    found = await programme.ask("POST", f"/v1/referrals/{referral}/consume", {}, role=SERVICE)
    assert found["month"] == month
