"""What people do in a season: they ask, ask again, mend a number, object; and what operators do to their leads.

All of it follows from the rows, the season and the seed, so that a worker that was killed knows where it was.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, time, timedelta
from enum import StrEnum
from functools import partial
from random import Random
from uuid import uuid5

from growth.adapters.sandbox.dialer_settings import Callback, Outcome
from growth.demo.agency import ZONE
from growth.demo.calendar import Season
from growth.domain.campaigns.entities.leads import Submission, SubmissionId
from growth.domain.kernel.person import Email

_BACKLOG_DAYS = 10
_NO_NUMBER = "06 39 98 00 12"  # in form, but of a block that is not in use
_OVERSEAS = "97400"  # La Réunion, whose evening is long over in the last slot
_SOON = timedelta(hours=36)
_STALE = timedelta(days=45)
_RECORDED, _CALLED_BACK = 0.6, 0.05


class What(StrEnum):
    ASKS = "asks"  # for the first time, again, or for another property
    LISTED = "listed"  # on the do-not-call list
    WITHDRAWS = "withdraws"
    TASK = "task"
    TASK_DONE = "task done"
    WALLET = "wallet"


@dataclass(frozen=True, slots=True)
class Happening:
    """`submission`: what is asked; else the one by which the person is known."""

    at: datetime
    what: What
    submission: Submission


def happenings(rows: Sequence[Submission], season: Season, seed: int) -> tuple[list[Happening], list[Happening]]:
    """Return what happened before the season, half of the rows as they came in, and what happens in it; in order."""
    chance = Random(f"{seed} {season.name}")  # noqa: S311 - repeatable on purpose
    half = len(rows) // 2
    before = [_asking(row, season, chance, _before(season, chance)) for row in rows[:half]]
    within = [_asking(row, season, chance, _within(season, chance)) for row in rows[half:]]
    rest = [one for asked in (*before, *within) for one in _afterwards(asked, season, chance)]
    order = partial(sorted, key=lambda one: (one.at, one.submission.id, one.what))
    return order(before), order([*within, *rest])


def outcomes(
    rows: Sequence[Submission], recorded: dict[Email, Outcome], season: Season, seed: int
) -> dict[str, Outcome | Callback]:
    """Return how calls end: most as they did, some with a time to call again; what is left out is drawn each time."""
    chance = Random(f"{seed} {season.name} outcomes")  # noqa: S311 - repeatable on purpose
    found: dict[str, Outcome | Callback] = {}
    for row in rows:
        drawn = chance.random()
        if drawn < _RECORDED:
            found[row.email] = recorded[row.email]
        elif drawn < _RECORDED + _CALLED_BACK:
            found[row.email] = Callback(retry_at=_in_a_slot(season, chance))
    return found


def _in_a_slot(season: Season, chance: Random) -> datetime:
    start, end = chance.choice(list(season.slots()))
    return start + chance.random() * (end - start)


def _before(season: Season, chance: Random) -> datetime:
    return season.opens - chance.random() * timedelta(days=_BACKLOG_DAYS)


def _within(season: Season, chance: Random) -> datetime:
    """Return an instant at which people sit before a screen: any day from eight to ten."""
    day = chance.choice(season.dates)
    local = datetime.combine(day, time(8), ZONE) + timedelta(seconds=chance.uniform(0, 13.9 * 3600))
    return local.astimezone(UTC)


def _asking(row: Submission, season: Season, chance: Random, at: datetime) -> Happening:
    """Give the row its time, and to some a number out of use, a home overseas, a wish, or a request that was old."""
    consent = row.consent and {**row.consent, "given_at": at.isoformat()}
    asked = replace(row, requested_at=at, consent=consent)
    drawn = chance.random()
    if drawn < 0.02:  # noqa: PLR2004 - shares, one after the other
        asked = replace(asked, phone=_NO_NUMBER)
    elif drawn < 0.03:  # noqa: PLR2004
        asked = replace(asked, answers=replace(asked.answers, postal_code=_OVERSEAS))
    elif drawn < 0.06:  # noqa: PLR2004
        asked = replace(asked, answers=replace(asked.answers, callback_at=_in_a_slot(season, chance)))
    elif drawn < 0.16:  # noqa: PLR2004
        asked = replace(asked, consent=None)
    elif drawn < 0.18:  # noqa: PLR2004
        asked = replace(asked, consent=None, requested_at=at - _STALE)
    return Happening(at, What.ASKS, asked)


def _afterwards(asked: Happening, season: Season, chance: Random) -> Iterator[Happening]:
    """Yield what follows the request, within a day and a half; most have nothing."""
    at = max(asked.at, season.opens) + chance.random() * _SOON
    if at >= season.ends:
        return
    row, drawn = asked.submission, chance.random()
    if row.phone == _NO_NUMBER:
        if drawn < 0.7:  # noqa: PLR2004 - shares, one after the other
            mended = f"01 99 00 {chance.randrange(100):02} {chance.randrange(100):02}"
            yield Happening(at, What.ASKS, _again(row, at, phone=mended))
    elif drawn < 0.04:  # noqa: PLR2004
        home = replace(row.answers, surface_m2=(row.answers.surface_m2 or 50) + 7, callback_at=None)
        yield Happening(at, What.ASKS, replace(_again(row, at), answers=home))
    elif drawn < 0.07:  # noqa: PLR2004
        yield Happening(at, What.LISTED, row)
    elif drawn < 0.11:  # noqa: PLR2004
        yield Happening(at, What.WITHDRAWS, row)
    elif drawn < 0.14:  # noqa: PLR2004
        yield Happening(at, What.TASK, row)
        if drawn < 0.13 and at + 2 * _SOON < season.ends:  # noqa: PLR2004
            yield Happening(at + 2 * _SOON, What.TASK_DONE, row)
    elif drawn < 0.16:  # noqa: PLR2004
        yield Happening(at, What.WALLET, row)


def _again(row: Submission, at: datetime, **changes: str) -> Submission:
    id_ = SubmissionId(uuid5(row.id, "again"))
    consent = row.consent and {**row.consent, "given_at": at.isoformat()}
    return replace(row, id=id_, requested_at=at, consent=consent, **changes)  # type: ignore[arg-type]
