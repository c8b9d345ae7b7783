"""P10: months against a calendar of another make, whose months are a list of lengths and whose clocks are a count."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from itertools import accumulate, pairwise
from zoneinfo import ZoneInfo

import pytest

from growth.domain.kernel.month import BadMonth, Month, month_at, month_of, parse_month

YEARS = range(2024, 2033)
LEAP_YEARS = {2024, 2028, 2032}
LENGTHS = (31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)
WINTER_HOURS = {"Europe/Paris": 1, "Europe/Brussels": 1, "Europe/Madrid": 1, "Atlantic/Canary": 0}
EPOCH = datetime(2024, 1, 1, tzinfo=UTC)  # a Monday
SUNDAY = 6


def length(year, number):
    return 29 if number == 2 and year in LEAP_YEARS else LENGTHS[number - 1]


MONTHS = [(year, number) for year in YEARS for number in range(1, 13)]
DAYS = [(*month, day) for month in MONTHS for day in range(1, length(*month) + 1)]  # DAYS[0] is the epoch's
INDEX = {day: index for index, day in enumerate(DAYS)}


def last_sunday(year, number):
    """Index of the last Sunday of a month."""
    last = INDEX[year, number, length(year, number)]
    return last - (last - SUNDAY) % 7


SUMMERS = [range(last_sunday(year, 3) * 24 + 1, last_sunday(year, 10) * 24 + 1) for year in YEARS]


def local_hours(winter) -> Iterator[tuple[int, tuple[int, int, int]]]:
    """Every hour since the epoch and the day that clocks show then; in the EU they are moved at one o'clock UTC."""
    for year, summer in zip(YEARS, SUMMERS, strict=True):
        first = INDEX[year, 1, 1] * 24
        last = (INDEX[year, 12, 31] + 1) * 24
        for hour in range(first, last):
            index = (hour + winter + (hour in summer)) // 24
            if index < len(DAYS):
                yield hour, DAYS[index]


@pytest.mark.parametrize("zone", WINTER_HOURS)
def test_the_month_of_an_instant_is_the_one_on_the_wall(zone):
    differing = [
        (hour, day)
        for hour, day in local_hours(WINTER_HOURS[zone])
        if month_at(EPOCH + timedelta(hours=hour), ZoneInfo(zone)) != Month(*day[:2])
    ]
    assert differing == []


@pytest.mark.parametrize("zone", WINTER_HOURS)
def test_a_month_ends_with_its_last_microsecond(zone):
    ends = [
        (hour, before[:2], after[:2])
        for (_, before), (hour, after) in pairwise(local_hours(WINTER_HOURS[zone]))
        if before[:2] != after[:2]
    ]
    assert len(ends) == len(MONTHS) - 1
    for hour, before, after in ends:
        midnight = EPOCH + timedelta(hours=hour)
        assert month_at(midnight - timedelta(microseconds=1), ZoneInfo(zone)) == Month(*before)
        assert month_at(midnight, ZoneInfo(zone)) == Month(*after)


def test_the_calendar_of_the_tests_is_right_where_anybody_can_look():
    sundays = [DAYS[last_sunday(year, number)] for year in (2026, 2028) for number in (3, 10)]
    assert sundays == [(2026, 3, 29), (2026, 10, 25), (2028, 3, 26), (2028, 10, 29)]
    assert len(DAYS) == 3288


def test_the_months_follow_each_other_day_by_day():
    lengths = [length(*month) for month in MONTHS]
    months = [Month(*month) for month in MONTHS]
    assert [month.days for month in months] == lengths
    assert [month.next for month in months[:-1]] == months[1:]
    assert all(month < following for month, following in pairwise(months))
    for month, following in zip(months, accumulate(lengths), strict=True):
        assert (month.last_day - EPOCH.date()).days == following - 1


def test_every_day_is_in_its_month():
    assert [month_of(date(*day)) for day in DAYS] == [Month(*day[:2]) for day in DAYS]


@pytest.mark.parametrize(("year", "days"), [(1900, 28), (2000, 29), (2026, 28), (2028, 29), (2100, 28)])
def test_february_knows_the_centuries(year, days):
    assert Month(year, 2).days == days


@pytest.mark.parametrize("month", [*MONTHS[:12], (1900, 1), (2199, 12)])
def test_a_month_is_read_as_it_is_written(month):
    assert parse_month(str(Month(*month))) == Month(*month)


@pytest.mark.parametrize(
    "raw",
    [
        *("2026-13", "2026-00", "2026-1", "26-01", "2026-01-01", "2026/01", " 2026-01", "2026-01\n", "", "next"),
        *("1899-12", "2200-01"),
        *("\u0662\u0660\u0662\u0666-\u0660\u0661", "2026-1\uff11"),  # digits of other scripts
    ],
)
def test_what_is_no_month_is_refused(raw):
    with pytest.raises(BadMonth, match="like 2026-11"):
        parse_month(raw)
