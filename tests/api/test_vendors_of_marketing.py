"""What the vendors of marketing are told and asked, over HTTP, with the sandbox in their place."""

import json
from dataclasses import replace
from datetime import timedelta
from io import StringIO
from uuid import uuid4

import pytest
from tests.adapters.campaign_world import ENVIRONMENT
from tests.adapters.vendors_line import all_vendors
from tests.api.conftest import ADMIN, CAPTURE, SERVICE, service_on
from tests.domain.makers import MONDAY

from growth.api.request_log import configure_logging
from growth.domain.kernel.begin import Begin
from growth.domain.kernel.country import Country
from growth.domain.kernel.person import newcomer
from growth.domain.prospects.business_rules.mailing import person_to_tell, unsuppression, user_to_tell
from growth.domain.prospects.entities.unsubscribing import MailLink
from growth.domain.prospects.ports.stores import ProspectsTx
from growth.domain.prospects.ports.tokens import UnsubscribeTokens

ANA, ANAS = uuid4(), "ana@example.org"
PERSON = replace(
    newcomer(ANA, ANAS, Country.FR, MONDAY, ("Ana", None)),
    phone="+33199000001",
    phone_valid=True,
    company_id="732829320",
)
CLAIRE = "claire.durand@cabinet-durand.example"


@pytest.fixture
async def vendors():
    async with all_vendors() as vendors:
        yield vendors


@pytest.fixture
async def service(vendors, database_url, monkeypatch):
    monkeypatch.setitem(ENVIRONMENT, "GROWTH_SANDBOX_URL", vendors.url)
    async with service_on(database_url) as service:
        yield service


async def write(service, *messages, person=None, addresses=()):
    async with (await service.world.get(Begin[ProspectsTx]))() as tx:
        if person:
            await tx.people.lock_or_add([person])
            await tx.people.save([person])
            await tx.people.add_addresses(person.id, addresses)
        await tx.outbox.add(*messages)
    await service.world.deliver()
    return [(it.state, it.last_error) for it in await service.world.rows("message", "position")]


async def known(vendors):
    return {
        it["id"] or it["email"]: it["attributes"] | {"email": it["email"]} for it in (await vendors.people())["people"]
    }


async def bodies(vendors):
    return [(it["path"], json.loads(it["body"])) for it in await vendors.log("customerio")]


async def test_a_person_is_told_of_as_she_is_at_delivery(service, vendors):
    message = person_to_tell(ANA, uuid4())
    assert await write(service, message, person=PERSON) == [("done", None)]
    assert await known(vendors) == {
        str(ANA): {
            "email": ANAS,
            "created_at": int(MONDAY.timestamp()),
            "country": "FR",
            "first_name": "Ana",
            "phone": "+33199000001",
            "company_id": "732829320",
            "unsubscribe_url": await link_of(service, 1),
        }
    }
    assert ANAS not in repr(message)


async def link_of(service, version):
    tokens = await service.world.get(UnsubscribeTokens)
    return tokens.unsubscribe_url(tokens.of(MailLink(ANA, version)))


async def test_the_link_to_unsubscribe_is_the_one_that_holds_and_is_in_no_log_and_no_message(service, vendors):
    log = StringIO()
    configure_logging(log)
    await write(service, person_to_tell(ANA, uuid4()), person=replace(PERSON, unsubscribe_version=2))
    await service.world.execute("UPDATE prospect SET unsubscribe_version = 2")
    await vendors.faults("customerio", refuse={"probability": 1.0, "status": 400})
    await write(service, person_to_tell(ANA, uuid4()))
    url = (await bodies(vendors))[-1][1]["unsubscribe_url"]
    token = url.rpartition("/")[2]
    assert url == await link_of(service, 2)
    assert (await service.client.get(f"/unsubscribe/{token}")).status_code == 200
    assert "message-delivery" in log.getvalue()
    assert token not in log.getvalue() + str(await service.world.rows("message", "position"))


async def test_a_number_that_nobody_can_dial_is_not_told(service, vendors):
    await write(service, person_to_tell(ANA, uuid4()), person=replace(PERSON, phone_valid=False))
    assert "phone" not in (await known(vendors))[str(ANA)]


async def test_somebody_who_is_gone_is_not_told_of(service, vendors):
    gone = [make(ANA, uuid4()) for make in (person_to_tell, unsuppression)]
    assert await write(service, *gone, user_to_tell("nobody", uuid4())) == [("done", None)] * 3
    assert await vendors.log("customerio") == []


async def test_that_a_person_wants_mails_is_never_said(service, vendors):
    await write(service, person_to_tell(ANA, uuid4()), person=PERSON)
    assert "unsubscribed" not in json.dumps(await bodies(vendors))


async def test_an_opt_out_reaches_every_profile_of_the_person(service, vendors):
    out = replace(PERSON, has_opted_in_to_commercial_emails=False)
    headers = {"Authorization": "Basic c2FuZGJveDpzYW5kYm94"}
    for name in (ANAS, "other@example.org", "stranger@example.org"):
        path = f"/customerio/api/v1/customers/user-{name[0]}"
        assert (await vendors.http.put(path, json={"email": name}, headers=headers)).is_success
    await write(service, person_to_tell(ANA, uuid4()), person=out, addresses=["other@example.org", "third@example.org"])
    shown = (await vendors.people())["people"]
    assert {it["id"]: it["unsubscribed"] for it in shown} == {"user-a": True, "user-o": True, "user-s": False}


