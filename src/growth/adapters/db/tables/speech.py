"""Recordings of calls, and what became of them at the speech vendor."""

from sqlalchemy import CheckConstraint, Column, ForeignKey, Index, Integer, Table, text

from growth.adapters.db.metadata import metadata
from growth.adapters.db.types import Id, Instant, Json, Words, choice
from growth.domain.campaigns.entities.speech import SpeechState

recordings = Table(
    "call_recording",
    metadata,
    Column("call_id", Id, ForeignKey("call.id"), primary_key=True),
    # Erasing somebody waits for whoever writes of her, and the reference breaks when she was quicker.
    Column("prospect_id", Id, ForeignKey("prospect.id"), nullable=False, index=True),
    Column("attempted_at", Instant, nullable=False),
    Column("told_at", Instant, nullable=False, index=True),
    Column("url", Words),
    Column("interaction_id", Words),
    Column("content_type", Words),
    Column("channels", Integer),
    Column("expires_at", Instant),
    Column("duration_s", Integer),
    CheckConstraint("num_nonnulls(url, interaction_id) > 0", name="recording_is_somewhere"),
    Index("ix_call_recording_by_attempt", "attempted_at", "call_id"),
)

# One row for each call, for ever: by it a call is sent once.
speech_jobs = Table(
    "speech_job",
    metadata,
    Column("call_id", Id, ForeignKey("call.id"), primary_key=True),
    Column("prospect_id", Id, ForeignKey("prospect.id"), nullable=False, index=True),
    Column("state", choice(SpeechState, "state"), nullable=False),
    Column("reason", Words),
    Column("requested_at", Instant, nullable=False),
    Column("sent_at", Instant),
    Column("job_id", Words),
    Column("analysed_at", Instant),
    Column("transcript_url", Words),
    Column("scores", Json),
    Index("ix_speech_job_kept", "requested_at", postgresql_where=text("state <> 'removed'")),
)
