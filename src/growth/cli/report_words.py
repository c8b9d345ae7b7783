"""How figures of campaigns are said to people."""

from datetime import datetime, timedelta, tzinfo
from zoneinfo import ZoneInfo

from growth.domain.campaigns.business_rules.lifting import LEAST_APPOINTMENTS, LEAST_CALLED
from growth.domain.campaigns.entities.configuration import Configuration
from growth.domain.campaigns.entities.reports import Lift, Period
from growth.domain.campaigns.entities.runs import Gate

_MINUTE, _HOUR, _DAY = 60, 3600, 86_400
_GATES = {
    Gate.STATUS: "already settled",
    Gate.PHONE: "no valid number",
    Gate.DO_NOT_CALL: "on a do-not-call list",
    Gate.CONSENT: "no consent to call",
    Gate.HOURS: "outside the legal hours",
    Gate.ATTEMPT_CAP: "tried as often as allowed",
    Gate.GAP: "tried too recently",
    Gate.PENDING_TASK: "open task with a salesperson",
    Gate.WALLET: "belongs to an agent who is away",
    Gate.ZONE: "outside all zones",
    Gate.CAPACITY: "agents were full",
    Gate.MAXIMUM: "slot was full",
}


def gate_word(gate: Gate | str) -> str:
    return _GATES[Gate(gate)]


def zone_word(zone: str | None) -> str:
    return "none" if zone is None else zone or "everywhere"


def number(value: int | None) -> str:
    return "" if value is None else f"{value:,}"


def percent(part: float) -> str:
    return f"{part:.0%}"


def zone_of(configuration: Configuration) -> tzinfo:
    """Return the zone that all campaigns are in; UTC where there are several."""
    zones = {campaign.timezone for campaign in configuration.campaigns}
    return ZoneInfo(zones.pop() if len(zones) == 1 else "UTC")


def day(at: datetime, zone: tzinfo) -> str:
    return f"{at.astimezone(zone):%a %d %b %H:%M}"


def day_of_year(at: datetime, zone: tzinfo) -> str:
    return f"{at.astimezone(zone):%a %d %b %Y %H:%M}"


def lasts_from(period: Period, zone: tzinfo) -> str:
    return f"{day_of_year(period.since, zone)} to {day_of_year(period.until, zone)} ({zone})"


def lasting(seconds: int) -> str:
    """Say a length of time by its one or two largest units."""
    if seconds < _MINUTE:
        return f"{seconds} s"
    if seconds < _HOUR:
        return f"{seconds // _MINUTE} min"
    if seconds < _DAY:
        return f"{seconds // _HOUR} h {seconds % _HOUR // _MINUTE:02} min"
    return f"{seconds // _DAY} d {seconds % _DAY // _HOUR} h"


def ago(at: datetime, now: datetime) -> str:
    return f"{lasting(max(now - at, timedelta()) // timedelta(seconds=1))} ago"


def lift_words(it: Lift) -> str:
    """Say what scoring brings, or what is missing to say it."""
    arms = (
        f"{it.scored.appointments:,} of {it.scored.called:,} calls in score order, "
        f"{it.held_out.appointments:,} of {it.held_out.called:,} in order of arrival"
    )
    if it.lift is None or it.low is None or it.high is None:
        needed = f"{LEAST_CALLED} calls on each side and {LEAST_APPOINTMENTS} appointments"
        return f"not enough data yet ({arms}; it takes {needed})"
    return f"{it.lift:.2f} times the appointments (between {it.low:.2f} and {it.high:.2f}; {arms})"
