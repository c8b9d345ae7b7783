"""Speech analysis: recordings of calls, and what the speech vendor heard in them."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from growth.domain.campaigns.entities.calls import CallId, WrapUp
from growth.domain.campaigns.entities.configuration import CampaignName, CampaignType
from growth.domain.campaigns.entities.leads import LeadId
from growth.domain.kernel.errors import Invalid
from growth.domain.kernel.ids import ProspectId

Score = int | float | str


class BadWindow(Invalid):
    """The time span is empty."""

    code = "bad-window"

    def __init__(self) -> None:
        super().__init__("Write a start_date before the end_date: calls of [start_date, end_date) are sent.")


@dataclass(frozen=True, slots=True)
class ToldRecording:
    """What a dialer told of a recording: its address, or the interaction under which the dialer has it."""

    url: str | None
    interaction_id: str | None
    content_type: str | None = None
    channels: int | None = None
    expires_at: datetime | None = None
    duration_s: int | None = None


@dataclass(frozen=True, slots=True)
class CallRecording:
    """The recording of a call's newest attempt that has one; `attempted_at`: when that attempt was made."""

    call_id: CallId
    prospect_id: ProspectId
    attempted_at: datetime
    told_at: datetime
    url: str | None
    interaction_id: str | None
    content_type: str | None
    channels: int | None
    expires_at: datetime | None
    duration_s: int | None


class SpeechState(StrEnum):
    REQUESTED = "requested"  # a message is on its way, or waits for an operator
    SENT = "sent"
    ANALYSED = "analysed"
    FAILED = "failed"  # the vendor could not analyse it
    SKIPPED = "skipped"  # never sent, `reason` says why; sent after all when a better recording is told
    REMOVED = "removed"  # too old: what was known is gone, and that it was sent stays


class SkipReason(StrEnum):
    """Why a recorded call is not sent."""

    EXPIRED = "recording_expired"
    REFUSED = "recording_url_refused"
    NO_URL = "no_recording_url"


@dataclass(frozen=True, slots=True)
class SpeechJob:
    """That a call was sent: one row for each call, for ever. What the vendor told lasts as long as retention lets it.

    `reason`: of a skipped or failed one.
    """

    call_id: CallId
    prospect_id: ProspectId
    state: SpeechState
    reason: str | None
    requested_at: datetime
    sent_at: datetime | None = None
    job_id: str | None = None
    analysed_at: datetime | None = None
    transcript_url: str | None = None
    scores: Mapping[str, Score] | None = None


@dataclass(frozen=True, slots=True)
class RecordedCall:
    """A call with its recording, as it is judged and sent."""

    recording: CallRecording
    lead_id: LeadId
    campaign: CampaignName
    agent_id: str | None
    wrapup: WrapUp | None
    wrapup_name: str | None


@dataclass(frozen=True, slots=True)
class SpeechOrder:
    """What the vendor is told: no name, no telephone number, no address of anybody.

    `told_url`: the recording's address is the dialer's word, not made from our own settings.
    """

    call_id: CallId
    lead_id: LeadId
    campaign_type: CampaignType | None
    language: str | None
    started_at: datetime
    duration_s: int | None
    agent_id: str | None
    team: str | None
    wrapup: WrapUp | None
    wrapup_name: str | None
    url: str
    told_url: bool
    content_type: str | None
    channels: int | None
    expires_at: datetime | None


@dataclass(frozen=True, slots=True)
class AnalysisNews:
    """What the vendor told of a call; `done` is False where it could not analyse it."""

    job_id: str | None
    done: bool
    transcript_url: str | None
    scores: Mapping[str, Score]


@dataclass(frozen=True, slots=True)
class SpeechReport:
    """`sent`: handed over now; `known`: sent before; `skipped`: not sent, by reason."""

    start: datetime
    end: datetime
    sent: int
    known: int
    skipped: Mapping[SkipReason, int]
