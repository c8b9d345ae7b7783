from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from tests.domain.makers import DAY, HOUR, MINUTE, MONDAY

from growth.domain.kernel.country import Country
from growth.domain.prospects.business_rules.availability import available, joined, seen
from growth.domain.prospects.entities.sales_teams import (
    Absence,
    BadAbsence,
    CrewLead,
    Member,
    SalesTeam,
    parse_working_hours,
)

NINE = MONDAY + 8 * HOUR  # as clocks in Paris show
SIX = NINE + 9 * HOUR


def a_member(name="hugo", *hours):
    return Member(
        name, f"{name}@example.org", name.title(), tuple(map(parse_working_hours, hours or ["mon 09:00-18:00"]))
    )


def a_team(*members, zone="Europe/Paris"):
    lead = CrewLead("u1", "lead@example.org", None, None, "Lea Lead")
    return SalesTeam(Country.FR, zone, "Crew", "inbound-fr", "won-fr", lead, (), members or (a_member(),))


def away(start, end, who="hugo"):
    return Absence(Country.FR, who, start, end)


def there(team, at, absences=(), excluded=()):
    return [member.admin_id for member in available(team, absences, excluded, at)]


@pytest.mark.parametrize(
    ("at", "expected"),
    [
        pytest.param(NINE - timedelta.resolution, [], id="before the hours"),
        pytest.param(NINE, ["hugo"], id="as they begin"),
        pytest.param(SIX - timedelta.resolution, ["hugo"], id="until they end"),
        pytest.param(SIX, [], id="as they end"),
        pytest.param(NINE + DAY, [], id="on another day"),
        pytest.param(NINE + 7 * DAY, ["hugo"], id="a week later"),
    ],
)
def test_a_member_is_there_in_his_hours(at, expected):
    assert there(a_team(), at) == expected


def test_hours_are_those_of_the_wall_clock_on_both_sides_of_a_change():
    team = a_team(a_member("hugo", "fri 09:00-10:00", "mon 09:00-10:00"))
    for day, offset in ((datetime(2026, 3, 27, tzinfo=UTC), 1), (datetime(2026, 3, 30, tzinfo=UTC), 2)):
        start = day + (9 - offset) * HOUR
        found = [there(team, start + step) for step in (-MINUTE, timedelta(), 59 * MINUTE, HOUR)]
        assert found == [[], ["hugo"], ["hugo"], []]


@pytest.mark.parametrize(("month", "day", "minutes"), [(3, 29, 60), (10, 25, 180), (10, 18, 120)])
def test_an_hour_shown_twice_is_worked_twice_and_one_that_is_skipped_is_not(month, day, minutes):
    team, midnight = (
        a_team(a_member("hugo", "sun 02:00-04:00")),
        datetime(2026, month, day, tzinfo=ZoneInfo("Europe/Paris")),
    )
    instants = (midnight.astimezone(UTC) + step * MINUTE for step in range(25 * 60))
    worked = [at for at in instants if there(team, at) and at.astimezone(ZoneInfo("Europe/Paris")).day == day]
    assert len(worked) == minutes


def test_a_day_may_end_at_midnight():
    team = a_team(a_member("hugo", "mon 22:00-24:00"))
    assert [there(team, MONDAY + 23 * HOUR - step) for step in (timedelta(), MINUTE)] == [[], ["hugo"]]


def test_nobody_is_there_who_is_away_or_excluded():
    team = a_team(a_member("hugo"), a_member("lea"), a_member("ana", "tue 09:00-18:00"))
    assert there(team, NINE) == ["hugo", "lea"]
    absence = away(NINE - HOUR, NINE + HOUR)
    ends = [there(team, at, [absence]) for at in (NINE, NINE + HOUR - MINUTE, NINE + HOUR)]
    assert ends == [["lea"], ["lea"], ["hugo", "lea"]]
    assert there(team, NINE, [away(NINE, SIX, "lea")], ["hugo@example.org"]) == []


def test_the_backup_is_for_when_nobody_is_there():
    team, backup = a_team(), ["b1@example.org", "hugo@example.org"]
    assert seen(team, (), (), backup, NINE).reachable == ("hugo@example.org",)
    assert seen(team, (), (), backup, SIX).reachable == tuple(backup)
    assert seen(team, (), ["hugo@example.org"], backup, NINE).reachable == ("b1@example.org",)
    assert seen(team, (), (), (), SIX).reachable == ()


def test_a_team_is_seen_with_everybodys_absences():
    team = a_team(a_member("hugo"), a_member("lea"))
    hugos, leas = away(NINE, SIX), away(SIX, SIX + DAY, "lea")
    view = seen(team, (hugos, leas), (), (), NINE)
    assert [(it.member.admin_id, it.absences, it.available) for it in view.members] == [
        ("hugo", (hugos,), False),
        ("lea", (leas,), True),
    ]


def test_absences_that_overlap_or_touch_become_one():
    told = [away(SIX, SIX + HOUR), away(NINE, NINE + 2 * HOUR), away(NINE + HOUR, NINE + 90 * MINUTE)]
    told += [away(NINE + 2 * HOUR, NINE + 3 * HOUR)]
    assert joined(told) == [away(NINE, NINE + 3 * HOUR), away(SIX, SIX + HOUR)]
    assert joined([]) == []


def test_an_absence_ends_after_it_starts():
    with pytest.raises(BadAbsence) as refused:
        joined([away(NINE, SIX), away(SIX, SIX), away(SIX, NINE)])
    assert [fault.pointer for fault in refused.value.faults] == ["/absences/1/until", "/absences/2/until"]


@pytest.mark.parametrize("text", ["mon 09:00-18:00", "sun 00:00-24:00", "fri 23:59-24:00"])
def test_hours_are_written_as_they_are_read(text):
    assert str(parse_working_hours(text)) == text


@pytest.mark.parametrize(
    "text", ["", "mon", "Mon 09:00-18:00", "mon 9:00-18:00", "mon 18:00-09:00", "mon 09:00-09:00", "mon 24:00-24:00"]
)
def test_what_is_no_hours_is_none(text):
    assert parse_working_hours(text) is None
