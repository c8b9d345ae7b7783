"""What a run judged by, kept without contact data, and what comes out when it is judged again."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import NewType
from uuid import UUID

from growth.domain.campaigns.entities.calls import CallId
from growth.domain.campaigns.entities.configuration import CampaignName
from growth.domain.campaigns.entities.leads import LeadId, LeadStatus, PropertyType, SellTimeframe
from growth.domain.campaigns.entities.runs import Decision, RunId
from growth.domain.kernel.country import Country
from growth.domain.kernel.errors import Conflict, Invalid
from growth.domain.kernel.ids import ProspectId

FillingId = NewType("FillingId", UUID)


class NothingKept(Conflict):
    """What this run judged by was not kept."""

    code = "nothing-kept-of-run"

    def __init__(self) -> None:
        super().__init__("The run is older than the keeping of what runs judge by: replay a newer one.")


class UnknownConfiguration(Invalid):
    """There is no configuration of this version."""

    code = "unknown-configuration"

    def __init__(self) -> None:
        super().__init__("No process has loaded a configuration of this version here: give the text of a file.")


@dataclass(frozen=True, slots=True)
class Facts:
    """All that gates, order and score ask about a candidate, by opaque ids and without contact data.

    `number`: which of the filling's telephone numbers it is, from 0 on; None: none is known. `consents`: to calls,
    when each was given, expires and was withdrawn. The rest is as in `Candidate`.
    """

    call_id: CallId
    callback_at: datetime | None
    lead_id: LeadId
    prospect_id: ProspectId
    status: LeadStatus
    country_code: Country
    is_owner: bool
    sell_timeframe: SellTimeframe
    buys_first: bool
    agreed_at: datetime | None
    property_type: PropertyType
    postal_code: str
    insee_code: str | None
    estimated_price_eur: int | None
    timezone: str
    came_by: str | None
    call_attempts: int
    requested_at: datetime
    created_at: datetime
    number: int | None
    phone_valid: bool
    pending_task: bool
    owner_agent_id: str | None
    attempts: Sequence[datetime]
    estimates: int
    page_views: int
    in_dialer: bool
    consents: Sequence[tuple[datetime, datetime | None, datetime | None]]
    asked_at: datetime | None
    contracts: Sequence[tuple[date, date | None]]
    refused_at: datetime | None
    do_not_call: bool


@dataclass(frozen=True, slots=True)
class Filling:
    """One start of a run: whom it judged, and by what. A run that is started again has several.

    `judged_at`: the instant the gates were judged at. `taken`: the calls that the slot held already, by agent id
    ("" for none). `live_model`: its version, and its share of the leads.
    """

    id: FillingId
    run_id: RunId
    filled_at: datetime
    judged_at: datetime
    configuration_version: str
    law_version: str
    taken: Mapping[str, int]
    facts: Sequence[Facts]
    live_model: str | None = None
    live_percent: int = 0


@dataclass(frozen=True, slots=True)
class Difference:
    """A decision of a lead, before and after; None: there is none."""

    lead_id: LeadId
    before: Decision | None
    after: Decision | None


@dataclass(frozen=True, slots=True)
class WhatIf:
    """What another configuration would have decided. `moved`: called by both, at another place or by another agent."""

    configuration_version: str
    injected: int
    gates: Mapping[str, int]
    came_in: Sequence[Difference]
    went_out: Sequence[Difference]
    moved: Sequence[Difference]


@dataclass(frozen=True, slots=True)
class Replay:
    """A run judged again from what it judged by. `differences`: where that is not what was decided.

    `not_kept`: decisions of a process of an older version, which kept nothing to judge by.
    """

    run_id: RunId
    campaign: CampaignName
    slot_start: datetime
    slot_end: datetime
    configuration_versions: Sequence[str]
    rule_set_versions: Sequence[str]
    model_versions: Sequence[str]
    law_versions: Sequence[str]
    candidates: int
    not_kept: int
    differences: Sequence[Difference]
    what_if: WhatIf | None

    @property
    def equal(self) -> bool:
        """Return whether the same was decided again."""
        return not self.differences
