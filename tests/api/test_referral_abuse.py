"""R1 to R8: people who refer themselves, run in circles, hurry, guess codes, or send what makes no sense."""

import asyncio
from collections import Counter
from datetime import timedelta
from itertools import pairwise
from pathlib import Path
from random import Random
from uuid import uuid4

import asyncpg
import pytest
from sqlalchemy import make_url
from tests.adapters.campaign_world import ENVIRONMENT
from tests.api.conftest import ADMIN, OPS, SERVICE, service_on
from tests.api.programme import Programme, linked, paid, refund

from growth.container import referrals as providers

TERMS = Path(__file__).parents[2] / "examples" / "referral_terms.toml"
SAME_MAILBOX = [
    ("ada@example.org", "ADA@Example.ORG"),
    ("ada@example.org", "ada+2@example.org"),
    ("ada+1@example.org", "ada+2@example.org"),
    ("ada.lovelace@gmail.com", "adalovelace@gmail.com"),
    ("ada.lovelace@gmail.com", "a.d.a.lovelace+x@googlemail.com"),
    ("ada@googlemail.com", "Ada+News@Gmail.com"),
    ("ada@exämple.org", "ada@xn--exmple-cua.org"),
    ("ada@EXÄMPLE.org", "ada+b@exämple.org"),
]
LOOK_ALIKES = [
    ("ada.lovelace@example.org", "adalovelace@example.org"),
    ("ada@gmail.com", "ada@gmail.fr"),
    ("ada@gmail.com", "adaa@gmail.com"),
    ("ada@gmail.com", "ada-1@gmail.com"),
    ("ada@example.org", "ada@mail.example.org"),
    ("ada@strasse.de", "ada@straße.de"),
    ("ada@example.org", "аda@example.org"),  # noqa: RUF001 - a Cyrillic letter
    ("o@example.org", "0@example.org"),
]

