"""The rules of law once more, as the specification words them, and people to try them on.

It knows no packs and computes no intervals: it judges one instant after another, by clocks on walls and lists of days.
"""

import csv
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from pathlib import Path
from zoneinfo import ZoneInfo

from tests.domain.makers import DAY, MINUTE, a_contactable, number

from growth.domain.campaigns.entities.consents import Consent, Period, Standing
from growth.domain.kernel.country import Country

FR, ES, BE = Country.FR, Country.ES, Country.BE
TICK = timedelta.resolution
SWITCH = date(2026, 8, 11)
LISTS = Path(__file__).parents[1] / "data" / "holidays"
HOURS = {FR: [(10, 13), (14, 20)], ES: [(9, 21)], BE: [(9, 18)]}
# By place: what is a public holiday there beside those of its list.
PLACES = {
    (FR, "75011", "Europe/Paris"): (),
    (FR, "67000", "Europe/Paris"): (),
    (FR, "57100", "Europe/Paris"): (),
    (FR, "97300", "America/Cayenne"): ((6, 10),),
    (FR, "97400", "Indian/Reunion"): ((12, 20),),
    (FR, "97500", "America/Miquelon"): (),
    (ES, "99999", "Europe/Madrid"): (),  # of no known province: national days only, as the list has them
    (ES, "99999", "Atlantic/Canary"): (),
    (BE, "1000", "Europe/Brussels"): (),
}


@cache
def holidays(country, postal_code):
    if country is FR:
        zone = "alsace-moselle" if postal_code[:2] in {"57", "67", "68"} else "metropole"
        name, wanted = f"etalab_jours_feries_{zone}.csv", {}
    else:
        name, wanted = "fr_be_es_2024_2028_python-holidays.csv", {"country": country.value}
    with (LISTS / name).open(encoding="utf-8") as lines:
        rows = [row for row in csv.DictReader(lines) if all(row[key] == value for key, value in wanted.items())]
    return {date.fromisoformat(row["date"]) for row in rows}


def wall(at, zone):
    return at.astimezone(zone).replace(tzinfo=None)


def has_shown(at, clock, zone):
    """Whether the clock on the wall has shown this time by `at`; in a doubled hour it may have been before."""
    back = range(61) if at.astimezone(zone).fold else (0,)
    return any(wall(at - minutes * MINUTE, zone) >= clock for minutes in back)


def a_year_on(clock):
    try:
        return clock.replace(year=clock.year + 1)
    except ValueError:
        return clock.replace(year=clock.year + 1, day=28)


def may_rest_on_something(who, at, zone, request_days):
    standing, spain, today = who.standing, who.lead.country_code is ES, wall(at, zone).date()
    to_calls = [each for each in standing.consents if each.purpose == "sales" and each.channel == "phone"]
    withdrawn = [each.withdrawn_at for each in to_calls if each.withdrawn_at and each.withdrawn_at <= at]

    def holds(said):
        return said <= at and not any(said <= word for word in withdrawn)

    for consent in to_calls:
        expired = consent.expires_at is not None and at >= consent.expires_at
        taken_back = consent.withdrawn_at is not None and consent.withdrawn_at <= at
        too_old = not spain and has_shown(at, a_year_on(wall(consent.given_at, zone)), zone)
        if holds(consent.given_at) and not (expired or taken_back or too_old):
            return True
    asked = standing.requested_at
    if asked and holds(asked) and not has_shown(at, wall(asked, zone) + request_days * DAY, zone):
        return True
    return any(
        each.since <= today and (spain or each.until is None or today <= each.until) for each in standing.contracts
    )


def in_the_hours(who, at, zone):
    lead, local = who.lead, wall(at, zone)
    extra = PLACES[lead.country_code, lead.postal_code, lead.timezone]
    if local.date() in holidays(lead.country_code, lead.postal_code) or (local.month, local.day) in extra:
        return False
    return local.weekday() < 5 and any(time(a) <= local.time() < time(b) for a, b in HOURS[lead.country_code])


def is_the_fifth_in_thirty_days(who, at, zone):
    before, after = [each for each in who.attempts if each <= at], [each for each in who.attempts if each > at]
    tried = [*sorted(before), at, *sorted(after)]
    for first in range(max(0, len(before) - 4), len(before) + 1):
        five = tried[first : first + 5]
        if len(five) == 5 and not has_shown(five[4], wall(five[0], zone) + 30 * DAY, zone):
            return True
    return False


def at_the_callback(who, at):
    return who.lead.callback_at is not None and who.lead.callback_at <= at < who.lead.callback_at + MINUTE


def the_rule(who, at, request_days=30, silence_days=60):
    """The first rule that forbids the call, and its part; None: it is allowed."""
    zone, country, refused = ZoneInfo(who.lead.timezone), who.lead.country_code, who.standing.refused_at
    new = country is FR and wall(at, zone).date() >= SWITCH
    agreed = new and at_the_callback(who, at)
    if who.standing.do_not_call:
        return "do_not_call"
    if (new or country is ES) and not may_rest_on_something(who, at, zone, request_days):
        return "consent"
    if not agreed and not in_the_hours(who, at, zone):
        return "hours"
    if country is FR and is_the_fifth_in_thirty_days(who, at, zone):
        return "attempt_cap"
    silence = silence_days if new else max(60, silence_days)
    if country is FR and refused and refused <= at and not has_shown(at, wall(refused, zone) + silence * DAY, zone):
        return "attempt_cap"
    return None


