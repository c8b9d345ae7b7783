"""Events over HTTP: what is kept of them, for whom, and what is refused."""

import asyncio
from uuid import UUID, uuid4

import pytest
from tests.api.conftest import CAPTURE, OPS, SERVICE
from tests.domain.makers import DAY, MINUTE, MONDAY

from growth.domain.kernel.prospect_events import EventName
from growth.domain.prospects.business_rules.event_rules import RULES
from growth.domain.prospects.entities.events import EventNews
from growth.domain.prospects.use_cases import RecordEvents

BROWSERS = {
    "page_view",
    "flow_account_creation",
    "flow_capture_screen",
    "flow_quote_request",
    "flow_attribution_survey",
    "meeting_request",
    "meeting_request_attribution_survey",
    "website_capture_form",
}
PROPERTIES = {
    "flow_contract_signed": {"contract_id": "C-1"},
    "flow_attribution_survey": {"response": "a friend"},
    "meeting_request": {"request_type": "callback"},
    "meeting_request_attribution_survey": {"response": "radio", "free_text": "on the way"},
    "website_capture_form": {"form_name": "contact", "fields": {"size": 4}},
    "page_view": {"url": "https://shop.example/"},
    "nurturing_mail_sent": {"campaign_id": 7, "delivery_id": "d1"},
    "nurturing_mail_read": {"campaign_id": "7", "delivery_id": "d1"},
    "nurturing_mail_clicked": {"campaign_id": 7, "delivery_id": "d1", "link": "https://shop.example/"},
}
KNOWN_ONLY = {name for name in EventName if not RULES[name].creates}


def an_event(name="website_capture_form", **changes):
    rule = RULES[EventName(name)]
    body = {"event_name": name, "email": "ada@example.org", "properties": PROPERTIES.get(name, {})}
    if name == "sales_inbound_call_hung_up" or rule.creates:
        body["country_code"] = "FR"
    if name.startswith("flow_") or name == "website_capture_form":
        body["persona_type"] = "Individual"
    return body | changes


async def tell(service, role=SERVICE, status=202, **changes):
    return await service.post("/v1/events", an_event(**changes), status=status, role=role)


async def rows(service, table="prospect_event", order="received_at id"):
    return await service.world.rows(table, order)


@pytest.mark.parametrize("name", sorted(EventName))
async def test_each_kind_makes_a_prospect_or_does_not(service, name):
    answer = await tell(service, name=name)
    assert answer.keys() == {"message_id"}
    UUID(answer["message_id"])
    kept = await rows(service)
    assert len(kept) == len(await rows(service, "prospect", "id")) == (name not in KNOWN_ONLY)
    await tell(service, name="meeting_request")
    await tell(service, name=name, message_id="second")
    assert len(await rows(service)) == len(kept) + 2
    assert len(await rows(service, "prospect", "id")) == 1


def test_kinds_of_known_people_only_are_those_of_the_table():
    assert {
        "page_view",
        *(f"nurturing_mail_{what}" for what in ("sent", "read", "clicked")),
        "sales_inbound_call_hung_up",
        *(f"sales_inbound_{how}_{what}" for how in ("mail", "chat") for what in ("sent", "replied")),
    } == KNOWN_ONLY


@pytest.mark.parametrize("name", sorted(EventName))
async def test_a_publishable_key_tells_what_happens_in_a_browser(service, name):
    status = 202 if name in BROWSERS else 403
    answer = await tell(service, CAPTURE, status, name=name)
    assert name in BROWSERS or answer["code"] == "event-not-for-browsers"
    batch = await service.post("/v1/events/batch", [an_event(name)], status=202, role=CAPTURE)
    assert batch["accepted"] == (name in BROWSERS)