R = "/v1/referrals/{id}"
NONE = f"/v1/referrals/{uuid4()}"
SIGNER = {"user_id": "bob", "country_code": "FR", "reward_type": "company", "start_date": "2026-01-01"}
PAYOUT = {"paid_at": "2026-11-20T00:00:00Z", "reference": "SEPA 1"}
AMOUNT = {"country_code": "FR", "type": "company", "amount": 50, "start_date": "2027-01-01"}
ASKED = "/v1/referral-rewards/amount?country_code={}&type={}&date={}"
BAD = [
    ("GET", "/v1/referral-profiles/nobody", None, 404),
    ("GET", "/v1/referral-codes/NOSUCHCO", None, 404),
    ("GET", "/v1/referral-codes/ABCDEFG", None, 404),
    ("GET", "/v1/referral-codes/" + "A" * 201, None, 422),
    ("GET", "/r/" + "A" * 201, None, 422),
    ("GET", NONE, None, 404),
    ("GET", "/v1/referrals/none", None, 404),
    ("GET", "/v1/referrals?status=gone", None, 422),
    ("POST", "/v1/referrals", {"referred_user_id": "new", "referral_code": "A" * 65}, 422),
    ("POST", "/v1/referrals", {"referred_user_id": "", "referring_partner": "acme"}, 422),
    ("POST", "/v1/referrals", {"referred_user_id": "new", "referring_partner": "acme", "status": "converted"}, 422),
    ("PUT", f"{R}/contract", {"contract_ref": "es"}, 422),
    ("PUT", f"{R}/contract", {"contract_ref": " "}, 422),
    ("PUT", f"{NONE}/contract", {"contract_ref": "fr"}, 404),
    ("POST", f"{R}/consume", {"month": "2026-13"}, 422),
    ("POST", f"{R}/consume", {"month": "1899-12"}, 422),
    ("POST", f"{R}/consume", {"month": "2200-01"}, 422),
    ("POST", f"{NONE}/consume", None, 404),
    ("POST", f"{R}/payout", PAYOUT, 409),
    ("POST", f"{R}/payout", PAYOUT | {"paid_at": "2026-11-20T00:00:00"}, 422),
    ("POST", f"{NONE}/payout", PAYOUT, 404),
    ("POST", f"{R}/review", {"decision": "release", "reason": "x"}, 409),
    ("POST", f"{R}/review", {"decision": "forget", "reason": "x"}, 422),
    ("POST", f"{R}/review", {"decision": "release", "reason": ""}, 422),
    ("POST", f"{NONE}/review", {"decision": "release", "reason": "x"}, 404),
    ("GET", f"{NONE}/ledger", None, 404),
    ("PUT", "/v1/contracts/c1", SIGNER | {"user_id": "nobody"}, 404),
    ("PUT", "/v1/contracts/c1", SIGNER | {"country_code": "US"}, 422),
    ("PUT", "/v1/contracts/c1", SIGNER | {"start_date": "2026-02-30"}, 422),
    ("PUT", "/v1/contracts/c1", SIGNER | {"free_months": ["2026-00"]}, 422),
    ("PUT", "/v1/contracts/es", SIGNER, 409),
    ("PUT", "/v1/contracts/fr", SIGNER | {"user_id": "rita"}, 409),
    ("PUT", "/v1/contracts/nosuch/invoices/2026-11", {"discount_applied": True}, 404),
    ("PUT", "/v1/contracts/fr/invoices/2026-13", {"discount_applied": True}, 422),
    ("PUT", "/v1/users/bob", {"email": "bob@example.org", "country_code": "XX"}, 422),
    ("PUT", "/v1/users/bob", {"email": "no address", "country_code": "FR"}, 422),
    ("PUT", "/v1/users/bob", {"email": "b@x.org", "country_code": "FR", "stripe_customer_id": "cus_rita"}, 409),
    ("POST", "/v1/credits/grants", {"user_id": "bob", "days": 0, "reason": "x"}, 422),
    ("POST", "/v1/credits/grants", {"user_id": "bob", "days": -5, "reason": "x"}, 422),
    ("POST", "/v1/credits/grants", {"user_id": "bob", "days": 3_651, "reason": "x"}, 422),
    ("POST", "/v1/credits/grants", {"user_id": "nobody", "days": 5, "reason": "x"}, 404),
    ("POST", "/v1/referral-rewards", AMOUNT | {"amount": -1}, 422),
    ("POST", "/v1/referral-rewards", AMOUNT | {"amount": 49.5}, 422),
    ("POST", "/v1/referral-rewards", AMOUNT | {"currency": "USD"}, 422),
    ("GET", ASKED.format("US", "company", "2026-01-01"), None, 422),
    ("GET", ASKED.format("FR", "individual", "2026-01-01"), None, 422),
    ("GET", ASKED.format("FR", "company", "2026-02-30"), None, 422),
    ("GET", "/v1/ledger/liability?at=2026-01-01", None, 422),
    ("POST", "/v1/referral-profiles/merge", {"duplicated_user_id": "bob", "existing_user_id": "bob"}, 409),
    ("POST", "/v1/referral-profiles/merge", {"duplicated_user_id": "bob", "existing_user_id": "nobody"}, 404),
    ("POST", "/v1/referral-profiles/reassign", {"from_user_id": "bob", "to_user_id": "bob"}, 409),
    ("POST", "/v1/referral-profiles/reassign", {"from_user_id": "bob", "to_user_id": "nobody"}, 404),
    ("POST", "/v1/referral-profiles/reassign", {"from_user_id": "rita", "to_user_id": "bob"}, 409),
    ("POST", "/v1/referral-profiles/reassign", {"from_user_id": "bob", "to_user_id": "rita"}, 409),
    ("POST", "/v1/referral-profiles/reassign", {"from_user_id": "bob", "to_user_id": "zoe"}, 409),
    ("POST", f"/v1/inbox/{uuid4()}/replay", None, 404),
]


@pytest.fixture
def programme(service):
    return Programme(service)


async def held_for(programme, referring, referred):
    """What the reward of a pair that pays is held for; each is a dictionary told of the user."""
    one, other = f"r{uuid4().hex}", f"b{uuid4().hex}"
    await programme.user(one, **referring)
    await programme.user(other, **referred)
    referral = (await programme.invite(one, other))["referral_id"]
    await programme.pay(other)
    found = await programme.referral(referral)
    assert found["status"] == ("held" if found["held_for"] else "converted")
    return found["held_for"]


