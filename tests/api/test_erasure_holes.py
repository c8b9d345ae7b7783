"""Ways in which an erasure went too far or not far enough, and a publishable key changed what others had said."""

import asyncio
import re

import pytest
from tests.adapters.vendors_line import all_vendors
from tests.api.conftest import CAPTURE, SERVICE
from tests.api.forgetting import CONTACT, PHONE, ZOE, forgetting_on
from tests.domain.makers import MONDAY

FLOW = {"country_code": "FR", "persona_type": "Individual", "language": "fr"}
REQUEST = {"request_type": "callback", "country_code": "FR"}
YVES, MALLORY = "yves@example.org", "mallory@evil.example"


@pytest.fixture
async def service(database_url):
    async with forgetting_on(database_url) as service:
        yield service


async def put_flow(service, id, **parts):
    await service.ask("PUT", f"/v1/self-serve-flows/{id}", FLOW | parts, status=202, role=CAPTURE)


async def ask(service, email, path="/v1/prospect-requests", role=CAPTURE, **parts):
    body = (REQUEST if path == "/v1/prospect-requests" else {}) | {"email": email} | parts
    await service.post(path, body, status=202, role=role)


async def register(service, email, key, status=201, **parts):
    body = {"email": email, "country_code": "FR"} | parts
    return await service.post("/v1/prospects", body, status=status, role=SERVICE | {"Idempotency-Key": key})


async def flows(service):
    return {it.id: it.data for it in await service.world.rows("self_serve_flow")}


async def person(service, email):
    (found,) = [it for it in await service.world.rows("prospect") if it.email == email]
    return found


@pytest.mark.parametrize("typed", [PHONE, "06 12 34 56 78"])
async def test_who_gives_anothers_number_takes_nothing_of_his_along(service, typed):
    await put_flow(service, "stray", data={"phone": PHONE})
    before = await register(service, YVES, "k-yves", phone=PHONE)
    await put_flow(service, "his", email=YVES, data={"phone": PHONE})
    await ask(service, MALLORY, phone=typed)
    counts = (await service.erase(MALLORY))["counts"]
    await service.world.deliver()
    assert await flows(service) == {"stray": {"phone": PHONE}, "his": {"phone": PHONE}}
    assert (counts["flows"], counts["idempotent_answers"], counts["prospects"]) == (0, 0, 1)
    assert await register(service, YVES, "k-yves", phone=PHONE) == before


async def test_a_number_that_another_has_written_without_a_country_is_his_too(service):
    await service.post("/v1/prospects", {"email": YVES, "phone": "06 12 34 56 78"}, status=201, role=SERVICE)
    await put_flow(service, "stray", data={"phone": PHONE})
    assert (await person(service, YVES)).phone == "0612345678"
    await ask(service, MALLORY, phone=PHONE)
    await service.erase(MALLORY)
    assert await flows(service) == {"stray": {"phone": PHONE}}


async def test_what_another_wrote_in_his_own_flow_stays_his(service):
    await put_flow(service, "his", email=YVES, data={"colleague": ZOE})
    await put_flow(service, "stray", data={"contact": ZOE})
    await register(service, ZOE, "k-zoe")
    await service.erase()
    await service.world.deliver()
    assert await flows(service) == {"his": {"colleague": ZOE}}


@pytest.mark.parametrize("between", ["\u00a0", "\u202f", "\u2013", "\u2009", "\u2011", " \u2013 ", "-"])
async def test_a_number_is_found_whatever_stands_between_its_digits(service, between):
    await put_flow(service, "stray", data={"phone": between.join(("06", "12", "34", "56", "78"))})
    await put_flow(service, "another", data={"phone": between.join(("06", "12", "34", "56", "79"))})
    await register(service, ZOE, "k", phone=PHONE)
    await service.erase()
    assert (await flows(service)).keys() == {"another"}


@pytest.mark.parametrize("way", ["registration", "form", "request"])
async def test_a_number_that_was_told_before_is_found_too(service, way):
    await put_flow(service, "stray", data={"phone": "06 12 34 56 78"})
    if way == "registration":
        await register(service, ZOE, "k1", phone=PHONE)
    if way == "form":
        form = {"event_name": "website_capture_form", "email": ZOE, "country_code": "FR", "persona_type": "Individual"}
        form |= {"properties": {"form_name": "f", "fields": {"mobile": ["06 12 34 56 78"]}}}
        await service.post("/v1/events", form, status=202, role=CAPTURE)
    if way == "request":
        await put_flow(service, "hers")
        path, answers = "/v1/quote-requests", {"mobile": "+33 6 12 34 56 78", "born": "1990-01-02"}
        await ask(service, ZOE, path, self_serve_flow_id="hers", language="fr", qualification=answers)
    await put_flow(service, "of-a-date", data={"at": "1990-01-02"})
    await register(service, ZOE, "k2", status=200, phone="06 99 88 77 66")
    await service.erase()
    assert (await flows(service)).keys() == {"of-a-date"}


