"""Conversations that we were told of. What was said in them is not kept."""

from sqlalchemy import Column, ForeignKey, Index, Table
from sqlalchemy.dialects.postgresql import ARRAY

from growth.adapters.db.metadata import metadata
from growth.adapters.db.types import Id, Instant, Words, choice
from growth.domain.conversations.entities.conversations import State
from growth.domain.kernel.country import Country

conversations = Table(
    "conversation",
    metadata,
    Column("country_code", choice(Country, "country_code"), primary_key=True),
    Column("id", Words, primary_key=True),  # the helpdesk's, in the country's workspace
    Column("prospect_id", Id, ForeignKey("prospect.id"), index=True),
    Column("contact_ids", ARRAY(Words, as_tuple=True), nullable=False),
    Column("state", choice(State, "state"), nullable=False),
    Column("team_id", Words),
    Column("admin_id", Words),
    Column("created_at", Instant),
    Column("updated_at", Instant),
    Column("noted", ARRAY(Words, as_tuple=True), nullable=False),
    Column("noted_at", Instant),
    Index("ix_conversation_contact_ids", "contact_ids", postgresql_using="gin"),
)