@pytest.mark.parametrize(("wants", "expected"), [(False, True), (True, False)])
async def test_a_users_wish_reaches_profiles_that_are_there(service, vendors, wants, expected):
    headers = {"Authorization": "Basic c2FuZGJveDpzYW5kYm94"}
    await vendors.http.put("/customerio/api/v1/customers/7", json={"email": "bob@work.example"}, headers=headers)
    told = {"email": "bob@example.org", "pro_email": "bob@work.example", "country_code": "FR"}
    told["has_opted_in_to_commercial_emails"] = wants
    await service.ask("PUT", "/v1/users/bob", told, role=SERVICE)
    await write(service, user_to_tell("bob", uuid4()))
    assert {it["email"]: it["unsubscribed"] for it in (await vendors.people())["people"]} == {
        "bob@work.example": expected
    }
    assert (await bodies(vendors))[1:] == [
        (f"/api/v1/customers/{email}", {"unsubscribed": expected, "_update": True})
        for email in ("bob@example.org", "bob@work.example")
    ]


async def test_of_a_user_who_never_said_nothing_is_told(service, vendors):
    await service.ask("PUT", "/v1/users/bob", {"email": "bob@example.org", "country_code": "FR"}, role=SERVICE)
    assert await write(service, user_to_tell("bob", uuid4())) == [("done", None)]
    assert await vendors.log("customerio") == []


async def test_who_came_back_is_let_in_again_first(service, vendors):
    suppressed = {"type": "person", "identifiers": {"email": ANAS}, "action": "suppress"}
    headers = {"Authorization": "Basic c2FuZGJveDpzYW5kYm94"}
    await vendors.http.post("/customerio/api/v2/entity", json=suppressed, headers=headers)
    await write(service, person_to_tell(ANA, uuid4()), person=PERSON)
    assert await known(vendors) == {}
    await write(service, unsuppression(ANA, uuid4()), person_to_tell(ANA, uuid4()))
    assert list(await known(vendors)) == [str(ANA)]
    assert (await vendors.people())["suppressed"] == []


async def test_a_message_that_is_delivered_twice_changes_nothing(service, vendors):
    await vendors.faults("customerio", drop_answer=1.0)
    ((state, error),) = await write(service, person_to_tell(ANA, uuid4()), person=PERSON)
    assert (state, ANAS in error) == ("pending", False)
    before = await vendors.people()
    await vendors.faults("customerio")
    await service.ask("PUT", "/test/clock", {"now": (MONDAY + timedelta(minutes=5)).isoformat()}, role=ADMIN)
    await service.world.execute("DELETE FROM vendor_breaker")
    await service.world.deliver()
    assert [it.state for it in await service.world.rows("message", "position")] == ["done"]
    assert await vendors.people() == before


async def find(service, email, *, status=200, role=SERVICE):
    return await service.ask("GET", "/v1/accountants", params={"email": email}, status=status, role=role)


async def test_an_accountant_is_found_by_the_address(service):
    assert await find(service, f" {CLAIRE.upper()} ") == {
        "email": CLAIRE,
        "name": "Claire Durand",
        "accounting_firm_partner_code": "DURAND",
        "accounting_firm_name": "Cabinet Durand",
    }


async def test_nobody_is_found_where_there_is_none(service):
    assert (await find(service, "nobody@example.org", status=404))["code"] == "unknown-accountant"
    assert (await find(service, "nobody", status=422))["code"] == "bad-email"
    assert (await find(service, CLAIRE, status=403, role=CAPTURE))["code"] == "wrong-role"


@pytest.mark.parametrize(("email", "status", "hours"), [(CLAIRE, 200, 24), ("nobody@example.org", 404, 1)])
async def test_salesforce_is_asked_once_a_day_or_once_an_hour_for_nobody(service, vendors, email, status, hours):
    for passed, queries in [(0, 1), (hours - 0.1, 1), (hours + 0.1, 2)]:
        await service.world.at(MONDAY + timedelta(hours=passed))
        await find(service, email, status=status)
        asked = [it["path"] for it in await vendors.log("salesforce") if it["path"].endswith("/query")]
        assert len(asked) == queries


@pytest.mark.parametrize(
    "fault",
    [
        {"refuse": {"probability": 1.0, "status": 503}},
        {"refuse": {"probability": 1.0, "status": 403}},
        {"html": 1.0},
        {"drop_answer": 1.0},
    ],
)
async def test_while_salesforce_is_away_the_answer_is_to_come_again(service, vendors, fault):
    await vendors.faults("salesforce", **fault)
    answer = await service.client.get("/v1/accountants", params={"email": CLAIRE}, headers=SERVICE)
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "30")
    assert answer.json()["code"] == "salesforce-unavailable"
    assert "claire" not in answer.text
    await vendors.faults("salesforce")
    assert (await find(service, CLAIRE))["name"] == "Claire Durand"
