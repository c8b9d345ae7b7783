"""What the manager of campaigns sees: how leads went through the slots, who waits, what is to come."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Self

from growth.domain.campaigns.entities.configuration import CampaignName
from growth.domain.campaigns.entities.leads import LeadId
from growth.domain.campaigns.entities.runs import Gate, RunReport
from growth.domain.kernel.errors import Fault, Invalid

LONGEST_PERIOD = timedelta(days=62)
USUAL_PERIOD = timedelta(days=7)


class BadPeriod(Invalid):
    """The report cannot be about that time."""

    code = "bad-period"


@dataclass(frozen=True, slots=True)
class Period:
    """`[since, until)`: the slots that start in it."""

    since: datetime
    until: datetime

    @classmethod
    def asked(cls, since: datetime | None, until: datetime | None, now: datetime) -> Self:
        """Return the period that is asked for; what is left open makes it seven days, until now. Raises `BadPeriod`."""
        end = until or (since + USUAL_PERIOD if since else now)
        begin = since or end - USUAL_PERIOD
        if begin >= end:
            message = "The period has to end after it begins: write the earlier time as `from`."
            raise BadPeriod(message, Fault("?to", BadPeriod.code, message))
        if end - begin > LONGEST_PERIOD:
            message = f"A report covers {LONGEST_PERIOD.days} days at most: ask for a shorter period, and for several."
            raise BadPeriod(message, Fault("?to", BadPeriod.code, message))
        return cls(begin, end)


@dataclass(frozen=True, slots=True)
class Funnel:
    """The runs of a campaign in sum: `candidates` = `injected` + all of `gates`. `missed`: slots without a start."""

    campaign: CampaignName
    slots: int
    missed: int
    candidates: int
    injected: int
    called: int
    reached: int
    appointments: int
    recycled: int
    dropped: int
    gates: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class SpeedToLead:
    """How long leads waited from their arrival to the first attempt, of those first tried in the period.

    By the campaign of that attempt; `campaign` None: over all.
    """

    campaign: CampaignName | None
    leads: int
    p50_seconds: int
    p90_seconds: int


@dataclass(frozen=True, slots=True)
class WaitingLead:
    """A lead that could be called and never was.

    `stopped`: in how many slots a gate did it; `recycled`: how often it was handed to the dialer and not tried;
    `planned_for`: the start of the slot of its open call; None: none is planned, as nothing allows one.
    """

    lead_id: LeadId
    arrived_at: datetime
    stopped: int
    recycled: int
    last_gate: Gate | None
    last_stopped_at: datetime | None
    planned_for: datetime | None


@dataclass(frozen=True, slots=True)
class Worked:
    """Injected calls, those that were made, and the appointments of these."""

    injected: int = 0
    called: int = 0
    appointments: int = 0

    def __add__(self, other: "Worked") -> "Worked":
        return Worked(
            self.injected + other.injected, self.called + other.called, self.appointments + other.appointments
        )


@dataclass(frozen=True, slots=True)
class Shares:
    """Parts of the whole, from 0 to 1; of nothing, 0."""

    injected: float
    called: float
    appointments: float


@dataclass(frozen=True, slots=True)
class AgentWork:
    """What one agent got; `name` None: the configuration does not know him any more."""

    agent_id: str
    name: str | None
    worked: Worked
    shares: Shares


@dataclass(frozen=True, slots=True)
class ZoneWork:
    """What a zone of an agents group got; both None: the campaign has no zone there, or the person was erased."""

    group: str | None
    zone: str | None
    worked: Worked
    shares: Shares


@dataclass(frozen=True, slots=True)
class PlaceWork:
    """Calls of one campaign for properties in one place; no place: the person was erased since."""

    campaign: CampaignName
    postal_code: str | None
    insee_code: str | None
    worked: Worked


@dataclass(frozen=True, slots=True)
class SlotOutcome:
    """What agents could have worked off in a slot, and what came of it; CF and the PVI it follows are one.

    The forecast is made from what was known before the period.
    """

    campaign: CampaignName
    slot_start: datetime
    slot_end: datetime
    capacity: int | None
    forecast: int
    injected: int
    called: int


@dataclass(frozen=True, slots=True)
class ComingSlot:
    """`forecast` None: nobody knows how many lines there are, as the campaign is not assigned to agents."""

    campaign: CampaignName
    slot_start: datetime
    slot_end: datetime
    planned: int
    capacity: int | None
    maximum: int
    forecast: int | None


@dataclass(frozen=True, slots=True)
class HourReach:
    """How many attempts were made in an hour of the local day, and how many reached somebody."""

    timezone: str
    hour: int
    attempts: int
    reached: int


@dataclass(frozen=True, slots=True)
class Arm:
    """One side of the comparison: calls that were made, and the appointments of them."""

    called: int = 0
    appointments: int = 0


@dataclass(frozen=True, slots=True)
class HoldOutArm:
    campaign: CampaignName
    held_out: bool
    arm: Arm


@dataclass(frozen=True, slots=True)
class Lift:
    """What scoring brings: appointments per call in score order, divided by those of the hold-out share.

    `low` and `high`: the 95 % interval. All three None: there is not enough data yet.
    """

    campaign: CampaignName
    scored: Arm
    held_out: Arm
    lift: float | None
    low: float | None
    high: float | None


@dataclass(frozen=True, slots=True)
class MissedTicks:
    job: str
    ticks: int


@dataclass(frozen=True, slots=True)
class CampaignsReport:
    """`overdue`: calls planned for slots that have begun; they are candidates of their campaign's next start.

    `oldest_uncalled` may be one that nobody may call any more, and `why` says so; `oldest_in_line` and the starving
    have a call planned.
    """

    period: Period
    made_at: datetime
    slots: Sequence[RunReport]
    campaigns: Sequence[Funnel]
    speed: Sequence[SpeedToLead]
    oldest_uncalled: WaitingLead | None
    oldest_in_line: WaitingLead | None
    agents: Sequence[AgentWork]
    zones: Sequence[ZoneWork]
    outcomes: Sequence[SlotOutcome]
    starving: Sequence[WaitingLead]
    overdue: int
    coming: Sequence[ComingSlot]
    hold_out: Sequence[Lift]
    missed_slots: int
    missed_ticks: Sequence[MissedTicks]
