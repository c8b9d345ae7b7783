"""When weekly slots happen. Instants are aware; `zone` is an IANA name, else `ZoneInfoNotFoundError`.

Slots are written in wall-clock time. On a day that changes the clocks a time that does not exist moves to the
next that does, and a doubled one is the first; so each slot happens once a week. One that lies wholly in the
missing hour has no time left and does not happen that week.
"""

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, time, timedelta
from itertools import combinations
from zoneinfo import ZoneInfo

from growth.domain.campaigns.entities.slots import DayPart, Slot, WeeklySlot

_DAY = timedelta(days=1)
_WEEK = timedelta(weeks=1)
_SEARCH_WEEKS = 60  # a slot may miss a week, never a year
_NOON_BREAK, _EVENING = time(13), time(17)


def instant_of(local: datetime, zone: ZoneInfo) -> datetime:
    """Return the first instant (UTC) at which clocks in `zone` show the naive `local` time or a later one."""
    first = local.replace(tzinfo=zone, fold=0).astimezone(UTC)
    second = local.replace(tzinfo=zone, fold=1).astimezone(UTC)
    if first <= second:
        return first
    # The time is skipped: the two readings lie around the change of the clocks.
    old = second.astimezone(zone).utcoffset()
    seconds = range(int((first - second).total_seconds()) + 1)
    to_change = bisect_left(
        seconds, True, key=lambda s: (second + timedelta(seconds=s)).astimezone(zone).utcoffset() != old
    )
    return second + timedelta(seconds=to_change)


def slot_on(day: date, weekly: WeeklySlot, zone: ZoneInfo) -> Slot | None:
    """Return the slot on that local date; None on another weekday or when a clock change swallows it."""
    if day.weekday() != weekly.weekday:
        return None
    start = instant_of(datetime.combine(day, weekly.start), zone)
    end = instant_of(datetime.combine(day, weekly.end), zone)
    return Slot(start, end) if start < end else None


def slots_between(weekly: Sequence[WeeklySlot], zone: str, since: datetime, until: datetime) -> Iterator[Slot]:
    """Yield all slots that start in `[since, until)`, in order."""
    tz, ordered = ZoneInfo(zone), sorted(weekly)
    day = since.astimezone(tz).date()  # a start that moves past midnight leaves its slot empty
    since, until = since.astimezone(UTC), until.astimezone(UTC)
    last = until.astimezone(tz).date()
    while day <= last:
        for each in ordered:
            slot = slot_on(day, each, tz)
            if slot and since <= slot.start < until:
                yield slot
        day += _DAY


def running_slot(weekly: Sequence[WeeklySlot], zone: str, at: datetime) -> Slot | None:
    at = at.astimezone(UTC)
    recent = slots_between(weekly, zone, at - 2 * _DAY, at + timedelta.resolution)
    return next((slot for slot in recent if slot.contains(at)), None)


def next_slot(weekly: Sequence[WeeklySlot], zone: str, at: datetime) -> Slot | None:
    """Return the first slot whose start is at or after `at`; None when there is none in 60 weeks."""
    at = at.astimezone(UTC)
    return next(slots_between(weekly, zone, at, at + _SEARCH_WEEKS * _WEEK), None)


def running_or_next_slot(weekly: Sequence[WeeklySlot], zone: str, at: datetime) -> Slot | None:
    return running_slot(weekly, zone, at) or next_slot(weekly, zone, at)


def overlapping(weekly: Sequence[WeeklySlot]) -> list[tuple[WeeklySlot, WeeklySlot]]:
    """Return the pairs that share at least a minute, the earlier one first. Slots that only touch do not."""
    return [
        (one, other)
        for one, other in combinations(sorted(weekly), 2)
        if one.weekday == other.weekday and other.start < one.end
    ]


def daypart(local: time) -> DayPart:
    if local < _NOON_BREAK:
        return DayPart.MORNING
    return DayPart.AFTERNOON if local < _EVENING else DayPart.EVENING


def daypart_of(instant: datetime, zone: str) -> DayPart:
    return daypart(instant.astimezone(ZoneInfo(zone)).time())
