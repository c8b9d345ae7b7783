"""Recordings of calls, and their analysis at the speech vendor."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "call_recording",
        sa.Column("call_id", sa.Uuid(), nullable=False),
        sa.Column("prospect_id", sa.Uuid(), nullable=False),
        sa.Column("attempted_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("told_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("url", sa.Text(), nullable=True),
        sa.Column("interaction_id", sa.Text(), nullable=True),
        sa.Column("content_type", sa.Text(), nullable=True),
        sa.Column("channels", sa.Integer(), nullable=True),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("duration_s", sa.Integer(), nullable=True),
        sa.CheckConstraint(
            "num_nonnulls(url, interaction_id) > 0", name=op.f("ck_call_recording_recording_is_somewhere")
        ),
        sa.ForeignKeyConstraint(["call_id"], ["call.id"], name=op.f("fk_call_recording_call_id_call")),
        sa.ForeignKeyConstraint(["prospect_id"], ["prospect.id"], name=op.f("fk_call_recording_prospect_id_prospect")),
        sa.PrimaryKeyConstraint("call_id", name=op.f("pk_call_recording")),
    )
    op.create_index("ix_call_recording_by_attempt", "call_recording", ["attempted_at", "call_id"], unique=False)
    op.create_index(op.f("ix_call_recording_prospect_id"), "call_recording", ["prospect_id"], unique=False)
    op.create_index(op.f("ix_call_recording_told_at"), "call_recording", ["told_at"], unique=False)
    states = ("requested", "sent", "analysed", "failed", "skipped", "removed")
    op.create_table(
        "speech_job",
        sa.Column("call_id", sa.Uuid(), nullable=False),
        sa.Column("prospect_id", sa.Uuid(), nullable=False),
        sa.Column(
            "state",
            sa.Enum(*states, name="state", native_enum=False, create_constraint=True, length=40),
            nullable=False,
        ),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("requested_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("job_id", sa.Text(), nullable=True),
        sa.Column("analysed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("transcript_url", sa.Text(), nullable=True),
        sa.Column("scores", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=True),
        sa.ForeignKeyConstraint(["call_id"], ["call.id"], name=op.f("fk_speech_job_call_id_call")),
        sa.ForeignKeyConstraint(["prospect_id"], ["prospect.id"], name=op.f("fk_speech_job_prospect_id_prospect")),
        sa.PrimaryKeyConstraint("call_id", name=op.f("pk_speech_job")),
    )
    kept = sa.text("state <> 'removed'")
    op.create_index("ix_speech_job_kept", "speech_job", ["requested_at"], unique=False, postgresql_where=kept)
    op.create_index(op.f("ix_speech_job_prospect_id"), "speech_job", ["prospect_id"], unique=False)


def downgrade() -> None:
    op.drop_index(op.f("ix_speech_job_prospect_id"), table_name="speech_job")
    op.drop_index("ix_speech_job_kept", table_name="speech_job")
    op.drop_table("speech_job")
    op.drop_index(op.f("ix_call_recording_told_at"), table_name="call_recording")
    op.drop_index(op.f("ix_call_recording_prospect_id"), table_name="call_recording")
    op.drop_index("ix_call_recording_by_attempt", table_name="call_recording")
    op.drop_table("call_recording")
