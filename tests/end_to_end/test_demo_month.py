"""The demo's month: two short seasons with kills and faults, really run, and the checks that prove them."""

import json
import subprocess
import sys
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from uuid import UUID

import pytest
from typer.testing import CliRunner

from growth import cli
from growth.adapters.leads_files import read_leads_file
from growth.adapters.sandbox.dialer_settings import Callback
from growth.container import EXAMPLES
from growth.demo.calendar import Season, seasons
from growth.demo.happenings import What, happenings
from growth.demo.law import TAKES_EFFECT, Attempt, Said, outside_the_law
from growth.demo.misfortunes import kills, weather
from growth.demo.month import Month
from growth.demo.month_report import month_report
from growth.demo.season_accounts import DayAccounts, Replays, SeasonAccounts
from growth.demo.testimony import attempts_of, said_in, twice_at_the_dialer
from growth.demo.ticking import DAILY, badly_ticked

FOLDER = EXAMPLES / "realestate"
LEADS = 150
DAY, MINUTE = timedelta(days=1), timedelta(minutes=1)


@pytest.fixture(scope="module")
def month():
    """What `growth demo --days 4 --json` prints, and what it shows meanwhile."""
    program = Path(sys.executable).parent / "growth"
    command = [program, "demo", "--json", "--days", "4", "--leads", str(LEADS), "--seed", "3"]
    ended = subprocess.run(command, capture_output=True, text=True, check=False, timeout=300)
    assert ended.returncode == 0, ended.stdout[-2000:] + ended.stderr[-2000:]
    return json.loads(ended.stdout), ended.stderr


def test_a_month_of_kills_and_faults_leaves_nothing_unaccounted(month):
    told = month[0]["accounts"]
    assert told["unaccounted"] == []
    assert sum(one["rows"] for one in told["seasons"]) == LEADS
    for one in told["seasons"]:
        assert one["rows"] <= one["leads"] == sum(one["places"].values())
        assert one["outside_law"] == one["lost"] == one["double"] == []
        assert one["kills"] >= 3
        assert one["attempts"] > 20
        assert sum(one["faults"].values()) > 10


def test_every_slot_of_the_month_is_run_and_replayed(month):
    assert [run["slot_start"][:13] for run in month[0]["slots"] if run["campaign"] == "PVI"] == [
        "2026-03-30T08",
        "2026-03-30T12",
        "2026-03-30T15",
        "2026-10-26T09",
        "2026-10-26T13",
        "2026-10-26T16",
    ]
    assert {run["state"] for run in month[0]["slots"]} == {"closed"}
    replays = [one["replays"] for one in month[0]["accounts"]["seasons"]]
    assert [it["runs"] for it in replays] == [9, 9]
    assert sum(it["candidates"] for it in replays) == sum(run["candidates"] for run in month[0]["slots"]) > LEADS / 2


def test_the_month_shows_its_days(month):
    assert all(day in month[1] for day in ("Sun 29 Mar", "Mon 30 Mar", "Sun 25 Oct", "Mon 26 Oct"))


@pytest.mark.parametrize("days", ["0", "2", "3", "91"])
def test_days_that_have_no_room_for_both_changes_of_the_clocks_are_refused(days):
    ended = CliRunner().invoke(cli.app, ["demo", "--days", days])
    assert ended.exit_code == 2
    assert "both changes of" in ended.output


# ---- The law, once more ----------------------------------------------------------------------------------

SPRING, AUTUMN = datetime(2026, 3, 31, 9, 0, tzinfo=UTC), datetime(2026, 10, 27, 10, 0, tzinfo=UTC)  # Tuesdays, 11:00
ANA, HER_NUMBER = "ana@example.org", "33199001234"


def a_call(at=SPRING, **changes):
    return replace(Attempt(at, HER_NUMBER, ANA, "69003", refused=False), **changes)


def faults(*attempts, **said):
    return len(list(outside_the_law(attempts, Said(**said))))


@pytest.mark.parametrize(
    ("at", "told"),
    [
        pytest.param("2026-03-31T10:00", 0, id="the hours open"),
        pytest.param("2026-03-31T09:59", 1, id="a minute before"),
        pytest.param("2026-03-31T12:59", 0, id="the last minute of the morning"),
        pytest.param("2026-03-31T13:00", 1, id="at one o'clock"),
        pytest.param("2026-03-31T19:59", 0, id="the last minute of the day"),
        pytest.param("2026-03-31T20:00", 1, id="at eight"),
        pytest.param("2026-03-29T11:00", 1, id="a Sunday"),
        pytest.param("2026-05-01T11:00", 1, id="the first of May"),
        pytest.param("2026-04-06T11:00", 1, id="Easter Monday"),
    ],
)
def test_calls_are_made_in_the_hours_of_the_law(at, told):
    local = datetime.fromisoformat(f"{at}+02:00")
    assert faults(a_call(local.astimezone(UTC))) == told


