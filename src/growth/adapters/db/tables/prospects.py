"""Requests to sales, self-serve flows, and how the sales teams are set up at run time."""

from sqlalchemy import CheckConstraint, Column, ForeignKey, Index, Table

from growth.adapters.db.metadata import metadata
from growth.adapters.db.types import Id, Instant, Json, Words, choice
from growth.domain.kernel.country import Country
from growth.domain.kernel.prospect_events import PersonaType
from growth.domain.prospects.entities.requests import RequestType

self_serve_flows = Table(
    "self_serve_flow",
    metadata,
    Column("id", Words, primary_key=True),  # the frontend's
    Column("country_code", choice(Country, "country_code"), nullable=False),
    Column("persona_type", choice(PersonaType, "persona_type"), nullable=False),
    Column("language", Words, nullable=False),
    Column("prospect_id", Id, ForeignKey("prospect.id"), index=True),
    Column("step", Words),
    Column("data", Json, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("updated_at", Instant, nullable=False),
)

sales_requests = Table(
    "sales_request",
    metadata,
    Column("id", Id, primary_key=True),  # the submission's
    Column("prospect_id", Id, ForeignKey("prospect.id"), nullable=False),
    Column("request_type", choice(RequestType, "request_type"), nullable=False),
    Column("country_code", choice(Country, "country_code"), nullable=False),
    Column("persona_type", choice(PersonaType, "persona_type")),
    Column("self_serve_flow_id", Words),
    Column("details", Json, nullable=False),  # what the person wrote: message, names, preferred slot …
    Column("requested_at", Instant, nullable=False),
    Index("ix_sales_request_of_prospect", "prospect_id", "requested_at"),
)

operator_settings = Table(
    "operator_setting",
    metadata,
    Column("name", Words, primary_key=True),
    Column("value", Json),
    Column("updated_at", Instant, nullable=False),
)

absences = Table(
    "sales_absence",
    metadata,
    Column("country_code", choice(Country, "country_code"), primary_key=True),
    Column("admin_id", Words, primary_key=True),  # the member's, at Intercom
    Column("starts_at", Instant, primary_key=True),
    Column("ends_at", Instant, nullable=False),
    CheckConstraint("starts_at < ends_at", name="not_empty"),
)
