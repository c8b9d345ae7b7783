"""The oracle knows the rules as plain numbers and the holidays from lists, and looks at every minute."""

import csv
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from growth.domain.campaigns.business_rules.call_hours import (
    call_hours_on,
    may_call_at,
    next_allowed,
    outside_hours,
)
from growth.domain.campaigns.entities.slots import WeeklySlot, parse_weekly_slot
from growth.domain.kernel.country import Country
from growth.domain.kernel.holidays import is_public_holiday

LISTS = Path(__file__).parents[1] / "data" / "holidays"
MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)
NEW_YEAR_2024 = datetime.combine(date(2024, 1, 1), time())
FR, BE, ES = Country.FR, Country.BE, Country.ES
HOURS = {FR: [(10, 13), (14, 20)], BE: [(9, 18)], ES: [(9, 21)]}
PEOPLE = [
    pytest.param(FR, "Europe/Paris", "75011", id="Paris"),
    pytest.param(FR, "Europe/Paris", "67000", id="Strasbourg"),
    pytest.param(FR, "Indian/Reunion", "97400", id="Réunion"),
    pytest.param(BE, "Europe/Brussels", "1000", id="Brussels"),
    pytest.param(ES, "Europe/Madrid", None, id="Madrid"),
    pytest.param(ES, "Atlantic/Canary", None, id="Canary"),
]


def utc(*parts):
    return datetime(*parts, tzinfo=UTC)


def listed(name, **wanted):
    with (LISTS / name).open(encoding="utf-8") as lines:
        return {
            date.fromisoformat(row["date"])
            for row in csv.DictReader(lines)
            if all(row[key] == value for key, value in wanted.items())
        }


@cache
def published_holidays(country, postal_code):
    if country is not FR:
        return listed("fr_be_es_2024_2028_python-holidays.csv", country=country)
    if postal_code == "67000":
        return listed("etalab_jours_feries_alsace-moselle.csv")
    abolition = {date(year, 12, 20) for year in range(2024, 2032)} if postal_code == "97400" else set()
    return listed("etalab_jours_feries_metropole.csv") | abolition


def in_hours(country, weekday, clock):
    return weekday < 5 and any(time(start) <= clock < time(end) for start, end in HOURS[country])


def allowed(country, zone, postal_code, at):
    local = at.astimezone(ZoneInfo(zone))
    return in_hours(country, local.weekday(), local.time()) and local.date() not in published_holidays(
        country, postal_code
    )


# Public holidays


def days(first, last):
    return [first + DAY * passed for passed in range((last - first).days + 1)]


@pytest.mark.parametrize(
    ("postal_codes", "file"),
    [
        ((None, "75011", "20000", "13001", "59000"), "etalab_jours_feries_metropole.csv"),
        (("57000", "67000", "68100"), "etalab_jours_feries_alsace-moselle.csv"),
    ],
)
def test_french_holidays_are_the_official_ones(postal_codes, file):
    official = listed(file)
    period = days(date(2024, 1, 1), date(2031, 12, 31))
    for postal_code in postal_codes:
        assert [day for day in period if is_public_holiday(FR, day, postal_code)] == sorted(
            day for day in official if day >= period[0]
        )


@pytest.mark.parametrize("country", [FR, BE, ES])
def test_national_holidays_are_the_listed_ones(country):
    expected = listed("fr_be_es_2024_2028_python-holidays.csv", country=country)
    period = days(date(2024, 1, 1), date(2028, 12, 31))
    assert {day for day in period if is_public_holiday(country, day)} == expected


@pytest.mark.parametrize(
    ("country", "postal_code", "day"),
    [
        (FR, "97110", date(2026, 5, 27)),
        (FR, "97200", date(2026, 5, 22)),
        (FR, "97300", date(2026, 6, 10)),
        (FR, "97400", date(2027, 12, 20)),
        (FR, "97600", date(2026, 4, 27)),
        (FR, "97133", date(2026, 10, 9)),
        (FR, "97150", date(2026, 5, 28)),
        (FR, "98800", date(2026, 9, 24)),
        (ES, "28001", date(2025, 5, 2)),
        (ES, "08001", date(2026, 9, 11)),
        (ES, "35001", date(2025, 5, 30)),
        (ES, "41001", date(2025, 2, 28)),
    ],
)
def test_a_regional_holiday_holds_in_its_region_only(country, postal_code, day):
    assert is_public_holiday(country, day, postal_code)
    assert not is_public_holiday(country, day)
    assert not is_public_holiday(country, day, {FR: "75011", ES: "26001"}[country])


def test_every_spanish_province_has_its_regional_holidays():
    period = days(date(2024, 1, 1), date(2026, 12, 31))
    national = [day for day in period if is_public_holiday(ES, day)]
    for province in range(1, 53):
        known = [day for day in period if is_public_holiday(ES, day, f"{province:02}001")]
        assert set(known) > set(national), province


def test_an_unknown_postal_code_has_the_national_holidays():
    assert not is_public_holiday(FR, date(2026, 4, 3), "99999")
    assert is_public_holiday(FR, date(2026, 7, 14), "99999")
    assert is_public_holiday(BE, date(2026, 7, 21), "67000")


# May this person be called now?


