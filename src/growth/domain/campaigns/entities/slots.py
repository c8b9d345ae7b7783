"""Slots: the wall-clock intervals of the week in which a campaign calls, and the instants they fall on."""

import re
from dataclasses import dataclass
from datetime import datetime, time
from enum import StrEnum

from growth.domain.kernel.errors import Invalid

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")

_CLOCK = "((?:[01][0-9]|2[0-3]):[0-5][0-9])"
_WRITTEN = re.compile(f"({'|'.join(WEEKDAYS)}) {_CLOCK}-{_CLOCK}")
_LONGEST_QUOTE = 40


class InvalidSlot(Invalid):
    """The weekly slot cannot be read."""

    code = "invalid-slot"


class DayPart(StrEnum):
    """A part of the local day. Somebody who was not reached in one is tried in another."""

    MORNING = "morning"  # before 13:00
    AFTERNOON = "afternoon"  # 13:00 to 17:00
    EVENING = "evening"  # from 17:00


@dataclass(frozen=True, slots=True, order=True)
class WeeklySlot:
    """`[start, end)` of one weekday (0 = Monday), as the clock on the wall shows it, in whole minutes."""

    weekday: int
    start: time
    end: time

    def __str__(self) -> str:
        """Write it as `parse_weekly_slot` reads it."""
        return f"{WEEKDAYS[self.weekday]} {self.start:%H:%M}-{self.end:%H:%M}"


@dataclass(frozen=True, slots=True, order=True)
class Slot:
    """`[start, end)`, aware UTC instants; never empty."""

    start: datetime
    end: datetime

    def contains(self, at: datetime) -> bool:
        return self.start <= at < self.end


def parse_weekly_slot(text: str) -> WeeklySlot:
    """Read `mon 10:00-13:00`. A slot ends on the day it starts, at 23:59 at the latest.

    Raises `InvalidSlot`, which says what to write instead.
    """
    written = _WRITTEN.fullmatch(text)
    if written is None:
        raise InvalidSlot(
            f"{text[:_LONGEST_QUOTE]!r} is not a weekly slot: write a day ({', '.join(WEEKDAYS)}) and two "
            "times from 00:00 to 23:59 without seconds, like 'mon 10:00-13:00'."
        )
    slot = WeeklySlot(WEEKDAYS.index(written[1]), time.fromisoformat(written[2]), time.fromisoformat(written[3]))
    if slot.start >= slot.end:
        raise InvalidSlot(
            f"'{slot}' does not end after it starts: write the earlier time first; "
            "where it passes midnight, write two slots."
        )
    return slot