@pytest.mark.parametrize(
    ("at", "agreed", "told"),
    [
        pytest.param("2026-11-11T11:00:59+01:00", "2026-11-11T11:00:00+01:00", 0, id="in the minute agreed to"),
        pytest.param("2026-11-11T11:01:00+01:00", "2026-11-11T11:00:00+01:00", 1, id="a minute later"),
        pytest.param("2026-11-11T10:59:59+01:00", "2026-11-11T11:00:00+01:00", 1, id="before it"),
        pytest.param("2026-05-01T11:00:00+02:00", "2026-05-01T11:00:00+02:00", 1, id="before the law of August"),
    ],
)
def test_a_time_agreed_to_may_be_on_a_holiday_since_august(at, agreed, told):
    at, agreed = (datetime.fromisoformat(it).astimezone(UTC) for it in (at, agreed))
    assert faults(a_call(at), asked={ANA: [at - DAY]}, agreed={ANA: [agreed]}) == told


def test_hours_are_those_of_the_persons_clock():
    assert faults(a_call(SPRING + 8 * 60 * MINUTE, postal_code="69003")) == 0  # 19:00
    assert faults(a_call(SPRING + 8 * 60 * MINUTE, postal_code="97400")) == 1  # 21:00 there


def test_a_fifth_attempt_within_thirty_days_is_told_and_one_after_them_is_not():
    four = [a_call(SPRING + number * DAY) for number in range(-1, 3)]
    assert faults(*four) == 0
    assert faults(*four, a_call(SPRING + 28 * DAY)) == 1
    assert faults(*four, a_call(SPRING + 29 * DAY)) == 0
    assert faults(*four, a_call(SPRING + 28 * DAY, phone="33199005678")) == 0


def test_a_number_on_the_list_is_not_called_once_that_has_taken_effect():
    assert faults(a_call(), listed={HER_NUMBER: SPRING - TAKES_EFFECT}) == 0
    assert faults(a_call(), listed={HER_NUMBER: SPRING - TAKES_EFFECT - MINUTE}) == 1
    assert faults(a_call(), listed={HER_NUMBER: SPRING + MINUTE}) == 0


def test_whoever_refused_is_left_in_peace_for_sixty_days():
    refusal = a_call(SPRING, refused=True)
    assert faults(refusal, a_call(SPRING + 59 * DAY)) == 1
    assert faults(refusal, a_call(SPRING + 62 * DAY)) == 0


@pytest.mark.parametrize(
    ("at", "said", "told"),
    [
        pytest.param(SPRING, {}, 0, id="before the law of August nothing is needed"),
        pytest.param(AUTUMN, {}, 1, id="after it something is"),
        pytest.param(AUTUMN, {"consented": {ANA: [AUTUMN - 300 * DAY]}}, 0, id="consent"),
        pytest.param(AUTUMN, {"consented": {ANA: [AUTUMN - 366 * DAY]}}, 1, id="consent of more than a year ago"),
        pytest.param(AUTUMN, {"consented": {ANA: [AUTUMN + DAY]}}, 1, id="consent that is given later"),
        pytest.param(AUTUMN, {"asked": {ANA: [AUTUMN - 29 * DAY]}}, 0, id="an open request"),
        pytest.param(AUTUMN, {"asked": {ANA: [AUTUMN - 31 * DAY]}}, 1, id="a request of long ago"),
        pytest.param(
            AUTUMN, {"asked": {ANA: [AUTUMN - DAY]}, "withdrawn": {ANA: AUTUMN - 5 * MINUTE}}, 1, id="withdrawn"
        ),
        pytest.param(
            AUTUMN, {"asked": {ANA: [AUTUMN - 5 * MINUTE]}, "withdrawn": {ANA: AUTUMN - DAY}}, 0, id="asked again"
        ),
    ],
)
def test_from_august_on_a_call_rests_on_something(at, said, told):
    assert faults(a_call(at), **said) == told


# ---- What is checked against it --------------------------------------------------------------------------


def test_the_dialers_log_is_read_attempt_by_attempt():
    fields = {"Telephone_1": HER_NUMBER, "Email": ANA, "Postal_Code": "69003"}
    call = {"kind": "call", "at": "2026-03-31T09:00:00Z", "outcome": "nonargued", "custom_fields": fields}
    assert attempts_of([call, call | {"kind": "contact_created"}]) == [a_call(refused=True)]


