"""Days and years by the clock on somebody's wall, which a change of the clocks does not shift."""

from calendar import isleap
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from growth.domain.campaigns.business_rules.slots import instant_of

_FEBRUARY, _LEAP_DAY = 2, 29


def midnight(day: date, zone: ZoneInfo) -> datetime:
    """Return the instant (UTC) at which the local date begins."""
    return instant_of(datetime.combine(day, time()), zone)


def days_after(at: datetime, days: int, zone: ZoneInfo) -> datetime:
    """Return the instant (UTC) at which the clock shows the same time, so many days later."""
    return instant_of(_on_the_wall(at, zone) + timedelta(days=days), zone)


def years_after(at: datetime, years: int, zone: ZoneInfo) -> datetime:
    """Return the instant (UTC) of the same date and time, so many years later; 28 February for a missing 29th."""
    local = _on_the_wall(at, zone)
    year = local.year + years
    if (local.month, local.day) == (_FEBRUARY, _LEAP_DAY) and not isleap(year):
        local = local.replace(day=_LEAP_DAY - 1)
    return instant_of(local.replace(year=year), zone)


def _on_the_wall(at: datetime, zone: ZoneInfo) -> datetime:
    return at.astimezone(zone).replace(tzinfo=None)
