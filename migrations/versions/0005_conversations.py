"""Conversations with inbound sales, and colleagues found by their company number."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "conversation",
        sa.Column(
            "country_code",
            sa.Enum("FR", "BE", "ES", name="country_code", native_enum=False, create_constraint=True, length=40),
            nullable=False,
        ),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("prospect_id", sa.Uuid(), nullable=True),
        sa.Column("contact_ids", sa.ARRAY(sa.Text(), as_tuple=True), nullable=False),
        sa.Column(
            "state",
            sa.Enum("open", "snoozed", "closed", name="state", native_enum=False, create_constraint=True, length=40),
            nullable=False,
        ),
        sa.Column("team_id", sa.Text(), nullable=True),
        sa.Column("admin_id", sa.Text(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("noted", sa.ARRAY(sa.Text(), as_tuple=True), nullable=False),
        sa.Column("noted_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["prospect_id"], ["prospect.id"], name=op.f("fk_conversation_prospect_id_prospect")),
        sa.PrimaryKeyConstraint("country_code", "id", name=op.f("pk_conversation")),
    )
    op.create_index(
        "ix_conversation_contact_ids", "conversation", ["contact_ids"], unique=False, postgresql_using="gin"
    )
    op.create_index(op.f("ix_conversation_prospect_id"), "conversation", ["prospect_id"], unique=False)
    op.create_index(op.f("ix_prospect_company_id"), "prospect", ["company_id"], unique=False)


def downgrade() -> None:
    op.drop_index(op.f("ix_prospect_company_id"), table_name="prospect")
    op.drop_index(op.f("ix_conversation_prospect_id"), table_name="conversation")
    op.drop_index("ix_conversation_contact_ids", table_name="conversation", postgresql_using="gin")
    op.drop_table("conversation")
