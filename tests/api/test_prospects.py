"""Registering people over HTTP and looking them up."""

import asyncio

import pytest
from tests.api.conftest import CAPTURE, OPS, SERVICE
from tests.api.test_events import an_event

FIRST, SECOND = "06 12 34 56 78", "06 12 34 56 79"


async def register(service, email="ada@example.org", status=201, **changes):
    return await service.post("/v1/prospects", {"email": email} | changes, status=status, role=SERVICE)


async def test_a_person_is_registered_once_and_found_by_any_spelling(service):
    new = await register(service, phone=FIRST, country_code="FR", company_id="552 100 554", user_id="u1")
    assert (new["phone"], new["phone_valid"], new["company_id"], new["user_id"]) == (
        "+33612345678",
        True,
        "552 100 554",
        "u1",
    )
    assert (new["has_opted_in_to_commercial_emails"], new["attribution_survey_response"]) == (True, None)
    assert await register(service, " Ada@EXAMPLE.org ", 200) == new
    for role in (SERVICE, OPS):
        assert await service.ask("GET", f"/v1/prospects/{new['id']}", role=role) == new
        assert await service.ask("GET", "/v1/prospects", params={"email": "ADA@example.org"}, role=role) == new


@pytest.mark.parametrize(
    ("again", "field", "after"),
    [
        pytest.param({"phone": SECOND}, "phone", "+33612345679", id="a valid number replaces"),
        pytest.param({"phone": "12345678"}, "phone", "+33612345678", id="an invalid number never erases"),
        pytest.param({"phone": "1"}, "phone", "+33612345678", id="no number at all"),
        pytest.param(
            {"attribution_survey_response": {"response": "radio"}},
            "attribution_survey_response",
            {"response": "radio"},
            id="a new answer replaces",
        ),
        pytest.param({}, "attribution_survey_response", {"response": "a friend"}, id="none keeps the answer"),
        pytest.param({"company_id": "X-1"}, "company_id", "X-1", id="a company replaces"),
    ],
)
async def test_registering_again_changes_what_is_newly_told(service, again, field, after):
    await register(service, phone=FIRST, country_code="FR", attribution_survey_response={"response": "a friend"})
    assert (await register(service, status=200, **again))[field] == after


async def test_two_registrations_at_once_make_one_person_and_both_get_her(service):
    sent = [service.client.post("/v1/prospects", json={"email": "ada@example.org"}, headers=SERVICE) for _ in range(20)]
    answers = await asyncio.gather(*sent)
    assert sorted(answer.status_code for answer in answers) == [200] * 19 + [201]
    assert len({answer.json()["id"] for answer in answers}) == 1


async def test_other_addresses_are_hers_wherever_they_come_from(service):
    ada = await register(service, secondary_emails=["Ada@Work.example", "ada@old.example", "ada@work.example"])
    assert ada["secondary_emails"] == ["ada@old.example", "ada@work.example"]
    assert (await register(service, "ada@work.example", 200))["id"] == ada["id"]
    assert (await service.get("/v1/prospects", email="ada@old.example"))["id"] == ada["id"]
    await service.post("/v1/events", an_event("page_view", email="ada@old.example"), status=202, role=CAPTURE)
    await service.post("/v1/events", an_event(email="ada@work.example"), status=202, role=CAPTURE)
    assert {str(it.prospect_id) for it in await service.world.rows("prospect_event")} == {ada["id"]}
    assert len(await service.world.rows("prospect")) == 1


async def test_an_address_of_another_person_changes_nothing(service):
    await register(service)
    bob = await register(service, "bob@example.org", secondary_emails=["bob@work.example"])
    for taken in ("ada@example.org", "bob@work.example"):
        problem = await register(service, "eve@example.org", 409, secondary_emails=["eve@work.example", taken])
        assert problem["code"] == "address-taken"
    assert [it.email for it in await service.world.rows("prospect", "email")] == ["ada@example.org", "bob@example.org"]
    assert (await service.get(f"/v1/prospects/{bob['id']}"))["secondary_emails"] == ["bob@work.example"]


async def test_an_address_becomes_a_first_or_another_one_never_both(service):
    for number in range(8):
        both = f"both{number}@example.org"
        first = service.client.post("/v1/prospects", json={"email": both}, headers=SERVICE)
        other = service.client.post(
            "/v1/prospects", json={"email": f"p{number}@example.org", "secondary_emails": [both]}, headers=SERVICE
        )
        event = service.client.post("/v1/events", json=an_event(email=both), headers=CAPTURE)
        await asyncio.gather(first, other, event)
    firsts = {it.email for it in await service.world.rows("prospect")}
    others = {it.email for it in await service.world.rows("prospect_address", "email")}
    assert not firsts & others
    assert {f"both{number}@example.org" for number in range(8)} <= firsts | others


async def test_a_flow_becomes_hers_whosever_it_was(service):
    flow = {"country_code": "FR", "persona_type": "Individual", "language": "fr"}
    await service.ask("PUT", "/v1/self-serve-flows/f-1", flow, status=202, role=CAPTURE)
    for email in ("ada@example.org", "bob@example.org"):
        person = await register(service, email, self_serve_flow_id="f-1")
        (row,) = await service.world.rows("self_serve_flow")
        assert str(row.prospect_id) == person["id"]
    assert (await register(service, "eve@example.org", 404, self_serve_flow_id="none"))["code"] == "unknown-flow"
    assert len(await service.world.rows("prospect")) == 2


async def test_nobody_is_a_404(service):
    for path in ("/v1/prospects?email=eve@example.org", "/v1/prospects/0190163d-8694-739b-aea5-966c26f8ad91"):
        answer = await service.client.get(path, headers=SERVICE)
        assert (answer.status_code, answer.json()["code"]) == (404, "unknown-prospect")
        assert "eve" not in answer.text


@pytest.mark.parametrize(
    "changes",
    [
        {"email": "broken"},
        {"secondary_emails": ["broken"]},
        {"secondary_emails": ["a@example.org"] * 21},
        {"phone": 3},
        {"country_code": "DE"},
        {"has_opted_in_to_commercial_emails": False},
        {"attribution_survey_response": {"free_text": "no option"}},
    ],
)
async def test_what_does_not_fit_is_refused(service, changes):
    await service.refused("POST", "/v1/prospects", {"email": "ada@example.org"} | changes, role=SERVICE)
    assert await service.world.rows("prospect") == []
