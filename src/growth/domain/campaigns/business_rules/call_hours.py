"""The hours in which a person may be called at all. This is not legal advice.

Consent, caps and do-not-call lists are other rules, and so is the one exception: a time the person agreed to.
`zone` (IANA name) and `postal_code` are those of the person called; without a postal code only national
holidays count. Zones are taken to change their clocks outside the call hours, as all of these countries do.
Intervals are half-open: 10:00 is allowed, 13:00 is not.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from growth.domain.campaigns.business_rules.slots import slot_on
from growth.domain.campaigns.entities.slots import Slot, WeeklySlot
from growth.domain.kernel.country import Country
from growth.domain.kernel.holidays import is_public_holiday

_MONDAY_TO_FRIDAY = range(5)


@dataclass(frozen=True, slots=True)
class CallHours:
    """The call hours of a country from the local date `valid_from` (None: ever) until the next ones."""

    country: Country
    windows: tuple[WeeklySlot, ...]  # in order, not overlapping, at least one
    on_holidays: bool
    legal_source: str
    valid_from: date | None = None


def _each_working_day(*windows: tuple[time, time]) -> tuple[WeeklySlot, ...]:
    return tuple(WeeklySlot(day, start, end) for day in _MONDAY_TO_FRIDAY for start, end in windows)


_FRANCE_2023 = CallHours(
    country=Country.FR,
    windows=_each_working_day((time(10), time(13)), (time(14), time(20))),
    on_holidays=False,
    legal_source="Code de la consommation D.223-9 (decree 2022-1313)",
)
_FRANCE_2026 = replace(_FRANCE_2023, legal_source="law 2025-594, decree 2026-662", valid_from=date(2026, 8, 11))
_SPAIN = CallHours(
    country=Country.ES,
    windows=_each_working_day((time(9), time(21))),
    on_holidays=False,
    legal_source="Real Decreto Legislativo 1/2007, art. 96.2",
)
_BELGIUM = CallHours(
    country=Country.BE,
    windows=_each_working_day((time(9), time(18))),
    on_holidays=False,
    legal_source="default of this service: business hours",
)
CALL_HOURS = (_FRANCE_2023, _FRANCE_2026, _SPAIN, _BELGIUM)  # of one country the older ones first


def call_hours_on(country: Country, day: date) -> CallHours:
    """Return the call hours in force on the local date `day`."""
    return next(
        hours
        for hours in reversed(CALL_HOURS)
        if hours.country == country and (hours.valid_from is None or hours.valid_from <= day)
    )


def may_call_at(country: Country, zone: str, postal_code: str | None, at: datetime) -> bool:
    """Tell whether the instant `at` (aware) is inside the call hours of the person."""
    local = at.astimezone(ZoneInfo(zone))
    day, weekday, clock = local.date(), local.weekday(), local.time()
    hours = call_hours_on(country, day)
    if not any(each.weekday == weekday and each.start <= clock < each.end for each in hours.windows):
        return False
    return hours.on_holidays or not is_public_holiday(country, day, postal_code)


def next_allowed(country: Country, zone: str, postal_code: str | None, at: datetime) -> datetime:
    """Return the first instant (UTC) at or after `at` (aware) that is inside the call hours of the person."""
    tz, at = ZoneInfo(zone), at.astimezone(UTC)
    day = at.astimezone(tz).date()
    while True:
        for opening in _openings(country, tz, postal_code, day):
            if at < opening.end:
                return max(at, opening.start)
        day += timedelta(days=1)


def allowed_until(country: Country, zone: str, postal_code: str | None, at: datetime) -> datetime:
    """Return when the call hours end (UTC) in which the instant `at` lies; `at` where it lies in none."""
    tz = ZoneInfo(zone)
    openings = _openings(country, tz, postal_code, at.astimezone(tz).date())
    return next((opening.end for opening in openings if opening.contains(at)), at)


def _openings(country: Country, zone: ZoneInfo, postal_code: str | None, day: date) -> Iterator[Slot]:
    hours = call_hours_on(country, day)
    if hours.on_holidays or not is_public_holiday(country, day, postal_code):
        for window in hours.windows:
            if opening := slot_on(day, window, zone):
                yield opening


def outside_hours(slot: WeeklySlot, country: Country) -> list[WeeklySlot]:
    """Return the parts of a weekly slot that are outside the country's newest call hours, in order.

    It compares wall-clock times, as if campaign and person shared a zone: it is for checking a configuration.
    """
    outside, start = [], slot.start
    for window in call_hours_on(country, date.max).windows:
        if window.weekday != slot.weekday:
            continue
        end = min(window.start, slot.end)
        if start < end:
            outside.append(replace(slot, start=start, end=end))
        start = max(start, window.end)
    return [*outside, replace(slot, start=start)] if start < slot.end else outside