async def test_a_number_that_was_told_before_and_is_anothers_now_counts_no_more(service):
    await register(service, ZOE, "k1", phone=PHONE)
    await register(service, ZOE, "k2", status=200, phone="06 99 88 77 66")
    await register(service, YVES, "k3", phone=PHONE)
    await put_flow(service, "stray", data={"phone": PHONE})
    await service.erase()
    assert await flows(service) == {"stray": {"phone": PHONE}}


async def test_a_key_for_repeats_is_kept_as_a_hash_and_still_known(service):
    await register(service, ZOE, f"for {ZOE}", phone=PHONE)
    assert (await register(service, ZOE, f"for {ZOE}", phone=PHONE))["email"] == ZOE
    await service.erase()
    await service.world.deliver()
    assert await service.hits() == []
    await register(service, ZOE, f"for {ZOE}", phone=PHONE, status=410)
    assert await service.people() == []


@pytest.mark.parametrize("way", ["capture", "request", "flow", "registration"])
async def test_a_flow_that_goes_to_another_leaves_what_was_in_it(service, way):
    await put_flow(service, "f1", email=ZOE, data={"name": "zoenym"})
    if way == "capture":
        await ask(service, MALLORY, "/v1/email-captures", self_serve_flow_id="f1")
    if way == "request":
        await ask(service, MALLORY, self_serve_flow_id="f1")
    if way == "flow":
        await put_flow(service, "f1", email=MALLORY)
    if way == "registration":
        await register(service, MALLORY, "k", self_serve_flow_id="f1")
    assert await flows(service) == {"f1": {}}
    await service.erase()
    await service.world.deliver()
    assert await service.hits(re.compile("zoe")) == []


async def test_a_flow_that_stays_with_its_person_keeps_what_is_in_it(service):
    await put_flow(service, "f1", data={"name": "zoenym"})
    await ask(service, ZOE, "/v1/email-captures", self_serve_flow_id="f1")  # it was nobody's
    await ask(service, ZOE, "/v1/email-captures", self_serve_flow_id="f1")
    await put_flow(service, "f1", email=ZOE)
    assert await flows(service) == {"f1": {"name": "zoenym"}}
    await put_flow(service, "f1", email=MALLORY, data={"name": "his"})
    assert await flows(service) == {"f1": {"name": "his"}}


async def test_a_publishable_key_fills_what_is_empty_and_replaces_nothing(service):
    await ask(service, ZOE, first_name="Zoe")
    await ask(service, ZOE, phone=PHONE, first_name="Mock", last_name="Zoenym")
    await put_flow(service, "es", country_code="ES")
    told = {"phone": "+34612345678", "first_name": "Mock", "last_name": "Evil"}
    await ask(service, ZOE, country_code="ES", **told)
    names = {"phone_number": told["phone"], "firstname": "Mock", "lastname": "Evil", "language": "es"}
    await ask(service, ZOE, "/v1/quote-requests", self_serve_flow_id="es", **names)
    zoe = await person(service, ZOE)
    assert (zoe.phone, zoe.phone_valid, zoe.country_code) == (PHONE, True, "FR")
    assert (zoe.first_name, zoe.last_name) == ("Zoe", "Zoenym")


async def test_the_backend_replaces_what_is_known(service):
    await ask(service, ZOE, phone=PHONE, first_name="Zoe")
    told = {"phone": "+34612345678", "first_name": "Zoë", "last_name": "Nym", "country_code": "ES"}
    await ask(service, ZOE, role=SERVICE, **told)
    await ask(service, ZOE, role=SERVICE, phone="12345678901")  # no number: it replaces none
    zoe = await person(service, ZOE)
    assert (zoe.phone, zoe.first_name, zoe.last_name, zoe.country_code) == ("+34612345678", "Zoë", "Nym", "FR")


async def test_what_was_read_before_the_erasure_is_not_kept_after_it(database_url):
    async with all_vendors() as vendors, forgetting_on(database_url, vendors) as service:
        await service.desk.at(MONDAY)
        await service.post("/v1/prospects", {"email": ZOE}, status=201, role=SERVICE)
        await service.world.deliver()
        await service.desk.contact(CONTACT, email=ZOE)
        await service.desk.conversation(73, CONTACT)
        await vendors.faults("intercom", path="/conversations/73", hang=1.0)
        await service.tell_of_reply(73, team_assignee_id={})
        hearing = asyncio.create_task(service.world.deliver())
        await asyncio.sleep(0.5)
        await service.erase()
        await hearing
        await service.world.deliver()
        assert await service.hits() == []
