"""Windows of paid access: where a grant begins, what is left, and what is used of it. A day is 24 hours."""

from datetime import UTC, datetime, timedelta

DAY = timedelta(days=1)  # exact: instants are in UTC
LATEST_END = datetime(2200, 1, 1, tzinfo=UTC) - timedelta(microseconds=1)  # later times are neither read nor written


def extended(until: datetime | None, days: int, now: datetime) -> datetime:
    """Return the window's end after a grant: it runs on from the present end, or from now, whichever is later."""
    return max(until or now, now) + days * DAY


def shortened(until: datetime, days: int, now: datetime) -> datetime:
    """Return the window's end after days of it were taken back: never before now, and never later than it was."""
    return max(until - days * DAY, min(until, now))


def days_left(until: datetime | None, now: datetime) -> int:
    """Return how many days are left, one that has begun included."""
    return 0 if until is None or until <= now else -(-(until - now) // DAY)


def room(until: datetime | None, now: datetime) -> int:
    """Return how many days a window can still be extended by."""
    return max(0, (LATEST_END - max(until or now, now)) // DAY)
