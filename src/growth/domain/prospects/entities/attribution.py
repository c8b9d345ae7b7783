"""How people came: channels, the rules that tell them, touches, and how a success is shared between touches."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from growth.domain.kernel.prospect_events import EventName


class Channel(StrEnum):
    """Google's default channel groups, and three of ours at the end."""

    DIRECT = "Direct"
    CROSS_NETWORK = "Cross-network"
    PAID_SHOPPING = "Paid Shopping"
    PAID_SEARCH = "Paid Search"
    PAID_SOCIAL = "Paid Social"
    PAID_VIDEO = "Paid Video"
    DISPLAY = "Display"
    PAID_OTHER = "Paid Other"
    ORGANIC_SHOPPING = "Organic Shopping"
    ORGANIC_SOCIAL = "Organic Social"
    ORGANIC_VIDEO = "Organic Video"
    ORGANIC_SEARCH = "Organic Search"
    REFERRAL = "Referral"
    EMAIL = "Email"
    AFFILIATES = "Affiliates"
    AUDIO = "Audio"
    SMS = "SMS"
    MOBILE_PUSH_NOTIFICATIONS = "Mobile Push Notifications"
    UNASSIGNED = "Unassigned"
    USER_REFERRAL = "User Referral"
    PARTNER = "Partner"
    AI_ASSISTANT = "AI Assistant"


class SourceKind(StrEnum):
    SEARCH = "search"
    SOCIAL = "social"
    SHOPPING = "shopping"
    VIDEO = "video"
    EMAIL = "email"
    AI_ASSISTANT = "ai_assistant"


@dataclass(frozen=True, slots=True)
class TrafficSources:
    """What kind of site a source is, by its name, host or app package in lower case.

    A host stands for all hosts below it. `name.*` stands for the host `name` under any country's or general domain.
    """

    kinds: Mapping[str, SourceKind]


@dataclass(frozen=True, slots=True)
class Arrival:
    """All that channel rules know of how somebody came: texts in lower case, none where nothing is said."""

    source: tuple[str, ...] = ()
    medium: tuple[str, ...] = ()
    campaign: tuple[str, ...] = ()
    click: tuple[str, ...] = ()
    """The names of click ids, like gclid."""
    kind: tuple[SourceKind, ...] = ()
    """Of the source; without one, of the referrer."""
    referrer: tuple[str, ...] = ()
    """The host, never one of our own."""
    user: tuple[str, ...] = ()
    partner: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ChannelRule:
    """A channel, where each named field of an arrival has a text that the pattern fits whole.

    A pattern of None: the field says nothing.
    """

    channel: Channel
    conditions: Mapping[str, re.Pattern[str] | None]


@dataclass(frozen=True, slots=True)
class TouchEvent:
    """An event as far as attribution looks at it. `referrer`: what a page view told of the page before."""

    id: UUID
    event_name: EventName
    marketing_parameters: Mapping[str, object] | None
    referrer: str | None
    occurred_at: datetime


@dataclass(frozen=True, slots=True)
class Touch:
    """One way on which somebody came. `source` is the referrer's host where no source was told."""

    at: datetime
    channel: Channel
    source: str | None
    medium: str | None
    campaign: str | None
    event_id: UUID


class Model(StrEnum):
    FIRST = "first"
    LAST = "last"
    LAST_NON_DIRECT = "last_non_direct"
    LINEAR = "linear"
    POSITION = "position"
    TIME_DECAY = "time_decay"


@dataclass(frozen=True, slots=True)
class Attribution:
    """The touches of one person, oldest first. The shares of a model sum to exactly 1; without touches there are none.

    `last_non_direct_touch` is None where all touches are direct; the model of that name then takes the last one.
    """

    touches: Sequence[Touch]
    first_touch: Touch | None
    last_touch: Touch | None
    last_non_direct_touch: Touch | None
    shares: Mapping[Model, Mapping[Channel, float]]
