"""The report on campaigns over HTTP and on the command line: one object, for those who run campaigns."""

import json

import pytest
from tests.api.conftest import ADMIN, CAPTURE, OPS, SERVICE
from tests.api.test_campaigns import RUN_FIELDS
from tests.api.test_leads import z
from tests.domain.makers import DAY, HOUR, MINUTE, MONDAY, ONE, TEN, TWO
from tests.end_to_end.test_command_line import growth

PATH = "/v1/campaign-reports"
FIELDS = {"period_start", "period_end", "made_at", "slots", "campaigns", "speed", "oldest_uncalled", "agents"} | {
    *("oldest_in_line", "zones", "outcomes", "starving", "overdue", "coming", "hold_out", "missed_slots"),
    "missed_ticks",
}


@pytest.fixture
async def morning(service, database_url):
    """The service after a Monday morning: two of three leads were given to the dialer, and one of them was called."""
    for number in (1, 2, 3):
        await service.lead(number=number)
    await service.world.execute("UPDATE prospect SET pending_task = true WHERE email = 'p3@example.org'")
    await service.world.at(TEN)
    await service.post("/v1/campaigns/PVI/start", {})
    await service.world.deliver()
    service.world.dialer.moment = TEN + HOUR
    service.world.dialer.tell(1, wrapup="arguedpositive")
    await service.world.at(ONE)
    await service.post("/v1/campaigns/stop", {})
    for turn in range(8):
        await service.world.at(ONE + turn * MINUTE / 10)
        await service.world.deliver()
    service.url = database_url
    return service


async def test_a_report_says_what_became_of_the_morning(morning):
    report = await morning.get(PATH, **{"from": z(MONDAY), "to": z(TWO)})
    assert report.keys() == FIELDS
    assert (report["period_start"], report["period_end"]) == (z(MONDAY), z(TWO))
    slots = {it["campaign"]: it for it in report["slots"]}
    pvi = {name: slots["PVI"][name] for name in ("candidates", "injected", "called", "appointments", "recycled")}
    assert pvi == {"candidates": 3, "injected": 2, "called": 1, "appointments": 1, "recycled": 1}
    assert (slots["PVI"].keys(), slots["PVI"]["gates"]) == (RUN_FIELDS, {"pending_task": 1})
    (funnel,) = [it for it in report["campaigns"] if it["campaign"] == "PVI"]
    assert (funnel["slots"], funnel["missed"], funnel["gates"]) == (1, 0, {"pending_task": 1})
    seconds = (TEN + HOUR - MONDAY).seconds
    assert [it["campaign"] for it in report["speed"]] == [None, "PVI"]
    assert all(it["leads"] == 1 and abs(it["p50_seconds"] - seconds) < 30 for it in report["speed"])
    (agent,) = report["agents"]
    assert (agent["agent_id"], agent["injected"], agent["injected_share"], agent["called"]) == ("a1", 2, 1, 1)
    (zone,) = report["zones"]
    assert (zone["group"], zone["zone"], zone["appointments"], zone["appointments_share"]) == ("Everywhere", "", 1, 1)
    (outcome,) = report["outcomes"]
    assert (outcome["capacity"], outcome["forecast"], outcome["injected"], outcome["called"]) == (50, 85, 2, 1)
    oldest, (_, second, third) = report["oldest_uncalled"], sorted(it["id"] for it in await leads(morning))
    assert oldest["lead_id"] in {second, third}
    assert report["oldest_in_line"]["planned_for"] == z(TWO)
    first = next(it for it in report["coming"] if it["campaign"] == "PVI")
    assert (first["slot_start"], first["planned"], first["capacity"], first["maximum"]) == (z(TWO), 1, 50, 1000)
    assert next(it for it in report["coming"] if it["campaign"] == "PVB")["forecast"] is None


async def leads(service):
    return (await service.get("/v1/leads"))["items"]


