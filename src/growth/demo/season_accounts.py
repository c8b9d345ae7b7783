"""The proof for a season: every row, lead, candidate, attempt and tick, and what does not add up."""

from collections import Counter
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from dishka import AsyncContainer
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from growth.adapters.db.clock import DatabaseClock
from growth.adapters.sandbox.dialer_settings import Callback, Outcome
from growth.demo.accounts import Standing, differing, read_calls, read_standings, read_taken, unbalanced
from growth.demo.agency import ZONE
from growth.demo.calendar import Season
from growth.demo.happenings import Happening, What
from growth.demo.law import Attempt, outside_the_law
from growth.demo.supervisor import Seen
from growth.demo.testimony import attempts_of, said_in, twice_at_the_dialer
from growth.demo.ticking import badly_ticked
from growth.domain.campaigns.business_rules.planning import plan
from growth.domain.campaigns.entities.candidates import Stopped
from growth.domain.campaigns.entities.configuration import Configuration
from growth.domain.campaigns.entities.importing import LeadRow
from growth.domain.campaigns.entities.leads import LeadId
from growth.domain.campaigns.entities.runs import RunReport
from growth.domain.campaigns.ports.views import LeadViews, RunViews
from growth.domain.campaigns.use_cases import ReplayRun
from growth.domain.kernel.operating import Invariants

_PAGE = 200
_TICKS = text("SELECT job, due_at FROM tick WHERE state <> 'missed' AND due_at BETWEEN :since AND :until")
_OVER = text("SELECT id FROM call WHERE state = 'planned' AND slot_end < :now")


@dataclass(frozen=True, slots=True)
class Sent:
    """The rows of the file; what was made to happen, before the season and in it; and how whose calls were to end."""

    rows: Sequence[LeadRow]
    before: Sequence[Happening]
    coming: Sequence[Happening]
    outcomes: Mapping[str, Outcome | Callback]


@dataclass(frozen=True, slots=True)
class DayAccounts:
    """A local day: requests that came in, its runs in one, attempts as the dialer has them, and what went wrong."""

    day: date
    asked: int
    runs: Sequence[RunReport]
    attempts: int
    kills: int
    faults: int


@dataclass(frozen=True, slots=True)
class Replays:
    runs: int
    candidates: int
    differences: int


@dataclass(frozen=True, slots=True)
class SeasonAccounts:
    """`places`: how many leads are where. `refused`: rows that were not taken, with the reason.

    `unaccounted`: all that does not add up, a sentence each; `outside_law`, `lost` and `double` are parts of it.
    """

    season: str
    change: date
    rows: int
    refused: Sequence[str]
    leads: int
    places: Mapping[str, int]
    days: Sequence[DayAccounts]
    attempts: int
    contacts: int
    kills: int
    faults: Mapping[str, int]
    replays: Replays
    ticks: int
    outside_law: Sequence[str]
    lost: Sequence[str]
    double: Sequence[str]
    unaccounted: Sequence[str]

    @property
    def runs(self) -> list[RunReport]:
        return [run for day in self.days for run in day.runs]


async def season_accounts(container: AsyncContainer, season: Season, sent: Sent, seen: Seen) -> SeasonAccounts:
    """Compare the rows that were sent, the dialer's own log, and what the service says of it."""
    attempts, runs = attempts_of(seen.log), [run async for run in _runs(container)]
    outside = list(outside_the_law(attempts, said_in([*sent.before, *sent.coming], seen.log, sent.outcomes)))
    double = list(twice_at_the_dialer(seen.contacts))
    places, lost = await _leads(container, sent)
    ticks = await _ticks(container, season)
    replays, differently = await _replays(container, runs)
    problems = [*outside, *double, *lost, *differently, *badly_ticked(ticks, season)]
    return SeasonAccounts(
        season=season.name,
        change=season.change,
        rows=len(sent.rows),
        refused=[f"line {row.line}: {row.faults[0].message}" for row in sent.rows if row.faults],
        leads=places.total(),
        places=dict(places.most_common()),
        days=[_day(day, sent, runs, attempts, seen) for day in season.dates],
        attempts=len(attempts),
        contacts=len(seen.contacts),
        kills=sum(seen.kills.values()),
        faults=sum((Counter(them) for them in seen.faults.values()), Counter[str]()),
        replays=replays,
        ticks=len(ticks),
        outside_law=outside,
        lost=lost,
        double=double,
        unaccounted=[*problems, *await _differing(container, runs, seen)],
    )


