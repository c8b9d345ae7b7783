"""What people ask of sales, over HTTP: what is kept, what is told on, and what is refused."""

import asyncio
from uuid import UUID, uuid4

import pytest
from tests.api.conftest import CAPTURE, OPS, SERVICE
from tests.domain.makers import MONDAY

FORM_TYPES = ("meeting_request", "callback", "email", "chat", "contract_comparison", "account_creation_stuck")


def a_flow(**changes):
    return {"country_code": "FR", "persona_type": "Individual", "language": "fr"} | changes


def a_request(**changes):
    return {"email": "ada@example.org", "request_type": "callback", "country_code": "FR"} | changes


def a_capture(**changes):
    return {"self_serve_flow_id": "flow-1", "email": "ada@example.org"} | changes


def a_quote(**changes):
    return {"self_serve_flow_id": "flow-1", "email": "ada@example.org", "language": "fr-BE"} | changes


async def put_flow(service, id="flow-1", status=202, **changes):
    return await service.ask("PUT", f"/v1/self-serve-flows/{id}", a_flow(**changes), status=status, role=CAPTURE)


async def ask(service, path, body, role=CAPTURE):
    return await service.post(path, body, status=202, role=role)


async def only(service, table, order="id"):
    (row,) = await service.world.rows(table, order)
    return row


async def kinds(service):
    return [(it.kind, it.payload) for it in await service.world.rows("message", "position")]


async def nothing(service):
    """See that nothing of a request is there."""
    for table in ("prospect", "prospect_event", "sales_request", "message"):
        assert await service.world.rows(table) == [], table


async def test_a_request_is_kept_as_person_event_request_and_messages(service):
    body = a_request(
        phone="06 12 34 56 78",
        first_name="Ada",
        last_name="Byron",
        message="Call me & mine",
        company_name="Engines SAS",
        number_of_employees=12,
        preferred_slot="Tuesday, 10 to 11",
        utm_source="newsletter",
    )
    sent = await ask(service, "/v1/prospect-requests", body)
    assert sent.keys() == {"submission_id"}
    person, event, request = [await only(service, it) for it in ("prospect", "prospect_event", "sales_request")]
    assert (person.email, person.phone, person.phone_valid) == ("ada@example.org", "+33612345678", True)
    assert (person.first_name, person.last_name, person.country_code) == ("Ada", "Byron", "FR")
    told = {"message": "Call me & mine", "company_name": "Engines SAS", "number_of_employees": 12}
    told |= {"preferred_slot": "Tuesday, 10 to 11"}
    assert (event.event_name, event.properties) == ("meeting_request", {"request_type": "callback"} | told)
    assert (event.country_code, event.persona_type, event.caller) == ("FR", None, "growth")
    assert event.marketing_parameters["utms"] == {"source": "newsletter"}
    assert (request.id, request.request_type, request.details) == (UUID(sent["submission_id"]), "callback", told)
    assert (event.prospect_id, request.prospect_id) == (person.id, person.id)
    assert await kinds(service) == [
        ("slack.request", {"request_id": sent["submission_id"], "country": "FR"}),
        ("customerio.person", {"prospect_id": str(person.id)}),
    ]
    (slack, _) = await service.world.rows("message", "position")
    assert "ada" not in str(slack)


@pytest.mark.parametrize("kind", FORM_TYPES)
async def test_each_kind_of_the_form_is_a_meeting_request(service, kind):
    await ask(service, "/v1/prospect-requests", a_request(request_type=kind))
    event, request = await only(service, "prospect_event"), await only(service, "sales_request")
    assert (event.event_name, event.properties) == ("meeting_request", {"request_type": kind})
    assert request.request_type == kind


@pytest.mark.parametrize(
    ("kind", "event_name"), [("quote_request", "flow_quote_request"), ("email_capture", "flow_capture_screen")]
)
async def test_a_kind_of_the_flow_needs_its_persona_and_has_no_properties(service, kind, event_name):
    path = "/v1/prospect-requests"
    asked = a_request(request_type=kind, message="hello")
    assert await service.refused("POST", path, asked, role=CAPTURE) == ("bad-event", ["/persona_type"])
    await nothing(service)
    await ask(service, path, asked | {"persona_type": "Individual"})
    event, request = await only(service, "prospect_event"), await only(service, "sales_request")
    assert (event.event_name, event.persona_type, event.properties) == (event_name, "Individual", {})
    assert request.details == {"message": "hello"}
    assert [kind for kind, _ in await kinds(service)][-1] == "customerio.event"


async def test_known_and_unknown_people_get_the_same_answer(service):
    first, again = [await ask(service, "/v1/prospect-requests", a_request(phone="+33612345678")) for _ in range(2)]
    assert first.keys() == again.keys()
    assert first["submission_id"] != again["submission_id"]
    await only(service, "prospect")
    assert len(await service.world.rows("sales_request")) == 2