def edges(who, since, days):
    """The instants of so many days at which something may begin to be allowed, in order."""
    zone, standing = ZoneInfo(who.lead.timezone), who.standing
    clocks = [
        datetime.combine(wall(since, zone).date() + passed * DAY, time(hour))
        for passed in range(days + 1)
        for hour in (0, *(start for start, _ in HOURS[who.lead.country_code]))
    ]
    clocks += [wall(each, zone) + 30 * DAY for each in who.attempts]
    clocks += [wall(standing.refused_at, zone) + 60 * DAY] if standing.refused_at else []
    moments = [consent.given_at for consent in standing.consents] + [who.lead.callback_at, standing.requested_at]
    there = {clock.replace(tzinfo=zone).astimezone(UTC) for clock in clocks} | {each for each in moments if each}
    return sorted(each for each in there if since < each < since + days * DAY)


def allowed_from(who, at, days):
    """The first instant in so many days at which no rule forbids the call, None when there is none."""
    zone = ZoneInfo(who.lead.timezone)
    for horizon in (0, 4, days):  # most find one soon
        for each in edges(who, at, horizon) if horizon else [at]:
            if (in_the_hours(who, each, zone) or at_the_callback(who, each)) and the_rule(who, each) is None:
                return each
    return None


# ---- People and instants ---------------------------------------------------------------------------------


def some_instant(chance, zone):
    """Local times from 2024 to 2028: many near holidays, changes of the clocks, the new law, and ends of hours."""
    special = [date(y, m, d) for y in range(2024, 2029) for m, d in [(3, 29), (10, 27), (12, 25), (5, 8), (5, 31)]]
    special += [date(2026, 3, 29), date(2026, 10, 25), date(2026, 3, 8), date(2026, 11, 1), date(2026, 4, 3)]
    match chance.randrange(3):
        case 0:
            day = chance.choice(special) + chance.randint(-2, 2) * DAY
        case 1:
            day = SWITCH + chance.randint(-30, 40) * DAY * chance.choice([0, 1])
        case _:
            day = date(2024, 3, 1) + chance.randrange(4 * 365) * DAY
    clock = time(chance.choice([0, 9, 10, 13, 14, 18, 20, 21, chance.randrange(24), chance.randrange(10, 20)]))
    local = datetime.combine(day, clock, zone) + chance.choice([0, 0, chance.randrange(60)]) * MINUTE
    return local.astimezone(UTC) + chance.choice([-TICK, 0 * TICK, 0 * TICK, TICK])


def about(chance, at, zone, *days):
    """An instant so many local days away, often to the tick; else anywhere between."""
    if chance.random() < 0.3:
        away = (wall(at, zone) + chance.choice(days) * DAY).replace(tzinfo=zone).astimezone(UTC)
        return away + chance.choice([-TICK, 0 * TICK, TICK])
    return at + chance.randint(int(min(days) * 1440), int(max(days) * 1440)) * MINUTE


def a_consent(given_at, *, purpose="sales", channel="phone", expires_at=None, withdrawn_at=None):
    return Consent(number(1), number(1), purpose, channel, "v1", {}, given_at, expires_at, withdrawn_at)


def some_consent(chance, at, zone):
    given = about(chance, at, zone, -365, -30, 0, 20)
    return a_consent(
        given,
        purpose=chance.choice(["sales", "sales", "sales", "newsletter"]),
        channel=chance.choice(["phone", "phone", "phone", "email"]),
        expires_at=about(chance, at, zone, 0, 30, 500) if chance.random() < 0.4 else None,
        withdrawn_at=about(chance, given, zone, -1, 0, 300) if chance.random() < 0.3 else None,
    )


def some_contract(chance, day):
    until = day + chance.randint(-20, 20) * DAY
    return Period(day + chance.choice([-400, -1, 0, 5]) * DAY, chance.choice([None, until]))


def somebody(chance, at, place, zone):
    country, postal_code, timezone = place
    rare = chance.random
    standing = Standing(
        consents=[some_consent(chance, at, zone) for _ in range(chance.choice([0, 1, 1, 2]))],
        requested_at=about(chance, at, zone, -30, 0, 3) if rare() < 0.5 else None,
        contracts=[some_contract(chance, wall(at, zone).date()) for _ in range(chance.choice([0, 0, 1]))],
        refused_at=about(chance, at, zone, -60, 0, 5) if rare() < 0.2 else None,
        do_not_call=rare() < 0.05,
    )
    return a_contactable(
        country_code=country,
        postal_code=postal_code,
        timezone=timezone,
        callback_at=at + chance.choice([0, 1, -1, 90, -60 * 24]) * MINUTE - chance.choice([0, 1]) * TICK
        if rare() < 0.3
        else None,
        attempts=[
            about(chance, at, zone, -30, -1, chance.choice([0, 10])) for _ in range(chance.choice([0, 1, 3, 4, 4, 6]))
        ],
        standing=standing,
    )


def some_case(chance):
    place = chance.choice([*PLACES])
    zone = ZoneInfo(place[2])
    at = some_instant(chance, zone)
    return somebody(chance, at, place, zone), at