async def test_all_who_share_a_mailbox_are_held_and_no_look_alikes(programme):
    for pairs, expected in ((SAME_MAILBOX, ["same_email"]), (LOOK_ALIKES, [])):
        ways = [pair for one, other in pairs for pair in ((one, other), (other, one))]
        found = [await held_for(programme, {"email": one}, {"email": other}) for one, other in ways]
        assert [pair for pair, reasons in zip(ways, found, strict=True) if reasons != expected] == []
    for field in ("pro_email", "company_email"):
        assert await held_for(programme, {"email": "a.da@gmail.com"}, {field: "ada+w@gmail.com"}) == ["same_email"]
        assert await held_for(programme, {field: "bo@x.example"}, {field: "BO+1@x.example"}) == ["same_email"]
    await programme.proved()


async def claim_at_once(programme, claims, connections=50):
    """Everybody of these (referring, referred) pairs claims at once; return why not, counted, and the graph."""
    people = sorted({person for claim in claims for person in claim})
    codes = {}
    for person in people:
        await programme.user(person)
        codes[person] = (await programme.profile(person))["referral_code"]
    free = asyncio.Semaphore(connections)

    async def claim(referring, referred):
        body = {"referred_user_id": referred, "referral_code": codes[referring]}
        async with free:
            answer = await programme.service.client.post("/v1/referrals", json=body, headers=SERVICE)
            while answer.status_code == 503:
                await asyncio.sleep(0.05)
                answer = await programme.service.client.post("/v1/referrals", json=body, headers=SERVICE)
        return answer.json()

    answers = await asyncio.gather(*(claim(*pair) for pair in claims))
    listed = await programme.service.every("/v1/referrals", limit=200)
    return Counter(it["reason"] for it in answers), [(it["referring_user_id"], it["referred_user_id"]) for it in listed]


def in_a_circle(graph):
    """Who would meet himself on the way up; nobody, if all is well."""
    above = {referred: referring for referring, referred in graph}
    found = []
    for person in above:
        way = [person]
        while (following := above.get(way[-1])) not in {None, *way}:
            way.append(following)
        found += [person] if following is not None else []
    return found


def rings_and_chains(random, claims):
    """Rings that nobody else is in, each claimed in one breath, and among them chains through everybody."""
    found = []
    while len(found) < claims:
        size = random.choice([2, 2, 3, 9])
        ring = [f"p{len(found) + number}" for number in range(size)]
        chain = random.sample([f"p{number}" for number in range(2 * claims)], 3)
        found += [*zip(ring, ring[1:] + ring[:1], strict=True), *pairwise(chain)]
    return found[:claims]


async def test_claims_in_rings_and_chains_at_once_close_no_circle(programme):
    claims = rings_and_chains(Random(1), 200)
    reasons, graph = await claim_at_once(programme, claims)
    assert reasons.total() == len(claims)
    assert reasons.keys() == {None, "already_referred", "mutual_referral"}
    assert in_a_circle([("a", "b"), ("b", "c"), ("c", "a")]) == ["b", "c", "a"], "the test would see one"
    assert in_a_circle(graph) == []
    assert len(graph) == len({referred for _, referred in graph}) == reasons[None]


