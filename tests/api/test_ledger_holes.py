"""Ways in which somebody once came to more days than he was due, or brought the whole programme to a halt."""

from collections import Counter
from datetime import timedelta
from itertools import permutations
from pathlib import Path

import pytest
from tests.adapters.campaign_world import ENVIRONMENT
from tests.api.conftest import ADMIN, OPS, SERVICE, service_on
from tests.api.programme import RESOURCES, Programme, dispute, event, linked, paid, refund

from growth.domain.referrals.business_rules.codes import parse_code
from growth.domain.referrals.ports.views import ReferralViews
from growth.domain.referrals.use_cases import GrantCredit

DAY = timedelta(days=1)
TERMS = Path(__file__).parents[2] / "examples/referral_terms.toml"
CREDITED = {"credit": 90, "programme": -90}


@pytest.fixture
def programme(service):
    return Programme(service)


@pytest.fixture
async def capped(database_url, monkeypatch, tmp_path):
    """The programme where nobody is given more than 45 days in a year."""
    terms = tmp_path / "terms.toml"
    capped = 'free_tier = "free"\ncaps = { days = 45 }'
    terms.write_text(TERMS.read_text(encoding="utf-8").replace('free_tier = "free"', capped), encoding="utf-8")
    monkeypatch.setitem(ENVIRONMENT, "GROWTH_REFERRAL_TERMS_FILE", str(terms))
    async with service_on(database_url) as service:
        yield Programme(service)


async def state(programme, referral):
    """A referral's status, and what it has come to by kind of account."""
    sums = Counter()
    for entry in await programme.entries(referral):
        sums[entry["account"].split(":")[0]] += entry["amount"]
    return (await programme.referral(referral))["status"], {kind: amount for kind, amount in sums.items() if amount}


async def left(programme, *names):
    return [await programme.left(name) for name in names]


async def take_back(programme, name="bob"):
    await programme.tell(refund(name, at=await programme.now()))


async def fail_refund(programme, name="bob"):
    await programme.tell(refund(name, at=await programme.now(), status="failed", type="refund.failed"))


async def lose(programme, name="bob"):
    await programme.tell(dispute(name, at=await programme.now(), status="lost", type="charge.dispute.closed"))


async def win(programme, name="bob"):
    await programme.tell(dispute(name, at=await programme.now(), status="won", type="charge.dispute.closed"))


async def a_payer(programme, referring="rita", referred="bob", **told):
    """Somebody who was invited pays; return the referral."""
    referral = await programme.pair(referring, referred, **told)
    await programme.tell(linked(referred))
    await programme.pay(referred)
    return referral


async def grant(programme, name, days, *, status=201):
    body = {"user_id": name, "days": days, "reason": "why not"}
    return await programme.ask("POST", "/v1/credits/grants", body, role=ADMIN, status=status)


# 2: a reversal that finds all days used is restored as such


async def test_days_that_were_all_used_are_restored_as_used(programme):
    referral = await a_payer(programme)
    await programme.move(50 * DAY)
    await take_back(programme)
    assert await state(programme, referral) == ("reversed", {"forfeited": 90, "programme": -90})
    await fail_refund(programme)
    assert await state(programme, referral) == ("converted", CREDITED)
    assert await left(programme, "bob", "rita") == [0, 0]
    await programme.proved()


async def test_a_payment_gives_its_days_once_however_often_it_is_taken_back(programme):
    referral = await a_payer(programme)
    await take_back(programme)
    await fail_refund(programme)
    assert await left(programme, "bob", "rita") == [45, 45]
    await programme.move(50 * DAY)
    for _ in range(2):
        await lose(programme)
        assert await state(programme, referral) == ("reversed", {"forfeited": 90, "programme": -90})
        await programme.move(DAY)
        await win(programme)
        assert await state(programme, referral) == ("converted", CREDITED)
        assert await left(programme, "bob", "rita") == [0, 0]
        await programme.move(DAY)
    await programme.proved()


