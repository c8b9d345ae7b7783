"""Messages out and in, and what is known of each vendor's health."""

from sqlalchemy import BigInteger, Column, Identity, Index, Integer, Table, UniqueConstraint, text

from growth.adapters.db.metadata import metadata
from growth.adapters.db.types import Id, Instant, Json, Words, choice
from growth.domain.kernel.inbox import InboxState
from growth.domain.kernel.messages import MessageState

messages = Table(
    "message",
    metadata,
    Column("id", Id, primary_key=True),
    Column("position", BigInteger, Identity(always=True), nullable=False, unique=True),  # the order
    Column("vendor", Words, nullable=False),
    Column("kind", Words, nullable=False),
    Column("subject", Words, nullable=False),
    Column("payload", Json, nullable=False),
    Column("not_before", Instant),
    Column("not_after", Instant),
    Column("state", choice(MessageState, "state"), nullable=False),
    Column("attempts", Integer, nullable=False, server_default="0"),
    Column("due_at", Instant, nullable=False),
    Column("lease", BigInteger, nullable=False, server_default="0"),  # the fence: grows with each claim
    Column("leased_until", Instant),  # by the database's real clock, never by the moved one
    Column("leased_by", Words),
    Column("last_error", Words),
    Column("created_at", Instant, nullable=False),
    Column("done_at", Instant),
)
_pending = text("state = 'pending'")
_expiring = text("state = 'pending' AND not_after IS NOT NULL")
_of = messages.c
Index("ix_message_claim", _of.vendor, _of.due_at, _of.position, postgresql_where=_pending)
Index("ix_message_subject", _of.subject, _of.position, postgresql_where=_pending)
Index("ix_message_of_prospect", _of.subject, _of.done_at, postgresql_where=text("subject LIKE 'prospect:%'"))
Index("ix_message_expiry", _of.not_after, postgresql_where=_expiring)
Index("ix_message_state", _of.state, _of.position)

inbox_events = Table(
    "inbox_event",
    metadata,
    Column("id", Id, primary_key=True),
    Column("source", Words, nullable=False),
    Column("event_id", Words, nullable=False),
    Column("topic", Words, nullable=False),
    Column("body", Json, nullable=False),
    Column("state", choice(InboxState, "state"), nullable=False),
    Column("reason", Words),
    Column("attempts", Integer, nullable=False, server_default="0"),
    Column("received_at", Instant, nullable=False),
    Column("settled_at", Instant),
    UniqueConstraint("source", "event_id"),
)
Index("ix_inbox_event_state", inbox_events.c.state, inbox_events.c.id)

# Both by the database's real clock: a vendor's health does not move with the test clock.
vendor_breakers = Table(
    "vendor_breaker",
    metadata,
    Column("vendor", Words, primary_key=True),
    Column("opened_at", Instant),  # none: closed
    Column("quiet_until", Instant, nullable=False),  # the next probe, or the end of the vendor's Retry-After
)
vendor_attempts = Table(
    "vendor_attempt",
    metadata,
    Column("vendor", Words, primary_key=True),
    Column("since", Instant, primary_key=True),  # ten seconds each
    Column("succeeded", Integer, nullable=False),
    Column("failed", Integer, nullable=False),
)