async def test_the_database_closes_no_circle_for_anybody(programme, database_url):
    for pair in (("ann", "ben"), ("ben", "cid"), ("cid", "dan")):
        await programme.pair(*pair)
    url = make_url(database_url).set(drivername="postgresql").render_as_string(hide_password=False)
    owner, other = await asyncpg.connect(url), await asyncpg.connect(url)
    copy = (
        "INSERT INTO referral SELECT (r).* FROM (SELECT jsonb_populate_record(r, jsonb_build_object('id', $1::text, "
        "'referring_user_id', $2::text, 'referred_user_id', $3::text)) AS r FROM referral r LIMIT 1) AS new"
    )
    for attack in (
        "UPDATE referral SET referring_user_id = 'dan' WHERE referred_user_id = 'ben'",
        "UPDATE referral SET referred_user_id = 'ann' WHERE referred_user_id = 'dan'",
    ):
        with pytest.raises(asyncpg.CheckViolationError, match="would refer himself"):
            await owner.execute(attack)
    with pytest.raises(asyncpg.CheckViolationError, match="would refer himself"):
        await owner.execute(copy, str(uuid4()), "dan", "ann")
    with pytest.raises(asyncpg.UniqueViolationError):
        await owner.execute(copy, str(uuid4()), "ann", "dan")
    await programme.user("eve")
    await programme.user("fay")
    first = owner.transaction()  # each of the two is fine alone
    await first.start()
    await owner.execute(copy, str(uuid4()), "eve", "fay")
    second = asyncio.create_task(other.execute(copy, str(uuid4()), "fay", "eve"))
    await asyncio.sleep(0.2)
    assert not second.done(), "it waits for the first"
    await first.commit()
    with pytest.raises(asyncpg.CheckViolationError, match="would refer himself"):
        await second
    await owner.close()
    await other.close()


async def test_the_first_attribution_wins(programme):
    referral = await programme.pair()
    await programme.user("eve")
    again = await programme.invite("eve", "bob", status=200)
    assert again == {"referral_id": referral, "created": False, "reason": "already_referred"}
    await programme.contract("c1", "bob", signed_at="2026-11-01T00:00:00Z")
    assert (await programme.invite("eve", "bob", status=200))["referral_id"] is None
    assert (await programme.referral(referral))["referring_user_id"] == "rita"
    reasons, graph = await claim_at_once(programme, [(f"r{number}", "zoe") for number in range(20)])
    assert reasons == {None: 1, "already_referred": 19}
    assert [referred for _, referred in graph].count("zoe") == 1


async def test_why_a_referral_is_refused_in_this_order(programme):
    await programme.pair()
    for pair in (("bob", "cid"), ("cid", "dan"), ("dan", "eve")):
        await programme.pair(*pair)
    await programme.user("new")
    codes = {name: (await programme.profile(name))["referral_code"] for name in ("rita", "bob", "eve", "new")}
    before = await contents(programme)
    for referred, body, reason in [
        ("nobody", {"referral_code": "NOSUCHCO"}, "profile_not_found"),
        ("nobody", {"referring_partner": "acme"}, "profile_not_found"),
        ("bob", {"referral_code": "NOSUCHCO"}, "already_referred"),
        ("bob", {"referral_code": codes["bob"]}, "already_referred"),
        ("bob", {"referring_partner": "acme"}, "already_referred"),
        ("new", {"referral_code": "NOSUCHCO"}, "unknown_code"),
        ("new", {"referral_code": ""}, "unknown_code"),
        ("new", {"referral_code": "NOSUCHCO", "referring_partner": "acme"}, "unknown_code"),
        ("new", {"referral_code": codes["new"]}, "self_referral"),
        ("new", {"referral_code": codes["new"].lower(), "referring_partner": "acme"}, "self_referral"),
        ("rita", {"referral_code": codes["bob"]}, "mutual_referral"),
        ("rita", {"referral_code": codes["eve"]}, "mutual_referral"),
    ]:
        found = await programme.ask("POST", "/v1/referrals", {"referred_user_id": referred} | body, role=SERVICE)
        assert (found["created"], found["reason"]) == (False, reason), (referred, body)
    assert await contents(programme) == before
    for body in ({}, {"referral_code": None}, {"referral_code": None, "referring_partner": None}):
        await programme.service.refused("POST", "/v1/referrals", {"referred_user_id": "new"} | body, role=SERVICE)
    assert await contents(programme) == before


