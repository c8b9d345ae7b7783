"""Leads over HTTP: in by estimates, forms and files; out as operators see them."""

from datetime import datetime, timedelta
from uuid import uuid4

import pytest
from tests.api.conftest import ADMIN, CAPTURE, OPS, SERVICE, an_estimate
from tests.domain.makers import DAY, HOUR, MINUTE, MONDAY, TEN

LEAD_FIELDS = {"id", "prospect_id", "lead_type", "segment", "score", "status", "call_attempts", "last_attempt_at"} | {
    *("owner_agent_id", "pending_task", "planned_call", "created_at")
}
HEADER = "email,phone,country_code,is_owner,sell_timeframe,property_type,postal_code"
CSV = {"content-type": "text/csv"}


def z(moment):
    return moment.isoformat().replace("+00:00", "Z")


def a_row(number=1, email=None):
    return f"{email or f'p{number}@example.org'},01 99 00 00 {number:02},FR,yes,now,house,69003"


async def import_(service, *rows, status=200, header=HEADER, **parts):
    parts = {"headers": OPS | CSV} | parts
    answer = await service.client.post("/v1/leads/import", content="\n".join([header, *rows]).encode(), **parts)
    assert answer.status_code == status, answer.text
    return answer.json()


def near(text, moment):
    return moment <= datetime.fromisoformat(text) < moment + MINUTE


async def test_an_estimate_can_be_read_as_a_lead_at_once(service):
    sent = await service.post("/v1/estimates", an_estimate(), status=202, role=CAPTURE)
    assert sent.keys() == {"submission_id"}
    (lead,) = (await service.get("/v1/leads", submission_id=sent["submission_id"]))["items"]
    assert lead.keys() >= LEAD_FIELDS
    assert (lead["lead_type"], lead["segment"], lead["status"], lead["call_attempts"]) == ("RDVVQ", "PVI_NOW", "new", 0)
    assert lead["planned_call"] == {"campaign": "PVI", "slot_start": z(TEN), "slot_end": z(TEN + 3 * HOUR)}
    assert await service.get(f"/v1/leads/{lead['id']}") == lead
    assert (await service.get("/v1/leads", submission_id=str(uuid4())))["items"] == []


@pytest.mark.parametrize(
    ("callback", "source"), [(None, "form"), (z(TEN + DAY), "fsbo_callback")], ids=["form", "callback"]
)
async def test_a_form_and_a_wanted_callback_are_direct_leads(service, callback, source):
    body = an_estimate() | ({"callback_at": callback} if callback else {})
    sent = await service.post("/v1/leads", body, status=202, role=CAPTURE)
    (lead,) = (await service.get("/v1/leads", submission_id=sent["submission_id"]))["items"]
    assert (lead["lead_type"], lead["source"], lead["callback_at"]) == ("DIRECT", source, callback)


@pytest.mark.parametrize(("role", "believed"), [(CAPTURE, False), (SERVICE, True), (ADMIN, True)])
async def test_only_the_main_application_may_say_when_something_was(service, role, believed):
    told = z(MONDAY - 3 * DAY)
    consent = {"wording_version": "3", "evidence": {"form": "estimate"}, "given_at": told}
    body = an_estimate(requested_at=told, consent=consent)
    sent = await service.post("/v1/estimates", body, status=202, role=role)
    (lead,) = (await service.get("/v1/leads", submission_id=sent["submission_id"]))["items"]
    (event,) = await service.world.rows("prospect_event")
    kept = event.properties["consent"]
    assert (lead["requested_at"] == told, kept["given_at"] == told) == (believed, believed)
    assert believed or near(lead["requested_at"], MONDAY)
    assert kept["evidence"] == {"form": "estimate"}


async def test_two_requests_for_one_property_are_one_lead(service):
    first = await service.lead()
    again = await service.lead(sell_timeframe="3_months")
    assert (again["id"], again["request_count"], again["segment"]) == (first["id"], 2, "PVI_SOON")