async def test_what_was_used_on_one_side_only_is_restored_on_both_as_it_was(programme):
    referral = await programme.pair()
    await grant(programme, "rita", 100)
    await programme.tell(linked("bob"))
    await programme.pay("bob")
    await programme.move(50 * DAY)
    for back, again in ((take_back, fail_refund), (lose, win)):
        await back(programme)
        assert await left(programme, "bob", "rita") == [0, 50]
        await again(programme)
        assert await left(programme, "bob", "rita") == [0, 95]
        assert await state(programme, referral) == ("converted", CREDITED)
    await programme.proved()


# 5: what is restored fits under the cap


async def test_what_is_restored_counts_against_the_cap(capped):
    first = await a_payer(capped)
    await take_back(capped)
    other = await a_payer(capped, referred="carl")
    await fail_refund(capped)
    assert await left(capped, "bob", "carl", "rita") == [45, 45, 45]
    assert await state(capped, first) == ("converted", {"credit": 45, "capped": 45, "programme": -90})
    assert await state(capped, other) == ("converted", CREDITED)
    for again in (lose, win):  # what the cap has kept back is kept back
        await again(capped)
        assert await left(capped, "rita") == [45]
    assert await state(capped, first) == ("converted", {"credit": 45, "capped": 45, "programme": -90})
    await capped.proved()


async def test_nothing_else_given_all_of_it_is_restored_under_the_cap(capped):
    referral = await a_payer(capped)
    await take_back(capped)
    await fail_refund(capped)
    assert await left(capped, "bob", "rita") == [45, 45]
    assert await state(capped, referral) == ("converted", CREDITED)
    await capped.proved()


async def test_days_that_were_used_count_against_the_cap_though_their_payment_is_taken_back(capped):
    first = await a_payer(capped)
    await capped.move(35 * DAY)  # until the year's end there is time for one more
    await take_back(capped)
    other = await a_payer(capped, referred="carl")
    assert await left(capped, "carl", "rita") == [45, 10]
    assert await state(capped, other) == ("converted", {"credit": 55, "capped": 35, "programme": -90})
    await fail_refund(capped)
    assert await left(capped, "bob", "rita") == [10, 10]
    assert await state(capped, first) == ("converted", {"credit": 80, "capped": 10, "programme": -90})
    await capped.proved()


# 10: a month is one that everybody can read


@pytest.mark.parametrize("month", [None, "2199-12"])
async def test_no_free_month_is_found_behind_the_last_that_can_be_written(programme, month):
    referral = await programme.pair()
    told = {"signed_at": "2026-01-05T00:00:00Z", "start_date": "2199-12-31", "free_months": ["2199-12"]}
    await programme.contract("c1", "bob", **told)
    body = {"month": month} if month else {}
    found = await programme.ask("POST", f"/v1/referrals/{referral}/consume", body, role=SERVICE)
    assert found["outcome"] == "not_eligible"
    assert (await programme.referral(referral))["status"] == "contracted"


async def test_one_month_that_cannot_be_written_stops_nobody(programme):
    referral = await programme.pair()
    await programme.contract("c1", "bob", signed_at="2026-01-05T00:00:00Z")
    await programme.ask("POST", f"/v1/referrals/{referral}/consume", {}, role=SERVICE)
    await programme.service.world.execute("UPDATE discount SET month = '2200-01'")
    await programme.service.world.execute("UPDATE referral SET referred_contract_rewarded_on = '2200-01'")
    (listed,) = (await programme.ask("GET", "/v1/referrals", role=OPS))["items"]
    assert (listed["id"], listed["referred_contract_rewarded_on"]) == (referral, "2200-01")
    await programme.pay("bob")
    assert (await programme.service.client.delete("/v1/referral-profiles/rita", headers=ADMIN)).status_code == 204
    assert (await programme.referral(referral))["status"] == "deleted"


# 11: a window ends when everybody can read it


