"""Consents to calls, also those that were kept with requests only, and do-not-call lists."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

# The event's id is the record's: it is as unique, and as old.
_KEPT_WITH_REQUESTS = """
    INSERT INTO consent (id, prospect_id, purpose, channel, wording_version, evidence, given_at, expires_at, recorded_at)
    SELECT e.id, e.prospect_id, 'sales', 'phone', kept ->> 'wording_version', kept -> 'evidence',
           CAST(kept ->> 'given_at' AS timestamptz), CAST(kept ->> 'expires_at' AS timestamptz), e.received_at
    FROM prospect_event e, LATERAL (SELECT e.properties -> 'consent') AS told (kept)
    WHERE e.event_name = 'website_capture_form' AND e.caller = 'growth' AND kept ->> 'wording_version' IS NOT NULL
        AND jsonb_typeof(kept -> 'evidence') = 'object' AND kept ->> 'given_at' IS NOT NULL
"""


def upgrade() -> None:
    op.create_table(
        "do_not_call",
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("list", sa.Text(), nullable=False),
        sa.Column(
            "country_code",
            sa.Enum("FR", "BE", "ES", name="country_code", native_enum=False, create_constraint=True, length=40),
            nullable=False,
        ),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("listed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("confirmed_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("digest", "list", "country_code", name=op.f("pk_do_not_call")),
    )
    op.create_table(
        "consent",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("prospect_id", sa.Uuid(), nullable=True),
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("wording_version", sa.Text(), nullable=False),
        sa.Column("evidence", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=False),
        sa.Column("given_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("withdrawal", sa.Text(), nullable=True),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("person", sa.LargeBinary(), nullable=True),
        sa.Column("kept_until", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "num_nonnulls(person, kept_until) = CASE WHEN prospect_id IS NULL THEN 2 ELSE 0 END",
            name=op.f("ck_consent_proof"),
        ),
        sa.ForeignKeyConstraint(["prospect_id"], ["prospect.id"], name=op.f("fk_consent_prospect_id_prospect")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_consent")),
    )
    op.execute(_KEPT_WITH_REQUESTS)
    op.create_index(op.f("ix_consent_person"), "consent", ["person"], unique=False)
    op.create_index(op.f("ix_consent_prospect_id"), "consent", ["prospect_id"], unique=False)


def downgrade() -> None:
    op.drop_index(op.f("ix_consent_prospect_id"), table_name="consent")
    op.drop_index(op.f("ix_consent_person"), table_name="consent")
    op.drop_table("consent")
    op.drop_table("do_not_call")
