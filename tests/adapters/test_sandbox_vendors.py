"""The sandboxes behind one address: each behaves like its vendor, and disturbs no other."""

import base64

import pytest
from tests.adapters.vendors_line import all_vendors

BASIC = {"Authorization": f"Basic {base64.b64encode(b'sandbox:sandbox').decode()}"}


@pytest.fixture
async def vendors():
    async with all_vendors() as vendors:
        yield vendors


async def test_the_dialer_is_at_the_root_and_the_others_below_their_names(vendors):
    http = vendors.http
    assert (await http.get("/api/v1/voice/campaigns", headers={"Private-Token": "sandbox"})).status_code == 200
    assert (await http.put("/customerio/api/v1/customers/1", json={}, headers=BASIC)).json() == {}
    assert (await http.put("/api/v1/customers/1", json={}, headers=BASIC)).status_code == 404
    assert (await http.get("/salesforce/services/data/v63.0/query")).status_code == 401
    assert (await http.post("/slack/services/TA/BB/c", json={"text": "x"})).text == "ok"
    assert (await http.get("/nosuch/_sandbox/log")).status_code == 404


async def test_faults_and_logs_are_each_vendors_own(vendors):
    await vendors.faults("slack", refuse={"probability": 1.0, "status": 503})
    assert (await vendors.http.post("/slack/services/TA/BB/c", json={"text": "x"})).status_code == 503
    assert (await vendors.http.put("/customerio/api/v1/customers/1", json={"a": "é"}, headers=BASIC)).status_code == 200
    (entry,) = await vendors.log("customerio")
    assert entry == {
        "at": "2026-01-05T09:00:00Z",
        "method": "PUT",
        "path": "/api/v1/customers/1",
        "query": {},
        "body": '{"a":"é"}',
        "authorized": True,
    }
    assert await vendors.log("salesforce") == []
    await vendors.ask("POST", "/customerio/_sandbox/reset", status=204)
    assert (await vendors.log("customerio"), (await vendors.people())["people"]) == ([], [])
    assert (await vendors.http.post("/slack/services/TA/BB/c", json={"text": "x"})).status_code == 503


@pytest.mark.parametrize(
    ("path", "body", "status", "word"),
    [
        ("services/T0/B0/x", b'{"text": "Hello"}', 200, "ok"),
        ("services/crew-fr", b'{"blocks": [{}]}', 200, "ok"),
        ("services/T0/B0/x", b"{}", 400, "no_text"),
        ("services/T0/B0/x", b"Hello", 400, "invalid_payload"),
        ("services/T0/B0/x", b"[]", 400, "invalid_payload"),
        ("services/X0/B0/x", b'{"text": "Hello"}', 404, "no_service"),
        ("other", b'{"text": "Hello"}', 404, "no_service"),
        ("services/T0/B0/gone", b'{"text": "Hello"}', 410, "channel_is_archived"),
        ("services/nosuch", b'{"text": "Hello"}', 404, "channel_not_found"),
    ],
)
async def test_slack_answers_in_bare_words(vendors, path, body, status, word):
    refusals = {"gone": "channel_is_archived", "nosuch": "channel_not_found"}
    await vendors.ask("PUT", "/slack/_sandbox/channels", refusals)
    answer = await vendors.http.post(f"/slack/{path}", content=body)
    assert (answer.status_code, answer.text, answer.headers["content-type"]) == (
        status,
        word,
        "text/html; charset=utf-8",
    )


@pytest.mark.parametrize(
    ("operation", "reason"),
    [
        ({"type": "person", "identifiers": {"id": "1", "email": "a@b.fr"}, "action": "delete"}, "required"),
        ({"type": "person", "action": "delete"}, "required"),
        ({"type": "object", "identifiers": {"id": "1"}, "action": "delete"}, "invalid"),
        ({"type": "person", "identifiers": {"id": "1"}, "action": "forget"}, "invalid"),
        ({"type": "person", "identifiers": {"id": "1"}, "action": "event"}, "invalid"),
        (
            {"type": "person", "identifiers": {"id": "1"}, "action": "identify", "attributes": {"a": "x" * 1_001}},
            "invalid",
        ),
        ({"type": "person", "identifiers": {"id": "1"}, "action": "delete", "x": "y" * 32_000}, "too_large"),
        (7, "invalid"),
    ],
)
async def test_customer_io_takes_the_good_operations_of_a_batch_and_lists_the_others(vendors, operation, reason):
    good = {"type": "person", "identifiers": {"id": "2"}, "action": "identify", "attributes": {"a": 1}}
    told = {"type": "person", "identifiers": {"id": "2"}, "action": "event", "name": "x", "attributes": {"b": 1}}
    answer = await vendors.http.post("/customerio/api/v2/batch", json={"batch": [good, operation, told]}, headers=BASIC)
    assert answer.status_code == 207
    assert [(it["batch_index"], it["reason"]) for it in answer.json()["errors"]] == [(1, reason)]
    (person,) = (await vendors.people())["people"]
    assert (person["attributes"], person["events"]) == ({"a": 1}, [{"name": "x", "data": {"b": 1}}])
    alone = await vendors.http.post("/customerio/api/v2/entity", json=operation, headers=BASIC)
    assert (alone.status_code, alone.json()["errors"][0]["reason"]) == (400, reason)


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("POST", "customers/1/events", {"data": {}}),
        ("POST", "customers/1/events", {"name": "x" * 101}),
        ("POST", "customers/1/events", {"name": "x", "id": "1"}),
        ("POST", "customers/1/events", {"name": "x", "timestamp": "now"}),
        ("PUT", "customers/1", {"a": "x" * 1_001}),
        ("PUT", "customers/1", {f"a{number}": 1 for number in range(301)}),
        ("PUT", f"customers/{'1' * 151}", {}),
        ("PUT", "customers/1", []),
    ],
)
async def test_customer_io_refuses_what_is_too_much_or_too_little(vendors, method, path, body):
    answer = await vendors.http.request(method, f"/customerio/api/v1/{path}", json=body, headers=BASIC)
    assert (answer.status_code, len(answer.json()["meta"]["errors"])) == (400, 1)
    assert (await vendors.people())["people"] == []


@pytest.mark.parametrize("path", ["v1/customers/1", "v1/customers/1/events", "v2/batch", "v2/entity"])
async def test_customer_io_lets_nobody_in_without_credentials(vendors, path):
    method = "PUT" if path.endswith("/1") else "POST"
    wrong = {"Authorization": f"Basic {base64.b64encode(b'sandbox:wrong').decode()}"}
    for headers in ({}, wrong, {"Authorization": "Bearer sandbox"}):
        answer = await vendors.http.request(method, f"/customerio/api/{path}", json={}, headers=headers)
        assert answer.status_code == 401
