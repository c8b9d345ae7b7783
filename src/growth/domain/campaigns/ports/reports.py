"""What a report on campaigns is made from: counted by the database, all as of one instant."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from growth.domain.campaigns.entities.configuration import CampaignName
from growth.domain.campaigns.entities.reports import (
    HoldOutArm,
    HourReach,
    MissedTicks,
    Period,
    PlaceWork,
    SpeedToLead,
    WaitingLead,
    Worked,
)
from growth.domain.campaigns.entities.runs import RunReport


@dataclass(frozen=True, slots=True)
class Figures:
    """`planned`: calls by campaign and the start of the slot that they are planned for, overdue ones too."""

    runs: Sequence[RunReport]
    speed: Sequence[SpeedToLead]
    oldest_uncalled: WaitingLead | None
    oldest_in_line: WaitingLead | None
    starving: Sequence[WaitingLead]
    by_agent: Mapping[str, Worked]
    by_place: Sequence[PlaceWork]
    planned: Mapping[tuple[CampaignName, datetime], int]
    hold_out: Sequence[HoldOutArm]
    missed_ticks: Sequence[MissedTicks]
    reach_before: Sequence[HourReach]
    reach_lately: Sequence[HourReach]


class CampaignFigures(Protocol):
    async def of(self, period: Period, zones: Mapping[CampaignName, str], now: datetime) -> Figures:
        """Count what happened in the period, and what waits now. `zones`: the time zone of each campaign."""
        ...

    async def reach(self, zones: Mapping[CampaignName, str], until: datetime) -> Sequence[HourReach]:
        """Count who was reached in the runs of the 28 days before `until`, by time zone and hour of the day there."""
        ...