@pytest.mark.parametrize(
    ("change", "code", "places"),
    [
        ({"email": "nobody"}, "bad-email", []),
        ({"postal_code": "690"}, "bad-postal-code", []),
        ({"country_code": "DE"}, "invalid", ["/country_code"]),
        ({"is_owner": "yes"}, "invalid", ["/is_owner"]),
        ({"sell_timeframe": "soon"}, "invalid", ["/sell_timeframe"]),
        ({"estimated_price_eur": -1}, "invalid", ["/estimated_price_eur"]),
        ({"estimated_price_eur": 2**63}, "bad-json", ["/estimated_price_eur"]),
        ({"surface_m2": 0}, "invalid", ["/surface_m2"]),
        ({"requested_at": "2026-11-23T10:00:00"}, "invalid", ["/requested_at"]),
        ({"requested_at": "0001-01-01T00:00:00Z"}, "invalid", ["/requested_at"]),
        ({"first_name": "\0"}, "bad-json", ["/first_name"]),
        ({"address": "x" * 2001}, "invalid", ["/address"]),
        ({"score": 100, "status": "qualified"}, "invalid", ["/score", "/status"]),
        ({"consent": {"wording_version": "1"}}, "invalid", ["/consent/evidence"]),
        ({"insee_code": "2C001"}, "invalid", ["/insee_code"]),
        ({"utm_source": 3, "marketing_parameters": 3}, "invalid", ["/utm_source"]),
    ],
    ids=str,
)
async def test_a_request_that_cannot_be_used_is_refused_with_its_places(untouched, change, code, places):
    for path in ("/v1/estimates", "/v1/leads"):
        assert await untouched.refused("POST", path, an_estimate(**change), role=CAPTURE) == (code, places)
    assert await untouched.world.rows("lead") == []


async def test_leads_are_listed_by_what_they_are(service):
    now = await service.lead(number=1)
    later = await service.lead(number=2, sell_timeframe="12_months", estimated_price_eur=None)
    cheap = await service.lead(number=3, estimated_price_eur=90_000)
    renter = await service.lead(number=4, is_owner=False)

    async def ids(**which):
        return [it["id"] for it in (await service.get("/v1/leads", **which))["items"]]

    assert await ids() == [renter["id"], cheap["id"], later["id"], now["id"]]
    assert await ids(segment="PVM") == [later["id"]]
    assert await ids(lead_type="PQSC") == [cheap["id"]]
    assert await ids(status="refused") == []
    assert await ids(lead_type="RDVVQ", segment="PVI_NOW") == [now["id"]]
    assert (renter["segment"], renter["planned_call"]) == (None, None)
    best = (await service.get("/v1/leads", order="score"))["items"]
    assert [it["score"] for it in best] == sorted((it["score"] for it in best), reverse=True)
    assert best[0]["score"] > best[-1]["score"]


@pytest.mark.parametrize("order", ["score", "newest"])
async def test_cursors_lead_through_all_leads_once(service, order):
    frames = ("now", "3_months", "12_months")
    sent = [await service.lead(number=number, sell_timeframe=frames[number % 3]) for number in range(7)]
    for limit in (1, 2, 3, 7, 200):
        found = await service.every("/v1/leads", limit, order=order)
        assert len(found) == 7
        assert {it["id"] for it in found} == {it["id"] for it in sent}


@pytest.mark.parametrize(
    "query",
    [
        {"limit": 0},
        {"limit": 201},
        {"segment": "PVX"},
        {"order": "worst"},
        {"cursor": "nonsense"},
        {"cursor": "99999999999.0190163d-8694-739b-aea5-966c26f8ad91"},
        {"submission_id": "1"},
        {"unknown": "1"},
    ],
    ids=str,
)
async def test_a_list_is_refused_when_its_parameters_make_no_sense(untouched, query):
    code, (place,) = await untouched.refused("GET", "/v1/leads", params=query)
    assert code == "invalid"
    assert place in {f"?{next(iter(query))}", "?"}


async def test_a_score_is_the_sum_of_what_is_shown(service):
    lead = await service.lead()
    score = await service.get(f"/v1/leads/{lead['id']}/score")
    total = score["base"] + sum(it["points"] for it in score["contributions"])
    assert round(total, 1) == score["unclipped"]
    assert score["score"] == min(max(score["unclipped"], 0), 100) == lead["score"]
    assert score["rule_set_version"]
    assert {"sell_timeframe", "owner", "phone"} <= {it["name"] for it in score["contributions"]}


async def test_an_operator_changes_a_lead_and_only_what_he_sends(service):
    lead = await service.lead()
    path = f"/v1/leads/{lead['id']}"
    changed = await service.ask("PATCH", path, {"owner_agent_id": "a1"})
    assert (changed["owner_agent_id"], changed["pending_task"], changed["status"]) == ("a1", False, "new")
    changed = await service.ask("PATCH", path, {"pending_task": True})
    assert (changed["owner_agent_id"], changed["pending_task"]) == ("a1", True)
    changed = await service.ask("PATCH", path, {"owner_agent_id": None, "pending_task": False, "status": "refused"})
    assert (changed["owner_agent_id"], changed["status"], changed["planned_call"]) == (None, "refused", None)
    assert await service.get(path) == changed


