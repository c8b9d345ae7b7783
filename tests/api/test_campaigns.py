"""Campaigns over HTTP: their slots and runs, starting and stopping them."""

from uuid import uuid4

import pytest
from tests.api.conftest import SERVICE
from tests.api.test_leads import z
from tests.domain.makers import DAY, EIGHT, FIVE, HOUR, MONDAY, ONE, TEN, TWO

RUN_FIELDS = {"id", "campaign", "slot_start", "slot_end", "state", "candidates", "injected", "called", "reached"} | {
    *("appointments", "recycled", "dropped", "gates")
}


def adds_up(run):
    settled = run["called"] + run["recycled"] + run["dropped"]
    stopped = sum(run["gates"].values())
    return run["candidates"] == run["injected"] + stopped and (run["state"] != "closed" or run["injected"] == settled)


@pytest.fixture
async def three(service):
    """The service with three leads, at ten on Monday: one of them has an open task."""
    for number in (1, 2, 3):
        await service.lead(number=number)
    await service.world.execute("UPDATE prospect SET pending_task = true WHERE email = 'p3@example.org'")
    await service.world.at(TEN)
    return service


async def test_campaigns_are_shown_as_they_are_configured(untouched):
    page = await untouched.get("/v1/campaigns")
    assert page["next_cursor"] is None
    pvi, lane, pvb, pqsc = page["items"]
    assert [it["type"] for it in page["items"]] == ["PVI", "CF", "PVB", "PQSC"]
    assert pvi["slots"][:2] == ["mon 10:00-13:00", "mon 14:00-17:00"]
    assert (lane["follows"], lane["slots"]) == ("PVI", pvi["slots"])
    assert (pvi["capacity"], pvb["capacity"], pqsc["maximum"], pvb["configuration_version"]) == (50, None, 1000, "test")


async def test_slots_are_shown_with_what_is_planned_for_them_and_their_run(three):
    week = (await three.get("/v1/campaigns/PVI/slots"))["items"]
    assert len(week) == 15
    day = {"from": z(MONDAY), "to": z(MONDAY + DAY)}
    before = (await three.get("/v1/campaigns/PVI/slots", **day))["items"]
    times = [(z(TEN), z(ONE)), (z(TWO), z(FIVE)), (z(FIVE), z(EIGHT))]
    assert [(it["slot_start"], it["slot_end"]) for it in before] == times
    assert [(it["planned"], it["run"]) for it in before] == [(3, None), (0, None), (0, None)]
    await three.post("/v1/campaigns/PVI/start", {})
    first = (await three.get("/v1/campaigns/PVI/slots", **day))["items"][0]
    assert (first["run"]["injected"], first["capacity"], first["maximum"]) == (2, 50, 1000)
    assert (await three.get("/v1/campaigns/PVI/slots", **{"from": z(ONE), "to": z(TWO)}))["items"] == []


@pytest.mark.parametrize(
    "query", [{"from": "today"}, {"from": "2026-11-23"}, {"to": "1899-01-01T00:00:00Z"}, {"at": "x"}]
)
async def test_slots_are_refused_for_times_that_are_none(untouched, query):
    assert (await untouched.refused("GET", "/v1/campaigns/PVI/slots", params=query))[0] == "invalid"
    await untouched.refused("GET", "/v1/campaigns/PVX/slots")


async def test_starting_hands_over_who_may_be_called_and_says_why_not_the_others(three):
    run = await three.post("/v1/campaigns/PVI/start", {})
    assert run.keys() == RUN_FIELDS | {"dry_run", "runs"}
    (one,) = run["runs"]
    assert {name: run[name] for name in RUN_FIELDS} == one
    assert (run["campaign"], run["slot_start"], run["state"]) == ("PVI", z(TEN), "running")
    assert (run["candidates"], run["injected"], run["gates"]) == (3, 2, {"pending_task": 1})
    assert adds_up(run)
    again = await three.post("/v1/campaigns/PVI/start", {})
    assert (again["id"], again["candidates"], again["injected"]) == (run["id"], 3, 2)
    await three.world.deliver()
    assert len(three.world.dialer.contacts) == 2
    (decisions,) = ((await three.get(f"/v1/campaign-runs/{run['id']}/decisions"))["items"],)
    assert sorted((it["outcome"], it["gate"]) for it in decisions if it["gate"]) == [("stopped", "pending_task")]


async def test_a_trial_start_and_stop_change_nothing(three):
    before = await three.world.contents()
    trial = await three.post("/v1/campaigns/PVI/start", {"dry_run": True})
    assert (trial["injected"], trial["dry_run"]) == (2, True)
    assert await three.world.contents() == before
    await three.post("/v1/campaigns/PVI/start", {})
    before = await three.world.contents()
    assert len((await three.post("/v1/campaigns/stop", {"dry_run": True}))["runs"]) == 1
    assert await three.world.contents() == before


async def test_a_date_names_the_slot_that_is_started(three):
    run = await three.post("/v1/campaigns/PVI/start", {"start_date": "2026-11-23T12:00:00+01:00"})
    assert (run["slot_start"], run["candidates"]) == (z(TWO), 0)  # those of the morning are not overdue yet