def test_what_is_agreed_to_on_the_telephone_is_read_from_the_log():
    call = {"kind": "call", "ended_at": "2026-10-27T10:05:00Z", "outcome": "tocall", "custom_fields": {"Email": ANA}}
    ended, wish = AUTUMN + 5 * MINUTE, Callback(retry_at=AUTUMN + 3 * DAY)
    assert said_in([], [call], {}).agreed == {ANA: [ended + DAY]}
    assert said_in([], [call], {ANA: wish}).agreed == {ANA: [AUTUMN + 3 * DAY]}
    assert said_in([], [call], {ANA: Callback(retry_at=AUTUMN)}).agreed == {ANA: [ended + DAY]}
    assert said_in([], [call | {"outcome": "argued"}], {}).agreed == {}


def test_who_is_at_the_dialer_twice_for_one_slot_is_told():
    ana, bob = ({"customFields": {"run_id": "r", "lead_id": lead}} for lead in "ab")
    assert not list(twice_at_the_dialer([ana, bob]))
    assert len(list(twice_at_the_dialer([ana, bob, ana]))) == 1


SEASON = Season("spring", date(2026, 3, 29), date(2026, 3, 29), 2)


def good_ticks():
    fast = [
        ("cf-campaign-loop:Coupe-fil", hour + number * 2 * MINUTE)
        for hour in set(SEASON.busy_hours())
        for number in range(30)
    ]
    return fast + [(job, SEASON.opens + number * DAY + 300 * MINUTE) for job in DAILY for number in range(2)]


def test_ticks_that_were_left_out_or_came_twice_are_told():
    ticks = good_ticks()
    assert not list(badly_ticked(ticks, SEASON))
    assert len(list(badly_ticked(ticks[1:], SEASON))) == 1
    assert len(list(badly_ticked(ticks[:-1], SEASON))) == 1
    assert len(list(badly_ticked([*ticks, ticks[-1]], SEASON))) == 1


def test_a_month_has_both_changes_of_the_clocks_and_a_public_holiday_in_each_season():
    spring, autumn = seasons(30)
    assert (spring.dates[0], spring.dates[-1]) == (date(2026, 3, 27), date(2026, 4, 7))
    assert (autumn.dates[0], autumn.dates[-1]) == (date(2026, 10, 25), date(2026, 11, 11))
    assert [(one.change_of_clocks() in set(one.busy_hours())) for one in (spring, autumn)] == [True, True]


def test_the_clock_stops_every_two_minutes_where_something_is_under_way_and_else_every_hour():
    noon = datetime(2026, 3, 30, 10, tzinfo=UTC)  # a Monday, in a slot
    assert SEASON.next_stop(noon) == noon + 2 * MINUTE
    assert SEASON.next_stop(noon + 75 * MINUTE) == noon + 120 * MINUTE
    assert SEASON.next_stop(SEASON.change_of_clocks()) == SEASON.change_of_clocks() + 2 * MINUTE
    assert SEASON.next_stop(SEASON.ends - MINUTE) == SEASON.ends


def test_what_happens_follows_from_the_seed():
    file = read_leads_file(FOLDER / "dubai_Leads.csv", FOLDER / "mapping.toml")
    rows = [row.submission for row in file.rows[:1000]]
    season = seasons(30)[1]
    before, coming = happenings(rows, season, 1)
    assert (before, coming) == happenings(rows, season, 1) != happenings(rows, season, 2)
    assert {row.id for row in rows} <= {one.submission.id for one in (*before, *coming)}
    assert {one.what for one in coming} == set(What)
    assert all(season.opens <= one.at < season.ends for one in coming)
    said = said_in([*before, *coming], [], {})
    assert said.listed
    assert said.withdrawn.keys() <= said.consented.keys()


def test_misfortunes_follow_from_the_seed():
    spring = seasons(30)[0]
    assert list(kills(spring, 1)) == list(kills(spring, 1)) != list(kills(spring, 2))
    skies = [weather(spring, 1, spring.opens + quarter * 15 * MINUTE)[0] for quarter in range(200)]
    assert len(set(skies)) >= 6
    assert weather(spring, 1, spring.opens) == weather(spring, 1, spring.opens + 14 * MINUTE)


def test_the_report_lists_what_does_not_add_up():
    day = DayAccounts(SEASON.first, 3, [], 2, 1, 4)
    one = SeasonAccounts(
        season="spring",
        change=SEASON.change,
        rows=3,
        refused=["line 4: no email"],
        leads=2,
        places={"refused": 2},
        days=[day],
        attempts=2,
        contacts=2,
        kills=1,
        faults={"503": 4},
        replays=Replays(0, 0, 0),
        ticks=9,
        outside_law=[],
        lost=[f"request {UUID(int=1)} was sent and has no lead"],
        double=[],
        unaccounted=[f"request {UUID(int=1)} was sent and has no lead"],
    )
    told = "\n".join(str(part) for part in month_report(Month([one])))
    assert "1 lost" in told
    assert "spring: line 4: no email" in told
    assert f"spring: request {UUID(int=1)} was sent and has no lead" in told
    assert "Nothing is unaccounted" not in told