REFUSED = {
    "no country": ({"country_code": None}, "/country_code", "missing"),
    "no persona": ({"persona_type": None}, "/persona_type", "missing"),
    "an unknown property": ({"properties": {"form_name": "x", "colour": "red"}}, "/properties", "unexpected"),
    "a property is missing": ({"properties": {}}, "/properties/form_name", "missing"),
    "a property of another type": ({"properties": {"form_name": 3}}, "/properties/form_name", "bad-value"),
    "a country with a page view": ({"name": "page_view", "country_code": "FR"}, "/country_code", "unexpected"),
    "a persona with a page view": ({"name": "page_view", "persona_type": "Company"}, "/persona_type", "unexpected"),
    "a phone with a page view": ({"name": "page_view", "phone": "0612345678"}, "/phone", "unexpected"),
    "a country with a mail": ({"name": "nurturing_mail_read", "country_code": "FR"}, "/country_code", "unexpected"),
    "an unknown kind": ({"name": "meeting_request", "event_name": "sneeze"}, "/event_name", "enum"),
    "an unknown country": ({"country_code": "DE"}, "/country_code", "enum"),
    "an unknown field": ({"colour": "red"}, "/colour", "extra-forbidden"),
    "a naive time": ({"occurred_at": "2026-03-02T10:00:00"}, "/occurred_at", "value-error"),
    "an empty message id": ({"message_id": ""}, "/message_id", "string-too-short"),
}


@pytest.mark.parametrize("case", REFUSED)
async def test_what_does_not_fit_is_refused_with_its_place(service, case):
    changes, pointer, code = REFUSED[case]
    problem = await tell(service, status=422, **changes)
    assert (pointer, code) in [(it["pointer"], it["code"]) for it in problem["errors"]]
    assert await rows(service) == []


@pytest.mark.parametrize(
    "email", ["", "ada", "ada@", "@shop.example", "a b@example.org", "ada@exa_mple.org", "a" * 400]
)
async def test_a_broken_address_is_refused_without_being_repeated(service, email):
    problem = await tell(service, status=422, email=email)
    assert not email or email not in str(problem)


async def test_a_stray_blank_or_capital_makes_no_second_person(service):
    for email in ("ada@example.org", " Ada@Example.ORG ", "ADA@EXAMPLE.ORG\t"):
        await tell(service, email=email)
    assert len(await rows(service, "prospect", "id")) == 1
    assert len(await rows(service)) == 3


async def test_an_event_may_be_dated_up_to_a_day_ahead(service):
    now = MONDAY
    for ahead, status in ((DAY - MINUTE, 202), (DAY + MINUTE, 422), (-400 * DAY, 202)):
        answer = await tell(service, status=status, occurred_at=(now + ahead).isoformat())
        assert status == 202 or answer["code"] == "event-from-the-future"
    kept = await rows(service)
    assert sorted(it.occurred_at for it in kept) == [now - 400 * DAY, now + DAY - MINUTE]
    assert all(now <= it.received_at < now + MINUTE for it in kept)


async def test_a_message_id_is_one_event_for_ever_and_for_each_caller(service):
    for role, email in ((SERVICE, "ada@example.org"), (SERVICE, "bob@example.org"), (CAPTURE, "eve@example.org")):
        assert await tell(service, role, message_id="m-1", email=email) == {"message_id": "m-1"}
    await service.world.at(MONDAY + 900 * DAY)
    await tell(service, message_id="m-1", name="meeting_request", phone="0612345678")
    assert [it.email for it in await rows(service, "prospect", "created_at")] == ["ada@example.org", "eve@example.org"]
    assert all(it.phone is None for it in await rows(service, "prospect", "id"))
    assert len(await rows(service)) == 2


async def test_the_same_message_many_times_at_once_is_one_event(service):
    people = [f"p{number}@example.org" for number in range(20)]
    await asyncio.gather(*(tell(service, message_id="m-1", email=email) for email in people))
    assert len(await rows(service)) == len(await rows(service, "prospect", "id")) == 1


async def test_a_new_person_told_of_many_times_at_once_is_one_prospect(service):
    await asyncio.gather(*(tell(service) for _ in range(30)))
    assert len(await rows(service, "prospect", "id")) == 1
    assert len(await rows(service)) == 30


