"""Who was erased, under keyed hashes; and erasures until the last vendor has confirmed."""

from sqlalchemy import Boolean, Column, ForeignKey, LargeBinary, Table

from growth.adapters.db.metadata import metadata
from growth.adapters.db.types import Id, Instant, Json, Words, choice
from growth.domain.privacy.entities import ErasureState, TombstoneKind, VendorState

tombstones = Table(
    "tombstone",
    metadata,
    Column("digest", LargeBinary, primary_key=True),  # HMAC-SHA256 of the address or number with GROWTH_SECRET
    Column("kind", choice(TombstoneKind, "kind"), nullable=False),
    Column("erased_at", Instant, nullable=False),
    Column("lifted_at", Instant),  # the person came back by himself
    Column("no_mails", Boolean, nullable=False),
    Column("no_calls", Boolean, nullable=False),
)

# Ids under which an erased person's events were sent: whoever sends one again is not the person coming back.
erased_messages = Table(
    "erased_message",
    metadata,
    Column("digest", LargeBinary, primary_key=True),
    Column("erased_at", Instant, nullable=False),
)

erasures = Table(
    "erasure",
    metadata,
    Column("id", Id, primary_key=True),
    Column("dry_run", Boolean, nullable=False),
    Column("state", choice(ErasureState, "state"), nullable=False),
    Column("requested_by", Words, nullable=False),
    Column("counts", Json, nullable=False),
    Column("subject", LargeBinary),  # the addresses and numbers that vendors must be told, encrypted
    Column("key", LargeBinary),  # the one key of `subject`, destroyed with the last confirmation
    Column("requested_at", Instant, nullable=False),
    Column("completed_at", Instant),
)

erasure_vendors = Table(
    "erasure_vendor",
    metadata,
    Column("erasure_id", Id, ForeignKey("erasure.id"), primary_key=True),
    Column("vendor", Words, primary_key=True),
    Column("state", choice(VendorState, "state"), nullable=False),
    Column("confirmed_at", Instant),
)
