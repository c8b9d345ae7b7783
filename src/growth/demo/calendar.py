"""The demo's month: one stretch of days around each change of the clocks of 2026, and the steps of the clock in it."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from growth.demo.agency import ZONE

FEWEST_DAYS, MOST_DAYS = 4, 90
_SPRING, _AUTUMN = date(2026, 3, 29), date(2026, 10, 25)  # Sundays; the law of 11 August lies between
_SPRINGS_SHARE = 0.4  # so that a month has Easter Monday at the one end and Armistice Day at the other
_DAY, _HOUR, _TWO_MINUTES = timedelta(days=1), timedelta(hours=1), timedelta(minutes=2)
_CLOSED_BY = timedelta(minutes=14)  # a run closes when its calls under way have ended
_LAST = time(22, 10)
_SATURDAY = 5
SLOTS = ((time(10), time(13)), (time(14), time(17)), (time(17), time(20)))


@dataclass(frozen=True, slots=True)
class Season:
    """So many local days from `first` on, around the night of `change`."""

    name: str
    change: date
    first: date
    days: int

    @property
    def opens(self) -> datetime:
        return _local(self.first, time())

    @property
    def ends(self) -> datetime:
        return _local(self.first + (self.days - 1) * _DAY, _LAST)

    @property
    def dates(self) -> list[date]:
        return [self.first + number * _DAY for number in range(self.days)]

    def slots(self) -> Iterator[tuple[datetime, datetime]]:
        """Yield all slots, those of public holidays too: they run, and call nobody."""
        for day in self.dates:
            if day.weekday() < _SATURDAY:
                yield from ((_local(day, start), _local(day, end)) for start, end in SLOTS)

    def night(self) -> tuple[datetime, datetime]:
        """Return the hours around the change of the clocks, from midnight on."""
        return _local(self.change, time()), _local(self.change, time(7))

    def change_of_clocks(self) -> datetime:
        """Return the instant of the change; it is the same everywhere in the European Union."""
        return datetime.combine(self.change, time(1), UTC)

    def busy_hours(self) -> Iterator[datetime]:
        """Yield every UTC hour that lies in a slot or in the night of the change, by its beginning, once."""
        for start, end in (self.night(), *self.slots()):
            yield from (start + number * _HOUR for number in range(int((end - start) / _HOUR)))

    def next_stop(self, now: datetime) -> datetime:
        """Return where the clock stops next: every two minutes in slots and in that night, else every hour."""
        spans = (self.night(), *((start, end + _CLOSED_BY) for start, end in self.slots()))
        step = _TWO_MINUTES if any(start <= now < end for start, end in spans) else _HOUR
        return min(_after(now, step), max(self.ends, now))


def seasons(days: int) -> tuple[Season, Season]:
    """Return both, of `days` (4 or more) in all. A longer spring begins two days before the clocks change."""
    spring = round(days * _SPRINGS_SHARE)
    first = _SPRING - 2 * _DAY if spring > 2 else _SPRING  # noqa: PLR2004 - one working day at the least
    return Season("spring", _SPRING, first, spring), Season("autumn", _AUTUMN, _AUTUMN, days - spring)


def _local(day: date, at: time) -> datetime:
    return datetime.combine(day, at, ZONE).astimezone(UTC)


def _after(now: datetime, step: timedelta) -> datetime:
    """Return the first whole multiple of `step` after `now`."""
    start = datetime(2026, 1, 1, tzinfo=UTC)
    return start + ((now - start) // step + 1) * step
