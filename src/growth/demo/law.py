"""The law once more, as a person would check a telephone bill: clocks on walls, a list of holidays, and counting.

It shares nothing with the rules that chose the calls. France only, as the example leads are.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from functools import cache
from zoneinfo import ZoneInfo

import holidays

_SWITCH = date(2026, 8, 11)
_WINDOWS = ((time(10), time(13)), (time(14), time(20)))
_SATURDAY = 5
_MOST, _WINDOW = 4, timedelta(days=30)
_REQUEST_OPEN, _SILENCE, _CONSENT = timedelta(days=30), timedelta(days=60), timedelta(days=365)
# Whoever objects may be ringing already, and the worker that has to take her back may just have been killed.
TAKES_EFFECT = timedelta(minutes=2)
_MINUTE = timedelta(minutes=1)
_OVERSEAS = {"971": "America/Guadeloupe", "972": "America/Martinique", "974": "Indian/Reunion"}


@dataclass(frozen=True, slots=True)
class Attempt:
    """A telephone rang: what the dialer itself wrote down. `refused`: it ended in a no."""

    at: datetime
    phone: str
    email: str
    postal_code: str
    refused: bool


@dataclass(frozen=True, slots=True)
class Said:
    """What was said to us, and when: by number that it is listed, by person the rest.

    `agreed`: the times at which she agreed to be called.
    """

    listed: Mapping[str, datetime] = field(default_factory=dict)
    consented: Mapping[str, Sequence[datetime]] = field(default_factory=dict)
    asked: Mapping[str, Sequence[datetime]] = field(default_factory=dict)
    withdrawn: Mapping[str, datetime] = field(default_factory=dict)
    agreed: Mapping[str, Sequence[datetime]] = field(default_factory=dict)


def outside_the_law(attempts: Iterable[Attempt], said: Said) -> Iterator[str]:
    """Yield a sentence for each attempt that the law did not allow, in order of time."""
    before: defaultdict[str, list[Attempt]] = defaultdict(list)
    for attempt in sorted(attempts, key=lambda it: it.at):
        for fault in _faults(attempt, before[attempt.phone], said):
            yield f"the attempt of {attempt.at:%F %H:%M:%S} UTC at …{attempt.phone[-4:]} {fault}"
        before[attempt.phone].append(attempt)


def _faults(attempt: Attempt, before: Sequence[Attempt], said: Said) -> Iterator[str]:
    zone = ZoneInfo(_OVERSEAS.get(attempt.postal_code[:3], "Europe/Paris"))
    local = _wall(attempt.at, zone)
    if not _at_an_agreed_time(attempt, local.date(), said):
        if local.weekday() >= _SATURDAY or local.date() in _holidays(local.year):
            yield "was made on a day without calls"
        if not any(start <= local.time() < end for start, end in _WINDOWS):
            yield f"was made at {local:%H:%M} by the person's clock"
    if sum(local < _wall(it.at, zone) + _WINDOW for it in before) >= _MOST:
        yield "was one more than four in thirty days"
    if any(it.refused and local < _wall(it.at, zone) + _SILENCE for it in before):
        yield "came within sixty days of a refusal"
    listed = said.listed.get(attempt.phone)
    if listed and attempt.at > listed + TAKES_EFFECT:
        yield "was made at a number on the do-not-call list"
    if local.date() >= _SWITCH and not _rests_on_something(attempt, said):
        yield "rests on no consent and no open request"


def _at_an_agreed_time(attempt: Attempt, day: date, said: Said) -> bool:
    """Tell whether she agreed to be called in that minute, which the newer law knows."""
    return day >= _SWITCH and any(it <= attempt.at < it + _MINUTE for it in said.agreed.get(attempt.email, ()))


def _rests_on_something(attempt: Attempt, said: Said) -> bool:
    no = said.withdrawn.get(attempt.email)
    heard = no is not None and attempt.at > no + TAKES_EFFECT

    def holds(told: datetime, lasts: timedelta) -> bool:
        return told <= attempt.at < told + lasts and not (heard and no is not None and told <= no)

    agreed, asked = said.consented.get(attempt.email, ()), said.asked.get(attempt.email, ())
    return any(holds(it, _CONSENT) for it in agreed) or any(holds(it, _REQUEST_OPEN) for it in asked)


def _wall(at: datetime, zone: ZoneInfo) -> datetime:
    return at.astimezone(zone).replace(tzinfo=None)


@cache
def _holidays(year: int) -> frozenset[date]:
    return frozenset(holidays.country_holidays("FR", years=year))
