"""The referral programme: profiles, referrals, discounts, payments, the ledger."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Date,
    ForeignKey,
    Identity,
    Index,
    Integer,
    Table,
    UniqueConstraint,
    text,
)

from growth.adapters.db.metadata import metadata
from growth.adapters.db.types import Id, Instant, MonthText, WordList, Words, choice
from growth.domain.kernel.country import Country
from growth.domain.kernel.customers import RewardType
from growth.domain.referrals.entities.ledger import Reason, Unit
from growth.domain.referrals.entities.payments import SetbackKind, SetbackState
from growth.domain.referrals.entities.referrals import ReferralStatus, ReviewDecision

_living = text("deleted_at IS NULL")

profiles = Table(
    "referral_profile",
    metadata,
    Column("user_id", Words, ForeignKey("user_account.id"), primary_key=True),
    Column("country_code", choice(Country, "country_code"), nullable=False),
    Column("referral_code", Words, nullable=False, unique=True),
    Column("created_at", Instant, nullable=False),
)

visits = Table(
    "referral_visit",
    metadata,
    Column("referral_code", Words, primary_key=True),
    Column("day", Date, primary_key=True),
    Column("visits", Integer, nullable=False),
)

referrals = Table(
    "referral",
    metadata,
    Column("id", Id, primary_key=True),
    Column("referred_user_id", Words, ForeignKey("user_account.id"), nullable=False),
    Column("referring_user_id", Words, ForeignKey("user_account.id")),
    Column("referring_partner", Words),
    Column("referred_country_code", choice(Country, "country_code"), nullable=False),
    Column("terms_version", Words, nullable=False),
    Column("status", choice(ReferralStatus, "status"), nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("referred_contract_ref", Words),
    Column("referred_contract_rewarded_on", MonthText),
    Column("referring_user_has_received_amount", Boolean, nullable=False),
    Column("referring_user_rewarded_at", Instant),
    Column("payout_reference", Words),
    Column("converted_at", Instant),
    Column("credited_at", Instant),
    Column("turn", Integer, nullable=False),
    Column("held_for", WordList, nullable=False),
    Column("review_decision", choice(ReviewDecision, "review_decision")),
    Column("review_reason", Words),
    Column("reviewed_by", Words),
    Column("reviewed_at", Instant),
    Column("deleted_at", Instant),
    CheckConstraint("(referring_user_id IS NULL) <> (referring_partner IS NULL)", name="one_referring_side"),
    CheckConstraint("referring_user_id <> referred_user_id", name="not_himself"),
    CheckConstraint("(status = 'deleted') = (deleted_at IS NOT NULL)", name="deleted_is_marked"),
)
_of = referrals.c
Index("uq_referral_received", _of.referred_user_id, unique=True, postgresql_where=_living)
Index(
    "ix_referral_sent", _of.referring_user_id, _of.created_at,
    postgresql_include=["status", "referred_contract_ref", "credited_at"], postgresql_where=_living,
)  # fmt: skip
Index("ix_referral_referred", _of.referred_user_id)
Index("ix_referral_contract", _of.referred_contract_ref)
Index(
    "uq_referral_contract", _of.referred_contract_ref, unique=True,
    postgresql_where=text("deleted_at IS NULL AND referred_contract_ref IS NOT NULL"),
)  # fmt: skip
Index("ix_referral_status", _of.status, _of.id)
Index(
    "ix_referral_unrewarded", _of.referred_country_code, _of.id,
    postgresql_where=text(
        "deleted_at IS NULL AND referred_contract_ref IS NOT NULL AND referred_contract_rewarded_on IS NULL"
    ),
)  # fmt: skip

discounts = Table(
    "discount",
    metadata,
    Column("id", Id, primary_key=True),
    Column("referral_id", Id, ForeignKey("referral.id"), nullable=False, unique=True),
    Column("contract_ref", Words, nullable=False),
    Column("month", MonthText, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("invoiced_at", Instant),
    UniqueConstraint("contract_ref", "month"),
)

reward_amounts = Table(
    "referral_reward_amount",
    metadata,
    Column("country_code", choice(Country, "country_code"), primary_key=True),
    Column("type", choice(RewardType, "type"), primary_key=True),
    Column("start_date", Date, primary_key=True),
    Column("amount", Integer, primary_key=True),
    CheckConstraint("amount >= 0", name="amount"),
)

payments = Table(
    "payment",
    metadata,
    Column("id", Id, primary_key=True),
    Column("source", Words, nullable=False),
    Column("external_id", Words, nullable=False),
    Column("user_id", Words, ForeignKey("user_account.id")),
    Column("customer_id", Words),
    Column("named_user_id", Words),
    Column("subscription_id", Words),
    Column("amount", BigInteger, nullable=False),
    Column("currency", Words, nullable=False),
    Column("paid_at", Instant, nullable=False),
    Column("received_at", Instant, nullable=False),
    UniqueConstraint("external_id", "source"),
    CheckConstraint("amount > 0", name="amount"),
)
Index("ix_payment_of_user", payments.c.user_id, payments.c.paid_at)
Index("ix_payment_unmatched_id", payments.c.id, postgresql_where=text("user_id IS NULL"))
for _name in ("customer_id", "named_user_id", "subscription_id"):
    Index(f"ix_payment_{_name}", payments.c[_name], postgresql_where=text(f"{_name} IS NOT NULL"))

# What paid an invoice: charges and payment intents.
payment_references = Table(
    "payment_reference",
    metadata,
    Column("reference", Words, primary_key=True),
    Column("external_id", Words, primary_key=True),
    Index("ix_payment_reference_external_id", "external_id"),
)
# Whom a checkout names for a customer, a subscription or an invoice.
payer_names = Table(
    "payer_name",
    metadata,
    Column("name", Words, primary_key=True),
    Column("user_id", Words, nullable=False, index=True),
)
payer_fingerprints = Table(
    "payer_fingerprint",
    metadata,
    Column("customer_id", Words, primary_key=True),
    Column("fingerprint", Words, primary_key=True),
)
setbacks = Table(
    "payment_setback",
    metadata,
    Column("id", Words, primary_key=True),
    Column("kind", choice(SetbackKind, "kind"), nullable=False),
    Column("state", choice(SetbackState, "state"), nullable=False),
    Column("amount", BigInteger, nullable=False),
    Column("happened_at", Instant, nullable=False),
    Column("told_at", Instant, nullable=False),
)
setback_references = Table(
    "payment_setback_reference",
    metadata,
    Column("reference", Words, primary_key=True),
    Column("setback_id", Words, ForeignKey("payment_setback.id"), primary_key=True),
)

# Who an account's opaque id is; an erasure cuts `user_id`.
holders = Table(
    "ledger_holder",
    metadata,
    Column("id", Id, primary_key=True),
    Column("user_id", Words, unique=True),
    Column("country_code", choice(Country, "country_code"), nullable=False),
    Column("credit_until", Instant),
)
# Append-only, by triggers; the entries of a transaction sum to zero per unit, by a deferred one (migrations).
entries = Table(
    "ledger_entry",
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),  # the order of an account's entries
    Column("at", Instant, nullable=False),
    Column("transaction_id", Id, nullable=False, index=True),
    Column("account", Words, nullable=False),
    Column("unit", choice(Unit, "unit"), nullable=False),
    Column("amount", BigInteger, nullable=False),
    Column("reason", choice(Reason, "reason"), nullable=False),
    Column("note", Words),
    Column("referral_id", Id, ForeignKey("referral.id")),
    Column("idempotency_key", Words, nullable=False, unique=True),
    CheckConstraint("amount <> 0", name="amount"),
)
Index("ix_ledger_entry_account", entries.c.account, entries.c.id)
Index("ix_ledger_entry_referral", entries.c.referral_id, entries.c.id)