async def test_a_slot_that_has_ended_cannot_be_started(three):
    code, _ = await three.refused("POST", "/v1/campaigns/PVI/start", {"start_date": z(MONDAY - 7 * DAY)}, status=422)
    assert code == "no-slot"
    assert (await three.get("/v1/campaign-runs"))["items"] == []


@pytest.mark.parametrize(
    ("path", "body", "place"),
    [
        ("/v1/campaigns/PVX/start", {}, "{type}"),
        ("/v1/campaigns/pvi/start", {}, "{type}"),
        ("/v1/campaigns/PVI/start", {"start_date": "soon"}, "/start_date"),
        ("/v1/campaigns/PVI/start", {"start_date": "2026-11-23T10:00:00"}, "/start_date"),
        ("/v1/campaigns/PVI/start", {"dry_run": "true"}, "/dry_run"),
        ("/v1/campaigns/PVI/start", {"force": True}, "/force"),
        ("/v1/campaigns/stop", {"start_date": 1}, "/start_date"),
        ("/v1/campaigns/stop", {"type": "PVI"}, "/type"),
    ],
)
async def test_an_order_that_makes_no_sense_starts_and_stops_nothing(three, path, body, place):
    assert await three.refused("POST", path, body) == ("invalid", [place])
    assert (await three.get("/v1/campaign-runs"))["items"] == []


async def test_stopping_brings_back_whom_nobody_called(three):
    started = await three.post("/v1/campaigns/PVI/start", {})
    await three.world.deliver()
    await three.world.at(ONE)
    stopped = await three.post("/v1/campaigns/stop", {})
    assert [it["id"] for it in stopped["runs"]] == [started["id"]]
    await three.world.deliver()
    run = await three.get(f"/v1/campaign-runs/{started['id']}")
    assert (run["state"], run["injected"], run["recycled"]) == ("closed", 2, 2)
    assert adds_up(run)
    assert (await three.post("/v1/campaigns/stop", {}))["runs"] == []
    assert await three.world.broken() == {}


async def test_an_order_under_one_key_is_carried_out_once(three):
    keyed = {"headers": {"Authorization": "Bearer dev-ops-key", "Idempotency-Key": "ten o'clock"}}
    first = await three.client.post("/v1/campaigns/PVI/start", json={}, **keyed)
    await three.lead(number=4)
    again = await three.client.post("/v1/campaigns/PVI/start", json={}, **keyed)
    assert again.json() == first.json()
    assert again.headers["idempotency-replayed"] == "true"


async def test_runs_and_decisions_are_listed_page_by_page(three):
    for hour in (0, 4, 7, 24, 28):
        await three.world.at(TEN + hour * HOUR)
        await three.post("/v1/campaigns/PVI/start", {})
    whole = (await three.get("/v1/campaign-runs"))["items"]
    assert [it["slot_start"] for it in whole] == sorted((it["slot_start"] for it in whole), reverse=True)
    assert await three.every("/v1/campaign-runs", 2) == whole
    assert len(whole) == 5
    assert (await three.get("/v1/campaign-runs", campaign="PVB"))["items"] == []
    first = whole[-1]
    assert await three.get(f"/v1/campaign-runs/{first['id']}") == first
    path = f"/v1/campaign-runs/{first['id']}/decisions"
    decisions = (await three.get(path))["items"]
    assert len(decisions) == first["candidates"] == 3
    assert await three.every(path, 1) == decisions
    places = sorted(it["place"] for it in decisions if it["outcome"] == "injected")
    assert places == [1, 2]
    leads = {it["id"]: it["score"] for it in (await three.get("/v1/leads"))["items"]}
    assert {it["lead_id"] for it in decisions} == leads.keys()


@pytest.mark.parametrize("rest", ["", "/decisions"])
async def test_a_run_that_is_not_there_is_not_found(untouched, rest):
    assert (await untouched.refused("GET", f"/v1/campaign-runs/{uuid4()}{rest}", status=404))[0] == "unknown-run"
    await untouched.refused("GET", f"/v1/campaign-runs/1{rest}", status=404)


@pytest.mark.parametrize("cursor", ["nonsense", "1", "99999999999999999.0190163d-8694-739b-aea5-966c26f8ad91", ""])
async def test_a_made_up_cursor_is_refused(untouched, cursor):
    assert await untouched.refused("GET", "/v1/campaign-runs", params={"cursor": cursor}) == ("invalid", ["?cursor"])


async def test_another_role_neither_sees_nor_starts_campaigns(untouched):
    for method, path in (("GET", "/v1/campaigns"), ("POST", "/v1/campaigns/PVI/start"), ("POST", "/v1/campaigns/stop")):
        assert (await untouched.refused(method, path, {}, status=403, role=SERVICE))[0] == "wrong-role"


async def test_a_method_that_a_path_does_not_know_is_answered_with_all_it_knows(untouched):
    for path, allowed in (("/v1/leads", "GET, POST"), ("/v1/leads/recover", "POST"), ("/test/clock", "GET, PUT")):
        answer = await untouched.client.delete(path)
        assert (answer.status_code, answer.headers["allow"]) == (405, allowed)
