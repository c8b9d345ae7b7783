"""How long a person is left in peace after attempts and refusals."""

from collections.abc import Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from growth.domain.campaigns.business_rules.law.local_days import days_after
from growth.domain.campaigns.entities.law import AttemptWindow, LawSettings, Silence


def rested_at(attempts: Sequence[datetime], rule: AttemptWindow, zone: ZoneInfo, at: datetime) -> datetime:
    """Return the first instant at or after `at` at which one more attempt leaves no window with too many.

    Any window counts, those too that go on after `at`: where attempts are known that are later, they are not
    made too many in hindsight.
    """
    tried = sorted(attempts)
    for oldest, newest in zip(tried, tried[rule.most - 1 :], strict=False):
        free = days_after(oldest, rule.days, zone)
        if at < free and newest < free and (newest <= at or newest < days_after(at, rule.days, zone)):
            at = free
    return at


def silent_until(refused_at: datetime, rule: Silence, settings: LawSettings, zone: ZoneInfo) -> datetime:
    return days_after(refused_at, max(rule.least_days, settings.refusal_silence_days), zone)