@pytest.mark.parametrize(
    ("body", "places"),
    [
        ({"score": 100}, ["/score"]),
        ({"id": "x"}, ["/id"]),
        ({"pending_task": "yes"}, ["/pending_task"]),
        ({"status": "won"}, ["/status"]),
        ({"status": None}, ["/status"]),
        ({"owner_agent_id": ""}, ["/owner_agent_id"]),
        ([], [""]),
    ],
    ids=str,
)
async def test_a_change_that_makes_no_sense_changes_nothing(service, body, places):
    lead = await service.lead()
    path = f"/v1/leads/{lead['id']}"
    assert await service.refused("PATCH", path, body) == ("invalid", places)
    assert await service.get(path) == lead


@pytest.mark.parametrize("rest", ["", "/score", "/why", "/calls", "/can-call"])
async def test_a_lead_that_is_not_there_is_not_found(untouched, rest):
    code, _ = await untouched.refused("GET", f"/v1/leads/{uuid4()}{rest}", status=404)
    assert code == "unknown-lead"
    await untouched.refused("GET", f"/v1/leads/1{rest}", status=404)
    await untouched.refused("PATCH", f"/v1/leads/{uuid4()}", {"pending_task": True}, status=404)


@pytest.mark.parametrize(
    ("postal_code", "at", "allowed", "again"),
    [
        pytest.param("69003", "2026-11-23T10:00:00+01:00", True, "2026-11-23T09:00:00Z", id="at ten in Lyon"),
        pytest.param("69003", "2026-11-23T09:59:59+01:00", False, "2026-11-23T09:00:00Z", id="just before"),
        pytest.param("69003", "2026-11-23T13:00:00+01:00", False, "2026-11-23T13:00:00Z", id="at one"),
        pytest.param("69003", "2026-11-28T11:00:00+01:00", False, "2026-11-30T09:00:00Z", id="on a Saturday"),
        pytest.param("69003", "2026-12-25T11:00:00+01:00", False, "2026-12-28T09:00:00Z", id="at Christmas"),
        pytest.param("97400", "2026-11-23T07:00:00+01:00", True, "2026-11-23T06:00:00Z", id="at ten in Réunion"),
        pytest.param("97400", "2026-11-23T17:30:00+01:00", False, "2026-11-24T06:00:00Z", id="at night in Réunion"),
    ],
)
async def test_whether_somebody_may_be_called_is_told_with_the_law(service, postal_code, at, allowed, again):
    lead = await service.lead(postal_code=postal_code, consent={"wording_version": "1", "evidence": {}})
    told = await service.get(f"/v1/leads/{lead['id']}/can-call", at=at)
    assert told.keys() == {"allowed", "rule", "legal_source", "next_allowed_at"}
    assert (told["allowed"], told["rule"], told["next_allowed_at"]) == (allowed, None if allowed else "hours", again)
    assert (told["legal_source"] is None) == allowed


async def test_without_a_time_it_is_about_now(service):
    lead = await service.lead()
    path = f"/v1/leads/{lead['id']}/can-call"
    assert not (await service.get(path))["allowed"]
    await service.world.at(TEN + MINUTE)
    assert (await service.get(path))["allowed"]
    await service.refused("GET", path, params={"at": "2026-11-23T10:00:00"})


async def test_why_tells_each_decision_in_a_sentence_and_what_comes_next(service):
    lead = await service.lead()
    quiet = await service.lead(number=2)
    await service.ask("PATCH", f"/v1/leads/{quiet['id']}", {"pending_task": True})
    why = await service.get(f"/v1/leads/{lead['id']}/why")
    assert why["decisions"] == []
    assert "PVI" in why["now"]
    await service.world.at(TEN)
    await service.post("/v1/campaigns/PVI/start", {})
    (decision,) = (await service.get(f"/v1/leads/{lead['id']}/why"))["decisions"]
    fields = {"campaign", "slot_start", "outcome", "gate", "sentence", "next_allowed_at"}
    assert decision.keys() == fields
    assert (decision["outcome"], decision["gate"], decision["slot_start"]) == ("injected", None, z(TEN))
    assert decision["sentence"].endswith(".")
    (call,) = (await service.get(f"/v1/leads/{lead['id']}/calls"))["items"]
    assert (call["state"], call["campaign"], call["agent_id"]) == ("injected", "PVI", "a1")


async def test_a_file_brings_its_good_rows_in_and_has_its_bad_ones_listed(service):
    report = await import_(
        service, a_row(1), a_row(2, "nobody"), "x", '=HYPERLINK("u"),,FR,yes,now,house,69003', a_row(1)
    )
    counts = {name: report[name] for name in ("read", "taken", "repeated", "dry_run")}
    assert counts == {"read": 5, "taken": 1, "repeated": 1, "dry_run": False}
    assert [it["line"] for it in report["bad"]] == [3, 4, 5]
    assert all(fault["message"] for it in report["bad"] for fault in it["faults"])
    assert "nobody" not in str(report["bad"])
    assert len((await service.get("/v1/leads"))["items"]) == 1
    assert (await import_(service, a_row(1)))["repeated"] == 1