async def test_what_makes_no_sense_is_refused_with_a_problem_and_changes_nothing(programme):
    referral = await programme.pair()
    for pair in (("yan", "zoe"), ("bob", "cid")):
        await programme.pair(*pair)
    await programme.contract("fr", "bob")
    await programme.contract("es", "bob", "ES")
    before = await contents(programme)
    answers = []
    for method, path, body, status in BAD:
        answer = await programme.service.client.request(method, path.format(id=referral), json=body, headers=ADMIN)
        problem = answer.json()
        told = (answer.headers["content-type"], problem.get("status"), bool(problem.get("detail")))
        if (answer.status_code, *told) != (status, "application/problem+json", status, True):
            answers.append((method, path, body, answer.status_code, answer.text))
    assert answers == []
    assert await contents(programme) == before


async def contents(programme):
    found = await programme.service.world.contents()
    return {name: rows for name, rows in found.items() if name != "rate_budget"}


async def test_who_refers_too_many_in_a_day_waits_and_loses_nothing(database_url, monkeypatch, tmp_path):
    terms = tmp_path / "terms.toml"
    terms.write_text(TERMS.read_text().replace("referrals_per_day = 100", "referrals_per_day = 3"))
    monkeypatch.setitem(ENVIRONMENT, "GROWTH_REFERRAL_TERMS_FILE", str(terms))
    async with service_on(database_url) as service:
        programme = Programme(service)
        # Paris is an hour ahead: three of one local day, four of the next, over the night in which summer ends
        for hour, names in (("21:59", "abc"), ("22:01", "defg")):
            await programme.ask("PUT", "/test/clock", {"now": f"2027-10-30T{hour}:00Z"}, role=ADMIN)
            referrals = [await programme.pair("rita", name) for name in names]
            for name in names:
                await programme.pay(name)
            found = [(await programme.referral(referral))["held_for"] for referral in referrals]
            assert found == [["burst"] * (len(names) > 3)] * len(names)
        assert await programme.days("rita") == {"credit": 3 * 45, "held": 4 * 45}
        for referral in referrals:
            review = {"decision": "release", "reason": "a talk on stage"}
            await programme.ask("POST", f"/v1/referrals/{referral}/review", review, role=OPS)
        assert await programme.days("rita") == {"credit": 7 * 45}
        await programme.proved()


async def test_throw_away_addresses_are_held(programme):
    for email in ("x@mailinator.com", "x@sub.mailinator.com", "x@MAILINATOR.com"):
        assert await held_for(programme, {}, {"email": email}) == ["disposable_address"]
    assert await held_for(programme, {"email": "x@mailinator.com"}, {}) == [], "who refers is not asked"


async def test_without_the_list_everybody_is_held(database_url, monkeypatch):
    monkeypatch.setattr(providers, "disposable_domains", lambda: None)
    async with service_on(database_url) as service:
        assert await held_for(Programme(service), {}, {}) == ["disposable_list_missing"]


async def pay_and_refund(programme, rounds):
    """One pair pays and is refunded so often; so many others do it once. Return what is left of it."""
    await programme.pair()
    for number in range(rounds):
        await programme.move(timedelta(hours=1))  # nobody refers a hundred in a day
        await programme.user(f"bob{number}")
        await programme.invite("rita", f"bob{number}")
        for name, nth in (("bob", number), (f"bob{number}", 0)):
            await programme.tell(linked(name, nth))
            await programme.tell(paid(name, nth, at=await programme.now()))
            assert await programme.left("rita") == (45 if nth == 0 else 0)
            await programme.tell(refund(name, nth, at=await programme.now()))
    return [await programme.days(name) for name in ("rita", "bob", "bob0")], await programme.left("rita")


async def test_to_pay_and_be_refunded_again_and_again_gains_nothing(programme):
    assert await pay_and_refund(programme, 20) == ([{}, {}, {}], 0)
    await programme.proved()


async def test_a_deleted_referral_made_again_earns_nothing_a_second_time(programme):
    referral = await programme.pair()
    await programme.pay("bob")
    await programme.service.client.delete(f"/v1/referrals/{referral}", headers=OPS)
    await programme.move(timedelta(seconds=2))
    again = await programme.invite("rita", "bob")
    assert again["created"]
    await programme.pay("bob", 2)
    assert (await programme.referral(again["referral_id"]))["status"] == "created"
    assert await programme.days("rita") == {}
    await programme.proved()
