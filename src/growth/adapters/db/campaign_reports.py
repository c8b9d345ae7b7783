"""What a report on campaigns is counted from. A period is found by its runs, whose calls and decisions have indexes.

Which leads wait has no such handle: those without an attempt are read, oldest first, until enough are found.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import TextClause, bindparam, text
from sqlalchemy.dialects.postgresql import ARRAY, TEXT
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from growth.adapters.db.run_reports import run_report, run_reports
from growth.adapters.db.tables.campaigns import runs
from growth.domain.campaigns.entities.calls import OPEN, REACHED, CallState, WrapUp
from growth.domain.campaigns.entities.configuration import CampaignName
from growth.domain.campaigns.entities.leads import CALLABLE, LeadId
from growth.domain.campaigns.entities.reports import (
    USUAL_PERIOD,
    Arm,
    HoldOutArm,
    HourReach,
    MissedTicks,
    Period,
    PlaceWork,
    SpeedToLead,
    WaitingLead,
    Worked,
)
from growth.domain.campaigns.entities.runs import Gate, Outcome, RunReport
from growth.domain.campaigns.ports.reports import Figures
from growth.domain.kernel.ticks import TickState

REACH_FROM: Final = timedelta(days=28)
STARVING, MOST_STARVING = 2, 50  # slots that went by without it; so many are listed
_WORKED = f"""count(*), count(*) FILTER (WHERE c.state = '{CallState.CALLED}'),
    count(*) FILTER (WHERE c.wrapup = '{WrapUp.ARGUEDPOSITIVE}')"""
_IN_PERIOD = "r.slot_start >= :since AND r.slot_start < :until"
_REACHED = ", ".join(f"'{it}'" for it in sorted(REACHED))
_OPEN = ", ".join(f"'{it}'" for it in sorted(OPEN))
_CALLABLE = ", ".join(f"'{it}'" for it in sorted(CALLABLE))
_SPEED = text(f"""
    SELECT campaign, count(*), percentile_cont(ARRAY[0.5, 0.9]) WITHIN GROUP (ORDER BY waited)
    FROM (
        SELECT r.campaign, greatest(extract(epoch FROM first.attempted_at - l.created_at), 0)::float AS waited
        FROM campaign_run r JOIN call c ON c.run_id = r.id JOIN lead l ON l.id = c.lead_id
        CROSS JOIN LATERAL (
            SELECT t.call_id, t.attempted_at FROM call_attempt t
            WHERE t.prospect_id = l.prospect_id AND t.lead_id = l.id ORDER BY t.attempted_at, t.id LIMIT 1
        ) AS first
        WHERE {_IN_PERIOD} AND c.state = '{CallState.CALLED}' AND first.call_id = c.id
    ) AS tried GROUP BY GROUPING SETS ((campaign), ()) HAVING count(*) > 0 ORDER BY campaign NULLS FIRST
""")  # noqa: S608 - what is interpolated here and below are constants
_WAITING = f"""
    SELECT l.id, l.created_at, stops.times, handed.times, last.gate, last.decided_at, planned.slot_start
    FROM lead l
    CROSS JOIN LATERAL (
        SELECT count(*) AS times FROM decision d WHERE d.lead_id = l.id AND d.outcome = '{Outcome.STOPPED}'
    ) AS stops
    CROSS JOIN LATERAL (
        SELECT count(*) AS times FROM call c WHERE c.lead_id = l.id AND c.state = '{CallState.RECYCLED}'
    ) AS handed
    LEFT JOIN LATERAL (
        SELECT d.gate, d.decided_at FROM decision d WHERE d.lead_id = l.id AND d.outcome = '{Outcome.STOPPED}'
        ORDER BY d.decided_at DESC LIMIT 1
    ) AS last ON true
    {{open_call}} JOIN call planned ON planned.lead_id = l.id AND planned.state IN ({_OPEN})
    WHERE l.status IN ({_CALLABLE}) AND l.segment IS NOT NULL AND l.call_attempts = 0
      AND stops.times + handed.times >= :least
    ORDER BY l.created_at, l.id LIMIT :most
"""  # noqa: S608
_UNCALLED = text(_WAITING.format(open_call="LEFT"))
_IN_LINE = text(_WAITING.format(open_call=""))
_BY_AGENT = text(f"""
    SELECT c.agent_id, {_WORKED} FROM campaign_run r JOIN call c ON c.run_id = r.id
    WHERE {_IN_PERIOD} AND c.agent_id IS NOT NULL GROUP BY c.agent_id
""")  # noqa: S608
_BY_PLACE = text(f"""
    SELECT r.campaign, l.postal_code, l.insee_code, {_WORKED}
    FROM campaign_run r JOIN call c ON c.run_id = r.id LEFT JOIN lead l ON l.id = c.lead_id
    WHERE {_IN_PERIOD} GROUP BY r.campaign, l.postal_code, l.insee_code
""")  # noqa: S608
_PLANNED = text(f"""
    SELECT campaign, slot_start, count(*) FROM call
    WHERE state = '{CallState.PLANNED}' AND slot_start < :until GROUP BY campaign, slot_start
