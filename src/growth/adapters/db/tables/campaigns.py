"""Leads, calls, runs and why they are as they are."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    Integer,
    PrimaryKeyConstraint,
    Table,
    UniqueConstraint,
    text,
)

from growth.adapters.db.metadata import metadata
from growth.adapters.db.types import Id, Instant, Json, Words, choice
from growth.domain.campaigns.entities.calls import CallState, WrapUp
from growth.domain.campaigns.entities.leads import (
    LeadSource,
    LeadStatus,
    LeadType,
    PropertyType,
    Segment,
    SellTimeframe,
)
from growth.domain.campaigns.entities.runs import BatchState, Gate, Outcome, RunState
from growth.domain.kernel.country import Country

leads = Table(
    "lead",
    metadata,
    Column("id", Id, primary_key=True),
    Column("prospect_id", Id, ForeignKey("prospect.id"), nullable=False, index=True),
    Column("lead_type", choice(LeadType, "lead_type"), nullable=False),
    Column("source", choice(LeadSource, "source"), nullable=False),
    Column("country_code", choice(Country, "country_code"), nullable=False),
    Column("is_owner", Boolean, nullable=False),
    Column("sell_timeframe", choice(SellTimeframe, "sell_timeframe"), nullable=False),
    Column("buys_first", Boolean, nullable=False),
    Column("callback_at", Instant),
    Column("property_type", choice(PropertyType, "property_type"), nullable=False),
    Column("address", Words),
    Column("postal_code", Words, nullable=False),
    Column("insee_code", Words),
    Column("surface_m2", Integer),
    Column("estimated_price_eur", Integer),
    Column("property_key", Words, nullable=False),
    Column("timezone", Words, nullable=False),
    Column("came_by", Words),
    Column("segment", choice(Segment, "segment")),
    Column("score", Integer, nullable=False),
    Column("status", choice(LeadStatus, "status"), nullable=False),
    Column("call_attempts", Integer, nullable=False),
    Column("last_attempt_at", Instant),
    Column("request_count", Integer, nullable=False),
    Column("requested_at", Instant, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("updated_at", Instant, nullable=False),
    CheckConstraint("score BETWEEN 0 AND 1000", name="score_in_tenths"),
    Index("ix_lead_by_score", text("score DESC"), text("id DESC")),
    Index(
        "ix_lead_forgotten", "id", postgresql_where=text("status IN ('new', 'not_qualified') AND segment IS NOT NULL")
    ),
)

lead_scores = Table(
    "lead_score",
    metadata,
    Column("lead_id", Id, ForeignKey("lead.id"), primary_key=True),
    Column("score", Integer, nullable=False),
    Column("unclipped", Integer, nullable=False),
    Column("base", Integer, nullable=False),
    Column("contributions", Json, nullable=False),
    Column("rule_set_version", Words, nullable=False),
    Column("scored_at", Instant, nullable=False),
    Column("model_version", Words),
)

submissions = Table(
    "submission",
    metadata,
    Column("id", Id, primary_key=True),
    Column("lead_id", Id, ForeignKey("lead.id"), nullable=False, index=True),
    Column("prospect_id", Id, ForeignKey("prospect.id"), nullable=False),
    Column("source", choice(LeadSource, "source"), nullable=False),
    Column("requested_at", Instant, nullable=False),
    Column("received_at", Instant, nullable=False),
    Index("ix_submission_of_prospect", "prospect_id", "requested_at"),
)

runs = Table(
    "campaign_run",
    metadata,
    Column("id", Id, primary_key=True),
    Column("campaign", Words, nullable=False),
    Column("slot_start", Instant, nullable=False),
    Column("slot_end", Instant, nullable=False),
    Column("state", choice(RunState, "state"), nullable=False),
    Column("configuration_version", Words, nullable=False),
    Column("rule_set_version", Words, nullable=False),
    Column("opened_at", Instant, nullable=False),
    Column("closing_at", Instant),
    Column("closed_at", Instant),
    UniqueConstraint("campaign", "slot_start"),
    CheckConstraint("slot_start < slot_end", name="slot_not_empty"),
    Index("ix_campaign_run_by_slot", "slot_start"),
)

batches = Table(
    "injection_batch",
    metadata,
    Column("id", Id, primary_key=True),
    Column("run_id", Id, ForeignKey("campaign_run.id"), nullable=False, index=True),
    Column("campaign", Words, nullable=False),
    Column("dialer_campaign_id", Integer, nullable=False),
    Column("priority", Integer, nullable=False),
    Column("earliest", Instant, nullable=False),
    Column("latest", Instant, nullable=False),
    Column("dialer_user_id", Integer),
    Column("state", choice(BatchState, "state"), nullable=False),
    Column("attempted_at", Instant),
    Column("token", Words),
    Column("created_at", Instant, nullable=False),
    Column("done_at", Instant),
)

calls = Table(
    "call",
    metadata,
    Column("id", Id, primary_key=True),
    # Both are null once the person is erased: what is left of the call is counted in its run.
    Column("lead_id", Id, ForeignKey("lead.id"), index=True),
    Column("prospect_id", Id),
    Column("campaign", Words, nullable=False),
    Column("slot_start", Instant, nullable=False),
    Column("slot_end", Instant, nullable=False),
    Column("state", choice(CallState, "state"), nullable=False),
    Column("callback_at", Instant),
    Column("planned_at", Instant, nullable=False),
    Column("run_id", Id, ForeignKey("campaign_run.id"), index=True),
    Column("batch_id", Id, ForeignKey("injection_batch.id"), index=True),
    Column("agent_id", Words),
    Column("injected_at", Instant),
    Column("dialer_contact_id", BigInteger),
    Column("excluded", Words),
    Column("attempts", Integer, nullable=False),
    Column("last_attempt_at", Instant),
    Column("wrapup", choice(WrapUp, "wrapup")),
    Column("wrapup_name", Words),
    Column("reason", Words),
    Column("closed_at", Instant),
    Index("ix_call_planned", "campaign", "slot_start", postgresql_where=text("state = 'planned'")),
    # At most one open call per lead, whoever plans it.
    Index(
        "uq_call_open_of_lead",
        "lead_id",
        unique=True,
        postgresql_where=text("state IN ('planned', 'injected')"),
    ),
)

attempts = Table(
    "call_attempt",
    metadata,
    Column("id", Id, primary_key=True),
    Column("prospect_id", Id, ForeignKey("prospect.id"), nullable=False),
    Column("lead_id", Id, nullable=False),
    Column("call_id", Id, nullable=False),
    Column("attempted_at", Instant, nullable=False),
    Index("ix_call_attempt_of_prospect", "prospect_id", "attempted_at"),
)

results = Table(
    "call_result",
    metadata,
    Column("dialer_campaign_id", Integer, nullable=False),
    Column("contact_id", BigInteger, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("call_id", Id, ForeignKey("call.id"), index=True),
    Column("call_ref", Words),
    Column("wrapup", choice(WrapUp, "wrapup")),
    Column("wrapup_name", Words),
    Column("attempted_at", Instant, nullable=False),
    Column("callback_at", Instant),
    Column("received_at", Instant, nullable=False),
    PrimaryKeyConstraint("dialer_campaign_id", "contact_id", "attempts"),
)

decisions = Table(
    "decision",
    metadata,
    Column("run_id", Id, ForeignKey("campaign_run.id"), nullable=False),
    # Opaque ids, which outlive what they named: an erasure removes the lead, and the decision stays as it was.
    Column("lead_id", Id, nullable=False, index=True),
    Column("call_id", Id, nullable=False),
    Column("outcome", choice(Outcome, "outcome"), nullable=False),
    Column("gate", choice(Gate, "gate")),
    Column("next_allowed_at", Instant),
    Column("score", Integer, nullable=False),
    Column("place", Integer),
    Column("agent_id", Words),
    Column("decided_at", Instant, nullable=False),
    Column("held_out", Boolean, nullable=False, server_default=text("false")),
    Column("model_version", Words),
    PrimaryKeyConstraint("run_id", "lead_id"),
    CheckConstraint("(outcome = 'injected') = (gate IS NULL)", name="gate_says_why"),
)

fillings = Table(
    "run_filling",
    metadata,
    Column("id", Id, primary_key=True),
    Column("run_id", Id, ForeignKey("campaign_run.id"), nullable=False, index=True),
    Column("filled_at", Instant, nullable=False),
    Column("judged_at", Instant, nullable=False),
    Column("configuration_version", Words, nullable=False),
    Column("law_version", Words, nullable=False),
    Column("taken", Json, nullable=False),
    # One list per fact. Like decisions, with opaque ids that outlive what they named.
    Column("facts", Json, nullable=False),
    Column("live_model", Words),
    Column("live_percent", Integer, nullable=False, server_default=text("0")),
)

watermarks = Table(
    "dialer_watermark",
    metadata,
    Column("dialer_campaign_id", Integer, primary_key=True),
    Column("read_until", Instant, nullable=False),
)

configurations = Table(
    "campaigns_configuration",
    metadata,
    Column("version", Words, primary_key=True),
    Column("source", Words, nullable=False),
    Column("loaded_at", Instant, nullable=False),
)
