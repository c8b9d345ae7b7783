"""Who takes another's place; one living referral for a contract; payments found by their names, whosever they are"""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

_NAMES = ("customer_id", "named_user_id", "subscription_id")


def upgrade() -> None:
    op.add_column("user_account", sa.Column("replaced_by", sa.Text(), nullable=True))
    op.create_foreign_key(
        op.f("fk_user_account_replaced_by_user_account"), "user_account", "user_account", ["replaced_by"], ["id"]
    )
    op.create_index(
        "ix_user_account_replaced_by",
        "user_account",
        ["replaced_by"],
        unique=False,
        postgresql_where=sa.text("replaced_by IS NOT NULL"),
    )
    op.create_index(
        "uq_referral_contract",
        "referral",
        ["referred_contract_ref"],
        unique=True,
        postgresql_where=sa.text("deleted_at IS NULL AND referred_contract_ref IS NOT NULL"),
    )
    for name in _NAMES:
        op.drop_index(f"ix_payment_unmatched_{name}", table_name="payment")
        op.create_index(
            f"ix_payment_{name}", "payment", [name], unique=False, postgresql_where=sa.text(f"{name} IS NOT NULL")
        )


def downgrade() -> None:
    for name in _NAMES:
        op.drop_index(f"ix_payment_{name}", table_name="payment")
        op.create_index(
            f"ix_payment_unmatched_{name}",
            "payment",
            [name],
            unique=False,
            postgresql_where=sa.text("user_id IS NULL"),
        )
    op.drop_index("uq_referral_contract", table_name="referral")
    op.drop_index("ix_user_account_replaced_by", table_name="user_account")
    op.drop_constraint(op.f("fk_user_account_replaced_by_user_account"), "user_account", type_="foreignkey")
    op.drop_column("user_account", "replaced_by")