async def test_a_phone_fills_an_empty_place_and_no_other(service):
    await tell(service, name="meeting_request", phone="06 12 34 56 78")
    await tell(service, name="meeting_request", phone="06 12 34 56 79")
    (person,) = await rows(service, "prospect", "id")
    assert (person.phone, person.phone_valid) == ("+33612345678", True)


UTMS = {"utms": {"source": "google", "medium": "cpc"}}
OTHERS = {"utms": {"source": "bing", "medium": "cpc"}}


async def kept_parameters(service):
    return [(it.marketing_parameters or {}).get("utms", {}).get("source") for it in await rows(service)]


async def test_a_page_view_keeps_parameters_only_when_they_differ_from_the_newest_of_any_event(service):
    await tell(service, marketing_parameters=UTMS)
    for parameters in (UTMS, OTHERS, OTHERS, UTMS, None):
        await tell(service, name="page_view", marketing_parameters=parameters)
    assert await kept_parameters(service) == ["google", None, "bing", None, "google", None]


async def test_equal_page_views_of_one_batch_keep_their_parameters_once(service):
    events = [an_event(), *[an_event("page_view", marketing_parameters=UTMS)] * 5]
    assert await service.post("/v1/events/batch", {"events": events}, status=202, role=CAPTURE) == {
        "accepted": 6,
        "rejected": [],
    }
    assert await kept_parameters(service) == [None, "google", None, None, None, None]


@pytest.mark.parametrize("email", ["ada@example.org", "ada@work.example"])
async def test_equal_page_views_at_once_keep_their_parameters_once(service, email):
    await tell(service)
    known = {"email": "ada@example.org", "secondary_emails": ["ada@work.example"]}
    await service.post("/v1/prospects", known, status=200, role=SERVICE)
    events = await service.world.get(RecordEvents)  # as processes do, each in a transaction of its own
    url = PROPERTIES["page_view"]
    view = EventNews(
        event_name=EventName.PAGE_VIEW, email=email, caller="web", marketing_parameters=UTMS, properties=url
    )
    async with events.begin() as tx:
        await events.record(tx, [view])
        others = [asyncio.create_task(events([view])) for _ in range(5)]
        await asyncio.sleep(0.3)
        assert not any(it.done() for it in others)
    await asyncio.gather(*others)
    assert sorted(await kept_parameters(service), key=str) == [None] * 6 + ["google"]


HOSTILE = {
    "a number": 3,
    "a list": [1, 2],
    "wrong types inside": {"utms": 7, "clids": ["x"], "facebook": "fb", "all_utms": {"a": 1}, "partner_code": {}},
    "unknown keys": {"colour": "red", "utms": {"colour": "blue", "source": "google"}},
    "too long": {"utms": {"source": "s" * 5_000}, "landing_page_url": "https://x.example/" + "y" * 9_000},
    "very many": {"all_utms": [{"source": str(number)} for number in range(5_000)]},
}


@pytest.mark.parametrize("case", HOSTILE)
async def test_marketing_parameters_never_lose_a_capture(service, case):
    await tell(service, CAPTURE, marketing_parameters=HOSTILE[case])
    (kept,) = await rows(service)
    parameters = kept.marketing_parameters or {}
    assert len(str(parameters)) < 20_000
    assert len(parameters.get("utms", {}).get("source", "")) <= 255
    assert len(parameters.get("landing_page_url", "")) <= 2_048


async def test_loose_utms_are_taken_where_there_is_no_object(service):
    await tell(service, utm_source="bing", utm_medium=3)
    await tell(service, utm_source="bing", marketing_parameters=UTMS)
    assert await kept_parameters(service) == ["bing", "google"]


async def test_a_signature_never_keeps_parameters(service):
    await tell(service, name="flow_contract_signed", marketing_parameters=UTMS)
    assert await kept_parameters(service) == [None]