async def test_slots_are_shown_with_their_forecast(morning):
    day = {"from": z(MONDAY + DAY), "to": z(MONDAY + 2 * DAY)}
    ten, *others = (await morning.get("/v1/campaigns/PVI/slots", **day))["items"]
    report = await morning.get(PATH)
    coming = {it["slot_start"]: it for it in report["coming"] if it["campaign"] == "PVI"}
    assert [it["forecast"] for it in (ten, *others)] == [coming[it["slot_start"]]["forecast"] for it in (ten, *others)]
    # One attempt at eleven, which reached somebody: 8 of 21 instead of 7 of 20 in that hour.
    assert ten["forecast"] == int(10 * (20 / 7 + 21 / 8 + 20 / 7)) == 83
    assert others[0]["forecast"] == 85
    assert (await morning.get("/v1/campaigns/CF/slots", **day))["items"][0]["forecast"] == 83
    assert {it["forecast"] for it in (await morning.get("/v1/campaigns/PVB/slots", **day))["items"]} == {None}


@pytest.mark.parametrize(("role", "status"), [(OPS, 200), (ADMIN, 200), (SERVICE, 403), (CAPTURE, 403), ({}, 401)])
async def test_only_those_who_run_campaigns_see_reports(untouched, role, status):
    answer = await untouched.client.get(PATH, headers=role)
    assert answer.status_code == status


@pytest.mark.parametrize(
    ("query", "code", "place"),
    [
        ({"from": z(TEN), "to": z(TEN)}, "bad-period", "?to"),
        ({"from": z(ONE), "to": z(TEN)}, "bad-period", "?to"),
        ({"from": z(MONDAY - 62 * DAY), "to": z(MONDAY + MINUTE)}, "bad-period", "?to"),
        ({"from": "monday"}, "invalid", "?from"),
        ({"to": "2026-11-23"}, "invalid", "?to"),
        ({"to": "2026-11-23T10:00:00"}, "invalid", "?to"),
    ],
)
async def test_a_time_that_no_report_can_be_about_is_refused(untouched, query, code, place):
    assert await untouched.refused("GET", PATH, params=query) == (code, [place])


@pytest.mark.parametrize(
    ("query", "period"),
    [
        ({"to": "1900-01-01T00:00:00Z"}, ("1899-12-25T00:00:00Z", "1900-01-01T00:00:00Z")),
        ({"from": "2199-12-31T00:00:00Z"}, ("2199-12-31T00:00:00Z", "2200-01-07T00:00:00Z")),
        ({"from": "2026-11-23T10:00:00+01:00"}, ("2026-11-23T09:00:00Z", "2026-11-30T09:00:00Z")),
    ],
)
async def test_what_is_left_open_makes_it_seven_days(untouched, query, period):
    report = await untouched.get(PATH, **query)
    assert (report["period_start"], report["period_end"]) == period


async def test_sixty_two_days_are_not_too_many(untouched):
    report = await untouched.get(PATH, **{"from": z(MONDAY - 62 * DAY), "to": z(MONDAY)})
    assert (report["slots"], report["hold_out"], report["oldest_uncalled"]) == ([], [], None)


async def test_the_command_line_prints_the_same_and_writes_a_page(morning, tmp_path):
    times = ("--from", z(MONDAY), "--to", z(TWO))
    # The command has the example's campaigns, which are others than the test's: only what happened is the same.
    said = await growth("report", *times, "--json", database=morning.url)
    assert (said.code, said.lines) == (0, [])
    printed, answered = json.loads(said.out), await morning.get(PATH, **{"from": z(MONDAY), "to": z(TWO)})
    assert printed.keys() == FIELDS
    for name in ("period_start", "period_end", "slots", "campaigns", "speed", "oldest_uncalled", "overdue"):
        assert printed[name] == answered[name]
    page = tmp_path / "report.html"
    written = await growth("report", *times, "--html", page, database=morning.url)
    assert (written.code, written.out) == (0, f"The report is in {page}: open it in a browser.\n")
    assert "<h1>Call campaigns</h1>" in page.read_text()
    table = await growth("report", *times, database=morning.url)
    assert "Speed to lead, PVI: half of 1 within 10 h" in table.out
    assert "pending_task 1" in table.out


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--from", "monday"), "is not a time with zone"),
        (("--from", z(TWO), "--to", z(TEN)), "has to end after it begins"),
        (("--html", "/no-such-folder/report.html"), "cannot be written"),
    ],
)
async def test_what_cannot_be_reported_is_one_line(database_url, arguments, words):
    said = await growth("report", *arguments, database=database_url)
    assert (said.code, said.out) == (1, "")
    assert words in said.lines[0]
