"""Whether every job ran when it was due, whatever the clocks on the walls did."""

from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime

from growth.demo.agency import FAST_LANE, ZONE
from growth.demo.calendar import Season

_FAST = f"cf-campaign-loop:{FAST_LANE}"
_PER_HOUR = 30
DAILY = ("recover-forgotten-leads", "housekeeping", "retention", "consume-referrals")


def badly_ticked(ticks: Iterable[tuple[str, datetime]], season: Season) -> Iterator[str]:
    """Yield what is wrong with the ticks that did something, each with its job and due instant.

    The two-minute job has 30 in every UTC hour of the slots and of the night in which the clocks change; each daily
    job has one on every local date.
    """
    told = list(ticks)
    by_hour = Counter(at.astimezone(UTC).replace(minute=0, second=0) for job, at in told if job == _FAST)
    for hour in sorted(set(season.busy_hours())):
        if by_hour[hour] != _PER_HOUR:
            yield f"the two-minute job ran {by_hour[hour]} times in the hour from {hour:%F %H:%M} UTC"
    by_date = Counter((job, at.astimezone(ZONE).date()) for job, at in told if job in DAILY)
    for job in DAILY:
        for day in season.dates:
            if by_date[job, day] != 1:
                yield f"{job} ran {by_date[job, day]} times on {day}"
