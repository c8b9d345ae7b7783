"""No more commercial mails: by token over the API, and what it does not tell."""

import hmac

import pytest
from sqlalchemy import event
from sqlalchemy.ext.asyncio import AsyncEngine
from tests.adapters.campaign_world import ENVIRONMENT
from tests.api.conftest import CAPTURE, SERVICE, service_on

from growth.adapters.db.transaction import SqlBegin
from growth.domain.kernel.person import parse_email
from growth.domain.prospects.entities.unsubscribing import MailLink
from growth.domain.prospects.ports.tokens import UnsubscribeTokens
from growth.domain.prospects.steps.unsubscribing import Unsubscribing

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
USER_TOKEN = "aGQJ0-bQXtoLZbSBLHXyPTbRvqgmcC2Q"


class Mailing:
    """The service, and who gets its mails."""

    def __init__(self, service):
        self.service, self.ask, self.world = service, service.ask, service.world

    async def prospect(self, number=1, **changes):
        """Make a prospect known; return its id and the token of its mails."""
        lead = await self.service.lead(number=number, **changes)
        (row,) = [it for it in await self.world.rows("prospect") if str(it.id) == lead["prospect_id"]]
        tokens = await self.world.get(UnsubscribeTokens)
        return row.id, tokens.of(MailLink(row.id, row.unsubscribe_version))

    async def user(self, name, token=USER_TOKEN, **told):
        body = {"email": f"{name}@example.org", "country_code": "FR", "unsubscribe_token": token} | told
        return await self.ask("PUT", f"/v1/users/{name}", body, role=SERVICE)

    async def employ(self, id, user, email, started_on="2026-01-01", **told):
        body = {"user_id": user, "invite_email": email, "started_on": started_on} | told
        return await self.ask("PUT", f"/v1/employments/{id}", body, role=SERVICE)

    async def unsubscribe(self, email, token, target_type, role=CAPTURE):
        body = {"email": email, "token": token, "target_type": target_type}
        return (await self.ask("POST", "/v1/unsubscribes", body, role=role))["unsubscribed"]

    async def opted_out(self):
        """The emails of those who are."""
        people = [*await self.world.rows("prospect"), *await self.world.rows("user_account")]
        return {it.email for it in people if it.has_opted_in_to_commercial_emails is False}

    async def told(self):
        """Kind and payload of what waits to be told because of it."""
        rows = await self.world.rows("message", "position")
        kinds = {"customerio.person", "customerio.user", "partner.event"}
        return [(it.kind, it.payload) for it in rows if it.kind in kinds]


@pytest.fixture
async def mailing(service):
    return Mailing(service)


@pytest.fixture
async def heard(database_url, monkeypatch):
    """The same, with a main application that hears of what happens."""
    monkeypatch.setitem(ENVIRONMENT, "GROWTH_PARTNER_WEBHOOKS", "*=http://127.0.0.1:9/hook,guide=http://127.0.0.1:9/")
    monkeypatch.setitem(ENVIRONMENT, "GROWTH_PARTNER_SECRETS", f"*:{SECRET},guide:{SECRET}")
    async with service_on(database_url) as service:
        yield Mailing(service)


# --- employments


async def test_an_employment_keeps_what_is_left_out_and_null_empties_it(mailing):
    await mailing.user("ana")
    told = await mailing.employ("e1", "ana", " New.Colleague@Example.org ")
    assert told == {"id": "e1", "user_id": "ana", "started_on": "2026-01-01", "cancelled_at": None}
    at = "2026-03-01T09:00:00Z"
    assert (await mailing.employ("e1", "ana", "b@example.org", cancelled_at=at))["cancelled_at"] == at
    assert (await mailing.employ("e1", "ana", "b@example.org"))["cancelled_at"] == at
    assert (await mailing.employ("e1", "ana", "B@example.org", cancelled_at=None))["cancelled_at"] is None
    (row,) = await mailing.world.rows("employment")
    assert (row.invite_email, row.told_at is None) == ("b@example.org", False)


async def test_an_employment_of_a_user_of_whom_nobody_told_is_refused(mailing):
    body = {"user_id": "nobody", "invite_email": "a@example.org", "started_on": "2026-01-01"}
    refused = await mailing.service.refused("PUT", "/v1/employments/e1", body, role=SERVICE, status=404)
    assert refused == ("unknown-user", [])
    await mailing.user("ana")
    bad = body | {"user_id": "ana", "invite_email": "no address"}
    assert (await mailing.service.refused("PUT", "/v1/employments/e1", bad, role=SERVICE))[0] == "bad-email"
    assert await mailing.world.rows("employment") == []


# --- by token