""")  # noqa: S608
# Callbacks are left out, as they come first whatever their score is; so are runs that held nobody out.
_HOLD_OUT = text(f"""
    SELECT r.campaign, d.held_out, count(*) FILTER (WHERE c.state = '{CallState.CALLED}'),
           count(*) FILTER (WHERE c.wrapup = '{WrapUp.ARGUEDPOSITIVE}')
    FROM campaign_run r JOIN decision d ON d.run_id = r.id JOIN call c ON c.id = d.call_id
    WHERE {_IN_PERIOD} AND d.outcome = '{Outcome.INJECTED}' AND (c.callback_at IS NULL OR c.callback_at >= r.slot_end)
      AND EXISTS (SELECT FROM decision h WHERE h.run_id = r.id AND h.held_out)
    GROUP BY r.campaign, d.held_out
""")  # noqa: S608
_MISSED_TICKS = text(f"""
    SELECT job, count(*) FROM tick WHERE due_at >= :since AND due_at < :until AND state = '{TickState.MISSED}'
    GROUP BY job ORDER BY job
""")  # noqa: S608
_REACH = text(f"""
    SELECT z.zone, extract(hour FROM t.attempted_at AT TIME ZONE z.zone)::int AS hour,
           count(*), count(*) FILTER (WHERE t.wrapup IN ({_REACHED}))
    FROM unnest(:names, :zones) AS z (campaign, zone) JOIN campaign_run r ON r.campaign = z.campaign
    JOIN call c ON c.run_id = r.id JOIN call_result t ON t.call_id = c.id
    WHERE {_IN_PERIOD} AND t.wrapup IS NOT NULL GROUP BY 1, 2 ORDER BY 1, 2
""").bindparams(bindparam("names", type_=ARRAY(TEXT)), bindparam("zones", type_=ARRAY(TEXT)))  # noqa: S608


class SqlCampaignFigures:
    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine.execution_options(isolation_level="REPEATABLE READ")  # all as of one instant

    async def of(self, period: Period, zones: Mapping[CampaignName, str], now: datetime) -> Figures:
        within = {"since": period.since, "until": period.until}
        async with self._engine.connect() as connection:
            oldest = await _waiting(connection, _UNCALLED, least=0, most=1)
            next_one = await _waiting(connection, _IN_LINE, least=0, most=1)
            return Figures(
                runs=await _runs(connection, period),
                speed=await _speed(connection, within),
                oldest_uncalled=oldest[0] if oldest else None,
                oldest_in_line=next_one[0] if next_one else None,
                starving=await _waiting(connection, _IN_LINE, least=STARVING, most=MOST_STARVING),
                by_agent={agent: Worked(*worked) for agent, *worked in await _rows(connection, _BY_AGENT, within)},
                by_place=[
                    PlaceWork(campaign, postal_code, insee_code, Worked(*worked))
                    for campaign, postal_code, insee_code, *worked in await _rows(connection, _BY_PLACE, within)
                ],
                planned=await _planned(connection, now + USUAL_PERIOD),
                hold_out=[
                    HoldOutArm(campaign, held_out, Arm(*arm))
                    for campaign, held_out, *arm in await _rows(connection, _HOLD_OUT, within)
                ],
                missed_ticks=[MissedTicks(*row) for row in await _rows(connection, _MISSED_TICKS, within)],
                reach_before=await _reach(connection, zones, period.since),
                reach_lately=await _reach(connection, zones, now),
            )

    async def reach(self, zones: Mapping[CampaignName, str], until: datetime) -> Sequence[HourReach]:
        async with self._engine.connect() as connection:
            return await _reach(connection, zones, until)


async def _rows(connection: AsyncConnection, query: TextClause, asked: Mapping[str, object]) -> Sequence[Any]:
    return (await connection.execute(query, asked)).all()


async def _runs(connection: AsyncConnection, period: Period) -> list[RunReport]:
    query = run_reports().where(runs.c.slot_start >= period.since, runs.c.slot_start < period.until)
    return [run_report(row) for row in await connection.execute(query.order_by(runs.c.slot_start, runs.c.campaign))]


async def _speed(connection: AsyncConnection, within: Mapping[str, datetime]) -> list[SpeedToLead]:
    rows = await _rows(connection, _SPEED, within)
    return [SpeedToLead(campaign, leads, *map(round, waited)) for campaign, leads, waited in rows]


async def _waiting(connection: AsyncConnection, query: TextClause, *, least: int, most: int) -> list[WaitingLead]:
    rows = await _rows(connection, query, {"least": least, "most": most})
    return [
        WaitingLead(LeadId(lead), arrived_at, stopped, recycled, gate and Gate(gate), stopped_at, planned_for)
        for lead, arrived_at, stopped, recycled, gate, stopped_at, planned_for in rows
    ]


async def _planned(connection: AsyncConnection, until: datetime) -> dict[tuple[CampaignName, datetime], int]:
    rows = await _rows(connection, _PLANNED, {"until": until})
    return {(campaign, slot_start): calls for campaign, slot_start, calls in rows}


async def _reach(connection: AsyncConnection, zones: Mapping[CampaignName, str], until: datetime) -> list[HourReach]:
    asked = {"names": list(zones), "zones": list(zones.values()), "since": until - REACH_FROM, "until": until}
    return [HourReach(*row) for row in await _rows(connection, _REACH, asked)]
