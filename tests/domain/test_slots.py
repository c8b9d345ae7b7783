"""Clock changes are computed here from the law: the last Sundays of March and October, 01:00 UTC."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from growth.domain.campaigns.business_rules.slots import (
    daypart,
    daypart_of,
    next_slot,
    overlapping,
    running_or_next_slot,
    running_slot,
    slots_between,
)
from growth.domain.campaigns.entities.slots import (
    DayPart,
    InvalidSlot,
    Slot,
    WeeklySlot,
    parse_weekly_slot,
)

DAY, WEEK, MINUTE = timedelta(days=1), timedelta(weeks=1), timedelta(minutes=1)
HOURS_EAST_IN_WINTER = {"Europe/Paris": 1, "Europe/Brussels": 1, "Europe/Madrid": 1, "Atlantic/Canary": 0}
ZONES = [*HOURS_EAST_IN_WINTER, "Indian/Reunion"]
YEARS = range(2024, 2033)
NEW_YEAR_2024 = datetime.combine(date(2024, 1, 1), time())


def utc(*parts):
    return datetime(*parts, tzinfo=UTC)


def weekly(*texts):
    return [parse_weekly_slot(text) for text in texts]


def clock_change(year, month):
    """The last Sunday of a month of 31 days, 01:00 UTC."""
    last = utc(year, month, 31, 1)
    return last - DAY * ((last.weekday() + 1) % 7)


def first_minute_showing(local, zone):
    """Watch a clock on the wall, minute by minute, until it shows `local` or more."""
    watched = local.replace(tzinfo=UTC) - timedelta(hours=6)
    while watched.astimezone(ZoneInfo(zone)).replace(tzinfo=None) < local:
        watched += MINUTE
    return watched


# How slots are written


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("mon 10:00-13:00", WeeklySlot(0, time(10), time(13))),
        ("sun 00:00-23:59", WeeklySlot(6, time(0), time(23, 59))),
        ("fri 09:05-09:06", WeeklySlot(4, time(9, 5), time(9, 6))),
    ],
)
def test_a_slot_is_read_as_it_is_written(text, expected):
    assert parse_weekly_slot(text) == expected
    assert str(expected) == text


@pytest.mark.parametrize(
    "text",
    [
        "10:00-13:00",
        "lun 10:00-13:00",
        "Mon 10:00-13:00",
        "mon 10-13",
        "mon 9:00-13:00",
        "mon 10:00:00-13:00:00",
        "mon 10:00 - 13:00",
        "mon 10:00-24:00",
        "mon 10:60-13:00",
        "mon 10:00-13:00\n",
        "mon \u0661\u0660:00-13:00",
        "mon 10:00-13:00 " * 99,
    ],
)
def test_what_is_not_a_slot_is_refused_with_what_to_write(text):
    with pytest.raises(InvalidSlot, match="like 'mon 10:00-13:00'") as refusal:
        parse_weekly_slot(text)
    assert len(str(refusal.value)) < 220


@pytest.mark.parametrize("text", ["mon 13:00-10:00", "mon 10:00-10:00", "mon 22:00-00:00"])
def test_a_slot_that_ends_before_it_starts_is_refused(text):
    with pytest.raises(InvalidSlot, match="write the earlier time first"):
        parse_weekly_slot(text)


# When slots happen


@pytest.mark.parametrize(
    ("zone", "text", "since", "expected"),
    [
        pytest.param(
            "Europe/Paris",
            "mon 10:00-13:00",
            utc(2026, 3, 23),
            (utc(2026, 3, 23, 9), utc(2026, 3, 23, 12)),
            id="winter",
        ),
        pytest.param(
            "Europe/Paris",
            "mon 10:00-13:00",
            utc(2026, 3, 24),
            (utc(2026, 3, 30, 8), utc(2026, 3, 30, 11)),
            id="summer",
        ),
        pytest.param(
            "Europe/Paris",
            "sun 02:30-04:00",
            utc(2026, 3, 28),
            (utc(2026, 3, 29, 1), utc(2026, 3, 29, 2)),
            id="a start that does not exist moves to 03:00",
        ),
        pytest.param(
            "Europe/Paris",
            "sun 01:30-02:30",
            utc(2026, 3, 28),
            (utc(2026, 3, 29, 0, 30), utc(2026, 3, 29, 1)),
            id="an end that does not exist moves to 03:00",
        ),
        pytest.param(
            "Europe/Paris",
            "sun 02:00-03:00",
            utc(2026, 3, 28),
            (utc(2026, 4, 5, 0), utc(2026, 4, 5, 1)),
            id="a slot in the missing hour waits a week",
        ),
        pytest.param(
            "Europe/Paris",
            "sun 02:30-02:45",
            utc(2026, 10, 24),
            (utc(2026, 10, 25, 0, 30), utc(2026, 10, 25, 0, 45)),
            id="a doubled time is the first",
        ),
        pytest.param(
            "Europe/Paris",
            "sun 02:30-02:45",
            utc(2026, 10, 25, 0, 45),
            (utc(2026, 11, 1, 1, 30), utc(2026, 11, 1, 1, 45)),
            id="a doubled time happens once",
        ),
        pytest.param(
            "Europe/Paris",
            "sun 02:00-03:00",
            utc(2026, 10, 24),
            (utc(2026, 10, 25, 0), utc(2026, 10, 25, 2)),
            id="the doubled hour lasts two",
        ),
        pytest.param(
            "Pacific/Apia",
            "fri 10:00-13:00",
            utc(2011, 12, 29),
            (utc(2012, 1, 5, 20), utc(2012, 1, 5, 23)),
            id="a whole day that Samoa left out",
        ),
    ],
)
def test_a_slot_happens_at(zone, text, since, expected):
    assert next_slot(weekly(text), zone, since) == Slot(*expected)


@pytest.mark.parametrize("year", YEARS)
@pytest.mark.parametrize(("zone", "east"), HOURS_EAST_IN_WINTER.items())
def test_the_nights_of_the_clock_change(zone, east, year):
    spring, autumn = clock_change(year, 3), clock_change(year, 10)
    half_past = [WeeklySlot(6, time(east + 1, 30), time(east + 3))]
    assert list(slots_between(half_past, zone, spring - DAY, spring + DAY)) == [
        Slot(spring, spring + timedelta(hours=1))
    ]
    assert list(slots_between(half_past, zone, autumn - DAY, autumn + DAY)) == [
        Slot(autumn - timedelta(minutes=30), autumn + timedelta(hours=2))
    ]


@pytest.mark.parametrize("zone", ZONES)
def test_a_daily_slot_at_night_happens_once_on_each_date_of_nine_years(zone):
    nightly = weekly(*(f"{day} 02:30-03:30" for day in ("mon", "tue", "wed", "thu", "fri", "sat", "sun")))
    found = list(slots_between(nightly, zone, utc(2023, 12, 31, 12), utc(2032, 12, 31, 12)))
    dates = [slot.start.astimezone(ZoneInfo(zone)).date() for slot in found]
    assert dates == [date(2024, 1, 1) + DAY * passed for passed in range(len(found))]
    assert dates[-1] == date(2032, 12, 31)


@st.composite
def weeks(draw):
    """Slots that do not overlap, many of them at night and at weekends."""
    week = []
    for weekday in draw(st.sets(st.sampled_from([0, 3, 5, 6, 6]), min_size=1)):
        minutes = st.integers(0, 4 * 60) | st.integers(0, 24 * 60 - 1)
        marks = sorted(draw(st.sets(minutes, min_size=2, max_size=6)))
        times = [time(*divmod(mark, 60)) for mark in marks]
        week += [WeeklySlot(weekday, start, end) for start, end in zip(times[::2], times[1::2], strict=False)]
    return draw(st.permutations(week))


def instants():
    near_a_change = st.builds(
        lambda year, month, minutes: clock_change(year, month) + MINUTE * minutes,
        st.sampled_from(YEARS),
        st.sampled_from([3, 10]),
        st.integers(-2000, 2000),
    )
    return near_a_change | st.datetimes(NEW_YEAR_2024, NEW_YEAR_2024.replace(2032), timezones=st.just(UTC))


@given(weeks(), st.sampled_from(ZONES), instants(), st.integers(0, 8 * 24 * 60))
def test_slots_are_those_that_a_watched_clock_shows(week, zone, since, minutes):
    until = since + MINUTE * minutes
    expected = []
    for days in range(-1, 11):
        day = since.date() + DAY * days
        for slot in (slot for slot in week if slot.weekday == day.weekday()):
            start, end = (first_minute_showing(datetime.combine(day, clock), zone) for clock in (slot.start, slot.end))
            if since <= start < until and start < end:
                expected.append(Slot(start, end))
    assert list(slots_between(week, zone, since, until)) == sorted(expected)


@given(weeks(), st.sampled_from(ZONES), instants(), st.booleans())
def test_the_running_the_next_and_the_last_slot_are_found(week, zone, at, written_in_local_time):
    around = list(slots_between(week, zone, at - 3 * WEEK, at + 3 * WEEK))
    running = next((slot for slot in around if slot.start <= at < slot.end), None)
    following = next(slot for slot in around if slot.start >= at)
    if written_in_local_time:
        at = at.astimezone(ZoneInfo(zone))
    assert running_slot(week, zone, at) == running
    assert next_slot(week, zone, at) == following
    assert running_or_next_slot(week, zone, at) == (running or following)


def test_a_slot_runs_from_its_start_until_just_before_its_end():
    week, start, end = weekly("mon 10:00-13:00"), utc(2026, 3, 23, 9), utc(2026, 3, 23, 12)
    moments = [start - timedelta.resolution, start, end - timedelta.resolution, end]
    running = [running_slot(week, "Europe/Paris", at) is not None for at in moments]
    assert running == [False, True, True, False]
    assert next_slot(week, "Europe/Paris", start) == Slot(start, end)


@pytest.mark.parametrize("find", [running_slot, next_slot, running_or_next_slot])
def test_a_campaign_without_slots_never_runs(find):
    assert find([], "Europe/Paris", utc(2026, 3, 23)) is None


def test_a_period_has_the_slot_that_starts_with_it_and_not_the_one_that_starts_at_its_end():
    start = utc(2026, 3, 23, 9)
    found = slots_between(weekly("mon 10:00-13:00"), "Europe/Paris", start, start + WEEK - timedelta(hours=1))
    assert [slot.start for slot in found] == [start]


# Slots among themselves


def test_overlapping_slots_are_named_and_touching_ones_are_not():
    early, late, touching, other_day = weekly(
        "mon 10:00-13:00", "mon 12:59-14:00", "mon 14:00-15:00", "tue 10:00-13:00"
    )
    assert overlapping([late, touching, other_day, early]) == [(early, late)]
    assert overlapping([early, early]) == [(early, early)]


@pytest.mark.parametrize(
    ("local", "expected"),
    [
        (time(0), DayPart.MORNING),
        (time(12, 59, 59, 999_999), DayPart.MORNING),
        (time(13), DayPart.AFTERNOON),
        (time(16, 59, 59, 999_999), DayPart.AFTERNOON),
        (time(17), DayPart.EVENING),
        (time(23, 59), DayPart.EVENING),
    ],
)
def test_the_parts_of_the_day(local, expected):
    assert daypart(local) is expected


def test_the_part_of_the_day_is_that_of_the_person():
    at = utc(2026, 7, 1, 10, 30)
    assert daypart_of(at, "Europe/Paris") is DayPart.MORNING
    assert daypart_of(at, "Indian/Reunion") is DayPart.AFTERNOON