async def test_a_grant_that_nobody_could_read_is_refused_and_says_the_most(programme):
    await programme.user("bob")
    for _ in range(17):
        await grant(programme, "bob", 3_650)
    problem = await grant(programme, "bob", 3_650, status=422)
    assert problem["code"] == "window-too-long"
    most = int(problem["detail"].split(" at most ")[1].split()[0])
    assert 0 < most < 3_650
    assert (await grant(programme, "bob", most + 1, status=422))["code"] == "window-too-long"
    found = await grant(programme, "bob", most)
    assert found["credit_until"].startswith("2199-12-3")
    assert "at most 0 days" in (await grant(programme, "bob", 1, status=422))["detail"]
    await programme.profile("bob")
    await programme.proved()


async def test_a_grant_told_again_is_not_refused_for_its_length(programme):
    await programme.user("bob")
    grant_credit = await programme.service.world.get(GrantCredit)
    for number in [*range(17), 16]:
        await grant_credit("bob", 3_650, "why not", key=f"grant {number}")
    assert await programme.days("bob") == {"credit": 17 * 3_650}


async def test_credit_behind_the_longest_window_is_kept_back(programme):
    await programme.user("rita")
    for _ in range(17):
        await grant(programme, "rita", 3_650)
    most = int((await grant(programme, "rita", 3_650, status=422))["detail"].split(" at most ")[1].split()[0])
    await grant(programme, "rita", most - 5)
    before = await programme.left("rita")
    referral = await a_payer(programme)
    assert await left(programme, "bob", "rita") == [45, before + 5]
    assert await state(programme, referral) == ("converted", {"credit": 50, "capped": 40, "programme": -90})
    await take_back(programme)
    assert await left(programme, "bob", "rita") == [0, before]
    await fail_refund(programme)
    assert await state(programme, referral) == ("converted", {"credit": 50, "capped": 40, "programme": -90})
    await programme.proved()


async def test_two_long_windows_make_no_longer_one(programme):
    for name in ("rita", "rosa"):
        await programme.user(name)
        await programme.profile(name)
        for _ in range(10):
            await grant(programme, name, 3_650)
    await programme.move(10 * DAY)
    both = await left(programme, "rita", "rosa")
    body = {"duplicated_user_id": "rita", "existing_user_id": "rosa"}
    await programme.ask("POST", "/v1/referral-profiles/merge", body, role=ADMIN)
    gone, longest = await left(programme, "rita", "rosa")
    assert (gone, max(both) < longest < sum(both)) == (0, True)
    assert await programme.days("rosa") == {"credit": 20 * 3_650 - (sum(both) - longest)}  # used ones go along
    assert (await programme.profile("rosa"))["credit"]["credit_until"].startswith("2199-12-3")
    await programme.proved()


# 14: the money of a dispute is gone when it is opened


def told_of_dispute(start):
    opened = dispute("bob", at=start + 60 * DAY)
    lost = dispute("bob", at=start + 100 * DAY, status="lost", type="charge.dispute.closed")
    return [opened, dispute("bob", at=start + 70 * DAY, type="charge.dispute.updated"), lost]


@pytest.mark.parametrize("order", list(permutations(range(3))), ids=str)
async def test_a_dispute_counts_from_its_opening(programme, order):
    start = await programme.now()
    referral = await a_payer(programme)
    told = told_of_dispute(start)
    await programme.move(101 * DAY)
    for number in order:
        await programme.tell(told[number])
    assert (await programme.referral(referral))["status"] == "reversed"
    await programme.proved()


async def test_a_dispute_that_was_opened_too_late_takes_nothing_back(programme):
    start = await programme.now()
    referral = await a_payer(programme)
    await programme.tell(dispute("bob", at=start + 91 * DAY))
    await programme.tell(dispute("bob", at=start + 95 * DAY, status="lost", type="charge.dispute.closed"))
    assert await state(programme, referral) == ("converted", CREDITED)