async def test_good_events_of_a_batch_are_kept_and_bad_ones_listed(service):
    events = [
        an_event(),
        an_event(email="broken"),
        3,
        an_event(properties={}),
        an_event("page_view", email="nobody@example.org"),
        an_event(occurred_at="2200-01-01T00:00:00Z") | {"occurred_at": "2199-01-01T00:00:00Z"},
        an_event(colour="red"),
        an_event("meeting_request", email="bob@example.org"),
    ]
    answer = await service.post("/v1/events/batch", events, status=202, role=SERVICE)
    assert answer["accepted"] == 3
    assert [(it["index"], it["code"]) for it in answer["rejected"]] == [
        (1, "bad-email"),
        (2, "model-type"),
        (3, "bad-event"),
        (5, "event-from-the-future"),
        (6, "extra-forbidden"),
    ]
    assert len(await rows(service)) == 2


@pytest.mark.parametrize(("size", "status"), [(1_000, 202), (1_001, 422)])
async def test_a_batch_has_up_to_a_thousand_events(service, size, status):
    events = [an_event(email=f"p{number % 7}@example.org") for number in range(size)]
    await service.post("/v1/events/batch", events, status=status, role=SERVICE)
    assert len(await rows(service)) == (size if status == 202 else 0)


@pytest.mark.parametrize(
    ("body", "places"),
    [
        ({"events": 1}, ["/events"]),
        ({"evens": []}, ["/events", "/evens"]),
        ({"events": [{}] * 1_001}, ["/events"]),
        ([{}] * 1_001, [""]),
        ("events", [""]),
    ],
)
async def test_the_places_of_a_bad_batch_are_the_callers(service, body, places):
    refused = await service.post("/v1/events/batch", body, status=422, role=SERVICE)
    assert [fault["pointer"] for fault in refused["errors"]] == places


@pytest.mark.parametrize(("role", "status"), [(CAPTURE, 202), (SERVICE, 202), (OPS, 403), ({}, 401)])
async def test_only_those_who_capture_may_tell(service, role, status):
    await tell(service, role, status)


async def test_known_and_unknown_people_get_the_same_answer(service):
    await tell(service)
    sent = [
        await service.client.post(
            "/v1/events", json=an_event("page_view", email=email, message_id=str(uuid4())), headers=CAPTURE
        )
        for email in ("ada@example.org", "nobody@example.org")
    ]
    shapes = [
        (it.status_code, sorted(set(it.headers) - {"x-request-id"}), len(it.content), it.json().keys()) for it in sent
    ]
    assert shapes[0] == shapes[1]


async def test_a_batch_is_taken_in_its_order(service):
    events = [an_event("page_view"), an_event(), an_event("page_view")]
    assert (await service.post("/v1/events/batch", events, status=202, role=CAPTURE))["accepted"] == 3
    assert sorted(it.event_name for it in await rows(service)) == ["page_view", "website_capture_form"]


async def test_an_event_of_nobody_is_committed_as_one_of_somebody_is(service):
    await tell(service)
    written = []
    for email in ("ada@example.org", "nobody@example.org"):
        before = await wal(service)
        await tell(service, name="page_view", email=email)
        written.append(await wal(service) > before)
    assert written == [True, True]
    assert len(await rows(service)) == 2


async def wal(service):
    return (await service.world.execute("SELECT pg_current_wal_insert_lsn() - '0/0'")).scalar()


async def test_requests_and_page_views_of_one_person_at_once_are_all_taken(service):
    await service.post("/v1/prospects", {"email": "ada@example.org"}, status=201, role=SERVICE)
    asked = {"email": "ada@example.org", "request_type": "callback", "country_code": "FR"}
    sent = [
        service.client.post("/v1/prospect-requests", json=asked | {"phone": f"+336123456{number:02}"}, headers=CAPTURE)
        for number in range(20)
    ]
    views = [service.client.post("/v1/events", json=an_event("page_view"), headers=CAPTURE) for _ in range(20)]
    answers = await asyncio.gather(*sent, *views)
    assert [answer.status_code for answer in answers] == [202] * 40
    assert len(await rows(service)) == 40