async def test_a_trial_import_reports_and_keeps_nothing(service):
    report = await import_(service, a_row(1), params={"dry_run": "true"})
    assert (report["taken"], report["dry_run"]) == (1, True)
    assert (await service.get("/v1/leads"))["items"] == []


@pytest.mark.parametrize(
    ("content", "kind", "status", "code"),
    [
        pytest.param(HEADER.encode() + b"\n\xe9", "text/csv", 422, "bad-leads-file", id="Latin-1"),
        pytest.param(b"", "text/csv", 422, "bad-leads-file", id="empty"),
        pytest.param(b"email,phone\n", "text/csv; charset=utf-8", 422, "bad-leads-file", id="columns are missing"),
        pytest.param(HEADER.encode(), "application/json", 415, "unsupported-media-type", id="said to be JSON"),
        pytest.param(HEADER.encode(), "", 415, "unsupported-media-type", id="not said what it is"),
        pytest.param(b"x" * (32 * 2**20 + 1), "text/csv", 413, "body-too-large", id="over 32 MiB"),
    ],
)
async def test_a_file_that_cannot_be_read_is_refused_as_a_whole(untouched, content, kind, status, code):
    parts = {"content": content, "role": OPS | ({"content-type": kind} if kind else {})}
    assert (await untouched.refused("POST", "/v1/leads/import", status=status, **parts))[0] == code


async def test_an_import_sent_twice_under_one_key_is_done_once(service):
    keyed = {"headers": OPS | CSV | {"Idempotency-Key": "monday"}}
    first = await service.client.post("/v1/leads/import", content=f"{HEADER}\n{a_row(1)}", **keyed)
    again = await service.client.post("/v1/leads/import", content=f"{HEADER}\n{a_row(1)}", **keyed)
    assert (first.json()["taken"], first.json()) == (1, again.json())
    assert again.headers["idempotency-replayed"] == "true"
    other = await service.client.post("/v1/leads/import", content=f"{HEADER}\n{a_row(2)}", **keyed)
    assert (other.status_code, other.json()["code"]) == (422, "idempotency-key-reused")


async def test_forgotten_leads_are_planned_again(service):
    lead = await service.lead()
    path = f"/v1/leads/{lead['id']}"
    assert await service.post("/v1/leads/recover", {}) == {"planned": 0, "dry_run": False}
    await service.world.execute("DELETE FROM call")
    await service.world.execute("UPDATE lead SET status = 'not_qualified'")
    assert await service.post("/v1/leads/recover", {"dry_run": True}) == {"planned": 1, "dry_run": True}
    assert (await service.get(path))["planned_call"] is None
    assert (await service.ask("POST", "/v1/leads/recover"))["planned"] == 1
    assert (await service.get(path))["planned_call"]["campaign"] == "PVI"
    assert (await service.post("/v1/leads/recover", {}))["planned"] == 0
    assert await service.refused("POST", "/v1/leads/recover", {"dry_run": 1}) == ("invalid", ["/dry_run"])


async def test_the_time_of_a_request_is_the_domains(service):
    await service.world.at(MONDAY + 40 * DAY)
    lead = await service.lead()
    assert near(lead["created_at"], MONDAY + 40 * DAY)
    assert near(lead["requested_at"], MONDAY + timedelta(days=40))


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"callback_at": "2199-12-31T23:59:59-23:59"}, "invalid"),
        ({"callback_at": "1900-01-01T00:00:00+23:59"}, "invalid"),
        ({"callback_at": "2199-12-31T23:59:59Z"}, "callback-too-far"),
        ({"consent": {"wording_version": "v1", "evidence": {"form": "x" * 5_000}}}, "invalid"),
        ({"insee_code": "\u0660" * 5}, "invalid"),
    ],
)
async def test_what_would_hide_a_lead_or_fill_the_disk_is_refused(untouched, change, code):
    answer = await untouched.client.post("/v1/leads", json=an_estimate() | change, headers=CAPTURE)
    assert (answer.status_code, answer.json()["code"]) == (422, code)


@pytest.mark.parametrize("content", [b"x\n" * 60_000, b"\r" * 60_000, b"," * 300])
async def test_a_file_of_endless_lines_or_columns_is_refused_before_it_is_read(untouched, content):
    answer = await untouched.client.post("/v1/leads/import", content=content, headers=OPS | CSV)
    assert (answer.status_code, answer.json()["code"]) == (422, "bad-leads-file")
