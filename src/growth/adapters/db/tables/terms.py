"""The versions of the referral programme's terms that were ever loaded, as they were then."""

from sqlalchemy import Column, PrimaryKeyConstraint, Table

from growth.adapters.db.metadata import metadata
from growth.adapters.db.types import Instant, Json, Words, choice
from growth.domain.kernel.country import Country

referral_terms = Table(
    "referral_terms",
    metadata,
    Column("country_code", choice(Country, "country_code"), nullable=False),
    Column("version", Words, nullable=False),
    Column("since", Instant, nullable=False),
    Column("terms", Json, nullable=False),  # the whole entry, `since` in UTC
    Column("loaded_at", Instant, nullable=False),
    PrimaryKeyConstraint("country_code", "version"),
)
