"""The campaigns configuration: one readable file, checked as a whole, versioned in the database."""

from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from typing import NewType

from growth.domain.campaigns.entities.law import LAW_DEFAULTS, LawSettings
from growth.domain.campaigns.entities.leads import LeadType, Segment, SellTimeframe
from growth.domain.campaigns.entities.models_in_use import RULES_ALONE, ModelsInUse
from growth.domain.campaigns.entities.scoring import RuleSet
from growth.domain.campaigns.entities.slots import WeeklySlot
from growth.domain.kernel.country import Country
from growth.domain.kernel.errors import Invalid

CampaignName = NewType("CampaignName", str)


class CampaignType(StrEnum):
    PVI = "PVI"
    CF = "CF"
    PVB = "PVB"
    PQSC = "PQSC"


PVI_SEGMENTS = frozenset({Segment.PVI_NOW, Segment.PVI_SOON, Segment.PVS, Segment.PVM})
PVB_SEGMENTS = frozenset({Segment.PVB, Segment.PVB_LATER})
SEGMENTS = {
    CampaignType.PVI: PVI_SEGMENTS,
    CampaignType.CF: PVI_SEGMENTS,
    CampaignType.PVB: PVB_SEGMENTS,
    CampaignType.PQSC: PVI_SEGMENTS | PVB_SEGMENTS,
}
LEAD_TYPES = {
    CampaignType.PVI: frozenset({LeadType.RDVVQ, LeadType.DIRECT}),
    CampaignType.CF: frozenset({LeadType.RDVVQ, LeadType.DIRECT}),
    CampaignType.PVB: frozenset({LeadType.RDVVQ, LeadType.DIRECT}),
    CampaignType.PQSC: frozenset({LeadType.PQSC}),
}
ASSIGNED = frozenset({CampaignType.PVI, CampaignType.CF})


class BadConfiguration(Invalid):
    """The campaigns configuration cannot be used."""

    code = "bad-campaigns-configuration"


@dataclass(frozen=True, slots=True)
class Agent:
    """A sales agent. `capacity`: leads per slot; `absences`: local dates, first and last included."""

    id: str
    name: str
    dialer_user_id: int
    capacity: int
    absences: tuple[tuple[date, date], ...] = ()


class DialerKind(StrEnum):
    """By what a campaign's leads are called."""

    DIABOLOCOM = "diabolocom"
    CSV = "csv"  # a contractor who takes files


@dataclass(frozen=True, slots=True)
class AgentsGroup:
    """Agents who share zones: INSEE codes or postal codes that begin with one of the prefixes ("" is everywhere)."""

    name: str
    zones: tuple[str, ...]
    agents: tuple[Agent, ...]


@dataclass(frozen=True, slots=True)
class Campaign:
    """A way of calling leads. A CF campaign has no slots of its own: it runs in those of the PVI it `follows`.

    `handling_minutes`: how long an agent is busy with a person who answered, until he takes the next call.
    """

    name: CampaignName
    type: CampaignType
    country: Country
    timezone: str
    slots: tuple[WeeklySlot, ...]
    follows: CampaignName | None
    maximum: int
    groups: tuple[AgentsGroup, ...]
    dialer_campaign_id: int
    priority: int
    minimum_gap: timedelta
    attempt_cap: int
    hold_out_percent: int
    dialer: DialerKind = DialerKind.DIABOLOCOM
    handling_minutes: int = 6

    @property
    def place(self) -> CampaignName:
        """Return the name under which the slot's room is counted: CF and the PVI it follows share it."""
        return self.follows or self.name

    @property
    def capacity(self) -> int | None:
        """Return how many leads the agents can take in a slot when nobody is away; None without agents."""
        if self.type not in ASSIGNED:
            return None
        return sum({agent.id: agent.capacity for group in self.groups for agent in group.agents}.values())


@dataclass(frozen=True, slots=True)
class SegmentRule:
    """A row of the segment table: the first row that fits decides. `timeframes` empty: any."""

    segment: Segment
    buys_first: bool
    timeframes: frozenset[SellTimeframe]


@dataclass(frozen=True, slots=True)
class Configuration:
    """Everything that campaigns need to know, under one version (a hash of its source).

    `models` are not the file's: they are looked up when leads are scored.
    """

    version: str
    campaigns: tuple[Campaign, ...]
    segments: tuple[SegmentRule, ...]
    pqsc_below_eur: int
    media_zones: tuple[str, ...]
    rules: RuleSet
    wrong_number_wrapups: frozenset[str]
    law: LawSettings = LAW_DEFAULTS
    models: ModelsInUse = RULES_ALONE