@pytest.mark.parametrize(("country", "zone", "postal_code"), PEOPLE)
def test_nobody_is_called_outside_the_hours_on_any_day_of_five_years(country, zone, postal_code):
    edges = [9, 10, 13, 14, 18, 20, 21]
    for day in days(date(2024, 1, 1), date(2028, 12, 31)):
        for hour in edges:
            edge = datetime.combine(day, time(hour), ZoneInfo(zone)).astimezone(UTC)
            for at in (edge - timedelta.resolution, edge):
                assert may_call_at(country, zone, postal_code, at) is allowed(country, zone, postal_code, at), at


@pytest.mark.parametrize(
    ("country", "zone", "postal_code", "at", "expected"),
    [
        pytest.param(FR, "Europe/Paris", "75011", utc(2026, 3, 23, 9), utc(2026, 3, 23, 9), id="inside: at once"),
        pytest.param(
            FR,
            "Europe/Paris",
            "75011",
            utc(2026, 3, 23, 12),
            utc(2026, 3, 23, 13),
            id="after the lunch break",
        ),
        pytest.param(FR, "Europe/Paris", "75011", utc(2026, 3, 27, 19), utc(2026, 3, 30, 8), id="over a clock change"),
        pytest.param(FR, "Europe/Paris", "67000", utc(2026, 4, 2, 18), utc(2026, 4, 7, 8), id="Easter in Alsace"),
        pytest.param(FR, "Europe/Paris", "75011", utc(2026, 4, 2, 18), utc(2026, 4, 3, 8), id="Good Friday in Paris"),
        pytest.param(FR, "Indian/Reunion", "97400", utc(2027, 12, 17, 16), utc(2027, 12, 21, 6), id="20 December"),
        pytest.param(FR, "America/Martinique", "97200", utc(2026, 3, 23, 10), utc(2026, 3, 23, 14), id="Martinique"),
        pytest.param(ES, "Atlantic/Canary", "35001", utc(2026, 3, 27, 21), utc(2026, 3, 30, 8), id="Canary, spring"),
        pytest.param(
            ES, "Europe/Madrid", "28001", utc(2025, 4, 30, 19), utc(2025, 5, 5, 7), id="1 and 2 May in Madrid"
        ),
        pytest.param(
            BE,
            "Europe/Brussels",
            None,
            utc(2026, 7, 20, 16),
            utc(2026, 7, 22, 7),
            id="Belgium's national day",
        ),
    ],
)
def test_the_next_allowed_time_is(country, zone, postal_code, at, expected):
    assert next_allowed(country, zone, postal_code, at) == expected


@given(
    st.sampled_from([person.values for person in PEOPLE]),
    st.datetimes(NEW_YEAR_2024, NEW_YEAR_2024.replace(2028, 12, 20), timezones=st.just(UTC)),
    st.booleans(),
)
def test_the_next_allowed_time_is_the_first_one_that_a_minute_by_minute_look_finds(person, at, written_in_local_time):
    country, zone, postal_code = person
    moment = at
    while not allowed(country, zone, postal_code, moment):
        moment = moment.replace(second=0, microsecond=0) + MINUTE
    if written_in_local_time:
        at = at.astimezone(ZoneInfo(zone))
    found = next_allowed(country, zone, postal_code, at)
    assert found == moment
    assert found.tzinfo is UTC
    assert may_call_at(country, zone, postal_code, found)


def test_the_law_is_the_one_in_force_on_the_day():
    assert "2022-1313" in call_hours_on(FR, date(2026, 8, 10)).legal_source
    assert "2026-662" in call_hours_on(FR, date(2026, 8, 11)).legal_source


# May a campaign have this slot?


@pytest.mark.parametrize(
    ("country", "slot", "outside"),
    [
        (FR, "mon 10:00-13:00", []),
        (FR, "fri 14:00-20:00", []),
        (FR, "mon 10:00-14:30", ["mon 13:00-14:00"]),
        (FR, "mon 09:00-21:00", ["mon 09:00-10:00", "mon 13:00-14:00", "mon 20:00-21:00"]),
        (FR, "mon 13:00-14:00", ["mon 13:00-14:00"]),
        (FR, "sat 10:00-13:00", ["sat 10:00-13:00"]),
        (ES, "mon 09:00-21:00", []),
        (ES, "mon 08:59-21:01", ["mon 08:59-09:00", "mon 21:00-21:01"]),
        (BE, "tue 17:00-19:00", ["tue 18:00-19:00"]),
    ],
)
def test_the_parts_of_a_slot_outside_the_hours_are_named(country, slot, outside):
    assert [str(part) for part in outside_hours(parse_weekly_slot(slot), country)] == outside


@given(st.sampled_from(Country), st.integers(0, 6), st.sets(st.integers(0, 1439), min_size=2, max_size=2))
def test_the_parts_outside_are_every_minute_that_is_not_allowed(country, weekday, marks):
    first, last = sorted(marks)
    clocks = [time(*divmod(minute, 60)) for minute in range(first, last + 1)]
    parts = outside_hours(WeeklySlot(weekday, clocks[0], clocks[-1]), country)
    assert [clock for clock in clocks[:-1] if not in_hours(country, weekday, clock)] == [
        clock for part in parts for clock in clocks if part.start <= clock < part.end
    ]
