"""Learned models, what the one in the shadow said, by which a score was made, and how scoring holds."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "scoring_drift",
        sa.Column(
            "measure",
            sa.Enum("input", "calibration", name="measure", native_enum=False, create_constraint=True, length=40),
            nullable=False,
        ),
        sa.Column("of", sa.Text(), nullable=False),
        sa.Column("value", sa.Float(), nullable=False),
        sa.Column("measured_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("measure", "of", name=op.f("pk_scoring_drift")),
    )
    op.create_table(
        "scoring_model",
        sa.Column("version", sa.Text(), nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "shadow", "live", "retired", name="model_state", native_enum=False, create_constraint=True, length=40
            ),
            nullable=False,
        ),
        sa.Column("percent", sa.Integer(), nullable=False),
        sa.Column("added_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.CheckConstraint("percent BETWEEN 0 AND 100", name=op.f("ck_scoring_model_share")),
        sa.PrimaryKeyConstraint("version", name=op.f("pk_scoring_model")),
    )
    op.create_index(
        "uq_scoring_model_state",
        "scoring_model",
        ["state"],
        unique=True,
        postgresql_where=sa.text("state <> 'retired'"),
    )
    op.create_table(
        "shadow_score",
        sa.Column("call_id", sa.Uuid(), nullable=False),
        sa.Column("model_version", sa.Text(), nullable=False),
        sa.Column("probability", sa.Float(), nullable=False),
        sa.ForeignKeyConstraint(["call_id"], ["call.id"], name=op.f("fk_shadow_score_call_id_call")),
        sa.PrimaryKeyConstraint("call_id", "model_version", name=op.f("pk_shadow_score")),
    )
    op.create_index(op.f("ix_shadow_score_model_version"), "shadow_score", ["model_version"], unique=False)
    op.add_column("decision", sa.Column("model_version", sa.Text(), nullable=True))
    op.add_column("lead_score", sa.Column("model_version", sa.Text(), nullable=True))
    op.add_column("run_filling", sa.Column("live_model", sa.Text(), nullable=True))
    op.add_column("run_filling", sa.Column("live_percent", sa.Integer(), server_default=sa.text("0"), nullable=False))


def downgrade() -> None:
    op.drop_column("run_filling", "live_percent")
    op.drop_column("run_filling", "live_model")
    op.drop_column("lead_score", "model_version")
    op.drop_column("decision", "model_version")
    op.drop_index(op.f("ix_shadow_score_model_version"), table_name="shadow_score")
    op.drop_table("shadow_score")
    op.drop_index("uq_scoring_model_state", table_name="scoring_model", postgresql_where=sa.text("state <> 'retired'"))
    op.drop_table("scoring_model")
    op.drop_table("scoring_drift")