async def test_asked_by_the_backend_a_number_is_replaced_only_by_a_valid_one(service):
    for typed, kept in (
        ("+33612345678", "+33612345678"),
        ("12345678901", "+33612345678"),
        ("0698765432", "+33698765432"),
    ):
        await ask(service, "/v1/prospect-requests", a_request(phone=typed), role=SERVICE)
        assert (await only(service, "prospect")).phone == kept


async def test_a_flow_is_made_changed_and_never_read(service):
    sent = await put_flow(service, step="start", data={"a": [1, {"b": None}]})
    assert sent.keys() == {"submission_id"}
    flow = await only(service, "self_serve_flow")
    assert (flow.step, flow.data, flow.prospect_id) == ("start", {"a": [1, {"b": None}]}, None)
    await service.world.at(MONDAY.replace(hour=5))
    await put_flow(service, language="nl-BE", country_code="BE", persona_type="Company", step="end")
    changed = await only(service, "self_serve_flow")
    assert (changed.language, changed.country_code, changed.persona_type) == ("nl-BE", "BE", "Company")
    assert (changed.step, changed.data, changed.created_at) == ("end", flow.data, flow.created_at)
    assert changed.updated_at > flow.updated_at
    assert (await service.client.get("/v1/self-serve-flows/flow-1", headers=SERVICE)).status_code == 405


async def test_a_flow_becomes_the_newest_persons(service):
    await put_flow(service, email=" Ada@Example.org")
    ada = await only(service, "prospect")
    assert (await only(service, "self_serve_flow")).prospect_id == ada.id
    await put_flow(service, step="next")
    assert (await only(service, "self_serve_flow")).prospect_id == ada.id
    await ask(service, "/v1/email-captures", a_capture(email="bob@example.org"))
    (bob,) = [it for it in await service.world.rows("prospect") if it.email == "bob@example.org"]
    assert (await only(service, "self_serve_flow")).prospect_id == bob.id
    assert [kind for kind, _ in await kinds(service)].count("customerio.person") == 2


async def test_a_capture_has_the_flows_country_persona_and_language(service):
    await put_flow(service, country_code="BE", persona_type="BelgiumSMC", language="nl")
    sent = await ask(service, "/v1/email-captures", a_capture(utm_medium="cpc"))
    event, request = await only(service, "prospect_event"), await only(service, "sales_request")
    assert (event.event_name, event.country_code, event.persona_type) == ("flow_capture_screen", "BE", "BelgiumSMC")
    assert event.marketing_parameters["utms"] == {"medium": "cpc"}
    assert (request.request_type, request.country_code, request.details) == ("email_capture", "BE", {"language": "nl"})
    assert request.self_serve_flow_id == "flow-1"
    ids = {"prospect_id": str(request.prospect_id), "request_id": sent["submission_id"]}
    assert (await kinds(service))[-1] == ("customerio.event", ids)
    await ask(service, "/v1/email-captures", a_capture(language="en"))
    assert (await service.world.rows("sales_request"))[1].details == {"language": "en"}


async def test_a_quote_request_keeps_what_a_quote_is_made_from(service):
    await put_flow(service, persona_type="Company")
    body = a_quote(
        phone_number="0612345678", firstname="Ada", lastname="Byron", company_name="Engines", number_of_employees=0
    )
    await ask(service, "/v1/quote-requests", body | {"qualification": {"cover": ["health"], "budget": 10.5}})
    person, event, request = [await only(service, it) for it in ("prospect", "prospect_event", "sales_request")]
    assert (person.first_name, person.last_name, person.phone) == ("Ada", "Byron", "+33612345678")
    assert (event.event_name, event.persona_type, event.properties) == ("flow_quote_request", "Company", {})
    assert request.details == {
        "language": "fr-BE",
        "company_name": "Engines",
        "number_of_employees": 0,
        "qualification": {"cover": ["health"], "budget": 10.5},
    }


async def test_what_a_country_has_no_rule_for_is_refused_and_leaves_nothing(service):
    await put_flow(service, country_code="ES", persona_type="SpainAutonomo", language="es")
    code, _ = await service.refused("POST", "/v1/email-captures", a_capture(), role=CAPTURE)
    assert code == "not-in-this-country"
    await nothing(service)
    assert (await only(service, "self_serve_flow")).prospect_id is None
    await ask(service, "/v1/quote-requests", a_quote())


async def test_a_flow_that_does_not_fit_is_refused_and_leaves_nothing(service):
    for path, body in (
        ("/v1/prospect-requests", a_request(self_serve_flow_id="flow-1")),
        ("/v1/email-captures", a_capture()),
        ("/v1/quote-requests", a_quote()),
    ):
        assert (await service.refused("POST", path, body, status=404, role=CAPTURE))[0] == "unknown-flow"
    await put_flow(service, country_code="BE")
    asked = a_request(self_serve_flow_id="flow-1", country_code="FR")
    found = await service.refused("POST", "/v1/prospect-requests", asked, role=CAPTURE)
    assert found == ("flow-of-another-country", ["/country_code"])
    await nothing(service)