# 15: whatever is taken back while it is held is rejected


@pytest.mark.parametrize("known", ["after", "before"])
async def test_a_refund_rejects_what_is_held_however_late_it_comes(programme, known):
    referral = await programme.pair(email="ada@gmail.com")
    start = await programme.now()
    await programme.move(91 * DAY)
    events = [paid("bob", at=start), linked("bob"), refund("bob", at=await programme.now())]
    for told in events if known == "after" else reversed(events):
        await programme.tell(told)
    assert await state(programme, referral) == ("rejected", {})
    refused = await programme.service.refused(
        "POST", f"/v1/referrals/{referral}/review", {"decision": "release", "reason": "x"}, status=409
    )
    assert refused[0] == "reward-not-held"
    await fail_refund(programme)
    assert await state(programme, referral) == ("held", {"held": 90, "programme": -90})
    await programme.proved()


async def test_what_was_released_keeps_to_the_window(programme):
    referral = await a_payer(programme, email="ada@gmail.com")
    await programme.ask(
        "POST", f"/v1/referrals/{referral}/review", {"decision": "release", "reason": "x"}, role=OPS, status=200
    )
    await programme.move(91 * DAY)
    await take_back(programme)
    assert (await programme.referral(referral))["status"] == "converted"


# 18: what failed of one charge is not what was refunded of another


def of_half(kind, letter, at, **changes):
    """Something that is told of a charge which paid half of the invoice."""
    intent = {"payment_intent": f"pi_{letter}"}
    told = {
        "paid": {"id": f"inpay_{letter}", "invoice": "in_bob_1", "status": "paid"}
        | {"payment": {"type": "payment_intent"} | intent},
        "charge": {"id": f"ch_{letter}", "amount": 2_450, "amount_refunded": 2_450, "refunded": True} | intent,
        "refund": {"id": f"re_{letter}", "charge": f"ch_{letter}", "amount": 2_450, "status": "succeeded"} | intent,
    }[kind]
    name = {"paid": "invoice_payment", "charge": "charge", "refund": "refund"}[kind]
    type_ = {"paid": "invoice_payment.paid", "charge": "charge.refunded", "refund": "refund.updated"}[kind]
    if kind == "refund":
        told["created"] = int(at.timestamp())
    return event(type_, RESOURCES[name] | told | changes, at)


@pytest.mark.parametrize("first", ["A", "B"])
async def test_each_charge_is_refunded_for_itself(programme, first):
    referral = await programme.pair()
    start = await programme.now()
    await programme.pay("bob")
    failed = of_half("refund", "A", start + 2 * DAY, status="failed")
    of_a = [of_half("charge", "A", start + DAY), of_half("refund", "A", start + DAY), failed]
    of_b = [of_half("charge", "B", start + 3 * DAY), of_half("refund", "B", start + 3 * DAY)]
    links = [of_half("paid", letter, start) for letter in "AB"]
    for told in [*links, *((*of_a, *of_b) if first == "A" else (*of_b, *of_a))]:
        await programme.tell(told)
    assert await state(programme, referral) == ("converted", CREDITED)
    await programme.tell(of_half("charge", "A", start + 4 * DAY))  # refunded anew, and this time it went through
    assert await state(programme, referral) == ("reversed", {})
    await programme.proved()


# the first name


@pytest.mark.parametrize(("told", "name"), [(" Ada  Maria Lovelace", "Ada"), ("Ada", "Ada"), (" ", None), (None, None)])
async def test_whoever_asks_for_the_owner_of_a_code_hears_the_first_name(programme, told, name):
    await programme.user("rita", full_name=told)
    code = (await programme.profile("rita"))["referral_code"]
    views = await programme.service.world.get(ReferralViews)
    assert (await views.referrer(parse_code(code))).name == name
    answer = await programme.ask("GET", f"/v1/referral-codes/{code}", role=SERVICE)
    assert answer["referrer_name"] == name
