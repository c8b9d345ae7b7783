"""People, and what happened to them."""

from sqlalchemy import Boolean, Column, ForeignKey, Index, Table

from growth.adapters.db.metadata import metadata
from growth.adapters.db.types import Id, Instant, Json, Words, choice
from growth.domain.kernel.country import Country

prospects = Table(
    "prospect",
    metadata,
    Column("id", Id, primary_key=True),
    Column("email", Words, nullable=False, unique=True),
    Column("phone", Words, index=True),
    Column("phone_valid", Boolean, nullable=False),
    Column("first_name", Words),
    Column("last_name", Words),
    Column("country_code", choice(Country, "country_code")),
    Column("pending_task", Boolean, nullable=False),
    Column("owner_agent_id", Words),
    Column("created_at", Instant, nullable=False),
)

prospect_events = Table(
    "prospect_event",
    metadata,
    Column("id", Id, primary_key=True),
    Column("prospect_id", Id, ForeignKey("prospect.id"), nullable=False),
    Column("event_name", Words, nullable=False),
    Column("country_code", choice(Country, "country_code")),
    Column("marketing_parameters", Json),
    Column("properties", Json, nullable=False),
    Column("occurred_at", Instant, nullable=False),
    Column("received_at", Instant, nullable=False),
    Index("ix_prospect_event_of_prospect", "prospect_id", "occurred_at"),
)
