"""What the decisions of a run were made from, and which leads are called in order of arrival."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "run_filling",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("run_id", sa.Uuid(), nullable=False),
        sa.Column("filled_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("judged_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("configuration_version", sa.Text(), nullable=False),
        sa.Column("law_version", sa.Text(), nullable=False),
        sa.Column("taken", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=False),
        sa.Column("facts", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=False),
        sa.ForeignKeyConstraint(["run_id"], ["campaign_run.id"], name=op.f("fk_run_filling_run_id_campaign_run")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_run_filling")),
    )
    op.create_index(op.f("ix_run_filling_run_id"), "run_filling", ["run_id"], unique=False)
    op.add_column("decision", sa.Column("held_out", sa.Boolean(), server_default=sa.text("false"), nullable=False))


def downgrade() -> None:
    op.drop_column("decision", "held_out")
    op.drop_index(op.f("ix_run_filling_run_id"), table_name="run_filling")
    op.drop_table("run_filling")
