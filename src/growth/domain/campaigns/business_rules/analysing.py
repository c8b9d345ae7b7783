"""Which recorded calls are sent to speech analysis, what is told of them, and what an analysis changes."""

import re
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final
from urllib.parse import urlsplit

from growth.domain.campaigns.entities.configuration import Campaign, Configuration, DialerKind
from growth.domain.campaigns.entities.speech import (
    AnalysisNews,
    BadWindow,
    RecordedCall,
    SkipReason,
    SpeechJob,
    SpeechOrder,
    SpeechState,
)
from growth.domain.kernel.country import Country

USUAL_WINDOW: Final = timedelta(hours=1)
NOT_ANALYSED: Final = "vendor_failed"
_LONGEST_URL: Final = 2_048
# In Belgium, agents of the campaigns that we know of speak French.
_LANGUAGES: Final = {Country.FR: "fr", Country.BE: "fr", Country.ES: "es"}
_LABEL: Final = r"(?!-)[a-z0-9-]{1,63}(?<!-)"
# A name with a dot whose last part begins with a letter: no address in any notation, no name of one's own network.
_NAME: Final = re.compile(rf"(?:{_LABEL}\.)+(?=[a-z]){_LABEL}")
_INSIDE: Final = {"localhost", "local", "localdomain", "internal", "intranet", "private", "lan", "home", "corp", "arpa"}
_ANALYSABLE: Final = {SpeechState.REQUESTED, SpeechState.SENT, SpeechState.FAILED}


def window(start: datetime | None, end: datetime | None, now: datetime) -> tuple[datetime, datetime]:
    """Return the span whose calls are meant, by default the last hour. Raises `BadWindow`."""
    until = end or now
    since = start or until - USUAL_WINDOW
    if since >= until:
        raise BadWindow
    return since, until


def leads_outside(url: str) -> bool:
    """Tell whether an address that somebody told is https and names a host of the open Internet."""
    try:
        parts = urlsplit(url)
        host, port = (parts.hostname or "").removesuffix("."), parts.port
    except ValueError:
        return False
    plain = url.isascii() and url.isprintable() and " " not in url and "\\" not in url and len(url) <= _LONGEST_URL
    named = bool(_NAME.fullmatch(host)) and host.rpartition(".")[2] not in _INSIDE
    return plain and parts.scheme == "https" and "@" not in parts.netloc and named and port != 0


def dialer_of(call: RecordedCall, configuration: Configuration) -> DialerKind | None:
    campaign = _campaign(call, configuration)
    return campaign.dialer if campaign else None


def judged(call: RecordedCall, built_url: str | None, now: datetime) -> SkipReason | None:
    """Return why the call cannot be sent; `built_url`: where the dialer has the recording, by our settings."""
    recording = call.recording
    if recording.expires_at is not None and recording.expires_at <= now:
        return SkipReason.EXPIRED
    if recording.url is not None:
        return None if leads_outside(recording.url) else SkipReason.REFUSED
    return None if built_url else SkipReason.NO_URL


def requested(call: RecordedCall, reason: SkipReason | None, now: datetime) -> SpeechJob:
    state = SpeechState.SKIPPED if reason else SpeechState.REQUESTED
    return SpeechJob(call.recording.call_id, call.recording.prospect_id, state, reason, now)


def order_of(call: RecordedCall, url: str, configuration: Configuration) -> SpeechOrder:
    recording, campaign = call.recording, _campaign(call, configuration)
    return SpeechOrder(
        call_id=recording.call_id,
        lead_id=call.lead_id,
        campaign_type=campaign.type if campaign else None,
        language=_LANGUAGES.get(campaign.country) if campaign else None,
        started_at=recording.attempted_at,
        duration_s=recording.duration_s,
        agent_id=call.agent_id,
        team=_team(call, campaign),
        wrapup=call.wrapup,
        wrapup_name=call.wrapup_name,
        url=url,
        told_url=recording.url is not None,
        content_type=recording.content_type,
        channels=recording.channels,
        expires_at=recording.expires_at,
    )


def heard(job: SpeechJob, news: AnalysisNews, now: datetime) -> SpeechJob | None:
    """Return the job with what was told of it; None where that is known already or too late."""
    if job.state not in _ANALYSABLE or (job.state is SpeechState.FAILED and not news.done):
        return None
    return replace(
        job,
        state=SpeechState.ANALYSED if news.done else SpeechState.FAILED,
        reason=None if news.done else NOT_ANALYSED,
        job_id=news.job_id or job.job_id,
        analysed_at=now,
        transcript_url=news.transcript_url,
        scores=news.scores,
    )


def _campaign(call: RecordedCall, configuration: Configuration) -> Campaign | None:
    return next((it for it in configuration.campaigns if it.name == call.campaign), None)


def _team(call: RecordedCall, campaign: Campaign | None) -> str | None:
    groups = campaign.groups if campaign else ()
    return next((it.name for it in groups if call.agent_id in {agent.id for agent in it.agents}), None)
