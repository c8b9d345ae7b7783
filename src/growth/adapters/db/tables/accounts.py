"""What the main application tells: users, contracts, invoices."""

from sqlalchemy import Boolean, Column, Date, ForeignKey, Index, LargeBinary, Table, text

from growth.adapters.db.metadata import metadata
from growth.adapters.db.types import Instant, MonthText, MonthTexts, Words, choice
from growth.domain.kernel.country import Country
from growth.domain.kernel.customers import RewardType

users = Table(
    "user_account",  # `user` is a word of SQL's
    metadata,
    Column("id", Words, primary_key=True),
    Column("email", Words, nullable=False, index=True),
    Column("pro_email", Words, index=True),
    Column("company_email", Words, index=True),
    Column("full_name", Words),
    Column("country_code", choice(Country, "country_code"), nullable=False),
    Column("tier", Words),
    Column("stripe_customer_id", Words, unique=True),
    Column("has_opted_in_to_commercial_emails", Boolean),
    Column("unsubscribe_digest", LargeBinary, index=True),  # SHA-256 of the token, which is random and long
    Column("created_at", Instant, nullable=False),
    Column("replaced_by", Words, ForeignKey("user_account.id")),
)
Index("ix_user_account_replaced_by", users.c.replaced_by, postgresql_where=text("replaced_by IS NOT NULL"))

contracts = Table(
    "contract",
    metadata,
    Column("ref", Words, primary_key=True),
    Column("user_id", Words, ForeignKey("user_account.id"), nullable=False, index=True),
    Column("country_code", choice(Country, "country_code"), nullable=False),
    Column("reward_type", choice(RewardType, "reward_type"), nullable=False),
    Column("signed_at", Instant),
    Column("start_date", Date, nullable=False),
    Column("end_date", Date),
    Column("free_months", MonthTexts, nullable=False, server_default=text("'{}'")),
)

contract_invoices = Table(
    "contract_invoice",
    metadata,
    Column("contract_ref", Words, ForeignKey("contract.ref"), primary_key=True),
    Column("month", MonthText, primary_key=True),
    Column("discount_applied", Boolean, nullable=False),
    Column("told_at", Instant, nullable=False),
)

# Who works for which user, or was invited to: an invitation's address leads to the user.
employments = Table(
    "employment",
    metadata,
    Column("id", Words, primary_key=True),
    Column("user_id", Words, ForeignKey("user_account.id"), nullable=False, index=True),
    Column("invite_email", Words, nullable=False, index=True),
    Column("started_on", Date, nullable=False),
    Column("cancelled_at", Instant),
    Column("told_at", Instant, nullable=False),
)
