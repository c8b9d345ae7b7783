"""The proof: where every lead is at the end of the day, and what does not add up."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from growth.demo.agency import FAST_LANE
from growth.domain.campaigns.entities.leads import SubmissionId
from growth.domain.campaigns.entities.runs import RunReport, RunState

_ENDS = {
    "qualified": "has an appointment",
    "refused": "refused",
    "wrong_number": "has a wrong number",
    "closed": "was closed by an operator",
}
_STANDING = text("""
    SELECT l.id, l.status, l.segment, open.state AS open_state, open.campaign, open.slot_start,
           last.state AS last_state, last.reason
    FROM lead l
    LEFT JOIN call open ON open.lead_id = l.id AND open.state IN ('planned', 'injected')
    LEFT JOIN LATERAL (SELECT state, reason FROM call c WHERE c.lead_id = l.id AND c.closed_at IS NOT NULL
                       OR c.lead_id = l.id AND c.state = 'called' ORDER BY c.id DESC LIMIT 1) last ON true""")
_CALLS = text("SELECT id, state, attempts FROM call WHERE run_id IS NOT NULL")
_SUBMISSIONS = text("SELECT s.id FROM submission s JOIN lead l ON l.id = s.lead_id")
_SPEED = text("""
    SELECT count(*), count(a.after), percentile_disc(0.5) WITHIN GROUP (ORDER BY a.after),
           count(*) FILTER (WHERE a.fast), percentile_disc(0.5) WITHIN GROUP (ORDER BY a.after) FILTER (WHERE a.fast),
           max(a.to_dialer) FILTER (WHERE a.fast)
    FROM lead l LEFT JOIN LATERAL (
        SELECT t.attempted_at - l.created_at AS after, c.injected_at - l.created_at AS to_dialer,
               c.campaign = :fast_lane AS fast
        FROM call_attempt t JOIN call c ON c.id = t.call_id
        WHERE t.lead_id = l.id ORDER BY t.attempted_at LIMIT 1) a ON true
    WHERE l.created_at >= :since""")


@dataclass(frozen=True, slots=True)
class Standing:
    """A lead with its open call, if it has one, and the last of those that are over."""

    id: UUID
    status: str
    segment: str | None
    open_state: str | None
    campaign: str | None
    slot_start: datetime | None
    last_state: str | None
    reason: str | None

    def places(self, zone: tzinfo | None) -> Iterator[str]:
        """Say where the lead is, in words: exactly once, if it is accounted for."""
        if self.open_state == "planned" and self.slot_start:
            yield f"is planned in {self.campaign}, {self.slot_start.astimezone(zone):%a %d %b %H:%M}"
        if self.status in _ENDS:
            yield _ENDS[self.status]
        elif self.open_state is None and self.last_state == "called":
            yield "was spoken to, nothing decided: the daily recovery plans the next call"
        elif self.open_state is None and self.last_state in {"unplanned", "dropped"}:
            yield f"is not to be called: {self.reason}"
        elif self.open_state is None and self.segment is None:
            yield "does not sell: kept and nurtured, not called"


@dataclass(frozen=True, slots=True)
class SpeedToLead:
    """Of the leads that arrived on the day: arrival to first attempt, and arrival to dialer in the fast lane.

    Medians, and the longest; None where there is none.
    """

    arrived: int
    called: int
    p50: timedelta | None
    fast_calls: int
    fast_p50: timedelta | None
    to_dialer_at_most: timedelta | None


@dataclass(frozen=True, slots=True)
class Accounts:
    """`places`: how many leads are where. `unaccounted`: all that does not add up, a sentence each."""

    rows: int
    leads: int
    places: Mapping[str, int]
    speed: SpeedToLead
    unaccounted: Sequence[str]


async def accounts(
    engine: AsyncEngine,
    sent: Sequence[SubmissionId],
    runs: Sequence[RunReport],
    dialer: Sequence[Mapping[str, Any]],
    opened: datetime,
) -> Accounts:
    """Ask the database where every lead is, and compare it with the file's rows and the dialer's own contacts.

    `opened`: the instant the day began, in the zone that is shown.
    """
    async with engine.connect() as connection:
        standing = await read_standings(connection)
        taken = await read_taken(connection)
        calls = await read_calls(connection)
        values = {"since": opened, "fast_lane": FAST_LANE}
        speed = SpeedToLead(*(await connection.execute(_SPEED, values)).one())
    places = {each.id: list(each.places(opened.tzinfo)) for each in standing}
    problems = [
        *(f"row {id_} was sent and has no lead" for id_ in sorted(set(sent) - set(taken), key=str)),
        *(f"lead {id_} is in {len(found)} places: {found}" for id_, found in places.items() if len(found) != 1),
        *(problem for run in runs for problem in unbalanced(run)),
        *differing(calls, dialer),
    ]
    counted = Counter(found[0] for found in places.values() if len(found) == 1)
    return Accounts(len(sent), len(standing), dict(counted.most_common()), speed, problems)


async def read_standings(connection: AsyncConnection) -> list[Standing]:
    return [Standing(*row) for row in await connection.execute(_STANDING)]


async def read_taken(connection: AsyncConnection) -> list[SubmissionId]:
    """Return the ids of the requests that have a lead."""
    return [row[0] for row in await connection.execute(_SUBMISSIONS)]


async def read_calls(connection: AsyncConnection) -> dict[str, tuple[str, int]]:
    """Return state and attempts of every call that was injected, by its id."""
    return {str(row[0]): (str(row[1]), int(row[2])) for row in await connection.execute(_CALLS)}


def unbalanced(run: RunReport) -> Iterator[str]:
    """Say what is wrong in the account of a run, after the day."""
    name = f"{run.campaign} {run.slot_start:%H:%M} UTC"
    if run.state is not RunState.CLOSED:
        yield f"{name} is {run.state}"
    if run.candidates != run.injected + sum(run.gates.values()):
        yield f"{name}: {run.candidates} candidates are not {run.injected} injected and {dict(run.gates)} stopped"
    if run.injected != run.called + run.recycled + run.dropped:
        ends = f"{run.called} called, {run.recycled} recycled, {run.dropped} dropped"
        yield f"{name}: {run.injected} injected are not {ends}"


def differing(calls: Mapping[str, tuple[str, int]], contacts: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """Compare our injected calls (state and attempts by id) with every contact that the dialer ever had."""
    there = defaultdict(list)
    for contact in contacts:
        there[contact["customFields"].get("call_id")].append(contact)
    for call_id, found in there.items():
        if call_id not in calls:
            yield f"the dialer has a contact for call {call_id}, which we never injected"
        elif len(found) > 1:
            yield f"call {call_id} is at the dialer {len(found)} times"
        elif found[0]["triesNumber"] != calls[call_id][1]:
            yield f"call {call_id} has {calls[call_id][1]} attempts, at the dialer {found[0]['triesNumber']}"
    for call_id, (state, attempts) in calls.items():
        if attempts and call_id not in there:
            yield f"call {call_id} is {state}, and the dialer never had it"