async def test_a_prospect_is_unsubscribed_once_and_told_so_each_time(mailing):
    one, token = await mailing.prospect()
    await mailing.prospect(2)
    for email in ("p1@example.org", " P1@EXAMPLE.org ", "p1@example.org"):
        assert await mailing.unsubscribe(email, token, "prospect")
    assert await mailing.opted_out() == {"p1@example.org"}
    assert await mailing.told() == [("customerio.person", {"prospect_id": str(one)})]


async def test_a_prospect_is_also_known_by_another_address(mailing):
    one, token = await mailing.prospect()
    await mailing.world.execute("INSERT INTO prospect_address VALUES ('other@example.org', :id)", id=one)
    assert await mailing.unsubscribe("other@example.org", token, "prospect")


async def test_a_users_unsubscription_is_pushed_and_published_once(heard):
    await heard.user("ana", has_opted_in_to_commercial_emails=True)
    for _ in range(2):
        assert await heard.unsubscribe("ana@example.org", USER_TOKEN, "user", role=SERVICE)
    (pushed, _), (kind, published) = await heard.told()
    assert (pushed, kind, published["subscriber"]) == ("customerio.user", "partner.event", "*")
    assert (published["body"]["type"], published["body"]["data"]) == ("user_email_unsubscribed", {"user_id": "ana"})
    rows = {it.subject: it.payload for it in await heard.world.rows("message", "position")}
    assert rows["user:ana"] == {"user_id": "ana"}
    assert "user:ana:*" in rows


@pytest.mark.parametrize("address", ["ana@example.org", "pro@example.org", " Company@example.org"])
async def test_a_user_is_found_by_any_address(mailing, address):
    await mailing.user("ana", pro_email="pro@example.org", company_email="company@example.org")
    assert await mailing.unsubscribe(address, USER_TOKEN, "user")
    assert await mailing.opted_out() == {"ana@example.org"}


async def test_a_user_is_found_through_the_most_recent_invitation_that_was_not_cancelled(mailing):
    for name in ("old", "recent", "cancelled"):
        await mailing.user(name, token=name * 10)
    await mailing.employ("e1", "old", "in@example.org", "2025-01-01")
    await mailing.employ("e2", "recent", "in@example.org", "2026-01-01")
    await mailing.employ("e3", "cancelled", "in@example.org", "2026-02-01", cancelled_at="2026-02-02T09:00:00Z")
    found = [
        it for it in ("old", "cancelled", "recent") if await mailing.unsubscribe("in@example.org", it * 10, "user")
    ]
    assert found == ["recent"]


async def test_an_invitation_does_not_count_where_somebody_has_the_address(mailing):
    await mailing.user("ana")
    await mailing.user("bob", token="b" * 32)
    await mailing.employ("e1", "bob", "ana@example.org")
    assert not await mailing.unsubscribe("ana@example.org", "b" * 32, "user")
    assert await mailing.unsubscribe("ana@example.org", USER_TOKEN, "user")


@pytest.mark.parametrize("untold", ["", None])
async def test_a_user_without_a_token_has_no_empty_one(mailing, untold):
    await mailing.user("ana", token=untold)
    assert [it.unsubscribe_digest for it in await mailing.world.rows("user_account")] == [None]
    assert not await mailing.unsubscribe("ana@example.org", "", "user")
    await mailing.world.execute("UPDATE user_account SET unsubscribe_digest = sha256('')")  # told of long ago
    assert not await mailing.unsubscribe("ana@example.org", "", "user")


@pytest.mark.parametrize("weak", ["x" * 21, "x" * 501, "a/" * 20, "é" * 30, f"{USER_TOKEN}\n", " " * 30])
async def test_a_weak_token_is_refused_without_repeating_it(mailing, weak):
    body = {"email": "ana@example.org", "country_code": "FR", "unsubscribe_token": weak}
    answer = await mailing.service.client.put("/v1/users/ana", json=body, headers=SERVICE)
    (fault,) = answer.json()["errors"]
    assert (answer.status_code, fault["pointer"]) == (422, "/unsubscribe_token")
    assert "22 to 500" in fault["message"]
    assert weak not in fault["message"]
    assert await mailing.world.rows("user_account") == []


@pytest.mark.parametrize("strong", ["x" * 22, "x" * 500, "a-b_c.d~" * 3])
async def test_a_token_of_128_bits_is_taken(mailing, strong):
    await mailing.user("ana", token=strong)
    assert await mailing.unsubscribe("ana@example.org", strong, "user")


async def test_a_token_opens_neither_the_other_kind_nor_another_person(mailing):
    _, first = await mailing.prospect()
    _, second = await mailing.prospect(2)
    await mailing.user("p1")
    assert not await mailing.unsubscribe("p1@example.org", second, "prospect")
    assert not await mailing.unsubscribe("p1@example.org", first, "user")
    assert not await mailing.unsubscribe("p1@example.org", USER_TOKEN, "prospect")
    assert await mailing.opted_out() == set()


