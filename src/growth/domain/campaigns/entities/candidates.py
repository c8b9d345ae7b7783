"""A candidate: everything the gates, the order and the score need to know about one planned call."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from growth.domain.campaigns.entities.calls import Call
from growth.domain.campaigns.entities.configuration import CampaignName
from growth.domain.campaigns.entities.consents import Standing
from growth.domain.campaigns.entities.leads import Lead
from growth.domain.campaigns.entities.runs import Gate
from growth.domain.campaigns.entities.slots import Slot
from growth.domain.kernel.person import Prospect


@dataclass(frozen=True, slots=True)
class Contactable:
    """A lead, its person, and the person's recent activity.

    `attempts`: the last ones at the person or the number, over all leads and campaigns, newest first. `estimates`: the
    person's estimates in the 30 days before, this lead's first included; `page_views`: in the 7 days before.
    `in_dialer`: another lead of the person, or of the same number, is with the dialer now. `standing`: where nothing is
    known, there is nothing for a call to rest on.
    """

    lead: Lead
    prospect: Prospect
    attempts: Sequence[datetime] = ()
    estimates: int = 1
    page_views: int = 0
    in_dialer: bool = False
    standing: Standing = field(default_factory=Standing)


@dataclass(frozen=True, slots=True)
class Candidate:
    call: Call
    who: Contactable


@dataclass(frozen=True, slots=True)
class Stopped:
    """The gate that stops a call, and when it opens; None: never, as things are."""

    gate: Gate
    next_allowed_at: datetime | None


@dataclass(frozen=True, slots=True)
class Plan:
    """Where a call belongs."""

    campaign: CampaignName
    slot: Slot
    callback_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Permission:
    """Whether the law allows a call; else the rule that does not, its source, and from when it would."""

    allowed: bool
    rule: Gate | None
    legal_source: str | None
    next_allowed_at: datetime | None