async def _ticks(container: AsyncContainer, season: Season) -> list[tuple[str, datetime]]:
    """Return the ticks of the season that did something: job and due instant."""
    engine, period = await container.get(AsyncEngine), {"since": season.opens, "until": season.ends}
    async with engine.connect() as connection:
        return [(str(row[0]), row[1]) for row in await connection.execute(_TICKS, period)]


async def _differing(container: AsyncContainer, runs: Sequence[RunReport], seen: Seen) -> list[str]:
    """Return where runs do not add up, where the dialer has it otherwise, and which invariants are broken."""
    engine = await container.get(AsyncEngine)
    async with engine.connect() as connection:
        calls = await read_calls(connection)
    broken = await (await container.get(Invariants)).check()
    return [
        *(problem for run in runs for problem in unbalanced(run)),
        *differing(calls, seen.contacts),
        *(f"{name}: {id_}" for name, ids in broken.items() for id_ in ids),
    ]


def _day(day: date, sent: Sent, runs: Sequence[RunReport], attempts: Sequence[Attempt], seen: Seen) -> DayAccounts:
    return DayAccounts(
        day=day,
        asked=sum(it.what is What.ASKS and it.at.astimezone(ZONE).date() == day for it in sent.coming),
        runs=[run for run in runs if run.slot_start.astimezone(ZONE).date() == day],
        attempts=sum(it.at.astimezone(ZONE).date() == day for it in attempts),
        kills=seen.kills.get(day, 0),
        faults=sum(seen.faults.get(day, {}).values()),
    )


async def _runs(container: AsyncContainer) -> AsyncIterator[RunReport]:
    """Yield all runs, by slot and campaign."""
    views, found, before = await container.get(RunViews), list[RunReport](), None
    while page := await views.list(None, before, _PAGE):
        found += page
        before = (page[-1].slot_start, UUID(str(page[-1].id)))
    for run in sorted(found, key=lambda run: (run.slot_start, run.campaign)):
        yield run


async def _replays(container: AsyncContainer, runs: Sequence[RunReport]) -> tuple[Replays, list[str]]:
    """Judge every run again by what it kept."""
    replay = await container.get(ReplayRun)
    found = [await replay(run.id) for run in runs]
    problems = [
        f"{one.campaign} {one.slot_start:%F %H:%M} UTC: lead {it.lead_id} was decided otherwise than it is replayed"
        for one in found
        for it in one.differences
    ]
    return Replays(len(found), sum(one.candidates for one in found), len(problems)), problems


async def _leads(container: AsyncContainer, sent: Sent) -> tuple[Counter[str], list[str]]:
    """Return how many leads are where, and what was lost: rows without a lead, leads nowhere or in two places."""
    engine, now = await container.get(AsyncEngine), await (await container.get(DatabaseClock)).now()
    async with engine.connect() as connection:
        standing, taken = await read_standings(connection), set(await read_taken(connection))
        over = (await connection.execute(_OVER, {"now": now})).scalars().all()
    asked = {it.submission.id for it in (*sent.before, *sent.coming) if it.what is What.ASKS}
    lost = [f"request {id_} was sent and has no lead" for id_ in sorted(asked - taken, key=str)]
    lost += [f"call {id_} is planned in a slot that is over" for id_ in over]
    places = Counter[str]()
    for one in standing:
        found = [_in_short(place) for place in one.places(ZONE)] or await _never_planned(container, one)
        places[found[0] if found else "nowhere"] += 1
        if len(found) != 1:
            lost.append(f"lead {one.id} is in {len(found)} places: {found}")
    return places, lost


def _in_short(place: str) -> str:
    """Leave out for when a call is planned."""
    return place.partition(",")[0] if place.startswith("is planned") else place


async def _never_planned(container: AsyncContainer, one: Standing) -> list[str]:
    """Return what has stood against a call all the time, where something has."""
    configuration, now = await container.get(Configuration), await (await container.get(DatabaseClock)).now()
    if one.open_state or one.last_state:
        return []
    who = await (await container.get(LeadViews)).contactable(LeadId(one.id), now)
    where = plan(who, configuration, now) if who else None
    return [f"is not to be called: {where.gate}"] if isinstance(where, Stopped) else []