async def test_a_raised_version_revokes_the_tokens_that_are_out(mailing):
    one, token = await mailing.prospect()
    await mailing.world.execute("UPDATE prospect SET unsubscribe_version = 2 WHERE id = :id", id=one)
    assert not await mailing.unsubscribe("p1@example.org", token, "prospect")
    newer = (await mailing.world.get(UnsubscribeTokens)).of(MailLink(one, 2))
    assert await mailing.unsubscribe("p1@example.org", newer, "prospect")


async def test_an_unknown_kind_is_refused_clearly(untouched):
    body = {"email": "a@example.org", "token": "x", "target_type": "company"}
    answer = await untouched.client.post("/v1/unsubscribes", json=body, headers=CAPTURE)
    (fault,) = answer.json()["errors"]
    assert (answer.status_code, fault["pointer"]) == (422, "/target_type")
    assert "'user' or 'prospect'" in fault["message"]


# --- what is not told


@pytest.fixture
async def effort(mailing, monkeypatch):
    """What a request costs: its statements, in their order, and how often something was hashed."""
    statements, hashed, digest = [], [], hmac.digest

    def count(*parts):
        hashed.append(parts[0])
        return digest(*parts)

    def note(_connection, _cursor, statement, *_):
        if "rate_budget" not in statement and "synchronous_commit" not in statement:  # drawn now and then by anybody
            statements.append(statement)

    async def of(body):
        statements.clear()
        hashed.clear()
        answer = await mailing.service.client.post("/v1/unsubscribes", json=body, headers=SERVICE)
        headers = {name: value for name, value in answer.headers.items() if name != "x-request-id"}
        return (answer.status_code, headers, answer.content), list(statements), len(hashed)

    engine = (await mailing.world.get(AsyncEngine)).sync_engine
    event.listen(engine, "before_cursor_execute", note)
    monkeypatch.setattr(hmac, "digest", count)
    yield of
    event.remove(engine, "before_cursor_execute", note)


async def test_nobody_learns_which_addresses_we_hold(mailing, effort):
    one, own = await mailing.prospect()
    _, token = await mailing.prospect(2)
    await mailing.user("ana", pro_email="pro@example.org")
    await mailing.employ("e1", "ana", "in@example.org")
    await mailing.world.execute("INSERT INTO prospect_address VALUES ('other@example.org', :id)", id=one)
    nobody = ["", " ", "no address", "nobody@example.org", "a@b", "é" * 400, "p1@example.org" * 9000]
    known = ["p1@example.org", "other@example.org", "ana@example.org", "pro@example.org", "in@example.org"]
    before = await mailing.world.contents()
    for target in ("user", "prospect"):
        answers, costs = [], []
        for email in nobody + known:
            for wrong in (token, own[:-1] + ("A" if own[-1] != "A" else "B"), "", "x", own[:20]):
                answer, *cost = await effort({"email": email, "token": wrong, "target_type": target})
                answers.append(answer)
                costs.append(cost)
        assert [it for it in answers if it != answers[0]] == []
        assert [it for it in costs if it != costs[0]] == []
        assert answers[0][0] == 200
        assert answers[0][2] == b'{"unsubscribed":false}'
        assert len(costs[0][0]) == 1
    changed = {name for name, rows in (await mailing.world.contents()).items() if rows != before[name]}
    assert changed <= {"rate_budget"}


# --- without a token


async def without_token(mailing, email):
    step = await mailing.world.get(Unsubscribing)
    async with (await mailing.world.get(SqlBegin))() as tx:
        return await step.without_token(tx, parse_email(email), await tx.now())


async def test_a_verified_vendor_unsubscribes_the_user_and_the_prospect_of_an_address(heard):
    await heard.prospect()
    await heard.prospect(2)
    await heard.user("ana", email="a@example.org", pro_email="p1@example.org")
    await heard.user("bob")
    assert await without_token(heard, "P1@example.org")
    assert await heard.opted_out() == {"p1@example.org", "a@example.org"}
    assert [kind for kind, _ in await heard.told()] == ["customerio.person", "customerio.user", "partner.event"]
    assert not await without_token(heard, "p1@example.org")
    assert len(await heard.told()) == 3
    assert not await without_token(heard, "nobody@example.org")


async def test_only_those_who_are_still_opted_in_are_unsubscribed(mailing):
    _, token = await mailing.prospect()
    await mailing.user("ana", email="p1@example.org", has_opted_in_to_commercial_emails=True)
    await mailing.unsubscribe("p1@example.org", token, "prospect")
    assert await without_token(mailing, "p1@example.org")
    assert [kind for kind, _ in await mailing.told()] == ["customerio.person", "customerio.user"]
