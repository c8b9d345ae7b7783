"""A calendar month, as it stands on a calendar: no number of days is assumed."""

import calendar
import re
from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from growth.domain.kernel.errors import Invalid

_WRITTEN = re.compile(r"(\d{4})-(0[1-9]|1[0-2])", re.ASCII)
_DECEMBER = 12
_EARLIEST, _LATEST = 1900, 2199  # years; outside of them it is a mistake


class BadMonth(Invalid):
    """What was given is no month."""

    code = "bad-month"

    def __init__(self) -> None:
        super().__init__(f"Write a month like 2026-11, from {_EARLIEST} to {_LATEST}.")


@dataclass(frozen=True, slots=True, order=True)
class Month:
    year: int
    number: int  # 1 is January

    def __str__(self) -> str:
        return f"{self.year:04}-{self.number:02}"

    @property
    def next(self) -> "Month":
        return Month(self.year + 1, 1) if self.number == _DECEMBER else Month(self.year, self.number + 1)

    @property
    def days(self) -> int:
        return calendar.monthrange(self.year, self.number)[1]

    @property
    def last_day(self) -> date:
        return date(self.year, self.number, self.days)


LAST_MONTH = Month(_LATEST, _DECEMBER)  # that can be written; there may be a month after it


def month_of(day: date) -> Month:
    """Return the month in which a day lies; a `datetime` counts as it is written, so bring it into a zone first."""
    return Month(day.year, day.month)


def month_at(instant: datetime, zone: ZoneInfo) -> Month:
    """Return the month that a wall calendar in the zone shows at an instant."""
    return month_of(instant.astimezone(zone))


def parse_month(raw: str) -> Month:
    """Return the month written as `2026-11`. Raises `BadMonth`."""
    found = _WRITTEN.fullmatch(raw)
    if found is None or not _EARLIEST <= int(found[1]) <= _LATEST:
        raise BadMonth
    return Month(int(found[1]), int(found[2]))
