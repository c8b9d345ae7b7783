"""People, and what happened to them."""

from sqlalchemy import Boolean, Column, ForeignKey, Index, Integer, Table, UniqueConstraint, text

from growth.adapters.db.metadata import metadata
from growth.adapters.db.types import Id, Instant, Json, Words, choice
from growth.domain.kernel.country import Country
from growth.domain.kernel.prospect_events import EventName, PersonaType

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
    Column("company_id", Words, index=True),
    Column("user_id", Words, index=True),
    Column("has_opted_in_to_commercial_emails", Boolean, nullable=False, server_default="true"),
    Column("attribution_survey_response", Json),
    Column("unsubscribe_version", Integer, nullable=False, server_default="1"),
)

# Other addresses of people. Triggers keep every address with one person, be it the first or another one.
prospect_addresses = Table(
    "prospect_address",
    metadata,
    Column("email", Words, primary_key=True),
    Column("prospect_id", Id, ForeignKey("prospect.id"), nullable=False, index=True),
)

prospect_events = Table(
    "prospect_event",
    metadata,
    Column("id", Id, primary_key=True),
    Column("prospect_id", Id, ForeignKey("prospect.id"), nullable=False),
    Column("event_name", choice(EventName, "event_name"), nullable=False),
    Column("country_code", choice(Country, "country_code")),
    Column("persona_type", choice(PersonaType, "persona_type")),
    Column("marketing_parameters", Json),
    Column("properties", Json, nullable=False),
    Column("occurred_at", Instant, nullable=False),
    Column("received_at", Instant, nullable=False),
    Column("caller", Words, nullable=False),
    Column("message_id", Words, nullable=False),
    UniqueConstraint("caller", "message_id"),
)
_of = prospect_events.c
Index("ix_prospect_event_of_prospect", _of.prospect_id, _of.occurred_at, _of.id)
# The newest parameters of a person, which a page view is compared with.
Index(
    "ix_prospect_event_marketing",
    _of.prospect_id,
    _of.occurred_at,
    _of.id,
    postgresql_where=text("marketing_parameters IS NOT NULL"),
)
