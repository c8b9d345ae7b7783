"""Learned models, and what those in the shadow said."""

from sqlalchemy import (
    CheckConstraint,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    PrimaryKeyConstraint,
    Table,
    text,
)

from growth.adapters.db.metadata import metadata
from growth.adapters.db.types import Id, Instant, Words, choice
from growth.domain.campaigns.entities.drifts import Measure
from growth.domain.campaigns.entities.models_in_use import ModelState

models = Table(
    "scoring_model",
    metadata,
    Column("version", Words, primary_key=True),
    Column("content", Words, nullable=False),
    Column("state", choice(ModelState, "model_state"), nullable=False),
    Column("percent", Integer, nullable=False),
    Column("added_at", Instant, nullable=False),
    Column("changed_at", Instant, nullable=False),
    Column("reason", Words),
    CheckConstraint("percent BETWEEN 0 AND 100", name="share"),
    # One in the shadow and one live, whoever promotes.
    Index("uq_scoring_model_state", "state", unique=True, postgresql_where=text("state <> 'retired'")),
)

drifts = Table(
    "scoring_drift",
    metadata,
    Column("measure", choice(Measure, "measure"), nullable=False),
    Column("of", Words, nullable=False),
    Column("value", Float, nullable=False),
    Column("measured_at", Instant, nullable=False),
    PrimaryKeyConstraint("measure", "of"),
)

shadow_scores = Table(
    "shadow_score",
    metadata,
    Column("call_id", Id, ForeignKey("call.id"), nullable=False),
    Column("model_version", Words, nullable=False, index=True),
    Column("probability", Float, nullable=False),
    PrimaryKeyConstraint("call_id", "model_version"),
)