async def test_with_a_flow_its_persona_counts(service):
    await put_flow(service, persona_type="Retiree")
    await ask(service, "/v1/prospect-requests", a_request(self_serve_flow_id="flow-1", persona_type="Company"))
    assert (await only(service, "sales_request")).persona_type == "Retiree"
    assert (await only(service, "prospect_event")).persona_type == "Retiree"


async def test_one_person_is_made_by_requests_that_come_together(service):
    await put_flow(service)
    bodies = [a_request(email=("ada@example.org", " ADA@example.org")[at % 2]) for at in range(12)]
    await asyncio.gather(*(ask(service, "/v1/prospect-requests", body) for body in bodies))
    await asyncio.gather(*(put_flow(service, step=f"s{at}", email="ada@example.org") for at in range(6)))
    await only(service, "prospect")
    assert len(await service.world.rows("sales_request")) == len(await service.world.rows("prospect_event")) == 12


async def test_a_replay_of_the_backend_is_one_request(service):
    headers = SERVICE | {"Idempotency-Key": uuid4().hex}
    sent = [await ask(service, "/v1/prospect-requests", a_request(), role=headers) for _ in range(3)]
    assert len({it["submission_id"] for it in sent}) == 1
    await only(service, "sales_request")


HOSTILE = {"utms": {"source": "x" * 9_000, "medium": ["cpc"], "unheard": "of"}, "clids": "gclid", "all_utms": {"a": 1}}


@pytest.mark.parametrize(
    "parameters",
    [HOSTILE, [], "text", 7, {"utms": {"source": {"deep": []}}}, {"landing_page_url": "h" * 5_000}],
    ids=str,
)
async def test_hostile_marketing_parameters_never_fail_a_request(service, parameters):
    body = a_request(marketing_parameters=parameters, utm_source=["x"], utm_term={})
    await ask(service, "/v1/prospect-requests", body)
    kept = (await only(service, "prospect_event")).marketing_parameters
    assert kept is None or len(str(kept)) < 3_000


@pytest.mark.parametrize(
    ("change", "code", "places"),
    [
        ({"email": "nobody"}, "bad-email", []),
        ({"email": "x" * 400}, "invalid", ["/email"]),
        ({"request_type": "fax"}, "invalid", ["/request_type"]),
        ({"country_code": "DE"}, "invalid", ["/country_code"]),
        ({"persona_type": "Alien"}, "invalid", ["/persona_type"]),
        ({"phone": "1" * 65}, "invalid", ["/phone"]),
        ({"message": "x" * 10_001}, "invalid", ["/message"]),
        ({"message": "x" * 1_040_000}, "invalid", ["/message"]),
        ({"company_name": "\0"}, "bad-json", ["/company_name"]),
        ({"number_of_employees": "12"}, "invalid", ["/number_of_employees"]),
        ({"number_of_employees": -1}, "invalid", ["/number_of_employees"]),
        ({"self_serve_flow_id": "a b"}, "invalid", ["/self_serve_flow_id"]),
        ({"prospect_id": "x"}, "invalid", ["/prospect_id"]),
    ],
    ids=lambda it: str(it)[:40],
)
async def test_a_request_that_cannot_be_used_is_refused_with_its_places(untouched, change, code, places):
    found = await untouched.refused("POST", "/v1/prospect-requests", a_request(**change), role=CAPTURE)
    assert found == (code, places)
    await nothing(untouched)


@pytest.mark.parametrize(
    ("id", "change", "places"),
    [
        ("a" * 65, {}, ["{flow_id}"]),
        ("a.b", {}, ["{flow_id}"]),
        ("flow", {"data": {"a": "x" * 16_384}}, ["/data"]),
        ("flow", {"data": {"é" * 8_200: 1}}, ["/data"]),
        ("flow", {"data": []}, ["/data"]),
        ("flow", {"language": "français"}, ["/language"]),
        ("flow", {"persona_type": None}, ["/persona_type"]),
        ("flow", {"prospect_id": str(uuid4())}, ["/prospect_id"]),
    ],
    ids=lambda it: str(it)[:30],
)
async def test_a_flow_that_cannot_be_used_is_refused(untouched, id, change, places):
    found = await untouched.refused("PUT", f"/v1/self-serve-flows/{id}", a_flow(**change), role=CAPTURE)
    assert found == ("invalid", places)
    assert await untouched.world.rows("self_serve_flow") == []


async def test_only_browsers_and_the_backend_may_ask(untouched):
    for method, path, body in (
        ("PUT", "/v1/self-serve-flows/flow", a_flow()),
        ("POST", "/v1/prospect-requests", a_request()),
        ("POST", "/v1/email-captures", a_capture()),
        ("POST", "/v1/quote-requests", a_quote()),
    ):
        await untouched.refused(method, path, body, status=403, role=OPS)
