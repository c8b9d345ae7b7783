"""Consents to calls, and numbers that nobody may call."""

from sqlalchemy import CheckConstraint, Column, ForeignKey, LargeBinary, PrimaryKeyConstraint, Table

from growth.adapters.db.metadata import metadata
from growth.adapters.db.types import Id, Instant, Json, Words, choice
from growth.domain.kernel.country import Country

consents = Table(
    "consent",
    metadata,
    Column("id", Id, primary_key=True),
    Column("prospect_id", Id, ForeignKey("prospect.id"), index=True),
    Column("purpose", Words, nullable=False),
    Column("channel", Words, nullable=False),
    Column("wording_version", Words, nullable=False),
    Column("evidence", Json, nullable=False),
    Column("given_at", Instant, nullable=False),
    Column("expires_at", Instant),
    Column("withdrawn_at", Instant),
    Column("withdrawal", Words),
    Column("recorded_at", Instant, nullable=False),
    # Once the person is erased: a keyed hash of the address, in place of the person, until the proof goes too.
    Column("person", LargeBinary, index=True),
    Column("kept_until", Instant),
    CheckConstraint("num_nonnulls(person, kept_until) = CASE WHEN prospect_id IS NULL THEN 2 ELSE 0 END", name="proof"),
)

do_not_call = Table(
    "do_not_call",
    metadata,
    Column("digest", LargeBinary, nullable=False),  # HMAC-SHA256 of the number (E.164) with GROWTH_SECRET
    Column("list", Words, nullable=False),
    Column("country_code", choice(Country, "country_code"), nullable=False),
    Column("source", Words, nullable=False),
    Column("listed_at", Instant, nullable=False),
    Column("confirmed_at", Instant, nullable=False),
    PrimaryKeyConstraint("digest", "list", "country_code"),
)
