"""Who may call us, what we answered to retried requests, and how often anybody called."""

from sqlalchemy import CheckConstraint, Column, Index, Integer, LargeBinary, SmallInteger, Table

from growth.adapters.db.metadata import metadata
from growth.adapters.db.types import Id, Instant, Words, choice
from growth.settings import Role

api_keys = Table(
    "api_key",
    metadata,
    Column("id", Id, primary_key=True),
    Column("role", choice(Role, "role"), nullable=False),
    Column("label", Words, nullable=False),
    Column("digest", LargeBinary, nullable=False, unique=True),  # HMAC-SHA256 of the key; the key itself is nowhere
    Column("created_at", Instant, nullable=False),
    Column("revoked_at", Instant),
)

idempotent_answers = Table(
    "idempotent_answer",
    metadata,
    Column("caller", Words, primary_key=True),
    Column("key", Words, primary_key=True),  # SHA-256 of the caller's, in hexadecimal digits
    Column("fingerprint", LargeBinary, nullable=False),  # SHA-256 of method, path, query and body
    Column("lease", Id, nullable=False),  # whose turn it is to write the answer
    Column("leased_until", Instant, nullable=False),
    Column("status", SmallInteger),  # null while the request runs
    Column("content_type", Words),
    Column("body", LargeBinary),
    Column("created_at", Instant, nullable=False),
    Index(None, "created_at"),
)

rate_budgets = Table(
    "rate_budget",
    metadata,
    Column("bucket", Words, primary_key=True),
    Column("window_at", Instant, nullable=False),
    Column("drawn", Integer, nullable=False),
    Column("granted", Integer, nullable=False),  # what the last draw got
    CheckConstraint("granted >= 0", name="granted"),
    Index(None, "window_at"),
    prefixes=["UNLOGGED"],  # a crash may forget a minute of counting; it is not worth a flush to disk
)
