"""The hours in which a person may be called at all. This is not legal advice.

The hours are part of the law packs; their other rules, and times that the person agreed to, are in `law/judging.py`.
`zone` (IANA name) and `postal_code` are those of the person called; without a postal code only national
holidays count.
Intervals are half-open: 10:00 is allowed, 13:00 is not.
"""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from growth.domain.campaigns.business_rules.law.packs import pack_on
from growth.domain.campaigns.business_rules.slots import slot_on
from growth.domain.campaigns.entities.law import CallHours
from growth.domain.campaigns.entities.slots import Slot, WeeklySlot
from growth.domain.kernel.country import Country
from growth.domain.kernel.holidays import is_public_holiday


def call_hours_on(country: Country, day: date) -> CallHours:
    """Return the call hours in force on the local date `day`."""
    return pack_on(country, day).hours


def may_call_at(country: Country, zone: str, postal_code: str | None, at: datetime) -> bool:
    """Tell whether the instant `at` (aware) is inside the call hours of the person."""
    openings = _openings(country, zone, postal_code, at.astimezone(ZoneInfo(zone)).date())
    return any(opening.contains(at) for opening in openings)


def next_allowed(country: Country, zone: str, postal_code: str | None, at: datetime) -> datetime:
    """Return the first instant (UTC) at or after `at` (aware) that is inside the call hours of the person."""
    at = at.astimezone(UTC)
    day = at.astimezone(ZoneInfo(zone)).date()
    while True:
        for opening in _openings(country, zone, postal_code, day):
            if at < opening.end:
                return max(at, opening.start)
        day += timedelta(days=1)


def hours_end(country: Country, zone: str, postal_code: str | None, at: datetime) -> datetime:
    """Return when the call hours end (UTC) in which the instant `at` lies; `at` where it lies in none."""
    openings = _openings(country, zone, postal_code, at.astimezone(ZoneInfo(zone)).date())
    return next((opening.end for opening in openings if opening.contains(at)), at)


def _openings(country: Country, zone: str, postal_code: str | None, day: date) -> tuple[Slot, ...]:
    slots = _slots_on(country, zone, day)
    if slots and not call_hours_on(country, day).on_holidays and is_public_holiday(country, day, postal_code):
        return ()
    return slots


@lru_cache(maxsize=16_384)  # three years of all zones
def _slots_on(country: Country, zone: str, day: date) -> tuple[Slot, ...]:
    slots = (slot_on(day, window, ZoneInfo(zone)) for window in call_hours_on(country, day).windows)
    return tuple(slot for slot in slots if slot)


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
